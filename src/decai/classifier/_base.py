"""What every classifier does in the same way."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from decai.errors import InputError, Refused
from decai.protocols import MAX_CLASSES, ClassStart, Drift
from decai.samples import Features, FloatArray, IntArray, Samples

__all__ = ["BaseClassifier", "checked_names", "checked_rate"]


def checked_names(names: Sequence[str], at_least: int, kind: str) -> tuple[str, ...]:
    """The names of the classes, or `InputError` if there are too few, too many or one is empty."""
    classes = tuple(names)
    if len(classes) < at_least:
        raise InputError(f"{kind}: needs at least {at_least} classes, not {len(classes)}")
    if len(classes) > MAX_CLASSES:
        raise InputError(f"{kind}: at most {MAX_CLASSES:,} classes, not {len(classes):,}")
    if any(not isinstance(name, str) or not name for name in classes):
        raise InputError(f"{kind}: every class needs a name")
    return classes


def checked_rate(rate: int, kind: str) -> int:
    """A learning rate (fixed point, unsigned 32 bit, not 0), or `InputError`."""
    if not 1 <= rate < 2**32:
        raise InputError(f"{kind}: the learning rate must be from 0.000000001 to 4.294967295")
    return int(rate)


class BaseClassifier(ABC):
    """Names, labels and bulk work; the arithmetic is each classifier's own."""

    kind: ClassVar[str]

    def __init__(self, classes: tuple[str, ...]) -> None:
        self._classes = classes
        self._version = 0
        self._era = 0
        self._drift_fixed = 0.0
        self._drift_per_feature = 0.0

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, by label."""
        return self._classes

    @property
    def version(self) -> int:
        """Grows whenever a prediction could have changed."""
        return self._version

    @property
    def drift(self) -> Drift:
        """How far the model has moved, in the unit of the margins."""
        return Drift(self._era, self._drift_fixed, self._drift_per_feature)

    def _begin_era(self) -> None:
        """Take note of a change that no drift measures."""
        self._version += 1
        self._era += 1
        self._drift_fixed = self._drift_per_feature = 0.0

    def judge_rows(
        self, values: Features, starts: IntArray, ends: IntArray, out: IntArray, margins: FloatArray
    ) -> None:
        """Like `predict_rows`; no margins are known for this kind."""
        self.predict_rows(values, starts, ends, out)
        margins.fill(0.0)

    @abstractmethod
    def predict_rows(self, values: Features, starts: IntArray, ends: IntArray, out: IntArray) -> None:
        """Write the labels of the stored rows ``values[starts[i]:ends[i]]`` to ``out[i]``."""

    @abstractmethod
    def stored_samples(self, samples: Samples) -> Samples:
        """`samples` in the stored form that `predict_rows` reads, or `InputError` if one is malformed."""

    def check_label(self, label: int) -> None:
        """Raise `Refused` if no class has this label."""
        if not 0 <= label < len(self._classes):
            raise Refused(f"{self.kind}: no such class")

    def check_labels(self, samples: Samples, labels: IntArray) -> None:
        """Raise `InputError` unless there is one existing label for each sample."""
        if labels.shape != (len(samples),) or labels.dtype != np.int64:
            raise InputError(
                f"{self.kind}: {len(samples)} samples need as many int64 labels, "
                f"not {labels.dtype} of shape {labels.shape}"
            )
        if len(labels) and (int(labels.min()) < 0 or int(labels.max()) >= len(self._classes)):
            raise InputError(f"{self.kind}: a label lies outside the {len(self._classes)} classes")

    def check_new_class(self, name: str, start: ClassStart) -> None:
        """Raise `Refused` for a class without a name, one too many, or one of too many samples."""
        if not isinstance(name, str) or not name:
            raise Refused(f"{self.kind}: every class needs a name")
        if len(self._classes) >= MAX_CLASSES:
            raise Refused(f"{self.kind}: too many classes")
        if not 0 <= start.samples < 2**32:
            raise Refused(f"{self.kind}: a number of samples is out of range")

    @abstractmethod
    def class_start(self, samples: Samples | None = None) -> ClassStart:
        """What a class of these samples starts from."""

    @abstractmethod
    def begin_class(self, name: str, start: ClassStart) -> int:
        """Add a class; returns its label."""

    def add_class(self, name: str, samples: Samples | None = None) -> int:
        """Add a class that starts from `samples`; returns its label.

        Raises
        ------
        Refused
            If the name is empty, there are too many classes, or the kind takes no further one.
        InputError
            If a sample is malformed.
        """
        return self.begin_class(name, self.class_start(samples))

    def predict_many(self, samples: Samples) -> IntArray:
        """The labels of many samples, int64 of shape ``(len(samples),)``."""
        out = np.empty(len(samples), dtype=np.int64)
        stored = self.stored_samples(samples)
        self.predict_rows(stored.values, stored.starts, stored.ends, out)
        return out
