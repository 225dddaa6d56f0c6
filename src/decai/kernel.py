"""Compilation of the hot loops: numba, cached on disk, typed as the function it compiles."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from numba import njit

__all__ = ["kernel"]

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` at its first call; later processes read the compiled code from a cache.

    Floats are evaluated strictly (no reassociation), so a kernel gives the same bits everywhere.
    """
    return cast(Callable[P, R], njit(cache=True, nogil=True, error_model="numpy")(function))
