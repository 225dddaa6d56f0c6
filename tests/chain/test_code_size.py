"""Every composition stays below the limit of code, with all views and the most room that can be chosen.

Compiling refuses what would be larger, so to compile the largest of each kind is the test.
"""

from collections.abc import Callable

import pytest

from decai.chain.compiler import CODE_LIMIT, compile_composition
from decai.chain.compose import INDEX_BITS_CHOICES, MAX_FEATURES_CHOICES, Texts, compose
from decai.classifier import DenseCentroid, DensePerceptron, NaiveBayes, SparseCentroid, SparsePerceptron
from decai.incentive import Stakeable
from decai.protocols import Classifier, IncentiveMechanism
from decai.units import DAY, SCALE, Seconds, Wei

pytestmark = pytest.mark.spread

CLASSES = ("no", "yes")
LARGEST: dict[str, Callable[[], Classifier]] = {
    "sparse-perceptron": lambda: SparsePerceptron(CLASSES, dict.fromkeys(range(0, 2**31, 2**26), SCALE)),
    "naive-bayes": lambda: NaiveBayes(CLASSES, vocabulary=2**32 - 1, smoothing=SCALE),
    # With all that its table can have: means, and counts.
    "sparse-centroid": lambda: SparseCentroid(
        [str(label) for label in range(8)],
        [{0: SCALE}] * 8,
        samples=[1] * 8,
        learned=[(1, {0: 1})] * 8,
    ),
    "dense-perceptron": lambda: DensePerceptron(CLASSES, [0] * 1_000),
    "dense-centroid": lambda: DenseCentroid(CLASSES, 1_000),
}


def mechanism() -> IncentiveMechanism:
    """The one with most code."""
    return Stakeable(Wei(10**15), Seconds(DAY), Seconds(8 * DAY), Seconds(9 * DAY), shares="deposit")


@pytest.mark.parametrize("clone", [False, True], ids=["own code", "clone"])
@pytest.mark.parametrize("classifier", LARGEST)
def test_the_largest_of_each_kind_fits(classifier: str, clone: bool) -> None:
    what = compose(
        LARGEST[classifier](),
        mechanism(),
        Texts("n" * 200, "d" * 1_000, "e" * 200),
        max_features=MAX_FEATURES_CHOICES[-1],
        index_bits=INDEX_BITS_CHOICES[-1],
        # What the model starts from has contracts of its own where it does not fit.
        start_in_code=False if classifier.startswith("sparse") else None,
        clone=clone,
    )
    assert 0 < compile_composition(what).code_size <= CODE_LIMIT
