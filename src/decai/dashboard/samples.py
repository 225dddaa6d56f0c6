"""Samples as people give them: the encoder that a model names, and numbers in a text."""

from math import isfinite, nan
from typing import TYPE_CHECKING, Final

from decai.chain.kinds import vocabulary_of
from decai.chain.model import ModelInfo
from decai.errors import ChainError, InputError

if TYPE_CHECKING:
    from decai.chain.base import Reader
    from decai.encoder import Encoder

__all__ = ["encoder_of", "parse_numbers"]

_MOST_NUMBERS: Final = 16_384


def encoder_of(chain: "Reader", info: ModelInfo) -> "Encoder":
    """The encoder that a model names; blocks.

    Raises
    ------
    InputError
        If there is none of this name here, or it does not fit the model.
    ChainError
        If the node does not answer.
    """
    from decai.encoder import ModelShape, encoder_for

    if not info.form.is_sparse:
        return encoder_for(info.encoder, ModelShape("dense", info.max_features))
    try:
        size = vocabulary_of(chain, info)
    except ChainError:
        if info.has_twin:
            raise
        size = 2**info.form.lane_bits
    return encoder_for(info.encoder, ModelShape("sparse", size, info.form.lane_bits))


def parse_numbers(text: str) -> list[float]:
    """Numbers as people write them: with commas, blanks or lines between.

    Raises
    ------
    InputError
        If one is none.

    Examples
    --------
    >>> parse_numbers("1, 2.5 -3"), parse_numbers("[4]")
    ([1.0, 2.5, -3.0], [4.0])
    """
    words = text.strip().removeprefix("[").removesuffix("]").replace(",", " ").split()
    if not words:
        raise InputError("numbers are needed, such as: 1, 5, 9")
    if len(words) > _MOST_NUMBERS:
        raise InputError(f"these are {len(words):,} numbers; at most {_MOST_NUMBERS:,} will do")
    return [_number(word) for word in words]


def _number(word: str) -> float:
    try:
        number = float(word)
    except ValueError:
        number = nan
    if not isfinite(number):
        raise InputError(f"{word[:40]!r} is no number")
    return number
