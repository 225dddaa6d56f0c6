"""What many pages ask at the same moment is found out once."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final, Generic, TypeVar

__all__ = ["Brief"]

T = TypeVar("T")
_SECONDS: Final = 1.0
"""As often as the end of the chain is looked for."""


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    value: T
    block: int
    asked: float


class Brief(Generic[T]):
    """A value that is found out again when it is a second old; may be asked by any thread.

    Parameters
    ----------
    find
        Finds it out; blocks. Whatever it raises is raised to who asked, and is not kept.
    clock
        Tells seconds.
    """

    def __init__(self, find: Callable[[], T], clock: Callable[[], float] = monotonic) -> None:
        self._find = find
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: _Kept[T] | None = None

    def __call__(self, block: int) -> T:
        """The value; who asks while it is being found out waits for that.

        Parameters
        ----------
        block
            The latest one that the page has seen: nothing that was found out before it will do.
        """
        with self._lock:
            now = self._clock()
            kept = self._kept
            if kept is None or block > kept.block or now - kept.asked >= _SECONDS:
                # As old as the question, however late the answer is.
                self._kept = kept = _Kept(self._find(), block, now)
            return kept.value
