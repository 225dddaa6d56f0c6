"""What the node has acknowledged, on disk before anybody hears of it.

The folder holds one state of the chain (anvil's own format) and a journal of what came after. Both are named
by the number of the entry they begin with, so that a crash between any two steps leaves a state and every
entry since: a new journal is begun before a state is written, and old files go when the state is whole.
"""

import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from decai.dataset.storage import atomic_file
from decai.errors import StorageError

__all__ = ["Block", "Call", "Clock", "Entry", "Journal"]

_STATE: Final = "state-"
_ENTRIES: Final = "journal-"


@dataclass(frozen=True, slots=True)
class Block:
    """A block that was mined, with at most one transaction."""

    number: int
    time: int
    base_fee: int
    transaction: str | None
    """Signed, as hex."""
    hash: str | None
    """Of the transaction."""
    gas: int
    status: int
    clock: int
    """How far the chain's clock was ahead of this machine's, in seconds."""
    block_hash: str | None = None
    """Of the block, as hex."""


@dataclass(frozen=True, slots=True)
class Call:
    """Another request that changed the state, to be made again as it was."""

    method: str
    params: list[Any]


@dataclass(frozen=True, slots=True)
class Clock:
    """The chain's clock, when it was moved and no block told of it yet."""

    ahead: int
    """By how much, of this machine's, in seconds."""
    next: int | None = None
    """The time stamp that the next block is to have, if somebody has set it."""


Entry = Block | Call | Clock
_KINDS: Final[Mapping[str, type[Entry]]] = MappingProxyType({"Block": Block, "Call": Call, "Clock": Clock})


class Journal:
    """The node's state and journal in a folder; one process at a time.

    Parameters
    ----------
    folder
        Made if it is not there.

    Raises
    ------
    StorageError
        If the folder cannot be written or a file in it cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{folder}: cannot be written ({error.strerror or error})") from None
        self._first = max(self._numbers(_STATE), default=0)
        self.entries: list[Entry] = list(self._read())
        """What came after the state, oldest first; emptied when a newer state is kept."""
        self._count = self._first + len(self.entries)
        self._file = self._open()
        self._torn = False

    @property
    def state(self) -> bytes | None:
        """The newest state, as it was given to `keep_state`; None if there was none yet."""
        path = self.folder / f"{_STATE}{self._first}"
        if not self._first:
            return None
        try:
            content = path.read_bytes()
        except OSError as error:
            raise StorageError(f"{path}: cannot be read ({error.strerror or error})") from None
        checksum, _, state = content.partition(b"\n")
        if checksum != _checksum(state):
            raise StorageError(f"{path}: is damaged; a copy of it, or removing {self.folder}, helps")
        return state

    def append(self, *entries: Entry) -> None:
        """Write entries to the disk; they are safe when this returns.

        Raises
        ------
        StorageError
            If they cannot be written, as when the disk is full; none of them counts then.
        """
        if self._torn:
            raise StorageError(f"{self.folder}: cannot be written since the disk failed; stop the node")
        place = self._file.tell()
        try:
            _write(self._file, entries)
        except OSError as error:
            try:
                self._file.seek(place)
                self._file.truncate()
            except OSError:
                # Nothing behind half a line would be found again.
                self._torn = True
            raise StorageError(f"{self.folder}: cannot be written ({error.strerror or error})") from None
        self.entries += entries
        self._count += len(entries)

    def keep_state(self, state: bytes, *after: Entry) -> None:
        """Replace the journal so far by the state that it led to.

        Parameters
        ----------
        state
            In whatever format.
        after
            Entries that hold from then on, since the state does not tell of them.

        Raises
        ------
        StorageError
            If it cannot be written; the journal stays good.
        """
        first = self._count
        if first == self._first:
            return
        # From here on the new journal is the one, whether or not there will be a state: whatever is
        # written from now on must not be in the file that the state takes the place of.
        fresh = self._open(*after)
        self._file.close()
        self._file, self._torn = fresh, False
        self.entries += after
        self._count += len(after)
        with atomic_file(self.folder / f"{_STATE}{first}") as file:
            file.write(_checksum(state) + b"\n" + state)
        _sync_folder(self.folder)
        self._first, self.entries = first, list(after)
        for prefix in (_STATE, _ENTRIES):
            for number in self._numbers(prefix):
                if number < self._first:
                    (self.folder / f"{prefix}{number}").unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the files."""
        self._file.close()

    def _numbers(self, prefix: str) -> list[int]:
        names = [path.name.removeprefix(prefix) for path in self.folder.glob(f"{prefix}*")]
        return sorted(int(name) for name in names if name.isdigit())

    def _open(self, *entries: Entry) -> FileIO:
        """A new journal for the entries from now on, the first of them in it.

        What may be in a file of that name was cut off, and never acknowledged: a whole entry would count.
        """
        path = self.folder / f"{_ENTRIES}{self._count}"
        try:
            file = FileIO(path, "w")
            try:
                _write(file, entries)
                _sync_folder(self.folder)
            except OSError:
                with suppress(OSError):
                    file.truncate(0)
                file.close()
                raise
        except OSError as error:
            raise StorageError(f"{path}: cannot be written ({error.strerror or error})") from None
        return file

    def _read(self) -> Iterator[Entry]:
        """The entries since the state. A line that was cut off was never acknowledged."""
        expected = self._first
        for begin in self._numbers(_ENTRIES):
            # One in the middle was begun for a state that came to nothing, and nothing counts in it.
            if begin < expected:
                continue
            if begin != expected:
                raise StorageError(f"{self.folder}: a part of the journal is missing")
            path = self.folder / f"{_ENTRIES}{begin}"
            try:
                lines = path.read_bytes().split(b"\n")
            except OSError as error:
                raise StorageError(f"{path}: cannot be read ({error.strerror or error})") from None
            for line in lines:
                entry = _entry(line)
                if entry is None:
                    break
                expected += 1
                yield entry


def _write(file: FileIO, entries: Iterable[Entry]) -> None:
    """To the disk, all of them."""
    rest = b"".join(_line(entry) for entry in entries)
    while rest:
        rest = rest[file.write(rest) :]
    os.fsync(file.fileno())


def _line(entry: Entry) -> bytes:
    text = json.dumps([type(entry).__name__, asdict(entry)], separators=(",", ":")).encode()
    return _checksum(text) + b" " + text + b"\n"


def _entry(line: bytes) -> Entry | None:
    checksum, _, text = line.partition(b" ")
    if not text or checksum != _checksum(text):
        return None
    kind, values = json.loads(text)
    return _KINDS[kind](**values)


def _checksum(content: bytes) -> bytes:
    return b"%08x" % zlib.crc32(content)


def _sync_folder(folder: Path) -> None:
    """So that a new name in it survives a crash of the machine."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
