"""How samples travel to a contract, and what it knows them by: numbers packed into words, ``samples.vy``."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from decai.samples import Features

__all__ = ["VECTORS", "SampleForm"]


@dataclass(frozen=True, slots=True)
class SampleForm:
    """Lists of numbers in words, from the highest bits down, the length of the list first.

    Parameters
    ----------
    lane_bits
        16 or 32: of each number in its word.
    offset
        What is added to a number there: 0 for feature indices, 2^31 for the numbers of a vector.

    Examples
    --------
    >>> form = SampleForm.indices(16)
    >>> [f"{word:x}" for word in form.packed(np.array([5, 7], dtype=np.int32))]
    ['2000500070000000000000000000000000000000000000000000000000000']
    >>> VECTORS.unpacked(VECTORS.packed(np.array([-600_000_000, 800_000_000])))
    array([-600000000,  800000000])
    """

    lane_bits: int
    offset: int = 0

    @classmethod
    def indices(cls, bits: int) -> Self:
        """The form of lists of feature indices below 2 to the power of `bits`."""
        return cls(bits)

    @property
    def is_sparse(self) -> bool:
        """Whether a sample lists feature indices."""
        return self.offset == 0

    @property
    def lanes(self) -> int:
        """How many numbers a word holds."""
        return 256 // self.lane_bits

    def fits(self, features: Features) -> bool:
        """Whether these are a list of numbers that have room in their lanes."""
        if features.ndim != 1 or features.dtype.kind not in "iu":
            return False
        if not len(features):
            return True
        low, high = int(features.min()) + self.offset, int(features.max()) + self.offset
        return low >= 0 and high >> self.lane_bits == 0

    def packed(self, features: Features) -> list[int]:
        """The words of a sample that `fits`."""
        data = self.packed_bytes(features)
        return [int.from_bytes(data[at : at + 32], "big") for at in range(0, len(data), 32)]

    def packed_bytes(self, features: Features) -> bytes:
        """The words of `packed`, one after the other."""
        lanes = self.lanes
        numbers = np.zeros(-(-(len(features) + 1) // lanes) * lanes, dtype=f">u{self.lane_bits // 8}")
        numbers[0] = len(features)
        numbers[1 : len(features) + 1] = features.astype(np.int64) + self.offset if self.offset else features
        return numbers.tobytes()

    def unpacked(self, words: Sequence[int]) -> Features:
        """The inverse of `packed`: int32 indices, or int64 where one needs it, and for vectors."""
        data = b"".join(word.to_bytes(32, "big") for word in words)
        numbers = np.frombuffer(data, dtype=f">u{self.lane_bits // 8}")
        listed = numbers[1 : 1 + int(numbers[0])] if len(numbers) else numbers
        if self.offset:
            return listed.astype(np.int64) - self.offset
        if int(listed.max(initial=0)) < 2**31:
            return listed.astype(np.int32)
        return listed.astype(np.int64)


VECTORS: Final = SampleForm(32, 2**31)
"""The form of vectors of numbers in fixed point."""
