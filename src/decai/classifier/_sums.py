"""Sums of table entries over the features of a row, which is where the time of sparse classifiers goes."""

import numpy as np
from numpy.typing import NDArray

from decai.kernel import kernel
from decai.samples import FloatArray

__all__ = ["class_sum", "pair_sums"]


@kernel
def class_sum(columns: NDArray[np.int32], table: FloatArray, label: int, missing: float) -> float:
    """The sum of one class's entries; a column outside of the table counts as `missing`."""
    total = 0.0
    for column in columns:
        total += table[column, label] if 0 <= column < len(table) else missing
    return total


@kernel
def pair_sums(columns: NDArray[np.int32], table: FloatArray, missing: float) -> tuple[float, float]:
    """The sums of both classes of two, in one pass.

    Two sums for each class, side by side: a single one would wait for each of its additions.
    """
    size = len(table)
    first = second = first_odd = second_odd = 0.0
    position = 0
    while position + 2 <= len(columns):
        even, odd = columns[position], columns[position + 1]
        if 0 <= even < size:
            first += table[even, 0]
            second += table[even, 1]
        else:
            first += missing
            second += missing
        if 0 <= odd < size:
            first_odd += table[odd, 0]
            second_odd += table[odd, 1]
        else:
            first_odd += missing
            second_odd += missing
        position += 2
    if position < len(columns):
        last = columns[position]
        first += table[last, 0] if 0 <= last < size else missing
        second += table[last, 1] if 0 <= last < size else missing
    return first + first_odd, second + second_odd
