"""Pages that wait for a browser that never comes: the server holds so many and no more."""

import asyncio
import gc
import time
import weakref
from collections import Counter
from collections.abc import Iterator

import pytest
from nicegui import Client

from decai.dashboard.crowd import MOST_WAITING, Tidy, make_room
from tests.dashboard.asked import page_for


@pytest.fixture(autouse=True)
def _nobody() -> Iterator[None]:
    Client.instances.clear()
    yield
    for client in list(Client.instances.values()):
        client.delete()


def crowd(*addresses: str) -> Counter[str]:
    """Who is waited for after so many have asked for pages."""

    async def ask() -> None:
        for address in addresses:
            page_for(address)
        make_room()

    asyncio.run(ask())
    return Counter(client.ip for client in Client.instances.values())


def test_no_more_pages_wait_than_there_is_room_for() -> None:
    assert sum(crowd(*["10.0.0.1"] * 500).values()) == MOST_WAITING


def test_who_asks_for_most_has_to_give_way() -> None:
    left = crowd("10.0.0.2", *["10.0.0.1"] * 100, "10.0.0.3")
    assert left == {"10.0.0.1": MOST_WAITING - 2, "10.0.0.2": 1, "10.0.0.3": 1}


def test_who_has_waited_for_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    crowd("10.0.0.1")
    later = time.time() + 31
    monkeypatch.setattr(time, "time", lambda: later)
    assert crowd() == {}


def test_what_pages_that_are_gone_leave_behind_is_given_back_at_the_next_look() -> None:
    tidy = Tidy()

    async def come_and_go() -> "weakref.ref[Client]":
        client = page_for("10.0.0.1")
        tidy.step()
        client.delete()
        return weakref.ref(client)

    # Only who looks for it may find it.
    gc.disable()
    try:
        gone = asyncio.run(come_and_go())
        tidy.step()
        assert gone() is None
    finally:
        gc.enable()
