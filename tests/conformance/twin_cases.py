"""What the twins are compared on: models and terms at the limits of their ranges.

A classifier joins by a line in `CLASSIFIERS`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from hypothesis import strategies as st

from decai.chain.base import Chain
from decai.chain.compose import Composition, Texts, compose
from decai.chain.model import read, read_info
from decai.chain.kinds import read_parameters
from decai.classifier import SparsePerceptron
from decai.incentive import Points, Stakeable
from decai.protocols import Classifier, IncentiveMechanism
from decai.units import DAY, Address, Seconds, Wei

__all__ = ["CLASSIFIERS", "MECHANISMS", "PAIRINGS", "START", "Case", "Mechanism", "ModelCase", "Row", "cases"]

Row = tuple[int, ...]
Mechanism = Literal["stakeable", "stakeable, shares by deposit", "points"]

START: Final = Seconds(1_700_000_000)
"""When models are deployed."""
PAGE: Final = 256


@dataclass(frozen=True)
class ModelCase:
    """One model of a kind."""

    name: str
    build: Callable[[], Classifier]
    max_features: int
    index_bits: int
    rows: st.SearchStrategy[Row]
    """Samples, some of them malformed."""
    compare: Callable[[Chain, Address, Classifier, set[int], bool], None]
    """Holds the contract's parameters to the twin's: those near features that were mentioned, or all."""
    pushes: Sequence[tuple[Row, int]] = ()
    """Samples that the model disagrees with for so long that their counters reach their limits."""
    start_in_code: bool = True
    """Whether the contract's own code holds what the model starts from, or data contracts do."""


@dataclass(frozen=True)
class Terms:
    """The numbers of a mechanism."""

    cost_weight: int
    refund_wait: int
    owner_wait: int
    any_wait: int


@dataclass(frozen=True)
class Case:
    """One shared model."""

    model: ModelCase
    terms: Terms
    mechanism: Mechanism

    @property
    def max_features(self) -> int:
        """Most features of a sample."""
        return self.model.max_features

    @property
    def index_bits(self) -> int:
        """The bits of a feature index."""
        return self.model.index_bits

    def __str__(self) -> str:
        return f"{self.model.name}, {self.mechanism}"

    def incentive(self, deployed: Seconds) -> IncentiveMechanism:
        """The mechanism in memory."""
        terms = self.terms
        if self.mechanism == "points":
            return Points(Seconds(terms.refund_wait), deployed)
        return Stakeable(
            Wei(terms.cost_weight),
            Seconds(terms.refund_wait),
            Seconds(terms.owner_wait),
            Seconds(terms.any_wait),
            deployed,
            "count" if self.mechanism == "stakeable" else "deposit",
        )

    @cached_property
    def composition(self) -> Composition:
        """The contract."""
        return compose(
            self.model.build(),
            self.incentive(START),
            Texts("Zwillinge", "twins \N{GEMINI}", "none"),
            max_features=self.max_features,
            index_bits=self.index_bits,
            start_in_code=self.model.start_in_code,
        )


def sparse_rows(max_features: int, index_bits: int, known: Sequence[int]) -> st.SearchStrategy[Row]:
    """Lists of feature indices: short ones, of every length that fills words, at and beyond the limits."""
    top, lanes = 1 << index_bits, 256 // index_bits
    favourites = [*known, 15, 16, 17, 255, 256, top - 2, top - 1]
    feature = st.sampled_from(favourites)
    lengths = [lanes - 1, lanes, lanes + 1, max_features - 1, max_features, max_features + 1]
    short = st.lists(feature, max_size=4)
    cycle = st.builds(
        lambda part, length: (part * length)[:length],
        st.lists(feature, min_size=1, max_size=5),
        st.sampled_from([lanes - 2, *lengths]),
    )
    anything = st.lists(st.integers(0, top - 1), max_size=40)
    malformed = st.builds(
        lambda before, bad, after: [*before, bad, *after],
        short,
        st.sampled_from([top, top + 1, -1, 2**63 - 1, -(2**63), 2**32, -(2**31)]),
        short,
    )
    return st.one_of(short, short, short, cycle, anything, malformed).map(tuple)


def compare_sparse_perceptron(
    chain: Chain, address: Address, classifier: Classifier, mentioned: set[int], whole: bool
) -> None:
    """Counters and base weights; of 2^32 counters always just those near what was mentioned."""
    assert isinstance(classifier, SparsePerceptron)
    counters, bits = classifier.counters(), classifier.index_bits
    places = {index >> 4 for index in {*mentioned, *counters, 0} if 0 <= index < 1 << bits}
    near = {place + step for place in places for step in (-1, 0, 1)}
    pages = [(place, 1) for place in sorted(near) if 0 <= place < 1 << (bits - 4)]
    if whole and bits == 16:
        pages = [(first, PAGE) for first in range(0, 1 << 12, PAGE)]
    expected: dict[int, int] = {}
    for index, counter in counters.items():
        expected[index >> 4] = expected.get(index >> 4, 0) + ((counter % 2**16) << 16 * (index % 16))
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
        )

    last = max(weights, default=0)
    known = [*sorted(weights)[:6], last, min(last + 1, 2**index_bits - 1)]
    rows = sparse_rows(max_features, index_bits, known)
    return ModelCase(
        name, build, max_features, index_bits, rows, compare_sparse_perceptron, pushes, start_in_code
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

LONGEST: Final = 2**32 - 1
TERMS: Final = (
    Terms(7, 20, DAY, 2 * DAY),
    Terms(2**84 - 1, 0, LONGEST, LONGEST),
    Terms(1, 0, 0, 0),
    Terms(0, LONGEST, LONGEST, LONGEST),
    Terms(10**15 - 1, 30, 30, 3600),
)

CLASSIFIERS: Final[Mapping[str, Sequence[ModelCase]]] = {"sparse-perceptron": SPARSE_PERCEPTRONS}
MECHANISMS: Final[Sequence[Mechanism]] = ("stakeable", "stakeable, shares by deposit", "points")
PAIRINGS: Final = [(classifier, mechanism) for classifier in CLASSIFIERS for mechanism in MECHANISMS]


def cases(classifier: str, mechanism: Mechanism) -> list[Case]:
    """The models of a kind, each on other terms, which are others with each mechanism."""
    models, first = CLASSIFIERS[classifier], MECHANISMS.index(mechanism)
    return [Case(model, TERMS[(first + i) % len(TERMS)], mechanism) for i, model in enumerate(models)]
