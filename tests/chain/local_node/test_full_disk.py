"""A disk without room: every command says so in one line, and nothing that was acknowledged is lost.

The system is told to let a process write no file beyond a size. Any user may do that to his own processes,
and what comes of it is what comes of a full disk: the first part of an entry is written, and the rest is not.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from decai.chain.client import ChainTrainer
from decai.chain.local_node import ensure_running, status, stop
from decai.chain.local_node.anvil import rpc
from decai.chain.rpc import RpcChain
from decai.errors import ChainError
from decai.units import Address
from tests.chain.commands import SPARSE, Give, giving
from tests.chain.local_node.talk import block_of, transfer

pytestmark = pytest.mark.xdist_group("local node")
PERSON = "0x" + "12" * 20
FULL = "cannot be written (File too large)"
ROOM = 60_000
"""Bytes of a journal: a contract and a contribution fit in."""


def with_room(size: int, *command: str) -> "subprocess.CompletedProcess[str]":
    """Run ``decai`` where no file can be larger, and nor can any that the node which it starts writes."""
    code = (
        f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, 10**9));"
        "from decai.cli import run; sys.exit(run(sys.argv[1:]))"
    )
    return subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=False)


def start_with_room(size: int) -> str:
    done = with_room(size, "node", "start", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return str(json.loads(done.stdout)["url"])


def until_full(act: Callable[[], object]) -> str:
    """Small entries may find room for a while when others do not."""
    try:
        while True:
            act()
    except ChainError as error:
        return str(error)


def fill(url: str) -> None:
    """Until the smallest entry that there is finds no room."""
    assert FULL in until_full(lambda: transfer(url))
    assert FULL in until_full(lambda: rpc(url, "evm_increaseTime", 0))


@pytest.fixture
def give(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Give:
    monkeypatch.chdir(tmp_path)
    Path("model.json").write_text(json.dumps(SPARSE))
    return giving(capfd)


CHANGES = {
    "advance-time": ("node", "advance-time", "1 day"),
    "faucet": ("node", "faucet", PERSON, "5 ether"),
    "deploy": ("deploy", "model.json", "--name", "second", "--json"),
    "add-data": ("model", "add-data", "first", "--features", "2", "--label", "yes"),
}
READS = {
    "status": ("node", "status"),
    "accounts": ("node", "accounts"),
    "start": ("node", "start"),
    "predict": ("model", "predict", "first", "--features", "0"),
    "claims": ("model", "claims", "first"),
}


def test_commands_on_a_node_without_room_say_so_and_change_nothing(data_folder: Path, give: Give) -> None:
    url = start_with_room(ROOM)
    address = give("deploy", "model.json", "--name", "first", "--json").told()["address"]
    told = give("model", "add-data", "first", "--features", "1", "--label", "yes", "--json").told()
    fill(url)
    before = status()
    assert before is not None
    for command in CHANGES.values():
        give(*command).refused(FULL)
    for command in READS.values():
        assert give(*command).code == 0
    now = status()
    assert now is not None
    assert (now.block, now.pid) == (before.block, before.pid)
    assert now.time < before.time + 3_600
    assert rpc(url, "eth_getBalance", PERSON, "latest") == "0x0"
    assert give("node", "stop").code == 0
    # There is room again.
    for command in CHANGES.values():
        assert give(*command).code == 0
    chain = RpcChain(ensure_running().url)
    assert rpc(chain.node.place, "eth_getTransactionReceipt", told["transaction"])["status"] == "0x1"
    assert chain.balance(Address(PERSON)) == 5 * 10**18
    assert ChainTrainer(chain, Address(address)).predict(np.array([0], dtype=np.int32)) == 1
    assert give("model", "verify", "first").code == 0


def test_a_full_disk_stops_every_kind_of_change_and_loses_nothing(data_folder: Path) -> None:
    url = start_with_room(4_000)
    sent: list[str] = []
    assert f"node: {FULL}" in until_full(lambda: sent.append(transfer(url, to=PERSON)))
    assert sent
    for method, params in {
        "anvil_setBalance": [PERSON, "0x" + "7" * 60],
        "evm_increaseTime": [12_345_678],
        "evm_mine": [],
        "decai_give": [PERSON, "0x1"],
        "decai_advance": [60],
    }.items():
        assert FULL in until_full(lambda m=method, p=params: rpc(url, m, *p))  # type: ignore[misc]
    shown = rpc(url, "eth_getBalance", PERSON, "latest"), rpc(url, "eth_blockNumber")
    for _ in range(2):
        stop()
        again = ensure_running()
        assert (rpc(again.url, "eth_getBalance", PERSON, "latest"), hex(again.block)) == shown
        for each in sent:
            block_of(again.url, each)


def test_what_cannot_be_kept_is_undone_when_anvil_dies_as_well(data_folder: Path) -> None:
    url = start_with_room(4_000)
    sent: list[str] = []
    until_full(lambda: sent.append(transfer(url, to=PERSON)))
    fill(url)
    for _ in range(2):
        running = status()
        assert running is not None
        os.kill(running.anvil_pid, signal.SIGKILL)
        with pytest.raises(ChainError, match="cannot be written"):
            transfer(url, to=PERSON)
        assert rpc(url, "eth_getBalance", PERSON, "latest") == hex(5 * len(sent))


@pytest.mark.parametrize("command", [("node", "start"), ("node", "accounts"), CHANGES["faucet"]])
def test_a_node_that_finds_no_room_to_start_says_so(data_folder: Path, command: tuple[str, ...]) -> None:
    done = with_room(0, *command)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: the local node does not start: ")
    assert done.stderr.endswith(f"{FULL}\n")
    assert done.stderr.count("\n") == 1
    assert status() is None
    assert with_room(0, "node", "stop").returncode == 0
    assert ensure_running().block == 0


@pytest.mark.parametrize("command", ["deploy", "add-data"])
def test_a_command_that_cannot_write_down_what_it_sends_does_not_send(
    data_folder: Path, give: Give, command: str
) -> None:
    give("deploy", "model.json", "--name", "first", "--json").told()
    block = ensure_running().block
    done = with_room(0, *CHANGES[command])
    assert done.returncode == 2
    assert done.stderr.endswith(f"{FULL}\n")
    assert ensure_running().block == block
    assert give(*CHANGES[command]).code == 0
    assert ensure_running().block == block + 1


def test_a_node_without_a_place_for_temporary_files_goes_on_once_there_is_one(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    node = ensure_running()
    sent = transfer(node.url)
    os.kill(node.anvil_pid, signal.SIGKILL)
    # At once, since the anvil's own folder in it is being removed as well.
    place.rename(tmp_path / "elsewhere")
    for method in ("eth_blockNumber", "evm_mine"):
        with pytest.raises(ChainError, match=f"{place}.*: No such file or directory"):
            rpc(node.url, method)
    place.mkdir()
    assert rpc(node.url, "eth_blockNumber") == "0x1"
    block_of(node.url, sent)
