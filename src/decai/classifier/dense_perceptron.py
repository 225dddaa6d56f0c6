"""The dense perceptron: two classes, one weight for each number of a vector of unit norm.

The rule is specified in ``docs/mechanism.md#dense-perceptron``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from decai.classifier._base import BaseClassifier, checked_names, checked_rate
from decai.classifier._dense import checked_vector, checked_vectors, dot_rows
from decai.errors import InputError, Refused
from decai.protocols import ClassStart
from decai.samples import Features, IntArray, Samples
from decai.units import SCALE, truncated_div

__all__ = ["SUM_LIMIT", "WEIGHT_LIMIT", "DensePerceptron"]

WEIGHT_LIMIT: Final = 2**62
SUM_LIMIT: Final = 2**55 - 1
"""Largest size of an accumulator A_j; 36 million contributions that all pull one way reach it."""


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    base: tuple[int, ...]
    sums: tuple[int, ...]


class DensePerceptron(BaseClassifier):
    """Binary linear classifier over vectors that learns from its mistakes.

    ``score = intercept * F + sum(w_j * x_j)``; class 1 if the score is above 0. When the contributed label
    differs from the prediction, ``A_j += x_j`` (label 1) or ``A_j -= x_j``, and
    ``w_j = base_j + A_j * rate // F``, toward zero. An A_j that would leave 56 bits stops at the limit.

    Parameters
    ----------
    classes
        The names of the two classes.
    weights
        Base weights, fixed point, at most 2^62 in size; their number fixes the length of samples.
    intercept
        Fixed point, in the same range; it never changes.
    learning_rate
        Fixed point, unsigned 32 bit, at least 1.
    sums
        The accumulators A_j, below 2^55 in size; all 0 by default.

    Raises
    ------
    InputError
        If a number is out of its range, there are not two classes, or not one sum for each weight.

    Examples
    --------
    >>> import numpy as np
    >>> model = DensePerceptron(("no", "yes"), weights=[0, 0], learning_rate=500_000_000)
    >>> x = np.array([600_000_000, -800_000_000])
    >>> model.predict(x)
    0
    >>> model.update(x, 1)
    >>> model.weights(), model.predict(x)
    ([300000000, -400000000], 1)
    """

    kind: ClassVar[str] = "dense-perceptron"

    def __init__(
        self,
        classes: Sequence[str],
        weights: Sequence[int] | IntArray,
        intercept: int = 0,
        learning_rate: int = SCALE // 2,
        sums: Sequence[int] | None = None,
    ) -> None:
        names = checked_names(classes, 2, self.kind)
        if len(names) != 2:
            raise InputError(f"{self.kind}: has exactly two classes, not {len(names)}")
        super().__init__(names)
        self.learning_rate = checked_rate(learning_rate, self.kind)
        self._base = [int(weight) for weight in weights]
        self.intercept = int(intercept)
        if not self._base:
            raise InputError(f"{self.kind}: needs at least one weight")
        if any(abs(value) > WEIGHT_LIMIT for value in [*self._base, self.intercept]):
            raise InputError(f"{self.kind}: every weight must be at most 2^62 in fixed point")
        self._sums = [0] * len(self._base) if sums is None else [int(total) for total in sums]
        if len(self._sums) != len(self._base) or any(abs(total) > SUM_LIMIT for total in self._sums):
            raise InputError(f"{self.kind}: needs a sum below 2^55 in size for each weight")
        self._rebuild()

    @property
    def num_features(self) -> int:
        """The length of a sample."""
        return len(self._base)

    def weights(self) -> list[int]:
        """The weights, fixed point."""
        return list(self._weights)

    def sums(self) -> list[int]:
        """The accumulators A_j of what was learned on top of the base weights."""
        return list(self._sums)

    def _rebuild(self) -> None:
        moved = (truncated_div(total * self.learning_rate, SCALE) for total in self._sums)
        self._weights = [base + change for base, change in zip(self._base, moved, strict=True)]
        self._floats = np.array([self._weights], dtype=np.float64)

    def _score(self, vector: Sequence[int]) -> int:
        products = (w * x for w, x in zip(self._weights, vector, strict=True))
        return self.intercept * SCALE + sum(products)

    def predict(self, features: Features) -> int:
        """1 if the score is above 0, else 0."""
        vector = checked_vector(features, len(self._base), self.kind)
        return 1 if self._score(vector.tolist()) > 0 else 0

    def predict_rows(self, values: Features, starts: IntArray, ends: IntArray, out: IntArray) -> None:
        """Write the labels of the stored rows ``values[starts[i]:ends[i]]`` to ``out[i]``."""
        products, sizes = np.empty((len(starts), 1)), np.empty((len(starts), 1))
        dot_rows(values, starts, ends, self._floats, products, sizes)  # type: ignore[arg-type]
        intercept = float(self.intercept) * float(SCALE)
        scores = products[:, 0] + intercept
        out[:] = scores > 0
        bounds = (sizes[:, 0] + abs(intercept)) * (len(self._base) + 8) * 2.0**-52
        for row in np.flatnonzero(np.abs(scores) <= bounds):
            out[row] = 1 if self._score(values[starts[row] : ends[row]].tolist()) > 0 else 0

    def update(self, features: Features, label: int) -> None:
        """Move the weights toward or away from the sample, if the model disagrees with `label`."""
        self.check_label(label)
        if self.predict(features) == label:
            return
        sign = 1 if label == 1 else -1
        moved = (a + sign * x for a, x in zip(self._sums, features.tolist(), strict=True))
        self._sums = [max(-SUM_LIMIT, min(SUM_LIMIT, a)) for a in moved]
        self._rebuild()
        self._version += 1

    def store(self, features: Features) -> Features:
        """The form of these features that `predict_rows` reads later."""
        return checked_vector(features, len(self._base), self.kind)

    def stored_samples(self, samples: Samples) -> Samples:
        """`samples`, if each is a vector of unit norm."""
        return checked_vectors(samples, len(self._base), self.kind)

    def train(self, samples: Samples, labels: IntArray, *, epochs: int = 1) -> None:
        """Learn many samples in the given order, then make the result the base.

        Raises
        ------
        InputError
            If a label is not 0 or 1, a sample has no norm of 1, or a weight would leave its range.
        """
        if epochs < 1:
            raise InputError(f"{self.kind}: the number of epochs must be above 0")
        self.check_labels(samples, labels)
        self.stored_samples(samples)
        before = self.checkpoint()
        for _ in range(epochs):
            for row, label in enumerate(labels.tolist()):
                self.update(samples[row], label)
        if any(abs(weight) > WEIGHT_LIMIT for weight in self._weights):
            self.restore(before)
            raise InputError(f"{self.kind}: training led to a weight above 2^62")
        self._base, self._sums = self._weights, [0] * len(self._base)
        self._rebuild()
        self._version += 1

    def class_start(self, samples: Samples | None = None) -> ClassStart:
        """Nothing: a perceptron takes no further class."""
        return ClassStart(0, {})

    def begin_class(self, name: str, start: ClassStart) -> int:
        """Refused: a perceptron with one weight a feature tells two classes apart, no more."""
        raise Refused(f"{self.kind}: has exactly two classes")

    def checkpoint(self) -> _Checkpoint:
        """An immutable copy of the state, for `restore`."""
        return _Checkpoint(tuple(self._base), tuple(self._sums))

    def restore(self, checkpoint: _Checkpoint) -> None:
        """Go back to a checkpoint of this classifier."""
        self._base, self._sums = list(checkpoint.base), list(checkpoint.sums)
        self._rebuild()
        self._version += 1
