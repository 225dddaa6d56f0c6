"""What every classifier owes (``docs/mechanism.md#classifiers``), whatever its kind.

A new kind passes by adding its `ClassifierCase` to ``test_classifiers.py``.
"""

import dataclasses
import pickle
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from decai.errors import InputError, Refused
from decai.protocols import Classifier
from decai.samples import Features, IntArray, Samples
from tests.oracles import Oracle

Row = list[int]


@dataclasses.dataclass(frozen=True)
class ClassifierCase:
    """One kind of classifier, its oracle and samples that it can learn."""

    name: str
    classes: int
    build: Callable[[], Classifier]
    """An untrained model."""
    oracle: Callable[[], Oracle]
    """Its oracle."""
    draw: Callable[[random.Random], Row]
    """A random well-formed sample."""
    malformed: Sequence[Row]
    """Samples that are refused."""
    dtype: type[np.int32] | type[np.int64]
    repeats: str = "none"
    """What a repeated feature is: "counted", "refused", or "none" for dense samples."""
    learns_by_mistakes: bool = False
    """Whether only a sample that it disagrees with changes the model."""

    def features(self, row: Row) -> Features:
        return np.array(row, dtype=np.int32) if self.dtype is np.int32 else np.array(row, dtype=np.int64)

    def samples(self, rows: Sequence[Row]) -> Samples:
        ends = np.cumsum([len(row) for row in rows], dtype=np.int64)
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        return Samples(self.features([v for row in rows for v in row]), ends - lengths, ends)

    def stream(self, seed: int, length: int, classes: int) -> tuple[list[Row], IntArray]:
        rng = random.Random(seed)
        rows = [self.draw(rng) for _ in range(length)]
        return rows, np.array([rng.randrange(classes) for _ in rows], dtype=np.int64)


def state(value: Any) -> Any:
    """A checkpoint as something that ``==`` compares."""
    if isinstance(value, np.ndarray):
        return value.shape, value.tobytes()
    if dataclasses.is_dataclass(value):
        return tuple(state(getattr(value, field.name)) for field in dataclasses.fields(value))
    if isinstance(value, list | tuple):
        return tuple(state(item) for item in value)
    return value


class ClassifierConformance:
    """The suite; subclasses parametrise `case`."""

    @pytest.fixture
    def classes(self, case: ClassifierCase) -> int:
        return case.classes

    @pytest.fixture
    def model(self, case: ClassifierCase) -> Classifier:
        return case.build()

    def test_is_a_classifier_by_protocol(self, model: Classifier, classes: int) -> None:
        assert isinstance(model, Classifier)
        assert len(model.classes) == classes
        assert model.kind

    @pytest.mark.parametrize("seed", range(3))
    def test_learns_and_predicts_as_the_rule_says(
        self, case: ClassifierCase, classes: int, seed: int
    ) -> None:
        model, oracle = case.build(), case.oracle()
        rows, labels = case.stream(seed, 60, classes)
        for number, (row, label) in enumerate(zip(rows, labels.tolist(), strict=True)):
            model.update(case.features(row), label)
            oracle.update(row, label)
            for probe in (row, rows[number // 2], rows[-1]):
                assert model.predict(case.features(probe)) == oracle.predict(probe)
        assert model.predict_many(case.samples(rows)).tolist() == [oracle.predict(row) for row in rows]

    def test_a_stored_row_is_read_the_same_after_later_learning(
        self, case: ClassifierCase, model: Classifier, classes: int
    ) -> None:
        rows, labels = case.stream(7, 60, classes)
        stored = [model.store(case.features(row)) for row in rows]
        values: Any = np.concatenate(stored)
        ends = np.cumsum([len(row) for row in stored], dtype=np.int64)
        starts = ends - np.array([len(row) for row in stored], dtype=np.int64)
        for round_of_learning in range(3):
            later, later_labels = case.stream(100 + round_of_learning, 20, classes)
            for row, label in zip([*rows, *later], [*labels.tolist(), *later_labels.tolist()], strict=True):
                model.update(case.features(row), label)
            out = np.full(len(rows), -9, dtype=np.int64)
            model.predict_rows(values, starts, ends, out)
            single = [model.predict(case.features(row)) for row in rows]
            assert out.tolist() == single
            assert model.predict_many(case.samples(rows)).tolist() == single
        assert len(set(single)) == classes

    def test_a_row_stored_before_going_back_is_read_the_same_after(
        self, case: ClassifierCase, model: Classifier, classes: int
    ) -> None:
        checkpoint = model.checkpoint()
        rows, labels = case.stream(8, 30, classes)
        stored = [model.store(case.features(row)) for row in rows]
        for row, label in zip(rows, labels.tolist(), strict=True):
            model.update(case.features(row), label)
        model.restore(checkpoint)
        for row, label in zip(reversed(rows), labels.tolist(), strict=True):
            model.update(case.features(row), label)
        for row, values in zip(rows, stored, strict=True):
            out = np.empty(1, dtype=np.int64)
            model.predict_rows(values, np.zeros(1, np.int64), np.full(1, len(values), np.int64), out)
            assert out[0] == model.predict(case.features(row))

    def test_subsets_and_repetitions_of_samples_predict_row_by_row(
        self, case: ClassifierCase, model: Classifier, classes: int
    ) -> None:
        rows, labels = case.stream(9, 30, classes)
        model.train(case.samples(rows), labels)
        order = [3, 3, 29, 0, 17]
        chosen = case.samples(rows).select(order)
        assert model.predict_many(chosen).tolist() == [model.predict(case.features(rows[i])) for i in order]
        assert model.predict_many(case.samples([])).tolist() == []

    def test_what_no_row_mentions_is_not_looked_at(self, case: ClassifierCase, model: Classifier) -> None:
        row = case.draw(random.Random(3))
        bad = case.malformed[0]
        both = case.samples([row, bad])
        only = Samples(both.values, both.starts[:1], both.ends[:1])
        assert model.predict_many(only).tolist() == [model.predict(case.features(row))]
        features_before = model.num_features
        model.train(only, np.array([1], dtype=np.int64))
        if case.repeats != "none":
            assert model.num_features - features_before <= max(row) + 1

    def test_predicting_changes_nothing(self, case: ClassifierCase, model: Classifier, classes: int) -> None:
        rows, labels = case.stream(11, 30, classes)
        for row, label in zip(rows[:15], labels.tolist(), strict=False):
            model.update(case.features(row), label)
        before, version, known = state(model.checkpoint()), model.version, model.num_features
        for row in rows:
            features = case.features(row)
            features.flags.writeable = False
            model.predict(features)
            assert features.tolist() == row
        assert (state(model.checkpoint()), model.version, model.num_features) == (before, version, known)

    def test_unknown_features_can_be_learned(
        self, case: ClassifierCase, model: Classifier, classes: int
    ) -> None:
        rows, labels = case.stream(12, 10, classes)
        model.train(case.samples(rows), labels)
        row = case.draw(random.Random(99))
        if case.repeats != "none":
            top = 5_000_000 if case.dtype is np.int64 else 1_000
            row = [row[0], top, top + 1] if row else [top, top + 1]
        for _ in range(60):
            model.update(case.features(row), classes - 1)
        assert model.predict(case.features(row)) == classes - 1
        for _ in range(200):
            model.update(case.features(row), 0)
        assert model.predict(case.features(row)) == 0

    def test_a_repeated_feature(self, case: ClassifierCase, model: Classifier, classes: int) -> None:
        once, thrice = [2, 5], [2, 5, 5, 5]
        if case.repeats == "none":
            pytest.skip("dense samples have no repeats")
        if case.repeats == "refused":
            with pytest.raises(Refused, match=f"^{model.kind}: the features must be strictly increasing$"):
                model.update(case.features(thrice), 1)
            with pytest.raises(Refused, match="strictly increasing"):
                model.predict(case.features(thrice))
            return
        oracle = case.oracle()
        for row, label in [(thrice, 1), (once, 0), ([5], 0), (thrice, 0), (once, 1)]:
            model.update(case.features(row), label)
            oracle.update(row, label)
            for probe in ([2], [5], once, thrice):
                assert model.predict(case.features(probe)) == oracle.predict(probe)

    def test_malformed_features_are_refused_and_change_nothing(
        self, case: ClassifierCase, model: Classifier, classes: int
    ) -> None:
        rows, labels = case.stream(13, 20, classes)
        model.train(case.samples(rows), labels)
        before, version, known = state(model.checkpoint()), model.version, model.num_features
        shaped = case.features(rows[0]).reshape(1, -1)
        real = case.features(rows[0]).astype(np.float64)
        for features in [*map(case.features, case.malformed), shaped, real]:
            for label in range(classes):
                with pytest.raises(Refused, match=f"^{model.kind}: "):
                    model.update(features, label)  # type: ignore[arg-type]
            with pytest.raises(Refused, match=f"^{model.kind}: "):
                model.predict(features)  # type: ignore[arg-type]
            with pytest.raises(Refused, match=f"^{model.kind}: "):
                model.store(features)  # type: ignore[arg-type]
        for row in case.malformed:
            bulk = case.samples([rows[0], row])
            with pytest.raises(InputError, match=model.kind):
                model.predict_many(bulk)
            with pytest.raises(InputError, match=model.kind):
                model.train(bulk, np.array([0, 1], dtype=np.int64))
            with pytest.raises((InputError, Refused), match=model.kind):
                model.add_class("new", bulk)
        assert (state(model.checkpoint()), model.version, model.num_features) == (before, version, known)
        assert len(model.classes) == classes

    def test_a_label_without_a_class_is_refused_and_changes_nothing(
        self, case: ClassifierCase, model: Classifier, classes: int
    ) -> None:
        rows, labels = case.stream(14, 20, classes)
        model.train(case.samples(rows), labels)
        before, version = state(model.checkpoint()), model.version
        for label in (-1, classes, 2**40):
            with pytest.raises(Refused, match=f"^{model.kind}: no such class$"):
                model.update(case.features(rows[0]), label)
            with pytest.raises(InputError, match="label"):
                model.train(case.samples(rows[:2]), np.array([0, label], dtype=np.int64))
        with pytest.raises(InputError, match="3 samples need as many int64 labels"):
            model.train(case.samples(rows[:3]), np.array([0, 1], dtype=np.int64))
        with pytest.raises(InputError, match="float64"):
            model.train(case.samples(rows[:2]), np.array([0.0, 1.0]))
        assert (state(model.checkpoint()), model.version) == (before, version)

    def test_ties_go_to_the_lowest_class(self, case: ClassifierCase, model: Classifier, classes: int) -> None:
        rng = random.Random(15)
        row, other = case.draw(rng), case.draw(rng)
        assert model.predict(case.features(row)) == 0
        if case.learns_by_mistakes:
            model.update(case.features(row), 1)
            model.update(case.features(row), 0)
            assert model.predict(case.features(row)) == 0
            return
        for label in reversed(range(classes)):
            model.update(case.features(row), label)
            # Equal to every class above, and no class below has samples.
            assert model.predict(case.features(row)) == label
            assert model.predict_many(case.samples([row, other])).tolist() == [label, label]

    def test_a_class_without_samples_never_wins(
        self, case: ClassifierCase, model: Classifier, classes: int
    ) -> None:
        if case.learns_by_mistakes:
            pytest.skip("a perceptron counts no samples")
        rows, _ = case.stream(16, 40, classes)
        for row in rows:
            model.update(case.features(row), 1)
        assert set(model.predict_many(case.samples(rows)).tolist()) == {1}
        assert {model.predict(case.features(row)) for row in rows} == {1}

    def test_the_version_grows_whenever_a_prediction_changes(
        self, case: ClassifierCase, model: Classifier, classes: int
    ) -> None:
        rows, labels = case.stream(17, 40, classes)
        probes = case.samples(rows)
        predictions, version, changes = model.predict_many(probes).tolist(), model.version, 0
        start = model.checkpoint()
        for row, label in zip(rows, labels.tolist(), strict=True):
            model.update(case.features(row), label)
            now = model.predict_many(probes).tolist()
            assert model.version >= version
            if now != predictions:
                changes += 1
                assert model.version > version
            predictions, version = now, model.version
        assert changes > 3
        model.restore(start)
        assert model.version > version
        version = model.version
        model.train(probes, labels)
        assert model.version > version

    def test_going_back_to_a_checkpoint_leads_to_the_same_future(
        self, case: ClassifierCase, model: Classifier, classes: int
    ) -> None:
        rows, labels = case.stream(18, 60, classes)
        first, second = list(zip(rows, labels.tolist(), strict=True))[:30], rows[30:]
        for row, label in first:
            model.update(case.features(row), label)
        checkpoint, probes = model.checkpoint(), case.samples(rows)
        frozen = state(checkpoint)

        def future() -> list[list[int]]:
            course = [model.predict_many(probes).tolist()]
            for row, label in zip(second, labels[30:].tolist(), strict=True):
                model.update(case.features(row), label)
                course.append(model.predict_many(probes).tolist())
            return course

        expected = future()
        if not case.learns_by_mistakes:
            label = model.add_class("later", case.samples(rows[:5]))
            model.update(case.features(rows[0]), label)
        model.train(probes, labels)
        assert state(checkpoint) == frozen
        for _ in range(2):
            model.restore(checkpoint)
            assert len(model.classes) == classes
            assert future() == expected
            assert state(checkpoint) == frozen

    def test_a_checkpoint_fits_a_twin_built_alike(
        self, case: ClassifierCase, model: Classifier, classes: int
    ) -> None:
        rows, labels = case.stream(19, 40, classes)
        for row, label in zip(rows, labels.tolist(), strict=True):
            model.update(case.features(row), label)
        twin = case.build()
        twin.update(case.features(rows[-1]), int(labels[-1]))
        twin.restore(model.checkpoint())
        pickled: Classifier = pickle.loads(pickle.dumps(model))
        probes = case.samples(rows)
        for row, label in zip(rows, reversed(labels.tolist()), strict=True):
            expected = model.predict_many(probes).tolist()
            for other in (twin, pickled):
                assert other.predict_many(probes).tolist() == expected
                other.update(case.features(row), label)
            model.update(case.features(row), label)

    def test_training_in_order_is_learning_one_by_one(
        self, case: ClassifierCase, model: Classifier, classes: int
    ) -> None:
        if case.learns_by_mistakes:
            pytest.skip("perceptrons make the result of training their base; see their own tests")
        rows, labels = case.stream(20, 50, classes)
        other = case.build()
        for row, label in zip(rows, labels.tolist(), strict=True):
            other.update(case.features(row), label)
        model.train(case.samples(rows[:20]), labels[:20])
        model.train(case.samples(rows[20:]), labels[20:])
        probes = case.samples([*rows, *case.stream(21, 50, classes)[0]])
        assert model.predict_many(probes).tolist() == other.predict_many(probes).tolist()
        for row, label in zip(rows, labels.tolist(), strict=True):
            model.update(case.features(row), (label + 1) % classes)
            other.update(case.features(row), (label + 1) % classes)
            assert model.predict_many(probes).tolist() == other.predict_many(probes).tolist()

    def test_further_classes(self, case: ClassifierCase, model: Classifier, classes: int) -> None:
        rows, labels = case.stream(22, 30, classes)
        model.train(case.samples(rows), labels)
        version = model.version
        if case.learns_by_mistakes:
            with pytest.raises(Refused, match=f"^{model.kind}: has exactly two classes$"):
                model.add_class("third")
            assert len(model.classes) == 2
            return
        with pytest.raises(Refused, match="every class needs a name"):
            model.add_class("")
        assert (len(model.classes), model.version) == (classes, version)
        oracle = case.oracle()
        for row, label in zip(rows, labels.tolist(), strict=True):
            oracle.update(row, label)
        extra = rows[:4]
        assert model.add_class("empty") == classes
        assert model.add_class("taught", case.samples(extra)) == classes + 1
        assert model.classes[classes:] == ("empty", "taught")
        assert model.version > version
        oracle.add_class()
        oracle.add_class()
        for row in extra:
            oracle.update(row, classes + 1)
        assert model.predict_many(case.samples(rows)).tolist() == [oracle.predict(row) for row in rows]
        for label in (classes, classes + 1, 0):
            for row in rows[10:14]:
                model.update(case.features(row), label)
                oracle.update(row, label)
            single = [model.predict(case.features(row)) for row in rows]
            assert single == [oracle.predict(row) for row in rows]
