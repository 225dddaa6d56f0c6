"""The sparse nearest centroid at the limits of its counts, next to a tie, and against scikit-learn."""

import dataclasses
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import NearestCentroid

from decai.classifier import SparseCentroid
from decai.errors import InputError
from decai.samples import Samples
from tests.oracles import SparseCentroidOracle

F = 10**9
U32 = 2**32 - 1
NAMES = ("a", "b", "c")

indices = st.sampled_from([0, 1, 2, 3, 2**20, 2**20 + 1, 2**31, 2**32 - 1])
values = st.one_of(st.sampled_from([0, 1, F // 2, F // 2 + 1, F - 1, F]), st.integers(0, F))
numbers = st.one_of(st.sampled_from([0, 1, 2, U32 - 2, U32 - 1, U32]), st.integers(0, U32))
rows = st.sets(indices, max_size=5).map(sorted)


def i64(*row: int) -> Any:
    return np.array(row, dtype=np.int64)


def assert_same_state(model: SparseCentroid, oracle: SparseCentroidOracle) -> None:
    for label, n in enumerate(oracle.n):
        sums = oracle.mean_times_n(label)
        assert model.num_samples(label) == n
        assert model.centroid(label) == {j: s // n for j, s in sums.items() if n and s // n}
        assert model.squared_magnitude(label) == (sum(s * s for s in sums.values()) // n**2 if n else 0)
        for index in (0, 5, 2**20, 2**32 - 1):
            assert model.centroid_value(label, index) == (sums.get(index, 0) // n if n else 0)


@settings(deadline=None, max_examples=40)
@given(
    v0=st.lists(st.dictionaries(indices, values, max_size=5), min_size=3, max_size=3),
    n0=st.lists(numbers, min_size=3, max_size=3),
    stream=st.lists(st.tuples(rows, st.integers(0, 2)), max_size=12),
)
def test_every_centroid_and_prediction_is_the_rule_s(
    v0: list[dict[int, int]], n0: list[int], stream: list[tuple[list[int], int]]
) -> None:
    model, oracle = SparseCentroid(NAMES, v0, n0), SparseCentroidOracle(v0, n0)
    assert_same_state(model, oracle)
    for row, label in stream:
        assert model.predict(i64(*row)) == oracle.predict(row)
        model.update(i64(*row), label)
        oracle.update(row, label)
    assert_same_state(model, oracle)
    assert [model.predict(i64(*row)) for row, _ in stream] == [oracle.predict(row) for row, _ in stream]


def test_counts_stop_at_their_limits() -> None:
    v0, n0 = [{0: F, 1: 5}, {0: 3}], [U32 - 2, 7]
    model, oracle = SparseCentroid(("a", "b"), v0, n0), SparseCentroidOracle(v0, n0)
    near = {0: U32 - 1, 1: U32}
    checkpoint = model.checkpoint()
    table = checkpoint.counts.copy()
    for index, count in near.items():
        table[index, 0] = count
    sums = (F * F + 25, F * (U32 - 1) + 5 * U32, (U32 - 1) ** 2 + U32**2)
    model.restore(dataclasses.replace(checkpoint, counts=table, squares=(sums, checkpoint.squares[1])))
    oracle.k[0] = near
    assert_same_state(model, oracle)
    for _ in range(4):
        model.update(i64(0, 1, 2), 0)
        oracle.update([0, 1, 2], 0)
        assert_same_state(model, oracle)
        for row in ([], [0], [1], [0, 1], [2], [0, 1, 2]):
            assert model.predict(i64(*row)) == oracle.predict(row)
    assert (oracle.n, oracle.k[0]) == ([U32, 7], {0: U32, 1: U32, 2: 4})


def test_the_longest_sample_and_more_features_than_it_lists() -> None:
    v0 = [{index: F - index for index in range(20_000)}, {3 * index: F for index in range(20_000)}]
    n0 = [U32, U32]
    model, oracle = SparseCentroid(("a", "b"), v0, n0), SparseCentroidOracle(v0, n0)
    assert_same_state(model, oracle)
    longest = list(range(16_384))
    model.update(i64(*longest), 1)
    oracle.update(longest, 1)
    for row in (longest, [3 * index for index in longest], []):
        assert model.predict(i64(*row)) == oracle.predict(row)


class Counted(SparseCentroid):
    """Counts how often the integers had to decide."""

    exact = 0

    def predict_exact(self, columns: Any) -> int:
        self.exact += 1
        return super().predict_exact(columns)


def near_tie(rng: random.Random) -> tuple[list[dict[int, int]], list[int]]:
    """Two centroids at the same distance from some samples, or nearly so."""
    first = [rng.choice([0, F // 2, F, rng.randrange(F + 1)]) for _ in range(4)]
    second = first[:]
    kind = rng.randrange(4)
    if kind == 0:
        rng.shuffle(second)
    elif kind == 1:  # p, p against p + d, p - d: apart by 2 d^2
        p, d = rng.randrange(F // 4, F // 2), int(10 ** rng.uniform(0, 8))
        first[0] = first[1] = p
        second[0], second[1] = p + d, p - d
    elif kind == 2:
        place = rng.randrange(4)
        second[place] = max(0, min(F, second[place] + rng.choice([-1, 1])))
    else:
        second = [rng.randrange(F + 1) for _ in range(4)]
    if rng.random() < 0.5:
        first, second = second, first
    return [dict(enumerate(first)), dict(enumerate(second))], [
        rng.choice([1, 2, 3, 1000, U32]) for _ in range(2)
    ]


def test_floats_never_decide_what_they_cannot_know() -> None:
    rng = random.Random(30)
    queries = [[j for j in range(5) if bits >> j & 1] for bits in range(32)]
    packed = Samples.sparse(queries)
    cases = exact = 0
    for _ in range(1_600):
        v0, n0 = near_tie(rng)
        model, oracle = Counted(("a", "b"), v0, n0), SparseCentroidOracle(v0, n0)
        for _ in range(2):
            answers = model.predict_many(packed).tolist()
            exact += model.exact
            cases += len(queries)
            assert answers == [oracle.predict(row) for row in queries]
            assert model.predict(packed[7]) == answers[7]
            assert model.predict(packed[31]) == answers[31]
            model.exact = 0
            for label in (0, 1):
                row = rng.choice(queries)
                model.update(i64(*row), label)
                oracle.update(row, label)
    assert cases >= 100_000
    assert cases // 20 < exact < cases // 2


def test_random_small_models_agree_with_the_integers() -> None:
    rng = random.Random(31)
    queries = [[j for j in range(5) if bits >> j & 1] for bits in range(32)]
    packed = Samples.sparse(queries)
    cases = 0
    for _ in range(60):
        model = SparseCentroid(NAMES)
        oracle = SparseCentroidOracle([{}] * 3, [0] * 3)
        for _ in range(20):
            row, label = rng.choice(queries), rng.randrange(3)
            model.update(i64(*row), label)
            oracle.update(row, label)
            assert model.predict_many(packed).tolist() == [oracle.predict(row) for row in queries]
            cases += len(queries)
    assert cases >= 38_000


def test_an_exact_tie_goes_to_the_integers_and_the_lowest_class() -> None:
    # Means (1/2, 0) of 2 and (0, 1/2) of 4 samples: both are as far from (), (0, 1) and (2).
    model = Counted(("a", "b"), [{0: F // 2}, {1: F // 2}], [2, 4])
    for row, expected in [([], 0), ([0, 1], 0), ([2], 0), ([1], 1), ([0], 0)]:
        assert model.predict(i64(*row)) == expected
    assert model.exact == 3
    # One unit less in the mean of feature 1 makes b nearer to () and farther from (0, 1).
    model = Counted(("a", "b"), [{0: F // 2}, {1: F // 2 - 1}], [2, 4])
    assert [model.predict(i64(*row)) for row in ([], [0, 1])] == [1, 0]


def test_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(32)
    words, docs = 300, 3_000
    rates = 0.01 + rng.beta(0.3, 4, (3, words)) * 0.9
    labels = rng.integers(0, 3, docs)
    table = rng.random((docs, words)) < rates[labels]
    rows_ = [np.flatnonzero(row) for row in table]
    model = SparseCentroid(NAMES)
    model.train(Samples.sparse(rows_[:500]), labels[:500])
    theirs = NearestCentroid().fit(table[:500].astype(float), labels[:500]).predict(table.astype(float))
    ours = model.predict_many(Samples.sparse(rows_))
    assert (ours == theirs).mean() >= 0.999
    assert (ours == labels).mean() > 0.9


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"samples": [1]}, "needs the centroid of each of its 2 classes"),
        ({"centroids": [{}]}, "needs the centroid of each of its 2 classes"),
        ({"samples": [2**32, 0]}, "a number of samples must be from 0 to 4294967295"),
        ({"samples": [-1, 0]}, "a number of samples must be from 0 to 4294967295"),
        ({"centroids": [{0: F + 1}, {}]}, "every centroid value must be from 0 to 1"),
        ({"centroids": [{0: -1}, {}]}, "every centroid value must be from 0 to 1"),
        ({"centroids": [{2**32: 1}, {}]}, "a feature index must be from 0 to 4294967295"),
        ({"classes": ("a",)}, "needs at least 2 classes, not 1"),
    ],
)
def test_what_cannot_be_a_model_is_said_in_one_line(arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError, match=f"^sparse-centroid: {reason}"):
        SparseCentroid(**{"classes": ("a", "b"), **arguments})


def test_training_with_one_malformed_sample_changes_nothing() -> None:
    model = SparseCentroid(("a", "b"))
    with pytest.raises(
        InputError, match="sample 1: sparse-centroid: the features must be strictly increasing"
    ):
        model.train(Samples.sparse([[1, 2], [2, 1]]), np.array([0, 1]))
    assert (model.num_samples(0), model.num_features) == (0, 0)
