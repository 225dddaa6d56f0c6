"""Naive Bayes at the limits of its counts, next to a tie, and against scikit-learn."""

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.naive_bayes import MultinomialNB

from decai.classifier import NaiveBayes
from decai.errors import InputError, Refused
from decai.samples import Samples
from tests.oracles import NaiveBayesOracle

F = 10**9
U32 = 2**32 - 1
NAMES = ("a", "b", "c")

indices = st.sampled_from([0, 1, 2, 3, 2**20, 2**20 + 1, 2**31, 2**32 - 1])
counts = st.one_of(st.sampled_from([0, 1, 2, 2**31, U32 - 2, U32 - 1, U32]), st.integers(0, U32))
alphas = st.one_of(st.sampled_from([1, F, U32]), st.integers(1, U32))
vocabularies = st.one_of(st.sampled_from([1, 4, U32]), st.integers(1, U32))
rows = st.lists(indices, max_size=6)


def i64(*row: int) -> Any:
    return np.array(row, dtype=np.int64)


def assert_same_state(model: NaiveBayes, oracle: NaiveBayesOracle) -> None:
    for label, of_class in enumerate(oracle.count):
        assert model.counts(label) == {j: n for j, n in of_class.items() if n}
        assert model.total_count(label) == sum(of_class.values())
        assert model.num_samples(label) == oracle.n[label]
        assert [model.count(label, j) for j in (0, 5, 2**30, 2**32 - 1)] == [
            of_class.get(j, 0) for j in (0, 5, 2**30, 2**32 - 1)
        ]


@settings(deadline=None, max_examples=40)
@given(
    vocabulary=vocabularies,
    alpha=alphas,
    samples=st.lists(counts, min_size=3, max_size=3),
    of_classes=st.lists(st.dictionaries(indices, counts, max_size=5), min_size=3, max_size=3),
    stream=st.lists(st.tuples(rows, st.integers(0, 2)), max_size=12),
)
def test_every_count_and_prediction_is_the_rule_s(
    vocabulary: int,
    alpha: int,
    samples: list[int],
    of_classes: list[dict[int, int]],
    stream: list[tuple[list[int], int]],
) -> None:
    model = NaiveBayes(NAMES, vocabulary, alpha, samples, of_classes)
    oracle = NaiveBayesOracle(vocabulary, alpha, samples, of_classes)
    assert_same_state(model, oracle)
    for row, label in stream:
        assert model.predict(i64(*row)) == oracle.predict(row)
        model.update(i64(*row), label)
        oracle.update(row, label)
    assert_same_state(model, oracle)
    assert [model.predict(i64(*row)) for row, _ in stream] == [oracle.predict(row) for row, _ in stream]


@pytest.mark.parametrize("bulk", [False, True], ids=["one by one", "in bulk"])
def test_a_count_stops_at_its_limit_and_adds_nothing_to_the_total(bulk: bool) -> None:
    samples, of_classes = [U32 - 1, 5, 0], [{0: U32 - 2, 1: 7}, {0: U32}, {}]
    model = NaiveBayes(NAMES, 4, F, samples, of_classes)
    oracle = NaiveBayesOracle(4, F, samples, of_classes)
    stream = [([0, 0, 0, 1], 0), ([0, 1], 0), ([0], 1), ([], 0)]
    for row, label in stream:
        oracle.update(row, label)
        if not bulk:
            model.update(i64(*row), label)
    if bulk:
        model.train(Samples.sparse([row for row, _ in stream]), np.array([label for _, label in stream]))
    assert_same_state(model, oracle)
    assert (model.count(0, 0), model.total_count(0), model.num_samples(0)) == (U32, U32 + 9, U32)
    assert (model.count(1, 0), model.total_count(1), model.num_samples(1)) == (U32, U32, 6)
    for row in ([], [0], [1], [2], [0] * 9, [0, 1, 2]):
        assert model.predict(i64(*row)) == oracle.predict(row)


def test_the_longest_sample() -> None:
    model = NaiveBayes(("a", "b"), 3, 1, [1, 1], [{0: U32, 1: 1}, {0: U32, 2: 1}])
    oracle = NaiveBayesOracle(3, 1, [1, 1], [{0: U32, 1: 1}, {0: U32, 2: 1}])
    for row in ([0] * 16_384, [5] * 16_384, [1] * 16_383 + [2], [2] * 8_192 + [1] * 8_192):
        assert model.predict(i64(*row)) == oracle.predict(row)
    with pytest.raises(Refused, match="too many features"):
        model.update(i64(*[0] * 16_385), 0)


def test_more_features_than_a_sample_may_list() -> None:
    of_class = {7 * index: index + 1 for index in range(20_000)}
    model = NaiveBayes(("a", "b"), 140_000, F, [1, 1], [of_class, {2**31: 1}])
    assert model.counts(0) == of_class
    assert model.num_features == 7 * 19_999 + 2
    assert model.total_count(0) == 20_000 * 20_001 // 2


class Counted(NaiveBayes):
    """Counts how often the integers had to decide."""

    exact = 0

    def predict_exact(self, columns: Any) -> int:
        self.exact += 1
        return super().predict_exact(columns)


def near_tie(rng: random.Random) -> tuple[list[int], list[dict[int, int]], int, int]:
    """Two classes whose scores are equal, or differ by a fraction of 10^-2 to 10^-19."""
    size = int(2 ** rng.uniform(1, 31.9))
    first = [rng.randrange(size // 2 + 1, size + 1) for _ in range(4)]
    second = first[:]
    kind = rng.randrange(4)
    if kind == 0:
        rng.shuffle(second)
    elif kind == 1:  # same total, products that differ by about 1 / size^2
        first = [size, size, first[2], first[3]]
        second = [size + 1, size - 1, first[2], first[3]]
    elif kind == 2:
        second[rng.randrange(4)] += rng.choice([-1, 1])
    else:
        second = [rng.randrange(0, size + 1) for _ in range(4)]
    samples = [rng.choice([1, 3, size, U32])] * 2
    if rng.random() < 0.3:
        samples[1] = max(0, min(U32, samples[1] + rng.choice([-1, 1])))
    if rng.random() < 0.5:
        first, second = second, first
    return (
        samples,
        [dict(enumerate(first)), dict(enumerate(second))],
        rng.choice([1, F // 2, F, U32]),
        rng.choice([4, 1000, U32]),
    )


def test_floats_never_decide_what_they_cannot_know() -> None:
    rng = random.Random(20)
    cases = exact = 0
    queries: list[list[int]] = [
        [0, 1],
        [1, 0],
        [0, 1, 2, 3],
        [3, 2, 1, 0, 0],
        [2, 9],
        [],
        [0] * 9,
        [1] * 9 + [0],
    ]
    queries += [rng.choices(range(5), k=rng.randrange(1, 14)) for _ in range(72)]
    packed = Samples.sparse(queries)
    for _ in range(1_300):
        samples, of_classes, alpha, vocabulary = near_tie(rng)
        model = Counted(("a", "b"), vocabulary, alpha, samples, of_classes)
        oracle = NaiveBayesOracle(vocabulary, alpha, samples, of_classes)
        answers = model.predict_many(packed).tolist()
        exact += model.exact
        assert answers == [oracle.predict(row) for row in queries]
        assert [model.predict(packed[row]) for row in range(8)] == answers[:8]
        cases += len(queries)
    assert cases >= 100_000
    assert cases // 40 < exact < cases // 2  # there were near ties, and floats decided most


def test_random_small_models_agree_with_the_integers() -> None:
    rng = np.random.default_rng(21)
    cases = 0
    for _ in range(120):
        table = rng.integers(0, 5, (3, 6))
        samples = rng.integers(0, 4, 3).tolist()
        of_classes = [dict(enumerate(row)) for row in table.tolist()]
        model = NaiveBayes(NAMES, 6, F, samples, of_classes)
        oracle = NaiveBayesOracle(6, F, samples, of_classes)
        queries = [rng.integers(0, 7, rng.integers(0, 5)).tolist() for _ in range(300)]
        assert model.predict_many(Samples.sparse(queries)).tolist() == [
            oracle.predict(row) for row in queries
        ]
        cases += len(queries)
    assert cases >= 36_000


def test_an_exact_tie_goes_to_the_integers_and_the_lowest_class() -> None:
    model = Counted(NAMES, 4, F, [2, 2, 2], [{0: 3, 1: 5}, {0: 5, 1: 3}, {1: 3, 0: 5}])
    for row, expected in [([0, 1], {0, 1}), ([], {0}), ([2], {0}), ([0, 0], {1}), ([1], {0})]:
        assert model.predict(i64(*row)) in expected
    assert model.exact == 4  # all but ([1])
    oracle = NaiveBayesOracle(4, F, [2, 2, 2], [{0: 3, 1: 5}, {0: 5, 1: 3}, {1: 3, 0: 5}])
    assert model.predict(i64(0, 1)) == oracle.predict([0, 1])


def test_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(22)
    words, classes, docs = 1_000, 4, 3_000
    topics = rng.dirichlet(np.full(words, 0.3), classes)
    labels = rng.integers(0, classes, docs)
    rows_ = [rng.choice(words, rng.integers(5, 60), p=topics[label]) for label in labels]
    table = np.stack([np.bincount(row, minlength=words) for row in rows_])
    model = NaiveBayes(("a", "b", "c", "d"), words, smoothing=F // 2)
    model.train(Samples.sparse(rows_[:1000]), labels[:1000])
    theirs = MultinomialNB(alpha=0.5).fit(table[:1000], labels[:1000]).predict(table)
    ours = model.predict_many(Samples.sparse(rows_))
    assert (ours == theirs).mean() >= 0.999
    assert (ours == labels).mean() > 0.9


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"smoothing": 0}, "the smoothing must be from 0.000000001 to 4.294967295"),
        ({"smoothing": 2**32}, "the smoothing must be from"),
        ({"vocabulary": 0}, "the number of features must be from 1 to 4294967295"),
        ({"vocabulary": 2**32}, "the number of features must be from"),
        ({"samples": [1]}, "needs the counts of each of its 2 classes"),
        ({"counts": [{}, {}, {}]}, "needs the counts of each of its 2 classes"),
        ({"samples": [2**32, 0]}, "a count must be from 0 to 4294967295"),
        ({"samples": [-1, 0]}, "a count must be from 0 to 4294967295"),
        ({"counts": [{0: 2**32}, {}]}, "a count must be from 0 to 4294967295"),
        ({"counts": [{-1: 2}, {}]}, "a feature index must be from 0 to 4294967295"),
        ({"counts": [{}, {2**32: 2}]}, "a feature index must be from 0 to 4294967295"),
        ({"classes": ("a",)}, "needs at least 2 classes, not 1"),
    ],
)
def test_what_cannot_be_a_model_is_said_in_one_line(arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError, match=f"^naive-bayes: {reason}"):
        NaiveBayes(**{"classes": ("a", "b"), "vocabulary": 3, **arguments})
