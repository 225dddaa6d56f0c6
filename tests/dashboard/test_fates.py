"""What becomes of what a wallet was asked to send, on a node that makes blocks when it is told to."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from decai.chain.base import Transaction
from decai.chain.local_node.anvil import rpc
from decai.dashboard import fates
from decai.dashboard.fates import look, send_by_node
from decai.dashboard.network import Network
from decai.dashboard.outbox import Entry, Fate, Outbox, Via
from decai.units import Address, Wei
from tests.chain.conftest import running_anvil

GWEI = 10**9


@dataclass
class Desk:
    """A visitor whose wallet is the node's."""

    url: str
    network: Network
    outbox: Outbox
    me: Address
    you: Address

    def ask(self, value: int = 5) -> Entry:
        """Write down what the wallet is asked for."""
        nonce = int(rpc(self.url, "eth_getTransactionCount", self.me, "pending"), 16)
        chain = self.network.chain()
        transaction = Transaction(self.me, self.you, b"", Wei(value))
        return self.outbox.add(
            "visitor", Via.WALLET, chain.chain_id, transaction, "Pay", nonce=nonce, block=chain.block
        )

    def sign(self, value: int = 5, *, price: int = 2 * GWEI, nonce: int | None = None) -> bytes:
        """Send what the wallet signs; returns its hash."""
        fields: dict[str, Any] = {"from": self.me, "to": self.you, "value": hex(value), "gas": hex(21_000)}
        fields |= {"maxFeePerGas": hex(price), "maxPriorityFeePerGas": hex(price)}
        if nonce is not None:
            fields["nonce"] = hex(nonce)
        return bytes.fromhex(rpc(self.url, "eth_sendTransaction", fields)[2:])

    def tell(self, entry: Entry, digest: bytes) -> Entry:
        """The wallet has told the page a hash."""
        return self.outbox.change(entry.id, fate=Fate.SENT, hash=digest)

    def mine(self) -> None:
        """Make a block."""
        rpc(self.url, "evm_mine")

    def look(self, entry: Entry) -> Entry:
        """What is known of an entry now."""
        return look(self.network, self.outbox, self.outbox.get(entry.id))


@pytest.fixture
def desk(data_folder: Path, tmp_path: Path) -> Iterator[Desk]:
    """A node that makes blocks when it is told to, and an empty outbox."""
    with running_anvil("--no-mining") as url:
        outbox = Outbox(tmp_path / "outbox.sqlite")
        network = Network(url)
        me, you = network.ready_made[1:3]
        yield Desk(url, network, outbox, me, you)
        outbox.close()


def test_what_waits_is_open_until_it_is_in_a_block(desk: Desk) -> None:
    entry = desk.ask()
    digest = desk.sign()
    desk.tell(entry, digest)
    assert desk.look(entry).fate is Fate.SENT
    desk.mine()
    done = desk.look(entry)
    assert (done.fate, done.hash) == (Fate.DONE, digest)
    assert done.outcome["block"] == 1
    assert done.outcome["gas"] == 21_000


def test_an_answer_that_was_lost_is_found_by_sender_and_nonce(desk: Desk) -> None:
    entry = desk.ask()
    assert desk.look(entry).fate is Fate.ASKED
    digest = desk.sign()
    desk.mine()
    assert (found := desk.look(entry)).fate is Fate.DONE
    assert found.hash == digest


def test_the_same_at_a_higher_price_is_the_same(desk: Desk) -> None:
    entry = desk.ask()
    desk.tell(entry, desk.sign(nonce=entry.nonce))
    quicker = desk.sign(price=5 * GWEI, nonce=entry.nonce)
    desk.mine()
    done = desk.look(entry)
    assert (done.fate, done.hash) == (Fate.DONE, quicker)


def test_another_one_in_its_place_means_that_it_never_happens(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fates, "_GONE_SECONDS", 0.0)
    entry = desk.ask()
    desk.tell(entry, desk.sign(nonce=entry.nonce))
    desk.sign(value=0, price=5 * GWEI, nonce=entry.nonce)
    desk.mine()
    gone = desk.look(entry)
    assert gone.fate is Fate.REPLACED
    assert "will never happen" in gone.told


def test_what_the_network_forgets_is_said_to_be_dropped_but_not_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = desk.ask()
    digest = desk.sign()
    desk.tell(entry, digest)
    rpc(desk.url, "anvil_dropTransaction", "0x" + digest.hex())
    assert desk.look(entry).fate is Fate.SENT
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    dropped = desk.look(entry)
    assert dropped.fate is Fate.DROPPED
    assert "nothing has changed" in dropped.told


def test_a_page_that_tells_of_another_transaction_is_not_believed(desk: Desk) -> None:
    entry = desk.ask(value=5)
    desk.tell(entry, desk.sign(value=7))
    assert desk.look(entry).fate is Fate.FAILED
    desk.mine()
    assert desk.outbox.get(entry.id).fate is Fate.FAILED


def test_what_was_never_sent_before_the_server_was_killed_is_said_not_to_have_happened(desk: Desk) -> None:
    chain = desk.network.chain()
    transaction = Transaction(desk.me, desk.you, b"", Wei(5))
    entry = desk.outbox.add("visitor", Via.NODE, chain.chain_id, transaction, "Pay")
    after = desk.look(entry)
    assert after.fate is Fate.FAILED
    assert "nothing has happened" in after.told


def test_what_was_sent_before_the_server_was_killed_is_found(desk: Desk) -> None:
    chain = desk.network.chain()
    entry = desk.outbox.add(
        "visitor", Via.NODE, chain.chain_id, Transaction(desk.me, desk.you, b"", Wei(5)), "Pay",
        nonce=0, block=chain.block,
    )  # fmt: skip
    digest = desk.sign()
    desk.mine()
    done = desk.look(entry)
    assert (done.fate, done.hash) == (Fate.DONE, digest)


def test_who_cannot_pay_has_sent_nothing(desk: Desk) -> None:
    chain = desk.network.chain()
    transaction = Transaction(desk.me, desk.you, b"", Wei(10**30))
    entry = desk.outbox.add("visitor", Via.NODE, chain.chain_id, transaction, "Pay")
    sent = send_by_node(desk.network, desk.outbox, entry)
    assert sent.fate in (Fate.FAILED, Fate.REFUSED)
    assert chain.nonce(desk.me) == 0
