"""The dense nearest centroid at the limits of its sums, next to a tie, and against scikit-learn."""

import dataclasses
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import NearestCentroid

from decai.classifier import DenseCentroid
from decai.errors import InputError
from decai.samples import Samples
from tests.classifier.vectors import EXACT, F, i64, random_unit, unit, vectors
from tests.oracles import DenseCentroidOracle, toward_zero

U32 = 2**32 - 1
SUM_LIMIT = 2**63 - 1
NAMES = ("a", "b", "c")

values = st.one_of(st.sampled_from([0, 1, -1, F // 2, F, -F]), st.integers(-F, F))
numbers = st.one_of(st.sampled_from([0, 1, 2, U32 - 1, U32]), st.integers(0, U32))


@settings(deadline=None, max_examples=80)
@given(
    v0=st.lists(st.lists(values, min_size=3, max_size=3), min_size=3, max_size=3),
    n0=st.lists(numbers, min_size=3, max_size=3),
    stream=st.lists(st.tuples(vectors, st.integers(0, 2)), min_size=1, max_size=12),
)
def test_every_centroid_and_prediction_is_the_rule_s(
    v0: list[list[int]], n0: list[int], stream: list[tuple[list[int], int]]
) -> None:
    model, oracle = DenseCentroid(NAMES, 3, v0, n0), DenseCentroidOracle(3, v0, n0)
    packed = Samples.dense([row for row, _ in stream])
    for row, label in stream:
        assert model.predict(i64(row)) == oracle.predict(row)
        model.update(i64(row), label)
        oracle.update(row, label)
        for c, n in enumerate(oracle.n):
            assert model.num_samples(c) == n
            assert model.centroid(c) == [toward_zero(s, n) if n else 0 for s in oracle.sums[c]]
        assert model.predict_many(packed).tolist() == [oracle.predict(other) for other, _ in stream]


def test_a_sum_stops_at_its_limit_and_comes_back() -> None:
    model, oracle = DenseCentroid(("a", "b"), 3), DenseCentroidOracle(3, [[0] * 3] * 2, [0] * 2)
    oracle.sums, oracle.n = [[SUM_LIMIT - 1, -SUM_LIMIT + 1, 3], [F, F, F]], [U32 - 1, 2]
    checkpoint = model.checkpoint()
    sums = tuple(tuple(of_class) for of_class in oracle.sums)
    model.restore(dataclasses.replace(checkpoint, sums=sums, samples=tuple(oracle.n)))
    course = [[600_000_000, -800_000_000, 0], [F, 0, 0], [0, 0, F], [-F, 0, 0], [0, F, 0]]
    for row in course:
        model.update(i64(row), 0)
        oracle.update(row, 0)
        assert model.centroid(0) == [toward_zero(s, oracle.n[0]) for s in oracle.sums[0]]
        for probe in EXACT:
            assert model.predict(i64(probe)) == oracle.predict(probe)
        assert model.predict_many(Samples.dense(EXACT)).tolist() == [oracle.predict(x) for x in EXACT]
    assert oracle.sums[0] == [SUM_LIMIT - F, -SUM_LIMIT + F, F + 3]
    assert model.checkpoint().sums[0] == tuple(oracle.sums[0])
    assert (oracle.n[0], model.num_samples(0)) == (U32, U32)


def near_tie(rng: random.Random) -> tuple[list[list[int]], list[int]]:
    """Two means that mirror each other, or nearly so."""
    first = random_unit(rng, 3) if rng.random() < 0.5 else rng.choice(EXACT)[:]
    second = first[:]
    kind = rng.randrange(4)
    if kind == 0:
        rng.shuffle(second)
    elif kind == 1:
        second[rng.randrange(3)] *= -1
    elif kind == 2:
        place = rng.randrange(3)
        second[place] = max(-F, min(F, second[place] + int(10 ** rng.uniform(0, 8)) * rng.choice([-1, 1])))
    if rng.random() < 0.3:
        place = rng.randrange(3)
        second[place] = max(-F, min(F, second[place] + rng.choice([-1, 1])))
    if rng.random() < 0.5:
        first, second = second, first
    return [first, second], [rng.choice([1, 2, 3, 1000, U32]) for _ in range(2)]


def test_floats_never_decide_what_they_cannot_know() -> None:
    rng = random.Random(50)
    rows = [*EXACT, *(random_unit(rng, 3) for _ in range(20))]
    rows += [unit([1, 1, z]) for z in range(-5, 6)] + [unit([1, -1, z]) for z in range(-5, 6)]
    packed = Samples.dense(rows)
    cases = 0
    for _ in range(1_050):
        v0, n0 = near_tie(rng)
        model, oracle = DenseCentroid(("a", "b"), 3, v0, n0), DenseCentroidOracle(3, v0, n0)
        for _ in range(2):
            assert model.predict_many(packed).tolist() == [oracle.predict(row) for row in rows]
            cases += len(rows)
            for label in (0, 1):
                row = rng.choice(rows)
                model.update(i64(row), label)
                oracle.update(row, label)
    assert cases >= 100_000


def test_an_exact_tie_goes_to_the_lowest_class_and_one_unit_decides() -> None:
    middle = i64([600_000_000, 0, 800_000_000])
    for change, expected in [(0, 0), (1, 1), (-1, 0)]:
        # Mirror images in the second value, one of them a little nearer or farther in the third.
        v0 = [[0, F // 2, F // 2], [0, -(F // 2), F // 2 + change]]
        model = DenseCentroid(("a", "b"), 3, v0, [1, U32])
        assert model.predict(middle) == expected
        assert model.predict_many(Samples.one(middle)).tolist() == [expected]


def test_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(51)
    size, count = 30, 2_000
    centers = rng.normal(size=(3, size))
    labels = rng.integers(0, 3, count)
    rows = [unit((centers[label] + rng.normal(size=size) * 1.5).tolist()) for label in labels]
    model = DenseCentroid(NAMES, size)
    model.train(Samples.dense(rows[:500]), labels[:500])
    table = np.array(rows) / F
    theirs = NearestCentroid().fit(table[:500], labels[:500]).predict(table)
    ours = model.predict_many(Samples.dense(rows))
    assert (ours == theirs).mean() >= 0.999
    assert (ours == labels).mean() > 0.9
    means = np.array([model.centroid(c) for c in range(3)]) / F
    expected = np.array([table[:500][labels[:500] == c].mean(axis=0) for c in range(3)])
    assert np.abs(means - expected).max() < 1e-8


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"size": 0}, "a sample needs at least one value"),
        ({"samples": [1]}, "needs a centroid of 2 values for each of 2 classes"),
        ({"centroids": [[0, 0]]}, "needs a centroid of 2 values for each of 2 classes"),
        ({"centroids": [[0, 0], [0]]}, "needs a centroid of 2 values for each of 2 classes"),
        ({"samples": [2**32, 0]}, "a number of samples must be from 0 to 4294967295"),
        ({"samples": [0, -1]}, "a number of samples must be from 0 to 4294967295"),
        ({"centroids": [[0, F + 1], [0, 0]]}, "every centroid value must be between -1 and 1"),
        ({"centroids": [[0, 0], [-F - 1, 0]]}, "every centroid value must be between -1 and 1"),
        ({"classes": ("a",)}, "needs at least 2 classes, not 1"),
    ],
)
def test_what_cannot_be_a_model_is_said_in_one_line(arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError, match=f"^dense-centroid: {reason}"):
        DenseCentroid(**{"classes": ("a", "b"), "size": 2, **arguments})
