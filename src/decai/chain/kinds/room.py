"""Whether numbers fit into a contract."""

from collections.abc import Iterable
from typing import Final

from decai.chain.base_table import BaseTable
from decai.chain.kinds.base import MOST_TABLE_WORDS
from decai.chain.model import ModelInfo
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


def pairs_of(
    info: ModelInfo, name: str, start: ClassStart, value_bits: int, most: int, otherwise: str
) -> list[list[int]]:
    """The features that a class starts from, ascending, each with its value.

    Parameters
    ----------
    info
        Of the model.
    name, start
        Of the class.
    value_bits
        A call can express a value of so many bits.
    most
        The greatest value that the rules allow.
    otherwise
        What they say of any other.

    Raises
    ------
    Refused
        If a call cannot express them.
    """
    kind = info.classifier
    if not 0 <= start.samples < 2**64:
        raise cannot_be_said(kind, name, start, "a number of samples is out of range")
    pairs = sorted(start.values.items())
    if any(index >> 32 or value >> value_bits for index, value in pairs):
        wrong = next(index for index, value in pairs if _is_wrong(info, index, value, most))
        if wrong >> info.form.lane_bits:
            otherwise = "a feature index is out of range"
        raise cannot_be_said(kind, name, start, otherwise)
    if len(pairs) > _MOST_PAIRS:
        raise cannot_be_said(kind, name, start, f"a class starts from at most {_MOST_PAIRS:,} features")
    return [[index, value] for index, value in pairs]


def _is_wrong(info: ModelInfo, index: int, value: int, most: int) -> bool:
    return index >> info.form.lane_bits != 0 or not 0 <= value <= most


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
    most = 1 << choices.index_bits
    if not 0 <= choices.warm <= most:
        raise InputError(
            f"{kind}: {choices.warm:,} is no number of features that can be warmed up; "
            f"indices of {choices.index_bits} bits name at most {most:,}"
        )
    return -(-choices.warm // per_word)
