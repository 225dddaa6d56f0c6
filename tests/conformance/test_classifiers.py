"""Every classifier passes the one suite in ``classifier.py``."""

import math
import random

import numpy as np
import pytest

from decai.classifier import DenseCentroid, DensePerceptron, NaiveBayes, SparseCentroid, SparsePerceptron
from tests.conformance.classifier import ClassifierCase, ClassifierConformance, Row
from tests.oracles import (
    DenseCentroidOracle,
    DensePerceptronOracle,
    NaiveBayesOracle,
    Oracle,
    SparseCentroidOracle,
    SparsePerceptronOracle,
)

F = 10**9
SMALL = list(range(15))
HASHED = [0, 3, 2**20, 2**20 + 1, 2**31 - 1, 2**31, 2**32 - 1, 3_000_000_000, 777_777_777]
MANY = [1] * 16_385
SIZE = 3
EXACT_VECTORS = [[F, 0, 0], [0, -F, 0], [600_000_000, 800_000_000, 0], [0, 600_000_000, -800_000_000]]


def names(classes: int) -> tuple[str, ...]:
    return tuple(f"class {label}" for label in range(classes))


def unit(vector: list[float]) -> Row:
    norm = math.hypot(*vector)
    return [round(value / norm * F) for value in vector]


def draw_vector(rng: random.Random) -> Row:
    if rng.random() < 0.3:
        return rng.choice(EXACT_VECTORS)
    return unit([rng.gauss(0, 1) for _ in range(SIZE)])


def draw_small(rng: random.Random) -> Row:
    return rng.choices(SMALL, k=rng.randrange(1, 7))


def draw_hashed(rng: random.Random) -> Row:
    return rng.choices(HASHED, k=rng.randrange(1, 7))


def distinct(row: Row) -> Row:
    return sorted(set(row))


def perceptron_oracle() -> Oracle:
    return SparsePerceptronOracle({}, 0, 10_000_000)


def bayes_oracle(classes: int) -> Oracle:
    return NaiveBayesOracle(15, F, [0] * classes, [{}] * classes)


def centroid_oracle(classes: int) -> Oracle:
    return SparseCentroidOracle([{}] * classes, [0] * classes)


BAD_SMALL = [[-1], [0, -(2**31)], MANY]
BAD_HASHED = [[2**32], [-1], [5, -(2**63)], [2**63 - 1], MANY]
BAD_VECTORS = [
    [F, 0],
    [F, 0, 0, 0],
    [],
    [0, 0, 0],
    [F, 100, 300_000],  # the squared norm is F^2 + 9.000001e10: in
    [F, 0, 400_000],  # and this F^2 + 1.6e11: out
    [F - 50, 0, 0],  # F^2 - 1e11 + 2500: in
    [F - 51, 0, 0],  # F^2 - 1.02e11 + 2601: out
    [-(2**63), 0, 0],
    [2**63 - 1, 2**63 - 1, 2**63 - 1],
    [F + 2**54, 0, 0],  # whose square is F^2 in 64 bits
]
IN_TOLERANCE = (BAD_VECTORS[4], BAD_VECTORS[6])

CASES = [
    ClassifierCase(
        "sparse-perceptron",
        2,
        lambda: SparsePerceptron(names(2)),
        perceptron_oracle,
        draw_small,
        BAD_SMALL,
        np.int32,
        repeats="counted",
        learns_by_mistakes=True,
    ),
    ClassifierCase(
        "sparse-perceptron-hashed",
        2,
        lambda: SparsePerceptron(names(2)),
        perceptron_oracle,
        draw_hashed,
        BAD_HASHED,
        np.int64,
        repeats="counted",
        learns_by_mistakes=True,
    ),
    ClassifierCase(
        "dense-perceptron",
        2,
        lambda: DensePerceptron(names(2), [0] * SIZE, learning_rate=123_456_789),
        lambda: DensePerceptronOracle([0] * SIZE, 0, 123_456_789),
        draw_vector,
        [row for row in BAD_VECTORS if row not in IN_TOLERANCE],
        np.int64,
        learns_by_mistakes=True,
    ),
    ClassifierCase(
        "naive-bayes",
        2,
        lambda: NaiveBayes(names(2), vocabulary=15),
        lambda: bayes_oracle(2),
        draw_small,
        BAD_SMALL,
        np.int32,
        repeats="counted",
    ),
    ClassifierCase(
        "naive-bayes-hashed",
        3,
        lambda: NaiveBayes(names(3), vocabulary=15),
        lambda: bayes_oracle(3),
        draw_hashed,
        BAD_HASHED,
        np.int64,
        repeats="counted",
    ),
    ClassifierCase(
        "sparse-centroid",
        3,
        lambda: SparseCentroid(names(3)),
        lambda: centroid_oracle(3),
        lambda rng: distinct(draw_small(rng)),
        [*BAD_SMALL, [3, 2], [2, 2], [0, 2**19, 1]],
        np.int32,
        repeats="refused",
    ),
    ClassifierCase(
        "sparse-centroid-hashed",
        2,
        lambda: SparseCentroid(names(2)),
        lambda: centroid_oracle(2),
        lambda rng: distinct(draw_hashed(rng)),
        [*BAD_HASHED, [2**31, 2**20], [2**32 - 1, 2**32 - 1], [2**32 - 1, 0]],
        np.int64,
        repeats="refused",
    ),
    ClassifierCase(
        "dense-centroid",
        3,
        lambda: DenseCentroid(names(3), SIZE),
        lambda: DenseCentroidOracle(SIZE, [[0] * SIZE] * 3, [0] * 3),
        draw_vector,
        [row for row in BAD_VECTORS if row not in IN_TOLERANCE],
        np.int64,
    ),
]
DENSE_CASES = [case for case in CASES if case.repeats == "none"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
class TestClassifiers(ClassifierConformance):
    """All kinds, the sparse ones also with hashed feature indices."""


@pytest.mark.parametrize("row", IN_TOLERANCE, ids=["above", "below"])
@pytest.mark.parametrize("case", DENSE_CASES, ids=lambda case: case.name)
def test_a_norm_within_the_tolerance_is_accepted(case: ClassifierCase, row: Row) -> None:
    model = case.build()
    model.update(case.features(row), 1)
    assert model.predict(case.features(row)) == 1
