"""Feature indices as table columns, for the sparse classifiers.

An index below `TABLE_LIMIT` is its own column, and tables grow to hold it. Larger ones (hashed
features reach 2^32 - 1) get the columns from `TABLE_LIMIT` on, in the order in which they are stored or
learned, so that a table is never larger than what was seen. A column once given stays, so a stored row
can be read at any later time.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from decai.errors import InputError, Refused
from decai.kernel import kernel
from decai.samples import Features, IntArray, Samples

__all__ = [
    "CHANGED",
    "MAX_FEATURES",
    "PLACE",
    "TABLE_LIMIT",
    "UNCHANGED",
    "Columns",
    "ColumnsCheckpoint",
    "all_placed",
    "are_direct",
    "first_not_increasing",
    "grown",
    "increases",
]

TABLE_LIMIT: Final = 1 << 20
MAX_FEATURES: Final = 1 << 14
"""Most features that a sample may list, repeats included."""

UNCHANGED: Final = 0
CHANGED: Final = 1
PLACE: Final = 2
"""A kernel's answer: some feature has no column yet; nothing was done."""

T = TypeVar("T", bound=np.generic)


@kernel
def are_direct(values: Features, limit: int) -> bool:
    """Whether each value is its own column: below `limit`."""
    low = 0
    high = 0
    for value in values:
        low = min(low, value)
        high = max(high, value)
    return low >= 0 and high < limit


@kernel
def increases(values: Features) -> bool:
    """Whether each value is above the one before."""
    ordered = True
    for i in range(1, len(values)):
        ordered = ordered and values[i] > values[i - 1]
    return ordered


@kernel
def first_not_increasing(values: Features, starts: IntArray, ends: IntArray) -> int:
    """The first row that does not strictly increase, or -1."""
    for row in range(len(starts)):
        if not increases(values[starts[row] : ends[row]]):
            return row
    return -1


@kernel
def all_placed(columns: NDArray[np.int32], direct: int, size: int) -> bool:
    """Whether each of `columns` is in use: below `direct`, or from `TABLE_LIMIT` to `size`."""
    in_use = True
    for column in columns:
        in_use = in_use and (0 <= column < direct or TABLE_LIMIT <= column < size)
    return in_use


@kernel
def _mentioned(size: int, starts: IntArray, ends: IntArray) -> NDArray[np.bool_]:
    """Which of `size` values belong to a row."""
    depth = np.zeros(size + 1, dtype=np.int64)
    for i in range(len(starts)):
        depth[starts[i]] += 1
        depth[ends[i]] -= 1
    mentioned = np.zeros(size, dtype=np.bool_)
    rows = 0
    for i in range(size):
        rows += depth[i]
        mentioned[i] = rows > 0
    return mentioned


class ColumnsCheckpoint(NamedTuple):
    """The state of a `Columns`."""

    direct: int
    size: int
    hashed: tuple[int, ...]


class Columns:
    """Which column of the tables holds which feature index.

    Parameters
    ----------
    kind
        Whose tables, for what is refused.
    max_features
        Most features that a sample may list, repeats included; at most `MAX_FEATURES`.
    index_bits
        An index is below 2 to the power of it; at most 32.
    """

    __slots__ = ("_hashed", "direct", "direct_limit", "index_limit", "kind", "max_features", "size")

    def __init__(self, kind: str, max_features: int = MAX_FEATURES, index_bits: int = 32) -> None:
        if not 1 <= max_features <= MAX_FEATURES:
            raise InputError(f"{kind}: the most features of a sample must be from 1 to {MAX_FEATURES:,}")
        if not 1 <= index_bits <= 32:
            raise InputError(f"{kind}: an index has from 1 to 32 bits, not {index_bits}")
        self.kind = kind
        self.max_features = max_features
        self.index_limit = 1 << index_bits
        self.direct_limit = min(TABLE_LIMIT, self.index_limit)
        """Indices below it are their own columns."""
        self.direct = 0
        """How many columns below `TABLE_LIMIT` are in use."""
        self.size = 0
        """How many columns the tables need."""
        self._hashed: dict[int, int] = {}

    def __len__(self) -> int:
        """How many features are in use."""
        return self.direct + max(0, self.size - TABLE_LIMIT)

    def runs(self) -> tuple[slice, slice]:
        """The rows of the tables that are in use; between them there may be a million that are not."""
        return slice(0, self.direct), slice(TABLE_LIMIT, max(TABLE_LIMIT, self.size))

    def known(self) -> tuple[list[int], NDArray[np.int32]]:
        """The feature indices in use, ascending, and their columns."""
        hashed = sorted(item for item in self._hashed.items() if item[1] < self.size)
        columns = [*range(self.direct), *(column for _, column in hashed)]
        return [*range(self.direct), *(index for index, _ in hashed)], np.array(columns, dtype=np.int32)

    def present(self, values: NDArray[np.generic]) -> dict[int, int]:
        """Those of one value for each column that are not 0, by feature index, ascending."""
        direct = values[: self.direct]
        (places,) = direct.nonzero()
        found = dict(zip(places.tolist(), direct[places].tolist(), strict=True))
        for index, column in sorted(self._hashed.items()):
            if column < self.size and values[column]:
                found[index] = values[column].item()
        return found

    def find(self, features: Features) -> NDArray[np.int32]:
        """Columns of `features` for reading now; a hashed feature without one gets -1.

        Raises
        ------
        Refused
            If the features are no list of unsigned 32-bit numbers, or there are too many.
        """
        if self._are_columns(features):
            return features  # type: ignore[return-value]  # the dtype was just checked
        return self._columns(self._checked(features))

    def to_learn(self, features: Features) -> NDArray[np.int32]:
        """Columns of `features` for a kernel that checks `all_placed` before all else; refuses like `find`.

        Such a kernel checks each column itself, so that most features need not be looked at twice.
        """
        plain = features.dtype == np.int32 and features.ndim == 1 and len(features) <= self.max_features
        if plain and self.size <= TABLE_LIMIT:
            return features  # type: ignore[return-value]  # the dtype was just checked
        return self.find(features)

    def reserve(self, features: Features) -> NDArray[np.int32]:
        """Columns of `features` for reading at any later time; refuses what `find` refuses."""
        if self._are_columns(features):
            return features  # type: ignore[return-value]  # the dtype was just checked
        return self._reserve(self._checked(features))

    def place(self, features: Features) -> NDArray[np.int32]:
        """Columns of `features` for writing; the tables must grow to `size` next. Refuses like `find`."""
        columns = self.reserve(features)
        self._use(columns)
        return columns

    def place_indices(self, indices: Iterable[int]) -> NDArray[np.int32]:
        """Columns of any number of indices for writing; the tables must grow to `size` next.

        Raises
        ------
        InputError
            If an index is no unsigned 32-bit number.
        """
        listed = list(indices)
        if any(not 0 <= index < self.index_limit for index in listed):
            raise InputError(f"{self.kind}: a feature index must be from 0 to {self.index_limit - 1}")
        columns = self._reserve(np.array(listed, dtype=np.int64))
        self._use(columns)
        return columns

    def check_indices(self, indices: Iterable[int]) -> None:
        """Raise `Refused` unless each is a feature index."""
        if any(not 0 <= index < self.index_limit for index in indices):
            raise Refused(f"{self.kind}: a feature index is out of range")

    def check_pairs(self, values: Mapping[int, int], most: int, otherwise: str) -> None:
        """Raise `Refused` at the lowest feature that is none, or whose value is not from 0 to `most`."""
        for index, value in sorted(values.items()):
            self.check_indices((index,))
            if not 0 <= value <= most:
                raise Refused(f"{self.kind}: {otherwise}")

    def occurrences(self, samples: Samples) -> dict[int, int]:
        """How often each feature index occurs in samples, repeats included.

        Raises
        ------
        InputError
            If an index is no unsigned 32-bit number, or a sample has too many.
        """
        self.reserve_all(samples)
        rows = [samples[row] for row in range(len(samples))]
        indices, counts = np.unique(np.concatenate([*rows, np.zeros(0, np.int64)]), return_counts=True)
        return {int(index): int(count) for index, count in zip(indices, counts, strict=True)}

    def reserve_all(self, samples: Samples) -> Samples:
        """The same samples as columns, for reading at any later time.

        Raises
        ------
        InputError
            If an index is no unsigned 32-bit number, or a sample has too many.
        """
        if int((samples.ends - samples.starts).max(initial=0)) > self.max_features:
            raise InputError(f"{self.kind}: a sample has more than {self.max_features:,} features")
        values = samples.values
        if are_direct(values, self.direct_limit):
            return Samples(values.astype(np.int32, copy=False), samples.starts, samples.ends)
        distinct = np.unique(values[_mentioned(len(values), samples.starts, samples.ends)]).astype(np.int64)
        if len(distinct) and (distinct[0] < 0 or distinct[-1] >= self.index_limit):
            raise InputError(f"{self.kind}: a feature index must be from 0 to {self.index_limit - 1}")
        columns = self._reserve(distinct)
        if not len(distinct):
            return Samples(np.zeros(len(values), dtype=np.int32), samples.starts, samples.ends)
        positions = np.minimum(np.searchsorted(distinct, values), len(distinct) - 1)
        return Samples(columns[positions], samples.starts, samples.ends)

    def place_all(self, samples: Samples) -> Samples:
        """Like `reserve_all`, for writing; the tables must grow to `size` next."""
        columns = self.reserve_all(samples)
        mentioned = _mentioned(len(columns.values), columns.starts, columns.ends)
        self._use(columns.values[mentioned].astype(np.int32, copy=False))
        return columns

    def checkpoint(self) -> ColumnsCheckpoint:
        """An immutable copy of the state, for `restore`."""
        return ColumnsCheckpoint(self.direct, self.size, tuple(self._hashed))

    def restore(self, checkpoint: ColumnsCheckpoint) -> None:
        """Go back to a checkpoint; columns given since then stay reserved, for rows stored meanwhile."""
        self.direct, self.size, hashed = checkpoint
        if tuple(self._hashed)[: len(hashed)] != hashed:
            self._hashed = {index: TABLE_LIMIT + i for i, index in enumerate(hashed)}

    def _are_columns(self, features: Features) -> bool:
        return (
            features.dtype == np.int32
            and features.ndim == 1
            and len(features) <= self.max_features
            and are_direct(features, self.direct_limit)
        )

    def _checked(self, features: Features) -> IntArray:
        if features.ndim != 1 or features.dtype.kind not in "iu":
            raise Refused(f"{self.kind}: the features must be a list of indices")
        if len(features) > self.max_features:
            raise Refused(f"{self.kind}: too many features")
        values = features.astype(np.int64)
        if len(values) and (int(values.min()) < 0 or int(values.max()) >= self.index_limit):
            raise Refused(f"{self.kind}: a feature index is out of range")
        return values

    def _columns(self, values: IntArray) -> NDArray[np.int32]:
        if are_direct(values, self.direct_limit):
            return values.astype(np.int32)
        hashed = self._hashed
        columns = (value if value < TABLE_LIMIT else hashed.get(value, -1) for value in values.tolist())
        return np.fromiter(columns, dtype=np.int32, count=len(values))

    def _reserve(self, values: IntArray) -> NDArray[np.int32]:
        if not are_direct(values, self.direct_limit):
            for value in values.tolist():
                if value >= TABLE_LIMIT:
                    self._hashed.setdefault(value, TABLE_LIMIT + len(self._hashed))
        return self._columns(values)

    def _use(self, columns: NDArray[np.int32]) -> None:
        direct = columns[columns < TABLE_LIMIT]
        self.direct = max(self.direct, int(direct.max(initial=-1)) + 1)
        self.size = max(self.size, int(columns.max(initial=-1)) + 1)


def grown(table: NDArray[T], size: int) -> NDArray[T]:
    """`table` with at least `size` rows, the new ones 0; grows by doubling, so growth stays cheap."""
    if size <= len(table):
        return table
    larger = np.zeros((max(size, 2 * len(table), 16), *table.shape[1:]), dtype=table.dtype)
    larger[: len(table)] = table
    return larger
