"""Dense perceptrons at the limits of their ranges."""

import random
from collections.abc import Sequence
from typing import Final

from decai.chain.base import Chain
from decai.chain.kinds import read_parameters
from decai.chain.model import read_info
from decai.classifier import DensePerceptron
from decai.protocols import Classifier
from decai.units import Address
from tests.classifier.vectors import F
from tests.conformance.models.vectors import MOST, signed_lanes, simple, vectors
from tests.conformance.twin_case import ModelCase
from tests.conformance.words import read

__all__ = ["DENSE_PERCEPTRONS"]

LIMIT: Final = 2**62
"""The largest base weight, and the largest intercept."""


def compare(chain: Chain, address: Address, classifier: Classifier, mentioned: set[int], whole: bool) -> None:
    """Sums and weights; as a whole also the base weights."""
    assert isinstance(classifier, DensePerceptron)
    size = classifier.num_features
    words = read(chain, address, "sumWords(uint256,uint256)", "uint256[]", 0, -(-size // 4))
    assert signed_lanes(list(words), size) == classifier.sums()
    weights = [read(chain, address, "weights(uint256)", "int80", j) for j in range(size)]
    assert weights == classifier.weights()
    if whole:
        start = read_parameters(chain, read_info(chain, address)).start
        assert isinstance(start, DensePerceptron)
        assert start.checkpoint().base == classifier.checkpoint().base


def dense_perceptron(
    name: str, weights: Sequence[int], intercept: int, rate: int, start_in_code: bool = True
) -> ModelCase:
    """A dense perceptron."""

    def build() -> DensePerceptron:
        return DensePerceptron(("nein", "jawohl \N{GREEK SMALL LETTER PSI}"), weights, intercept, rate)

    size = len(weights)
    return ModelCase(
        name,
        build,
        size,
        32,
        vectors(size),
        simple(size),
        compare,
        start_in_code=start_in_code,
        offset=2**31,
        takes_vectors=True,
    )


_RNG: Final = random.Random(3)
DENSE_PERCEPTRONS: Final = (
    dense_perceptron("everyday", [F // 10, -F // 7, 0], 5, F // 20),
    dense_perceptron("one number", [3], -F // 50, F // 2),
    # Scores that come to exactly 0: base weights as large as the intercept, and steps of 1 on both sides.
    dense_perceptron("limits of weights", [LIMIT, 1 - LIMIT, -LIMIT, LIMIT, 1], -LIMIT, 1),
    # One step is more than any of these weights; four words of base weights of 5 bits.
    dense_perceptron("highest rate", [_RNG.randint(-9, 9) for _ in range(8)], 0, MOST),
    # Changes of weights below 1 and -1, which go toward 0.
    dense_perceptron("lowest rate", [0, -5, 5, 0, 1, -1, 2, 0, 0], 0, 1),
    dense_perceptron(
        "data contract", [_RNG.randint(-F, F) for _ in range(21)], -F // 3, F // 2, start_in_code=False
    ),
)
