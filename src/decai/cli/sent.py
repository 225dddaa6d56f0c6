"""Transactions of commands: sent once, whoever is killed, and told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from decai.cli.show import ether, hint

if TYPE_CHECKING:
    from decai.chain.base import Mined, Transaction
    from decai.chain.client import ChainTrainer

__all__ = ["receipt", "sent_once", "spent"]

_EARLIER: Final = "; it was sent by an earlier command like this, which was cut short"


@contextmanager
def sent_once(
    trainer: "ChainTrainer",
    kind: str,
    transaction: "Transaction",
    as_json: bool,
    check: Callable[[], None] | None = None,
) -> "Iterator[tuple[Mined, bool]]":
    """Send a transaction, unless a command like this has sent it and was killed before it told.

    Parameters
    ----------
    trainer
        The model that it is about.
    kind
        What the command does, in a word.
    transaction
        What to send.
    as_json
        Whether a program reads what the command says.
    check
        Raises an error if it must not be sent; not asked if an earlier command may have done so.

    Raises
    ------
    Refused
        With the contract's own sentence, if it is or would be reverted.
    ChainError
        If it could not be sent, or its fate is not known; the same command can be given again.
    StorageError
        If the journal cannot be written; then it was not sent.
    """
    from decai.chain.journal import open_journal
    from decai.chain.rpc import RpcChain

    chain = trainer.chain
    assert isinstance(chain, RpcChain)
    content = f"{trainer.address}:".encode() + transaction.data
    with open_journal(chain, kind, transaction.sender, content, None if as_json else hint) as journal:
        if check is not None and journal.is_empty:
            check()
        mined = journal.send(0, transaction)
        yield mined, journal.found > 0
        journal.acknowledge()


def receipt(mined: "Mined") -> dict[str, Any]:
    """What a chain says of a transaction, for a program."""
    place = {"transaction": f"0x{mined.transaction.hex()}", "block": mined.block}
    return {**place, "gas": mined.gas, "fee": mined.fee}


def spent(mined: "Mined", earlier: bool) -> str:
    """The same for a person; `earlier` if an earlier command has sent it."""
    told = f"{mined.gas:,} gas, fee {ether(mined.fee)}, block {mined.block:,}"
    return f"{told}{_EARLIER if earlier else ''}"
