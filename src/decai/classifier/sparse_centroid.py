"""The nearest centroid of sparse binary samples, in exact integer sums.

The rule is specified in ``docs/mechanism.md#sparse-centroid``: sums instead of running means, one
triple (A, B, C) of sums per class, a comparison by cross-multiplication. Floats with a proven error bound
decide wherever they can, the integers of the rule the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from decai.classifier._base import BaseClassifier, checked_names
from decai.classifier._centroid_kernels import COUNT_LIMIT, decide, decide_rows, learn
from decai.classifier._sparse import (
    MAX_FEATURES,
    PLACE,
    Columns,
    ColumnsCheckpoint,
    first_not_increasing,
    grown,
    increases,
)
from decai.errors import InputError, Refused
from decai.protocols import ClassStart
from decai.samples import Features, FloatArray, IntArray, Samples
from decai.units import SCALE

__all__ = ["SparseCentroid"]


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    classes: tuple[str, ...]
    columns: ColumnsCheckpoint
    initial: IntArray
    initial_samples: tuple[int, ...]
    counts: NDArray[np.uint32]
    learned: tuple[int, ...]
    squares: tuple[tuple[int, int, int], ...]


class SparseCentroid(BaseClassifier):
    """Nearest class mean in Euclidean distance, for samples that list the features present.

    With the initial centroid v0 (scale F) of n0 samples and k_j later occurrences,
    ``S_j = v0_j * n0 + F * k_j`` and ``n = n0 + K``. The sum of the squares of S is kept as
    ``Q = n0^2 A + 2 n0 F B + F^2 C``. Class a is nearer than b if
    ``(Q_a - 2 F T_a n_a) * n_b^2 < (Q_b - 2 F T_b n_b) * n_a^2``, where T sums S_j over the sample; the
    lowest label wins among equals, and a class without samples never.

    Parameters
    ----------
    classes
        The names of the classes, at least two.
    centroids
        v0: for each class the initial mean of each feature index, fixed point, from 0 to 1.
    samples
        n0: how many samples each initial centroid stands for.
    learned
        For each class K and k: how many samples it has learned since, and how often each feature index
        occurred in them.
    max_features, index_bits
        Samples with more features or with an index of more bits are refused. A contract has such bounds; in
        memory they are 16,384 and 32 if not told otherwise.

    Raises
    ------
    InputError
        If a number is out of its range or a list has another length than `classes`.

    Examples
    --------
    >>> import numpy as np
    >>> half = 500_000_000
    >>> model = SparseCentroid(("a", "b"), [{0: 2 * half}, {1: half, 2: half}], [4, 4])
    >>> model.predict(np.array([0], dtype=np.int32)), model.predict(np.array([1, 2], dtype=np.int32))
    (0, 1)
    >>> model.update(np.array([1], dtype=np.int32), 1)
    >>> model.centroid_value(1, 1), model.num_samples(1)
    (600000000, 5)
    """

    kind: ClassVar[str] = "sparse-centroid"
    _sums: FloatArray

    def __init__(
        self,
        classes: Sequence[str],
        centroids: Sequence[Mapping[int, int]] | None = None,
        samples: Sequence[int] | None = None,
        learned: Sequence[tuple[int, Mapping[int, int]]] | None = None,
        max_features: int = MAX_FEATURES,
        index_bits: int = 32,
    ) -> None:
        super().__init__(checked_names(classes, 2, self.kind))
        size = len(self._classes)
        of_class: Sequence[Mapping[int, int]] = [{}] * size if centroids is None else centroids
        listed = [0] * size if samples is None else [int(n) for n in samples]
        if len(of_class) != size or len(listed) != size:
            raise InputError(f"{self.kind}: needs the centroid of each of its {size} classes")
        if any(not 0 <= n <= COUNT_LIMIT for n in listed):
            raise InputError(f"{self.kind}: a number of samples must be from 0 to {COUNT_LIMIT}")
        if any(not 0 <= v <= SCALE for centroid in of_class for v in centroid.values()):
            raise InputError(f"{self.kind}: every centroid value must be from 0 to 1")
        self._columns = Columns(self.kind, max_features, index_bits)
        placed = [self._columns.place_indices(centroid) for centroid in of_class]
        self._initial = np.zeros((self._columns.size, size), dtype=np.int64)
        for label, centroid in enumerate(of_class):
            self._initial[placed[label], label] = list(centroid.values())
        self._initial_samples = listed
        self._counts = np.zeros((self._columns.size, size), dtype=np.uint32)
        self._learned = [0] * size
        self._squares = [(sum(v * v for v in centroid.values()), 0, 0) for centroid in of_class]
        self._rebuild()
        if learned is not None:
            self._put_learned(of_class, learned)

    def _put_learned(
        self, initial: Sequence[Mapping[int, int]], learned: Sequence[tuple[int, Mapping[int, int]]]
    ) -> None:
        if len(learned) != len(self._classes):
            raise InputError(f"{self.kind}: needs what each of its {len(self._classes)} classes has learned")
        for label, (samples, counts) in enumerate(learned):
            n = self._initial_samples[label] + samples
            most = samples if n < COUNT_LIMIT else COUNT_LIMIT
            if samples < 0 or n > COUNT_LIMIT or any(not 0 <= k <= most for k in counts.values()):
                raise InputError(f"{self.kind}: a number of learned samples or occurrences is out of range")
            placed = self._columns.place_indices(counts)
            self._grow()
            self._counts[placed, label] = list(counts.values())
            self._learned[label] = samples
            b = sum(initial[label].get(index, 0) * k for index, k in counts.items())
            self._squares[label] = (self._squares[label][0], b, sum(k * k for k in counts.values()))
        self._rebuild()

    @property
    def num_features(self) -> int:
        """How many features have a place in a centroid."""
        return len(self._columns)

    def num_samples(self, label: int) -> int:
        """n: samples that a class's centroid is the mean of."""
        return self._initial_samples[label] + self._learned[label]

    def centroid_value(self, label: int, index: int) -> int:
        """The mean of one feature in one class, fixed point, rounded down; 0 without samples."""
        column = int(self._columns.find(np.array([index], dtype=np.int64))[0])
        n = self.num_samples(label)
        return self._sum(column, label) // n if n else 0

    def centroid(self, label: int) -> dict[int, int]:
        """The means of the features that occur in a class, fixed point, by index."""
        n = self.num_samples(label)
        if not n:
            return {}
        indices, columns = self._columns.known()
        sums = self._initial[columns, label] * self._initial_samples[label]
        sums += SCALE * self._counts[columns, label].astype(np.int64)
        means = (sums // n).tolist()
        return {index: mean for index, mean in zip(indices, means, strict=True) if mean}

    def initial(self, label: int) -> tuple[int, dict[int, int]]:
        """n0 and v0: the samples that the initial centroid stands for, and what of it is not 0, by index."""
        return self._initial_samples[label], self._columns.present(self._initial[:, label])

    def learned(self, label: int) -> tuple[int, dict[int, int]]:
        """K and k: the samples learned since, and how often each feature occurred in them, by index."""
        return self._learned[label], self._columns.present(self._counts[:, label])

    def squared_magnitude(self, label: int) -> int:
        """The squared length of a centroid, scale F^2, rounded down; 0 without samples."""
        n = self.num_samples(label)
        return self._square(label) // n**2 if n else 0

    def square_sums(self, label: int) -> tuple[int, int, int]:
        """A, B and C of the rule."""
        return self._squares[label]

    def _sum(self, column: int, label: int) -> int:
        """S_j of the rule."""
        if not 0 <= column < len(self._counts):
            return 0
        initial = int(self._initial[column, label]) * self._initial_samples[label]
        return initial + SCALE * int(self._counts[column, label])

    def _square(self, label: int) -> int:
        """Q of the rule."""
        a, b, c = self._squares[label]
        n0 = self._initial_samples[label]
        return n0 * n0 * a + 2 * n0 * SCALE * b + SCALE * SCALE * c

    def predict(self, features: Features) -> int:
        """The class with the nearest centroid."""
        columns = self._columns.find(features)
        self._check_increasing(features)
        label, _ = decide(columns, self._sums, self._float_squares, self._factors)
        return label if label >= 0 else self.predict_exact(columns)

    def predict_exact(self, columns: NDArray[np.int32]) -> int:
        """The rule itself, on integers of any size; `columns` as in the tables."""
        label, best, best_n = 0, 0, 0
        for c in range(len(self._classes)):
            n = self.num_samples(c)
            if not n:
                continue
            t = sum(self._sum(column, c) for column in columns.tolist())
            value = self._square(c) - 2 * SCALE * t * n
            if not best_n or value * best_n**2 < best * n**2:
                label, best, best_n = c, value, n
        return label

    def predict_rows(self, values: Features, starts: IntArray, ends: IntArray, out: IntArray) -> None:
        """Write the labels of the stored rows ``values[starts[i]:ends[i]]`` to ``out[i]``."""
        self.judge_rows(values, starts, ends, out, np.empty(len(starts)))

    def judge_rows(
        self, values: Features, starts: IntArray, ends: IntArray, out: IntArray, margins: FloatArray
    ) -> None:
        """Like `predict_rows`, and how far the model must move to change each label, in squared distance."""
        ties = decide_rows(
            values,  # type: ignore[arg-type]  # stored rows are columns
            starts,
            ends,
            self._sums,
            self._float_squares,
            self._factors,
            out,
            margins,
        )
        if ties:
            for row in np.flatnonzero(out < 0):
                out[row] = self.predict_exact(values[starts[row] : ends[row]])  # type: ignore[arg-type]

    def update(self, features: Features, label: int) -> None:
        """Take the sample into its class's mean."""
        self.check_label(label)
        columns = self._columns.to_learn(features)
        self._check_increasing(features)
        answer, b, c = self._learn(columns, label)
        if answer == PLACE:
            columns = self._columns.place(features)
            self._grow()
            answer, b, c = self._learn(columns, label)
        old_a, old_b, old_c = self._squares[label]
        self._squares[label] = (old_a, old_b + b, old_c + c)
        n, square = self.num_samples(label), float(self._float_squares[label])
        if n < COUNT_LIMIT:
            self._learned[label] += 1
        self._refresh(label)
        if n:
            self._version += 1
            self._drift_fixed += self._movement(label, n, len(columns), square)
        else:
            self._begin_era()
        self._masses[label] += SCALE * len(columns)

    def _movement(self, label: int, n: int, m: int, square: float) -> float:
        """By how much an update with m features can have moved the distance of a row to its class.

        The row's part ``2 F T / n`` becomes ``2 F (T + c F) / (n + 1)``, where T is at most the sum of all
        S_j and the common features c at most m. So it falls by at most ``2 F sum(S_j) / (n (n + 1))`` or
        grows by at most ``2 F^2 m / n`` (which also holds for an n at its limit).
        """
        falls = 2.0 * SCALE * self._masses[label] / (float(n) * (n + 1))
        grows = 2.0 * SCALE * SCALE * m / n
        now = float(self._float_squares[label])
        # Squares are the nearest floats; the rest is room for the rounding of this sum.
        return (max(falls, grows) + abs(now - square)) * (1 + 2.0**-40) + (now + square) * 2.0**-51

    def _learn(self, columns: NDArray[np.int32], label: int) -> tuple[int, int, int]:
        return learn(
            columns,
            label,
            self._columns.direct,
            self._columns.size,
            self._initial,
            self._initial_samples[label],
            self._counts,
            self._sums,
        )

    def _check_increasing(self, features: Features) -> None:
        if not increases(features):
            # What is no feature at all is refused as such.
            self._columns.find(features)
            raise Refused(f"{self.kind}: the features must be strictly increasing")

    def store(self, features: Features) -> Features:
        """The form of these features that `predict_rows` reads later, also after more learning."""
        self._columns.to_learn(features)
        self._check_increasing(features)
        return self._columns.reserve(features)

    def stored_samples(self, samples: Samples) -> Samples:
        """`samples` in the stored form, if the features of each strictly increase."""
        return self._columns.reserve_all(self._increasing(samples))

    def _increasing(self, samples: Samples) -> Samples:
        row = first_not_increasing(samples.values, samples.starts, samples.ends)
        if row >= 0:
            raise InputError(f"sample {row}: {self.kind}: the features must be strictly increasing")
        return samples

    def train(self, samples: Samples, labels: IntArray) -> None:
        """Take many samples into their means, in the given order.

        Raises
        ------
        InputError
            If a label lies outside the classes, or features do not strictly increase.
        """
        self.check_labels(samples, labels)
        self.stored_samples(samples)
        self._columns.place_all(samples)
        self._grow()
        for row, label in enumerate(labels.tolist()):
            self.update(samples[row], label)

    def class_start(self, samples: Samples | None = None) -> ClassStart:
        """The mean of these samples, fixed point, rounded down.

        Raises
        ------
        InputError
            If a sample is malformed.
        """
        if samples is None:
            return ClassStart(0, {})
        counts = self._columns.occurrences(self._increasing(samples))
        return ClassStart(len(samples), {j: SCALE * k // len(samples) for j, k in counts.items()})

    def begin_class(self, name: str, start: ClassStart) -> int:
        """Add a class with this initial centroid; returns its label.

        Raises
        ------
        Refused
            If the name is empty, there are too many classes, or a feature or a value is out of range.
        """
        self.check_new_class(name, start)
        self._columns.check_pairs(start.values, SCALE, "every centroid value must be from 0 to 1")
        self._classes = (*self._classes, name)
        placed = self._columns.place_indices(start.values)
        self._grow()
        rows = len(self._counts)
        self._counts = np.ascontiguousarray(np.hstack([self._counts, np.zeros((rows, 1), dtype=np.uint32)]))
        self._initial = np.ascontiguousarray(np.hstack([self._initial, np.zeros((rows, 1), dtype=np.int64)]))
        self._initial[placed, -1] = list(start.values.values())
        self._initial_samples.append(start.samples)
        self._learned.append(0)
        self._squares.append((sum(value * value for value in start.values.values()), 0, 0))
        self._rebuild()
        self._begin_era()
        return len(self._classes) - 1

    def _grow(self) -> None:
        size = self._columns.size
        self._counts, self._initial = grown(self._counts, size), grown(self._initial, size)
        self._sums = grown(self._sums, size)

    def _rebuild(self) -> None:
        """The float tables, from the integers."""
        initial_samples = np.array(self._initial_samples, dtype=np.int64)
        self._sums = np.zeros(self._initial.shape)
        totals = np.zeros(len(self._classes))
        for rows in self._columns.runs():
            self._sums[rows] = self._initial[rows] * initial_samples + SCALE * self._counts[rows].astype(
                np.int64
            )
            totals += self._sums[rows].sum(axis=0)
        self._float_squares = np.zeros(len(self._classes))
        self._factors = np.zeros(len(self._classes))
        # At least the sum of the S_j of each class.
        self._masses = [int(total * (1 + 2.0**-40)) + 1 for total in totals.tolist()]
        for label in range(len(self._classes)):
            self._refresh(label)

    def _refresh(self, label: int) -> None:
        n = self.num_samples(label)
        self._float_squares[label] = self._square(label) / n**2 if n else 0.0
        self._factors[label] = 2.0 * SCALE / n if n else 0.0

    def checkpoint(self) -> _Checkpoint:
        """An immutable copy of the state, for `restore`."""
        return _Checkpoint(
            self._classes,
            self._columns.checkpoint(),
            self._initial,
            tuple(self._initial_samples),
            self._counts.copy(),
            tuple(self._learned),
            tuple(self._squares),
        )

    def restore(self, checkpoint: _Checkpoint) -> None:
        """Go back to a checkpoint of this classifier."""
        self._classes = checkpoint.classes
        self._columns.restore(checkpoint.columns)
        self._initial, self._counts = checkpoint.initial, checkpoint.counts.copy()
        self._initial_samples = list(checkpoint.initial_samples)
        self._learned, self._squares = list(checkpoint.learned), list(checkpoint.squares)
        self._rebuild()
        self._begin_era()
