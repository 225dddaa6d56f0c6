"""Many transactions with a time each, made ready for a node for development."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from decai.chain.base import Mined
from decai.chain.dev_node import DevNode, Timed
from decai.chain.revert import unless_spent
from decai.chain.sending import signed
from decai.chain.wire import has_succeeded, hex_of, mined_of
from decai.errors import Refused
from decai.units import Address, Seconds

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

__all__ = ["carried_out", "checked_times", "timed_requests"]


def checked_times(transactions: Sequence[object], times: Sequence[Seconds]) -> None:
    """Find out whether each transaction has a time, and none comes before another's.

    Raises
    ------
    ValueError
        If their numbers differ.
    Refused
        If a time lies before the one of the transaction before.
    """
    if len(transactions) != len(times):
        raise ValueError(f"{len(transactions):,} transactions need as many times, not {len(times):,}")
    if any(after < before for before, after in pairwise(times)):
        raise Refused("chain: time never goes back")


def timed_requests(
    transactions: Sequence[Mapping[str, str]],
    times: Sequence[Seconds],
    nonces: Mapping[Address, int],
    signers: Mapping[Address, "LocalAccount | None"],
    chain_id: int,
) -> list[Timed]:
    """The requests that carry out transactions, each bound to its nonce.

    Parameters
    ----------
    transactions
        All their fields but the nonces.
    nonces
        The next one of each sender.
    signers
        Of each sender; None lets the node sign.
    """
    following = dict(nonces)
    requests = []
    for fields, time in zip(transactions, times, strict=True):
        sender = Address(fields["from"])
        nonce = following[sender]
        following[sender] += 1
        account = signers[sender]
        if account is None:
            requests.append(Timed("eth_sendTransactionSync", {**fields, "nonce": hex_of(nonce)}, time))
        else:
            raw, _ = signed(account, fields, nonce, chain_id)
            requests.append(Timed("eth_sendRawTransactionSync", hex_of(raw), time))
    return requests


def carried_out(
    dev: DevNode,
    requests: Sequence[Timed],
    limits: Sequence[int],
    progress: Callable[[int, int], None] | None = None,
) -> list[Mined]:
    """What became of requests, each of which has its limit of gas; a reverted one says why.

    Raises
    ------
    ChainError
        If a transaction cannot get into a block.
    """
    receipts = dev.carry_out(requests, progress)
    mined = [
        mined_of(receipt, request.time, None) for receipt, request in zip(receipts, requests, strict=True)
    ]
    reverted = [index for index, receipt in enumerate(receipts) if not has_succeeded(receipt)]
    reasons = dev.reasons([receipts[index].get("transactionHash") for index in reverted])
    for index, said in zip(reverted, reasons, strict=True):
        refusal = unless_spent(said, mined[index].gas, limits[index])
        mined[index] = replace(mined[index], refusal=refusal)
    return mined
