"""The sparse perceptron: two classes, one weight for each feature that is present.

The rule is specified in ``docs/mechanism.md#sparse-perceptron``. A sample is a list of feature
indices; repeats count each time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from decai.classifier._base import BaseClassifier, checked_names, checked_rate
from decai.classifier._perceptron_kernels import judge_rows, learn, predict_rows, score, train
from decai.classifier._sparse import MAX_FEATURES, PLACE, Columns, ColumnsCheckpoint, grown
from decai.errors import InputError, Refused
from decai.protocols import ClassStart
from decai.samples import Features, FloatArray, IntArray, Samples
from decai.units import SCALE, truncated_div

__all__ = ["COUNTER_BITS", "WEIGHT_LIMIT", "SparsePerceptron", "counter_limit"]

WEIGHT_LIMIT: Final = 2**47 - 1
"""Largest base weight; learned is as much at most, so that with `MAX_FEATURES` no score leaves 64 bits."""
COUNTER_BITS: Final = (8, 16, 32)
"""Widths that counters can have."""


def counter_limit(bits: int, rate: int) -> int:
    """K of the rule: counters of so many bits go from -K to K - 1 at this learning rate.

    Examples
    --------
    >>> counter_limit(16, 50_000_000), counter_limit(32, 50_000_000), counter_limit(32, 1)
    (32768, 2814749, 2147483648)
    """
    return min(1 << bits - 1, (WEIGHT_LIMIT + 1) // rate)


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    columns: ColumnsCheckpoint
    base: IntArray
    counters: NDArray[np.int32]


class SparsePerceptron(BaseClassifier):
    """Binary linear classifier that learns from its mistakes by a fixed step.

    ``score = intercept + sum of the weights of the listed features``; class 1 if the score is above 0.
    When the contributed label differs from the prediction, each listed weight moves by the learning
    rate. ``weight = base + counter * rate`` with a counter that stops at its limits.

    Parameters
    ----------
    classes
        The names of the two classes.
    weights
        Base weights, fixed point (scale 1e9), below 2^47 in size: a list by feature index, or a mapping.
    intercept
        Fixed point, in the same range; it never changes.
    learning_rate
        Fixed point, unsigned 32 bit, at least 1.
    counter_bits
        8, 16 or 32; counters of b bits go from -K to K - 1, with ``K = min(2^(b-1), 2^47 // rate)``.
    counters
        The counters that are not 0, by feature index; each of a feature that has a base weight.
    max_features, index_bits
        Samples with more features, repeats included, or with an index of more bits are refused. A contract
        has such bounds; in memory they are 16,384 and 32 if not told otherwise.

    Raises
    ------
    InputError
        If a number is out of its range or there are not two classes.

    Examples
    --------
    >>> import numpy as np
    >>> model = SparsePerceptron(("bad", "good"), weights=[-5, 7], learning_rate=3)
    >>> model.predict(np.array([0], dtype=np.int32)), model.predict(np.array([0, 1], dtype=np.int32))
    (0, 1)
    >>> model.update(np.array([0, 5], dtype=np.int32), 1)
    >>> model.weight(0), model.weight(1), model.weight(5)
    (-2, 7, 3)
    """

    kind: ClassVar[str] = "sparse-perceptron"

    def __init__(
        self,
        classes: Sequence[str],
        weights: Sequence[int] | IntArray | Mapping[int, int] = (),
        intercept: int = 0,
        learning_rate: int = SCALE // 100,
        counters: Mapping[int, int] | None = None,
        max_features: int = MAX_FEATURES,
        index_bits: int = 32,
        counter_bits: int = 16,
    ) -> None:
        names = checked_names(classes, 2, self.kind)
        if len(names) != 2:
            raise InputError(f"{self.kind}: has exactly two classes, not {len(names)}")
        super().__init__(names)
        self.learning_rate = checked_rate(learning_rate, self.kind)
        self.intercept = self._checked_weight("the intercept", intercept)
        if counter_bits not in COUNTER_BITS:
            raise InputError(f"{self.kind}: counters have 8, 16 or 32 bits, not {counter_bits}")
        self.counter_bits = counter_bits
        self._most = counter_limit(counter_bits, self.learning_rate)
        self._columns = Columns(self.kind, max_features, index_bits)
        self._base = np.zeros(0, dtype=np.int64)
        self._counters = np.zeros(0, dtype=np.int32)
        self._weights = np.zeros(0, dtype=np.int64)
        items = dict(weights if isinstance(weights, Mapping) else enumerate(weights))
        placed = self._columns.place_indices(items)
        self._grow()
        self._base[placed] = [self._checked_weight(f"weight {i}", w) for i, w in items.items()]
        for index, count in (counters or {}).items():
            if index not in items or not -self._most <= count < self._most:
                raise InputError(f"{self.kind}: counter {index} is out of range or has no base weight")
            self._counters[self._columns.place_indices([index])] = count
        self._weights = self._base + self._counters * np.int64(self.learning_rate)

    def _checked_weight(self, name: str, weight: int) -> int:
        if abs(int(weight)) > WEIGHT_LIMIT:
            raise InputError(f"{self.kind}: {name} must be between -140737.48 and 140737.48")
        return int(weight)

    def _grow(self) -> None:
        size = self._columns.size
        self._base, self._counters = grown(self._base, size), grown(self._counters, size)
        self._weights = grown(self._weights, size)

    @property
    def max_features(self) -> int:
        """Most features that a sample may list."""
        return self._columns.max_features

    @property
    def index_bits(self) -> int:
        """The bits of a feature index."""
        return self._columns.index_limit.bit_length() - 1

    @property
    def num_features(self) -> int:
        """How many features have a weight."""
        return len(self._columns)

    def weight(self, index: int) -> int:
        """The weight of one feature, fixed point; 0 if it is unknown."""
        column = int(self._columns.find(np.array([index], dtype=np.int64))[0])
        return int(self._weights[column]) if 0 <= column < len(self._weights) else 0

    def weights(self) -> dict[int, int]:
        """The weight of each feature that has one, fixed point, by index."""
        indices, columns = self._columns.known()
        return dict(zip(indices, self._weights[columns].tolist(), strict=True))

    def bases(self) -> dict[int, int]:
        """The base weight of each feature that has a place, fixed point, by index."""
        indices, columns = self._columns.known()
        return dict(zip(indices, self._base[columns].tolist(), strict=True))

    def counters(self) -> dict[int, int]:
        """The counters that are not 0, by feature index."""
        indices, columns = self._columns.known()
        counts = self._counters[columns].tolist()
        return {index: count for index, count in zip(indices, counts, strict=True) if count}

    def predict(self, features: Features) -> int:
        """1 if the score is above 0, else 0."""
        columns = self._columns.find(features)
        return 1 if score(columns, self._weights, self.intercept) > 0 else 0

    def predict_rows(self, values: Features, starts: IntArray, ends: IntArray, out: IntArray) -> None:
        """Write the labels of the stored rows ``values[starts[i]:ends[i]]`` to ``out[i]``."""
        predict_rows(values, starts, ends, self._weights, self.intercept, out)  # type: ignore[arg-type]

    def judge_rows(
        self, values: Features, starts: IntArray, ends: IntArray, out: IntArray, margins: FloatArray
    ) -> None:
        """Like `predict_rows`, and how far the model must move to change each label, fixed point."""
        judge_rows(values, starts, ends, self._weights, self.intercept, out, margins)  # type: ignore[arg-type]

    def update(self, features: Features, label: int) -> None:
        """Move the listed weights toward `label`, if the model disagrees with it."""
        self.check_label(label)
        columns = self._columns.to_learn(features)
        answer = self._learn(columns, label, self._columns.direct_limit if columns is features else 0)
        if answer == PLACE:
            columns = self._columns.place(features)
            self._grow()
            answer = self._learn(columns, label, 0)
        self._version += answer
        # A row of distinct features lists each weight that moved at most once.
        self._drift_fixed += float(answer * self.learning_rate * len(features))

    def _learn(self, columns: NDArray[np.int32], label: int, limit: int) -> int:
        return learn(
            columns,
            label,
            limit,
            self._columns.direct,
            self._columns.size,
            self._base,
            self._counters,
            self._weights,
            self.learning_rate,
            self.intercept,
            self._most,
        )

    def store(self, features: Features) -> Features:
        """The form of these features that `predict_rows` reads later, also after more learning."""
        return self._columns.reserve(features)

    def stored_samples(self, samples: Samples) -> Samples:
        """`samples` in the stored form."""
        return self._columns.reserve_all(samples)

    def train(
        self, samples: Samples, labels: IntArray, *, step: int = SCALE, epochs: int = 1, averaged: bool = True
    ) -> None:
        """Set the base weights by perceptron training, and the counters to 0.

        Parameters
        ----------
        samples, labels
            Training data in its given order; ``labels`` int64 of shape ``(len(samples),)``.
        step
            Fixed point: how far a mistake moves a weight. With `learning_rate` it decides how much a later
            contribution weighs beside this training.
        epochs
            Passes over the data, each from where the last one ended.
        averaged
            Whether the base is the mean of the models after each sample (Freund and Schapire 1999,
            "Large Margin Classification Using the Perceptron Algorithm") instead of the last one. The mean
            is exact and rounded toward zero.

        Raises
        ------
        InputError
            If a label is not 0 or 1, a sample is malformed, or a weight would leave its range.
        """
        if step < 1 or epochs < 1:
            raise InputError(f"{self.kind}: the step and the number of epochs must be above 0")
        self.check_labels(samples, labels)
        before = self._columns.checkpoint()
        placed = self._columns.place_all(samples)
        counts = np.zeros(self._columns.size, dtype=np.int64)
        sums = np.zeros_like(counts)
        indices, known = self._columns.known()
        past = [0] * len(known)
        # intercept + step * count > 0 if and only if ceil(intercept / step) + count > 0.
        intercept = -(-self.intercept // step)
        for _ in range(epochs):
            stood = counts[known].tolist()
            sums[:] = 0
            train(
                placed.values,  # type: ignore[arg-type]  # placed samples are columns
                placed.starts,
                placed.ends,
                labels,
                intercept,
                counts,
                sums,
            )
            # What stood before this pass stood during all of it.
            added = zip(past, stood, sums[known].tolist(), strict=True)
            past = [total + len(samples) * count + change for total, count, change in added]
        models = max(1, epochs * len(samples))
        totals = past if averaged else [models * count for count in counts[known].tolist()]
        weights = [truncated_div(step * total, models) for total in totals]
        try:
            for index, weight in zip(indices, weights, strict=True):
                self._checked_weight(f"weight {index}", weight)
        except InputError:
            self._columns.restore(before)
            raise
        self._base = np.zeros_like(counts)
        self._base[known] = weights
        self._counters = np.zeros(len(counts), dtype=np.int32)
        self._weights = self._base.copy()
        self._begin_era()

    def class_start(self, samples: Samples | None = None) -> ClassStart:
        """Nothing: a perceptron takes no further class."""
        return ClassStart(0, {})

    def begin_class(self, name: str, start: ClassStart) -> int:
        """Refused: a perceptron with one weight a feature tells two classes apart, no more."""
        raise Refused(f"{self.kind}: has exactly two classes")

    def checkpoint(self) -> _Checkpoint:
        """An immutable copy of the state, for `restore`."""
        return _Checkpoint(self._columns.checkpoint(), self._base, self._counters.copy())

    def restore(self, checkpoint: _Checkpoint) -> None:
        """Go back to a checkpoint of this classifier."""
        self._columns.restore(checkpoint.columns)
        self._base, self._counters = checkpoint.base, checkpoint.counters.copy()
        self._weights = self._base + self._counters * np.int64(self.learning_rate)
        self._begin_era()
