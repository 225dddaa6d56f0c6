"""Gas in money: on Ethereum, and on a rollup of the OP Stack, at prices that are chosen here."""

from collections.abc import Mapping
from typing import Final

from benchmarks.markdown import table
from decai.chain.gas import GasRow
from decai.chain.gas.rollup import DATA_COEFFICIENT, DATA_INTERCEPT, LEAST_SIZE, RollupPrices
from decai.chain.gas.subjects import CLASSIFIERS, SUBJECTS
from decai.cli.gas import in_short
from decai.units import ETHER

__all__ = ["MAIN", "PRICES", "Rows", "eth_table", "example", "rollup_table"]

Rows = Mapping[tuple[str, str, int, str], GasRow]

MAIN: Final = ("deploy", "add_agree", "add_change", "refund", "report", "predict")
PRICES: Final = (10**8, 10**9, 10**10)
"""Of a unit of gas, in wei."""
DOLLARS: Final = 3_000
"""For an ether."""
CALM: Final = RollupPrices(
    gas_price=10**6,
    base_fee=10**9,
    blob_base_fee=10**9 // 16,
    base_fee_scalar=5_227,
    blob_base_fee_scalar=1_014_213,
)
BUSY: Final = RollupPrices(
    gas_price=5 * 10**7,
    base_fee=20 * 10**9,
    blob_base_fee=5 * 10**9,
    base_fee_scalar=5_227,
    blob_base_fee_scalar=1_014_213,
)


def eth_table(rows: Rows) -> list[str]:
    """What the main actions cost on Ethereum."""
    prices = [f"{price / 10**9:g} gwei" for price in PRICES]
    head = ["classifier", "action", "gas", *(f"ETH at {price}" for price in prices), f"$ at {prices[1]}"]
    body = [
        [
            row.classifier,
            f"`{row.action}`",
            f"{row.gas:,}",
            *(in_short(row.gas * price) for price in PRICES),
            _dollars(row.gas * PRICES[1]),
        ]
        for row in _paid(rows)
    ]
    return table(head, body)


def rollup_table(rows: Rows) -> list[str]:
    """What they cost on a rollup, when it and Ethereum are calm, and when both are busy."""
    head = ["classifier", "action", "bytes", "compressed"]
    for when in ("calm", "busy"):
        head += [f"{when}: execution", "data", "ETH", "$"]
    body = []
    for row in _paid(rows):
        cells = [row.classifier, f"`{row.action}`", f"{row.signed_bytes:,}", f"{row.compressed_bytes:,}"]
        for prices in (CALM, BUSY):
            execution, data = prices.execution_fee(row.gas), prices.data_fee(row.compressed_bytes)
            cells += [in_short(execution), in_short(data), in_short(execution + data)]
            cells.append(_dollars(execution + data))
        body.append(cells)
    return table(head, body)


def example(rows: Rows) -> list[str]:
    """The formula with the numbers of one contribution, when all is calm."""
    kind = CLASSIFIERS[0]
    row = rows[kind, "stakeable", SUBJECTS[kind].lengths[0], "add_agree"]
    size = max(LEAST_SIZE, DATA_INTERCEPT + DATA_COEFFICIENT * row.compressed_bytes)
    per_byte = 16 * CALM.base_fee_scalar * CALM.base_fee + CALM.blob_base_fee_scalar * CALM.blob_base_fee
    execution, data = CALM.execution_fee(row.gas), CALM.data_fee(row.compressed_bytes)
    return [
        "```text",
        f"add_agree, {kind}: {row.gas:,} gas; {row.signed_bytes} bytes, compressed {row.compressed_bytes}",
        f"size      = max({LEAST_SIZE:,}, {DATA_INTERCEPT:,} + {DATA_COEFFICIENT:,} * {row.compressed_bytes})"
        f" = {size:,} millionths of a byte",
        f"per byte  = 16 * {CALM.base_fee_scalar:,} * {CALM.base_fee:,} + "
        f"{CALM.blob_base_fee_scalar:,} * {CALM.blob_base_fee:,} = {per_byte:,} millionths of a wei",
        f"data      = {size:,} * {per_byte:,} / 10^12 = {data:,} wei",
        f"execution = {row.gas:,} * {CALM.gas_price:,} = {execution:,} wei",
        f"together    {in_short(execution + data)} ETH, {_dollars(execution + data)} $",
        "```",
    ]


def _paid(rows: Rows) -> list[GasRow]:
    """The main actions that cost money, of the reference samples."""
    keys = (
        (kind, "stakeable", SUBJECTS[kind].lengths[0], action)
        for kind in CLASSIFIERS
        for action in MAIN
        if action != "predict"
    )
    return [rows[key] for key in keys]


def _dollars(amount: int) -> str:
    """Wei in dollars, two digits that count.

    Examples
    --------
    >>> _dollars(10**15), _dollars(10**18), _dollars(10**12)
    ('3.00', '3,000', '0.0030')
    """
    dollars = amount * DOLLARS / ETHER
    if dollars >= 100:
        return f"{dollars:,.0f}"
    return f"{dollars:.2f}" if dollars >= 0.1 else f"{dollars:.4f}"
