"""Norm 1 in integers, whatever the vector."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from decai.dataset.unit_norm import unit_norm
from decai.errors import InputError
from decai.units import SCALE

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def excess(vector: list[int]) -> int:
    return sum(value * value for value in vector) - SCALE * SCALE


@given(st.lists(NUMBERS, min_size=1, max_size=50))
def test_norm_is_1_and_the_direction_stays(vector: list[float]) -> None:
    assume(any(vector))
    fixed = unit_norm(vector)
    assert abs(excess(fixed)) < 100 * SCALE
    largest = max(map(abs, vector))
    norm = math.hypot(*(value / largest for value in vector))
    for value, number in zip(fixed, vector, strict=True):
        assert value == pytest.approx(number / largest / norm * SCALE, abs=1)


def test_rounding_that_adds_up_is_taken_by_the_largest() -> None:
    # 24,000 components of 4,999,999.55 are rounded up, so the sum of squares grows by
    # 24,000 * 2 * 5e6 * 0.45 = 1.08e11 > 100 * F
    size, target = 24_000, 4_999_999.55 / SCALE
    vector = [math.sqrt(1 - size * target**2)] + [target] * size
    norm = math.hypot(*vector)
    rounded = [round(value / norm * SCALE) for value in vector]
    assert abs(excess(rounded)) >= 100 * SCALE, "the example must need the correction"
    fixed = unit_norm(vector)
    assert abs(excess(fixed)) < 100 * SCALE
    assert fixed[1:] == rounded[1:]


@pytest.mark.parametrize("vector", [[], [0.0, -0.0], [math.nan, 1.0], [math.inf, 1.0], [1.0, -math.inf]])
def test_vector_without_direction(vector: list[float]) -> None:
    with pytest.raises(InputError, match=r"^a vector of zeros, or with a number that is not finite"):
        unit_norm(vector)
