"""The dense perceptron at the limits of its numbers, next to a score of 0, and against floats."""

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decai.classifier import DensePerceptron
from decai.errors import InputError
from decai.samples import Samples
from tests.classifier.vectors import EXACT, F, i64, random_unit, unit, vectors
from tests.oracles import DensePerceptronOracle

NAMES = ("no", "yes")
WEIGHT_LIMIT = 2**62
SUM_LIMIT = 2**55 - 1
RATE_LIMIT = 2**32 - 1

weights = st.one_of(
    st.sampled_from([0, 1, -1, F, WEIGHT_LIMIT, -WEIGHT_LIMIT]), st.integers(-WEIGHT_LIMIT, WEIGHT_LIMIT)
)
rates = st.one_of(st.sampled_from([1, F // 2, RATE_LIMIT]), st.integers(1, RATE_LIMIT))


@settings(deadline=None, max_examples=80)
@given(
    base=st.lists(weights, min_size=3, max_size=3),
    intercept=weights,
    rate=rates,
    stream=st.lists(st.tuples(vectors, st.integers(0, 1)), min_size=1, max_size=15),
)
def test_every_weight_and_prediction_is_the_rule_s(
    base: list[int], intercept: int, rate: int, stream: list[tuple[list[int], int]]
) -> None:
    model = DensePerceptron(NAMES, base, intercept, rate)
    oracle = DensePerceptronOracle(base, intercept, rate)
    packed = Samples.dense([row for row, _ in stream])
    for row, label in stream:
        assert model.predict(i64(row)) == oracle.predict(row)
        model.update(i64(row), label)
        oracle.update(row, label)
        assert model.weights() == oracle.weights()
        assert model.predict_many(packed).tolist() == [oracle.predict(other) for other, _ in stream]


@pytest.mark.parametrize("label", [0, 1])
def test_a_sum_stops_at_its_limit_and_comes_back(label: int) -> None:
    sign = 1 if label == 1 else -1
    model = DensePerceptron(NAMES, [-sign * WEIGHT_LIMIT, 0, -sign * WEIGHT_LIMIT], 0, RATE_LIMIT)
    oracle = DensePerceptronOracle([-sign * WEIGHT_LIMIT, 0, -sign * WEIGHT_LIMIT], 0, RATE_LIMIT)
    row = [600_000_000, 800_000_000, 0]
    oracle.a = [sign * (SUM_LIMIT - 1_000_000_000), sign * (SUM_LIMIT - 1), 5]
    model.restore(type(model.checkpoint())(tuple(oracle.base), tuple(oracle.a)))
    for _ in range(3):
        assert model.weights() == oracle.weights()
        assert model.predict(i64(row)) == oracle.predict(row)
        model.update(i64(row), label)
        oracle.update(row, label)
    assert oracle.a == [sign * SUM_LIMIT, sign * SUM_LIMIT, 5]
    model.update(i64([0, F, 0]), 1 - label)
    oracle.update([0, F, 0], 1 - label)
    assert oracle.a[1] == sign * (SUM_LIMIT - F)
    assert model.weights() == oracle.weights()


def test_floats_never_decide_what_they_cannot_know() -> None:
    """Weights at a right angle to a sample, moved off it by up to a few units."""
    rng = random.Random(40)
    cases = positive = 0
    rows = [*EXACT, *(random_unit(rng, 3) for _ in range(43))]
    packed = Samples.dense(rows)
    for _ in range(2_100):
        size = int(2 ** rng.uniform(1, 61))
        x = rng.choice(rows)
        kind = rng.randrange(4)
        # x crossed with a random vector is at a right angle to x.
        other = [rng.randrange(-1_000, 1_000) for _ in range(3)]
        cross = [
            x[1] * other[2] - x[2] * other[1],
            x[2] * other[0] - x[0] * other[2],
            x[0] * other[1] - x[1] * other[0],
        ]
        longest = max(1, *map(abs, cross))
        base = [c * size // longest + rng.choice([0, 0, 1, -1]) for c in cross] if kind else [0, 0, 0]
        intercept = rng.choice([0, 0, 1, -1, size, -size])
        if kind == 1:  # all of the score is in the intercept, but for a rounding
            base = [base[0] * 0 + size, 0, 0]
            intercept = -size + rng.choice([-1, 0, 1])
        base = [max(-WEIGHT_LIMIT, min(WEIGHT_LIMIT, b)) for b in base]
        model = DensePerceptron(NAMES, base, intercept)
        oracle = DensePerceptronOracle(base, intercept, F // 2)
        answers = [oracle.predict(row) for row in rows]
        assert model.predict_many(packed).tolist() == answers
        cases += len(rows)
        positive += sum(answers)
    assert cases >= 100_000
    assert cases // 4 < positive < 3 * cases // 4


@settings(deadline=None, max_examples=40)
@given(
    stream=st.lists(st.tuples(vectors, st.integers(0, 1)), max_size=10),
    later=st.lists(st.tuples(vectors, st.integers(0, 1)), max_size=5),
    rate=rates,
    epochs=st.integers(1, 3),
)
def test_training_makes_what_was_learned_the_base(
    stream: list[tuple[list[int], int]], later: list[tuple[list[int], int]], rate: int, epochs: int
) -> None:
    model = DensePerceptron(NAMES, [1, -F, 7], 3, rate)
    oracle = DensePerceptronOracle([1, -F, 7], 3, rate)
    rows, labels = [row for row, _ in stream], [label for _, label in stream]
    model.train(Samples.dense(rows), np.array(labels, dtype=np.int64), epochs=epochs)
    oracle.train(rows, labels, epochs)
    for row, label in later:
        model.update(i64(row), label)
        oracle.update(row, label)
    assert model.weights() == oracle.weights()


def test_training_that_leads_out_of_range_changes_nothing() -> None:
    model = DensePerceptron(NAMES, [WEIGHT_LIMIT, 0, -WEIGHT_LIMIT], 0, RATE_LIMIT)
    model.update(i64([0, F, 0]), 1)
    before = model.weights()
    with pytest.raises(InputError, match=r"training led to a weight above 2\^62"):
        # The score is 0.2 * 2^62, so this is a mistake that moves weight 0 up, from its limit.
        model.train(Samples.dense([[-600_000_000, 0, -800_000_000]]), np.array([0]))
    assert model.weights() == before
    with pytest.raises(InputError, match="the number of epochs must be above 0"):
        model.train(Samples.dense([[F, 0, 0]]), np.array([1]), epochs=0)


def test_equals_a_perceptron_in_floats() -> None:
    rng = np.random.default_rng(41)
    size, rate = 20, 0.5
    truth = rng.normal(size=size)
    model = DensePerceptron(NAMES, [0] * size, learning_rate=F // 2)
    floats, agreed = np.zeros(size), 0
    for _ in range(2_000):
        row = unit(rng.normal(size=size).tolist())
        x = np.array(row) / F
        label = int(truth @ x > 0)
        prediction = int(floats @ x > 0)
        agreed += model.predict(i64(row)) == prediction
        if prediction != label:
            floats += rate * x if label else -rate * x
        model.update(i64(row), label)
    assert agreed >= 1_999
    assert np.abs(np.array(model.weights()) / F - floats).max() < 1e-8


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"weights": []}, "needs at least one weight"),
        ({"weights": [2**62 + 1]}, r"every weight must be at most 2\^62"),
        ({"weights": [-(2**62) - 1]}, r"every weight must be at most 2\^62"),
        ({"intercept": 2**62 + 1}, r"every weight must be at most 2\^62"),
        ({"learning_rate": 0}, "the learning rate must be from"),
        ({"classes": ("a", "b", "c")}, "has exactly two classes, not 3"),
    ],
)
def test_what_cannot_be_a_model_is_said_in_one_line(arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError, match=f"^dense-perceptron: {reason}"):
        DensePerceptron(**{"classes": NAMES, "weights": [0], **arguments})


def test_a_32_bit_vector_is_stored_like_any_other() -> None:
    model = DensePerceptron(NAMES, [0, 0])
    assert model.store(np.array([F, 0], dtype=np.int32)).dtype == np.int64
