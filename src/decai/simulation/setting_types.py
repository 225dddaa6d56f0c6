"""What the settings of a scenario can be: each type reads what a file says, and knows what it must say."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from decai.errors import InputError
from decai.units import parse_seconds, parse_wei, to_fixed

__all__ = [
    "MAX_SECONDS",
    "Agents",
    "Duration",
    "Expected",
    "Fixed",
    "Fraction",
    "Group",
    "Money",
    "Name",
    "Passes",
    "Positive",
    "Switch",
    "Text",
    "Wait",
    "Whole",
    "WrongSetting",
]

MAX_SECONDS: Final = 2**40 - 1
"""The longest duration of any setting."""
_LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class Expected:
    """In the words of a file, what a setting must be; stands among the metadata of its type."""

    words: str


class WrongSetting(ValueError):
    """Settings that are right one by one and do not go together.

    Parameters
    ----------
    key
        Which setting is to blame, within its group; empty if it is the whole group.
    reason
        What is wrong with it.
    """

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(reason)
        self.key = key


class Group(BaseModel):
    """Settings that stand together in a file, under one heading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _name(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_NAME or not value.isprintable():
        raise ValueError
    return value


def _quantity(value: Any) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError
    # By way of a Decimal, since an integer can be too large for a float.
    return float(Decimal(value))


def _fixed(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError
    try:
        fixed = to_fixed(value)
    except InputError:
        # Of text it says what cannot be read; a number is just out of range.
        if isinstance(value, str):
            raise
        raise ValueError from None
    if not 1 <= fixed < 2**32:
        raise ValueError
    return fixed


Agents = Annotated[int, Field(ge=1, le=1_000_000), Expected("a whole number from 1 to 1,000,000")]
Passes = Annotated[int, Field(ge=1, le=1000), Expected("a whole number from 1 to 1,000")]
Positive = Annotated[int, Field(ge=1), Expected("a whole number, at least 1")]
Whole = Annotated[int, Expected("a whole number")]
Fraction = Annotated[float, BeforeValidator(_number), Field(ge=0, le=1), Expected("a number from 0 to 1")]
Money = Annotated[
    int,
    BeforeValidator(lambda value: parse_wei(_quantity(value))),
    Field(ge=0, lt=2**128),
    Expected("a whole number of wei, or text with a unit such as '0.05 ether', from 0 to below 2^128 wei"),
]
Duration = Annotated[
    int,
    BeforeValidator(lambda value: parse_seconds(_quantity(value))),
    Field(ge=0, le=MAX_SECONDS),
    Expected("a whole number of seconds, or text with a unit such as '10 min', from 0 to below 2^40 s"),
]
Wait = Annotated[
    int,
    BeforeValidator(lambda value: parse_seconds(_quantity(value))),
    Field(ge=1, le=MAX_SECONDS),
    Expected("a whole number of seconds, or text with a unit such as '10 min', from 1 s to below 2^40 s"),
]
Fixed = Annotated[int, BeforeValidator(_fixed), Expected("a number from 0.000000001 to 4.294967295")]
"""A decimal number in the file, fixed point (scale 1e9) in memory."""
Switch = Annotated[bool, Expected("true or false")]
Name = Annotated[
    str, BeforeValidator(_name), Expected(f"a line of text of at most {_LONGEST_NAME} characters")
]
Text = Annotated[str, Expected("text")]
