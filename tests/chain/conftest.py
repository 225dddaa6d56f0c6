"""Real nodes for tests, on free ports of this machine."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.chain.proxy import Proxy, proxied

ANVIL_VARIABLE = "DECAI_TEST_ANVIL"


@contextmanager
def running_anvil(*options: str) -> Iterator[str]:
    """An anvil of one's own; gives its URL."""
    program = os.environ.get(ANVIL_VARIABLE) or shutil.which("anvil")
    if program is None:
        pytest.skip(f"needs anvil: on the path, or named by {ANVIL_VARIABLE}")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([program, "--port", str(port), "--quiet", *options])
    try:
        due = monotonic() + 30
        while not _listens(port):
            assert process.poll() is None, "anvil has ended"
            assert monotonic() < due, "anvil does not start"
            sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test meets keys, locks or what else another one left."""
    monkeypatch.setenv("DECAI_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("DECAI_PASSWORD", raising=False)
    return tmp_path / "data"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses before repetitions are too short to wait for."""
    monkeypatch.setattr("decai.chain.jsonrpc._BACKOFF", (0.01, 0.01, 0.01))
    monkeypatch.setattr("decai.chain.jsonrpc._LONGEST_PAUSE", 0.02)
    monkeypatch.setattr("decai.chain.sending._PAUSES", (0.0, 0.01, 0.02, 0.04, 0.08))
    monkeypatch.setattr("decai.chain.outgoing._LONGEST_POLL", 0.02)
    monkeypatch.setattr("decai.chain.outgoing._DOUBT_AFTER", 0.1)


@pytest.fixture
def anvil() -> Iterator[str]:
    """The URL of an anvil that nobody else uses."""
    with running_anvil("--hardfork", "osaka") as url:
        yield url


@pytest.fixture
def proxy(anvil: str) -> Iterator[Proxy]:
    """A proxy before the anvil that does as it is told, and misbehaves."""
    with proxied(anvil) as one:
        yield one
