"""What went out, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any, Final

from decai.chain.account_lock import AccountTurn
from decai.chain.jsonrpc import MAX_BATCH, JsonRpc, NoAnswer, NotDelivered, RpcError
from decai.chain.wire import address_of, hex_of, integer_of, object_of
from decai.errors import ChainError, Interrupted
from decai.units import Address

__all__ = ["Outgoing", "find_by_nonce", "next_nonce", "unknown_fate", "wait_for_receipt"]

Json = Any

_FIRST_POLL: Final = 0.005
_LONGEST_POLL: Final = 2.0
_DOUBT_AFTER: Final = 3.0
"""Seconds after which it is asked whether the transaction is still on its way."""
_GONE_POLLS: Final = 5
"""So often it must seem to be gone: the nodes of a network know one from another only a little later."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A transaction that is about to go out: what to look for if its fate is not known."""

    sender: Address
    nonce: int
    transaction: bytes | None
    """Its hash, where decai signs; a node that signs by itself tells it only afterwards."""
    block: int
    """The latest block at this moment; it can only be in a later one."""
    raw: bytes | None = None
    """What goes out, signed; None where the node signs."""


def next_nonce(node: JsonRpc, sender: Address, turn: AccountTurn | None = None) -> int:
    """The first nonce that no transaction of the account has; those that wait for a block count.

    Raises
    ------
    ChainError
        If the node does not tell.
    """
    nonce = integer_of(node.ask("eth_getTransactionCount", sender, "pending"), "the nonce")
    last = None if turn is None else turn.last()
    # A network of nodes may not have counted yet what one of them took a moment ago.
    if last is not None and last[0] >= nonce and node.ask("eth_getTransactionByHash", last[1]) is not None:
        return last[0] + 1
    return nonce


def find_by_nonce(node: JsonRpc, outgoing: Outgoing) -> Mapping[str, Json] | None:
    """The transaction with an account's nonce, if it is in a block or in the one being made.

    Parameters
    ----------
    outgoing
        Only blocks after its `block` are looked at.

    Raises
    ------
    ChainError
        If the node does not answer.
    """
    if next_nonce(node, outgoing.sender) <= outgoing.nonce:
        return None
    latest = integer_of(node.ask("eth_blockNumber"), "the number of the latest block")
    places = [*(hex_of(number) for number in range(outgoing.block + 1, latest + 1)), "pending"]
    for first in range(0, len(places), MAX_BATCH):
        calls = [("eth_getBlockByNumber", [place, True]) for place in places[first : first + MAX_BATCH]]
        for block in node.ask_many(calls):
            for transaction in (block or {}).get("transactions", []):
                found = object_of(transaction, "a transaction")
                if (
                    address_of(found.get("from"), "a sender") == outgoing.sender
                    and integer_of(found.get("nonce"), "a nonce") == outgoing.nonce
                ):
                    return found
    return None


def wait_for_receipt(
    node: JsonRpc, outgoing: Outgoing, transaction: bytes, *, timeout: float, silence: float
) -> Mapping[str, Json]:
    """Wait until a transaction that was sent is in a block.

    Parameters
    ----------
    timeout
        Seconds to wait for the block.
    silence
        Seconds after which a node that says nothing any more is given up.

    Raises
    ------
    ChainError
        If it is in no block in time, or never will be.
    Interrupted
        If the user does not wait for it.
    """
    try:
        return _wait(node, outgoing, transaction, timeout, silence)
    except KeyboardInterrupt:
        key = hex_of(transaction)
        raise Interrupted(
            f"interrupted; transaction {key} has been sent, and may still get into a block"
        ) from None


def _wait(
    node: JsonRpc, outgoing: Outgoing, transaction: bytes, timeout: float, silence: float
) -> Mapping[str, Json]:
    begin = heard = monotonic()
    poll, gone = _FIRST_POLL, 0
    key = hex_of(transaction)
    while True:
        try:
            receipt = node.once("eth_getTransactionReceipt", key)
            heard = monotonic()
            if receipt is not None and object_of(receipt, "a receipt").get("blockNumber") is not None:
                return object_of(receipt, "a receipt")
            if heard - begin >= _DOUBT_AFTER:
                gone = gone + 1 if _is_overtaken(node, outgoing, key) else 0
            if gone >= _GONE_POLLS:
                raise ChainError(
                    f"transaction {key} will never be in a block: {outgoing.sender} sent another one in its "
                    f"place, with nonce {outgoing.nonce}"
                )
        except (NotDelivered, NoAnswer) as error:
            if monotonic() - heard >= silence:
                raise unknown_fate(error, outgoing, transaction) from None
        if monotonic() - begin >= timeout:
            raise ChainError(
                f"transaction {key} (nonce {outgoing.nonce}) of {outgoing.sender} is in no block after "
                f"{timeout:g} s; it may still get in: look for its hash before you send again"
            )
        sleep(poll)
        poll = min(1.5 * poll, _LONGEST_POLL)


def _is_overtaken(node: JsonRpc, outgoing: Outgoing, key: str) -> bool:
    """Whether the nonce is used up and the node does not know the transaction.

    One that is only forgotten is brought to it again.
    """
    if node.once("eth_getTransactionByHash", key) is not None:
        return False
    count = integer_of(node.once("eth_getTransactionCount", outgoing.sender, "latest"), "the nonce")
    if count > outgoing.nonce:
        return True
    if outgoing.raw is not None:
        try:
            node.once("eth_sendRawTransaction", hex_of(outgoing.raw))
        except RpcError:
            # It was worth a try; the time limit decides.
            return False
    return False


def unknown_fate(cause: ChainError, outgoing: Outgoing, transaction: bytes | None = None) -> ChainError:
    """The one line for a transaction that may have been sent, or may not; it says how to look."""
    transaction = transaction or outgoing.transaction
    which = f"transaction {hex_of(transaction)}" if transaction else "a transaction"
    look = "its hash" if transaction else f"that nonce in the blocks after {outgoing.block}"
    return ChainError(
        f"{cause}; {which} (nonce {outgoing.nonce}) of {outgoing.sender} may have been sent: look for {look} "
        "before you send again"
    )
