"""What contracts answer: the quick ways of reading it against the codec of everything."""

from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from hypothesis import given
from hypothesis import strategies as st

from decai.chain.abi import answer
from decai.errors import ChainError

TEXTS = st.binary(max_size=100)
LISTS = st.lists(st.integers(0, 2**256 - 1), max_size=4)


def by_codec(kind: str, data: bytes) -> Any:
    """The same by the codec alone; None if it takes it for nonsense."""
    try:
        (value,) = decode(["bytes" if kind == "string" else kind], data)
    except (DecodingError, OverflowError, ValueError):
        return None
    return value


def check(kind: str, data: bytes) -> None:
    expected = by_codec(kind, data)
    if expected is None:
        with pytest.raises(ChainError, match="makes no sense"):
            answer(kind, data)
    elif kind == "string":
        text = answer(kind, data)
        try:
            assert text == expected.decode()
        except UnicodeDecodeError:
            assert "?" in text
            assert len(text.encode()) <= len(expected)
    else:
        assert answer(kind, data) == expected


@given(TEXTS)
def test_a_text_is_what_the_codec_says(content: bytes) -> None:
    check("string", encode(["bytes"], [content]))


@given(LISTS)
def test_a_list_is_what_the_codec_says(words: list[int]) -> None:
    check("uint256[]", encode(["uint256[]"], [words]))


@given(st.sampled_from(["string", "uint256[]"]), TEXTS, LISTS, st.data())
def test_what_is_laid_out_otherwise_is_read_or_refused_as_by_the_codec(
    kind: str, content: bytes, words: list[int], data: st.DataObject
) -> None:
    """One byte is another, or some are missing, or there are more."""
    good = bytearray(encode(["bytes"], [content]) if kind == "string" else encode([kind], [words]))
    place = data.draw(st.integers(0, len(good) - 1))
    match data.draw(st.sampled_from(["other", "fewer", "more", "small"])):
        case "other":
            good[place] = data.draw(st.integers(0, 255))
        case "fewer":
            del good[place:]
        case "more":
            good += data.draw(st.binary(min_size=1, max_size=64))
        case "small":
            # The words that say where it begins and how long it is.
            good[data.draw(st.sampled_from([31, 63]))] = data.draw(st.integers(0, 255))
    check(kind, bytes(good))
