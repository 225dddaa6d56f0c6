"""The tiny data sets can be learned, and not perfectly."""

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Perceptron
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import NearestCentroid

from decai import dataset
from decai.dataset import Split
from decai.units import SCALE


def matrix(split: Split, num_features: int) -> Any:
    rows = np.zeros((len(split), num_features))
    for i in range(len(split)):
        if split.samples.is_sparse:
            rows[i, split.samples[i]] = 1
        else:
            rows[i] = split.samples[i] / SCALE
    return rows


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("tiny", Perceptron(random_state=0)),
        ("tiny", MultinomialNB()),
        ("tiny", LogisticRegression()),
        ("tiny-dense", Perceptron(random_state=0)),
        ("tiny-dense", NearestCentroid()),
    ],
)
def test_learnable(name: str, model: Any) -> None:
    data = dataset.load(name)
    model.fit(matrix(data.train, data.num_features), data.train.labels)
    assert 0.82 <= model.score(matrix(data.test, data.num_features), data.test.labels) <= 0.95
