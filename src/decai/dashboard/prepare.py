"""A transaction tried out before anybody is asked to sign it: would it be refused, and what may it cost?"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from decai.chain.base import Transaction
from decai.chain.fees import check_affordable, gas_limit
from decai.chain.jsonrpc import RpcError
from decai.chain.revert import refusal_of
from decai.chain.wire import hex_of, integer_of
from decai.units import Wei

if TYPE_CHECKING:
    from decai.chain.rpc import RpcChain

__all__ = ["Prepared", "fields_of", "prepared"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A transaction that would succeed now."""

    transaction: Transaction
    gas: int
    """The limit, with room for what may change before."""
    fee: Wei
    """About what is paid for the gas, at the price of now."""


def fields_of(transaction: Transaction) -> dict[str, str]:
    """A transaction as nodes and wallets want it."""
    fields = {
        "from": str(transaction.sender),
        "data": hex_of(transaction.data),
        "value": hex_of(transaction.value),
    }
    return fields if transaction.to is None else {**fields, "to": str(transaction.to)}


def prepared(chain: "RpcChain", transaction: Transaction) -> Prepared:
    """Try a transaction out; nothing is sent.

    Raises
    ------
    Refused
        With the contract's own sentence.
    ChainError
        If its sender cannot pay for it, or the node does not answer.
    """
    balance = chain.balance(transaction.sender)
    check_affordable(transaction, balance)
    tag = "pending" if chain.is_development else "latest"
    try:
        estimate = integer_of(
            chain.node.ask("eth_estimateGas", fields_of(transaction), tag), "an estimate of gas"
        )
    except RpcError as error:
        raise refusal_of(error) or error from None
    limit = gas_limit(estimate)
    fees = chain.fees
    check_affordable(transaction, balance, limit * fees.most)
    # The offer has room for a base fee that doubles.
    price = fees.most if fees.tip is None else (fees.most + fees.tip) // 2
    return Prepared(transaction, limit, Wei(estimate * price))
