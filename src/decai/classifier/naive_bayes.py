"""Multinomial naive Bayes over feature indices, exact in integers and fast in floats.

The rule is specified in ``docs/mechanism.md#naive-bayes``: a product of fractions with a shared
exponent. Sums of logarithms decide wherever their proven error bound allows, and the integers of the
rule decide the rest, so the answer is always the rule's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from decai.classifier._base import BaseClassifier, checked_names
from decai.classifier._bayes_kernels import COUNT_LIMIT, count, decide, decide_rows, learn
from decai.classifier._sparse import MAX_FEATURES, PLACE, Columns, ColumnsCheckpoint, grown
from decai.errors import InputError
from decai.protocols import ClassStart
from decai.samples import Features, FloatArray, IntArray, Samples
from decai.units import SCALE

__all__ = ["NaiveBayes"]


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    classes: tuple[str, ...]
    columns: ColumnsCheckpoint
    counts: NDArray[np.uint32]
    samples: IntArray
    totals: IntArray


class NaiveBayes(BaseClassifier):
    """Multinomial naive Bayes with Laplace or Lidstone smoothing.

    For class c with n_c samples: ``n_c * product of (count_cj + alpha) / (total_c + alpha * V)`` over the
    listed features j, repeats included; the largest wins, the lowest label among equals, and a class
    without samples never. Counts are 32 bit and stop at their limit.

    Parameters
    ----------
    classes
        The names of the classes, at least two.
    vocabulary
        V, the number of features that smoothing counts on; fixed.
    smoothing
        alpha, fixed point, unsigned 32 bit, at least 1.
    samples
        n_c: contributions seen of each class; none by default.
    counts
        For each class, how often each feature index occurred.
    max_features, index_bits
        Samples with more features, repeats included, or with an index of more bits are refused. A contract
        has such bounds; in memory they are 16,384 and 32 if not told otherwise.

    Raises
    ------
    InputError
        If a number is out of its range or a list has another length than `classes`.

    Examples
    --------
    >>> import numpy as np
    >>> model = NaiveBayes(("ham", "spam"), vocabulary=3, samples=[2, 1], counts=[{0: 2, 1: 1}, {2: 3}])
    >>> model.predict(np.array([0, 1], dtype=np.int32)), model.predict(np.array([2, 2], dtype=np.int32))
    (0, 1)
    """

    kind: ClassVar[str] = "naive-bayes"
    _logs: FloatArray

    def __init__(
        self,
        classes: Sequence[str],
        vocabulary: int,
        smoothing: int = SCALE,
        samples: Sequence[int] | None = None,
        counts: Sequence[Mapping[int, int]] | None = None,
        max_features: int = MAX_FEATURES,
        index_bits: int = 32,
    ) -> None:
        super().__init__(checked_names(classes, 2, self.kind))
        if not 1 <= smoothing < 2**32:
            raise InputError(f"{self.kind}: the smoothing must be from 0.000000001 to 4.294967295")
        if not 1 <= vocabulary < 2**32:
            raise InputError(f"{self.kind}: the number of features must be from 1 to 4294967295")
        self.smoothing, self.vocabulary = int(smoothing), int(vocabulary)
        size = len(self._classes)
        listed = [0] * size if samples is None else [int(n) for n in samples]
        features: Sequence[Mapping[int, int]] = [{}] * size if counts is None else counts
        if len(listed) != size or len(features) != size:
            raise InputError(f"{self.kind}: needs the counts of each of its {size} classes")
        everything = [*listed, *(n for of_class in features for n in of_class.values())]
        if any(not 0 <= n <= COUNT_LIMIT for n in everything):
            raise InputError(f"{self.kind}: a count must be from 0 to {COUNT_LIMIT}")
        self._columns = Columns(self.kind, max_features, index_bits)
        placed = [self._columns.place_indices(of_class) for of_class in features]
        self._samples = np.array(listed, dtype=np.int64)
        self._totals = np.array([sum(of_class.values()) for of_class in features], dtype=np.int64)
        self._counts = np.zeros((self._columns.size, size), dtype=np.uint32)
        for label, of_class in enumerate(features):
            self._counts[placed[label], label] = list(of_class.values())
        self._log_alpha = float(np.log(float(self.smoothing)))
        self._rebuild()

    @property
    def num_features(self) -> int:
        """How many features have counts."""
        return len(self._columns)

    def num_samples(self, label: int) -> int:
        """n_c: samples seen of a class."""
        return int(self._samples[label])

    def total_count(self, label: int) -> int:
        """total_c: feature occurrences seen in a class."""
        return int(self._totals[label])

    def count(self, label: int, index: int) -> int:
        """count_cj: occurrences of a feature in a class."""
        column = int(self._columns.find(np.array([index], dtype=np.int64))[0])
        return int(self._counts[column, label]) if 0 <= column < len(self._counts) else 0

    def counts(self, label: int) -> dict[int, int]:
        """The occurrences of each feature that a class has seen, by index."""
        return self._columns.present(self._counts[:, label])

    def predict(self, features: Features) -> int:
        """The most probable class."""
        columns = self._columns.find(features)
        label, _ = decide(columns, self._logs, self._priors, self._log_totals, self._log_alpha)
        return label if label >= 0 else self.predict_exact(columns)

    def predict_exact(self, columns: NDArray[np.int32]) -> int:
        """The rule itself, on integers of any size; `columns` as in the tables."""
        size = len(self._counts)
        best, label = (-(2**62), 0), 0
        for c in range(len(self._classes)):
            product, exponent = int(self._samples[c]) << 128, 0
            if not product:
                continue
            denominator = int(self._totals[c]) * SCALE + self.smoothing * self.vocabulary
            for column in columns.tolist():
                count = int(self._counts[column, c]) if 0 <= column < size else 0
                product = product * (count * SCALE + self.smoothing) // denominator
                while product < 2**128:
                    product <<= 64
                    exponent -= 1
            if (exponent, product) > best:
                best, label = (exponent, product), c
        return label

    def predict_rows(self, values: Features, starts: IntArray, ends: IntArray, out: IntArray) -> None:
        """Write the labels of the stored rows ``values[starts[i]:ends[i]]`` to ``out[i]``."""
        self.judge_rows(values, starts, ends, out, np.empty(len(starts)))

    def judge_rows(
        self, values: Features, starts: IntArray, ends: IntArray, out: IntArray, margins: FloatArray
    ) -> None:
        """Like `predict_rows`, and how far the model must move to change each label, in logarithms."""
        ties = decide_rows(
            values,  # type: ignore[arg-type]  # stored rows are columns
            starts,
            ends,
            self._logs,
            self._priors,
            self._log_totals,
            self._log_alpha,
            out,
            margins,
        )
        if ties:
            for row in np.flatnonzero(out < 0):
                out[row] = self.predict_exact(values[starts[row] : ends[row]])  # type: ignore[arg-type]

    def update(self, features: Features, label: int) -> None:
        """Count the features under `label`."""
        self.check_label(label)
        known = self._samples[label] > 0
        answer, fixed, per_feature = self._learn(self._columns.to_learn(features), label)
        if answer == PLACE:
            columns = self._columns.place(features)
            self._grow()
            _, fixed, per_feature = self._learn(columns, label)
        if not known:
            self._begin_era()
            return
        self._version += 1
        self._drift_fixed += fixed
        self._drift_per_feature += per_feature

    def _learn(self, columns: NDArray[np.int32], label: int) -> tuple[int, float, float]:
        return learn(
            columns,
            label,
            self._columns.direct,
            self._columns.size,
            self._counts,
            self._samples,
            self._totals,
            self._logs,
            self._priors,
            self._log_totals,
            self.smoothing,
            self.vocabulary,
        )

    def store(self, features: Features) -> Features:
        """The form of these features that `predict_rows` reads later, also after more learning."""
        return self._columns.reserve(features)

    def stored_samples(self, samples: Samples) -> Samples:
        """`samples` in the stored form."""
        return self._columns.reserve_all(samples)

    def train(self, samples: Samples, labels: IntArray) -> None:
        """Count many samples, in the given order.

        Raises
        ------
        InputError
            If a label lies outside the classes, or a sample is malformed.
        """
        self.check_labels(samples, labels)
        placed = self._columns.place_all(samples)
        self._counts = grown(self._counts, self._columns.size)
        count(
            placed.values,  # type: ignore[arg-type]  # placed samples are columns
            placed.starts,
            placed.ends,
            labels,
            self._counts,
            self._samples,
            self._totals,
        )
        self._rebuild()
        self._begin_era()

    def class_start(self, samples: Samples | None = None) -> ClassStart:
        """How often each feature occurs in these samples.

        Raises
        ------
        InputError
            If a sample is malformed.
        """
        if samples is None:
            return ClassStart(0, {})
        return ClassStart(len(samples), self._columns.occurrences(samples))

    def begin_class(self, name: str, start: ClassStart) -> int:
        """Add a class with these counts; returns its label.

        Raises
        ------
        Refused
            If the name is empty, there are too many classes, or a feature or a count is out of range.
        """
        self.check_new_class(name, start)
        self._columns.check_pairs(start.values, COUNT_LIMIT, "a count is out of range")
        self._classes = (*self._classes, name)
        placed = self._columns.place_indices(start.values)
        self._counts = grown(self._counts, self._columns.size)
        empty = np.zeros((len(self._counts), 1), dtype=np.uint32)
        self._counts = np.ascontiguousarray(np.hstack([self._counts, empty]))
        self._counts[placed, -1] = list(start.values.values())
        self._samples = np.append(self._samples, start.samples)
        self._totals = np.append(self._totals, sum(start.values.values()))
        self._rebuild()
        self._begin_era()
        return len(self._classes) - 1

    def _grow(self) -> None:
        self._counts = grown(self._counts, self._columns.size)
        known = len(self._logs)
        self._logs = grown(self._logs, len(self._counts))
        self._logs[known:] = self._log_alpha

    def _rebuild(self) -> None:
        """The float tables, from the counts."""
        self._logs = np.full(self._counts.shape, self._log_alpha)
        for rows in self._columns.runs():
            self._logs[rows] = np.log(self._counts[rows].astype(np.float64) * SCALE + self.smoothing)
        with np.errstate(divide="ignore"):
            self._priors = np.log(self._samples.astype(np.float64))
        smoothing = float(self.smoothing) * float(self.vocabulary)
        self._log_totals = np.log(self._totals.astype(np.float64) * SCALE + smoothing)

    def checkpoint(self) -> _Checkpoint:
        """An immutable copy of the state, for `restore`."""
        return _Checkpoint(
            self._classes,
            self._columns.checkpoint(),
            self._counts.copy(),
            self._samples.copy(),
            self._totals.copy(),
        )

    def restore(self, checkpoint: _Checkpoint) -> None:
        """Go back to a checkpoint of this classifier."""
        self._classes = checkpoint.classes
        self._columns.restore(checkpoint.columns)
        self._counts, self._samples = checkpoint.counts.copy(), checkpoint.samples.copy()
        self._totals = checkpoint.totals.copy()
        self._rebuild()
        self._begin_era()
