"""Whether numbers fit into a contract."""

from collections.abc import Iterable
from typing import Final

from decai.chain.base_table import BaseTable
from decai.chain.kinds.base import MOST_TABLE_WORDS
from decai.chain.parts import Choices
from decai.errors import InputError, Refused
from decai.protocols import ClassStart

__all__ = [
    "cannot_be_said",
    "pairs_of",
    "refuse_counter_bits",
    "refuse_warm",
    "require_index",
    "require_room",
    "warm_words",
]


_MOST_PAIRS: Final = 1024


def cannot_be_said(kind: str, name: str, start: ClassStart, reason: str) -> Refused:
    """Why there is no call for a further class: what its twin says first of it, be it another reason."""
    if not name:
        reason = "every class needs a name"
    elif not 0 <= start.samples < 2**32:
        reason = "a number of samples is out of range"
    return Refused(f"{kind}: {reason}")


def pairs_of(kind: str, name: str, start: ClassStart, value_bits: int, otherwise: str) -> list[list[int]]:
    """The features that a class starts from, ascending, each with its value.

    Parameters
    ----------
    kind, name, start
        Of the class.
    value_bits
        A call can express a value of so many bits.
    otherwise
        What the rules say of any other value.

    Raises
    ------
    Refused
        If a call cannot express them.
    """
    if not 0 <= start.samples < 2**64:
        raise cannot_be_said(kind, name, start, "a number of samples is out of range")
    if any(not 0 <= index < 2**32 for index in start.values):
        raise cannot_be_said(kind, name, start, "a feature index is out of range")
    if any(not 0 <= value < 1 << value_bits for value in start.values.values()):
        raise cannot_be_said(kind, name, start, otherwise)
    if len(start.values) > _MOST_PAIRS:
        raise cannot_be_said(kind, name, start, f"a class starts from at most {_MOST_PAIRS:,} features")
    return [[index, value] for index, value in sorted(start.values.items())]


def require_index(kind: str, indices: Iterable[int], bits: int) -> None:
    """Raise `InputError` if a feature does not fit into so many bits."""
    highest = max(indices, default=0)
    if highest >> bits:
        raise InputError(f"{kind}: feature {highest} needs indices of more than {bits} bits")


def require_room(kind: str, table: BaseTable, what: str) -> None:
    """Raise `InputError` if no contract has room for a base table; `what` it holds."""
    if len(table.words) > MOST_TABLE_WORDS:
        raise InputError(f"{kind}: {table.entries:,} {what} do not fit into {MOST_TABLE_WORDS:,} words")


def refuse_counter_bits(kind: str, choices: Choices) -> None:
    """Raise `InputError` if a width is chosen for the counters of a kind that has just one."""
    if choices.counter_bits is not None:
        raise InputError(f"{kind}: only the counters of a sparse perceptron have a width to choose")


def refuse_warm(kind: str, choices: Choices) -> None:
    """Raise `InputError` if counters are to be filled of a kind that has none."""
    if choices.warm:
        raise InputError(f"{kind}: it has no counters that can be warmed up")


def warm_words(kind: str, choices: Choices, per_word: int) -> int:
    """How many words of counters, of so many features each, are filled at deployment."""
    if not 0 <= choices.warm <= 1 << choices.index_bits:
        raise InputError(f"{kind}: {choices.warm:,} is no number of features that can be warmed up")
    return -(-choices.warm // per_word)
