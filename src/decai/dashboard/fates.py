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
from decai.dashboard.words import plain, told
from decai.errors import ChainError, DecaiError, Refused

if TYPE_CHECKING:
    from decai.chain.rpc import RpcChain
    from decai.dashboard.network import Network

__all__ = ["SENT_AGAIN", "look", "outcome_of", "send_by_node"]

_MOST_NONCES: Final = 16
_MOST_BLOCKS: Final = 5_000
"""A search by sender and nonce goes back so far."""
_GONE_SECONDS: Final = 60.0
"""So long a transaction must seem to be gone: one node of a network knows it before another."""
_NOTED_SECONDS: Final = 600.0
"""So often it is noted of one that waits that it is in no block so far."""
_FORGOTTEN_SECONDS: Final = 86_400.0
_RESTARTED: Final = (
    "The server was stopped before it was sent: nothing has happened, and it can be sent again."
)

_QUICKER: Final = "Your wallet has sent it again at another price. Only this one counts, and it counts once."
_RIVAL: Final = (
    "Your wallet has sent another transaction in its place. Whichever gets into a block first, counts."
)
_MISSING: Final = "The network does not know it just now; it is looked for."
_DROPPED: Final = (
    "The network has dropped it or never got it, for instance because it offered too little for gas. "
    "Nothing has changed. Your wallet may bring it again, and then it counts: cancel it there before you "
    "send another."
)
_OVERTAKEN: Final = (
    "The network does not know it, and your wallet has sent something else since. Nothing has changed. If "
    "your wallet still shows it, it may come yet: cancel it there before you send another."
)
_REPLACED: Final = "Your wallet has sent another transaction in its place; this one will never happen."
_CANCELLED: Final = "You have cancelled it in your wallet; it will never happen."
SENT_AGAIN: Final = "Your wallet has sent it again; what comes of it is told there."


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
        words = told(error)
        if "nothing was sent" not in words:
            words += " Nothing was sent."
        return outbox.change(entry.id, fate=Fate.FAILED, told=words)
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
    entry = _known(outbox, entry, integer_of(found.get("nonce"), "a nonce"))
    if found.get("blockNumber") is None:
        return _waiting(chain, outbox, entry)
    nonce = entry.nonce or 0
    mined = chain.settle(Outgoing(entry.transaction.sender, nonce, key, entry.block or 0), entry.transaction)
    return entry if mined is None else _settled(outbox, entry, mined)


def _known(outbox: Outbox, entry: Entry, nonce: int) -> Entry:
    """The node knows it, perhaps after it did not for a while."""
    told = entry.told if entry.told == _QUICKER else ""
    if (entry.fate, entry.nonce, entry.is_seen, entry.told) == (Fate.SENT, nonce, True, told):
        return entry
    return outbox.change(entry.id, fate=Fate.SENT, nonce=nonce, is_seen=True, told=told)


def _waiting(chain: "RpcChain", outbox: Outbox, entry: Entry) -> Entry:
    """It waits for a block; now and then it is noted that it is in none so far, so that no search is long."""
    if time.time() - entry.changed < _NOTED_SECONDS:
        return entry
    return outbox.change(entry.id, block=max(entry.block or 0, chain.block - 1))


def _look_for_gone(chain: "RpcChain", outbox: Outbox, entry: Entry) -> Entry:
    """The node does not know the hash: did it get a new price, was it replaced, or is it only late?"""
    nonce, is_used = entry.nonce, _is_used(chain, entry)
    if nonce is None or entry.told == _OVERTAKEN or (entry.fate is Fate.DROPPED and not is_used):
        return entry
    same, other = _in_its_place(chain, outbox, entry)
    if same is not None:
        key = hash_of(same.get("hash"), "a hash")
        if key == entry.hash:
            # One node of the network knows it before another.
            return entry
        entry = outbox.change(entry.id, fate=Fate.SENT, hash=key, told=_QUICKER)
        return _look_for_hash(chain, outbox, entry, key)
    if entry.is_seen and is_used and (other is not None or _is_gone(entry)):
        told = _CANCELLED if other is not None and _is_cancellation(other) else _REPLACED
        return outbox.change(entry.id, fate=Fate.REPLACED, told=told)
    if entry.is_seen and not is_used and next_nonce(chain.node, entry.transaction.sender) > nonce:
        # Another one waits for a block with its nonce; which of them gets there is not known yet.
        return _told(outbox, entry, _RIVAL)
    if not _is_gone(entry):
        return _told(outbox, entry, _MISSING)
    return outbox.change(entry.id, fate=Fate.DROPPED, told=_OVERTAKEN if is_used else _DROPPED)


def _told(outbox: Outbox, entry: Entry, words: str) -> Entry:
    return entry if entry.told == words else outbox.change(entry.id, told=words)


def _is_gone(entry: Entry) -> bool:
    """Whether no node has known it for so long that it is neither late nor on its way to another node."""
    missed = entry.told == _MISSING and time.time() - entry.changed >= _GONE_SECONDS
    return missed or entry.fate is Fate.DROPPED


def _in_its_place(
    chain: "RpcChain", outbox: Outbox, entry: Entry
) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    """What has an entry's nonce, in a block or waiting for one: the same under another hash, or another.

    Of an entry that no node has known, only the first nonce that it can have is known: later ones count too.
    """
    first, other = entry.nonce or 0, None
    if chain.block - (entry.block or 0) > _MOST_BLOCKS:
        return None, None
    most = first + (1 if entry.is_seen else _MOST_NONCES)
    for nonce in range(first, min(next_nonce(chain.node, entry.transaction.sender), most)):
        found = _by_nonce(chain, entry, nonce)
        if found is not None and _is_entrys(found, entry) and _is_free(outbox, entry, found):
            return found, None
        other = other or found
    return None, other


def _is_free(outbox: Outbox, entry: Entry, found: Mapping[str, Any]) -> bool:
    """Whether no other entry has a transaction: who asks for the same twice has two, and each counts once."""
    return outbox.holder(hash_of(found.get("hash"), "a hash"), entry) is None


def _is_cancellation(found: Mapping[str, Any]) -> bool:
    """Whether a transaction does nothing but use a nonce up, which is how wallets cancel."""
    return (
        found.get("to") is not None
        and address_of(found["to"], "a recipient") == address_of(found.get("from"), "a sender")
        and found.get("input", "0x") == "0x"
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
    if entry.nonce is not None and entry.block is not None:
        found, _ = _in_its_place(chain, outbox, entry)
        if found is not None:
            key = hash_of(found.get("hash"), "a hash")
            return _look_for_hash(chain, outbox, outbox.change(entry.id, fate=Fate.SENT, hash=key), key)
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
    told = entry.told if entry.told == _QUICKER else ""
    outcome = outcome_of(mined)
    return outbox.change(entry.id, fate=Fate.DONE, hash=mined.transaction, told=told, outcome=outcome)


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
