"""What `judge_rows` and `drift` promise: a label stands until the model has moved further than its margin."""

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from decai.classifier import DenseCentroid, DensePerceptron, NaiveBayes, SparseCentroid, SparsePerceptron
from decai.protocols import Classifier
from decai.samples import Samples
from decai.units import SCALE

WORDS = 12

SPARSE: dict[str, Callable[[], Classifier]] = {
    "perceptron": lambda: SparsePerceptron(
        ("a", "b"), [7, -5, 3, 0, 11, -2, 1, 6, -9, 4], learning_rate=2, intercept=-1
    ),
    "bayes": lambda: NaiveBayes(("a", "b"), vocabulary=WORDS, smoothing=SCALE // 3),
    "bayes of three": lambda: NaiveBayes(("a", "b", "c"), vocabulary=WORDS),
    "centroid": lambda: SparseCentroid(("a", "b")),
    "centroid of three": lambda: SparseCentroid(("a", "b", "c")),
    "centroid with a start": lambda: SparseCentroid(
        ("a", "b"), [{0: SCALE // 2, 3: SCALE}, {1: SCALE // 3, 11: SCALE // 7}], [4, 9]
    ),
}

features = st.sets(st.integers(0, WORDS - 1), max_size=WORDS).map(sorted)
streams = st.lists(st.tuples(features, st.integers(0, 1)), min_size=1, max_size=60)


def judged(model: Classifier, rows: Samples) -> tuple[list[int], list[float]]:
    labels, margins = np.empty(len(rows), dtype=np.int64), np.empty(len(rows))
    stored = model.stored_samples(rows)
    model.judge_rows(stored.values, stored.starts, stored.ends, labels, margins)
    return labels.tolist(), margins.tolist()


@pytest.mark.parametrize("kind", SPARSE)
@given(first=streams, then=streams, rows=st.lists(features, min_size=1, max_size=12))
@settings(max_examples=150, deadline=None)
def test_a_label_stands_until_the_model_has_moved_by_its_margin(
    kind: str, first: list[tuple[list[int], int]], then: list[tuple[list[int], int]], rows: list[list[int]]
) -> None:
    model = SPARSE[kind]()
    for x, label in first:
        model.update(np.array(x, dtype=np.int32), label)
    asked = Samples.sparse(rows)
    labels, margins = judged(model, asked)
    start = model.drift
    assert labels == model.predict_many(asked).tolist()
    assert min(margins) >= 0
    for x, label in then:
        before = model.drift
        model.update(np.array(x, dtype=np.int32), label)
        now = model.drift
        assert now.era > before.era or (now.fixed >= before.fixed and now.per_feature >= before.per_feature)
        if now.era != start.era:
            return
        for row, old, margin, new in zip(rows, labels, margins, model.predict_many(asked), strict=True):
            moved = now.fixed - start.fixed + len(row) * (now.per_feature - start.per_feature)
            assert new == old or moved >= margin


@pytest.mark.parametrize("kind", SPARSE)
def test_margins_are_of_use(kind: str) -> None:
    # else the promise above could be kept by margins of 0
    model = SPARSE[kind]()
    rng = np.random.default_rng(5)
    stream = [
        (np.flatnonzero(rng.random(WORDS) < 0.4).astype(np.int32), int(rng.random() < 0.5))
        for _ in range(400)
    ]
    for x, label in stream:
        model.update(x, label)
    rows = Samples.sparse([x for x, _ in stream])
    _, margins = judged(model, rows)
    start = model.drift
    # agreeing with itself, a perceptron does not move at all
    model.update(stream[0][0], model.predict(stream[0][0]))
    moved = model.drift.fixed - start.fixed + WORDS * (model.drift.per_feature - start.per_feature)
    assert model.drift.era == start.era
    assert np.mean(np.array(margins) > moved) > 0.4


@pytest.mark.parametrize("change", ["train", "restore"])
@pytest.mark.parametrize("kind", SPARSE)
def test_every_other_change_is_measured_or_begins_an_era(kind: str, change: str) -> None:
    model = SPARSE[kind]()
    model.update(np.array([1, 2], dtype=np.int32), 1)
    kept, before = model.checkpoint(), model.drift
    if change == "train":
        model.train(Samples.sparse([[1], [2]]), np.array([0, 1]))
    else:
        model.restore(kept)
    now = model.drift
    assert now.era > before.era or (change == "train" and now.fixed > before.fixed)


@pytest.mark.parametrize("kind", ["bayes", "centroid"])
def test_a_new_class_begins_an_era(kind: str) -> None:
    model = SPARSE[kind]()
    era = model.drift.era
    model.add_class("c")
    assert model.drift.era > era


@pytest.mark.parametrize(
    "model", [DensePerceptron(("a", "b"), [1, 0]), DenseCentroid(("a", "b"), 2)], ids=lambda model: model.kind
)
def test_dense_kinds_know_no_margins(model: Classifier) -> None:
    model.update(np.array([SCALE, 0]), 1)
    _, margins = judged(model, Samples.dense([[SCALE, 0], [0, SCALE]]))
    assert margins == [0.0, 0.0]


def score(model: Classifier, label: int, row: list[int]) -> float:
    """What the rule ranks a class by, as a real number."""
    if isinstance(model, NaiveBayes):
        counts = model.counts(label)
        total = math.log(model.total_count(label) * SCALE + model.smoothing * model.vocabulary)
        likely = sum(math.log(counts.get(j, 0) * SCALE + model.smoothing) - total for j in row)
        return math.log(model.num_samples(label)) + likely
    assert isinstance(model, SparseCentroid)
    (n0, start), (k, learned) = model.initial(label), model.learned(label)
    sums = {j: n0 * start.get(j, 0) + SCALE * learned.get(j, 0) for j in {*start, *learned}}
    n = n0 + k
    square = Fraction(sum(s * s for s in sums.values()), n * n)
    return float(square - Fraction(2 * SCALE * sum(sums.get(j, 0) for j in row), n))


@pytest.mark.parametrize("kind", [kind for kind in SPARSE if kind != "perceptron"])
@given(stream=streams, rows=st.lists(features, min_size=1, max_size=6))
# one word makes nearly all of the total, which lowers every feature of a row without it
@example(stream=[([0], 0)] * 40, rows=[list(range(1, WORDS))])
@settings(max_examples=100, deadline=None)
def test_no_score_moves_further_than_the_drift(
    kind: str, stream: list[tuple[list[int], int]], rows: list[list[int]]
) -> None:
    model = SPARSE[kind]()
    for label in range(len(model.classes)):
        model.update(np.array([0, label + 1], dtype=np.int32), label)
    for x, label in stream:
        before, scores = model.drift, [score(model, label, row) for row in rows]
        model.update(np.array(x, dtype=np.int32), label)
        now = model.drift
        assert now.era == before.era
        for row, old in zip(rows, scores, strict=True):
            moved = now.fixed - before.fixed + len(row) * (now.per_feature - before.per_feature)
            new = score(model, label, row)
            # the floats of this test are off by a few units of their last place
            assert abs(new - old) <= moved + 1e-13 * (abs(new) + abs(old))
