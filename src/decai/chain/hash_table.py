"""A static hash table in 256-bit words: few indices of many, each found by looking into two words.

An entry is an index and, above it, a value, from the lowest bits of a word on. It lies in one of the two
words that follow from its index and the table's seed; `HashTable.find` is the rule, and
``classifier/_base_table.vy`` follows it. Places that are left over repeat an entry of the table, so that a
reader who meets one finds nothing wrong.

With two choices and three entries a word, random keys fit with high probability up to a load of 95.9 %
(Fernholz and Ramachandran 2007, "The k-orientability thresholds for G(n, p)"), with more entries up to a
higher one. Tables are built for 90 %, by augmenting paths, which find a place if there is any; keys that do
not fit get another seed, and after some seeds more words.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from typing import Final

__all__ = ["HashTable", "build_table", "entries_of", "fewest_words"]

_LOAD: Final = (9, 10)
_SEEDS: Final = 8
"""Tried before the table grows."""
_WORD: Final = 256
_LOW: Final = 2**32 - 1


@dataclass(frozen=True, slots=True)
class HashTable:
    """A table as a contract holds it.

    Parameters
    ----------
    words
        The packed entries, at least one word.
    index_bits, value_bits
        Of an entry; as many entries share a word as fit.
    seed
        What the two words of an index follow from, below 2^256.
    """

    words: tuple[int, ...]
    index_bits: int
    value_bits: int
    seed: int

    def find(self, index: int) -> int | None:
        """The value of an index; None if it has none.

        Examples
        --------
        >>> table = build_table({7: 5, 4_000_000_000: 6}, 32, 36)
        >>> table.find(7), table.find(4_000_000_000), table.find(8)
        (5, 6, None)
        """
        for place in _places(index, len(self.words), self.seed):
            for key, value in _entries(self.words[place], self.index_bits, self.value_bits):
                if key == index:
                    return value
        return None


def fewest_words(size: int, index_bits: int, value_bits: int) -> int:
    """How many words `build_table` begins with for so many keys."""
    load, full = _LOAD
    return max(1, -(-size * full // (_WORD // (index_bits + value_bits) * load)))


def build_table(items: Mapping[int, int], index_bits: int, value_bits: int) -> HashTable:
    """The table of `items`; the same one for the same items.

    Parameters
    ----------
    items
        Unsigned values by index, each of so many bits; at least one.
    index_bits, value_bits
        At most 32, and at least two entries must fit into a word.
    """
    per_word = _WORD // (index_bits + value_bits)
    keys = sorted(items)
    size = fewest_words(len(keys), index_bits, value_bits)
    for attempt in count():
        seed = int.from_bytes(sha256(b"decai: hash table %d" % attempt).digest(), "big")
        buckets = _placed(keys, size, per_word, seed)
        if buckets is not None:
            fill = (keys[0],) * per_word
            words = (
                _packed([(key, items[key]) for key in (*bucket, *fill)[:per_word]], index_bits, value_bits)
                for bucket in buckets
            )
            return HashTable(tuple(words), index_bits, value_bits, seed)
        if attempt % _SEEDS == _SEEDS - 1:
            size += size // 8 + 1
    raise AssertionError("unreachable")


def entries_of(words: Iterable[int], index_bits: int, value_bits: int) -> dict[int, int]:
    """All values of a table by index, from its words alone."""
    return {key: value for word in words for key, value in _entries(word, index_bits, value_bits)}


def _places(index: int, size: int, seed: int) -> tuple[int, int]:
    """The two words of an index: independent parts of a product, as in multiply-shift hashing."""
    product = (index + 1) * seed % 2**_WORD
    return (product >> 224) * size >> 32, ((product >> 96) & _LOW) * size >> 32


def _placed(keys: Sequence[int], size: int, per_word: int, seed: int) -> list[list[int]] | None:
    """The keys of each word; None if they do not fit."""
    places = {key: _places(key, size, seed) for key in keys}
    buckets: list[list[int]] = [[] for _ in range(size)]
    for key in keys:
        path = _path_to_room(places[key], buckets, places, per_word)
        if path is None:
            return None
        # From the end, where there is room: each key moves to the word after its own.
        for (place, moved), (target, _) in zip(path[-2::-1], path[:0:-1], strict=True):
            buckets[place].remove(moved)
            buckets[target].append(moved)
        buckets[path[0][0]].append(key)
    return buckets


def _path_to_room(
    starts: tuple[int, int], buckets: list[list[int]], places: Mapping[int, tuple[int, int]], per_word: int
) -> list[tuple[int, int]] | None:
    """Words from one of `starts` to one with room, each with the key that moves to the next."""
    came: dict[int, tuple[int, int] | None] = dict.fromkeys(starts)
    waiting = deque(came)
    while waiting:
        place = waiting.popleft()
        if len(buckets[place]) < per_word:
            path = [(place, -1)]
            before = came[place]
            while before is not None:
                path.insert(0, before)
                before = came[before[0]]
            return path
        for key in buckets[place]:
            first, second = places[key]
            other = second if first == place else first
            if other not in came:
                came[other] = (place, key)
                waiting.append(other)
    return None


def _packed(entries: Sequence[tuple[int, int]], index_bits: int, value_bits: int) -> int:
    bits = index_bits + value_bits
    return sum((value << index_bits | key) << (bits * i) for i, (key, value) in enumerate(entries))


def _entries(word: int, index_bits: int, value_bits: int) -> list[tuple[int, int]]:
    bits = index_bits + value_bits
    entries = [(word >> (bits * i)) & ((1 << bits) - 1) for i in range(_WORD // bits)]
    return [(entry & ((1 << index_bits) - 1), entry >> index_bits) for entry in entries]
