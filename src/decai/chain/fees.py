"""What to offer for gas, by what the chain asks now."""

from dataclasses import dataclass
from typing import Final

from decai.chain.base import Transaction
from decai.chain.jsonrpc import JsonRpc, RpcError
from decai.chain.wire import hex_of, integer_of, object_of
from decai.errors import ChainError
from decai.units import Wei, in_eth

__all__ = ["MAX_GAS", "Fees", "check_affordable", "current_fees", "gas_limit"]

MAX_GAS: Final = 16_777_216
"""The most that one transaction may use (EIP-7825)."""

_DEFAULT_TIP: Final = Wei(10**9)
_MARGIN_PARTS: Final = 4


@dataclass(frozen=True, slots=True)
class Fees:
    """What a transaction offers for each unit of gas."""

    most: Wei
    """At most this is paid: base fee and tip together, or the price on a chain without base fees."""
    tip: Wei | None
    """For whoever makes the block (EIP-1559); None on a chain without base fees."""

    def fields(self) -> dict[str, str]:
        """The fields of a transaction that say so."""
        if self.tip is None:
            return {"gasPrice": hex_of(self.most)}
        return {"maxFeePerGas": hex_of(self.most), "maxPriorityFeePerGas": hex_of(self.tip)}


def current_fees(node: JsonRpc) -> Fees:
    """Enough to get into one of the next blocks, though the base fee should double until then.

    Raises
    ------
    ChainError
        If the node does not tell what it asks.
    """
    block = object_of(node.ask("eth_getBlockByNumber", "latest", False), "the latest block")
    if block.get("baseFeePerGas") is None:
        return Fees(Wei(integer_of(node.ask("eth_gasPrice"), "the gas price")), tip=None)
    base = integer_of(block["baseFeePerGas"], "the base fee")
    try:
        tip = integer_of(node.ask("eth_maxPriorityFeePerGas"), "the tip")
    except RpcError:
        # Not every node offers that; it is what the price has above the base fee.
        price = integer_of(node.ask("eth_gasPrice"), "the gas price")
        tip = price - base if price > base else _DEFAULT_TIP
    return Fees(Wei(2 * base + tip), Wei(tip))


def gas_limit(estimate: int) -> int:
    """A limit with room for what other transactions may change before this one.

    Examples
    --------
    >>> gas_limit(100_000), gas_limit(16_000_000), gas_limit(20_000_000)
    (125000, 16777216, 20000000)
    """
    return max(estimate, min(estimate + estimate // _MARGIN_PARTS, MAX_GAS))


def check_affordable(transaction: Transaction, balance: Wei, fee: int = 0) -> None:
    """Find out whether a sender who owns `balance` can pay a transaction and its fee, in wei.

    Raises
    ------
    ChainError
        If not; says how much is missing.
    """
    needed = transaction.value + fee
    if balance < needed:
        raise ChainError(
            f"{transaction.sender} has {in_eth(balance)}, and this takes up to {in_eth(needed)}: "
            f"{in_eth(needed - balance)} are missing; nothing was sent"
        )
