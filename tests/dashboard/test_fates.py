"""What becomes of what a wallet was asked to send, on a node that makes blocks when it is told to."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from decai.chain.base import Transaction
from decai.chain.local_node.anvil import rpc
from decai.dashboard.fates import look, send_by_node
from decai.dashboard.network import Network
from decai.dashboard.outbox import Entry, Fate, KeptSample, Outbox, Via
from decai.dashboard.wallet import Bridge
from decai.units import Address, Wei
from tests.chain.conftest import running_anvil

GWEI = 10**9
NOWHERE = bytes(range(32))
"""The hash of a transaction that no node has ever known."""


def later(monkeypatch: pytest.MonkeyPatch, seconds: float = 61.0) -> None:
    """Let so much time pass on this machine."""
    now = time.time() + seconds
    monkeypatch.setattr(time, "time", lambda: now)


@dataclass
class Desk:
    """A visitor whose wallet is the node's."""

    url: str
    network: Network
    outbox: Outbox
    me: Address
    you: Address

    def ask(self, value: int = 5, sample: KeptSample | None = None) -> Entry:
        """Write down what the wallet is asked for."""
        nonce = int(rpc(self.url, "eth_getTransactionCount", self.me, "pending"), 16)
        chain = self.network.chain()
        transaction = Transaction(self.me, self.you, b"", Wei(value))
        return self.outbox.add(
            "visitor", Via.WALLET, chain.chain_id, transaction, "Pay", nonce=nonce, block=chain.block,
            sample=sample,
        )  # fmt: skip

    def sign(
        self, value: int = 5, *, price: int = 2 * GWEI, nonce: int | None = None, to: Address | None = None
    ) -> bytes:
        """Send what the wallet signs; returns its hash."""
        fields: dict[str, Any] = {
            "from": self.me,
            "to": to or self.you,
            "value": hex(value),
            "gas": hex(21_000),
        }
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
    entry = desk.ask()
    desk.tell(entry, desk.sign(nonce=entry.nonce))
    assert desk.look(entry).fate is Fate.SENT
    desk.sign(value=0, price=5 * GWEI, nonce=entry.nonce)
    # As long as neither is in a block, nobody knows.
    rivals = desk.look(entry)
    assert rivals.fate is Fate.SENT
    assert "another transaction in its place" in rivals.told
    later(monkeypatch)
    assert desk.look(entry).fate is Fate.SENT
    desk.mine()
    gone = desk.look(entry)
    assert gone.fate is Fate.REPLACED
    assert "will never happen" in gone.told
    assert desk.outbox.open() == []


def test_a_cancellation_is_called_one(desk: Desk) -> None:
    entry = desk.ask()
    desk.tell(entry, desk.sign(nonce=entry.nonce))
    desk.look(entry)
    desk.sign(value=0, price=5 * GWEI, nonce=entry.nonce, to=desk.me)
    desk.mine()
    gone = desk.look(entry)
    assert gone.fate is Fate.REPLACED
    assert gone.told.startswith("You have cancelled it")


def test_a_new_price_is_followed_before_there_is_a_block_and_never_called_dropped(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = desk.ask()
    desk.tell(entry, desk.sign(nonce=entry.nonce))
    desk.look(entry)
    quicker = desk.sign(price=5 * GWEI, nonce=entry.nonce)
    found = desk.look(entry)
    assert (found.fate, found.hash) == (Fate.SENT, quicker)
    assert "counts once" in found.told
    later(monkeypatch)
    assert desk.look(entry).fate is Fate.SENT
    desk.mine()
    done = desk.look(entry)
    assert (done.fate, done.hash) == (Fate.DONE, quicker)
    assert "counts once" in done.told


def test_what_was_dropped_and_comes_back_is_found(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = desk.ask()
    digest = desk.sign(nonce=entry.nonce)
    desk.tell(entry, digest)
    raw = rpc(desk.url, "eth_getRawTransactionByHash", "0x" + digest.hex())
    rpc(desk.url, "anvil_dropTransaction", "0x" + digest.hex())
    desk.look(entry)
    later(monkeypatch)
    assert desk.look(entry).fate is Fate.DROPPED
    assert [each.id for each in desk.outbox.open()] == [entry.id]
    rpc(desk.url, "eth_sendRawTransaction", raw)
    assert desk.look(entry).fate is Fate.SENT
    desk.mine()
    done = desk.look(entry)
    assert (done.fate, done.hash, done.told) == (Fate.DONE, digest, "")


def test_a_sample_waits_as_long_as_its_transaction_may_come_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = desk.ask(sample=KeptSample("text", b"superb"))
    desk.tell(entry, NOWHERE)
    desk.look(entry)
    later(monkeypatch)
    assert desk.look(entry).fate is Fate.DROPPED
    assert desk.outbox.samples(10) == []
    later(monkeypatch, 2 * 86_400)
    assert desk.outbox.open() == []
    ((of, sample),) = desk.outbox.samples(10)
    assert (of.id, sample.content) == (entry.id, b"superb")


def test_of_what_no_node_has_known_it_is_never_said_that_it_cannot_happen(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = desk.ask()
    desk.tell(entry, NOWHERE)
    assert "does not know it" in desk.look(entry).told
    desk.sign(value=9, nonce=entry.nonce)
    desk.mine()
    later(monkeypatch)
    gone = desk.look(entry)
    # The wallet may have given it a later nonce than the first free one.
    assert gone.fate is Fate.DROPPED
    assert "has sent something else since" in gone.told
    assert desk.look(entry) == gone


def test_a_new_price_for_what_no_node_has_known_is_found_too(desk: Desk) -> None:
    entry = desk.ask()
    desk.tell(entry, NOWHERE)
    quicker = desk.sign(price=5 * GWEI, nonce=entry.nonce)
    desk.mine()
    done = desk.look(entry)
    assert (done.fate, done.hash) == (Fate.DONE, quicker)


def test_the_same_asked_for_twice_and_signed_once_counts_once(desk: Desk) -> None:
    first, second = desk.ask(), desk.ask()
    digest = desk.sign()
    desk.tell(first, digest)
    desk.mine()
    # Both may have its nonce, and it does what both are to do.
    assert desk.look(second).fate is Fate.ASKED
    assert desk.look(first).fate is Fate.DONE
    assert desk.look(second).fate is Fate.ASKED
    again = desk.sign()
    desk.mine()
    assert ((found := desk.look(second)).fate, found.hash) == (Fate.DONE, again)


def test_what_was_sent_again_with_the_same_nonce_counts_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = desk.ask()
    digest = desk.sign(nonce=first.nonce)
    desk.tell(first, digest)
    desk.look(first)
    rpc(desk.url, "anvil_dropTransaction", "0x" + digest.hex())
    desk.look(first)
    later(monkeypatch)
    assert desk.look(first).fate is Fate.DROPPED
    second = desk.ask()
    assert second.nonce == first.nonce
    desk.tell(second, desk.sign(price=5 * GWEI, nonce=second.nonce))
    desk.mine()
    assert desk.look(second).fate is Fate.DONE
    assert desk.look(first).fate is Fate.REPLACED


def told_by_the_wallet(desk: Desk, entry: Entry, digest: bytes) -> None:
    """Its answer, as the page brings it."""
    bridge = Bridge(cast("Any", SimpleNamespace(outbox=desk.outbox)), cast("Any", None), "visitor")
    bridge._sent(entry.id, "0x" + digest.hex(), None)


def test_what_was_found_for_another_is_its_own_as_soon_as_the_wallet_says_so(desk: Desk) -> None:
    first, second = desk.ask(), desk.ask()
    digest = desk.sign()
    desk.mine()
    # Neither was answered, and it does what both are to do.
    assert desk.look(first).fate is Fate.DONE
    told_by_the_wallet(desk, second, digest)
    assert desk.look(second).fate is Fate.DONE
    assert desk.look(first).fate is Fate.ASKED


def test_the_very_same_sent_again_after_it_was_dropped_counts_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = desk.ask()
    digest = desk.sign(nonce=first.nonce)
    told_by_the_wallet(desk, first, digest)
    rpc(desk.url, "anvil_dropTransaction", "0x" + digest.hex())
    desk.look(first)
    later(monkeypatch)
    assert desk.look(first).fate is Fate.DROPPED
    second = desk.ask()
    assert desk.sign(nonce=second.nonce) == digest
    told_by_the_wallet(desk, second, digest)
    desk.mine()
    assert desk.look(second).fate is Fate.DONE
    assert desk.outbox.get(first.id).fate is Fate.REPLACED
    assert desk.outbox.open() == []


def test_a_hash_that_another_visitor_tells_of_is_kept_from_nobody(desk: Desk) -> None:
    entry = desk.ask()
    transaction = entry.transaction
    other = desk.outbox.add("other", Via.WALLET, entry.chain_id, transaction, "Pay", nonce=0, block=0)
    digest = desk.sign()
    desk.tell(other, digest)
    desk.mine()
    assert ((found := desk.look(entry)).fate, found.hash) == (Fate.DONE, digest)


def test_an_outbox_from_before_it_was_kept_what_nodes_have_known_is_read(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    outbox = Outbox(path)
    account = Address("0x" + "11" * 20)
    entry = outbox.add("visitor", Via.WALLET, 1, Transaction(account, account, b"", Wei(5)), "Pay")
    outbox.close()
    with closing(sqlite3.connect(path)) as base:
        base.execute("alter table entries drop column seen")
    outbox = Outbox(path)
    assert outbox.get(entry.id) == entry
    assert outbox.change(entry.id, is_seen=True).is_seen
    outbox.close()


def test_what_the_network_forgets_is_said_to_be_dropped_but_not_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = desk.ask()
    digest = desk.sign()
    desk.tell(entry, digest)
    rpc(desk.url, "anvil_dropTransaction", "0x" + digest.hex())
    assert desk.look(entry).fate is Fate.SENT
    later(monkeypatch)
    dropped = desk.look(entry)
    assert dropped.fate is Fate.DROPPED
    assert "Nothing has changed" in dropped.told


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
