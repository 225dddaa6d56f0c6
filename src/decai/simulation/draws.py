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
    size = 4 * max(1, -(-seed.bit_length() // 32))
    # As an array, since numpy takes twice the time for a list of integers.
    words = np.frombuffer(seed.to_bytes(size, "little") + digest, dtype="<u4").astype(np.uint32, copy=False)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))


def _stream(seed: int, name: str, purpose: str, distribution: str) -> Callable[[], float]:
    """One number a call, fetched in growing blocks; the block size has no effect on the numbers."""
    sample = getattr(generator(seed, name, purpose), distribution)
    sizes = chain((4, 16, 64, 256), repeat(1024))
    numbers = chain.from_iterable(sample(size).tolist() for size in sizes)
    return numbers.__next__


class Draws:
    """The streams of one agent; each purpose has its own, so one never shifts another.

    A stream is made when its first number is asked for: in a large crowd, most agents need few numbers.

    Examples
    --------
    >>> a, b = Draws(7, "ada"), Draws(7, "ada")
    >>> _ = [b.chance() for _ in range(100)]
    >>> a.wait(600, 50) == b.wait(600, 50), a.deposit(10**17, 10**15) == b.deposit(10**17, 10**15)
    (True, True)
    """

    __slots__ = ("_chance", "_deposit", "_name", "_seed", "_wait")

    def __init__(self, seed: int, name: str) -> None:
        self._seed = seed
        self._name = name
        self._wait: Callable[[], float] = self._first_wait
        self._deposit: Callable[[], float] = self._first_deposit
        self._chance: Callable[[], float] = self._first_chance

    def _first_wait(self) -> float:
        self._wait = _stream(self._seed, self._name, "wait", "standard_normal")
        return self._wait()

    def _first_deposit(self) -> float:
        self._deposit = _stream(self._seed, self._name, "deposit", "standard_normal")
        return self._deposit()

    def _first_chance(self) -> float:
        self._chance = _stream(self._seed, self._name, "chance", "random")
        return self._chance()

    def chance(self) -> float:
        """A number from 0 (inclusive) to 1 (exclusive)."""
        return self._chance()

    def wait(self, mean: int, stdev: int) -> int:
        """A normal duration in seconds, at least 1."""
        return max(1, mean + round(stdev * self._wait()))

    def deposit(self, mean: int, stdev: int) -> int:
        """A normal amount in wei, at least 0, exact in integers once the normal number is drawn."""
        # 2^53 holds every bit of the float, so that no rounding of a product of floats takes part.
        return max(0, mean + (stdev * int(self._deposit() * 2**53) >> 53))
