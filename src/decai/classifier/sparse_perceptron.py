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
from decai.classifier._sparse import (
    CHANGED,
    MALFORMED,
    MAX_FEATURES,
    PLACE,
    TABLE_LIMIT,
    UNCHANGED,
    Columns,
    grown,
)
from decai.errors import InputError, Refused
from decai.kernel import kernel
from decai.samples import Features, IntArray, Samples
from decai.units import SCALE, truncated_div

__all__ = ["SparsePerceptron"]

WEIGHT_LIMIT: Final = 2**47 - 1
"""Largest base weight; with 16-bit counters, a 32-bit rate and `MAX_FEATURES`, no score leaves 64 bits."""


@kernel
def _score(columns: NDArray[np.int32], weights: IntArray, intercept: int) -> int:
    score = intercept
    size = len(weights)
    for column in columns:
        if 0 <= column < size:
            score += weights[column]
    return score


@kernel
def _predict_rows(
    values: NDArray[np.int32], starts: IntArray, ends: IntArray, weights: IntArray, intercept: int, out: IntArray
) -> None:
    for row in range(len(starts)):
        out[row] = 1 if _score(values[starts[row] : ends[row]], weights, intercept) > 0 else 0


@kernel
def _learn(
    columns: NDArray[np.int32],
    label: int,
    size: int,
    base: IntArray,
    counters: NDArray[np.int16],
    weights: IntArray,
    rate: int,
    intercept: int,
) -> int:
    """UNCHANGED or CHANGED, or with nothing done PLACE or MALFORMED. `size` columns are in use."""
    if len(columns) > MAX_FEATURES:
        return MALFORMED
    highest = -1
    for column in columns:
        if column < 0:
            return MALFORMED
        highest = max(highest, column)
    if highest >= size and highest >= TABLE_LIMIT:
        return PLACE
    prediction = 1 if _score(columns, weights, intercept) > 0 else 0
    if prediction == label:
        return UNCHANGED
    if highest >= size:
        return PLACE
    step = 1 if label == 1 else -1
    for column in columns:
        counter = counters[column] + step
        if -32768 <= counter <= 32767:
            counters[column] = counter
            weights[column] = base[column] + counter * rate
    return CHANGED


@kernel
def _train(
    values: NDArray[np.int32], starts: IntArray, ends: IntArray, labels: IntArray, counts: IntArray, sums: IntArray
) -> int:
    """One pass over T samples, in units of the step; returns the mistakes.

    A count that changes by s at sample t stands for T - t of the T models that the mean is taken of,
    so it adds s * (T - t) to `sums`.
    """
    total = len(starts)
    mistakes = 0
    for row in range(total):
        columns = values[starts[row] : ends[row]]
        label = labels[row]
        if (1 if _score(columns, counts, 0) > 0 else 0) != label:
            mistakes += 1
            step = 1 if label == 1 else -1
            for column in columns:
                counts[column] += step
                sums[column] += step * (total - row)
    return mistakes


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    columns: Columns
    base: IntArray
    counters: NDArray[np.int16]
    version: int


class SparsePerceptron(BaseClassifier):
    """Binary linear classifier that learns from its mistakes by a fixed step.

    ``score = intercept + sum of the weights of the listed features``; class 1 if the score is above 0.
    When the contributed label differs from the prediction, each listed weight moves by the learning
    rate. ``weight = base + counter * rate`` with a 16-bit counter that stops at its limits.

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
    ) -> None:
        names = checked_names(classes, 2, self.kind)
        if len(names) != 2:
            raise InputError(f"{self.kind}: has exactly two classes, not {len(names)}")
        super().__init__(names)
        self.learning_rate = checked_rate(learning_rate, self.kind)
        self.intercept = self._checked_weight("the intercept", intercept)
        self._columns = Columns(0, self.kind)
        self._base = np.zeros(0, dtype=np.int64)
        self._counters = np.zeros(0, dtype=np.int16)
        items = dict(weights if isinstance(weights, Mapping) else enumerate(weights))
        if items:
            placed = self._columns.place(np.fromiter(items, dtype=np.int64, count=len(items)))
            self._grow()
            self._base[placed] = [self._checked_weight(f"weight {i}", w) for i, w in items.items()]
        self._weights = self._base.copy()

    def _checked_weight(self, name: str, weight: int) -> int:
        if abs(weight) > WEIGHT_LIMIT:
            raise InputError(f"{self.kind}: {name} must be between -140737.48 and 140737.48")
        return int(weight)

    def _grow(self) -> None:
        size = self._columns.size
        self._base, self._counters = grown(self._base, size), grown(self._counters, size)
        self._weights = self._base + self._counters * np.int64(self.learning_rate)

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
        return {index: self.weight(index) for index in self._columns.indices()}

    def predict(self, features: Features) -> int:
        """1 if the score is above 0, else 0."""
        columns = self._columns.checked(features)
        return 1 if _score(columns, self._weights, self.intercept) > 0 else 0

    def predict_rows(self, values: Features, starts: IntArray, ends: IntArray, out: IntArray) -> None:
        """Write the labels of the stored rows ``values[starts[i]:ends[i]]`` to ``out[i]``."""
        _predict_rows(values, starts, ends, self._weights, self.intercept, out)  # type: ignore[arg-type]

    def update(self, features: Features, label: int) -> None:
        """Move the listed weights toward `label`, if the model disagrees with it."""
        self.check_label(label)
        columns = self._columns.find(features)
        answer = self._learn(columns, label)
        if answer in (PLACE, MALFORMED):
            columns = self._columns.place(features)
            self._grow()
            answer = self._learn(columns, label)
        self._version += answer

    def _learn(self, columns: NDArray[np.int32], label: int) -> int:
        return _learn(
            columns,
            label,
            self._columns.size,
            self._base,
            self._counters,
            self._weights,
            self.learning_rate,
            self.intercept,
        )

    def store(self, features: Features) -> Features:
        """The form of these features that `predict_rows` reads later, also after more learning."""
        return self._columns.find(features)

    def stored_samples(self, samples: Samples) -> Samples:
        """`samples` in the stored form."""
        return self._columns.find_all(samples)

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
            If a label is not 0 or 1, or a weight would leave its range.
        """
        self.check_labels(samples, labels)
        placed = self._columns.place_all(samples)
        counts = np.zeros(self._columns.size, dtype=np.int64)
        sums = np.zeros_like(counts)
        past = [0] * len(counts)
        for epoch in range(epochs):
            sums[:] = 0
            before = counts.copy()
            _train(placed.values, placed.starts, placed.ends, labels, counts, sums)  # type: ignore[arg-type]
            # The mean over all passes: what stood before this pass stood during all of it.
            past = [p + len(samples) * b + s for p, b, s in zip(past, before.tolist(), sums.tolist(), strict=True)]
        models = max(1, epochs * len(samples))
        base = [truncated_div(step * p, models) for p in past] if averaged else [step * c for c in counts.tolist()]
        for index, weight in enumerate(base):
            self._checked_weight(f"weight {index}", weight)
        self._base = np.array(base, dtype=np.int64)
        self._counters = np.zeros(len(base), dtype=np.int16)
        self._weights = self._base.copy()
        self._version += 1

    def add_class(self, name: str, samples: Samples | None = None) -> int:
        """Refused: a perceptron with one weight a feature tells two classes apart, no more."""
        raise Refused(f"{self.kind}: has exactly two classes")

    def checkpoint(self) -> _Checkpoint:
        """An immutable copy of the state, for `restore`."""
        return _Checkpoint(self._columns.copy(), self._base, self._counters.copy(), self._version)

    def restore(self, checkpoint: _Checkpoint) -> None:
        """Go back to a checkpoint of this classifier."""
        self._columns, self._base = checkpoint.columns.copy(), checkpoint.base
        self._counters = checkpoint.counters.copy()
        self._grow()
        self._version += 1
