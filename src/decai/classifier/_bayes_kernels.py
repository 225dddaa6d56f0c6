"""The hot loops of naive Bayes: logarithms with a proven error bound, and counting."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from decai.classifier._sparse import CHANGED, PLACE, all_placed
from decai.kernel import kernel
from decai.samples import IntArray
from decai.units import SCALE

__all__ = ["COUNT_LIMIT", "FloatArray", "count", "decide", "decide_rows", "learn"]

COUNT_LIMIT: Final = 2**32 - 1
NEAR_TIE: Final = -1
"""A kernel's answer: the error bound leaves the label open."""

FloatArray = NDArray[np.float64]


@kernel
def decide(
    columns: NDArray[np.int32],
    logs: FloatArray,
    priors: FloatArray,
    log_totals: FloatArray,
    log_alpha: float,
) -> int:
    """The label, or NEAR_TIE where the error bound leaves it open.

    Every argument of a logarithm is below 2^93, so every logarithm is below 66 in size and, even if the
    library errs by 4 units in the last place, within 2^-44 of the true one (and 2^-52 for the rounding of
    the argument). With m features a score uses m logarithms of counts, m times that of the total, and the
    prior: (2 m + 1) * 2^-44. Partial sums are at most 66 (m + 2), so additions round by
    66 (m + 4)^2 * 2^-53 in all. Together that is below (m + 4)^2 * 2^-44. The rule itself truncates
    m quotients of at least 2^128 / D, where D is its largest denominator, each of which lowers a logarithm
    by at most 2 D * 2^-128. Both sides may be off by all this, hence the factor 2.
    """
    classes = len(priors)
    size = len(logs)
    m = len(columns)
    best = -np.inf
    second = -np.inf
    largest = 0.0
    label = 0
    for c in range(classes):
        total = priors[c]
        if total == -np.inf:
            continue
        for column in columns:
            total += logs[column, c] if 0 <= column < size else log_alpha
        total -= m * log_totals[c]
        largest = max(largest, log_totals[c])
        if total > best:
            second = best
            best = total
            label = c
        elif total > second:
            second = total
    bound = 2.0 * ((m + 4.0) ** 2 * 2.0**-44 + m * 2.0 * np.exp(largest) * 2.0**-128)
    if best - second <= bound:
        return NEAR_TIE
    return label


@kernel
def decide_rows(
    values: NDArray[np.int32],
    starts: IntArray,
    ends: IntArray,
    logs: FloatArray,
    priors: FloatArray,
    log_totals: FloatArray,
    log_alpha: float,
    out: IntArray,
) -> int:
    near_ties = 0
    for row in range(len(starts)):
        label = decide(values[starts[row] : ends[row]], logs, priors, log_totals, log_alpha)
        out[row] = label
        near_ties += label < 0
    return near_ties


@kernel
def learn(
    columns: NDArray[np.int32],
    label: int,
    direct: int,
    size: int,
    counts: NDArray[np.uint32],
    samples: IntArray,
    totals: IntArray,
    logs: FloatArray,
    priors: FloatArray,
    log_totals: FloatArray,
    alpha: int,
    vocabulary: int,
) -> int:
    """CHANGED, or with nothing done PLACE."""
    if not all_placed(columns, direct, size):
        return PLACE
    samples[label] = min(samples[label] + 1, COUNT_LIMIT)
    priors[label] = np.log(samples[label])
    for column in columns:
        seen = np.int64(counts[column, label])
        if seen < COUNT_LIMIT:
            counts[column, label] = seen + 1
            totals[label] += 1
            logs[column, label] = np.log(float((seen + 1) * SCALE + alpha))
    log_totals[label] = np.log(float(totals[label]) * SCALE + float(alpha) * float(vocabulary))
    return CHANGED


@kernel
def count(
    values: NDArray[np.int32],
    starts: IntArray,
    ends: IntArray,
    labels: IntArray,
    counts: NDArray[np.uint32],
    samples: IntArray,
    totals: IntArray,
) -> None:
    for row in range(len(starts)):
        label = labels[row]
        samples[label] = min(samples[label] + 1, COUNT_LIMIT)
        for position in range(starts[row], ends[row]):
            column = values[position]
            if counts[column, label] < COUNT_LIMIT:
                counts[column, label] += 1
                totals[label] += 1
