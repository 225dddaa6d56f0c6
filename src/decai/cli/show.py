"""How commands write amounts, times, tables and texts of strangers."""

import sys
from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Final

from decai.units import ETHER, counted, format_seconds

__all__ = ["clean", "counted", "date", "ether", "hint", "price", "table", "when"]

_SMALLEST_SHOWN: Final = 10**9
_LONGEST: Final = 200


def ether(amount: int) -> str:
    """An amount of wei in ETH, to four digits that count or three behind the point.

    Examples
    --------
    >>> ether(3_071_882_123_456_789), ether(14_129_879_967_965_513_712), ether(21_000 * 10**9)
    ('0.003072 ETH', '14.13 ETH', '0.000021 ETH')
    >>> ether(5), ether(0), ether(-(10**18))
    ('5 wei', '0 ETH', '-1 ETH')
    """
    if 0 < abs(amount) < _SMALLEST_SHOWN:
        return f"{amount:,} wei"
    number = Decimal(amount) / ETHER
    # Down to the fourth digit that counts, or to the third behind the point if that is finer.
    exponent = min(-3, number.adjusted() - 3) if number and abs(number) < 1 else -3
    with localcontext(prec=120):
        shown = f"{number.quantize(Decimal(1).scaleb(exponent), ROUND_HALF_EVEN):,f}"
    return (shown.rstrip("0").rstrip(".") if "." in shown else shown) + " ETH"


def price(cost: int, gas: int) -> str:
    """What a unit of gas cost on the average.

    Examples
    --------
    >>> price(1_500_000_000 * 21_000, 21_000), price(0, 21_000)
    ('1.5 gwei', '0 gwei')
    """
    gwei = f"{cost / gas / 1e9:,.3f}" if gas else "0"
    return (gwei.rstrip("0").rstrip(".") if "." in gwei else gwei) + " gwei"


def date(time: int) -> str:
    """A time stamp as a local date."""
    try:
        return f"{datetime.fromtimestamp(time).astimezone():%Y-%m-%d %H:%M:%S}"
    except (OverflowError, OSError, ValueError):
        return f"second {time:,}"


def when(time: int, now: int) -> str:
    """A time stamp as a local date, and how far off it is."""
    distance = format_seconds(abs(time - now))
    return f"{date(time)} ({f'in {distance}' if time > now else f'{distance} ago' if time < now else 'now'})"


def clean(text: str) -> str:
    """A text of a stranger on one line: a terminal does whatever it is told by other signs than these.

    Examples
    --------
    >>> clean("good\\x1b[2Jbye\\n")
    'good [2Jbye'
    """
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = (), indent: str = "  ") -> str:
    """Rows with their columns one below the other; the columns of `right` end flush."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(
            cell.rjust(width) if place in right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
    return "\n".join(f"{indent}{line}".rstrip() for line in lines)


def hint(line: str) -> None:
    """Say something beside the result, on stderr."""
    print(line, file=sys.stderr)
