"""Naive Bayes classifiers at the limits of their ranges."""

from collections.abc import Mapping, Sequence
from typing import Final

from hypothesis import strategies as st

from decai.chain.base import Chain
from decai.chain.kinds import read_parameters
from decai.chain.model import read_info
from decai.classifier import NaiveBayes
from decai.protocols import Classifier
from decai.units import Address
from tests.conformance.twin_case import ModelCase, class_starts, lane_words, sparse_rows
from tests.conformance.words import class_names, read

__all__ = ["NAIVE_BAYES"]

MOST: Final = 2**32 - 1


def compare(chain: Chain, address: Address, classifier: Classifier, mentioned: set[int], whole: bool) -> None:
    """Counts by the views of the original, and the words they are kept in."""
    assert isinstance(classifier, NaiveBayes)
    bits, labels = read(chain, address, "indexBits()", "uint256"), range(len(classifier.classes))
    assert class_names(chain, address) == classifier.classes
    for label in labels:
        assert read(chain, address, "getNumSamples(uint256)", "uint64", label) == classifier.num_samples(
            label
        )
        total = read(chain, address, "getClassTotalFeatureCount(uint256)", "uint64", label)
        assert total == classifier.total_count(label)
        for index in sorted(i for i in {*mentioned, *range(4), 2**bits} if 0 <= i < 2**32):
            count = classifier.count(label, index) if index < 2**bits else 0
            assert read(chain, address, "getFeatureCount(uint256,uint32)", "uint32", label, index) == count
    if not whole:
        return
    start = read_parameters(chain, read_info(chain, address)).start
    assert isinstance(start, NaiveBayes)
    lanes = read(chain, address, "classLanes()", "uint256")
    counters = {
        (label, index): count - (start.count(label, index) if label < len(start.classes) else 0)
        for label in labels
        for index, count in classifier.counts(label).items()
    }
    for place, expected in lane_words(counters, lanes).items():
        assert read(chain, address, "counterWords(uint256,uint256)", "uint256[]", place, 1) == (expected,)
    words = read(chain, address, "classWords(uint256,uint256)", "uint256[]", 0, 1 + labels[-1] // 2)
    samples = [classifier.num_samples(label) + (classifier.total_count(label) << 32) for label in labels]
    samples += [0] * (len(labels) % 2)
    pairs = [low + (high << 96) for low, high in zip(samples[::2], samples[1::2], strict=True)]
    assert list(words) == [pairs[0] + (len(labels) << 192), *pairs[1:]]


def naive_bayes(
    name: str,
    counts: Sequence[Mapping[int, int]],
    samples: Sequence[int],
    vocabulary: int,
    smoothing: int,
    max_features: int,
    index_bits: int,
    start_in_code: bool = True,
    warm: int = 0,
) -> ModelCase:
    """A naive Bayes classifier."""

    def build() -> NaiveBayes:
        return NaiveBayes(
            [f"Klasse {label} \N{GREEK SMALL LETTER PSI}" for label in range(len(counts))],
            vocabulary,
            smoothing,
            samples,
            counts,
            max_features=max_features,
            index_bits=index_bits,
        )

    known = sorted({index for of_class in counts for index in of_class})
    last = max(known, default=0)
    rows = sparse_rows(
        max_features, index_bits, [0, 1, 5, *known[:6], last, min(last + 1, 2**index_bits - 1)]
    )
    value = st.sampled_from([1, 2, 7, MOST, MOST - 1, 0])
    return ModelCase(
        name,
        build,
        max_features,
        index_bits,
        rows,
        [(0,), (1,), (2,)],
        compare,
        start_in_code=start_in_code,
        warm=warm,
        starts=class_starts(index_bits, value),
    )


NAIVE_BAYES: Final = (
    naive_bayes("everyday", [{0: 3, 1: 1, 5: 2}, {1: 4, 2: 9}], [4, 5], 9, 10**9, 128, 16),
    # Counts that may not grow, next to ones that may; samples at their limit.
    naive_bayes(
        "counts at their limits",
        [{0: MOST, 1: MOST - 1, 2: 5}, {0: MOST - 2, 1: 1}, {3: MOST}],
        [MOST, MOST - 1, 1],
        MOST,
        1,
        512,
        16,
    ),
    # In two groups; some without samples, whose counts cannot count.
    naive_bayes(
        "ten classes",
        [{label: 2, 2 * label + 1: 300 + label} for label in range(10)],
        [0, 3, 3, 1, 0, 9, 3, 2, 1, 3],
        40,
        MOST,
        64,
        16,
    ),
    naive_bayes("all to be learned", [{}, {}], [0, 0], 1, 10**6, 64, 32),
    naive_bayes(
        "data contract",
        [{j: 1 + j % 7 for j in range(60)}, {j: 2**31 + j for j in range(0, 60, 3)}, {}, {0: 1}, {1: 1}],
        [30, 20, 5, 1, 1],
        60,
        5 * 10**8,
        256,
        16,
        start_in_code=False,
    ),
    # Three words of two features each are filled; a fourth class comes to lie in them too.
    naive_bayes(
        "filled counters", [{0: 3, 5: MOST}, {1: 4, 6: 2}, {7: 1}], [4, 5, 0], 9, 10**9, 64, 16, warm=5
    ),
    # Too far apart for a list.
    naive_bayes(
        "hash table",
        [{0: 9, 2**20: 4, 2**31: 5, 2**32 - 1: MOST}, {1: 9, 2**20: 1, 2**32 - 2: 3}, {7: 1}],
        [9, 9, 1],
        2**20,
        10**9,
        128,
        32,
    ),
)
