"""Pages that were asked for, and whose browsers have not come back yet: no more than the server can hold.

A page waits in memory until its browser connects. Whoever asks for thousands and never does would fill it.
"""

import ctypes
import gc
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from nicegui import Client

__all__ = ["MOST_WAITING", "Tidy", "make_room"]

MOST_WAITING: Final = 48
_PATIENCE: Final = 30.0
"""Seconds after which a browser that has not connected is not waited for any more."""


def make_room() -> None:
    """Let go of pages that have waited too long, or are too many: of whoever has most, the oldest."""
    now = time.time()
    waiting = [
        client
        for client in Client.instances.values()
        if not client.has_socket_connection and client._pinned_tab_id is None
    ]
    for client in [each for each in waiting if now - each.created > _PATIENCE]:
        waiting.remove(client)
        client.delete()
    while len(waiting) > MOST_WAITING:
        address, _ = Counter(each.ip for each in waiting).most_common(1)[0]
        oldest = min((each for each in waiting if each.ip == address), key=lambda each: each.created)
        waiting.remove(oldest)
        oldest.delete()


class Tidy:
    """Gives back the memory of pages that are gone: Python has to look for what refers to itself."""

    def __init__(self) -> None:
        self._open: set[str] = set()
        # Not every system has it; it is glibc's.
        self._trim: Callable[[int], int] = getattr(ctypes.CDLL(None), "malloc_trim", lambda _: 0)

    def step(self) -> None:
        """Look for them, if a page has gone since the last time."""
        now = set(Client.instances)
        if self._open - now:
            gc.collect()
            # What Python has freed is the allocator's still, in pieces between what goes on living.
            self._trim(0)
        self._open = now
