"""What becomes of the transactions in the outbox: those that the node signs are sent, all are looked for."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from decai.chain.abi import decode_event, path_of
from decai.chain.base import Log, Mined
from decai.chain.outgoing import Outgoing, find_by_nonce, next_nonce
from decai.chain.sending import is_same
from decai.chain.wire import address_of, hash_of, hex_of, integer_of
from decai.dashboard.outbox import Entry, Fate, Outbox, Via
from decai.dashboard.prepare import fields_of
from decai.dashboard.words import plain
from decai.errors import ChainError, DecaiError, Refused

if TYPE_CHECKING:
    from decai.chain.rpc import RpcChain
    from decai.dashboard.network import Network

__all__ = ["look", "outcome_of", "send_by_node"]

_MOST_NONCES: Final = 16
_MOST_BLOCKS: Final = 5_000
"""A search by sender and nonce goes back so far."""
_GONE_SECONDS: Final = 60.0
"""So long a transaction must seem to be gone: one node of a network knows it before another."""
_FORGOTTEN_SECONDS: Final = 86_400.0
_RESTARTED: Final = (
    "The server was stopped before it was sent: nothing has happened, and it can be sent again."
)


def send_by_node(network: "Network", outbox: Outbox, entry: Entry) -> Entry:
    """Have the node sign and send an entry's transaction, and wait until it is in a block.

    Never raises what a chain may raise: the entry says what became of it.
    """
    went_out = False

    def announce(outgoing: Outgoing) -> None:
        nonlocal went_out
        outbox.change(entry.id, nonce=outgoing.nonce, block=outgoing.block)
        went_out = True

    try:
        mined = network.chain().send(entry.transaction, announce)
    except Refused as refusal:
        return outbox.change(entry.id, fate=Fate.REFUSED, told=plain(str(refusal)))
    except DecaiError as error:
        if went_out and not str(error).endswith("nothing was sent"):
            # `look` finds out whether it has arrived.
            return outbox.change(entry.id, told="The node has not answered; looking for the transaction.")
        return outbox.change(entry.id, fate=Fate.FAILED, told=_sentence(str(error)))
    return _settled(outbox, entry, mined)


def look(network: "Network", outbox: Outbox, entry: Entry) -> Entry:
    """Look once for a transaction of which more may be known.

    Raises
    ------
    ChainError
        If the node does not answer; the entry stays as it is.
    """
    chain = network.chain()
    if chain.chain_id != entry.chain_id:
        return entry
    if entry.hash is not None:
        return _look_for_hash(chain, outbox, entry, entry.hash)
    if entry.via is Via.NODE:
        return _look_after_restart(chain, outbox, entry)
    return _look_by_nonce(chain, outbox, entry)


def _look_for_hash(chain: "RpcChain", outbox: Outbox, entry: Entry, key: bytes) -> Entry:
    found = chain.node.ask("eth_getTransactionByHash", hex_of(key))
    if found is None:
        return _look_for_gone(chain, outbox, entry)
    if not _is_entrys(found, entry):
        return outbox.change(
            entry.id,
            fate=Fate.FAILED,
            told="The wallet has sent something else than it was asked for. Look at it in the wallet.",
        )
    nonce = integer_of(found.get("nonce"), "a nonce")
    if entry.nonce != nonce:
        entry = outbox.change(entry.id, nonce=nonce)
    if found.get("blockNumber") is None:
        return entry
    mined = chain.settle(Outgoing(entry.transaction.sender, nonce, key, entry.block or 0), entry.transaction)
    return entry if mined is None else _settled(outbox, entry, mined)


def _look_for_gone(chain: "RpcChain", outbox: Outbox, entry: Entry) -> Entry:
    """The node does not know the hash: was it replaced, did it get a new price, or is it only late?"""
    if entry.nonce is None or time.time() - entry.changed < (0 if _is_used(chain, entry) else _GONE_SECONDS):
        return entry
    if not _is_used(chain, entry):
        return outbox.change(
            entry.id,
            fate=Fate.DROPPED,
            told="The network has dropped it, for instance because it offered too little for gas. Your "
            "wallet may bring it again; nothing has changed so far.",
        )
    other = _by_nonce(chain, entry, entry.nonce)
    if other is not None and _is_entrys(other, entry):
        # The same with a higher price.
        key = hash_of(other.get("hash"), "a hash")
        return _look_for_hash(chain, outbox, outbox.change(entry.id, hash=key), key)
    if other is None and time.time() - entry.changed < _GONE_SECONDS:
        return entry
    return outbox.change(
        entry.id,
        fate=Fate.REPLACED,
        told="Your wallet has sent another transaction in its place; this one will never happen.",
    )


def _look_after_restart(chain: "RpcChain", outbox: Outbox, entry: Entry) -> Entry:
    if entry.nonce is None:
        return outbox.change(entry.id, fate=Fate.FAILED, told=_RESTARTED)
    mined = chain.settle(
        Outgoing(entry.transaction.sender, entry.nonce, None, entry.block or 0), entry.transaction
    )
    if mined is None:
        return outbox.change(entry.id, fate=Fate.FAILED, told=_RESTARTED)
    return _settled(outbox, entry, mined)


def _look_by_nonce(chain: "RpcChain", outbox: Outbox, entry: Entry) -> Entry:
    """A wallet was asked, and its answer is not known."""
    sender = entry.transaction.sender
    if entry.nonce is not None and entry.block is not None and chain.block - entry.block <= _MOST_BLOCKS:
        last = min(next_nonce(chain.node, sender), entry.nonce + _MOST_NONCES)
        for nonce in range(entry.nonce, last):
            found = _by_nonce(chain, entry, nonce)
            if found is not None and _is_entrys(found, entry):
                key = hash_of(found.get("hash"), "a hash")
                sent = outbox.change(entry.id, fate=Fate.SENT, hash=key, nonce=nonce)
                return _look_for_hash(chain, outbox, sent, key)
    if time.time() - entry.created > _FORGOTTEN_SECONDS:
        return outbox.change(
            entry.id, fate=Fate.DROPPED, told="The wallet has not answered for a day; nothing was found."
        )
    return entry


def _by_nonce(chain: "RpcChain", entry: Entry, nonce: int) -> Mapping[str, Any] | None:
    return find_by_nonce(chain.node, Outgoing(entry.transaction.sender, nonce, None, entry.block or 0))


def _is_used(chain: "RpcChain", entry: Entry) -> bool:
    return entry.nonce is not None and chain.mined_nonce(entry.transaction.sender) > entry.nonce


def _is_entrys(found: Mapping[str, Any], entry: Entry) -> bool:
    """Whether a node's transaction does what the entry's does: a page may say anything of a hash."""
    sender = address_of(found.get("from"), "a sender")
    return sender == entry.transaction.sender and is_same(found, fields_of(entry.transaction))


def _settled(outbox: Outbox, entry: Entry, mined: Mined) -> Entry:
    if mined.refusal is not None:
        return outbox.change(
            entry.id,
            fate=Fate.REFUSED,
            hash=mined.transaction,
            told=plain(mined.refusal),
            outcome=outcome_of(mined),
        )
    return outbox.change(entry.id, fate=Fate.DONE, hash=mined.transaction, told="", outcome=outcome_of(mined))


def outcome_of(mined: Mined) -> dict[str, Any]:
    """What a transaction did, as pages tell it: amounts in wei."""
    outcome: dict[str, Any] = {
        "block": mined.block,
        "time": mined.time,
        "gas": mined.gas,
        "fee": mined.fee,
        "contract": mined.contract,
    }
    paid: list[dict[str, Any]] = []
    for log in mined.logs:
        event = _event_of(log)
        if event is None:
            continue
        if event.name in ("AddData", "AddDataPacked"):
            outcome["cost"] = event.values["cost"]
        elif event.name == "Claimed":
            key = event.values["key"].hex()
            paid.append({"key": key, "path": int(path_of(event)), "amount": event.values["amount"]})
    return {**outcome, "paid": paid} if paid else outcome


def _event_of(log: Log) -> Any:
    try:
        return decode_event(log.topics, log.data)
    except ChainError:
        # Of a contract that is none of ours.
        return None


def _sentence(line: str) -> str:
    return f"{line[:1].upper()}{line[1:]}" + ("" if line.endswith((".", "?", "!")) else ".")
