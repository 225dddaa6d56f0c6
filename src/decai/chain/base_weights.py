"""Base weights in words, as ``classifier/_base_weights.vy`` reads them.

Specified in ``docs/mechanism.md#base-weights-on-a-chain``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from decai.chain.hash_table import build_table, entries_of, fewest_words
from decai.classifier._sparse import TABLE_LIMIT

__all__ = ["BaseWeights", "pack_base_weights", "unpack_base_weights"]

_WORD: Final = 256
_FEWEST_BITS: Final = 16
_LISTED: Final = 256
"""Lists of so many words are never hashed: to look an index up costs more with every call."""
_SPARSE: Final = 4
"""A longer list is hashed if it has so many times the words."""


@dataclass(frozen=True, slots=True)
class BaseWeights:
    """Base weights as a contract holds them.

    Parameters
    ----------
    words
        At least one.
    count
        How many weights; if they are listed, of the features below this index.
    weight_bits
        Bits of a weight w, which is kept as w + 2^(weight_bits - 1).
    index_bits
        Bits of the index below each weight of a hash table; 0 if the weights are listed.
    seed
        Of the hash table.
    """

    words: Sequence[int]
    count: int
    weight_bits: int
    index_bits: int = 0
    seed: int = 0


def pack_base_weights(weights: Mapping[int, int], index_bits: int) -> BaseWeights:
    """Weights in few words that are cheap to read.

    Parameters
    ----------
    weights
        Fixed point, below 2^47 in size, by feature index.
    index_bits
        An index is below 2 to the power of it.

    Examples
    --------
    >>> pack_base_weights({0: 3, 1: -1}, 16)
    BaseWeights(words=(2147450883,), count=2, weight_bits=16, index_bits=0, seed=0)
    >>> unpack_base_weights(_)
    {0: 3, 1: -1}
    """
    size = max(weights, default=-1) + 1
    bits = _bits_of(weights)
    listed = -(-size // (_WORD // bits))
    kept = _kept(weights)
    if listed > max(_LISTED, _SPARSE * fewest_words(len(kept), index_bits, bits)):
        return _hashed(kept, index_bits, bits)
    per_word = _WORD // bits
    bits = _WORD // per_word
    zero = 1 << (bits - 1)
    words = tuple(
        sum((weights.get(at + i, 0) + zero) << (bits * i) for i in range(min(per_word, size - at)))
        for at in range(0, size, per_word)
    )
    return BaseWeights(words or (0,), size, bits)


def unpack_base_weights(packed: BaseWeights) -> dict[int, int]:
    """The inverse of `pack_base_weights`, but for listed features without a weight, which get 0."""
    zero = 1 << (packed.weight_bits - 1)
    if packed.index_bits:
        entries = entries_of(packed.words, packed.index_bits, packed.weight_bits)
        return {index: entries[index] - zero for index in sorted(entries)}
    per_word, mask = _WORD // packed.weight_bits, (1 << packed.weight_bits) - 1
    raised = (word >> (packed.weight_bits * i) & mask for word in packed.words for i in range(per_word))
    return {index: value - zero for index, value in zip(range(packed.count), raised, strict=False)}


def _bits_of(weights: Mapping[int, int]) -> int:
    low, high = min(0, min(weights.values(), default=0)), max(0, max(weights.values(), default=0))
    return max(_FEWEST_BITS, high.bit_length() + 1, (-1 - low).bit_length() + 1)


def _hashed(weights: Mapping[int, int], index_bits: int, bits: int) -> BaseWeights:
    # As wide as entries can be without fewer of them in a word.
    bits = _WORD // (_WORD // (index_bits + bits)) - index_bits
    zero = 1 << (bits - 1)
    raised = {index: weight + zero for index, weight in weights.items()}
    table = build_table(raised, index_bits, bits)
    return BaseWeights(table.words, len(weights), bits, index_bits, table.seed)


def _kept(weights: Mapping[int, int]) -> dict[int, int]:
    """What the twin follows from: its tables go up to the last index below their limit, filled with 0."""
    last = max((index for index in weights if index < TABLE_LIMIT), default=-1)
    return {
        index: weight for index, weight in weights.items() if weight or index == last or index >= TABLE_LIMIT
    }
