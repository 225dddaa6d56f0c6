"""Real nodes for tests, on free ports of this machine."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from decai.chain.local_node import ephemeral_anvil
from decai.paths import DATA_DIR_VARIABLE
from tests.chain.proxy import Proxy, proxied

_HOME = os.environ.get(DATA_DIR_VARIABLE, "")


@contextmanager
def running_anvil(*flags: str, hardfork: str = "osaka") -> Iterator[str]:
    """An anvil of one's own; gives its URL."""
    with ExitStack() as stack:
        # The program lies in the data folder of whoever runs the tests, which no test uses.
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv(DATA_DIR_VARIABLE, _HOME)
            url = stack.enter_context(ephemeral_anvil(hardfork=hardfork, flags=flags))
        yield url


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test meets keys, locks or what else another one left."""
    monkeypatch.setenv(DATA_DIR_VARIABLE, str(tmp_path / "data"))
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
    with running_anvil() as url:
        yield url


@pytest.fixture
def proxy(anvil: str) -> Iterator[Proxy]:
    """A proxy before the anvil that does as it is told, and misbehaves."""
    with proxied(anvil) as one:
        yield one
