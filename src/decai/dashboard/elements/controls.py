"""Buttons and choices with names that a screen reader can say."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from nicegui import ui
from nicegui.events import GenericEventArguments

from decai.dashboard.elements.html import Tag

__all__ = ["Select", "button", "icon", "icon_button", "select"]

Handler = Callable[..., Any]
_CHOSEN: Final = "(event) => emit(event.target.value)"


def icon(name: str, classes: str = "") -> Tag:
    """A sign of the icon font; it is for the eye alone."""
    return Tag("i", name, f"dc-icon material-icons {classes}", aria_hidden="true")


def button(words: str, on_click: Handler | None = None, *, kind: str = "plain", **attributes: Any) -> Tag:
    """A button.

    Parameters
    ----------
    words
        What it says.
    on_click
        Called when it is pressed.
    kind
        ``primary``, ``plain``, ``quiet`` or ``danger``.
    **attributes
        Further attributes.
    """
    made = Tag("button", words, f"dc-button dc-button-{kind}", type="button", **attributes)
    if on_click is not None:
        made.on("click", on_click)
    return made


def icon_button(sign: str, label: str, on_click: Handler | None = None, classes: str = "") -> Tag:
    """A button that shows a sign alone; `label` says what it does."""
    made = Tag("button", "", f"dc-icon-button {classes}", type="button", aria_label=label, title=label)
    with made:
        icon(sign)
    if on_click is not None:
        made.on("click", on_click)
    return made


class Select(Tag):
    """A choice, by the browser's own means.

    Parameters
    ----------
    label
        What is chosen.
    options
        What there is: values, and what they are called.
    value
        What is chosen at first; the first one if it is None.
    on_change
        Called with the value.
    """

    def __init__(
        self,
        label: str,
        options: Mapping[str, str],
        value: str | None = None,
        on_change: Callable[[str], Any] | None = None,
    ) -> None:
        super().__init__("label", "", "dc-field")
        self.options = dict(options)
        self.value = next(iter(options), "") if value is None else value
        self._on_change = on_change
        with self:
            Tag("span", label, "dc-field-label")
            self._choice = Tag("select", "", "dc-select").on("change", self._changed, js_handler=_CHOSEN)
            self._fill()

    def set_options(self, options: Mapping[str, str], value: str | None = None) -> None:
        """Offer something else."""
        self.options = dict(options)
        self.value = next(iter(options), "") if value is None else value
        self._choice.clear()
        self._fill()

    def _fill(self) -> None:
        with self._choice:
            for key, words in self.options.items():
                Tag("option", words, value=key, selected=True if key == self.value else None)

    def _changed(self, event: GenericEventArguments) -> Any:
        given = str(event.args)
        if given not in self.options:
            return None
        self.value = given
        return None if self._on_change is None else self._on_change(given)


def select(
    label: str,
    options: Mapping[str, str],
    value: str | None = None,
    on_change: Callable[[str], Any] | None = None,
) -> Select:
    """A choice; see `Select`."""
    return Select(label, options, value, on_change)


def focus(element: ui.element) -> None:
    """Put the keyboard's attention on an element."""
    element.client.run_javascript(f"document.getElementById({json.dumps(f'c{element.id}')})?.focus()")
