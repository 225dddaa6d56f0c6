"""Many samples at once, in the one layout that data sets, classifiers and the ledger share.

A sample of a sparse classifier is a list of feature indices; one of a dense classifier is a
vector in fixed point (scale 1e9). Both are a run of one flat array, so that kernels read them
without copying, and a shuffle or a subset moves bounds, never data.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from decai.errors import InputError

__all__ = ["Features", "FloatArray", "IntArray", "Samples"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
Features = NDArray[np.int32] | NDArray[np.int64]
"""One sample: int32 feature indices (sparse) or an int64 fixed-point vector (dense), 1-D."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """An immutable sequence of samples.

    Parameters
    ----------
    values
        1-D; int32 feature indices, or int64 fixed-point values (scale 1e9).
    starts, ends
        1-D int64 of equal length: sample i is ``values[starts[i]:ends[i]]``.

    Raises
    ------
    InputError
        If the arrays have another dtype or shape, or a bound lies outside `values`.

    Examples
    --------
    >>> samples = Samples.sparse([[0, 3], [], [2, 3, 5]])
    >>> len(samples), samples[2].tolist(), samples.select([2, 0])[1].tolist()
    (3, [2, 3, 5], [0, 3])
    """

    values: Features
    starts: IntArray
    ends: IntArray

    def __post_init__(self) -> None:
        if self.values.ndim != 1 or self.values.dtype not in (np.int32, np.int64):
            raise InputError("samples: values must be a 1-D array of int32 or int64")
        if self.starts.shape != self.ends.shape or self.starts.ndim != 1:
            raise InputError("samples: starts and ends must be 1-D and of equal length")
        if self.starts.dtype != np.int64 or self.ends.dtype != np.int64:
            raise InputError("samples: starts and ends must be int64")
        if len(self.starts) and (
            int(self.starts.min()) < 0
            or int(self.ends.max()) > len(self.values)
            or bool((self.starts > self.ends).any())
        ):
            raise InputError("samples: a bound lies outside the values")

    @classmethod
    def sparse(cls, rows: Iterable[Sequence[int] | Features]) -> "Samples":
        """Build from rows of feature indices (0 to 2^31 - 1)."""
        return cls._from_rows(rows, np.dtype(np.int32))

    @classmethod
    def dense(cls, rows: Iterable[Sequence[int] | Features]) -> "Samples":
        """Build from fixed-point vectors (scale 1e9)."""
        return cls._from_rows(rows, np.dtype(np.int64))

    @classmethod
    def _from_rows(
        cls, rows: Iterable[Sequence[int] | Features], dtype: "np.dtype[np.int32] | np.dtype[np.int64]"
    ) -> "Samples":
        try:
            arrays = [np.asarray(row, dtype=dtype) for row in rows]
        except OverflowError:
            raise InputError(f"samples: a value does not fit in {dtype.name}") from None
        ends = np.cumsum([len(a) for a in arrays], dtype=np.int64)
        starts = np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1]]) if arrays else ends
        values = np.concatenate(arrays) if arrays else np.empty(0, dtype=dtype)
        return cls(values, starts, ends)

    @classmethod
    def one(cls, features: Features) -> "Samples":
        """A single sample, sharing its array."""
        return cls(features, np.zeros(1, dtype=np.int64), np.full(1, len(features), dtype=np.int64))

    @property
    def is_sparse(self) -> bool:
        """Whether samples are feature indices (int32) and not vectors (int64)."""
        return self.values.dtype == np.int32

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, index: int) -> Features:
        return self.values[self.starts[index] : self.ends[index]]

    def select(self, order: "Sequence[int] | IntArray") -> "Samples":
        """The samples at `order`, which may repeat; shares the values."""
        positions = np.asarray(order, dtype=np.int64)
        return Samples(self.values, self.starts[positions], self.ends[positions])

    def gather(self, order: "Sequence[int] | IntArray") -> "Samples":
        """The samples at `order`, with values of their own in that order, which are quick to read in turn."""
        chosen = self.select(order)
        rows = zip(chosen.starts.tolist(), chosen.ends.tolist(), strict=True)
        values = np.concatenate([self.values[:0], *(self.values[start:end] for start, end in rows)])
        ends = np.cumsum(chosen.ends - chosen.starts)
        return Samples(values, ends - (chosen.ends - chosen.starts), ends)
