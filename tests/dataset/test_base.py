"""A data set that does not fit together cannot be made."""

from typing import Any

import numpy as np
import pytest

from decai import dataset
from decai.dataset import Dataset, Split
from decai.errors import DatasetError
from decai.samples import Samples


def make(**changes: Any) -> Dataset:
    split = Split(Samples.sparse([[0, 2], [1]]), np.array([0, 1]))
    whole: dict[str, Any] = {
        "name": "toy",
        "train": split,
        "test": split,
        "classes": ("no", "yes"),
        "features": ("a", "b", "c"),
        "num_features": 3,
        "info": dataset.info("tiny"),
        "options": {},
    }
    return Dataset(**{**whole, **changes})


def test_whole_data_set_is_made() -> None:
    assert make().is_sparse
    assert len(make().train) == 2


@pytest.mark.parametrize("label", [-1, 2])
def test_label_outside_the_classes(label: int) -> None:
    wrong = Split(Samples.sparse([[0], [1]]), np.array([0, label]))
    with pytest.raises(DatasetError) as error:
        make(test=wrong)
    assert str(error.value) == f"toy: test[1] has label {label}; the 2 classes have labels 0 to 1"


@pytest.mark.parametrize("row", [[3], [-1, 0]])
def test_feature_outside_the_features(row: list[int]) -> None:
    with pytest.raises(DatasetError, match=r"^toy: a train sample does not fit 3 features$"):
        make(train=Split(Samples.sparse([row]), np.array([0])))


def test_vector_of_another_length() -> None:
    split = Split(Samples.dense([[1, 2, 3], [1, 2]]), np.array([0, 1]))
    with pytest.raises(DatasetError, match=r"^toy: a train sample does not fit 3 features$"):
        make(train=split, test=split)


def test_splits_of_two_forms() -> None:
    with pytest.raises(DatasetError, match=r"^toy: one split is sparse and the other dense$"):
        make(test=Split(Samples.dense([[1, 2, 3]]), np.array([0])))


def test_names_for_other_features() -> None:
    with pytest.raises(DatasetError, match=r"^toy: 2 names for 3 features$"):
        make(features=("a", "b"))


@pytest.mark.parametrize("labels", [np.array([0]), np.array([0.0, 1.0]), np.array([[0], [1]])])
def test_labels_that_are_not_one_integer_for_each_sample(labels: Any) -> None:
    with pytest.raises(DatasetError, match=r"^2 samples need as many int64 labels, not "):
        Split(Samples.sparse([[0], [1]]), labels)


def test_split_may_be_empty() -> None:
    empty = Split(Samples.sparse([]), np.array([], dtype=np.int64))
    assert len(make(test=empty).test) == 0
