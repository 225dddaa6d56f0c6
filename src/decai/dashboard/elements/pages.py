"""Paging: which part of a long list is shown."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from decai.dashboard.elements.controls import icon_button
from decai.dashboard.elements.html import Tag, box, tag

if TYPE_CHECKING:
    from decai.catalog.records import Page

__all__ = ["PagedList", "Pager"]

T = TypeVar("T")


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
        """The part that was last asked for."""
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
            # At once, so that whoever shows the same part again meanwhile shows this one.
            self.page = wanted
            return self._on_turn(wanted)
        return None


class PagedList(Tag, Generic[T]):
    """A list out of the catalog, a page at a time.

    Parameters
    ----------
    what
        What the list is of, such as ``models``.
    blocking
        Runs what may block, as `Page.blocking` does.
    load
        Gives the page after a cursor; blocks.
    fill
        Shows its items, and how many there are in all.
    """

    def __init__(
        self,
        what: str,
        size: int,
        blocking: Callable[..., Awaitable[Any]],
        load: "Callable[[str | None], Page[T]]",
        fill: Callable[[Sequence[T], int], Any],
    ) -> None:
        super().__init__("div", "", "dc-stack")
        self._blocking = blocking
        self._load = load
        self._fill = fill
        self._cursors: list[str | None] = [None]
        """Of the pages that were seen, and of the one after them."""
        self._asked = 0
        self._shown: object = None
        with self:
            self._body = box("dc-stack")
            self._pager = Pager(what, size, self.show)

    async def restart(self) -> None:
        """Begin with the first page of what is another list now."""
        self._cursors = [None]
        self._shown = None
        await self.show(0)

    async def refresh(self) -> None:
        """Show the same page as it is now."""
        await self.show(self._pager.page)

    async def show(self, number: int) -> None:
        """Show a page, from 0; one at most that comes after those that were seen."""
        number = min(number, len(self._cursors) - 1)
        self._asked += 1
        asked = self._asked
        page = await self._blocking(self._load, self._cursors[number])
        if asked != self._asked:
            # Meanwhile something else was asked for.
            return
        del self._cursors[number + 1 :]
        if page.next is not None:
            self._cursors.append(page.next)
        self._pager.page = number
        if (number, page) == self._shown:
            return
        self._shown = None
        self._body.clear()
        with self._body:
            self._fill(page.items, page.total)
        self._shown = (number, page)
        self._pager.show(number, page.total)
