"""Models of every kind with every mechanism, and samples for them: what kill suites draw from."""

import math
import random
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np

from decai.classifier import DenseCentroid, DensePerceptron, NaiveBayes, SparseCentroid, SparsePerceptron
from decai.incentive import Points, Stakeable
from decai.protocols import Classifier, IncentiveMechanism
from decai.samples import Features
from decai.units import SCALE, Seconds, Wei

__all__ = ["CLASSES", "PAIRINGS", "Pairing", "classifier", "drawn", "incentive", "sample"]

CLASSES: Final = ("no", "yes")
_VECTOR: Final = 6
"""Numbers of a dense sample."""
_OF_ITS_OWN: Final = 10_000
"""Indices from here on are in one sample each."""
_GOLDEN: Final = math.pi * (3 - math.sqrt(5))
"""An angle whose multiples never come near to one another."""


class Pairing(NamedTuple):
    """What a model is put together of, by the names that commands give it."""

    classifier: str
    incentive: str

    def __str__(self) -> str:
        return f"{self.classifier}, {self.incentive}"


def _sparse_perceptron(size: int) -> Classifier:
    return SparsePerceptron(CLASSES, [(-1) ** j * (500_000_000 + 1_000_000 * j) for j in range(size)])


def _naive_bayes(size: int) -> Classifier:
    counts = [{j: 1 + j % most for j in range(size)} for most in (7, 5)]
    return NaiveBayes(CLASSES, max(size, 1), samples=[50, 40], counts=counts, index_bits=16)


def _sparse_centroid(size: int) -> Classifier:
    means = [{j: SCALE // (1 + j % most) for j in range(size)} for most in (7, 5)]
    return SparseCentroid(CLASSES, means, [50, 40], index_bits=16)


def _dense_perceptron(size: int) -> Classifier:
    return DensePerceptron(CLASSES, [(-1) ** j * 100_000_000 * (1 + j) for j in range(_VECTOR)])


def _dense_centroid(size: int) -> Classifier:
    means = [[SCALE if j == label else 0 for j in range(_VECTOR)] for label in range(2)]
    return DenseCentroid(CLASSES, _VECTOR, means, [5, 4])


_KINDS: Final[Mapping[str, Callable[[int], Classifier]]] = MappingProxyType(
    {
        "sparse-perceptron": _sparse_perceptron,
        "naive-bayes": _naive_bayes,
        "sparse-centroid": _sparse_centroid,
        "dense-perceptron": _dense_perceptron,
        "dense-centroid": _dense_centroid,
    }
)
_MECHANISMS: Final = ("stakeable", "points")
PAIRINGS: Final = tuple(Pairing(*each) for each in product(_KINDS, _MECHANISMS))


def classifier(pairing: Pairing, size: int = 10) -> Classifier:
    """What a model starts from; a sparse one knows so many features."""
    return _KINDS[pairing.classifier](size)


def incentive(pairing: Pairing) -> IncentiveMechanism:
    """Its terms: everything can be claimed after seconds."""
    if pairing.incentive == "points":
        return Points(Seconds(1))
    return Stakeable(Wei(10**9), Seconds(1), Seconds(2), Seconds(3))


def sample(pairing: Pairing, number: int) -> Features:
    """A sample for such a model, another one for each number below 50,000."""
    if pairing.classifier.startswith("dense"):
        angle = number * _GOLDEN
        vector = [round(SCALE * math.cos(angle)), round(SCALE * math.sin(angle))]
        return np.array(vector + [0] * (_VECTOR - 2), dtype=np.int64)
    return np.array([0, 4, _OF_ITS_OWN + number], dtype=np.int32)


def drawn(seed: int) -> Iterator[Pairing]:
    """Pairings in an order that chance decides, each as often as any other."""
    chance = random.Random(seed)
    while True:
        yield from chance.sample(PAIRINGS, len(PAIRINGS))
