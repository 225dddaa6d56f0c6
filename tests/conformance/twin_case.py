"""A shared model that the twins are compared on, and the samples that lists of features make."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from hypothesis import strategies as st

from decai.chain.base import Chain
from decai.chain.compose import Composition, Texts, compose
from decai.classifier._sparse import TABLE_LIMIT
from decai.incentive import Points, Stakeable
from decai.protocols import Classifier, ClassStart, IncentiveMechanism
from decai.units import Address, Seconds, Wei

__all__ = [
    "PAGE",
    "START",
    "Case",
    "Mechanism",
    "ModelCase",
    "Row",
    "Terms",
    "class_starts",
    "lane_words",
    "sparse_rows",
]

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
    simple: Sequence[Row]
    """Three well-formed ones."""
    compare: Callable[[Chain, Address, Classifier, set[int], bool], None]
    """Holds the contract's parameters to the twin's: those near features that were mentioned, or all."""
    pushes: Sequence[tuple[Row, int]] = ()
    """Samples that the model disagrees with for so long that their counters reach their limits."""
    start_in_code: bool = True
    """Whether the contract's own code holds what the model starts from, or data contracts do."""
    offset: int = 0
    """What is added to a number in its lane."""
    warm: int = 0
    """The counters of the features below this one are filled at deployment."""
    counter_limit: int = 2**15
    """Counters that are pushed go to one less."""
    starts: st.SearchStrategy[ClassStart] | None = None
    """What further classes start from, some of it malformed; None if the contract takes none."""
    takes_vectors: bool = False
    """Whether samples are vectors, and not lists of feature indices."""


@dataclass(frozen=True)
class Terms:
    """The numbers of a mechanism."""

    cost_weight: int
    refund_wait: int
    owner_wait: int
    any_wait: int


@dataclass(frozen=True, eq=False)
class Case:
    """One shared model; two are never the same."""

    model: ModelCase
    terms: Terms
    mechanism: Mechanism
    clone: bool = False
    """Whether the contract shares its code with others."""

    @property
    def max_features(self) -> int:
        """Most features of a sample."""
        return self.model.max_features

    @property
    def index_bits(self) -> int:
        """The bits of a feature index."""
        return self.model.index_bits

    def __str__(self) -> str:
        return f"{self.model.name}, {self.mechanism}{', clone' if self.clone else ''}"

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
            warm=0 if self.clone else self.model.warm,
            clone=self.clone,
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
    # Not many features between: the twin's tables are as long as the largest of those that it does not hash.
    places = (
        st.integers(0, 2_000) | st.integers(TABLE_LIMIT, top - 1)
        if top > TABLE_LIMIT
        else st.integers(0, top - 1)
    )
    anything = st.lists(places, max_size=40)
    malformed = st.builds(
        lambda before, bad, after: [*before, bad, *after],
        short,
        st.sampled_from([top, top + 1, -1, 2**63 - 1, -(2**63), 2**32, -(2**31)]),
        short,
    )
    return st.one_of(short, short, short, cycle, anything, malformed).map(tuple)


def class_starts(index_bits: int, value: st.SearchStrategy[int]) -> st.SearchStrategy[ClassStart]:
    """What a further class of lists of features starts from, some of it out of range."""
    top = 1 << index_bits
    index = st.sampled_from([0, 1, 2, 5, 300, top - 1, min(top, 2**32 - 1)])
    samples = st.sampled_from([0, 1, 3, 2**32 - 1, 2**32, 2**64 - 1, 2**64, -1])
    return st.builds(ClassStart, samples, st.dictionaries(index, value, max_size=5))


def lane_words(counters: Mapping[tuple[int, int], int], lanes: int) -> dict[int, int]:
    """The words that 32-bit counters of ``(label, feature)`` are kept in, 0 or not, by place.

    A word holds 8 of them, those of the classes of a group side by side. The words of a group begin at its
    number times 2^32.
    """
    words: dict[int, int] = {}
    for (label, index), counter in counters.items():
        group, lane = divmod(label, lanes)
        row, feature = divmod(index, 8 // lanes)
        place = group * 2**32 + row
        words[place] = words.get(place, 0) + counter * 2 ** (32 * (feature * lanes + lane))
    return words
