"""The local node: started once, shared, and nothing that it acknowledged is ever lost."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from decai.chain.local_node import NodeInfo, ensure_running, status, stop
from decai.chain.local_node.anvil import Anvil, ephemeral_anvil, rpc
from decai.errors import ChainError

pytestmark = pytest.mark.xdist_group("local node")
DAY = 86_400


@pytest.fixture
def node(data_folder: Path) -> Iterator[NodeInfo]:
    yield ensure_running()
    stop()


def transfer(url: str, **changed: Any) -> str:
    first, second = rpc(url, "eth_accounts")[:2]
    fields = {"from": first, "to": second, "value": "0x5", "gas": "0x5208", **changed}
    return str(rpc(url, "eth_sendTransaction", fields))


def block_of(url: str, transaction: str) -> dict[str, Any]:
    receipt = rpc(url, "eth_getTransactionReceipt", transaction)
    assert receipt is not None, "an acknowledged transaction is lost"
    block: dict[str, Any] = rpc(url, "eth_getBlockByNumber", receipt["blockNumber"], False)
    return block


def ended(pid: int) -> bool:
    for _ in range(500):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def test_starts_once_and_is_shared(node: NodeInfo) -> None:
    assert ensure_running().pid == node.pid
    code = "from decai.chain.local_node import ensure_running; print(ensure_running().pid)"
    others = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    assert [other.communicate()[0].strip() for other in others] == [str(node.pid)] * 2


def test_two_that_start_it_at_once_get_the_same(data_folder: Path) -> None:
    code = "from decai.chain.local_node import ensure_running; print(ensure_running().pid)"
    both = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    pids = {each.communicate()[0].strip() for each in both}
    running = status()
    assert running is not None
    assert pids == {str(running.pid)}


def test_stops_with_its_anvil_and_says_so(node: NodeInfo) -> None:
    assert stop()
    assert status() is None
    assert ended(node.anvil_pid)
    assert not stop()


def test_what_happened_is_there_after_a_stop(node: NodeInfo) -> None:
    sent = transfer(node.url)
    before = block_of(node.url, sent)
    stop()
    again = ensure_running()
    assert block_of(again.url, sent) == before


@pytest.mark.parametrize("whom", ["anvil", "supervisor"])
def test_what_was_acknowledged_is_there_after_a_kill(node: NodeInfo, whom: str) -> None:
    rpc(node.url, "anvil_setBalance", "0x" + "12" * 20, "0x99")
    sent = [transfer(node.url) for _ in range(3)]
    before = [block_of(node.url, each) for each in sent]
    os.kill(node.anvil_pid if whom == "anvil" else node.pid, signal.SIGKILL)
    assert ended(node.anvil_pid)
    again = ensure_running()
    after = [block_of(again.url, each) for each in sent]
    for old, new in zip(before, after, strict=True):
        assert {key: old[key] for key in ("number", "timestamp", "baseFeePerGas", "transactions")} == {
            key: new[key] for key in ("number", "timestamp", "baseFeePerGas", "transactions")
        }
    assert rpc(again.url, "eth_getBalance", "0x" + "12" * 20, "latest") == "0x99"
    assert (
        int(rpc(again.url, "eth_getTransactionCount", rpc(again.url, "eth_accounts")[0], "latest"), 16) == 3
    )


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
