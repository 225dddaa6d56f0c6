"""What a node's chain began with, in its folder: the time of its first block, and which chain it is."""

import secrets
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

from decai.dataset.storage import atomic_file
from decai.errors import StorageError

__all__ = ["genesis_of", "name_of"]

_SECRET_BYTES: Final = 16


def genesis_of(folder: Path) -> int:
    """The time of the first block, in seconds; the same at each start.

    Raises
    ------
    StorageError
        If it cannot be written or read.
    """
    text = _kept(folder / "genesis", lambda: str(int(time.time())))
    try:
        return int(text)
    except ValueError:
        raise _damaged(folder / "genesis") from None


def name_of(folder: Path) -> str:
    """The name of the chain in a folder, 32 hexadecimal digits; the same at each start.

    A copy of the folder is another chain as soon as either goes on, so it has another name.

    Raises
    ------
    StorageError
        If it cannot be written or read.
    """
    mark = _kept(folder / "name", lambda: secrets.token_hex(_SECRET_BYTES))
    try:
        place, entry = folder.resolve(), folder.stat()
    except OSError as error:
        raise StorageError(f"{folder}: cannot be read ({error.strerror or error})") from None
    if len(mark) != 2 * _SECRET_BYTES:
        raise _damaged(folder / "name")
    return sha256(f"{mark} {place} {entry.st_dev} {entry.st_ino}".encode()).hexdigest()[:32]


def _kept(path: Path, fresh: Callable[[], str]) -> str:
    """What a small file says; it is made when it is not there."""
    try:
        return path.read_text()
    except FileNotFoundError:
        text = fresh()
        with atomic_file(path) as file:
            file.write(text.encode())
        return text
    except (OSError, ValueError):
        raise _damaged(path) from None


def _damaged(path: Path) -> StorageError:
    return StorageError(f"{path}: is damaged; a copy of it, or removing {path.parent}, helps")
