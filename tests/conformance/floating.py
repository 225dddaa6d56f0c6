"""The classifiers once more in floating point, as anybody would write them, or as scikit-learn has them."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import NearestCentroid

from decai.dataset import Dataset, Split
from decai.samples import Samples
from decai.units import SCALE

__all__ = ["COUNTERPARTS", "Counterpart", "matrix"]

Labels = NDArray[np.int64]
Matrix = Any
"""A sparse matrix of floats, with a row for each sample."""
Counterpart = Callable[[Matrix, Labels, Matrix, Labels, Matrix], Labels]
"""What a model says of the last samples, trained on the first ones and then taught the second ones."""


def matrix(split: Split, data: Dataset) -> Matrix:
    """The samples of a split: 1 for each listed feature, or the numbers of vectors."""
    samples: Samples = split.samples
    rows = [samples[number] for number in range(len(samples))]
    bounds = np.cumsum([0, *map(len, rows)])
    listed: NDArray[np.int64] = np.concatenate(rows)
    if data.is_sparse:
        entries, columns = np.ones(len(listed)), listed
    else:
        entries, columns = listed / SCALE, np.tile(np.arange(data.num_features), len(rows))
    return csr_array((entries, columns, bounds), shape=(len(rows), data.num_features))


def perceptron(step: float, rate: float, averaged: bool) -> Counterpart:
    """Learns from mistakes: by `step` at first, the mean of all models then; by `rate` later."""

    def correct(weights: NDArray[np.float64], x: Matrix, row: int, label: int, by: float) -> None:
        here = slice(x.indptr[row], x.indptr[row + 1])
        columns, entries = x.indices[here], x.data[here]
        if (weights[columns] @ entries > 0) != label:
            weights[columns] += by * entries if label else -by * entries

    def fit_predict(x: Matrix, y: Labels, more: Matrix, labels: Labels, asked: Matrix) -> Labels:
        weights, total = np.zeros(x.shape[1]), np.zeros(x.shape[1])
        for row, label in enumerate(y):
            correct(weights, x, row, label, step)
            total += weights
        if averaged:
            weights = total / len(y)
        for row, label in enumerate(labels):
            correct(weights, more, row, label, rate)
        said: Labels = (asked @ weights > 0).astype(np.int64)
        return said

    return fit_predict


def by_scikit_learn(make: Callable[[], Any]) -> Counterpart:
    """An estimator of scikit-learn, for which there is no later."""

    def fit_predict(x: Matrix, y: Labels, more: Matrix, labels: Labels, asked: Matrix) -> Labels:
        with warnings.catch_warnings():
            # A feature that never varies within a class is nothing to warn of.
            warnings.simplefilter("ignore", UserWarning)
            estimator = make().fit(vstack([x, more]), np.concatenate([y, labels]))
        said: Labels = estimator.predict(asked)
        return said

    return fit_predict


COUNTERPARTS: dict[str, Counterpart] = {
    "sparse-perceptron": perceptron(1.0, 0.05, averaged=True),
    "dense-perceptron": perceptron(0.5, 0.5, averaged=False),
    "naive-bayes": by_scikit_learn(lambda: MultinomialNB(alpha=1.0)),
    "sparse-centroid": by_scikit_learn(NearestCentroid),
    "dense-centroid": by_scikit_learn(NearestCentroid),
}
