"""Fields to write into."""

from collections.abc import Callable
from typing import Any, Final

from nicegui.events import GenericEventArguments

from decai.dashboard.elements.html import Tag

__all__ = ["Field"]

_WRITTEN: Final = "(event) => emit(event.target.value)"
_ENTERED: Final = """(event) => {
  const isArea = event.target.tagName === "TEXTAREA";
  if (event.key !== "Enter" || (isArea && !event.ctrlKey && !event.metaKey)) return;
  event.preventDefault();
  emit(event.target.value);
}"""


class Field(Tag):
    """A field with its name above it, and what helps to fill it below.

    Parameters
    ----------
    label
        Its name.
    value
        What is in it at first.
    area
        Whether it has room for more than a line.
    placeholder, help_
        What it may look like; what one should know.
    longest
        Most characters.
    on_enter
        Called when Enter is pressed, or Ctrl-Enter where there is room for more than a line.
    on_change
        Called with what is in it, while it is written.
    """

    def __init__(
        self,
        label: str,
        value: str = "",
        *,
        area: bool = False,
        placeholder: str = "",
        help_: str = "",
        longest: int = 100_000,
        on_enter: Callable[[], Any] | None = None,
        on_change: Callable[[str], Any] | None = None,
        **attributes: Any,
    ) -> None:
        super().__init__("label", "", "dc-field")
        self.value = value
        self._longest = longest
        self._on_enter = on_enter
        self._on_change = on_change
        with self:
            Tag("span", label, "dc-field-label")
            # As the default: what is written meanwhile is nobody's to overwrite.
            self._field = Tag(
                "textarea" if area else "input",
                "",
                "dc-area" if area else "dc-input",
                defaultValue=value,
                placeholder=placeholder or None,
                maxlength=longest,
                **attributes,
            )
            if help_:
                Tag("span", help_, "dc-help")
        self._field.on("input", self._written, js_handler=_WRITTEN, throttle=0.3, leading_events=False)
        # Comes before the click on whatever button takes the attention away.
        self._field.on("change", self._written, js_handler=_WRITTEN)
        if on_enter is not None:
            self._field.on("keydown", self._entered, js_handler=_ENTERED)

    def set_value(self, value: str) -> None:
        """Put something into it."""
        self.value = value
        self._field.set(defaultValue=value)
        self.client.run_javascript(
            f"const field = getHtmlElement({self._field.id}); if (field) field.value = field.defaultValue"
        )

    def _written(self, event: GenericEventArguments) -> Any:
        value = str(event.args or "")[: self._longest]
        if value == self.value:
            # It is told of as it is written, and once more when it is left.
            return None
        self.value = value
        return None if self._on_change is None else self._on_change(value)

    def _entered(self, event: GenericEventArguments) -> Any:
        self.value = str(event.args or "")[: self._longest]
        return None if self._on_enter is None else self._on_enter()
