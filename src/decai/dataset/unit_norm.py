"""Vectors of norm 1 in fixed point, as dense classifiers require them."""

import math
from collections.abc import Sequence

from decai.errors import InputError
from decai.units import SCALE

__all__ = ["unit_norm"]


def unit_norm(vector: Sequence[float]) -> list[int]:
    """Scale `vector` to norm 1 and round it to fixed point (scale F = 1e9).

    The result x holds ``abs(sum(x_j ** 2) - F ** 2) < 100 * F`` in integers. Rounding alone keeps it
    below about ten thousand components; beyond that, the largest component takes up the difference.

    Raises
    ------
    InputError
        If the vector is 0 or not finite, and so has no direction, or has millions of components.

    Examples
    --------
    >>> unit_norm([3, 0, -4])
    [600000000, 0, -800000000]
    """
    largest = max(map(abs, vector), default=0.0)
    if not 0 < largest < math.inf or any(map(math.isnan, vector)):
        raise InputError("a vector of zeros, or with a number that is not finite, has no direction")
    scaled = [value / largest for value in vector]  # so that no square over- or underflows
    norm = math.sqrt(math.fsum(value * value for value in scaled))
    fixed = [round(value / norm * SCALE) for value in scaled]
    if abs(_excess(fixed)) >= 100 * SCALE:
        top = max(range(len(fixed)), key=lambda j: abs(fixed[j]))
        size = math.isqrt(max(0, fixed[top] ** 2 - _excess(fixed)))
        fixed[top] = size if fixed[top] > 0 else -size
    if abs(_excess(fixed)) >= 100 * SCALE:
        raise InputError(f"a vector of {len(fixed):,} components is too long for fixed point")
    return fixed


def _excess(fixed: Sequence[int]) -> int:
    return sum(value * value for value in fixed) - SCALE * SCALE
