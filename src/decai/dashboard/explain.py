"""Why a model says what it says: what each feature of a sample has to say for its class.

It is compared with the class that comes next. For people; floats, and none of it decides anything.
"""

from collections.abc import Callable, Sequence
from math import log
from typing import Final, NamedTuple

from decai.classifier import DenseCentroid, DensePerceptron, NaiveBayes, SparseCentroid, SparsePerceptron
from decai.protocols import Classifier
from decai.samples import Features
from decai.units import SCALE

__all__ = ["Reason", "reasons"]

MOST: Final = 8


class Reason(NamedTuple):
    """One feature that had a say."""

    feature: int
    weight: float
    """For the class that was chosen, if above 0; the sizes compare within one sample."""


def reasons(model: Classifier, features: Features, label: int, most: int = MOST) -> list[Reason]:
    """The features that had most to say, the strongest first.

    Parameters
    ----------
    model
        As it is now.
    features
        A sample that it takes.
    label
        What it says of it.
    most
        How many are wanted.

    Examples
    --------
    >>> import numpy as np
    >>> model = SparsePerceptron(("bad", "good"), weights=[-2 * SCALE, 3 * SCALE, 0])
    >>> reasons(model, np.array([0, 1, 2], dtype=np.int32), 1)
    [Reason(feature=1, weight=3.0), Reason(feature=0, weight=-2.0)]
    """
    explained = _explain(model, features, label)
    found = [Reason(feature, weight) for feature, weight in explained.items() if weight]
    return sorted(found, key=lambda reason: (-abs(reason.weight), reason.feature))[:most]


def _explain(model: Classifier, features: Features, label: int) -> dict[int, float]:
    if isinstance(model, SparsePerceptron):
        sign = 1 if label == 1 else -1
        return _summed(features, lambda j: sign * model.weight(j) / SCALE)
    if isinstance(model, DensePerceptron):
        sign = 1 if label == 1 else -1
        products = zip(model.weights(), features.tolist(), strict=True)
        return {j: sign * w * x / SCALE**2 for j, (w, x) in enumerate(products)}
    if isinstance(model, NaiveBayes):
        return _naive_bayes(model, features, label)
    if isinstance(model, SparseCentroid):
        return _sparse_centroid(model, features, label)
    if isinstance(model, DenseCentroid):
        return _dense_centroid(model, features, label)
    return {}


def _summed(features: Features, weight: Callable[[int], float]) -> dict[int, float]:
    """The weights of listed features; what is listed twice counts twice."""
    found: dict[int, float] = {}
    for index in features.tolist():
        found[index] = found.get(index, 0.0) + weight(index)
    return found


def _naive_bayes(model: NaiveBayes, features: Features, label: int) -> dict[int, float]:
    alpha = model.smoothing / SCALE

    def logarithm(c: int, j: int) -> float:
        return log((model.count(c, j) + alpha) / (model.total_count(c) + alpha * model.vocabulary))

    def score(c: int) -> float:
        prior = log(model.num_samples(c)) if model.num_samples(c) else float("-inf")
        return prior + sum(logarithm(c, j) for j in features.tolist())

    other = _runner_up([score(c) for c in range(len(model.classes))], label)
    return _summed(features, lambda j: logarithm(label, j) - logarithm(other, j))


def _sparse_centroid(model: SparseCentroid, features: Features, label: int) -> dict[int, float]:
    def value(c: int, j: int) -> float:
        return model.centroid_value(c, j) / SCALE

    def nearness(c: int) -> float:
        if not model.num_samples(c):
            return float("-inf")
        return 2 * sum(value(c, j) for j in features.tolist()) - model.squared_magnitude(c) / SCALE**2

    other = _runner_up([nearness(c) for c in range(len(model.classes))], label)
    return _summed(features, lambda j: 2 * (value(label, j) - value(other, j)))


def _dense_centroid(model: DenseCentroid, features: Features, label: int) -> dict[int, float]:
    sample = [x / SCALE for x in features.tolist()]
    centroids = [[v / SCALE for v in model.centroid(c)] for c in range(len(model.classes))]

    def nearness(c: int) -> float:
        if not model.num_samples(c):
            return float("-inf")
        return -float(sum((x - v) ** 2 for x, v in zip(sample, centroids[c], strict=True)))

    other = _runner_up([nearness(c) for c in range(len(centroids))], label)
    mine, theirs = centroids[label], centroids[other]
    # What brings the sample nearer to the one than to the other, number by number.
    return {
        j: (x - b) ** 2 - (x - a) ** 2 for j, (x, a, b) in enumerate(zip(sample, mine, theirs, strict=True))
    }


def _runner_up(scores: Sequence[float], label: int) -> int:
    return max((c for c in range(len(scores)) if c != label), key=lambda c: scores[c])
