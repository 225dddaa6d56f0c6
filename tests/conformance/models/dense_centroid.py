"""Dense centroids at the limits of their ranges."""

import random
from collections.abc import Sequence
from typing import Final

from decai.chain.base import Chain
from decai.chain.kinds import read_parameters
from decai.chain.model import read_info
from decai.classifier import DenseCentroid
from decai.protocols import Classifier
from decai.units import Address
from tests.classifier.vectors import F, random_unit
from tests.conformance.models.vectors import MOST, class_means, signed_lanes, simple, vectors
from tests.conformance.twin_case import PAGE, ModelCase
from tests.conformance.words import class_names, read

__all__ = ["DENSE_CENTROIDS"]

LIMIT: Final = 2**63 - 1
"""The largest sum."""
PER_WORD: Final = 7
NUMBER: Final = 2**224


def compare(chain: Chain, address: Address, classifier: Classifier, mentioned: set[int], whole: bool) -> None:
    """Means by the views of the original, and the words that sums and numbers of samples are kept in."""
    assert isinstance(classifier, DenseCentroid)
    size, labels = classifier.num_features, range(len(classifier.classes))
    assert class_names(chain, address) == classifier.classes
    for label in labels:
        n = classifier.num_samples(label)
        assert read(chain, address, "getNumSamples(uint256)", "uint256", label) == n
        assert read(chain, address, "dataCounts(uint256)", "uint256", label) == n
    some = labels if whole else [label for label in labels if label % 3 == len(mentioned) % 3]
    for label in some:
        for view in ("getCentroidValue", "centroids"):
            means = [read(chain, address, f"{view}(uint256,uint256)", "int64", label, j) for j in range(size)]
            assert means == classifier.centroid(label)
    count = -(-len(labels) // PER_WORD)
    words = list(read(chain, address, "classWords(uint256,uint256)", "uint256[]", 0, count))
    words[0] -= len(labels) * NUMBER
    for at, word in enumerate(words):
        here = labels[at * PER_WORD : (at + 1) * PER_WORD]
        assert word == sum(classifier.num_samples(label) * 2 ** (32 * (label % PER_WORD)) for label in here)
    if whole:
        compare_sums(chain, address, classifier)


def compare_sums(chain: Chain, address: Address, classifier: DenseCentroid) -> None:
    """The exact sums: the words of the base table XOR those of the state."""
    size, labels = classifier.num_features, range(len(classifier.classes))
    rows = -(-size // 4)
    start = read_parameters(chain, read_info(chain, address)).start
    assert isinstance(start, DenseCentroid)
    moved: list[int] = []
    while len(moved) < len(labels) * rows:
        left = min(PAGE, len(labels) * rows - len(moved))
        moved += read(chain, address, "sumWords(uint256,uint256)", "uint256[]", len(moved), left)
    for label in labels:
        old = start.sums(label) if label < len(start.classes) else [0] * size
        change = signed_lanes(moved[label * rows : (label + 1) * rows], size)
        assert [a ^ b for a, b in zip(old, change, strict=True)] == classifier.sums(label)


def dense_centroid(
    name: str, sums: Sequence[Sequence[int]], samples: Sequence[int], start_in_code: bool = True
) -> ModelCase:
    """A dense centroid."""

    def build() -> DenseCentroid:
        names = [f"Klasse {label} \N{GREEK SMALL LETTER PSI}" for label in range(len(sums))]
        return DenseCentroid(names, len(sums[0]), samples=samples, sums=sums)

    size = len(sums[0])
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
        starts=class_means(size),
        takes_vectors=True,
    )


_RNG: Final = random.Random(4)
DENSE_CENTROIDS: Final = (
    dense_centroid("everyday", [[2 * F, -F, 1], [0, 4 * F, -F]], [3, 4]),
    # Sums that may not grow, next to ones that may, and so for the numbers of samples.
    dense_centroid(
        "sums at their limits",
        [
            [LIMIT, -LIMIT, LIMIT - 1, F - LIMIT, 0],
            [-(2**62), 2**62, 2**62 - 1, 1 - 2**62, 5],
            [F] * 5,
        ],
        [MOST, MOST - 1, 1],
    ),
    # In two words of numbers of samples; some without samples, which never win.
    dense_centroid(
        "ten classes",
        [[n * x for x in random_unit(_RNG, 8)] for n in (0, 3, 3, 1, 0, 9, 3, 2, 1, 3)],
        [0, 3, 3, 1, 0, 9, 3, 2, 1, 3],
    ),
    dense_centroid("all to be learned", [[0], [0], [0]], [0, 0, 0]),
    # The same mean in three classes, but for one unit in one of them.
    dense_centroid("equals", [[F, F, 0], [3 * F, 3 * F, 0], [2 * F, 2 * F - 1, 0]], [1, 3, 2]),
    dense_centroid(
        "data contract",
        [[n * x for x in random_unit(_RNG, 21)] for n in (30, 20, 5, 1)],
        [30, 20, 5, 1],
        start_in_code=False,
    ),
)
