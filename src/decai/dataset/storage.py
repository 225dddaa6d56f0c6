"""Files that are whole or not there: atomic writes, and arrays that take time to prepare."""

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from decai.errors import StorageError

__all__ = ["Arrays", "atomic_file", "prepared", "unreadable"]

Arrays = dict[str, NDArray[Any]]

FORMAT: Final = 1
"""Part of every key; to be raised whenever a loader prepares something else than before."""


@contextmanager
def atomic_file(path: Path, *, mode: int = 0o666) -> Iterator[IO[bytes]]:
    """Write a file that appears at `path` at once and whole, or, after any failure, not at all.

    Parameters
    ----------
    path
        Where the file is to be; its folder is made.
    mode
        Its permissions, less the umask.

    Raises
    ------
    StorageError
        If the folder cannot be made or written.
    """
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            yield file
            # Else a crash of the machine could leave an empty file under the final name.
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except StorageError:
        raise
    except (FileExistsError, NotADirectoryError):
        raise StorageError(f"{path}: cannot be written (its folder is a file)") from None
    except OSError as error:
        raise StorageError(f"{path}: cannot be written ({error.strerror or error})") from None
    finally:
        with suppress(OSError):
            temporary.unlink()


def prepared(
    folder: Path, name: str, key: Mapping[str, object], names: tuple[str, ...], build: Callable[[], Arrays]
) -> Arrays:
    """Arrays from the cache, or built and put there; a damaged cache file is built anew.

    Parameters
    ----------
    folder
        Where cache files are.
    name
        The begin of the file's name.
    key
        All that the arrays depend on.
    names
        The arrays to return; `build` may give more, that only later calls ask for.
    build
        Makes the arrays.

    Raises
    ------
    StorageError
        If the folder cannot be written.
    """
    text = json.dumps({**key, "format": FORMAT}, sort_keys=True)
    path = folder / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.npz"
    try:
        return _load_arrays(path, names)
    except Exception:  # absent, cut off, altered: a damaged archive can raise nearly anything
        pass
    with atomic_file(
        path
    ) as file:  # before the work, so that a folder that cannot be written is told at once
        arrays = build()
        members: dict[str, Any] = {**arrays}
        np.savez(file, **members)
    return {array: arrays[array] for array in names}


def _load_arrays(path: Path, names: tuple[str, ...]) -> Arrays:
    with zipfile.ZipFile(path) as archive:
        if archive.testzip() is not None:
            raise zipfile.BadZipFile("a checksum differs")
    with np.load(path, allow_pickle=False) as file:
        return {array: file[array] for array in names}


def unreadable(path: Path, error: OSError) -> StorageError:
    """The one line for a file that is there but cannot be read."""
    return StorageError(f"{path}: cannot be read ({error.strerror or error})")
