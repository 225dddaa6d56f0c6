"""What every registered data set owes: one suite, in each of its forms."""

import pickle
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from decai import dataset
from decai.dataset import Dataset, imdb, titanic
from decai.units import SCALE

FORMS = [
    (name, dense)
    for name in dataset.available()
    for dense in (False, True)
    if dataset.info(name).form in ("both", "dense" if dense else "sparse")
]


@pytest.fixture
def data(request: pytest.FixtureRequest, loaded: Callable[..., Dataset]) -> Dataset:
    name, dense = request.param
    return loaded(name, dense=dense)


def content(data: Dataset) -> list[object]:
    parts = [
        part
        for split in (data.train, data.test)
        for part in (split.samples.values, split.samples.starts, split.samples.ends, split.labels)
    ]
    return [(part.dtype.str, part.tobytes()) for part in parts] + [
        data.classes,
        data.features,
        data.num_features,
    ]


@pytest.mark.parametrize(
    "data", FORMS, indirect=True, ids=[f"{name}-{'dense' if dense else 'sparse'}" for name, dense in FORMS]
)
class TestDataset:
    def test_labels_are_classes_and_every_class_is_learned(self, data: Dataset) -> None:
        assert set(data.train.labels.tolist()) == set(range(len(data.classes)))
        assert set(data.test.labels.tolist()) <= set(range(len(data.classes)))

    def test_no_class_is_rare(self, data: Dataset) -> None:
        for split in (data.train, data.test):
            assert np.bincount(split.labels).min() > 0.7 / len(data.classes) * len(split)

    def test_samples_fit_the_form(self, data: Dataset) -> None:
        for split in (data.train, data.test):
            assert len(split) == len(split.samples) == len(split.labels) > 0
            assert split.samples.is_sparse == data.is_sparse
            for i in range(len(split)):
                sample = split.samples[i]
                if data.is_sparse:
                    assert bool((np.diff(sample) > 0).all())
                    assert len(sample) > 0
                    assert 0 <= sample[0] <= sample[-1] < data.num_features
                else:
                    assert len(sample) == data.num_features
                    assert abs(sum(value * value for value in sample.tolist()) - SCALE**2) < 100 * SCALE

    def test_bounds_are_contiguous_so_that_splits_can_be_read_as_matrices(self, data: Dataset) -> None:
        for split in (data.train, data.test):
            assert np.array_equal(split.samples.starts[1:], split.samples.ends[:-1])

    def test_same_again_and_without_a_cache(
        self, data: Dataset, loaded: Callable[..., Dataset], cache: Path, tmp_path: Path
    ) -> None:
        dense = not data.is_sparse
        again = dataset.load(data.name, cache=cache, dense=dense)
        afresh = dataset.load(data.name, cache=tmp_path / "new", dense=dense)
        assert content(data) == content(again) == content(afresh)

    def test_leaves_the_global_random_state_alone(self, data: Dataset, fetched: None, cache: Path) -> None:
        before = np.random.get_state(legacy=False)
        dataset.load(data.name, cache=cache, dense=not data.is_sparse)
        after = np.random.get_state(legacy=False)
        assert str(before) == str(after)

    def test_travels_to_a_worker(self, data: Dataset) -> None:
        assert content(pickle.loads(pickle.dumps(data))) == content(data)

    def test_names_features_and_options(self, data: Dataset) -> None:
        assert data.info is dataset.info(data.name)
        assert data.options == data.info.options
        if data.features is not None:
            assert len(set(data.features)) == data.num_features


@pytest.mark.parametrize("name", dataset.available())
def test_info_is_complete(name: str) -> None:
    about = dataset.info(name)
    assert about.name == name
    for text in (about.title, about.description, about.source, about.license, about.citation):
        assert text
        assert "\n" not in text
    assert about.kind in ("text", "numeric", "generated")
    assert about.form in ("sparse", "dense", "both")
    # What is generated, or comes with a package that is needed anyway, is not fetched.
    assert (about.fetch is None) == (about.kind == "generated" or name == "digits")
    assert about.fetch in (None, f"decai dataset fetch {name}")


@pytest.mark.parametrize("name", ["imdb", "titanic", "tiny", "tiny-dense"])
def test_description_tells_the_right_sizes(name: str, loaded: Callable[..., Dataset]) -> None:
    data = loaded(name, dense=dataset.info(name).form == "dense")
    numbers = [int(text.replace(",", "")) for text in re.findall(r"\d[\d,]*", data.info.description)]
    assert {len(data.train), len(data.test)} <= set(numbers)


@pytest.mark.usefixtures("fetched")
def test_no_original_is_in_both_splits() -> None:
    assert not set(imdb.texts("train")) & set(imdb.texts("test"))
    rows = [{tuple(row.values()) for row in titanic.passengers(part)} for part in ("train", "test")]
    assert not rows[0] & rows[1]
    assert [len(part) for part in rows] == [1047, 262]
