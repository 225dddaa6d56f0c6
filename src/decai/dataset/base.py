"""What a data set is: two splits, the names of classes and features, and where it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from decai.errors import DatasetError, OptionError
from decai.samples import IntArray, Samples

__all__ = ["Dataset", "DatasetInfo", "Split", "checked_option"]


@dataclass(frozen=True, slots=True)
class DatasetInfo:
    """What can be known about a data set before loading it."""

    name: str
    title: str
    kind: Literal["text", "numeric", "generated"]
    form: Literal["sparse", "dense", "both"]
    """What a sample can be: feature indices, a vector of norm 1, or either."""
    description: str
    source: str
    """Where the data come from."""
    license: str
    citation: str
    options: Mapping[str, int]
    """The options of `decai.dataset.load` and their defaults."""
    fetch: str | None
    """The command that gets the source file; None if nothing has to be fetched."""
    encoder: str = "none"
    """What makes features of what people have, as contracts name it (`decai.encoder`)."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Samples and their labels, one for each.

    Raises
    ------
    DatasetError
        If the numbers of samples and labels differ.

    Examples
    --------
    >>> split = Split(Samples.sparse([[0, 2], [1]]), np.array([1, 0]))
    >>> len(split)
    2
    """

    samples: Samples
    labels: IntArray

    def __post_init__(self) -> None:
        if self.labels.dtype != np.int64 or self.labels.shape != (len(self.samples),):
            raise DatasetError(
                f"{len(self.samples)} samples need as many int64 labels, "
                f"not {self.labels.dtype} of shape {self.labels.shape}"
            )

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A data set in memory, the same on every machine for the same name and options.

    Raises
    ------
    DatasetError
        If a label is no class, a sample does not fit `num_features`, or the splits differ in form.

    Examples
    --------
    >>> from decai.dataset import load
    >>> tiny = load("tiny")
    >>> tiny.is_sparse, tiny.num_features, tiny.train.samples[0].dtype
    (True, 30, dtype('int32'))
    """

    name: str
    train: Split
    test: Split
    classes: tuple[str, ...]
    features: tuple[str, ...] | None
    """What each feature means; None if they have no names."""
    num_features: int
    info: DatasetInfo
    options: Mapping[str, int]
    """What it was loaded with."""

    def __post_init__(self) -> None:
        if self.features is not None and len(self.features) != self.num_features:
            raise DatasetError(f"{self.name}: {len(self.features)} names for {self.num_features} features")
        if self.train.samples.is_sparse != self.test.samples.is_sparse:
            raise DatasetError(f"{self.name}: one split is sparse and the other dense")
        for part, split in (("train", self.train), ("test", self.test)):
            self._check_labels(part, split.labels)
            self._check_samples(part, split.samples)

    def _check_labels(self, part: str, labels: IntArray) -> None:
        wrong = np.flatnonzero((labels < 0) | (labels >= len(self.classes)))
        if len(wrong):
            row = int(wrong[0])
            raise DatasetError(
                f"{self.name}: {part}[{row}] has label {labels[row]}; "
                f"the {len(self.classes)} classes have labels 0 to {len(self.classes) - 1}"
            )

    def _check_samples(self, part: str, samples: Samples) -> None:
        values = samples.values
        if not samples.is_sparse:
            fits = bool((samples.ends - samples.starts == self.num_features).all())
        else:
            fits = not len(values) or (int(values.min()) >= 0 and int(values.max()) < self.num_features)
        if not fits:
            raise DatasetError(f"{self.name}: a {part} sample does not fit {self.num_features} features")

    @property
    def is_sparse(self) -> bool:
        """Whether samples are feature indices and not vectors."""
        return self.train.samples.is_sparse


def checked_option(name: str, option: str, value: int, low: int, high: int) -> int:
    """`value`, or `OptionError` if it is not from `low` to `high`."""
    if not low <= value <= high:
        raise OptionError(f"{name}: {option} must be from {low:,} to {high:,}, not {value:,}", option)
    return value
