"""Feature indices as table columns, for the sparse classifiers.

An index below `TABLE_LIMIT` is its own column, and tables grow to hold it. Larger ones (hashed
features reach 2^32 - 1) get the columns from `TABLE_LIMIT` on, in the order in which they are learned, so
that a table is never larger than what was learned.
"""

from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from decai.errors import InputError, Refused
from decai.samples import Features, Samples

__all__ = [
    "CHANGED",
    "INDEX_LIMIT",
    "MALFORMED",
    "MAX_FEATURES",
    "PLACE",
    "TABLE_LIMIT",
    "UNCHANGED",
    "Columns",
    "grown",
]

TABLE_LIMIT: Final = 1 << 20
INDEX_LIMIT: Final = 1 << 32
"""Feature indices are unsigned 32-bit numbers."""
MAX_FEATURES: Final = 1 << 14
"""Most features that a sample may list, repeats included."""

UNCHANGED: Final = 0
CHANGED: Final = 1
PLACE: Final = 2
"""A kernel's answer: some feature has no column yet; nothing was done."""
MALFORMED: Final = 3
"""A kernel's answer: the features are malformed; nothing was done."""

T = TypeVar("T", bound=np.generic)


class Columns:
    """Which column of the tables holds which feature index."""

    __slots__ = ("_hashed", "prefix", "size")

    def __init__(self, size: int, prefix: str) -> None:
        self.size = size
        """How many columns the tables need."""
        self.prefix = prefix
        self._hashed: dict[int, int] = {}

    def copy(self) -> "Columns":
        """An independent copy."""
        other = Columns(self.size, self.prefix)
        other._hashed = dict(self._hashed)
        return other

    def __len__(self) -> int:
        return len(self.indices())

    def indices(self) -> list[int]:
        """The feature indices that have a column, ascending."""
        listed = self.size if not self._hashed else TABLE_LIMIT
        return [*range(min(listed, self.size)), *sorted(self._hashed)]

    def find(self, features: Features) -> NDArray[np.int32]:
        """Columns of `features` for reading; what has none gets one past the end, or -1.

        An int32 array is passed on as it is when no feature is hashed: its kernel checks it.

        Raises
        ------
        Refused
            If an index is no unsigned 32-bit number, or there are too many.
        """
        if features.dtype == np.int32 and not self._hashed:
            return features  # type: ignore[return-value]  # the dtype was just checked
        values = self._in_range(features)
        if not self._hashed:
            return np.where(values < TABLE_LIMIT, values, -1).astype(np.int32)
        return np.array(
            [v if v < TABLE_LIMIT else self._hashed.get(v, -1) for v in values.tolist()], dtype=np.int32
        )

    def checked(self, features: Features) -> NDArray[np.int32]:
        """Like `find`, and refuses malformed features in every case."""
        self._in_range(features)
        return self.find(features)

    def place(self, features: Features) -> NDArray[np.int32]:
        """Columns of `features` for writing: each gets one, and `size` may grow.

        Raises
        ------
        Refused
            If an index is no unsigned 32-bit number, or there are too many.
        """
        values = self._in_range(features)
        return self._place(values)

    def _place(self, values: NDArray[np.int64]) -> NDArray[np.int32]:
        if int(values.max(initial=-1)) < TABLE_LIMIT:
            columns = values.astype(np.int32)
        else:
            for value in values.tolist():
                if value >= TABLE_LIMIT:
                    self._hashed.setdefault(value, TABLE_LIMIT + len(self._hashed))
            columns = self.find(values)
        self.size = max(self.size, int(columns.max(initial=-1)) + 1)
        return columns

    def place_all(self, samples: Samples) -> Samples:
        """The same samples as columns, each placed.

        Raises
        ------
        InputError
            If an index is no unsigned 32-bit number.
        """
        distinct, columns = self._distinct(samples)
        placed = self._place(distinct)
        return Samples(placed[columns], samples.starts, samples.ends)

    def find_all(self, samples: Samples) -> Samples:
        """The same samples as columns, for reading.

        Raises
        ------
        InputError
            If an index is no unsigned 32-bit number.
        """
        if samples.values.dtype == np.int32 and not self._hashed:
            return samples
        distinct, columns = self._distinct(samples)
        return Samples(self.find(distinct)[columns], samples.starts, samples.ends)

    def _distinct(self, samples: Samples) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        distinct, positions = np.unique(samples.values.astype(np.int64, copy=False), return_inverse=True)
        if len(distinct) and not (0 <= distinct[0] and distinct[-1] < INDEX_LIMIT):
            raise InputError(f"{self.prefix}: a feature index must be from 0 to 4294967295")
        if int((samples.ends - samples.starts).max(initial=0)) > MAX_FEATURES:
            raise InputError(f"{self.prefix}: a sample has more than {MAX_FEATURES:,} features")
        return distinct, positions.reshape(-1).astype(np.int64, copy=False)

    def _in_range(self, features: Features) -> NDArray[np.int64]:
        values = np.asarray(features, dtype=np.int64)
        if len(values) > MAX_FEATURES:
            raise Refused(f"{self.prefix}: too many features")
        if len(values) and (int(values.min()) < 0 or int(values.max()) >= INDEX_LIMIT):
            raise Refused(f"{self.prefix}: a feature index must be from 0 to 4294967295")
        return values


def grown(table: NDArray[T], size: int) -> NDArray[T]:
    """`table` with at least `size` rows, the new ones 0; grows by doubling, so growth stays cheap."""
    if size <= len(table):
        return table
    larger = np.zeros((max(size, 2 * len(table), 16), *table.shape[1:]), dtype=table.dtype)
    larger[: len(table)] = table
    return larger
