"""Vectors of unit norm for the tests of dense classifiers."""

import math
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

F = 10**9
EXACT = [
    [F, 0, 0],
    [0, -F, 0],
    [0, 0, F],
    [600_000_000, 800_000_000, 0],
    [-600_000_000, 800_000_000, 0],
    [0, 600_000_000, -800_000_000],
    [360_000_000, 480_000_000, 800_000_000],
]
"""Squared norms of exactly F^2, so that scores can tie."""


def i64(values: Sequence[int]) -> Any:
    """`values` as a sample."""
    return np.array(values, dtype=np.int64)


def unit(values: Sequence[float]) -> list[int]:
    """`values` scaled to norm 1, in fixed point."""
    norm = math.hypot(*values)
    return [round(value / norm * F) for value in values]


def random_unit(rng: random.Random, size: int) -> list[int]:
    """A random direction."""
    return unit([rng.gauss(0, 1) for _ in range(size)])


vectors = st.one_of(
    st.sampled_from(EXACT),
    st.lists(st.integers(-100, 100), min_size=3, max_size=3).filter(any).map(unit),
)
"""Samples of three values."""
