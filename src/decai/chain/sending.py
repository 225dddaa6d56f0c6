"""Sending a transaction once: whatever happens on the way, it is never carried out twice.

A transaction is bound to its nonce before it goes out, and a chain takes each nonce of an account
once. What is sent again after a lost answer is the very same transaction. A new nonce is taken only
when it is certain that the old transaction can never get in.
"""

import re
from collections.abc import Callable, Mapping
from time import sleep
from typing import TYPE_CHECKING, Any, Final

from decai.chain.account_lock import AccountTurn
from decai.chain.jsonrpc import JsonRpc, NoAnswer, NotDelivered, RpcError
from decai.chain.outgoing import Outgoing, find_by_nonce, next_nonce, unknown_fate
from decai.chain.wire import address_of, bytes_of, hash_of, hex_of, integer_of
from decai.errors import ChainError, Interrupted

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

__all__ = ["Announce", "is_same", "send_once", "signed"]

Json = Any

_PAUSES: Final = (0.0, 0.2, 0.6, 1.8, 5.4)
"""Seconds before each attempt to bring a transaction to the node."""
_NONCES: Final = 5
"""So many nonces are tried while wallets elsewhere take them away."""
_KNOWN_ALREADY: Final = re.compile(r"already known|already imported|\bknown transaction", re.IGNORECASE)
_NONCE_TAKEN: Final = re.compile(r"nonce (is )?too low|replacement transaction|nonce.*already", re.IGNORECASE)
_NOT_CERTAIN: Final = re.compile(r"time.?out|timed out|internal error|gateway|unavailable", re.IGNORECASE)
"""Words of whatever stands before a node, when it does not know what the node did."""

Announce = Callable[[Outgoing], None]
"""Told of each transaction before it goes out; if this raises, it does not."""


class _NonceTaken(ChainError):
    """Another transaction of the account has this nonce, so ours can never get in with it."""


def send_once(
    node: JsonRpc,
    fields: Mapping[str, str],
    account: "LocalAccount | None",
    *,
    chain_id: int,
    turn: AccountTurn | None = None,
    announce: Announce | None = None,
) -> tuple[Outgoing, bytes]:
    """Bring a transaction to a node.

    Parameters
    ----------
    fields
        All of the transaction but its nonce.
    account
        Signs it; None lets the node sign.
    chain_id
        What the signature is bound to.
    turn
        The right to send for the account; not needed where nobody else does.

    Returns
    -------
    tuple
        What went out, and the hash of the transaction.

    Raises
    ------
    ChainError
        If the node did not take it, or its fate is not known.
    Interrupted
        If the user stopped it on the way.
    """
    sender = address_of(fields["from"], "the sender")
    for _ in range(_NONCES):
        nonce = next_nonce(node, sender, turn)
        block = integer_of(node.ask("eth_blockNumber"), "the number of the latest block")
        outgoing = Outgoing(sender, nonce, None, block)
        if account is not None:
            raw, transaction = signed(account, fields, nonce, chain_id)
            outgoing = Outgoing(sender, nonce, transaction, block, raw)
        if announce is not None:
            announce(outgoing)
        try:
            if account is None:
                transaction = _send_unsigned(node, {**fields, "nonce": hex_of(nonce)}, outgoing)
            else:
                _send_signed(node, outgoing, transaction)
        except _NonceTaken as error:
            taken = error
            sleep(_PAUSES[1])
            continue
        except KeyboardInterrupt:
            raise Interrupted(str(unknown_fate(ChainError("interrupted"), outgoing))) from None
        if turn is not None:
            turn.record(nonce, hex_of(transaction))
        return outgoing, transaction
    raise ChainError(f"{taken}; nothing was sent")


def signed(
    account: "LocalAccount", fields: Mapping[str, str], nonce: int, chain_id: int
) -> tuple[bytes, bytes]:
    """A transaction as it goes out, and its hash."""
    unsigned: dict[str, Any] = {key: value for key, value in fields.items() if key != "from"}
    unsigned |= {"nonce": nonce, "chainId": chain_id}
    if "maxFeePerGas" in unsigned:
        unsigned["type"] = 2
    signature = account.sign_transaction(unsigned)
    return bytes(signature.raw_transaction), bytes(signature.hash)


def _send_signed(node: JsonRpc, outgoing: Outgoing, transaction: bytes) -> None:
    raw = hex_of(outgoing.raw or b"")
    in_doubt = False
    cause: ChainError
    for pause in _PAUSES:
        sleep(pause)
        if in_doubt and _is_known(node, transaction):
            return
        try:
            node.once("eth_sendRawTransaction", raw)
        except NotDelivered as error:
            cause = error
            if not error.transient and not in_doubt:
                break
        except NoAnswer as error:
            cause, in_doubt = error, True
        except RpcError as error:
            if _KNOWN_ALREADY.search(error.reason):
                return
            in_doubt = in_doubt or _NOT_CERTAIN.search(error.reason) is not None
            if not in_doubt:
                raise _declined(error, outgoing) from None
            # The first copy may be what makes this one too late: look for it once more.
            cause = error
        else:
            return
    if not in_doubt:
        raise ChainError(f"{cause}; nothing was sent")
    if _is_known(node, transaction):
        return
    raise unknown_fate(cause, outgoing)


def _send_unsigned(node: JsonRpc, fields: Mapping[str, str], outgoing: Outgoing) -> bytes:
    in_doubt = False
    cause: ChainError
    for pause in _PAUSES:
        sleep(pause)
        try:
            if in_doubt and (found := find_by_nonce(node, outgoing)) is not None:
                return _own(found, fields, outgoing)
            if in_doubt and next_nonce(node, outgoing.sender) > outgoing.nonce:
                continue  # it waits for a block, where it will be found
            return hash_of(node.once("eth_sendTransaction", dict(fields)), "the hash of the transaction")
        except NotDelivered as error:
            cause = error
            if not error.transient and not in_doubt:
                break
        except NoAnswer as error:
            cause, in_doubt = error, True
        except RpcError as error:
            words = (_KNOWN_ALREADY, _NOT_CERTAIN)
            in_doubt = in_doubt or any(each.search(error.reason) for each in words)
            if not in_doubt:
                raise _declined(error, outgoing) from None
            cause = error
    if not in_doubt:
        raise ChainError(f"{cause}; nothing was sent")
    raise unknown_fate(cause, outgoing)


def _is_known(node: JsonRpc, transaction: bytes) -> bool:
    try:
        return node.once("eth_getTransactionByHash", hex_of(transaction)) is not None
    except ChainError:
        return False


def is_same(found: Mapping[str, Json], fields: Mapping[str, str]) -> bool:
    """Whether a transaction that a node gave does what these fields of one say."""
    to = found.get("to")
    return (
        bytes_of(found.get("input", "0x"), "calldata") == bytes_of(fields.get("data", "0x"), "calldata")
        and integer_of(found.get("value", "0x0"), "a value") == integer_of(fields["value"], "a value")
        and (None if to is None else address_of(to, "a recipient")) == fields.get("to")
    )


def _own(found: Mapping[str, Json], fields: Mapping[str, str], outgoing: Outgoing) -> bytes:
    """The hash of the transaction that was found, if it is the one that was sent."""
    if not is_same(found, fields):
        raise _NonceTaken(f"{outgoing.sender} sent another transaction with nonce {outgoing.nonce}")
    return hash_of(found.get("hash"), "the hash of the transaction")


def _declined(error: RpcError, outgoing: Outgoing) -> ChainError:
    if _NONCE_TAKEN.search(error.reason):
        return _NonceTaken(f"{outgoing.sender} has another transaction with nonce {outgoing.nonce}")
    return ChainError(f"the node does not take the transaction: {error.reason}; nothing was sent")
