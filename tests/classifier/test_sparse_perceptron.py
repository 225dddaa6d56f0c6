"""The sparse perceptron at the limits of its numbers, its training, and against floats."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decai.classifier import SparsePerceptron
from decai.errors import InputError, Refused
from decai.samples import Samples
from tests.oracles import SparsePerceptronOracle, toward_zero

F = 10**9
WEIGHT_LIMIT = 2**47 - 1
RATE_LIMIT = 2**32 - 1
NAMES = ("no", "yes")

indices = st.sampled_from([0, 1, 2, 3, 17, 2**20, 2**20 + 1, 2**31 - 1, 2**31, 2**32 - 1])
weights = st.one_of(
    st.sampled_from([0, 1, -1, WEIGHT_LIMIT, -WEIGHT_LIMIT]), st.integers(-WEIGHT_LIMIT, WEIGHT_LIMIT)
)
rates = st.one_of(st.sampled_from([1, 10**7, RATE_LIMIT]), st.integers(1, RATE_LIMIT))
rows = st.lists(indices, max_size=6)


def i32(*row: int) -> Any:
    return np.array(row, dtype=np.int32)


def i64(*row: int) -> Any:
    return np.array(row, dtype=np.int64)


@settings(deadline=None, max_examples=60)
@given(
    base=st.dictionaries(indices, weights, max_size=6),
    intercept=weights,
    rate=rates,
    stream=st.lists(st.tuples(rows, st.integers(0, 1)), max_size=25),
)
def test_every_weight_and_prediction_is_the_rule_s(
    base: dict[int, int], intercept: int, rate: int, stream: list[tuple[list[int], int]]
) -> None:
    model = SparsePerceptron(NAMES, base, intercept, rate)
    oracle = SparsePerceptronOracle(base, intercept, rate)
    for row, label in stream:
        assert model.predict(i64(*row)) == oracle.predict(row)
        model.update(i64(*row), label)
        oracle.update(row, label)
        for index in row:
            assert model.weight(index) == oracle.weight(index)
    for row, _ in stream:
        assert model.predict(i64(*row)) == oracle.predict(row)
    assert {index: model.weight(index) for index in base} == {index: oracle.weight(index) for index in base}


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("rate", [1, RATE_LIMIT])
def test_a_counter_stops_at_its_limit_and_comes_back(label: int, rate: int) -> None:
    sign = 1 if label == 1 else -1
    # Feature 1 keeps the score on the other side, so that every update is a mistake.
    model = SparsePerceptron(NAMES, {1: -sign * WEIGHT_LIMIT, 2: -sign * WEIGHT_LIMIT}, 0, rate)
    oracle = SparsePerceptronOracle({1: -sign * WEIGHT_LIMIT, 2: -sign * WEIGHT_LIMIT}, 0, rate)
    steps = [0] * 13_000 + [1, 2]
    for _ in range(3):
        if oracle.predict(steps) == label:
            break
        model.update(i32(*steps), label)
        oracle.update(steps, label)
    for _ in range(3):
        # Down by repeats of feature 0 alone, on which the model now agrees with `label`.
        assert model.weight(0) == oracle.weight(0)
        model.update(i32(0, 0, 0), 1 - label)
        oracle.update([0, 0, 0], 1 - label)
    if rate == 1:
        assert oracle.k[0] == (32_767 if label else -32_768) - sign * 9
    assert model.weights() == {j: oracle.weight(j) for j in range(3)}


@pytest.mark.parametrize("sign", [1, -1])
def test_the_largest_score_fits(sign: int) -> None:
    opposing = range(1, 12_001)
    base = {0: sign * WEIGHT_LIMIT, **dict.fromkeys(opposing, -sign * WEIGHT_LIMIT)}
    model = SparsePerceptron(NAMES, base, sign * WEIGHT_LIMIT, RATE_LIMIT)
    oracle = SparsePerceptronOracle(base, sign * WEIGHT_LIMIT, RATE_LIMIT)
    row = [0] * 4_000 + list(opposing)
    for _ in range(9):
        model.update(i32(*row), 1 if sign == 1 else 0)
        oracle.update(row, 1 if sign == 1 else 0)
    assert oracle.k[0] == (32_767 if sign == 1 else -32_000 - 768)
    assert model.weight(0) == sign * WEIGHT_LIMIT + oracle.k[0] * RATE_LIMIT
    many = [0] * 16_384
    for probe in (many, row, [0] * 8_192 + list(opposing)[:8_192], [0] * 5_500 + list(opposing)[:10_884]):
        assert model.predict(i32(*probe)) == oracle.predict(probe)
    assert model.predict(i32(*many)) == (1 if sign == 1 else 0)
    with pytest.raises(Refused, match="too many features"):
        model.predict(i32(*many, 0))


def test_repeats_cross_the_limit_within_one_sample() -> None:
    model = SparsePerceptron(NAMES, [0, -WEIGHT_LIMIT], 0, 1)
    for expected in (16_383, 32_766, 32_767):
        model.update(i32(*[0] * 16_383, 1), 1)
        assert model.weight(0) == expected


def test_more_weights_than_a_sample_may_list() -> None:
    base = np.arange(20_000, dtype=np.int64) - 10_000
    model = SparsePerceptron(NAMES, base)
    assert model.num_features == 20_000
    assert model.weights() == {index: index - 10_000 for index in range(20_000)}
    mapped = SparsePerceptron(NAMES, {2**20 + 7 * index: index for index in range(20_000)})
    assert (mapped.num_features, mapped.weight(2**20 + 7 * 19_999)) == (20_000, 19_999)


def test_hashed_indices_take_no_more_room_than_was_learned() -> None:
    model = SparsePerceptron(NAMES, [5])
    model.update(i64(2**32 - 1, 2**20), 1)
    assert model.weights() == {0: 5, 2**20: 10_000_000, 2**32 - 1: 10_000_000}
    model.store(i64(2**31))
    model.predict(i64(2**30))
    assert model.num_features == 3
    model.update(i64(0, 2**29), 1)
    assert model.num_features == 3  # the model agreed, so there was nothing to learn


def test_an_index_beyond_the_table_in_32_bits_is_hashed_too() -> None:
    model = SparsePerceptron(NAMES)
    stored = [model.store(i32(2**20 + step)) for step in range(3)]
    model.update(i32(2**20 + 2), 1)
    out = np.empty(3, dtype=np.int64)
    values: Any = np.concatenate(stored)
    model.predict_rows(values, np.arange(3), np.arange(3) + 1, out)
    assert out.tolist() == [0, 0, 1]
    assert model.weights() == {2**20: 0, 2**20 + 1: 0, 2**20 + 2: 10_000_000}


@settings(deadline=None, max_examples=60)
@given(
    data=st.lists(st.tuples(st.lists(indices, max_size=5), st.integers(0, 1)), max_size=15),
    intercept=st.one_of(st.integers(-5, 5), st.integers(-F, F)),
    step=st.one_of(st.integers(1, 4), st.integers(1, 2 * F)),
    epochs=st.integers(1, 3),
    averaged=st.booleans(),
)
def test_training_is_the_rule_s_mean_of_models(
    data: list[tuple[list[int], int]], intercept: int, step: int, epochs: int, averaged: bool
) -> None:
    model = SparsePerceptron(NAMES, {4: 77, 2**25: 99}, intercept)
    model.update(i32(4), 0)
    oracle = SparsePerceptronOracle({}, intercept, 10**7)
    lists, labels = [row for row, _ in data], [label for _, label in data]
    lengths = np.array([len(row) for row in lists], dtype=np.int64)
    ends = np.cumsum(lengths)
    samples = Samples(np.array([j for row in lists for j in row], dtype=np.int64), ends - lengths, ends)
    model.train(samples, np.array(labels, dtype=np.int64), step=step, epochs=epochs, averaged=averaged)
    oracle.train(lists, labels, step, epochs, averaged)
    assert {j: w for j, w in model.weights().items() if w} == {j: w for j, w in oracle.base.items() if w}
    for row, label in data:
        model.update(i64(*row), label)
        oracle.update(row, label)
        assert model.predict(i64(*row)) == oracle.predict(row)


def test_the_mean_is_exact_and_truncated_toward_zero() -> None:
    # Sample 0 is a mistake (+1 for 3 of 3 models); sample 1 agrees; sample 2 is a mistake (-1 for 1 of 3).
    model = SparsePerceptron(NAMES)
    samples, labels = Samples.sparse([[0], [0], [0, 1]]), np.array([1, 1, 0])
    model.train(samples, labels, step=100)
    assert model.weights() == {0: toward_zero(100 * (3 - 1), 3), 1: toward_zero(-100, 3)} == {0: 66, 1: -33}
    model.train(samples, labels, step=100, averaged=False)
    assert model.weights() == {0: 0, 1: -100}


def test_training_that_leads_out_of_range_changes_nothing() -> None:
    model = SparsePerceptron(NAMES, [3, -4])
    model.update(i32(1), 1)
    before, known = model.weights(), model.num_features
    for rows_, step in [([[900]], 2**47), ([[0], [900]], 2**47), ([[2**22]], 10**30)]:
        with pytest.raises(InputError, match=r"weight \d+ must be between -140737.48 and 140737.48"):
            model.train(Samples.sparse(rows_), np.ones(len(rows_), dtype=np.int64), step=step)
    assert (model.weights(), model.num_features) == (before, known)
    model.train(Samples.sparse([[900]]), np.array([1]), step=WEIGHT_LIMIT)
    assert model.weight(900) == WEIGHT_LIMIT
    for step, epochs in ((0, 1), (-1, 1), (1, 0)):
        with pytest.raises(InputError, match="must be above 0"):
            model.train(Samples.sparse([[1]]), np.array([1]), step=step, epochs=epochs)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"weights": [0, 2**47]}, r"weight 1 must be between -140737.48 and 140737.48"),
        ({"weights": {7: -(2**47)}}, "weight 7 must be between"),
        ({"weights": np.array([-(2**63)])}, "weight 0 must be between"),
        ({"intercept": 2**47}, "the intercept must be between"),
        ({"weights": {-1: 0}}, "a feature index must be from 0 to 4294967295"),
        ({"weights": {2**32: 0}}, "a feature index must be from 0 to 4294967295"),
        ({"learning_rate": 0}, "the learning rate must be from"),
        ({"learning_rate": 2**32}, "the learning rate must be from"),
        ({"classes": ("a", "b", "c")}, "has exactly two classes, not 3"),
        ({"classes": ("a",)}, "needs at least 2 classes, not 1"),
        ({"classes": ("a", "")}, "every class needs a name"),
    ],
)
def test_what_cannot_be_a_model_is_said_in_one_line(arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError, match=f"^sparse-perceptron: {reason}"):
        SparsePerceptron(**{"classes": NAMES, **arguments})


def test_equals_a_perceptron_in_floats_where_floats_are_exact() -> None:
    rng = np.random.default_rng(1)
    rate = 1 / 64  # exact in binary and in fixed point
    start = rng.integers(-64, 64, 200)
    model = SparsePerceptron(NAMES, start * (F // 64), intercept=F // 64, learning_rate=F // 64)
    floats = start / 64
    truth = rng.normal(size=200)
    for _ in range(3_000):
        row = rng.integers(0, 200, rng.integers(1, 20)).astype(np.int32)
        label = int(truth[row].sum() > 0)
        prediction = int(floats[row].sum() + rate > 0)
        assert model.predict(row) == prediction
        if prediction != label:
            np.add.at(floats, row, rate if label else -rate)
        model.update(row, label)
    assert model.weights() == dict(enumerate((floats * F).astype(np.int64).tolist()))
