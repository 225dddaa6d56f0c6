"""``decai node``: what it says, in whatever state things are."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

import pytest

from decai.chain.local_node import NodeInfo, anvil_path, ensure_running, status, stop
from decai.chain.local_node.anvil import rpc
from decai.chain.rpc import RpcChain
from decai.errors import ChainError
from tests.chain.commands import Give, giving
from tests.chain.local_node.talk import ended, transfer

pytestmark = pytest.mark.xdist_group("local node")
PERSON = "0x" + "12" * 20
DAY = 86_400
END = 2**40


@pytest.fixture
def give(capfd: pytest.CaptureFixture[str]) -> Give:
    return giving(capfd)


def test_each_command_can_be_given_twice(data_folder: Path, give: Give) -> None:
    for _ in range(2):
        assert give("node", "stop", "--json").told() == {"stopped": False}
        assert give("node", "status", "--json").told() == {"running": False}
    first, second = (give("node", "start", "--json").told() for _ in range(2))
    assert first.pop("time") <= second.pop("time")
    assert first == second == {"running": True, **first}
    assert first["url"].startswith(f"{first['plain_url']}/")
    for url in (first["url"], first["plain_url"]):
        assert rpc(url, "eth_chainId") == hex(first["chain_id"])
    shown = give("node", "status", "--json").told()
    shown.pop("time")
    assert shown == first
    assert first["plain_url"] in give("node", "status").out
    assert give("node", "stop", "--json").told() == {"stopped": True}
    assert give("node", "stop").out == "the local node does not run\n"
    assert give("node", "status").out.startswith("the local node does not run")


@pytest.mark.usefixtures("impatient")
def test_a_node_that_ends_in_the_middle_of_a_command_can_be_started_again(node: NodeInfo) -> None:
    chain = RpcChain(node.url)
    stop()
    with pytest.raises(ChainError) as told:
        _ = chain.block
    assert str(told.value) == (
        f"{node.plain_url}: nobody listens there; "
        "if decai's local node has ended, the same command starts it again, or decai node start"
    )


def test_play_money_is_given_on_top_of_what_there_is(node: NodeInfo, give: Give) -> None:
    assert give("node", "faucet", PERSON, "3 wei").out.endswith(" got 3 wei and has 3 wei\n")
    assert give("node", "faucet", PERSON, "2 wei", "--json").told() == {
        "address": "0x" + "12" * 20,
        "balance": 5,
    }
    assert int(rpc(node.url, "eth_getBalance", PERSON, "latest"), 16) == 5
    assert give("node", "faucet", PERSON).code == 0
    assert int(rpc(node.url, "eth_getBalance", PERSON, "latest"), 16) == 10 * 10**18 + 5
    told = give("node", "accounts", "--json").told()["accounts"]
    assert [each["balance"] for each in told] == [10_000 * 10**18] * 10


def test_gifts_at_once_all_arrive(node: NodeInfo) -> None:
    """Each is added to what there is, and none is taken back by another, or by a transfer."""
    givers = [threading.Thread(target=rpc, args=(node.url, "decai_give", PERSON, "0x64")) for _ in range(8)]
    givers += [
        threading.Thread(target=transfer, args=(node.url,), kwargs={"to": PERSON, "value": "0x1"})
        for _ in range(4)
    ]
    for giver in givers:
        giver.start()
    for giver in givers:
        giver.join()
    os.kill(node.pid, signal.SIGKILL)
    assert int(rpc(ensure_running().url, "eth_getBalance", PERSON, "latest"), 16) == 8 * 100 + 4


def test_time_passes_and_is_told(node: NodeInfo, give: Give) -> None:
    told = give("node", "advance-time", "9 days", "--json").told()
    assert told["advanced"] == 9 * DAY
    assert told["time"] >= node.time + 9 * DAY
    block = rpc(node.url, "eth_getBlockByNumber", "latest", False)
    assert (block["number"], int(block["timestamp"], 16)) == ("0x1", told["time"])
    said = give("node", "advance-time", "1 day").out
    later = int(rpc(node.url, "eth_getBlockByNumber", "0x2", False)["timestamp"], 16)
    assert told["time"] + DAY <= later < told["time"] + DAY + 60
    day = f"{datetime.fromtimestamp(later).astimezone():%Y-%m-%d %H:%M:%S}"
    assert said.startswith(f"the clock went forward by 1 d; it is {day}")
    # A block that somebody else has set a time for comes first, and time passes from then on.
    rpc(node.url, "evm_setNextBlockTimestamp", later + 50 * DAY)
    assert give("node", "advance-time", "1 s", "--json").told()["time"] == later + 50 * DAY + 1


@pytest.mark.parametrize(
    ("command", "part"),
    [
        (("advance-time", "99999999999999 days"), "beyond the year 9999"),
        (("advance-time", "3000000 days"), "beyond the year 9999"),
        (("advance-time", "0"), "time goes forward"),
        (("advance-time", "soon"), "is not a duration"),
        (("faucet", PERSON, "1e60 ether"), "at most 2^128 wei"),
        (("faucet", PERSON, "0"), "is nothing to give"),
        (("faucet", "somebody"), "is no address"),
    ],
)
def test_nothing_happens_to_a_clock_or_an_account_beyond_all_measure(
    node: NodeInfo, give: Give, command: tuple[str, ...], part: str
) -> None:
    before = rpc(node.url, "eth_getBlockByNumber", "latest", False)
    give("node", *command).refused(part)
    assert rpc(node.url, "eth_getBlockByNumber", "latest", False) == before
    now = status()
    assert now is not None
    assert now.time < node.time + DAY


def test_the_clock_of_a_far_future_is_told(node: NodeInfo, give: Give) -> None:
    rpc(node.url, "evm_mine", END - 1_000)
    assert give("node", "status").out.endswith("after the year 9999\n")
    give("node", "advance-time", "1 s").refused("beyond the year 9999")


CLOCKS = [f"{who}_{what}" for who in ("evm", "anvil") for what in ("setNextBlockTimestamp", "setTime")]


@pytest.mark.parametrize("method", [*CLOCKS, "evm_increaseTime", "anvil_increaseTime", "evm_mine"])
def test_no_time_of_a_block_needs_more_than_40_bits(node: NodeInfo, method: str) -> None:
    for number in (END, END + 1, 2**63, 2**64, 2**300):
        for given in (number, hex(number), str(number)):
            with pytest.raises(ChainError, match="contracts keep times in 40 bits") as told:
                rpc(node.url, method, given)
            assert "\n" not in str(told.value)
    now = status()
    assert now is not None
    assert node.time <= now.time < node.time + DAY
    assert now.block == 0


def test_the_last_second_has_blocks_and_none_comes_after_it(node: NodeInfo) -> None:
    rpc(node.url, "evm_setNextBlockTimestamp", END - 1)
    transfer(node.url)
    assert int(rpc(node.url, "eth_getBlockByNumber", "latest", False)["timestamp"], 16) == END - 1
    for _ in range(2):
        time.sleep(1.1)
        for method, params in (("evm_mine", []), ("evm_increaseTime", [1]), ("decai_advance", [1])):
            with pytest.raises(ChainError, match="contracts keep times in 40 bits"):
                rpc(ensure_running().url, method, *params)
        with pytest.raises(ChainError, match="contracts keep times in 40 bits"):
            transfer(ensure_running().url)
        assert ensure_running().block == 1
        stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_everything_kept(
    node: NodeInfo, data_folder: Path, number: signal.Signals
) -> None:
    sent = transfer(node.url)
    for _ in range(2):
        os.kill(node.pid, number)
    assert ended(node.pid)
    assert ended(node.anvil_pid)
    assert status() is None
    folder = data_folder / "node"
    assert not (folder / "node.json").exists()
    assert [path.name for path in folder.glob("state-*")] == ["state-1"]
    assert (folder / "node.log").read_text() == ""
    assert rpc(ensure_running().url, "eth_getTransactionReceipt", sent)["status"] == "0x1"


def test_starts_at_once_tell_of_one_node(data_folder: Path) -> None:
    command = [sys.executable, "-m", "decai.cli", "node", "start", "--json"]
    starts = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
    told = [start.communicate() for start in starts]
    assert [error for _, error in told] == [b""] * 3
    assert len({json.loads(out)["pid"] for out, _ in told}) == 1


def test_who_interrupts_a_start_gets_one_line_and_can_start_again(data_folder: Path) -> None:
    command = [sys.executable, "-m", "decai.cli", "node", "start"]
    start = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while not (data_folder / "node" / "lock").exists():
        time.sleep(0.001)
    # As a terminal does it: to all that belong to the command.
    os.killpg(start.pid, signal.SIGINT)
    out, err = start.communicate()
    assert (start.returncode, out, err) == (130, "", "error: interrupted\n")
    assert ensure_running().block == 0
    assert "Traceback" not in (data_folder / "node" / "node.log").read_text()


def test_without_anvil_it_is_said_how_to_get_it(data_folder: Path, give: Give) -> None:
    anvil_path().unlink()
    for command in (("start",), ("accounts",), ("faucet", PERSON), ("advance-time", "1 day")):
        give("node", *command).refused("get it with: decai node install")
    assert give("node", "status").code == give("node", "stop").code == 0


@pytest.mark.parametrize("what", ["nothing", "noise", "half of it", "another program", "an older one"])
def test_a_damaged_anvil_is_called_that_and_got_again(
    data_folder: Path, give: Give, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    path = anvil_path()
    whole = path.resolve().read_bytes()
    content = {
        "nothing": b"",
        "noise": b"\x00\x01noise",
        "half of it": whole[: len(whole) // 2],
        "another program": b"#!/bin/sh\nexit 0\n",
        "an older one": b"#!/bin/sh\necho anvil Version: 0.1.0\n",
    }[what]
    path.unlink()
    path.write_bytes(content)
    path.chmod(0o755)
    for command in (("start",), ("accounts",)):
        give("node", *command).refused(f"{path} is damaged, or not for this machine; get it again with: ")
    # Only what stands for the registry is left out: what is got is the program itself.
    module = sys.modules["decai.chain.local_node.install"]
    monkeypatch.setattr(module, "read_members", lambda *_: [whole])
    assert give("node", "install").out.endswith(f"{path} ({len(whole):,} bytes)\n")
    assert give("node", "install").out == f"node: {path} is there\n"
    assert give("node", "start").code == 0


def test_a_folder_that_cannot_be_made_is_one_line(
    tmp_path: Path, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("DECAI_DATA_DIR", str(tmp_path / "file"))
    for command in (("start",), ("accounts",), ("faucet", PERSON), ("advance-time", "1 day")):
        assert give("node", *command).code == 2
    assert give("node", "status").code == give("node", "stop").code == 0
