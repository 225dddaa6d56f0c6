"""``decai gas``: what each action costs, and what it would cost at least."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

if TYPE_CHECKING:
    from decai.chain.gas_report import GasRow

__all__ = ["gas", "in_short", "parse_gas_price"]

_WIDTH: Final = 92
"""Of a table that is written to a file or another program."""

Json = Annotated[bool, typer.Option("--json", help="Print one JSON list.")]
Chosen = list[str] | None
T = TypeVar("T")


def gas(
    classifier: Annotated[Chosen, typer.Option(help="sparse-perceptron; may be repeated.")] = None,
    incentive: Annotated[
        Chosen, typer.Option(help="stakeable, stakeable-by-deposit or points; may be repeated.")
    ] = None,
    features: Annotated[
        list[int] | None, typer.Option(help="How many features a sample has; 20, 91 and 234 by default.")
    ] = None,
    max_features: Annotated[
        int | None, typer.Option(help="The contract's bound: 64, 128, 256 or 512; by default what it takes.")
    ] = None,
    index_bits: Annotated[int, typer.Option(help="16 or 32; hashed features need 32.")] = 16,
    gas_price: Annotated[str, typer.Option(metavar="GWEI", help="For the column of costs.")] = "1",
    as_json: Json = False,
) -> None:
    """Measure the gas of every action on a fresh node, beside its lower bound."""
    from decai.chain.gas_report import json_text, report
    from decai.chain.gas_scenario import CLASSIFIERS, FEATURE_COUNTS, INCENTIVES

    price = parse_gas_price(gas_price)
    with _bar(shown=not as_json and sys.stderr.isatty()) as progress:
        rows = report(
            classifiers=_once(classifier or CLASSIFIERS),
            incentives=_once(incentive or INCENTIVES),
            feature_counts=_once(features or _fitting(FEATURE_COUNTS, max_features)),
            max_features=max_features,
            index_bits=index_bits,
            progress=progress,
        )
    if as_json:
        print(json_text(rows))
    else:
        _show(rows, price)


def parse_gas_price(text: str) -> int:
    """A price for a unit of gas in wei, from a number of gwei or an amount with a unit.

    Raises
    ------
    InputError
        If it is none, or negative.

    Examples
    --------
    >>> parse_gas_price("0.5"), parse_gas_price("30 wei")
    (500000000, 30)
    """
    from decai.errors import InputError
    from decai.units import parse_wei

    price = parse_wei(text if any(sign.isalpha() for sign in text) else f"{text} gwei")
    if price < 0:
        raise InputError(f"a gas price of {text!r} is below 0")
    return price


def _cells(row: "GasRow", price: int) -> tuple[str, ...]:
    return (
        row.action,
        f"{row.gas:,}",
        f"{row.lower_bound:,}",
        f"{row.ratio - 1:+.1%}",
        "free" if row.action.startswith("predict") else in_short(row.gas * price),
        f"{row.original[0]:,}" if row.original else "",
    )


def in_short(amount: int) -> str:
    """An amount of wei as ETH, rounded to three digits.

    Examples
    --------
    >>> in_short(97_815 * 10**9)
    '0.0000978'
    """
    from decimal import Decimal

    from decai.units import ETHER

    return f"{Decimal(f'{amount / ETHER:.3g}'):f}"


def _fitting(counts: tuple[int, ...], max_features: int | None) -> tuple[int, ...]:
    """Those of the usual samples that a contract has room for."""
    if max_features is None:
        return counts
    return tuple(count for count in counts if count <= max_features) or counts


def _once(chosen: Sequence[T]) -> list[T]:
    return list(dict.fromkeys(chosen))


def _show(rows: "list[GasRow]", price: int) -> None:
    from rich.console import Console
    from rich.table import Table

    from decai.units import counted

    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH
    for group in _groups(rows):
        first = group[0]
        title = (
            f"{first.classifier}, {first.incentive}: {counted(first.features, 'feature')} "
            f"(room for {first.max_features}, {first.index_bits}-bit indices)"
        )
        table = Table(title=title, title_justify="left", title_style="bold")
        table.add_column("action", no_wrap=True)
        for name in ("gas", "lower bound", "above it", f"ETH at {price / 10**9:g} gwei", "original"):
            table.add_column(name, justify="right")
        for row in group:
            table.add_row(*_cells(row, price))
        console.print(table)
    console.print(
        "Whole transactions; of predictions, which are free, the execution alone. docs/gas.md says more."
    )


def _groups(rows: "list[GasRow]") -> "list[list[GasRow]]":
    groups: dict[tuple[str, str, int], list[GasRow]] = {}
    for row in rows:
        groups.setdefault((row.classifier, row.incentive, row.features), []).append(row)
    return list(groups.values())


@contextmanager
def _bar(*, shown: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on stderr."""
    if not shown:
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("measuring", total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
