"""The hot loops of the sparse centroid: floats with a proven error bound, and learning."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from decai.classifier._sparse import CHANGED, PLACE, all_placed
from decai.classifier._sums import class_sum, pair_sums
from decai.kernel import kernel
from decai.samples import FloatArray, IntArray
from decai.units import SCALE

__all__ = ["COUNT_LIMIT", "decide", "decide_rows", "learn"]

COUNT_LIMIT: Final = 2**32 - 1
NEAR_TIE: Final = -1
"""A kernel's answer: the error bound leaves the label open."""


@kernel
def decide(
    columns: NDArray[np.int32], sums: FloatArray, squares: FloatArray, factors: FloatArray
) -> tuple[int, float]:
    """The label, or NEAR_TIE where the error bound leaves it open, and how far it is from any doubt.

    Class c is at ``squares[c] - factors[c] * T_c``, with T_c the sum of its S_j over the m features. Table
    entries are the nearest floats, and no term of T_c is below 0, so the product is within
    (m + 3) * 2^-53 of itself; the square is within 2^-53 of itself and the subtraction rounds once more.
    One distance is thus off by at most (m + 5) * 2^-53 of (square + product), the difference of two by twice
    that; the bound is more than twice as large.
    """
    m = len(columns)
    best = np.inf
    second = np.inf
    largest = 0.0
    label = 0
    classes = len(squares)
    pair = pair_sums(columns, sums, 0.0) if classes == 2 else (0.0, 0.0)
    for c in range(classes):
        if factors[c] == 0.0:
            continue
        t = pair[c] if classes == 2 else class_sum(columns, sums, c, 0.0)
        t *= factors[c]
        largest = max(largest, squares[c] + t)
        distance = squares[c] - t
        if distance < best:
            second = best
            best = distance
            label = c
        elif distance < second:
            second = distance
    bound = largest * (m + 16) * 2.0**-51
    if second - best <= bound:
        return NEAR_TIE, 0.0
    # Twice, for the doubt will be there again when the model has moved.
    return label, max(0.0, second - best - 2.0 * bound)


@kernel
def decide_rows(
    values: NDArray[np.int32],
    starts: IntArray,
    ends: IntArray,
    sums: FloatArray,
    squares: FloatArray,
    factors: FloatArray,
    out: IntArray,
    margins: FloatArray,
) -> int:
    near_ties = 0
    for row in range(len(starts)):
        label, margin = decide(values[starts[row] : ends[row]], sums, squares, factors)
        out[row] = label
        margins[row] = margin
        near_ties += label < 0
    return near_ties


@kernel
def learn(
    columns: NDArray[np.int32],
    label: int,
    direct: int,
    size: int,
    initial: IntArray,
    initial_samples: int,
    counts: NDArray[np.uint32],
    sums: FloatArray,
) -> tuple[int, int, int]:
    """CHANGED and the growth of B and C, or with nothing done PLACE."""
    growth_b = 0
    growth_c = 0
    if not all_placed(columns, direct, size):
        return PLACE, growth_b, growth_c
    for column in columns:
        count = int(np.int64(counts[column, label]))
        if count < COUNT_LIMIT:
            start = initial[column, label]
            growth_b += start
            growth_c += 2 * count + 1
            counts[column, label] = count + 1
            sums[column, label] = float(start * initial_samples + SCALE * (count + 1))
    return CHANGED, growth_b, growth_c
