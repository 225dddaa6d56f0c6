"""What the twins are compared on: models and terms at the limits of their ranges.

A classifier joins by a line in `CLASSIFIERS`.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from decai.units import DAY
from tests.conformance.models.dense_centroid import DENSE_CENTROIDS
from tests.conformance.models.dense_perceptron import DENSE_PERCEPTRONS
from tests.conformance.models.naive_bayes import NAIVE_BAYES
from tests.conformance.models.sparse_centroid import SPARSE_CENTROIDS
from tests.conformance.models.sparse_perceptron import SPARSE_PERCEPTRONS
from tests.conformance.twin_case import Case, Mechanism, ModelCase, Terms

__all__ = ["CLASSIFIERS", "MECHANISMS", "PAIRINGS", "cases", "some_cases"]

LONGEST: Final = 2**32 - 1
TERMS: Final = (
    Terms(7, 20, DAY, 2 * DAY),
    Terms(2**84 - 1, 0, LONGEST, LONGEST),
    Terms(1, 0, 0, 0),
    Terms(0, LONGEST, LONGEST, LONGEST),
    Terms(10**15 - 1, 30, 30, 3600),
)

CLASSIFIERS: Final[Mapping[str, Sequence[ModelCase]]] = {
    "sparse-perceptron": SPARSE_PERCEPTRONS,
    "naive-bayes": NAIVE_BAYES,
    "sparse-centroid": SPARSE_CENTROIDS,
    "dense-perceptron": DENSE_PERCEPTRONS,
    "dense-centroid": DENSE_CENTROIDS,
}
MECHANISMS: Final[Sequence[Mechanism]] = ("stakeable", "stakeable, shares by deposit", "points")
FIRST_TERMS: Final[Mapping[Mechanism, int]] = {
    "stakeable": 1,
    "stakeable, shares by deposit": 4,
    "points": 2,
}
"""Those of the first model; the others follow in turn."""
PAIRINGS: Final = [(classifier, mechanism) for classifier in CLASSIFIERS for mechanism in MECHANISMS]


@cache
def cases(classifier: str, mechanism: Mechanism) -> Sequence[Case]:
    """The models of a kind, each on other terms, which are others with each mechanism."""
    first = FIRST_TERMS[mechanism]
    return [
        Case(model, TERMS[(first + i) % len(TERMS)], mechanism)
        for i, model in enumerate(CLASSIFIERS[classifier])
    ]


def some_cases(classifier: str, mechanism: Mechanism) -> Sequence[Case]:
    """A third of them: over all mechanisms each model, and each kind of terms, has its turn."""
    return cases(classifier, mechanism)[MECHANISMS.index(mechanism) :: len(MECHANISMS)]
