"""Vyper, the compiler of contracts, on every Python.

Where the package is installed, it is taken as it is. On Pythons for which it cannot be installed (one
package that it depends on, ``immutables``, has no wheels for Python 3.14, and installing that needs a C
compiler), a command puts it into a private folder of the data directory: it is Python alone.
"""

import csv
import hashlib
import importlib
import importlib.metadata
import importlib.util
import io
import sys
import tempfile
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Final

from decai.errors import MissingError, StorageError
from decai.paths import data_dir
from decai.wheel import Wheel, downloaded

__all__ = ["COMMAND", "VERSION", "install_vyper", "load_vyper", "private_folder"]

VERSION: Final = "0.4.3"
COMMAND: Final = "decai contract install-compiler"
WHEEL: Final = Wheel("vyper", VERSION, "3b9671727c888363740dc678e60336759871487d0e4e9fdd973048fa9635c4fd")

_MAPS: Final = "immutables"
_PARTS: Final = ("vyper/", f"vyper-{VERSION}.dist-info/")
_RECORD: Final = f"vyper-{VERSION}.dist-info/RECORD"


def load_vyper() -> ModuleType:
    """Make ``vyper`` importable, and import it.

    Raises
    ------
    MissingError
        If it has to be got first, or something that it needs is missing.
    """
    if not _is_installed():
        folder = str(private_folder())
        if not (private_folder() / _RECORD).is_file():
            raise MissingError(
                f"the contracts' compiler, {WHEEL}, is not on this machine yet; get it with: {COMMAND}"
            )
        if folder not in sys.path:
            # Before others: whoever has installed another version of it has it for something else.
            sys.path.insert(0, folder)
    if importlib.util.find_spec(_MAPS) is None:
        sys.modules[_MAPS] = importlib.import_module("decai.chain.persistent_map")
    try:
        return importlib.import_module("vyper")
    except ModuleNotFoundError as error:
        name = str(error.name)
        if name.partition(".")[0] == "vyper":
            raise MissingError(f"the contracts' compiler is damaged; get it anew with: {COMMAND}") from None
        raise MissingError(f"{name} is missing; install it with: pip install 'decai[chain]'") from None


def private_folder() -> Path:
    """Where decai keeps a compiler of its own; it need not be there."""
    return data_dir() / "compiler" / f"vyper-{VERSION}"


def install_vyper(progress: Callable[[str], None] | None = None) -> Path | None:
    """Get the compiler into the data directory, unless it is installed or there and intact.

    Returns
    -------
    Path | None
        Its folder; None if it is installed among this Python's packages.

    Raises
    ------
    MissingError
        If pip is not there, or cannot get the package.
    StorageError
        If the data directory cannot be written.
    """
    say = progress or (lambda line: None)
    if _is_installed():
        say(f"contract: {WHEEL} is installed")
        return None
    folder = private_folder()
    if _is_intact(folder):
        say(f"contract: {folder} is there and intact")
        return folder
    say(f"contract: getting {WHEEL}")
    # First the place for it, so that a folder that cannot be written is told before the work.
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{folder.parent}: cannot be made ({error.strerror or error})") from None
    with downloaded(WHEEL, "contract", "the compiler") as path:
        _unpack(path, folder)
    say(f"contract: {folder}")
    return folder


def _is_installed() -> bool:
    try:
        return importlib.metadata.version("vyper") == VERSION
    except importlib.metadata.PackageNotFoundError:
        return False


def _is_intact(folder: Path) -> bool:
    """Whether every file is there as the wheel's own list says."""
    try:
        rows = list(csv.reader(io.StringIO((folder / _RECORD).read_text(encoding="utf-8"))))
        return bool(rows) and all(
            not digest or f"sha256={_digest(folder / name)}" == digest
            for name, digest, _ in rows
            if name.startswith(_PARTS)
        )
    except (OSError, ValueError):
        return False


def _digest(path: Path) -> str:
    return urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()


def _unpack(wheel: Path, folder: Path) -> None:
    """Put the package where it is looked for, whole or not at all."""
    try:
        with tempfile.TemporaryDirectory(prefix=".vyper-", dir=folder.parent) as place:
            fresh = Path(place) / "fresh"
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(fresh, [name for name in archive.namelist() if name.startswith(_PARTS)])
            if folder.exists():
                folder.rename(Path(place) / "old")
            fresh.rename(folder)
    except OSError as error:
        raise StorageError(f"{error.filename or folder}: {error.strerror or error}") from None
