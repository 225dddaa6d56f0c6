"""Vectors of unit norm that dense classifiers are compared on, and some that are none."""

import random
from typing import Final

from hypothesis import strategies as st

from decai.protocols import ClassStart
from tests.classifier.vectors import F, random_unit, unit
from tests.conformance.twin_case import Row

__all__ = ["MOST", "class_means", "signed_lanes", "simple", "vectors"]

MOST: Final = 2**32 - 1
KNOWN: Final = 12
"""Vectors that come again and again, so that models change their minds about them."""
LANE: Final = 2**64


def simple(size: int) -> list[Row]:
    """Three well-formed ones; of a single number there are no more than these."""
    if size == 1:
        return [(F,), (-F,), (F - 1,)]
    rest = (0,) * (size - 2)
    return [(F, 0, *rest), (0, -F, *rest), (600_000_000, 800_000_000, *rest)]


def vectors(size: int) -> st.SearchStrategy[Row]:
    """Samples of so many numbers: known ones, new ones, some at the limits of their norm or beyond."""
    rng = random.Random(size)
    known = [*simple(size), *(tuple(random_unit(rng, size)) for _ in range(KNOWN))]
    well = st.sampled_from(known)
    new = st.lists(st.integers(-100, 100), min_size=size, max_size=size).filter(any).map(unit).map(tuple)
    return st.one_of(well, well, well, new, st.builds(_spoilt, well, st.integers(0, size - 1), SPOILT))


# The square of the norm may be off by less than 100 F. One number that is 1 before, and d more or less
# after it, makes that 2 d F + d^2: within the limits up to 49, beyond them from 50 on.
SPOILT: Final = st.sampled_from(
    [49, -49, 50, -50, 1, -1, F, 2**31 - 1, 2**31, -(2**31), 2**32, -(2**32), 2**62, "short", "long", "empty"]
)


def _spoilt(row: Row, place: int, how: int | str) -> Row:
    if how == "short":
        return row[:-1]
    if how == "long":
        return (*row, 0)
    if how == "empty":
        return ()
    assert isinstance(how, int)
    changed = max(-(2**63), min(2**63 - 1, row[place] + how))
    return (*row[:place], changed, *row[place + 1 :])


def class_means(size: int) -> st.SearchStrategy[ClassStart]:
    """What a further class starts from, some of it out of range or too long for a call."""
    samples = st.sampled_from([0, 1, 3, MOST, MOST + 1, 2**256 - 1, 2**256, -1])
    value = st.sampled_from([F, -F, F // 3, -F // 7, 1, -1, 0, F + 1, -F - 1, 2**32, 2**63 - 1, 2**63])
    usual = st.sampled_from([F, -F, F // 3, -F // 7, 1, -1, 0])
    place = st.integers(0, size - 1)
    return st.one_of(
        st.builds(ClassStart, st.sampled_from([0, 1, 3, MOST]), st.dictionaries(place, usual, max_size=size)),
        st.builds(ClassStart, samples, st.dictionaries(st.integers(0, size), value, max_size=min(3, size))),
    )


def signed_lanes(words: list[int], size: int) -> list[int]:
    """The first numbers of 64 bits, two's complements, four to a word from the lowest bits on."""
    lanes = [word // LANE**lane % LANE for word in words for lane in range(4)]
    assert not any(lanes[size:])
    return [lane - LANE if lane >= LANE // 2 else lane for lane in lanes[:size]]
