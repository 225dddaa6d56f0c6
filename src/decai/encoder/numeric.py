"""Encoders of numbers: as they are, in fixed point, or scaled to norm 1."""

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from decai.dataset.unit_norm import unit_norm
from decai.encoder.base import EncoderInfo, ExactMatch, ModelShape, Sample, indices, require_dense
from decai.errors import InputError
from decai.samples import Features
from decai.units import to_fixed

__all__ = ["FixedPoint", "NoEncoder", "UnitNorm"]

_MOST: Final = 100_000
_LARGEST: Final = 2**53


class NoEncoder(ExactMatch):
    """``none``: the numbers are the features already.

    Parameters
    ----------
    shape
        Of the model: a list of feature indices, or a vector in fixed point.

    Examples
    --------
    >>> NoEncoder(ModelShape("sparse", 9)).encode([1, 5]).tolist()
    [1, 5]
    """

    info = EncoderInfo(
        name="none",
        title="None",
        takes="numbers",
        forms=("sparse", "dense"),
        description="The numbers are the features: indices, or a vector in fixed point (1 is 1000000000).",
    )

    def __init__(self, shape: ModelShape) -> None:
        self._shape = shape

    def encode(self, sample: Sample) -> Features:
        """The same numbers.

        Raises
        ------
        InputError
            If one is not whole, or is no index.
        """
        numbers = _numbers(self.info, sample)
        whole = [int(number) for number in numbers if number == int(number)]
        if len(whole) < len(numbers):
            raise InputError("none: features are whole numbers; use an encoder for others")
        if self._shape.form == "dense":
            _require_length(self.info, whole, self._shape)
            return np.array(whole, dtype=np.int64)
        limit = 1 << self._shape.index_bits
        if any(not 0 <= number < limit for number in whole):
            raise InputError(f"none: a feature index is from 0 to {limit - 1:,}")
        return indices(whole)


class FixedPoint(ExactMatch):
    """``Multiply by 1E9, then round``: a vector that has norm 1 already, in fixed point.

    Examples
    --------
    >>> FixedPoint(ModelShape("dense", 2)).encode([0.6, -0.8]).tolist()
    [600000000, -800000000]
    """

    info = EncoderInfo(
        name="Multiply by 1E9, then round",
        title="Multiply by 1E9, then round",
        takes="numbers",
        forms=("dense",),
        description="Each number in fixed point. The vector must have norm 1 already.",
    )

    def __init__(self, shape: ModelShape) -> None:
        require_dense(self.info, shape)
        self._shape = shape

    def encode(self, sample: Sample) -> Features:
        """The numbers times 1E9, rounded half to even."""
        numbers = _numbers(self.info, sample)
        _require_length(self.info, numbers, self._shape)
        if any(abs(number) >= 2**32 for number in numbers):
            raise InputError(f"{self.info.name}: a number is far too large for a vector of norm 1")
        return np.array([to_fixed(number) for number in numbers], dtype=np.int64)


class UnitNorm(ExactMatch):
    """``unit norm``: any vector but 0, scaled to norm 1 and in fixed point.

    Examples
    --------
    >>> UnitNorm(ModelShape("dense", 2)).encode([3, -4]).tolist()
    [600000000, -800000000]
    """

    info = EncoderInfo(
        name="unit norm",
        title="Scale to norm 1",
        takes="numbers",
        forms=("dense",),
        description="The numbers are scaled so that their squares add up to 1: only their proportions count.",
    )

    def __init__(self, shape: ModelShape) -> None:
        require_dense(self.info, shape)
        self._shape = shape

    def encode(self, sample: Sample) -> Features:
        """The vector of norm 1 in the direction of the numbers."""
        numbers = _numbers(self.info, sample)
        _require_length(self.info, numbers, self._shape)
        return np.array(unit_norm(numbers), dtype=np.int64)


def _numbers(info: EncoderInfo, sample: Sample) -> list[float]:
    if isinstance(sample, (str, bytes, Mapping)):
        raise InputError(f"{info.name}: takes numbers")
    numbers: list[Any] = list(sample)
    if len(numbers) > _MOST:
        raise InputError(f"{info.name}: {len(numbers):,} numbers; at most {_MOST:,}")
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, (int, float, np.integer, np.floating)):
            raise InputError(f"{info.name}: {str(number)[:40]!r} is no number")
        if not (-_LARGEST <= number <= _LARGEST) or math.isnan(number):
            raise InputError(f"{info.name}: {str(number)[:40]} is not finite, or far too large")
    return [number if isinstance(number, int) else float(number) for number in numbers]


def _require_length(info: EncoderInfo, numbers: list[float] | list[int], shape: ModelShape) -> None:
    if len(numbers) != shape.size:
        raise InputError(f"{info.name}: {len(numbers)} numbers, and the model takes {shape.size}")
