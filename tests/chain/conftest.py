"""Real nodes for tests, on free ports of this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from decai.chain.local_node import ephemeral_anvil
from tests.chain.commands import Give, giving
from tests.chain.contract import IS_CLONE
from tests.chain.proxy import Proxy, proxied


@contextmanager
def running_anvil(*flags: str, hardfork: str = "osaka") -> Iterator[str]:
    """An anvil of one's own; gives its URL."""
    with ephemeral_anvil(hardfork=hardfork, flags=flags) as url:
        yield url


@pytest.fixture(scope="module")
def node() -> Iterator[str]:
    """The URL of an anvil that the tests of a module share."""
    with running_anvil() as url:
        yield url


@pytest.fixture
def give(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, node: str
) -> Give:
    """Gives a command in an empty folder, to the node."""
    monkeypatch.chdir(tmp_path)
    plain = giving(capfd)
    return lambda *arguments: plain(*arguments, "--rpc", node)


@pytest.fixture(autouse=True)
def _own_data_folder(data_folder: Path) -> None:
    """No test of a chain meets keys, locks or what else another one left."""


@pytest.fixture(params=[False, True], ids=["own code", "clone"])
def either_code(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Has a test run with contracts that have their code for themselves, and with clones."""
    before = IS_CLONE.set(request.param)
    yield request.param
    IS_CLONE.reset(before)


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
