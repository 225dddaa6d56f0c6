"""The secret that session cookies are signed with: random, made once, readable by its owner alone."""

import os
import secrets
from pathlib import Path
from typing import Final

from decai.errors import StorageError

__all__ = ["session_secret"]

_BYTES: Final = 32


def session_secret(folder: Path) -> str:
    """The secret in a folder, made there if there is none.

    Raises
    ------
    StorageError
        If it cannot be read or written, is damaged, or others may read it.
    """
    path = folder / "session-secret"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return _read(path)
        with os.fdopen(descriptor, "w") as file:
            file.write(made := secrets.token_hex(_BYTES))
    except StorageError:
        raise
    except OSError as error:
        raise StorageError(f"{path}: cannot be read or written ({error.strerror or error})") from None
    return made


def _read(path: Path) -> str:
    if path.stat().st_mode & 0o077:
        raise StorageError(f"{path}: others may read this secret; delete it, and a new one is made")
    text = path.read_text(encoding="ascii", errors="replace")
    if len(text) != 2 * _BYTES or not text.isalnum():
        raise StorageError(f"{path}: is damaged; delete it, and a new one is made")
    return text
