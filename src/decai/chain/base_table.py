"""What a model was deployed with, in words, as ``classifier/_base_table.vy`` reads them.

Specified in ``docs/mechanism.md#base-tables-on-a-chain``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from decai.chain.hash_table import build_table, entries_of, fewest_words
from decai.classifier._sparse import TABLE_LIMIT

__all__ = ["BaseTable", "is_hashed", "pack_base_weights", "pack_table", "unpack_base_weights", "unpack_table"]

_WORD: Final = 256
_FEWEST_BITS: Final = 16
_LISTED: Final = 256
"""Lists of so many words are never hashed: to look a key up costs more with every call."""
_SPARSE: Final = 4
"""A longer list is hashed if it has so many times the words."""


@dataclass(frozen=True, slots=True)
class BaseTable:
    """A base table as a contract holds it.

    Parameters
    ----------
    words
        At least one.
    entries
        How many; if they are listed, of the keys below this one.
    value_bits
        Bits of a value.
    key_bits
        Bits of the key below each value of a hash table; 0 if the values are listed.
    seed
        Of the hash table.
    default
        The value of a key that the table does not know.
    """

    words: Sequence[int]
    entries: int
    value_bits: int
    key_bits: int = 0
    seed: int = 0
    default: int = 0


def is_hashed(size: int, value_bits: int, keys: int, entry_bits: int) -> bool:
    """Whether so many keys below `size` are better hashed, in entries of `entry_bits`, than listed."""
    listed = -(-size // (_WORD // value_bits))
    return listed > max(_LISTED, _SPARSE * fewest_words(keys, 0, entry_bits))


def pack_table(
    values: Mapping[int, int], size: int, key_bits: int, value_bits: int, *, hashed: bool, default: int = 0
) -> BaseTable:
    """Values in words.

    Parameters
    ----------
    values
        Unsigned, of `value_bits`, by key; if hashed, at least one, and two entries must fit into a word.
    size
        Listed are the keys below it; all keys of `values` are.
    key_bits
        A key is below 2 to the power of it.
    """
    if hashed:
        table = build_table(values, key_bits, value_bits)
        return BaseTable(table.words, len(values), value_bits, key_bits, table.seed, default)
    per_word = _WORD // value_bits
    words = tuple(
        sum(values.get(at + i, default) << (value_bits * i) for i in range(min(per_word, size - at)))
        for at in range(0, size, per_word)
    )
    return BaseTable(words or (0,), size, value_bits, default=default)


def unpack_table(packed: BaseTable) -> dict[int, int]:
    """The inverse of `pack_table`; listed keys without a value get the default."""
    if packed.key_bits:
        entries = entries_of(packed.words, packed.key_bits, packed.value_bits)
        return {key: entries[key] for key in sorted(entries)}
    per_word, mask = _WORD // packed.value_bits, (1 << packed.value_bits) - 1
    values = (word >> (packed.value_bits * i) & mask for word in packed.words for i in range(per_word))
    return dict(zip(range(packed.entries), values, strict=False))


def pack_base_weights(weights: Mapping[int, int], index_bits: int) -> BaseTable:
    """Weights in few words that are cheap to read; w is kept as w + 2^(bits - 1).

    Parameters
    ----------
    weights
        Fixed point, below 2^47 in size, by feature index.
    index_bits
        An index is below 2 to the power of it.

    Examples
    --------
    >>> pack_base_weights({0: 3, 1: -1}, 16)
    BaseTable(words=(2147450883,), entries=2, value_bits=16, key_bits=0, seed=0, default=32768)
    >>> unpack_base_weights(_)
    {0: 3, 1: -1}
    """
    size, bits, kept = max(weights, default=-1) + 1, _bits_of(weights), _kept(weights)
    hashed = is_hashed(size, bits, len(kept), index_bits + bits)
    # As wide as entries can be without fewer of them in a word, so that similar models share code.
    bits = _WORD // (_WORD // (index_bits + bits)) - index_bits if hashed else _WORD // (_WORD // bits)
    zero = 1 << (bits - 1)
    values = {index: weight + zero for index, weight in (kept if hashed else weights).items()}
    return pack_table(values, size, index_bits, bits, hashed=hashed, default=zero)


def unpack_base_weights(packed: BaseTable) -> dict[int, int]:
    """The inverse of `pack_base_weights`, but for listed features without a weight, which get 0."""
    zero = 1 << (packed.value_bits - 1)
    return {index: value - zero for index, value in unpack_table(packed).items()}


def _bits_of(weights: Mapping[int, int]) -> int:
    low, high = min(0, min(weights.values(), default=0)), max(0, max(weights.values(), default=0))
    return max(_FEWEST_BITS, high.bit_length() + 1, (-1 - low).bit_length() + 1)


def _kept(weights: Mapping[int, int]) -> dict[int, int]:
    """What the twin follows from: its tables go up to the last index below their limit, filled with 0."""
    last = max((index for index in weights if index < TABLE_LIMIT), default=-1)
    return {
        index: weight for index, weight in weights.items() if weight or index == last or index >= TABLE_LIMIT
    }
