"""Whoever listens where a node was: what was meant for that node's chain gets to no other."""

import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account

from decai.chain.base import Transaction
from decai.chain.jsonrpc import JsonRpc
from decai.chain.local_node import NodeInfo, ensure_running, status, stop
from decai.chain.local_node.anvil import CHAIN_ID, MNEMONIC, Anvil, rpc
from decai.chain.local_node.origin import name_of
from decai.chain.rpc import RpcChain
from decai.errors import ChainError, StorageError
from decai.paths import DATA_DIR_VARIABLE
from decai.units import Address, Wei
from tests.chain.local_node.talk import ended, transfer
from tests.chain.proxy import proxied

pytestmark = pytest.mark.xdist_group("local node")
SOMEBODY = Address("0x" + "12" * 20)
GONE = "another node listens where decai's was"


def port_of(node: NodeInfo) -> int:
    return int(node.plain_url.rpartition(":")[2])


def signed() -> str:
    """A transfer of the first account's, good on every chain of this id that is new."""
    Account.enable_unaudited_hdwallet_features()
    account = Account.from_mnemonic(MNEMONIC)
    fields = {"to": SOMEBODY, "value": 5, "gas": 21_000, "gasPrice": 10**10, "nonce": 0, "chainId": CHAIN_ID}
    return f"0x{account.sign_transaction(fields).raw_transaction.hex()}"


@contextmanager
def another_decai_node(port: int, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[str]:
    """Of another data directory."""
    mine = os.environ[DATA_DIR_VARIABLE]
    (folder / "other" / "bin").mkdir(parents=True)
    for program in Path(mine, "bin").iterdir():
        (folder / "other" / "bin" / program.name).symlink_to(program)
    patch.setenv(DATA_DIR_VARIABLE, str(folder / "other"))
    patch.setenv("DECAI_NODE_PORT", str(port))
    try:
        yield ensure_running().plain_url
    finally:
        stop()
        patch.setenv(DATA_DIR_VARIABLE, mine)


@contextmanager
def a_copy_of_it(port: int, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[str]:
    """What somebody made of a backup, and started elsewhere."""
    shutil.copytree(Path(os.environ[DATA_DIR_VARIABLE], "node"), folder / "other" / "node")
    with another_decai_node(port, folder, patch) as url:
        yield url


@contextmanager
def an_anvil(port: int, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[str]:
    """Nobody's in particular."""
    with patch.context() as here:
        here.setattr("decai.chain.local_node.anvil.free_port", lambda host: port)
        anvil = Anvil("--silent")
    try:
        yield anvil.url
    finally:
        anvil.stop()


@contextmanager
def a_node_that_takes_any_path(port: int, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[str]:
    """As some nodes for development do."""
    anvil = Anvil("--silent")
    try:
        with proxied(anvil.url, port=port) as proxy:
            yield proxy.url
    finally:
        anvil.stop()


NEWCOMERS = (another_decai_node, a_copy_of_it, an_anvil, a_node_that_takes_any_path)
Newcomer = Callable[[int, Path, pytest.MonkeyPatch], Any]
Send = Callable[[str], object]
WAYS: dict[str, Send] = {
    "signed by decai": lambda url: JsonRpc(url).once("eth_sendRawTransaction", signed()),
    "signed by the node": lambda url: RpcChain(url).send(
        Transaction(RpcChain(url).accounts[0], SOMEBODY, b"", Wei(5))
    ),
    "in a batch": lambda url: JsonRpc(url).once_many(
        [("eth_sendRawTransaction", [signed()]), ("eth_chainId", [])]
    ),
    "in one request": lambda url: rpc(url, "eth_sendRawTransaction", signed()),
}


@pytest.mark.parametrize("newcomer", NEWCOMERS)
def test_nothing_gets_to_who_took_the_place_of_a_node(
    node: NodeInfo, newcomer: Newcomer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, impatient: None
) -> None:
    used_before = JsonRpc(node.url)
    assert used_before.ask("eth_blockNumber") == "0x0"
    os.kill(node.pid, signal.SIGKILL)
    assert ended(node.anvil_pid)
    ways: dict[str, Send] = {
        **WAYS,
        "as before": lambda _: used_before.once("eth_sendRawTransaction", signed()),
    }
    with newcomer(port_of(node), tmp_path, monkeypatch) as url:
        assert url == node.plain_url
        for send in ways.values():
            with pytest.raises(ChainError, match=GONE) as told:
                send(node.url)
            assert str(told.value).startswith(node.plain_url)
            assert "\n" not in str(told.value)
        assert rpc(url, "eth_blockNumber") == "0x0"
        assert rpc(url, "txpool_status") == {"pending": "0x0", "queued": "0x0"}
        # The newcomer takes the very same transaction from whoever means it.
        assert rpc(url, "eth_sendRawTransaction", signed())
    monkeypatch.setenv("DECAI_NODE_PORT", str(port_of(node)))
    assert ensure_running().url == node.url
    assert rpc(node.url, "eth_getBalance", SOMEBODY, "latest") == "0x0"
    assert used_before.once("eth_sendRawTransaction", signed())


def test_a_command_that_is_interrupted_by_a_change_of_nodes_says_so(
    node: NodeInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, impatient: None
) -> None:
    chain = RpcChain(node.url)
    transaction = Transaction(chain.accounts[0], SOMEBODY, b"", Wei(5))
    with ExitStack() as stack:

        def change_nodes(_: object) -> None:
            os.kill(node.pid, signal.SIGKILL)
            assert ended(node.anvil_pid)
            stack.enter_context(an_anvil(port_of(node), tmp_path, monkeypatch))

        # Just before it goes out.
        with pytest.raises(ChainError) as told:
            chain.send(transaction, announce=change_nodes)
        assert GONE in str(told.value)
        assert rpc(node.plain_url, "eth_blockNumber") == "0x0"


def test_any_program_may_use_either_url(node: NodeInfo) -> None:
    transfer(node.plain_url)
    transfer(node.url)
    transfer(f"{node.url}/")
    assert rpc(node.plain_url, "eth_blockNumber") == "0x3"


def test_a_node_does_not_serve_in_another_s_name(node: NodeInfo) -> None:
    other = node.url[:-32] + "0" * 32
    with pytest.raises(ChainError, match=GONE):
        rpc(other, "eth_blockNumber")
    with pytest.raises(ChainError, match=GONE):
        JsonRpc(other).once("eth_blockNumber")


def test_a_stale_note_leads_to_nobody(node: NodeInfo, data_folder: Path, tmp_path: Path) -> None:
    """Who is killed leaves it behind; a server that has come to listen there is not even asked."""
    note = (data_folder / "node" / "node.json").read_bytes()
    stop()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port_of(node)))
        listener.listen()
        (data_folder / "node" / "node.json").write_bytes(note)
        assert status() is None
        assert not stop()
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
        again = ensure_running()
    assert again.plain_url != node.plain_url
    assert again.url.rpartition("/")[2] == node.url.rpartition("/")[2]


def test_a_name_stays_with_its_folder(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    assert name_of(first) == name_of(first)
    assert name_of(first) != name_of(second)
    copy = tmp_path / "copy"
    shutil.copytree(first, copy)
    assert (copy / "name").read_bytes() == (first / "name").read_bytes()
    assert name_of(copy) != name_of(first)
    for nonsense in (b"\xff\xfe", b"short"):
        (second / "name").write_bytes(nonsense)
        with pytest.raises(StorageError, match="name: is damaged"):
            name_of(second)
