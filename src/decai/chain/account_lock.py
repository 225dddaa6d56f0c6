"""One sender at a time: processes that send for the same account take turns from nonce to broadcast."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from decai.errors import ChainError, StorageError
from decai.paths import data_dir
from decai.units import Address

__all__ = ["AccountTurn", "account_turn"]

_POLL = 0.02


class AccountTurn:
    """The right to send for an account, and what its last holder sent."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def last(self) -> tuple[int, str] | None:
        """The nonce and the hash of the transaction that was sent last from this machine, if any."""
        try:
            nonce, transaction = json.loads(os.pread(self._descriptor, 1024, 0))
        except (ValueError, TypeError):
            return None
        return (nonce, transaction) if isinstance(nonce, int) and isinstance(transaction, str) else None

    def record(self, nonce: int, transaction: str) -> None:
        """Leave word of a transaction for the next holder."""
        content = json.dumps([nonce, transaction]).encode()
        try:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, content, 0)
        except OSError:
            # It only helps where a node counts late; the transaction itself has been sent.
            return


@contextmanager
def account_turn(chain_id: int, address: Address, *, timeout: float = 60.0) -> Iterator[AccountTurn]:
    """Wait for one's turn to send for an account; a process that dies gives its turn back.

    Parameters
    ----------
    chain_id, address
        Whose turn it is.
    timeout
        Seconds to wait.

    Raises
    ------
    ChainError
        If another process does not finish in time.
    StorageError
        If the data folder cannot be written.
    """
    path = data_dir() / "locks" / f"{chain_id}-{address.lower()}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written ({error.strerror or error})") from None
    try:
        due = monotonic() + timeout
        while not _take(path, descriptor):
            if monotonic() >= due:
                raise ChainError(
                    f"{address}: another decai process has been sending for {timeout:g} s; nothing was sent"
                )
            sleep(_POLL)
        yield AccountTurn(descriptor)
    finally:
        os.close(descriptor)


def _take(path: Path, descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise StorageError(f"{path}: cannot be locked ({error.strerror or error})") from None
    return True
