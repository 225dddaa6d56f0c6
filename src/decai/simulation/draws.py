"""Random draws: each agent has its own streams, derived from the run's seed and the agent's name.

So an agent draws the same numbers whoever else takes part, and however often the run is evaluated.
"""

from collections.abc import Callable
from hashlib import blake2b
from itertools import chain, repeat

import numpy as np

__all__ = ["Draws", "generator"]


def generator(seed: int, *names: str) -> np.random.Generator:
    """A generator of its own for whatever `names` say, independent of every other.

    Parameters
    ----------
    seed
        The run's seed, not negative.
    names
        What the numbers are for.
    """
    digest = blake2b("\0".join(names).encode(), digest_size=16).digest()
    words = [int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4)]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *words])))


def _stream(sample: Callable[[int], "np.ndarray[tuple[int], np.dtype[np.float64]]"]) -> Callable[[], float]:
    """One number a call, fetched in growing blocks; the block size has no effect on the numbers."""
    sizes = chain((4, 16, 64, 256), repeat(1024))
    numbers = chain.from_iterable(sample(size).tolist() for size in sizes)
    return numbers.__next__


class Draws:
    """The streams of one agent; each purpose has its own, so one never shifts another.

    Examples
    --------
    >>> a, b = Draws(7, "ada"), Draws(7, "ada")
    >>> _ = [b.chance() for _ in range(100)]
    >>> a.wait(600, 50) == b.wait(600, 50), a.deposit(10**17, 10**15) == b.deposit(10**17, 10**15)
    (True, True)
    """

    __slots__ = ("_deposit", "_wait", "chance")

    def __init__(self, seed: int, name: str) -> None:
        self._wait = _normal(seed, name, "wait")
        self._deposit = _normal(seed, name, "deposit")
        uniform = generator(seed, name, "chance")
        self.chance: Callable[[], float] = _stream(uniform.random)
        """A number from 0 (inclusive) to 1 (exclusive)."""

    def wait(self, mean: int, stdev: int) -> int:
        """A normal duration in seconds, at least 1."""
        return max(1, mean + round(stdev * self._wait()))

    def deposit(self, mean: int, stdev: int) -> int:
        """A normal amount in wei, at least 0, exact in integers once the normal number is drawn."""
        # 2^53 holds every bit of the float, so that no rounding of a product of floats takes part.
        return max(0, mean + (stdev * int(self._deposit() * 2**53) >> 53))


def _normal(seed: int, *names: str) -> Callable[[], float]:
    return _stream(generator(seed, *names).standard_normal)
