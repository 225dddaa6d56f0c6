"""The nearest centroid of dense vectors of unit norm, in exact integer sums.

The rule is specified in ``docs/mechanism.md#dense-centroid``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from decai.classifier._base import BaseClassifier, checked_names
from decai.classifier._dense import checked_vector, checked_vectors, dot_rows
from decai.errors import InputError, Refused
from decai.protocols import ClassStart
from decai.samples import Features, IntArray, Samples
from decai.units import SCALE, truncated_div

__all__ = ["COUNT_LIMIT", "SUM_LIMIT", "DenseCentroid", "wrong_centroid"]

COUNT_LIMIT: Final = 2**32 - 1
SUM_LIMIT: Final = 2**63 - 1


def wrong_centroid(size: int) -> str:
    """The refusal of a further class whose mean has not `size` values; its contract says it too."""
    return f"{DenseCentroid.kind}: the centroid must have {size} values"


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    classes: tuple[str, ...]
    sums: tuple[tuple[int, ...], ...]
    samples: tuple[int, ...]


class DenseCentroid(BaseClassifier):
    """Nearest class mean in Euclidean distance, for vectors of unit norm.

    Per class ``S += x`` and ``Q = S.S``; a is nearer than b if
    ``(Q_a - 2 n_a x.S_a) * n_b^2 < (Q_b - 2 n_b x.S_b) * n_a^2``. The lowest label wins among equals, and
    a class without samples never.

    Parameters
    ----------
    classes
        The names of the classes, at least two.
    size
        The length of a sample.
    centroids
        The initial mean of each class, fixed point, each value at most 1 in size.
    samples
        How many samples each initial mean stands for.
    sums
        The exact sum S of each class, below 2^63 in size, in place of `centroids`.

    Raises
    ------
    InputError
        If a number is out of its range or a list has another length than it must.

    Examples
    --------
    >>> import numpy as np
    >>> unit = 1_000_000_000
    >>> model = DenseCentroid(("east", "north"), 2, [[unit, 0], [0, unit]], [1, 1])
    >>> model.predict(np.array([600_000_000, 800_000_000]))
    1
    >>> model.update(np.array([600_000_000, 800_000_000]), 0)
    >>> model.centroid(0), model.num_samples(0)
    ([800000000, 400000000], 2)
    """

    kind: ClassVar[str] = "dense-centroid"

    def __init__(
        self,
        classes: Sequence[str],
        size: int,
        centroids: Sequence[Sequence[int]] | None = None,
        samples: Sequence[int] | None = None,
        *,
        sums: Sequence[Sequence[int]] | None = None,
    ) -> None:
        super().__init__(checked_names(classes, 2, self.kind))
        count = len(self._classes)
        if size < 1:
            raise InputError(f"{self.kind}: a sample needs at least one value")
        means = [[0] * size] * count if centroids is None else [[int(v) for v in c] for c in centroids]
        listed = [0] * count if samples is None else [int(n) for n in samples]
        if len(means) != count or len(listed) != count or any(len(mean) != size for mean in means):
            raise InputError(f"{self.kind}: needs a centroid of {size} values for each of {count} classes")
        if any(not 0 <= n <= COUNT_LIMIT for n in listed):
            raise InputError(f"{self.kind}: a number of samples must be from 0 to {COUNT_LIMIT}")
        if any(abs(v) > SCALE for mean in means for v in mean):
            raise InputError(f"{self.kind}: every centroid value must be between -1 and 1")
        self._size = size
        self._samples = listed
        self._sums = [[v * n for v in mean] for mean, n in zip(means, listed, strict=True)]
        if sums is not None:
            self._sums = [[int(s) for s in of_class] for of_class in sums]
            self._check_sums()
        self._rebuild()

    def _check_sums(self) -> None:
        if len(self._sums) != len(self._classes) or any(len(sums) != self._size for sums in self._sums):
            raise InputError(f"{self.kind}: needs {self._size} sums for each of {len(self._classes)} classes")
        for sums, n in zip(self._sums, self._samples, strict=True):
            if any(abs(s) > (SUM_LIMIT if n else 0) for s in sums):
                raise InputError(f"{self.kind}: every sum must be below 2^63 in size, and 0 without samples")

    @property
    def num_features(self) -> int:
        """The length of a sample."""
        return self._size

    def num_samples(self, label: int) -> int:
        """n: samples that a class's centroid is the mean of."""
        return self._samples[label]

    def centroid(self, label: int) -> list[int]:
        """The mean of a class, fixed point, toward zero; zeros without samples."""
        n = self._samples[label]
        return [truncated_div(s, n) if n else 0 for s in self._sums[label]]

    def sums(self, label: int) -> list[int]:
        """S: the exact sum of a class's samples, fixed point."""
        return list(self._sums[label])

    def _rebuild(self) -> None:
        self._squares = [sum(s * s for s in sums) for sums in self._sums]
        self._floats = np.array(self._sums, dtype=np.float64)

    def _nearest(self, vector: Sequence[int]) -> int:
        label, best, best_n = 0, 0, 0
        for c, (sums, square, n) in enumerate(zip(self._sums, self._squares, self._samples, strict=True)):
            if not n:
                continue
            value = square - 2 * n * sum(s * x for s, x in zip(sums, vector, strict=True))
            if not best_n or value * best_n**2 < best * n**2:
                label, best, best_n = c, value, n
        return label

    def predict(self, features: Features) -> int:
        """The class with the nearest centroid."""
        return self._nearest(checked_vector(features, self._size, self.kind).tolist())

    def predict_rows(self, values: Features, starts: IntArray, ends: IntArray, out: IntArray) -> None:
        """Write the labels of the stored rows ``values[starts[i]:ends[i]]`` to ``out[i]``."""
        shape = (len(starts), len(self._classes))
        products, sizes = np.empty(shape), np.empty(shape)
        dot_rows(values, starts, ends, self._floats, products, sizes)  # type: ignore[arg-type]
        counts = np.array(self._samples, dtype=np.float64)
        used = counts > 0
        if used.sum() < 2:
            out[:] = int(np.argmax(used))
            return
        squares = np.array([q / max(1, n * n) for q, n in zip(self._squares, self._samples, strict=True)])
        factors = 2.0 / np.where(used, counts, 1.0)
        distances = np.where(used, squares - factors * products, np.inf)
        out[:] = np.argmin(distances, axis=1)
        nearest_two = np.partition(distances, 1, axis=1)[:, :2]
        largest = np.where(used, squares + factors * sizes, 0.0).max(axis=1)
        # Inner products are within (m + 3) * 2^-53 of their sizes; the rest adds a few roundings.
        bounds = largest * (self._size + 16) * 2.0**-51
        for row in np.flatnonzero(nearest_two[:, 1] - nearest_two[:, 0] <= bounds):
            out[row] = self._nearest(values[starts[row] : ends[row]].tolist())

    def update(self, features: Features, label: int) -> None:
        """Take the sample into its class's mean."""
        self.check_label(label)
        vector = checked_vector(features, self._size, self.kind).tolist()
        sums = self._sums[label]
        moved = [max(-SUM_LIMIT, min(SUM_LIMIT, s + x)) for s, x in zip(sums, vector, strict=True)]
        self._sums[label] = moved
        self._squares[label] = sum(s * s for s in moved)
        self._floats[label] = moved
        self._samples[label] = min(COUNT_LIMIT, self._samples[label] + 1)
        self._version += 1

    def store(self, features: Features) -> Features:
        """The form of these features that `predict_rows` reads later."""
        return checked_vector(features, self._size, self.kind)

    def stored_samples(self, samples: Samples) -> Samples:
        """`samples`, if each is a vector of unit norm."""
        return checked_vectors(samples, self._size, self.kind)

    def train(self, samples: Samples, labels: IntArray) -> None:
        """Take many samples into their means, in the given order.

        Raises
        ------
        InputError
            If a label lies outside the classes, or a sample has no norm of 1.
        """
        self.check_labels(samples, labels)
        self.stored_samples(samples)
        for row, label in enumerate(labels.tolist()):
            self.update(samples[row], label)

    def class_start(self, samples: Samples | None = None) -> ClassStart:
        """The mean of these samples, fixed point, toward zero.

        Raises
        ------
        InputError
            If a sample has no norm of 1.
        """
        if samples is None:
            return ClassStart(0, {})
        self.stored_samples(samples)
        sums = np.zeros(self._size, dtype=object)
        for row in range(len(samples)):
            sums += samples[row].astype(object)
        n = max(1, len(samples))
        return ClassStart(len(samples), {j: truncated_div(int(s), n) for j, s in enumerate(sums) if s})

    def begin_class(self, name: str, start: ClassStart) -> int:
        """Add a class with this mean; returns its label.

        Raises
        ------
        Refused
            If the name is empty, there are too many classes, or a value is out of range.
        """
        self.check_new_class(name, start)
        if any(not 0 <= position < self._size for position in start.values):
            raise Refused(wrong_centroid(self._size))
        if any(abs(value) > SCALE for value in start.values.values()):
            raise Refused(f"{self.kind}: every centroid value must be between -1 and 1")
        self._classes = (*self._classes, name)
        self._samples.append(start.samples)
        self._sums.append([start.values.get(j, 0) * start.samples for j in range(self._size)])
        self._rebuild()
        self._version += 1
        return len(self._classes) - 1

    def checkpoint(self) -> _Checkpoint:
        """An immutable copy of the state, for `restore`."""
        return _Checkpoint(self._classes, tuple(tuple(sums) for sums in self._sums), tuple(self._samples))

    def restore(self, checkpoint: _Checkpoint) -> None:
        """Go back to a checkpoint of this classifier."""
        self._classes, self._samples = checkpoint.classes, list(checkpoint.samples)
        self._sums = [list(sums) for sums in checkpoint.sums]
        self._rebuild()
        self._version += 1
