"""Money, time and fixed point: the integers that both twins compute with.

Floats appear only where a person reads or writes them; the conversions here are exact
(`decimal.Decimal`), so a number means the same in a file, in memory and on a chain.
Specified in ``docs/mechanism.md#quantities``.
"""

import re
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext
from typing import Final, NewType

from decai.errors import InputError

__all__ = [
    "DAY",
    "ETHER",
    "LATEST",
    "SCALE",
    "Address",
    "Seconds",
    "Wei",
    "counted",
    "format_seconds",
    "format_wei",
    "from_fixed",
    "in_eth",
    "parse_seconds",
    "parse_wei",
    "to_fixed",
    "truncated_div",
]

Wei = NewType("Wei", int)
Seconds = NewType("Seconds", int)
Address = NewType("Address", str)

SCALE: Final = 10**9
"""F of the specification: the fixed-point number 1.0."""
ETHER: Final = Wei(10**18)
DAY: Final = Seconds(86_400)
LATEST: Final = Seconds(2**40 - 1)
"""The last second in which a model may change: it keeps times in 40 bits."""

_MONEY_UNITS: Final = {
    "wei": 1,
    "gwei": 10**9,
    "finney": 10**15,
    "eth": 10**18,
    "ether": 10**18,
}
_TIME_UNITS: Final = {"s": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hour": 3600}
_TIME_UNITS_LONG: Final = {"d": 86_400, "day": 86_400, "week": 604_800, "w": 604_800}
_QUANTITY: Final = re.compile(
    r"\s*([+-]?[0-9][0-9_,]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?)\s*([A-Za-z]*)\s*"
)
_PRECISION: Final = 200


def truncated_div(numerator: int, denominator: int) -> int:
    """Divide toward zero, as the EVM does.

    Parameters
    ----------
    numerator, denominator
        Integers of any size.

    Raises
    ------
    ZeroDivisionError
        If `denominator` is 0.

    Examples
    --------
    >>> truncated_div(-7, 2), -7 // 2
    (-3, -4)
    """
    quotient = abs(numerator) // abs(denominator)
    return quotient if (numerator >= 0) == (denominator >= 0) else -quotient


def to_fixed(value: int | float | str | Decimal) -> int:
    """Convert a number to fixed point (scale 1e9), rounded half to even.

    Parameters
    ----------
    value
        A finite number. A float counts as the shortest decimal literal that denotes it.

    Raises
    ------
    InputError
        If `value` is not a finite number.

    Examples
    --------
    >>> to_fixed("0.1"), to_fixed(-2), to_fixed("0.0000000005"), to_fixed("0.0000000015")
    (100000000, -2000000000, 0, 2)
    """
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except (InvalidOperation, ValueError, TypeError):
        raise InputError(f"{value!r} is not a number") from None
    if not number.is_finite():
        raise InputError(f"{value!r} is not a finite number")
    if number and number.adjusted() > _PRECISION // 2:
        raise InputError(f"{value!r} is too large for a fixed-point number")
    with localcontext(prec=max(_PRECISION, len(number.as_tuple().digits) + 20)):
        return int((number * SCALE).to_integral_value(ROUND_HALF_EVEN))


def from_fixed(value: int) -> Decimal:
    """The exact decimal number that a fixed-point integer stands for.

    Examples
    --------
    >>> from_fixed(-1_500_000_000)
    Decimal('-1.5')
    >>> to_fixed(from_fixed(12_345)) == 12_345
    True
    """
    with localcontext(prec=max(_PRECISION, len(str(value)) + 10)):
        number = (Decimal(value) / SCALE).normalize()
        # normalize() writes 100 as 1E+2, which JSON readers take for a float.
        return number.quantize(Decimal(1)) if number == number.to_integral_value() else number


def _parse(text: str, units: dict[str, int], what: str, example: str) -> int:
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise InputError(f"{text!r} is not {what}; write it like {example}")
    number, unit = match.groups()
    key = unit.lower()
    factor = units.get(key) or units.get(key.removesuffix("s")) if key else 1
    if factor is None:
        raise InputError(f"{text!r}: unknown unit {unit!r}; use one of {', '.join(units)}")
    with localcontext(prec=_PRECISION):
        amount = Decimal(number.replace("_", "").replace(",", "")) * factor
    if amount.adjusted() > _PRECISION // 2:
        raise InputError(f"{text!r} is too large")
    if amount != amount.to_integral_value():
        raise InputError(f"{text!r} is not a whole number of {next(iter(units))}")
    return int(amount)


def parse_wei(value: int | str) -> Wei:
    """Read an amount of money: an integer of wei, or text with a unit.

    Raises
    ------
    InputError
        If the text is no amount, its unit is unknown, or it is no whole number of wei.

    Examples
    --------
    >>> parse_wei("0.05 ether"), parse_wei("3 gwei"), parse_wei(7)
    (50000000000000000, 3000000000, 7)
    """
    if isinstance(value, int):
        return Wei(value)
    return Wei(_parse(value, _MONEY_UNITS, "an amount of money", "'0.05 ether' or '3 gwei'"))


def parse_seconds(value: int | str) -> Seconds:
    """Read a duration: an integer of seconds, or text with a unit.

    Raises
    ------
    InputError
        If the text is no duration, its unit is unknown, or it is no whole number of seconds.

    Examples
    --------
    >>> parse_seconds("1 day"), parse_seconds("90 min"), parse_seconds(7)
    (86400, 5400, 7)
    """
    if isinstance(value, int):
        return Seconds(value)
    return Seconds(_parse(value, {**_TIME_UNITS, **_TIME_UNITS_LONG}, "a duration", "'10 min' or '1 day'"))


def counted(number: int, thing: str, things: str = "") -> str:
    """So many things, for a person; `things` where the plural has more than an s.

    Examples
    --------
    >>> counted(1, "transaction"), counted(2_000, "weight"), counted(3, "class", "classes")
    ('1 transaction', '2,000 weights', '3 classes')
    """
    return f"{number:,} {thing if number == 1 else things or f'{thing}s'}"


def format_wei(amount: int) -> str:
    """Write an amount for a person, exactly, in the unit that reads best.

    Examples
    --------
    >>> format_wei(1_500_000_000_000_000_000), format_wei(20_000_000_000), format_wei(-3)
    ('1.5 ETH', '20 gwei', '-3 wei')
    """
    size = abs(amount)
    unit, factor = (
        ("ETH", 10**18) if size >= 10**14 or size == 0 else ("gwei", 10**9) if size >= 10**6 else ("wei", 1)
    )
    with localcontext(prec=_PRECISION):
        number = (Decimal(amount) / factor).normalize()
    return f"{number:,f} {unit}"


def in_eth(amount: int) -> str:
    """Write an amount in ETH, exactly, however small: for amounts that are compared.

    Examples
    --------
    >>> in_eth(1_500_000_000_000_000_000), in_eth(3), in_eth(0)
    ('1.5 ETH', '0.000000000000000003 ETH', '0 ETH')
    """
    with localcontext(prec=_PRECISION):
        number = (Decimal(amount) / ETHER).normalize()
    return f"{number:,f} ETH"


def format_seconds(seconds: int) -> str:
    """Write a duration for a person, in at most two units.

    Examples
    --------
    >>> format_seconds(90), format_seconds(86_400), format_seconds(93_600), format_seconds(0)
    ('1 min 30 s', '1 d', '1 d 2 h', '0 s')
    """
    parts: list[str] = []
    rest = abs(seconds)
    for name, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {name}")
    return ("-" if seconds < 0 else "") + (" ".join(parts[:2]) or "0 s")
