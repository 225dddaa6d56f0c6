"""How classes and features share words, where a feature has a number for each class.

Classes are in groups, and a feature's numbers for the classes of one group lie side by side, in lanes, so
that one word gives all of them. Specified in ``docs/mechanism.md#counters-on-a-chain``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from decai.chain.base_table import BaseTable, is_hashed, pack_table, unpack_table
from decai.chain.kinds.room import warm_words
from decai.chain.parts import Choices, Constant
from decai.errors import ChainError, InputError

__all__ = ["COUNTER_BITS", "LANES", "LaneBases", "Lanes", "pack_lanes", "table_constants", "unpack_lanes"]

COUNTER_BITS: Final = 32
_WORD: Final = 256
_GROUP_SHIFT: Final = 32
_CLASS_BITS: Final = 16
LANES: Final = (1, 2, 4, 8)
"""How many classes a group can have: at most as many as a word holds counters."""


@dataclass(frozen=True, slots=True)
class Lanes:
    """Where the counters of a feature are.

    Parameters
    ----------
    lanes
        How many classes a group has.
    """

    lanes: int

    @property
    def per_word(self) -> int:
        """How many features share a word of counters."""
        return _WORD // (self.lanes * COUNTER_BITS)

    def words(self, counters: Iterable[tuple[int, int, int]]) -> dict[int, int]:
        """The words, by place, of ``(label, feature, counter)``; those that are 0 are left out."""
        words: dict[int, int] = {}
        for label, index, counter in counters:
            if counter:
                place, bit = self.place(label, index), self._bit(label, index)
                words[place] = words.get(place, 0) | counter << bit
        return words

    def place(self, label: int, index: int) -> int:
        """In which word the counter of a class and a feature is."""
        return (label // self.lanes) << _GROUP_SHIFT | index // self.per_word

    def all_places(self, classes: int, index_bits: int) -> Sequence[int]:
        """The words of all counters of so many classes, group by group."""
        rows = -(-(1 << index_bits) // self.per_word)
        groups = -(-classes // self.lanes)
        if groups == 1:
            return range(rows)
        if rows * groups > 1 << 20:
            return range(groups << _GROUP_SHIFT)
        return [group << _GROUP_SHIFT | row for group in range(groups) for row in range(rows)]

    def _bit(self, label: int, index: int) -> int:
        return (index % self.per_word * self.lanes + label % self.lanes) * COUNTER_BITS

    def counters(self, words: Mapping[int, int], classes: int) -> list[dict[int, int]]:
        """The inverse of `words`: of each class the counters that are not 0, by feature.

        Raises
        ------
        ChainError
            If there is one of a class that does not exist.
        """
        found: list[dict[int, int]] = [{} for _ in range(classes)]
        for place, word in sorted(words.items()):
            group, row = place >> _GROUP_SHIFT, place & (1 << _GROUP_SHIFT) - 1
            for lane in range(_WORD // COUNTER_BITS):
                counter = word >> (lane * COUNTER_BITS) & (1 << COUNTER_BITS) - 1
                if counter:
                    label = group * self.lanes + lane % self.lanes
                    if label >= classes:
                        raise ChainError(f"the contract has counters of class {label}, which does not exist")
                    found[label][row * self.per_word + lane // self.lanes] = counter
        return found


@dataclass(frozen=True, slots=True)
class LaneBases:
    """What features of classes were deployed with, as a contract holds it.

    Parameters
    ----------
    table
        Its values hold a feature's numbers for all classes of a group, from the lowest bits on.
    lanes
        How many classes a group has.
    bits
        Of each number.
    rows
        How many features are listed for each group; 0 if they are hashed, by
        ``group << index_bits | feature``.
    groups
        Of the classes at deployment.
    """

    table: BaseTable
    lanes: int
    bits: int
    rows: int
    groups: int

    def constants(self, kind: str, choices: Choices) -> dict[str, Constant]:
        """What ``parameters.vy`` holds of it and of the counters.

        Raises
        ------
        InputError
            If counters are to be filled that cannot be.
        """
        if choices.warm and self.groups > 1:
            raise InputError(
                f"{kind}: counters can be warmed up where those of all classes share a word; for so many "
                f"classes, or with a hashed table, they take {self.groups}"
            )
        table = self.table
        numbers = {
            "LANES": self.lanes,
            "COUNTER_BITS": COUNTER_BITS,
            "BASE_LANE_BITS": self.bits,
            "BASE_ROWS": self.rows,
            # Only features below it can be in the table.
            "BASE_FEATURES": 1 << _GROUP_SHIFT if table.key_bits else self.rows,
            "BASE_GROUPS": self.groups,
            "WARM_WORDS": warm_words(kind, choices, Lanes(self.lanes).per_word),
        }
        return {name: Constant("uint256", number) for name, number in numbers.items()} | table_constants(
            table
        )


def table_constants(table: BaseTable) -> dict[str, Constant]:
    """What ``parameters.vy`` holds of a base table."""
    numbers = {
        "BASE_ENTRIES": table.entries,
        "BASE_VALUE_BITS": table.value_bits,
        "BASE_KEY_BITS": table.key_bits,
        "BASE_ENTRY_BITS": table.key_bits + table.value_bits,
        "BASE_WORDS": len(table.words),
        "BASE_FALLBACK": table.default,
        "HASH_SEED": table.seed,
    }
    constants = {name: Constant("uint256", number) for name, number in numbers.items()}
    return constants | {"BASES_HASHED": Constant("bool", table.key_bits != 0)}


def pack_lanes(columns: Sequence[Mapping[int, int]], bits: int, index_bits: int) -> LaneBases:
    """The numbers of classes in few words that are cheap to read.

    Parameters
    ----------
    columns
        For each class its numbers that are not 0, unsigned, by feature.
    bits
        Of a number, from 1 to 62.
    index_bits
        A feature is below 2 to the power of it.
    """
    keys = sorted({index for column in columns for index in column})
    rows = keys[-1] + 1 if keys else 0
    lanes = _lanes(len(columns), bits, _WORD)
    groups = -(-len(columns) // lanes)
    narrow = _lanes(len(columns), bits, _WORD // 2 - index_bits - _CLASS_BITS)
    hashed_groups = -(-len(columns) // narrow)
    hashed = {
        group << index_bits | index: number
        for (group, index), number in _numbers(columns, narrow, bits).items()
    }
    key_bits = index_bits + (hashed_groups - 1).bit_length()
    if is_hashed(rows * groups, lanes * bits, len(hashed), key_bits + narrow * bits):
        table = pack_table(hashed, 0, key_bits, narrow * bits, hashed=True)
        return LaneBases(table, narrow, bits, 0, hashed_groups)
    listed = {
        group * rows + index: number for (group, index), number in _numbers(columns, lanes, bits).items()
    }
    return LaneBases(
        pack_table(listed, rows * groups, 0, lanes * bits, hashed=False), lanes, bits, rows, groups
    )


def unpack_lanes(bases: LaneBases, classes: int, index_bits: int) -> list[dict[int, int]]:
    """The inverse of `pack_lanes`: for each of so many classes its numbers that are not 0, by feature.

    Raises
    ------
    ChainError
        If there is one of a class that does not exist.
    """
    columns: list[dict[int, int]] = [{} for _ in range(classes)]
    for key, value in unpack_table(bases.table).items():
        if bases.table.key_bits:
            group, index = key >> index_bits, key & (1 << index_bits) - 1
        else:
            group, index = divmod(key, max(1, bases.rows))
        for lane in range(bases.lanes):
            number = value >> (lane * bases.bits) & (1 << bases.bits) - 1
            if number:
                label = group * bases.lanes + lane
                if label >= classes:
                    raise ChainError(f"the contract has numbers of class {label}, which does not exist")
                columns[label][index] = number
    return columns


def _lanes(classes: int, bits: int, room: int) -> int:
    """How many classes a group has, if its numbers have so many bits of room."""
    lanes = next(size for size in LANES if size >= min(classes, LANES[-1]))
    while lanes > 1 and lanes * bits > room:
        lanes //= 2
    return lanes


def _numbers(columns: Sequence[Mapping[int, int]], lanes: int, bits: int) -> dict[tuple[int, int], int]:
    """The numbers of a feature for the classes of a group side by side, by group and feature."""
    numbers: dict[tuple[int, int], int] = {}
    for label, column in enumerate(columns):
        for index, number in column.items():
            if number:
                key = (label // lanes, index)
                numbers[key] = numbers.get(key, 0) | number << (label % lanes * bits)
    return numbers
