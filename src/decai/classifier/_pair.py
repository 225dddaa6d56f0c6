"""Two classes: one table of differences decides many rows, wherever its error bound allows."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from decai.kernel import kernel
from decai.samples import IntArray

__all__ = ["PAIR_LIMIT", "pair_rows"]

PAIR_LIMIT: Final = 2**16
"""A table of differences is made anew after each change, which pays for itself up to about this size."""


@kernel
def pair_rows(
    values: NDArray[np.int32],
    starts: IntArray,
    ends: IntArray,
    table: NDArray[np.float64],
    missing: float,
    constant: float,
    per_feature: float,
    doubt: float,
    doubt_per_feature: float,
    doubt_per_pair: float,
    out: IntArray,
) -> int:
    """Label 0 where class 0 leads, 1 where class 1 does, -1 where the bound leaves it open.

    Parameters
    ----------
    values, starts, ends
        Rows of columns.
    table, missing
        By how much each column speaks for class 0; `missing` for a column past the end.
    constant, per_feature
        The lead of class 0 before any feature, and what each of the m features of a row adds.
    doubt, doubt_per_feature, doubt_per_pair
        The lead may be off by ``doubt + m * (doubt_per_feature + m * doubt_per_pair)``.
    out
        Receives the labels, shape (rows,).

    Returns
    -------
    int
        How many labels are -1.
    """
    size = len(table)
    near_ties = 0
    for row in range(len(starts)):
        start, end = starts[row], ends[row]
        # Four sums side by side: one alone would wait for each of its additions.
        a = b = c = d = 0.0
        position = start
        while position + 4 <= end:
            i, j = values[position], values[position + 1]
            k, l = values[position + 2], values[position + 3]  # noqa: E741
            a += table[i] if 0 <= i < size else missing
            b += table[j] if 0 <= j < size else missing
            c += table[k] if 0 <= k < size else missing
            d += table[l] if 0 <= l < size else missing
            position += 4
        while position < end:
            i = values[position]
            a += table[i] if 0 <= i < size else missing
            position += 1
        m = float(end - start)
        lead = constant + ((a + b) + (c + d)) + m * per_feature
        bound = doubt + m * (doubt_per_feature + m * doubt_per_pair)
        if lead > bound:
            out[row] = 0
        elif lead < -bound:
            out[row] = 1
        else:
            out[row] = -1
            near_ties += 1
    return near_ties
