"""Online safety: what strangers have written or contributed is hidden until somebody asks to see it.

The models on the allow-list are not strangers'. Whoever has asked for one sees it in his tab from then on.
"""

from collections.abc import Sequence
from typing import Final

from nicegui import app, context

from decai.catalog.records import Model
from decai.dashboard.words import clean, short
from decai.units import Address

__all__ = ["SHOW", "is_shown", "name_shown", "show"]

SHOW: Final = "Show it anyway"
_KEY: Final = "shown"
_MOST: Final = 500


def is_shown(model: Model | None, address: Address) -> bool:
    """Whether a model's texts may be shown in this tab; within a page's client."""
    return (model is not None and model.verified) or address in _asked_for()


def show(address: Address) -> None:
    """Show a model's texts in this tab from now on."""
    shown = [each for each in _asked_for() if each != address]
    kept = [*shown, address][-_MOST:]
    context.client.storage[_KEY] = kept
    if context.client.has_socket_connection:
        app.storage.tab[_KEY] = kept


def _asked_for() -> Sequence[Address]:
    """The models that were asked for in this tab; while its browser is away, those known before."""
    client = context.client
    if client.has_socket_connection:
        client.storage[_KEY] = list(app.storage.tab.get(_KEY, ()))
    return tuple(client.storage.get(_KEY, ()))


def name_shown(model: Model | None, address: Address) -> str:
    """What a model is called in this tab."""
    if model is None or not is_shown(model, address):
        return f"Unverified model {short(address)}"
    return clean(model.name) or "Without a name"
