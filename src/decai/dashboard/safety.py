"""Online safety: what strangers have written or contributed is hidden until somebody asks to see it.

The models on the allow-list are not strangers'. Whoever has asked for one sees it in his tab from then on.
"""

from typing import Final

from nicegui import app

from decai.catalog.records import Model
from decai.dashboard.words import clean, short
from decai.units import Address

__all__ = ["SHOW", "is_shown", "name_shown", "show"]

SHOW: Final = "Show it anyway"
_KEY: Final = "shown"
_MOST: Final = 500


def is_shown(model: Model | None, address: Address) -> bool:
    """Whether a model's texts may be shown in this tab; within a page's client."""
    return (model is not None and model.verified) or address in app.storage.tab.get(_KEY, ())


def show(address: Address) -> None:
    """Show a model's texts in this tab from now on."""
    shown = [each for each in app.storage.tab.get(_KEY, ()) if each != address]
    app.storage.tab[_KEY] = [*shown, address][-_MOST:]


def name_shown(model: Model | None, address: Address) -> str:
    """What a model is called in this tab."""
    if model is None or not is_shown(model, address):
        return f"Unverified model {short(address)}"
    return clean(model.name) or "Without a name"
