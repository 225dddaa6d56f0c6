"""The local node: started once, shared, and nothing that it acknowledged is ever lost."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from decai.chain.local_node import NodeInfo, ensure_running, status, stop
from decai.chain.local_node.anvil import Anvil, ephemeral_anvil, rpc
from decai.errors import ChainError, StorageError
from decai.paths import data_dir
from tests.chain.local_node.talk import block_of, ended, transfer

pytestmark = pytest.mark.xdist_group("local node")
DAY = 86_400


def test_starts_once_and_is_shared(node: NodeInfo) -> None:
    assert ensure_running().pid == node.pid
    code = "from decai.chain.local_node import ensure_running; print(ensure_running().pid)"
    others = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    assert [other.communicate()[0].strip() for other in others] == [str(node.pid)] * 2


def test_five_that_start_it_at_once_get_the_same(data_folder: Path) -> None:
    code = "from decai.chain.local_node import ensure_running; print(ensure_running().pid)"
    all_of_them = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(5)
    ]
    pids = {each.communicate()[0].strip() for each in all_of_them}
    running = status()
    assert running is not None
    assert pids == {str(running.pid)}


def test_stops_with_its_anvil_and_says_so(node: NodeInfo) -> None:
    assert stop()
    assert status() is None
    assert ended(node.anvil_pid)
    assert not stop()


def test_one_that_is_just_starting_is_stopped(data_folder: Path) -> None:
    code = "from decai.chain.local_node.server import main; main(['.'])"
    folder = data_folder / "node"
    folder.mkdir()
    starting = subprocess.Popen([sys.executable, "-c", code], cwd=folder, stdout=subprocess.DEVNULL)
    while not (folder / "genesis").exists():  # it holds the lock, and has not begun to listen
        time.sleep(0.001)
    assert stop()
    assert starting.wait() == 0
    assert status() is None
    assert not stop()


def restarted(node: NodeInfo, how: str) -> NodeInfo:
    """The node after it has ended in some way."""
    if how == "stop":
        stop()
    if how in ("anvil", "both"):
        os.kill(node.anvil_pid, signal.SIGKILL)
    if how in ("supervisor", "both"):
        os.kill(node.pid, signal.SIGKILL)
    assert ended(node.anvil_pid)
    return ensure_running()


every_end = pytest.mark.parametrize("how", ["stop", "anvil", "supervisor", "both"])

HASH_OF_BLOCK = "600035405f5260205ff3"
"""Code that returns BLOCKHASH of the number that it is called with."""


def all_of_it(url: str) -> list[Any]:
    """Every block, transaction, receipt and log, and every hash that a contract can ask for."""
    count = int(rpc(url, "eth_blockNumber"), 16) + 1
    told: list[Any] = [rpc(url, "eth_getBlockByNumber", hex(number), True) for number in range(count)]
    sent = [each["hash"] for block in told for each in block["transactions"]]
    told += [rpc(url, "eth_getTransactionReceipt", each) for each in sent]
    told += [rpc(url, "eth_getTransactionByHash", each) for each in sent]
    told += [rpc(url, "debug_traceTransaction", each)["returnValue"] for each in sent]
    told += rpc(url, "eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"})
    told.append({tag: rpc(url, "eth_getBalance", "0x" + "12" * 20, tag) for tag in ("safe", "finalized")})
    contract = next(each["contractAddress"] for each in told if each.get("contractAddress"))
    for number in range(count - 1):
        question = {"to": contract, "data": f"0x{number:064x}"}
        told.append(rpc(url, "eth_call", question, "latest"))
        assert told[-1] == told[number]["hash"]
    return told


@every_end
def test_all_that_happened_is_there_after_an_end_of_any_kind(node: NodeInfo, how: str) -> None:
    rpc(node.url, "anvil_setBalance", "0x" + "12" * 20, "0x99")
    # the first half comes back with the state, the second from the journal
    for _ in range(2):
        transfer(node.url, to=None, data=f"0x69{HASH_OF_BLOCK}5f52600a6016f3", gas="0x20000", value="0x0")
        # code that logs a word, and keeps the hash of the last block but one
        transfer(node.url, to=None, data="0x60015fa0" + "6002430340" + "5f55", gas="0x20000", value="0x0")
        rpc(node.url, "evm_mine")
        before = all_of_it(node.url)
        node = restarted(node, how)
        assert all_of_it(node.url) == before
        node = restarted(node, "stop")
        assert all_of_it(node.url) == before
    assert rpc(node.url, "eth_getBalance", "0x" + "12" * 20, "latest") == "0x99"
    again = transfer(node.url)
    assert int(rpc(node.url, "eth_getTransactionByHash", again)["nonce"], 16) == 4


def test_balances_alone_are_there_after_a_stop(node: NodeInfo) -> None:
    rpc(node.url, "anvil_setBalance", "0x" + "12" * 20, "0x99")
    for _ in range(2):
        node = restarted(node, "stop")
        assert rpc(node.url, "eth_getBalance", "0x" + "12" * 20, "latest") == "0x99"
        assert node.block == 0
    assert block_of(node.url, transfer(node.url))["number"] == "0x1"


def test_a_state_of_megabytes_comes_back(node: NodeInfo) -> None:
    for number in range(30):
        noise = random.Random(number).randbytes(100_000).hex()
        transfer(node.url, data="0x" + noise, gas=hex(5_000_000))
    stop()
    (state,) = (data_dir() / "node").glob("state-*")
    assert state.stat().st_size > 2 * 2**20
    assert ensure_running().block == 30


@pytest.mark.parametrize("how", ["stop", "supervisor"])
@pytest.mark.parametrize("method", ["evm_increaseTime", "evm_setNextBlockTimestamp", "anvil_setTime"])
def test_a_moved_clock_stays_moved_without_a_block(node: NodeInfo, method: str, how: str) -> None:
    transfer(node.url)
    wanted = node.time + 9 * DAY
    rpc(node.url, method, 9 * DAY if method == "evm_increaseTime" else wanted)
    for end in (how, "supervisor"):
        node = restarted(node, end)
        pending = int(rpc(node.url, "eth_getBlockByNumber", "pending", False)["timestamp"], 16)
        if method == "evm_setNextBlockTimestamp":
            assert pending == node.time == wanted
        assert pending >= wanted
        assert node.time >= wanted
    stamp = int(block_of(node.url, transfer(node.url))["timestamp"], 16)
    assert stamp == wanted if method == "evm_setNextBlockTimestamp" else stamp >= wanted


def test_a_time_that_this_machine_has_passed_by_is_still_the_next_block_s(node: NodeInfo) -> None:
    first = int(block_of(node.url, transfer(node.url))["timestamp"], 16)
    rpc(node.url, "anvil_setTime", first + DAY)
    rpc(node.url, "evm_setNextBlockTimestamp", first + DAY + 1)
    rpc(node.url, "evm_increaseTime", DAY)
    again = restarted(node, "supervisor")
    assert int(block_of(again.url, transfer(again.url))["timestamp"], 16) == first + DAY + 1


@pytest.mark.parametrize(
    ("method", "param", "reason"),
    [
        ("anvil_setTime", 5, "time goes forward"),
        ("evm_increaseTime", -5, "one whole number of seconds"),
        ("evm_increaseTime", True, "one whole number of seconds"),
        ("evm_setNextBlockTimestamp", "soon", "one whole number of seconds"),
        ("evm_setNextBlockTimestamp", 5, "lower than previous block"),
        ("evm_mine", {"blocks": 3}, "one whole number of seconds"),
        ("anvil_mine", 3, "one block at a time"),
    ],
)
def test_what_time_cannot_do_is_refused_and_changes_nothing(
    node: NodeInfo, method: str, param: Any, reason: str
) -> None:
    transfer(node.url)
    with pytest.raises(ChainError, match=reason):
        rpc(node.url, method, param)
    now = status()
    assert now is not None
    assert node.time <= now.time < node.time + DAY
    assert now.block == 1


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_the_clock_goes_on_after_a_restart(node: NodeInfo, how: str) -> None:
    rpc(node.url, "evm_increaseTime", 9 * DAY)
    rpc(node.url, "evm_mine")
    moved = int(rpc(node.url, "eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    assert moved >= node.time + 9 * DAY
    if how == "stop":
        stop()
    else:
        os.kill(node.pid, signal.SIGKILL)
        assert ended(node.anvil_pid)
    again = ensure_running()
    assert again.time >= moved
    assert int(block_of(again.url, transfer(again.url))["timestamp"], 16) >= moved


def test_a_block_has_the_time_that_was_asked_for(node: NodeInfo) -> None:
    wanted = node.time + 12_345
    rpc(node.url, "evm_setNextBlockTimestamp", wanted)
    sent = transfer(node.url)
    assert int(block_of(node.url, sent)["timestamp"], 16) == wanted
    os.kill(node.pid, signal.SIGKILL)
    assert int(block_of(ensure_running().url, sent)["timestamp"], 16) == wanted


def test_a_transaction_that_leaves_a_gap_is_refused_and_forgotten(node: NodeInfo) -> None:
    with pytest.raises(ChainError, match="cannot be mined now: its nonce leaves a gap"):
        transfer(node.url, nonce="0x99")
    assert int(rpc(node.url, "txpool_status")["queued"], 16) == 0


def test_what_could_not_be_kept_is_refused(node: NodeInfo) -> None:
    for method in ("anvil_setCode", "evm_snapshot", "evm_revert", "anvil_impersonateAccount", "anvil_reset"):
        with pytest.raises(ChainError, match="is not served"):
            rpc(node.url, method)


def test_only_who_knows_the_token_stops_it(node: NodeInfo) -> None:
    with pytest.raises(ChainError, match="only decai stops its node"):
        rpc(node.url, "decai_stop", "guess")
    assert status() is not None


def posted(url: str, body: bytes, **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


QUESTION = json.dumps({"jsonrpc": "2.0", "id": 7, "method": "eth_chainId", "params": []}).encode()


def test_foreign_pages_and_names_are_turned_away(node: NodeInfo) -> None:
    assert posted(node.url, QUESTION)[0] == 200
    assert posted(node.url, QUESTION, Origin="https://example.org")[0] == 403
    assert posted(node.url, QUESTION, Host="example.org")[0] == 403
    assert posted(node.url, QUESTION, Origin="http://localhost:3000")[0] == 200


def test_batches_are_answered_in_order_and_nonsense_is_an_error(node: NodeInfo) -> None:
    code, body = posted(node.url, b"[" + QUESTION + b"," + QUESTION.replace(b"7", b"8") + b"]")
    assert (code, [answer["id"] for answer in json.loads(body)]) == (200, [7, 8])
    for nonsense in (b"{", b"[]x", b"3", b'{"method": 3}', b'{"method": "eth_call", "params": {}}'):
        code, body = posted(node.url, nonsense)
        assert code == 200
        assert "error" in json.loads(body)
    assert posted(node.url, b" " * (9 * 2**20))[0] == 413


def test_a_batch_is_answered_as_its_requests_are_one_by_one(node: NodeInfo) -> None:
    """Reads that follow on each other go to anvil together, and what changes the chain in its place."""
    somebody = rpc(node.url, "eth_accounts")[1]
    ask = {"method": "eth_getBalance", "params": [somebody, "latest"]}
    requests: list[Any] = [
        {"method": "eth_chainId", "params": []},
        ask,
        {"method": "eth_noSuchThing", "params": []},
        {"method": "eth_getBalance", "params": ["nobody"]},
        {"method": "anvil_nodeInfo"},
        {"method": "anvil_setBalance", "params": [somebody, "0x5"]},
        ask,
        {"method": "decai_stop", "params": ["no token"]},
        {"method": "eth_chainId", "params": {}},
        7,
        ask,
    ]
    numbered = [
        each if each == 7 else {"jsonrpc": "2.0", "id": f"n{i}", **each} for i, each in enumerate(requests)
    ]
    answers = json.loads(posted(node.url, json.dumps(numbered).encode())[1])
    assert [each["id"] for each in answers] == [None if each == 7 else each["id"] for each in numbered]
    assert [answers[place].get("result") for place in (0, 1, 6, 10)] == [
        "0x7a69", hex(10_000 * 10**18), "0x5", "0x5",
    ]  # fmt: skip
    assert ["error" in each for each in answers] == [place in (2, 3, 7, 8, 9) for place in range(11)]
    for place in (2, 3, 4, 7, 8, 9):
        alone = json.loads(posted(node.url, json.dumps(numbered[place]).encode())[1])
        assert answers[place].get("error") == alone.get("error")
    # Nobody learns where the chain that it is forked from is, who could change it there.
    assert answers[4]["result"]["forkConfig"]
    assert not any(answers[4]["result"]["forkConfig"].values())


def test_a_batch_whose_anvil_dies_is_answered_by_the_next(node: NodeInfo) -> None:
    sent = transfer(node.url)
    os.kill(node.anvil_pid, signal.SIGKILL)
    body = json.dumps([{"id": i, "method": "eth_getTransactionReceipt", "params": [sent]} for i in range(3)])
    answers = json.loads(posted(node.url, body.encode())[1])
    assert [each["result"]["transactionHash"] for each in answers] == [sent] * 3


def test_a_damaged_folder_is_one_line(data_folder: Path) -> None:
    (data_folder / "node").mkdir()
    (data_folder / "node" / "state-3").write_bytes(b"nonsense")
    with pytest.raises(ChainError, match=r"does not start: .*state-3: is damaged"):
        ensure_running()


def test_anvil_ends_with_its_parent() -> None:
    code = (
        "import time; from decai.chain.local_node import Anvil;"
        "print(Anvil('--silent').pid, flush=True); time.sleep(99)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert ended(pid)


def test_an_ephemeral_chain_is_as_asked_for_and_gone_afterwards() -> None:
    with ephemeral_anvil(timestamp=1_000, base_fee=0, accounts=3) as url:
        block = rpc(url, "eth_getBlockByNumber", "latest", False)
        assert (int(block["timestamp"], 16), int(block["baseFeePerGas"], 16)) == (1_000, 0)
        assert len(rpc(url, "eth_accounts")) == 3
    with pytest.raises(ChainError, match="no answer"):
        rpc(url, "eth_chainId")


def test_an_anvil_that_cannot_start_is_one_line() -> None:
    with pytest.raises(ChainError, match="anvil does not start"):
        Anvil("--no-such-flag")


def test_a_missing_interpreter_is_called_that(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(data_folder / "no-python"))
    with pytest.raises(ChainError, match=r"does not start: .*no-python cannot be run \(No such file"):
        ensure_running()
    monkeypatch.setattr(sys, "executable", "")
    with pytest.raises(ChainError, match="which Python runs decai is not known"):
        ensure_running()


def test_a_folder_that_is_a_file_cannot_be_written(data_folder: Path) -> None:
    (data_folder / "node").write_bytes(b"")
    with pytest.raises(StorageError, match=r"node: cannot be written \(File exists\)"):
        ensure_running()


def test_nothing_is_left_of_an_anvil_that_has_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(home))
    monkeypatch.setenv("HOME", str(home))
    with ephemeral_anvil() as url:
        for _ in range(40):
            rpc(url, "evm_mine")
        assert rpc(url, "eth_getBalance", "0x" + "12" * 20, hex(40 - 10)) == "0x0"
        found = list(home.rglob("*"))
        assert found
        assert not any(path.is_file() for path in found)
    assert list(home.iterdir()) == []


def test_what_anvil_says_of_itself_does_not_tell_where_its_chain_began(node: NodeInfo) -> None:
    for method in ("anvil_nodeInfo", "anvil_metadata", "hardhat_metadata"):
        assert "http" not in json.dumps(rpc(node.url, method))


def test_the_port_can_be_chosen_and_another_is_taken_if_it_is_in_use(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.listen()
        monkeypatch.setenv("DECAI_NODE_PORT", str(port))
        assert ensure_running().plain_url != f"http://127.0.0.1:{port}"
        stop()
    assert ensure_running().plain_url == f"http://127.0.0.1:{port}"
    stop()
    for nonsense in ("soon", "-1", "65536"):
        monkeypatch.setenv("DECAI_NODE_PORT", nonsense)
        with pytest.raises(ChainError, match=f"does not start: DECAI_NODE_PORT: '{nonsense}' is no port"):
            ensure_running()
