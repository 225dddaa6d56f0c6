"""What a command has sent, on disk, so that the same command goes on where a killed one stopped.

Each transaction is written down, bound to its nonce, before it goes out. Whoever opens the journal of the
same command later finds out what became of it, and sends only what never got onto the chain. Once the
outcome was told to the user, the journal goes away: the next command like it is a new one.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final, NamedTuple

from decai.chain.base import Mined, Transaction
from decai.chain.outgoing import Outgoing
from decai.chain.rpc import RpcChain
from decai.errors import ChainError, Interrupted, Refused, StorageError
from decai.paths import data_dir
from decai.units import Address, Wei

__all__ = ["Journal", "open_journal"]

_POLL: Final = 0.05
_TURN_SECONDS: Final = 900.0
_SETTLE_SECONDS: Final = 60.0
_EARLIER_BLOCKS: Final = 16
"""A node that was killed may have fewer blocks afterwards than it had when a transaction went out."""


class _Sent(NamedTuple):
    outgoing: Outgoing
    value: Wei


class Journal:
    """The transactions of one command; made by `open_journal`.

    Parameters
    ----------
    chain
        Where they go.
    path, descriptor
        The file, open and locked.
    told
        Called with a line when transactions of an earlier command are looked for; once.
    """

    def __init__(
        self, chain: RpcChain, path: Path, descriptor: int, told: Callable[[str], None] | None = None
    ) -> None:
        self._chain = chain
        self._path = path
        self._descriptor = descriptor
        self._told = told
        self._is_told = False
        self._sent = self._read()
        self.found = 0
        """How many transactions of an earlier command were found on the chain, and not sent again."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever sent."""
        return not self._sent

    def send(self, step: int, transaction: Transaction) -> Mined:
        """Send a transaction, unless an earlier command has done it.

        Parameters
        ----------
        step
            Its place among the transactions of the command, from 0.
        transaction
            The same for the same step of the same command; its value alone may differ.

        Raises
        ------
        Refused
            With the contract's own sentence, if it is or would be reverted.
        ChainError
            If it could not be sent, or its fate is not known; the same command can be given again.
        StorageError
            If the journal cannot be written; then it was not sent.
        """
        earlier = self._sent.get(step)
        if earlier is not None:
            mined = self._settled(earlier.outgoing, replace(transaction, value=earlier.value))
            if mined is not None:
                self.found += 1
                return mined
        written: list[Outgoing] = []

        def write(outgoing: Outgoing) -> None:
            self._write(step, outgoing, transaction.value)
            written.append(outgoing)

        try:
            return self._chain.send(transaction, announce=write)
        except Refused:
            # Its fate is known, and told.
            self._sent.pop(step, None)
            raise
        except (ChainError, Interrupted) as error:
            if not written or type(error) not in (ChainError, Interrupted):
                raise
            raise type(error)(f"{error}; the same command looks for it by itself") from None

    def send_next(self, transaction: Transaction) -> Mined:
        """Send a transaction that only this command could think of; raises what `send` does."""
        return self.send(1 + max(self._sent, default=-1), transaction)

    def wait(self) -> int:
        """Wait until whatever an earlier command has sent is in a block, or never will be; how much is.

        Raises
        ------
        ChainError
            If the node does not answer, or does not make a block in time.
        """
        settled = [self._chain.settle(_earlier(sent.outgoing)) for sent in self._sent.values()]
        return sum(mined is not None and mined.refusal is None for mined in settled)

    def acknowledge(self) -> None:
        """Forget all of it: whoever gave the command has been told."""
        self._path.unlink(missing_ok=True)
        self._sent.clear()

    def _settled(self, earlier: Outgoing, transaction: Transaction) -> Mined | None:
        """What became of an earlier transaction; None if it never gets onto the chain."""
        if self._told is not None and not self._is_told:
            self._is_told = True
            self._told("an earlier command like this was cut short; looking for what it sent")
        earlier = _earlier(earlier)
        due = monotonic() + _SETTLE_SECONDS
        while True:
            mined = self._chain.settle(earlier, transaction)
            if mined is not None:
                return mined if mined.refusal is None else None
            if self._chain.nonce(earlier.sender) <= earlier.nonce:
                # Whatever is sent next takes this nonce, so only one of the two can ever get in.
                return None
            if self._chain.mined_nonce(earlier.sender) > earlier.nonce:
                # Another has taken its nonce, unless it came in just now.
                mined = self._chain.settle(earlier, transaction)
                return mined if mined is not None and mined.refusal is None else None
            if monotonic() >= due:
                raise ChainError(
                    f"{earlier.sender} has a transaction with nonce {earlier.nonce} that waits for a block; "
                    "it may be of an earlier command like this one: give the command again when it is in one"
                )
            sleep(1.0)

    def _read(self) -> dict[int, _Sent]:
        """What was written down; half of a line, which a killed process has left, was never sent."""
        content = _read_all(self._descriptor)
        whole = content[: content.rfind(b"\n") + 1]
        os.ftruncate(self._descriptor, len(whole))
        os.lseek(self._descriptor, 0, os.SEEK_END)
        sent: dict[int, _Sent] = {}
        for line in whole.splitlines():
            try:
                step, earlier = _parsed(json.loads(line))
            except (ValueError, KeyError, TypeError):
                raise StorageError(
                    f"{self._path}: is damaged; it told what an earlier command has sent. Look at the "
                    "account's transactions, then delete this file"
                ) from None
            sent[step] = earlier
        return sent

    def _write(self, step: int, outgoing: Outgoing, value: Wei) -> None:
        entry = {
            "step": step,
            "sender": outgoing.sender,
            "nonce": outgoing.nonce,
            "transaction": outgoing.transaction.hex() if outgoing.transaction else None,
            "block": outgoing.block,
            "raw": outgoing.raw.hex() if outgoing.raw else None,
            "value": value,
        }
        try:
            os.write(self._descriptor, json.dumps(entry).encode() + b"\n")
            os.fsync(self._descriptor)
        except OSError as error:
            raise StorageError(f"{self._path}: cannot be written ({error.strerror or error})") from None
        self._sent[step] = _Sent(outgoing, value)


def _earlier(outgoing: Outgoing) -> Outgoing:
    return replace(outgoing, block=max(0, outgoing.block - _EARLIER_BLOCKS))


@contextmanager
def open_journal(
    chain: RpcChain, kind: str, sender: Address, content: bytes, told: Callable[[str], None] | None = None
) -> Iterator[Journal]:
    """The journal of a command; another process that gives the same command waits for its end.

    Parameters
    ----------
    chain, kind, sender, content
        What makes a command the same as another: the chain (by its id), what it does, who does it, and a text
        that says everything else of it.
    told
        Called with a line when there is something to wait for.

    Raises
    ------
    ChainError
        If another process does not come to an end.
    StorageError
        If the data folder cannot be written, or the journal is damaged.
    """
    digest = sha256(f"{sender}:".encode() + content).hexdigest()[:32]
    path = data_dir() / "journal" / f"{kind}-{chain.chain_id}-{digest}"
    try:
        descriptor = _locked(path, told)
    except OSError as error:
        if isinstance(error, StorageError):
            raise
        raise StorageError(f"{path}: cannot be written ({error.strerror or error})") from None
    try:
        journal = Journal(chain, path, descriptor, told)
        try:
            yield journal
        finally:
            if journal.is_empty:
                journal.acknowledge()
    finally:
        os.close(descriptor)


def _locked(path: Path, told: Callable[[str], None] | None) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    due = monotonic() + _TURN_SECONDS
    waits = False
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            if monotonic() >= due:
                raise ChainError("another decai process has been at the same command for long") from None
            if told is not None and not waits:
                told("another decai process is at the same command; waiting for its end")
            waits = True
            sleep(_POLL)
            continue
        # The one before may have taken the file away while this one waited.
        if path.exists() and os.stat(path).st_ino == os.fstat(descriptor).st_ino:
            _sync(path.parent)
            return descriptor
        os.close(descriptor)


def _sync(folder: Path) -> None:
    """A new file must be there after a crash of the machine too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_all(descriptor: int) -> bytes:
    os.lseek(descriptor, 0, os.SEEK_SET)
    parts = []
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _parsed(entry: Any) -> tuple[int, _Sent]:
    transaction, raw = (
        None if entry[key] is None else bytes.fromhex(entry[key]) for key in ("transaction", "raw")
    )
    step, nonce, block = (int(entry[key]) for key in ("step", "nonce", "block"))
    outgoing = Outgoing(Address(str(entry["sender"])), nonce, transaction, block, raw)
    return step, _Sent(outgoing, Wei(int(entry["value"])))
