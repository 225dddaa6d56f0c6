"""The static hash table gives every index its value and every other index none."""

import random
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decai.chain.hash_table import HashTable, build_table, entries_of, fewest_words

INDEX = st.integers(0, 2**32 - 1)
SHAPES = [(32, 36), (32, 48), (16, 16), (32, 16), (16, 48)]
"""Bits of an index and of a value; 3, 3, 8, 5 and 4 entries a word."""


def random_items(size: int) -> dict[int, int]:
    return {index: value for value, index in enumerate(random.Random(1).sample(range(2**32), size))}


def naive(table: HashTable) -> dict[int, set[int]]:
    """Every value that stands beside an index, bit by bit."""
    found: dict[int, set[int]] = {}
    for word in table.words:
        digits = f"{word:0256b}"[::-1]
        width = table.index_bits + table.value_bits
        for at in range(0, 256 - width + 1, width):
            entry = digits[at : at + width]
            index = int(entry[: table.index_bits][::-1], 2)
            found.setdefault(index, set()).add(int(entry[table.index_bits :][::-1], 2))
    return found


@pytest.mark.parametrize(("index_bits", "value_bits"), SHAPES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_finds_every_index_and_no_other(index_bits: int, value_bits: int, data: st.DataObject) -> None:
    indices, values = st.integers(0, 2**index_bits - 1), st.integers(0, 2**value_bits - 1)
    items = data.draw(st.dictionaries(indices, values, min_size=1, max_size=200))
    others = data.draw(st.lists(indices, max_size=50))
    table = build_table(items, index_bits, value_bits)
    near = [other for index in items for other in (index - 1, index + 1) if 0 <= other < 2**index_bits]
    for index in {*items, *others, *near, 0, 2**index_bits - 1}:
        assert table.find(index) == items.get(index)
    assert naive(table) == {index: {value} for index, value in items.items()}
    assert entries_of(table.words, index_bits, value_bits) == items


@pytest.mark.parametrize("step", [1, 2, 3, 2**10, 2**16 + 1, 2**20])
def test_places_indices_in_a_row(step: int) -> None:
    items = {index * step: index for index in range(4_000)}
    table = build_table(items, 32, 36)
    assert all(table.find(index) == value for index, value in items.items())
    assert table.find(4_000 * step) is None


def test_is_nine_tenths_full() -> None:
    # 10,000 of 3 a word: 10,000 / 2.7 = 3,703.7
    assert fewest_words(10_000, 32, 36) == 3_704
    items = random_items(10_000)
    assert len(build_table(items, 32, 36).words) == 3_704


def test_grows_until_all_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    # A full table is tried first, above the 95.9 % that random keys can do.
    monkeypatch.setattr("decai.chain.hash_table._LOAD", (1, 1))
    items = random_items(3_000)
    table = build_table(items, 32, 36)
    assert len(table.words) > 1_000
    assert entries_of(table.words, 32, 36) == items


def test_is_the_same_whatever_the_order() -> None:
    items = {index * 7_919: index for index in range(100)}
    backwards: Mapping[int, int] = dict(reversed(items.items()))
    assert build_table(items, 32, 36) == build_table(backwards, 32, 36)


@given(st.dictionaries(INDEX, st.just(1), min_size=1, max_size=1))
def test_has_a_word_at_least(items: dict[int, int]) -> None:
    table = build_table(items, 32, 36)
    # Three times the only entry.
    (index,) = items
    entry = 1 << 32 | index
    assert table.words == (entry | entry << 68 | entry << 136,)
