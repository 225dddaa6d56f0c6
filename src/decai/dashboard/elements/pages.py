"""Paging: which part of a long list is shown."""

from collections.abc import Callable
from typing import Any

from decai.dashboard.elements.controls import icon_button
from decai.dashboard.elements.html import Tag, tag

__all__ = ["Pager"]


class Pager(Tag):
    """Buttons to the other parts of a list; there is none where one part is all.

    Parameters
    ----------
    what
        What the list is of, such as ``models``.
    size
        How many make a part.
    on_turn
        Called with the number of the part to show, from 0.
    """

    def __init__(self, what: str, size: int, on_turn: Callable[[int], Any]) -> None:
        super().__init__("nav", "", "dc-pager", aria_label=f"Pages of {what}")
        self.what = what
        self.size = size
        self.page = 0
        self._total = 0
        self._on_turn = on_turn
        with self:
            self._back = icon_button("chevron_left", "Previous page", lambda: self._turn(-1))
            self._where = tag("span", "", "dc-pager-where", aria_live="polite")
            self._on = icon_button("chevron_right", "Next page", lambda: self._turn(1))
        self.visible = False

    def show(self, page: int, total: int) -> None:
        """Say which part of how many things is shown."""
        self.page, self._total = page, total
        first = page * self.size
        last = min(first + self.size, total)
        self._where.text = f"{first + 1:,} to {last:,} of {total:,} {self.what}"
        self._back.set(disabled=True if page == 0 else None)
        self._on.set(disabled=True if last >= total else None)
        self.visible = total > self.size

    def _turn(self, by: int) -> Any:
        wanted = self.page + by
        if 0 <= wanted * self.size < max(1, self._total):
            return self._on_turn(wanted)
        return None
