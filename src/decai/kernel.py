"""Compilation of the hot loops: numba, cached on disk, typed as the function it compiles."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from numba import njit

__all__ = ["kernel"]

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` at its first call; later processes read the compiled code from a cache.

    Floats are evaluated strictly (no reassociation), so a kernel gives the same bits everywhere. Where
    neither the package's folder nor the user's can be written, every process compiles for itself.
    """
    try:
        compiled = njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # numba's word for that there is no place for a cache
        compiled = njit(nogil=True, error_model="numpy")(function)
    return cast(Callable[P, R], compiled)
