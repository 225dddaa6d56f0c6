"""Lists a page at a time, read while somebody turns the pages."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import pytest
from nicegui import Client

from decai.catalog.records import Page
from decai.dashboard.elements import PagedList
from tests.dashboard.asked import page_for

SIZE, TOTAL = 10, 35


def load(after: str | None) -> Page[int]:
    """Ten numbers, the cursor being the next one."""
    first = int(after or 0)
    last = min(first + SIZE, TOTAL)
    return Page(tuple(range(first, last)), TOTAL, str(last) if last < TOTAL else None)


class Readings:
    """Readings of a list that end when they are told to, each what it was when it began."""

    def __init__(self) -> None:
        self.under_way: list[asyncio.Future[None]] = []

    async def __call__(self, call: Callable[..., Any], *args: Any) -> Any:
        result = call(*args)
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.under_way.append(ended)
        await ended
        return result

    async def end(self, which: int = 0) -> None:
        """End one of those under way."""
        await asyncio.sleep(0)
        self.under_way.pop(which).set_result(None)
        for _ in range(3):
            await asyncio.sleep(0)


@pytest.fixture
def client() -> Iterator[Client]:
    """A page that the elements are on."""

    async def asked() -> Client:
        return page_for("10.0.0.1")

    client = asyncio.run(asked())
    yield client
    with suppress(KeyError):
        client.delete()


def test_a_page_that_is_turned_to_is_shown_whenever_the_list_is_read_again(client: Client) -> None:
    shown: list[int] = []

    async def story() -> None:
        readings = Readings()
        with client:
            numbers = PagedList("numbers", SIZE, readings, load, lambda items, _: shown.append(items[0]))
            first = asyncio.ensure_future(numbers.restart())
            await readings.end()
            await first
            # Somebody turns the page; before it is there, the list is read again.
            turned = asyncio.ensure_future(numbers._pager._turn(1))
            again = asyncio.ensure_future(numbers.refresh())
            await readings.end()
            await readings.end()
            await asyncio.gather(turned, again)
        assert numbers._pager._where.text == "11 to 20 of 35 numbers"

    asyncio.run(story())
    assert shown == [0, 10]


def test_who_turns_faster_than_pages_come_sees_the_next_one(client: Client) -> None:
    shown: list[int] = []

    async def story() -> None:
        readings = Readings()
        with client:
            numbers = PagedList("numbers", SIZE, readings, load, lambda items, _: shown.append(items[0]))
            for turn in (numbers.restart, lambda: numbers._pager._turn(1), lambda: numbers._pager._turn(1)):
                under_way = asyncio.ensure_future(turn())
                await readings.end()
                await under_way
            assert shown == [0, 10, 20]
            turns = [asyncio.ensure_future(numbers._pager._turn(-1)) for _ in range(2)]
            # The second is read first.
            await readings.end(1)
            await readings.end(0)
            await asyncio.gather(*turns)
        assert numbers._pager._where.text == "1 to 10 of 35 numbers"

    asyncio.run(story())
    assert shown == [0, 10, 20, 0]


def test_a_page_that_could_not_be_shown_is_shown_the_next_time(client: Client) -> None:
    shown: list[int] = []

    def fill(items: Sequence[int], _: int) -> None:
        shown.append(items[0])
        if len(shown) == 1:
            raise RuntimeError

    async def story() -> None:
        async def at_once(call: Callable[..., Any], *args: Any) -> Any:
            return call(*args)

        with client:
            numbers = PagedList("numbers", SIZE, at_once, load, fill)
            with pytest.raises(RuntimeError):
                await numbers.restart()
            await numbers.refresh()
            await numbers.refresh()

    asyncio.run(story())
    assert shown == [0, 0]
