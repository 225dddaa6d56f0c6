"""Dialogs that say what they are."""

from nicegui import ui

from decai.dashboard.elements.controls import icon_button
from decai.dashboard.elements.html import Tag, box, heading

__all__ = ["Dialog"]


class Dialog:
    """A dialog with a title and a button that closes it; its content goes into `body`.

    Parameters
    ----------
    title
        What it is about.
    """

    def __init__(self, title: str) -> None:
        self._dialog = ui.dialog()
        self._dialog.props["aria-label"] = title
        with self._dialog, ui.card().classes("dc-dialog"):
            with box("dc-dialog-head"):
                heading(title, 2)
                icon_button("close", "Close", self.close)
            self.body: Tag = box("dc-dialog-body")

    def open(self) -> None:
        """Show it."""
        self._dialog.open()

    def close(self) -> None:
        """Hide it."""
        self._dialog.close()
