"""Sums of vectors in words, four to a word, as ``classifier/_dense.vy`` keeps them.

Specified in ``docs/mechanism.md#vectors-on-a-chain``.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from decai.chain.parts import Constant
from decai.classifier._dense import wrong_norm, wrong_size
from decai.errors import InputError

__all__ = [
    "MOST_VALUES",
    "SUM_BITS",
    "ZEROS",
    "require_size",
    "rows_of",
    "sum_words",
    "sums_in",
    "vector_constants",
]

MOST_VALUES: Final = 1_024
"""Of a vector on a chain."""
SUM_BITS: Final = 64
_PER_WORD: Final = 4
_MASK: Final = 2**SUM_BITS - 1
_SIGN: Final = 2 ** (SUM_BITS - 1)
ZEROS: Final = sum(_SIGN << SUM_BITS * lane for lane in range(_PER_WORD))
"""A word of four sums of 0, each raised by 2^63."""


def require_size(kind: str, size: int) -> None:
    """Raise `InputError` if vectors are longer than any that a contract takes."""
    if size > MOST_VALUES:
        raise InputError(
            f"{kind}: vectors of {size:,} values are too long for a contract; {MOST_VALUES:,} fit"
        )


def vector_constants(kind: str, size: int, sum_limit: int) -> dict[str, Constant]:
    """What ``parameters.vy`` holds for ``dense.vy``.

    Parameters
    ----------
    kind, size
        Of the classifier and its vectors.
    sum_limit
        The largest size of a sum: a power of two less 1.
    """
    return {
        "SUM_BITS": Constant("uint256", sum_limit.bit_length() + 1),
        "WRONG_SIZE": Constant.text(wrong_size(kind, size)),
        "WRONG_NORM": Constant.text(wrong_norm(kind)),
    }


def rows_of(size: int) -> int:
    """How many words the sums of so many numbers take."""
    return -(-size // _PER_WORD)


def sum_words(sums: Sequence[int]) -> list[int]:
    """Sums, signed and below 2^63 in size, in words.

    Examples
    --------
    >>> [f"{word:x}" for word in sum_words([1, 2, 0, 0, -1])]
    ['20000000000000001', 'ffffffffffffffff']
    >>> sums_in(sum_words([1, 2, 0, 0, -1]))
    [1, 2, 0, 0, -1, 0, 0, 0]
    """
    return [
        sum((value & _MASK) << SUM_BITS * lane for lane, value in enumerate(sums[at : at + _PER_WORD]))
        for at in range(0, len(sums), _PER_WORD)
    ]


def sums_in(words: Iterable[int]) -> list[int]:
    """The inverse of `sum_words`, with what the last word has room for besides."""
    lanes = (word >> SUM_BITS * lane & _MASK for word in words for lane in range(_PER_WORD))
    return [(lane ^ _SIGN) - _SIGN for lane in lanes]
