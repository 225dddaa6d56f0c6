"""Input that is nested beyond measure ends in an error, and not the process."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["limited_recursion"]

_MOST_FRAMES: Final = 3_000
_ALONE: Final = threading.RLock()
"""The limit is the whole process's: who changes it must be the one to change it back."""


@contextmanager
def limited_recursion() -> Iterator[None]:
    """While it lasts, nested input raises `RecursionError` in good time.

    Libraries raise the limit so far that a hostile text would exhaust the stack.
    """
    with _ALONE:
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(min(limit, _MOST_FRAMES))
        try:
            yield
        finally:
            sys.setrecursionlimit(limit)
