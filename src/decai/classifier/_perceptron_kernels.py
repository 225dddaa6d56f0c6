"""The hot loops of the sparse perceptron: scores, and learning by a fixed step."""

import numpy as np
from numpy.typing import NDArray

from decai.classifier._sparse import CHANGED, PLACE, UNCHANGED, all_placed, are_direct
from decai.kernel import kernel
from decai.samples import FloatArray, IntArray

__all__ = ["judge_rows", "learn", "predict_rows", "score", "train"]


@kernel
def score(columns: NDArray[np.int32], weights: IntArray, intercept: int) -> int:
    """The intercept and the weights of the features that have one."""
    total = intercept
    size = len(weights)
    for column in columns:
        if 0 <= column < size:
            total += weights[column]
    return total


@kernel
def predict_rows(
    values: NDArray[np.int32],
    starts: IntArray,
    ends: IntArray,
    weights: IntArray,
    intercept: int,
    out: IntArray,
) -> None:
    """Into `out`, the label of each sample."""
    for row in range(len(starts)):
        out[row] = 1 if score(values[starts[row] : ends[row]], weights, intercept) > 0 else 0


@kernel
def judge_rows(
    values: NDArray[np.int32],
    starts: IntArray,
    ends: IntArray,
    weights: IntArray,
    intercept: int,
    out: IntArray,
    margins: FloatArray,
) -> None:
    """Into `out`, the label of each sample; into `margins`, how far it is from any doubt."""
    for row in range(len(starts)):
        exact = score(values[starts[row] : ends[row]], weights, intercept)
        out[row] = 1 if exact > 0 else 0
        margins[row] = abs(float(exact)) * (1 - 2.0**-50)


@kernel
def learn(
    columns: NDArray[np.int32],
    label: int,
    limit: int,
    direct: int,
    size: int,
    base: IntArray,
    counters: NDArray[np.int32],
    weights: IntArray,
    rate: int,
    intercept: int,
    most: int,
) -> int:
    """UNCHANGED or CHANGED, or with nothing done PLACE.

    If `columns` may be anything yet, `limit` is what each column is below; else it is 0.
    """
    placed = all_placed(columns, direct, size)
    if not placed and limit and not are_direct(columns, limit):
        return PLACE
    prediction = 1 if score(columns, weights, intercept) > 0 else 0
    if prediction == label:
        return UNCHANGED
    if not placed:
        return PLACE
    step = 1 if label == 1 else -1
    for column in columns:
        counter = counters[column] + step
        if -most <= counter < most:
            counters[column] = counter
            weights[column] = base[column] + counter * rate
    return CHANGED


@kernel
def train(
    values: NDArray[np.int32],
    starts: IntArray,
    ends: IntArray,
    labels: IntArray,
    intercept: int,
    counts: IntArray,
    sums: IntArray,
) -> None:
    """One pass over T samples, in units of the step.

    A count that changes by s at sample t stands for T - t of the T models that the mean is taken of,
    so it adds s * (T - t) to `sums`.
    """
    total = len(starts)
    for row in range(total):
        columns = values[starts[row] : ends[row]]
        label = labels[row]
        if (1 if score(columns, counts, intercept) > 0 else 0) != label:
            step = 1 if label == 1 else -1
            for column in columns:
                counts[column] += step
                sums[column] += step * (total - row)
