"""Base weights come out of their words as they went in, in the layout that needs few of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decai.chain.base_table import pack_base_weights, unpack_base_weights
from decai.classifier import SparsePerceptron

LIMIT = 2**47 - 1
WEIGHT = st.integers(-LIMIT, LIMIT)


@settings(max_examples=60)
@given(st.lists(WEIGHT, max_size=60))
def test_lists_come_back(weights: list[int]) -> None:
    packed = pack_base_weights(dict(enumerate(weights)), 16)
    assert packed.key_bits == 0
    assert packed.entries == len(weights)
    assert unpack_base_weights(packed) == dict(enumerate(weights))


@settings(max_examples=20, deadline=None)
@given(
    st.dictionaries(st.integers(2**20, 2**32 - 1), WEIGHT, min_size=1, max_size=60),
    st.sampled_from([1, 300, 2**17]),
)
def test_tables_come_back_as_the_twin_of_the_twin(weights: dict[int, int], dense: int) -> None:
    # Below 2^20 the twin has a place for each index up to the last one that was given.
    twin = SparsePerceptron(("no", "yes"), {**weights, dense - 1: 0, 0: 5})
    packed = pack_base_weights(twin.bases(), 32)
    assert packed.key_bits == 32
    assert len(packed.words) <= 30
    again = SparsePerceptron(("no", "yes"), unpack_base_weights(packed))
    assert again.bases() == twin.bases()


@pytest.mark.parametrize(
    ("weight", "bits"),
    [
        # As many to a word as fit, of at least 16 bits; those left over widen them.
        (0, 16),
        (2**15 - 1, 16),
        (-(2**15), 16),
        (2**15, 17),
        (2**16, 18),
        (2**31 - 1, 32),
        (-(2**31), 32),
        (2**31, 36),
        (2**35 - 1, 36),
        (2**35, 42),
        (2**41, 51),
        (LIMIT, 51),
        (-LIMIT, 51),
    ],
)
def test_lists_are_as_narrow_as_the_weights_allow(weight: int, bits: int) -> None:
    packed = pack_base_weights({0: weight}, 16)
    assert packed.value_bits == bits
    assert packed.words == (weight + 2 ** (bits - 1),)


@pytest.mark.parametrize(
    ("weight", "bits"), [(2**35, 53), (LIMIT, 53), (-LIMIT, 53), (2**31 - 1, 32), (2**31, 53), (1, 19)]
)
def test_entries_of_tables_use_their_room(weight: int, bits: int) -> None:
    # 32 bits of index: 85 = 256 // 3, 64 = 256 // 4, 51 = 256 // 5 bits in all.
    packed = pack_base_weights({2**32 - 1: weight}, 32)
    assert (packed.key_bits, packed.value_bits, packed.entries) == (32, bits, 1)
    assert unpack_base_weights(packed) == {2**32 - 1: weight}


def test_an_empty_model_takes_a_word() -> None:
    packed = pack_base_weights({}, 16)
    assert (packed.words, packed.entries) == ((0,), 0)
    assert unpack_base_weights(packed) == {}


def test_dense_indices_are_listed_whatever_their_bits() -> None:
    packed = pack_base_weights({index: 2**35 - 1 - index for index in range(100_000)}, 32)
    assert packed.key_bits == 0
    # 7 a word of 36 bits: 100,000 / 7 = 14,285.7
    assert len(packed.words) == 14_286


def test_a_short_list_is_not_hashed_however_empty() -> None:
    # 7 a word: 1,792 weights take 256 words, 1,793 take 257, and a table of one weight takes 1.
    assert pack_base_weights({0: 2**35 - 1, 1_791: 1}, 16).key_bits == 0
    assert pack_base_weights({0: 2**35 - 1, 1_792: 1}, 16).key_bits == 16


def test_a_list_is_hashed_when_it_has_four_times_the_words_of_a_table() -> None:
    # 500 weights take 500 / 2.7 = 186 words of a table, so lists of up to 744 words, 5,208 weights, remain.
    dense = dict.fromkeys(range(499), 2**35 - 1)
    assert pack_base_weights({**dense, 5_207: 1}, 32).key_bits == 0
    assert pack_base_weights({**dense, 5_208: 1}, 32).key_bits == 32
