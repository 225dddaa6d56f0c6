"""Getting anvil: one pinned file out of one pinned npm package, checked by its hash.

Nothing of the package but this file is kept, and nothing is run while it is got.
"""

import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Final

from decai.dataset.storage import atomic_file
from decai.errors import MissingError
from decai.npm import NpmPackage, read_members
from decai.paths import data_dir

__all__ = ["VERSION", "anvil_path", "damaged", "install", "is_intact", "require_anvil"]

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


def is_intact(path: Path) -> bool:
    """Whether a file is the anvil that it should be: it runs, and knows its version."""
    try:
        said = subprocess.run(
            [path, "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.returncode == 0 and said.stdout.split()[:3] == [b"anvil", b"Version:", VERSION.encode()]


def damaged(path: Path) -> MissingError:
    """The one line for an anvil that is not intact."""
    return MissingError(f"{path} is damaged, or not for this machine; get it again with: {_COMMAND}")


def install(progress: Callable[[str], None] | None = None) -> Path:
    """Get anvil into the data directory, unless it is there and intact; returns where it is.

    Raises
    ------
    MissingError
        If there is no anvil for this machine, or the package cannot be had, or is not the expected one.
    StorageError
        If the data directory cannot be written.
    """
    say = progress or (lambda line: None)
    path = anvil_path()
    if os.access(path, os.X_OK) and is_intact(path):
        say(f"node: {path} is there")
        return path
    system = sys.platform, _MACHINES.get(platform.machine().lower(), "")
    if system not in _PACKAGES:
        raise MissingError(
            f"there is no anvil for {platform.system()} on {platform.machine()}; use another node: --rpc URL"
        )
    package = NpmPackage(f"@foundry-rs/anvil-{system[0]}-{system[1]}", VERSION, _PACKAGES[system])
    say(f"node: getting {package}")
    (content,) = read_members(package, (_MEMBER,), "node", say)
    with atomic_file(path) as file:
        file.write(content)
        os.fchmod(file.fileno(), 0o755)
    say(f"node: {path} ({len(content):,} bytes)")
    return path
