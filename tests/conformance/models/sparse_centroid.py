"""Sparse centroids at the limits of their ranges."""

from collections.abc import Mapping, Sequence
from typing import Final

from hypothesis import strategies as st

from decai.chain.base import Chain
from decai.chain.kinds import read_parameters
from decai.chain.model import read_info
from decai.classifier import SparseCentroid
from decai.protocols import Classifier
from decai.units import SCALE, Address
from tests.conformance.twin_case import ModelCase, Row, class_starts, lane_words, sparse_rows
from tests.conformance.words import class_names, read

__all__ = ["SPARSE_CENTROIDS"]

MOST: Final = 2**32 - 1


def compare(chain: Chain, address: Address, classifier: Classifier, mentioned: set[int], whole: bool) -> None:
    """Centroids by the views of the original, and the words they are kept in."""
    assert isinstance(classifier, SparseCentroid)
    bits, labels = read(chain, address, "indexBits()", "uint256"), range(len(classifier.classes))
    assert class_names(chain, address) == classifier.classes
    for label in labels:
        assert read(chain, address, "getNumSamples(uint256)", "uint64", label) == classifier.num_samples(
            label
        )
        square = read(chain, address, "getSquaredMagnitude(uint256)", "uint256", label)
        assert square == classifier.squared_magnitude(label)
        for index in sorted(i for i in {*mentioned, *range(4), 2**bits} if 0 <= i < 2**32):
            mean = classifier.centroid_value(label, index) if index < 2**bits else 0
            assert read(chain, address, "getCentroidValue(uint256,uint32)", "uint64", label, index) == mean
    if not whole:
        return
    start = read_parameters(chain, read_info(chain, address)).start
    assert isinstance(start, SparseCentroid)
    lanes, first = read(chain, address, "classLanes()", "uint256"), len(start.classes)
    counters = {
        (label, index): count - (start.learned(label)[1].get(index, 0) if label < first else 0)
        for label in labels
        for index, count in classifier.learned(label)[1].items()
    }
    means = {(label, j): mean for label in labels[first:] for j, mean in classifier.initial(label)[1].items()}
    for view, numbers in (("counterWords", counters), ("meanWords", means)):
        for place, expected in lane_words(numbers, lanes).items():
            assert read(chain, address, f"{view}(uint256,uint256)", "uint256[]", place, 1) == (expected,)
    words = list(read(chain, address, "classWords(uint256,uint256)", "uint256[]", 0, len(labels)))
    words[0] -= len(labels) << 224
    for label, word in zip(labels, words, strict=True):
        old, counts = classifier.initial(label)[1], classifier.learned(label)[1]
        b = sum(old.get(j, 0) * k for j, k in counts.items())
        c = sum(k * k for k in counts.values())
        assert word == classifier.learned(label)[0] + (b << 32) + (c << 128)


def sparse_centroid(
    name: str,
    means: Sequence[Mapping[int, int]],
    samples: Sequence[int],
    learned: Sequence[tuple[int, Mapping[int, int]]] | None,
    max_features: int,
    index_bits: int,
    start_in_code: bool = True,
    warm: int = 0,
) -> ModelCase:
    """A sparse centroid."""

    def build() -> SparseCentroid:
        return SparseCentroid(
            [f"Klasse {label} \N{GREEK SMALL LETTER PSI}" for label in range(len(means))],
            means,
            samples,
            learned,
            max_features=max_features,
            index_bits=index_bits,
        )

    known = sorted({index for of_class in means for index in of_class})
    last = max(known, default=0)
    lists = sparse_rows(
        max_features, index_bits, [0, 1, 5, *known[:6], last, min(last + 1, 2**index_bits - 1)]
    )
    value = st.sampled_from([1, SCALE // 3, SCALE, SCALE - 1, 0, SCALE + 1, MOST])
    return ModelCase(
        name,
        build,
        max_features,
        index_bits,
        # Most of them in order, as they must be.
        st.one_of(lists.map(_ordered), lists.map(_ordered), lists.map(_ordered), lists),
        [(0,), (1,), (2,)],
        compare,
        start_in_code=start_in_code,
        warm=warm,
        starts=class_starts(index_bits, value),
    )


def _ordered(row: Row) -> Row:
    return tuple(sorted(set(row)))


THIRD: Final = SCALE // 3
SPARSE_CENTROIDS: Final = (
    sparse_centroid("everyday", [{0: SCALE, 1: THIRD}, {1: THIRD, 2: SCALE // 2}], [3, 4], None, 128, 16),
    # Numbers that may not grow, next to ones that may.
    sparse_centroid(
        "counts at their limits",
        [{0: SCALE, 1: 1}, {}, {3: SCALE, 4: SCALE}],
        [MOST, 0, 1],
        [(0, {}), (MOST - 1, {0: MOST - 1, 1: MOST - 2, 2: 1}), (5, {0: 5, 3: 4})],
        512,
        16,
    ),
    # In two groups; some without samples, which never win.
    sparse_centroid(
        "ten classes",
        [{label: SCALE, 2 * label + 1: THIRD + label} for label in range(10)],
        [0, 3, 3, 1, 0, 9, 3, 2, 1, 3],
        [(label % 3, {label: label % 3}) for label in range(10)],
        64,
        16,
    ),
    sparse_centroid("all to be learned", [{}, {}], [0, 0], None, 64, 32),
    sparse_centroid(
        "data contract",
        [{j: THIRD + j for j in range(60)}, {j: SCALE - j for j in range(0, 60, 3)}, {}, {0: 1}, {1: 1}],
        [30, 20, 5, 1, 1],
        None,
        256,
        16,
        start_in_code=False,
    ),
    # Three words of two features each are filled; a fourth class comes to lie in them too.
    sparse_centroid(
        "filled counters",
        [{0: SCALE, 5: THIRD}, {1: THIRD, 6: SCALE // 2}, {7: 1}],
        [3, 4, 0],
        None,
        64,
        16,
        warm=5,
    ),
    # Too far apart for a list.
    sparse_centroid(
        "hash table",
        [{0: 9, 2**20: 4, 2**31: SCALE, 2**32 - 1: SCALE}, {1: 9, 2**20: 1, 2**32 - 2: 3}, {7: 1}],
        [9, 9, 1],
        [(2, {0: 2, 5: 1}), (0, {}), (1, {2**32 - 1: 1})],
        128,
        32,
    ),
)
