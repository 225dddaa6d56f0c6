"""What an encoder is: something that turns what people have, a text, a picture or numbers, into features.

A model's contract names its encoder, so whoever uses the model encodes alike. The same sample gives the same
features in every process, with any number of threads and among whatever others.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, runtime_checkable

import numpy as np

from decai.errors import InputError
from decai.samples import Features

__all__ = [
    "LONGEST_TEXT",
    "Encoder",
    "EncoderInfo",
    "Field",
    "ModelShape",
    "Progress",
    "Sample",
    "indices",
    "require_dense",
    "require_sparse",
    "require_text",
]

Sample = str | bytes | Sequence[float] | Mapping[str, str]
"""A text, the content of a picture's file, numbers, or the fields of a record."""
Progress = Callable[[str], None]
"""Called with a line of text at each step of something that takes long."""
LONGEST_TEXT: Final = 100_000
"""Most characters of a text; more than any that one reads."""


@dataclass(frozen=True, slots=True)
class Field:
    """One entry of a record."""

    name: str
    """Its key in a sample."""
    title: str
    """What a form calls it."""
    choices: tuple[str, ...] = ()
    """What it may be; if there are none, it is a number, or a text if `is_text`."""
    is_text: bool = False
    may_be_unknown: bool = False
    """Whether it may be left out."""
    example: str = ""


@dataclass(frozen=True, slots=True)
class EncoderInfo:
    """What can be known about an encoder before loading it."""

    name: str
    """What contracts say; capitals do not matter."""
    title: str
    takes: Literal["text", "image", "numbers", "record"]
    """What a sample is."""
    forms: tuple[Literal["sparse", "dense"], ...]
    """What it can give: lists of feature indices, vectors of norm 1, or either."""
    description: str
    size: int | None = None
    """How many features it gives or knows; None if that depends on the model."""
    is_exact: bool = True
    """Whether every machine gets the same features to the last digit; if not, they agree to 0.00001."""
    fields: tuple[Field, ...] = ()
    """Of a record."""
    source: str = ""
    """Where what it has learned comes from."""
    license: str = ""
    fetch: str | None = None
    """The command that gets what it needs; None if nothing has to be fetched."""


@dataclass(frozen=True, slots=True)
class ModelShape:
    """What a model takes."""

    form: Literal["sparse", "dense"]
    size: int
    """How many features it knows, or how long its vectors are."""
    index_bits: int = 32
    """A feature index is below 2 to the power of it."""


@runtime_checkable
class Encoder(Protocol):
    """Turns samples into features for models of one shape.

    It is made quickly; what it has to read it reads when it is first needed, or by `load`. It may be used by
    several threads.
    """

    @property
    def info(self) -> EncoderInfo:
        """What it is."""
        ...

    def load(self, progress: Progress | None = None) -> None:
        """Read whatever it needs, unless that is done.

        Raises
        ------
        MissingError
            If something has to be fetched or installed first.
        """
        ...

    def encode(self, sample: Sample) -> Features:
        """The features of a sample: strictly increasing indices, or a vector of norm 1 in fixed point.

        Raises
        ------
        InputError
            If it is no sample of this kind, or has no features.
        MissingError
            As `load`.
        """
        ...

    def feature_name(self, index: int) -> str | None:
        """What a feature means to a person, if that can be said."""
        ...

    def matches(self, sample: Sample, features: Features) -> bool:
        """Whether these are the features of the sample, as far as machines agree on them.

        Raises
        ------
        InputError, MissingError
            As `encode`.
        """
        ...


def require_sparse(info: EncoderInfo, shape: ModelShape) -> None:
    """Raise `InputError` unless the model takes lists of features."""
    if shape.form != "sparse":
        raise InputError(f"{info.name}: gives lists of features, and the model takes vectors")


def require_dense(info: EncoderInfo, shape: ModelShape) -> None:
    """Raise `InputError` unless the model takes vectors as long as those that the encoder gives."""
    if shape.form != "dense":
        raise InputError(f"{info.name}: gives vectors, and the model takes lists of features")
    if info.size is not None and shape.size != info.size:
        raise InputError(f"{info.name}: gives {info.size} numbers, and the model takes {shape.size}")


def require_text(info: EncoderInfo, sample: Sample) -> str:
    """The text that a sample is.

    Raises
    ------
    InputError
        If it is none, or too long.
    """
    if not isinstance(sample, str):
        raise InputError(f"{info.name}: takes a text")
    if len(sample) > LONGEST_TEXT:
        raise InputError(f"{info.name}: a text of {len(sample):,} characters; at most {LONGEST_TEXT:,}")
    return sample


def indices(numbers: Sequence[int]) -> Features:
    """Feature indices as an array, of 32 bits where they fit."""
    if max(numbers, default=0) < 2**31:
        return np.array(numbers, dtype=np.int32)
    return np.array(numbers, dtype=np.int64)


class ExactMatch:
    """The part of an encoder that is the same for all exact ones."""

    def load(self, progress: Progress | None = None) -> None:
        """Nothing has to be read."""

    def encode(self, sample: Sample) -> Features:
        """The features of a sample."""
        raise NotImplementedError

    def feature_name(self, index: int) -> str | None:
        """Features have no names."""
        return None

    def matches(self, sample: Sample, features: Features) -> bool:
        """Whether these are the features of the sample."""
        return np.array_equal(self.encode(sample), features)
