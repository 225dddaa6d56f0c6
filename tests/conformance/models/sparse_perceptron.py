"""Sparse perceptrons at the limits of their ranges."""

from collections.abc import Mapping, Sequence
from typing import Final

from decai.chain.base import Chain
from decai.chain.kinds import read_parameters
from decai.chain.model import read_info
from decai.classifier import SparsePerceptron
from decai.protocols import Classifier
from decai.units import Address
from tests.conformance.twin_case import PAGE, ModelCase, Row, sparse_rows
from tests.conformance.words import read

__all__ = ["SPARSE_PERCEPTRONS"]


def compare_sparse_perceptron(
    chain: Chain, address: Address, classifier: Classifier, mentioned: set[int], whole: bool
) -> None:
    """Counters and base weights; of 2^32 counters always just those near what was mentioned."""
    assert isinstance(classifier, SparsePerceptron)
    counters, bits = classifier.counters(), classifier.index_bits
    width = classifier.counter_bits
    per_word = 256 // width
    assert read(chain, address, "counterBits()", "uint256") == width
    places = {index // per_word for index in {*mentioned, *counters, 0} if 0 <= index < 1 << bits}
    near = {place + step for place in places for step in (-1, 0, 1)}
    end = (1 << bits) // per_word
    pages = [(place, 1) for place in sorted(near) if 0 <= place < end]
    if whole and bits == 16:
        pages = [(first, PAGE) for first in range(0, end, PAGE)]
    expected: dict[int, int] = {}
    for index, counter in counters.items():
        place, lane = divmod(index, per_word)
        expected[place] = expected.get(place, 0) + ((counter % 2**width) << width * lane)
    for first, count in pages:
        words = read(chain, address, "counterWords(uint256,uint256)", "uint256[]", first, count)
        assert list(words) == [expected.get(place, 0) for place in range(first, first + count)]
    if whole:
        compare_base_weights(chain, address, classifier)
    for index in sorted({*mentioned, *range(8)}):
        if 0 <= index < 2**64:
            weight = classifier.weight(index) if index < 1 << bits else 0
            assert read(chain, address, "weights(uint64)", "int80", index) == weight


def compare_base_weights(chain: Chain, address: Address, classifier: SparsePerceptron) -> None:
    """As the contract keeps them, however it does."""
    start = read_parameters(chain, read_info(chain, address)).start
    assert isinstance(start, SparsePerceptron)
    expected = {index: base for index, base in classifier.bases().items() if base}
    assert {index: base for index, base in start.bases().items() if base} == expected


def sparse_perceptron(
    name: str,
    weights: Mapping[int, int],
    intercept: int,
    rate: int,
    max_features: int,
    index_bits: int,
    pushes: Sequence[tuple[Row, int]] = (),
    start_in_code: bool = True,
    counter_bits: int = 16,
    warm: int = 0,
) -> ModelCase:
    """A sparse perceptron."""

    def build() -> SparsePerceptron:
        return SparsePerceptron(
            ("nein", "jawohl \N{GREEK SMALL LETTER PSI}"),
            weights,
            intercept,
            rate,
            max_features=max_features,
            index_bits=index_bits,
            counter_bits=counter_bits,
        )

    last = max(weights, default=0)
    known = [*sorted(weights)[:6], last, min(last + 1, 2**index_bits - 1), max(warm, 1) - 1, warm]
    rows = sparse_rows(max_features, index_bits, known)
    simple = [(0,), (1,), (2,)]
    return ModelCase(
        name,
        build,
        max_features,
        index_bits,
        rows,
        simple,
        compare_sparse_perceptron,
        pushes,
        start_in_code,
        warm=warm,
        counter_limit=min(2 ** (counter_bits - 1), 2**47 // rate),
    )


LIMIT: Final = 2**47 - 1
"""The largest base weight, and the largest intercept."""
SPARSE_PERCEPTRONS: Final = (
    # The lowest and the highest base weight that fit into 36 bits.
    sparse_perceptron("everyday", {0: 3, 1: -3, 2: 1, 3: 0, 4: -(2**35), 5: 2**35 - 1, 8: 5}, 1, 2, 128, 16),
    # Base weights of 48 bits. Sums that come to exactly 0, or to 1 above it; steps as large as the weights.
    sparse_perceptron(
        "highest rate",
        {0: -LIMIT, 1: LIMIT, 2: 1, 3: -(2**46), 4: 2**46 + 1, 5: -(2**46) - 1},
        LIMIT,
        2**32 - 1,
        512,
        16,
    ),
    # The lowest rate takes 65 samples of 512 repeats to a counter's limit, and changes no mind on the way.
    sparse_perceptron(
        "counters at their limits",
        {0: -(2**46), 1: 2**46, 2: LIMIT, 3: 1, 4: 2},
        -LIMIT,
        1,
        512,
        32,
        [((0,) * 512, 1), ((1,) * 512, 0), ((0, 1) * 256, 1)],
    ),
    sparse_perceptron("all to be learned", {}, 0, 1, 64, 32),
    # 32 counters to a word, of which two are filled at deployment: features 0 to 63.
    sparse_perceptron(
        "narrow counters, filled",
        {0: -(2**46), 1: 2**46, 2: 3, 3: -3, 63: 1, 64: -1},
        -1,
        5,
        128,
        16,
        [((0,) * 40, 1), ((1,) * 40, 0), ((0, 0, 1), 1)],
        counter_bits=8,
        warm=33,
    ),
    # They stop where what they have learned would leave 48 bits, long before their own 32 are full.
    sparse_perceptron(
        "wide counters",
        {0: -LIMIT, **dict.fromkeys(range(1, 5), LIMIT), 5: 1},
        -LIMIT,
        2**32 - 1,
        512,
        32,
        [((0,) * 512, 1), ((1,) * 400 + (2, 3, 4), 0)],
        counter_bits=32,
    ),
    # Four words are filled: features 0 to 63. The fifth is not.
    sparse_perceptron(
        "filled counters in a data contract",
        {0: -5, 1: 5, 63: 2, 64: -2},
        0,
        3,
        64,
        16,
        start_in_code=False,
        warm=64,
    ),
    # Base weights of 42 bits in several words of a data contract.
    sparse_perceptron(
        "data contract",
        {0: -(2**41), 1: 2**41 - 1, **{j: j - 20 for j in range(2, 40)}},
        -1,
        7,
        256,
        16,
        start_in_code=False,
    ),
    # Too far apart for a list.
    sparse_perceptron(
        "hash table",
        {0: 9, 1: -9, 2: 1, 2**20: -4, 2**31: 5, 2**32 - 2: LIMIT, 2**32 - 1: -LIMIT},
        0,
        10**7,
        128,
        32,
    ),
)
