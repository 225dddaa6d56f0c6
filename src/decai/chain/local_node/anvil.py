"""Running anvil as a child that never outlives its parent."""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from decai.chain.local_node.install import damaged, is_intact, require_anvil
from decai.chain.node_name import connection_to, plain_url
from decai.errors import ChainError, StorageError

__all__ = ["CHAIN_ID", "MNEMONIC", "Anvil", "ephemeral_anvil", "free_port", "hidden_host", "rpc"]

CHAIN_ID: Final = 31337
MNEMONIC: Final = "test test test test test test test test test test test junk"
"""The accounts that every development node has; everybody knows their keys."""
_START_SECONDS: Final = 20.0
_ALWAYS: Final = ("--no-cors", "--no-request-size-limit")
"""No page of the web may read what it answers; and the state of a chain is a long request."""
_HISTORY: Final = "16"
"""Blocks whose states anvil keeps in memory, for calls about the past; older ones would go to files."""
_GUARD: Final = """
exec 3<&0
folder=$1; shift
"$@" </dev/null >&2 & anvil=$!
echo $anvil
{ cat >/dev/null; kill -9 $anvil; } 2>/dev/null <&3 & watcher=$!
wait $anvil
kill $watcher
rm -rf "$folder"
"""
"""A shell between us and anvil: its input ends when we do, however we end, and then it ends anvil.

It also takes away the folder that anvil leaves when it is killed, and does not touch a process that got
anvil's number after it.
"""


class Anvil:
    """A running anvil on a loopback port of its own.

    Parameters
    ----------
    flags
        For anvil, beside host and port.
    log
        Where what it says goes; nowhere by default.
    host
        The loopback address it listens on.

    Raises
    ------
    MissingError
        If anvil has to be installed first, or again.
    ChainError
        If it does not start.
    StorageError
        If there is no room for its temporary folder.
    """

    def __init__(self, *flags: str, log: Path | None = None, host: str = "127.0.0.1") -> None:
        binary = require_anvil()
        self.host = host
        for attempt in range(3):
            self.port = free_port(host)
            self._start(binary, flags, log)
            if self._is_up():
                return
            self.stop()
            if not is_intact(binary):
                raise damaged(binary)
            if attempt == 2:
                raise ChainError(f"anvil does not start{f'; see {log}' if log else ''}")

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self.host}:{self.port}"

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def _start(self, binary: Path, flags: tuple[str, ...], log: Path | None) -> None:
        try:
            folder = tempfile.mkdtemp(prefix="decai-anvil-")
        except OSError as error:
            # Where no folder for temporary files can be written, Python does not know of any.
            place = f"{error.filename}: " if error.filename else "there is no room for temporary files: "
            raise StorageError(f"{place}{error.strerror or error}") from None
        command = [str(binary), "--host", self.host, "--port", str(self.port), "--cache-path", folder]
        command += [*_ALWAYS, *flags]
        if "--prune-history" not in flags:
            command += ["--prune-history", _HISTORY]
        with contextlib.ExitStack() as files:
            out = files.enter_context(log.open("ab")) if log else subprocess.DEVNULL
            try:
                self._process = subprocess.Popen(
                    ["/bin/sh", "-c", _GUARD, "sh", folder, *command],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=out,
                    start_new_session=True,
                )
            except OSError as error:
                os.rmdir(folder)
                raise ChainError(f"anvil does not start ({error.strerror or error})") from None
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        self.pid = int(line) if line.isdigit() else 0
        """The process of anvil itself."""

    def _is_up(self) -> bool:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self.alive:
            with contextlib.suppress(ChainError):
                if int(rpc(self.url, "eth_chainId"), 16):
                    return True
            time.sleep(0.01)
        return False

    def stop(self) -> None:
        """End it, and wait until it has ended."""
        # While the guard waits for it, nobody else can have got its number.
        if self.pid and self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()


@contextmanager
def ephemeral_anvil(
    *,
    timestamp: int | None = None,
    base_fee: int | None = None,
    gas_price: int | None = None,
    hardfork: str = "osaka",
    accounts: int = 10,
    balance: int | None = None,
    flags: tuple[str, ...] = (),
) -> Iterator[str]:
    """A fresh chain that is gone afterwards, for tests, gas reports and simulations; gives its URL.

    Parameters
    ----------
    timestamp
        Of the first block, in seconds; now by default.
    base_fee, gas_price
        In wei.
    hardfork
        By whose rules.
    accounts, balance
        How many accounts of its own it has, and how much ether each.
    flags
        Further ones of anvil's.

    Raises
    ------
    MissingError
        If anvil has to be installed first.
    ChainError
        If it does not start.
    """
    options = {
        "--hardfork": hardfork,
        "--accounts": accounts,
        "--chain-id": CHAIN_ID,
        "--timestamp": timestamp,
        "--base-fee": base_fee,
        "--gas-price": gas_price,
        "--balance": balance,
    }
    chosen = [word for name, value in options.items() if value is not None for word in (name, str(value))]
    anvil = Anvil("--silent", *chosen, *flags)
    try:
        yield anvil.url
    finally:
        anvil.stop()


def hidden_host() -> str:
    """A loopback address that nobody can guess, where there is more than one."""
    if sys.platform != "linux":
        return "127.0.0.1"
    return f"127.{secrets.randbelow(254) + 1}.{secrets.randbelow(254) + 1}.{secrets.randbelow(254) + 1}"


def free_port(host: str = "127.0.0.1") -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def rpc(url: str, method: str, *params: Any, timeout: float = 30.0) -> Any:
    """One request of JSON-RPC to a node on this machine; its result.

    Raises
    ------
    ChainError
        If nobody answers, or another node than the one that the URL names, or the answer is an error.
    """
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    parts, place = urlsplit(url), plain_url(url)
    with contextlib.closing(connection_to(url, timeout)) as connection:
        try:
            connection.request("POST", parts.path or "/", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = _json(response.read())
        except (OSError, HTTPException) as error:
            raise ChainError(f"{place}: no answer ({_reason(error)})") from None
    if not isinstance(answer, dict) or "result" not in answer:
        problem = answer.get("error") if isinstance(answer, dict) else None
        if isinstance(problem, dict):
            raise ChainError(str(problem.get("message")))
        what = "no JSON-RPC there" if response.status == 200 else f"no answer ({response.reason})"
        raise ChainError(f"{place}: {what}")
    return answer["result"]


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
