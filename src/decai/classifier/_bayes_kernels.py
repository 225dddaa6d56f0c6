"""The hot loops of naive Bayes: logarithms with a proven error bound, and counting."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from decai.classifier._sparse import CHANGED, PLACE, all_placed
from decai.classifier._sums import class_sum, pair_sums
from decai.kernel import kernel
from decai.samples import FloatArray, IntArray
from decai.units import SCALE

__all__ = ["COUNT_LIMIT", "count", "decide", "decide_rows", "learn"]

COUNT_LIMIT: Final = 2**32 - 1
NEAR_TIE: Final = -1
"""A kernel's answer: the error bound leaves the label open."""


@kernel
def decide(
    columns: NDArray[np.int32],
    logs: FloatArray,
    priors: FloatArray,
    log_totals: FloatArray,
    log_alpha: float,
) -> tuple[int, float]:
    """The label, or NEAR_TIE where the error bound leaves it open, and how far it is from any doubt.

    Every argument of a logarithm is below 2^93, so every logarithm is below 66 in size and, even if the
    library errs by 4 units in the last place, within 2^-44 of the true one (and 2^-52 for the rounding of
    the argument). With m features a score uses m logarithms of counts, m times that of the total, and the
    prior: (2 m + 1) * 2^-44. Partial sums are at most 66 (m + 2), so additions round by
    66 (m + 4)^2 * 2^-53 in all. Together that is below (m + 4)^2 * 2^-44. The rule itself truncates
    m quotients of at least 2^128 / D, where D is its largest denominator, each of which lowers a logarithm
    by at most 2 D * 2^-128. Both sides may be off by all this, hence the factor 2.
    """
    classes = len(priors)
    m = len(columns)
    best = -np.inf
    second = -np.inf
    largest = 0.0
    label = 0
    pair = pair_sums(columns, logs, log_alpha) if classes == 2 else (0.0, 0.0)
    for c in range(classes):
        if priors[c] == -np.inf:
            continue
        total = pair[c] if classes == 2 else class_sum(columns, logs, c, log_alpha)
        total += priors[c] - m * log_totals[c]
        largest = max(largest, log_totals[c])
        if total > best:
            second = best
            best = total
            label = c
        elif total > second:
            second = total
    bound = 2.0 * ((m + 4.0) ** 2 * 2.0**-44 + m * 2.0 * np.exp(largest) * 2.0**-128)
    # Twice, for the doubt will be there again when the model has moved.
    margin = best - second - 2.0 * bound
    if best - second <= bound:
        return NEAR_TIE, 0.0
    return label, max(0.0, margin)


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
    margins: FloatArray,
) -> int:
    near_ties = 0
    for row in range(len(starts)):
        label, margin = decide(values[starts[row] : ends[row]], logs, priors, log_totals, log_alpha)
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
    counts: NDArray[np.uint32],
    samples: IntArray,
    totals: IntArray,
    logs: FloatArray,
    priors: FloatArray,
    log_totals: FloatArray,
    alpha: int,
    vocabulary: int,
) -> tuple[int, float, float]:
    """CHANGED, or with nothing done PLACE; and by how much the score of a row can have moved, see `Drift`."""
    if not all_placed(columns, direct, size):
        return PLACE, 0.0, 0.0
    prior, log_total = priors[label], log_totals[label]
    samples[label] = min(samples[label] + 1, COUNT_LIMIT)
    priors[label] = np.log(samples[label])
    moved = priors[label] - prior
    for column in columns:
        seen = np.int64(counts[column, label])
        if seen < COUNT_LIMIT:
            counts[column, label] = seen + 1
            totals[label] += 1
            log = np.log(float((seen + 1) * SCALE + alpha))
            moved += log - logs[column, label]
            logs[column, label] = log
    log_totals[label] = np.log(float(totals[label]) * SCALE + float(alpha) * float(vocabulary))
    # Each of these logarithms is within 2^-44 of the true one.
    return CHANGED, moved + (len(columns) + 2) * 2.0**-42, log_totals[label] - log_total + 2.0**-42


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
