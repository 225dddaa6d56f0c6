"""A picture: drawn on a pad, or taken from a file."""

import base64
import binascii
from collections.abc import Callable
from typing import Any, Final

from nicegui import ui
from nicegui.events import GenericEventArguments, UploadEventArguments

from decai.dashboard.elements.controls import button, icon
from decai.dashboard.elements.html import Tag, box, tag

__all__ = ["Pad", "Upload"]

_PREFIX: Final = "data:image/png;base64,"
_MOST_DRAWING: Final = 400_000
_SIDE: Final = 280
_KEYS: Final = "By keyboard: arrows move the pen, Space puts it down or lifts it."


class Pad(Tag):
    """A square to draw on with mouse, pen, finger or keys.

    Parameters
    ----------
    label
        What is to be drawn.
    on_drawn
        Called with the picture as a PNG file after each stroke, and with None when it was wiped.
    """

    def __init__(self, label: str, on_drawn: Callable[[bytes | None], Any]) -> None:
        super().__init__("div", "", "dc-stack")
        self._on_drawn = on_drawn
        with self:
            tag("span", label, "dc-field-label")
            with box("dc-pad-frame"):
                self._canvas = tag(
                    "canvas", "", "dc-pad", width=_SIDE, height=_SIDE, role="application", tabindex="0",
                    aria_label=f"{label}. {_KEYS} Who cannot draw may choose a picture instead.",
                )  # fmt: skip
                tag("span", "", "dc-pen", aria_hidden="true")
                tag("span", "", "dc-pen-said dc-unseen", aria_live="polite")
            tag("span", _KEYS, "dc-help", aria_hidden="true")
            self._canvas.on("drawn", self._drawn, js_handler="(event) => emit(event.detail)")
            with box("dc-row"):
                button("Wipe", self.wipe)
        self.client.run_javascript(f"window.decaiPage?.pad({self._canvas.id})")

    def wipe(self) -> None:
        """Begin with an empty pad again."""
        self.client.run_javascript(f"window.decaiPage?.wipe({self._canvas.id})")
        self._on_drawn(None)

    def _drawn(self, event: GenericEventArguments) -> Any:
        given = str(event.args or "")
        if not given.startswith(_PREFIX) or len(given) > _MOST_DRAWING:
            return None
        try:
            content = base64.b64decode(given.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            return None
        return self._on_drawn(content)


class Upload(Tag):
    """A file from the visitor's machine, chosen or dropped here.

    Parameters
    ----------
    label
        What is wanted.
    accept
        Which files: such as ``image/*`` or ``.json``.
    most
        Most bytes.
    on_file
        Called with the file's name and content.
    """

    def __init__(self, label: str, accept: str, most: int, on_file: Callable[[str, bytes], Any]) -> None:
        super().__init__("div", "", "dc-upload")
        self._most = most
        self._on_file = on_file
        with self:
            self._loader = ui.upload(
                on_upload=self._arrived, max_file_size=most, auto_upload=True, on_rejected=self._rejected
            )
            # It is for its machinery alone; what people see and hear is the button.
            self._loader.classes("dc-gone").props(f'accept="{accept}"')
            pick = f"() => getElement({self._loader.id}).$refs.qRef.pickFiles()"
            with tag("button", "", "dc-drop", type="button").on("click", js_handler=pick):
                icon("upload_file")
                tag("span", label)
            self._said = tag("span", f"At most {most // 2**20} MB.", "dc-help", role="status")
        self.client.run_javascript(f"window.decaiPage?.drop({self.id}, {self._loader.id})")

    async def _arrived(self, event: UploadEventArguments) -> None:
        content = await event.file.read()
        self._loader.reset()
        if len(content) > self._most:
            self._rejected()
            return
        self._said.text = f"{event.file.name[:80]}, {len(content):,} bytes"
        result = self._on_file(event.file.name, content)
        if result is not None:
            await result

    def _rejected(self) -> None:
        self._said.text = (
            f"This file cannot be taken: at most {self._most // 2**20} MB, of the kind that is asked for."
        )
