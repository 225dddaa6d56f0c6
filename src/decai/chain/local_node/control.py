"""Starting, finding and stopping the local node."""

import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from decai.chain.local_node.anvil import rpc
from decai.chain.local_node.install import require_anvil
from decai.chain.node_name import plain_url
from decai.errors import ChainError, StorageError
from decai.paths import DATA_DIR_VARIABLE, data_dir
from decai.units import Seconds

__all__ = ["NodeInfo", "ensure_running", "node_folder", "status", "stop"]

_INFO: Final = "node.json"
_LOG: Final = "node.log"
_LOCK: Final = "lock"
_START_SECONDS: Final = 120.0
_STOP_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """A local node that runs."""

    url: str
    """Of this chain alone: another node that comes to listen there takes nothing that is sent to it."""
    plain_url: str
    """Of whatever node listens there, for wallets."""
    chain_id: int
    block: int
    """The number of the latest block."""
    time: Seconds
    """What the chain's clock says."""
    pid: int
    """The process that supervises it."""
    anvil_pid: int


def node_folder() -> Path:
    """Where the node's state is."""
    return data_dir() / "node"


def status() -> NodeInfo | None:
    """The node of this data directory; None if it does not run."""
    info = _read_info() if _is_locked() else None
    if info is None:
        return None
    url, token = info
    with contextlib.suppress(ChainError, KeyError, TypeError):
        answer = rpc(url, "decai_status", timeout=60.0)
        if answer["token"] == token:
            return NodeInfo(
                url,
                plain_url(url),
                answer["chain_id"],
                answer["block"],
                Seconds(answer["time"]),
                answer["pid"],
                answer["anvil_pid"],
            )
    return None


def ensure_running() -> NodeInfo:
    """The node of this data directory, started if it does not run.

    Raises
    ------
    MissingError
        If anvil has to be installed first.
    ChainError
        If it does not start.
    StorageError
        If the data directory cannot be written.
    """
    running = status()
    if running is not None:
        return running
    require_anvil()
    folder = node_folder()
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        _start(folder)
        running = status()
        if running is not None:
            return running
        # It has left the work to another, which is starting, or just ending.
        time.sleep(0.03)
    raise ChainError(f"the local node does not start in {_START_SECONDS:.0f} seconds; see {folder / _LOG}")


def stop() -> bool:
    """End the node, its state safe on disk; whether it ran. One that is just starting is awaited and ended.

    Raises
    ------
    ChainError
        If it does not end.
    """
    ran, told = False, None
    deadline = time.monotonic() + _STOP_SECONDS
    while _is_locked():
        ran = True
        if time.monotonic() > deadline:
            raise ChainError(f"the local node does not end in {_STOP_SECONDS:.0f} seconds; {_advice()}")
        info = _read_info()
        if info is not None and info != told:
            # What a killed one has left behind names nobody, or somebody who knows nothing of its token.
            with contextlib.suppress(ChainError):
                rpc(info[0], "decai_stop", info[1], timeout=5.0)
                told = info
        time.sleep(0.03)
    return ran


def _start(folder: Path) -> None:
    """Start the process behind the node, or find that there is one."""
    if not sys.executable:
        raise ChainError("the local node does not start: which Python runs decai is not known")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        log = (folder / _LOG).open("ab")
    except OSError as error:
        raise StorageError(f"{folder}: cannot be written ({error.strerror or error})") from None
    with log:
        try:
            process = subprocess.run(
                [sys.executable, "-m", "decai.chain.local_node.server", str(folder)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=folder,
                env={**os.environ, DATA_DIR_VARIABLE: str(data_dir())},
                check=False,
            )
        except OSError as error:
            what = error.filename or sys.executable
            raise ChainError(
                f"the local node does not start: {what} cannot be run ({error.strerror or error})"
            ) from None
    if process.returncode:
        reason = process.stdout.decode(errors="replace").strip()
        raise ChainError(f"the local node does not start: {reason or _last_words(folder)}")


def _advice() -> str:
    try:
        pid = json.loads((node_folder() / _INFO).read_bytes())["pid"]
    except (OSError, ValueError, KeyError, TypeError):
        return f"see {node_folder() / _LOG}"
    return f"its process is {pid}"


def _read_info() -> tuple[str, str] | None:
    try:
        info = json.loads((node_folder() / _INFO).read_bytes())
        return str(info["url"]), str(info["token"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_locked() -> bool:
    import fcntl

    try:
        with (node_folder() / _LOCK).open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
    except BlockingIOError:
        return True
    except OSError:
        return False


def _last_words(folder: Path) -> str:
    try:
        lines = (folder / _LOG).read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    return next((line.strip() for line in reversed(lines) if line.strip()), "it says nothing")
