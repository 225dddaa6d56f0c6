"""Whatever kills a command, the same command finds what it sent, and nothing is sent twice."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from decai.chain.base import Transaction
from decai.chain.journal import Journal, open_journal
from decai.chain.keystore import Keystore
from decai.chain.rpc import RpcChain
from decai.errors import ChainError, Interrupted, Refused, StorageError
from decai.units import ETHER, Address, Seconds
from tests.chain.conftest import running_anvil
from tests.chain.counter import add, count, data, deploy
from tests.chain.proxy import Answer, HangUp, Proxy, Trick, lose_request, proxied, result

pytestmark = pytest.mark.usefixtures("impatient")

CHILD = """
import sys
from decai.chain.base import Transaction
from decai.chain.journal import open_journal
from decai.chain.rpc import RpcChain
url, account, counter, calldata, count = sys.argv[1:]
chain = RpcChain(url, account=account, password=lambda _: "word")
with open_journal(chain, "test", account, b"the same") as journal:
    for step in range(int(count)):
        journal.send(step, Transaction(account, counter, bytes.fromhex(calldata)))
    print("told", flush=True)
    chain.node.ask("web3_sha3", "0x00")  # where a test may kill it
    journal.acknowledge()
"""
STEPS = 2


@dataclass
class Person:
    """Somebody who gives commands, and the counter that shows how often one was carried out."""

    url: str
    chain: RpcChain
    address: Address
    counter: Address
    sends: str
    """The method by which transactions go out."""

    def transaction(self) -> Transaction:
        return add(self.address, self.counter, 3)

    def run_child(self) -> "subprocess.Popen[str]":
        arguments = [self.url, self.address, self.counter, self.transaction().data.hex(), str(STEPS)]
        return subprocess.Popen([sys.executable, "-c", CHILD, *arguments], stdout=subprocess.PIPE, text=True)

    def again(self) -> Journal:
        """The same command once more, to its end; its journal."""
        with open_journal(self.chain, "test", self.address, b"the same") as journal:
            for step in range(STEPS):
                assert journal.send(step, self.transaction()).refusal is None
            journal.acknowledge()
        return journal

    def counted(self) -> int:
        return count(self.chain, self.counter)


@pytest.fixture(scope="module")
def node() -> Iterator[str]:
    """One anvil for all of this."""
    with running_anvil() as url:
        yield url


@pytest.fixture
def proxy(node: str) -> Iterator[Proxy]:
    with proxied(node) as one:
        yield one


@pytest.fixture
def person(node: str, proxy: Proxy) -> Person:
    """One for whom the node signs."""
    chain = RpcChain(node)
    return Person(proxy.url, chain, chain.accounts[0], deploy(chain), "eth_sendTransaction")


@pytest.fixture
def signer(node: str, proxy: Proxy) -> Person:
    """One who signs with a key of his own."""
    direct, address = RpcChain(node), Keystore(iterations=2).create("word")
    direct.set_balance(address, ETHER)
    chain = RpcChain(node, account=address, password=lambda _: "word")
    return Person(proxy.url, chain, address, deploy(direct), "eth_sendRawTransaction")


@pytest.fixture
def left(person: Person, data_folder: Path) -> Path:
    """What a command leaves that has sent its first transaction and did not live to tell."""
    with open_journal(person.chain, "test", person.address, b"the same") as journal:
        journal.send(0, person.transaction())
    (path,) = (data_folder / "journal").iterdir()
    return path


def kill(process: "list[subprocess.Popen[str]]", *, forwarded: bool) -> Trick:
    """Kill the sender before the node hears of the request, or after it has carried it out."""

    def trick(forward: Callable[[], bytes]) -> Answer:
        if forwarded:
            forward()
        os.kill(process[0].pid, signal.SIGKILL)
        process[0].wait()
        raise HangUp

    return trick


def played(person: Person, proxy: Proxy, method: str, skip: int, *, forwarded: bool) -> None:
    """Run the command in a process of its own, and kill it at one request."""
    processes: list[subprocess.Popen[str]] = []
    passes: list[Trick] = [lambda _: None] * skip
    proxy.play(method, *passes, kill(processes, forwarded=forwarded))
    processes.append(person.run_child())
    processes[0].communicate(timeout=60)
    assert processes[0].returncode == -signal.SIGKILL


class TestKilled:
    @pytest.mark.parametrize(
        ("who", "step", "forwarded", "found"),
        [
            ("person", 0, False, 0),
            ("person", 0, True, 1),
            ("person", 1, True, 2),
            ("signer", 0, True, 1),
            ("signer", 1, False, 1),
        ],
    )
    def test_while_sending(
        self, who: str, step: int, forwarded: bool, found: int, proxy: Proxy, request: pytest.FixtureRequest
    ) -> None:
        person: Person = request.getfixturevalue(who)
        played(person, proxy, person.sends, step, forwarded=forwarded)
        assert person.counted() == found
        assert person.again().found == found
        assert person.counted() == STEPS

    def test_while_telling(self, person: Person, proxy: Proxy) -> None:
        played(person, proxy, "web3_sha3", 0, forwarded=True)
        assert person.again().found == STEPS
        assert person.counted() == STEPS
        # That was the end of it: the next command is a new one.
        assert person.again().found == 0
        assert person.counted() == 2 * STEPS


class TestAnother:
    @pytest.mark.parametrize("who", ["person", "signer"])
    def test_transaction_that_took_the_nonce_is_not_taken_for_it(
        self, who: str, proxy: Proxy, request: pytest.FixtureRequest
    ) -> None:
        person: Person = request.getfixturevalue(who)
        lost = RpcChain(proxy.url, account=person.address, password=lambda _: "word", timeout=0.5)
        proxy.always(person.sends, lose_request)
        with (
            pytest.raises(ChainError, match="may have been sent"),
            open_journal(lost, "test", person.address, b"the same") as journal,
        ):
            journal.send(0, person.transaction())
        other = deploy(person.chain)
        person.chain.send(add(person.address, other, 3))
        assert person.again().found == 0
        assert (person.counted(), count(person.chain, other)) == (STEPS, 1)

    @pytest.mark.usefixtures("left")
    def test_value_is_still_the_same_command(self, person: Person) -> None:
        dearer = add(person.address, person.counter, 3, value=5)
        with open_journal(person.chain, "test", person.address, b"the same") as journal:
            assert journal.send(0, dearer).refusal is None
        assert journal.found == 1
        assert person.counted() == 1

    def test_content_or_kind_or_sender_is_another_command(self, person: Person, left: Path) -> None:
        for kind, sender, content in (
            ("test", person.address, b"other"),
            ("other", person.address, b"the same"),
            ("test", person.chain.accounts[-1], b"the same"),
        ):
            with open_journal(person.chain, kind, sender, content) as journal:
                assert journal.is_empty
        assert list(left.parent.iterdir()) == [left]

    def test_search_for_what_was_sent_is_told_once(self, person: Person) -> None:
        begin = person.counted()
        with open_journal(person.chain, "test", person.address, b"the same") as journal:
            for step in range(STEPS):
                journal.send(step, person.transaction())
        told: list[str] = []
        with open_journal(person.chain, "test", person.address, b"the same", told.append) as journal:
            for step in range(STEPS):
                journal.send(step, person.transaction())
            assert journal.found == STEPS
            journal.acknowledge()
        assert told == ["an earlier command like this was cut short; looking for what it sent"]
        assert person.counted() == begin + STEPS

    def test_process_waits_for_its_turn(self, person: Person) -> None:
        told: list[str] = []
        begun, order = threading.Event(), []

        def second() -> None:
            begun.set()
            with open_journal(person.chain, "test", person.address, b"the same", told.append):
                order.append("second")

        with open_journal(person.chain, "test", person.address, b"the same"):
            thread = threading.Thread(target=second)
            thread.start()
            begun.wait()
            while not told:
                pass
            order.append("first")
        thread.join()
        assert order == ["first", "second"]
        assert told == ["another decai process is at the same command; waiting for its end"]


class TestFile:
    def test_half_a_line_was_never_sent(self, person: Person, left: Path) -> None:
        whole = left.read_bytes()
        left.write_bytes(whole + whole[: len(whole) // 2].replace(b'"step": 0', b'"step": 1'))
        assert person.again().found == 1
        assert person.counted() == STEPS

    def test_damage_stops_the_command(self, person: Person, left: Path) -> None:
        left.write_text("{}\n")
        with pytest.raises(StorageError, match=r"is damaged; .* then delete this file$"):
            person.again()
        assert person.counted() == 1

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
    def test_full_disk_stops_it_before_it_is_sent(self, person: Person) -> None:
        with open_journal(person.chain, "test", person.address, b"the same") as journal:
            os.dup2(os.open("/dev/full", os.O_RDWR), journal._descriptor)
            with pytest.raises(StorageError, match=r"cannot be written \(No space left on device\)$"):
                journal.send(0, person.transaction())
        assert person.counted() == 0

    def test_is_gone_after_a_refusal(self, person: Person, data_folder: Path) -> None:
        with (
            pytest.raises(Refused, match="seven"),
            open_journal(person.chain, "test", person.address, b"the same") as journal,
        ):
            journal.send(0, add(person.address, person.counter, 7))
        assert not list((data_folder / "journal").iterdir())

    def test_folder_that_cannot_be_written(self, person: Person, data_folder: Path) -> None:
        (data_folder / "journal").write_text("a file")
        with (
            pytest.raises(StorageError, match="cannot be written"),
            open_journal(person.chain, "test", person.address, b""),
        ):
            pass


class TestEarlier:
    @pytest.mark.usefixtures("left")
    def test_is_waited_for_by_who_cannot_think_of_it(self, person: Person) -> None:
        with open_journal(person.chain, "test", person.address, b"the same") as journal:
            assert journal.wait() == 1
            journal.send_next(person.transaction())
            journal.acknowledge()
        assert person.counted() == 2

    def test_that_was_reverted_is_sent_again(self, person: Person, proxy: Proxy) -> None:
        patient = Transaction(person.address, person.counter, data("wait(uint256)", 1_000))
        blind = RpcChain(proxy.url, timeout=0.5)
        proxy.play("eth_estimateGas", result("0x186a0"))
        proxy.always("eth_getTransactionReceipt", lose_request)
        with (
            pytest.raises(ChainError, match="may have been sent"),
            open_journal(blind, "test", person.address, b"patient") as journal,
        ):
            journal.send(0, patient)
        person.chain.advance_to(Seconds(person.chain.now + 1_000))
        with open_journal(person.chain, "test", person.address, b"patient") as journal:
            assert not journal.is_empty
            assert journal.send(0, patient).refusal is None
            journal.acknowledge()
        assert journal.found == 0
        assert person.counted() == 1

    @pytest.mark.usefixtures("left")
    def test_is_not_sent_again_while_the_node_is_gone(self, person: Person, proxy: Proxy) -> None:
        lost = RpcChain(proxy.url, timeout=0.5)
        proxy.always("eth_getTransactionCount", lose_request)
        with (
            pytest.raises(ChainError, match="broke the connection off"),
            open_journal(lost, "test", person.address, b"the same") as journal,
        ):
            journal.send(0, person.transaction())
        assert proxy.count("eth_sendTransaction") == 0
        assert person.again().found == 1
        assert person.counted() == STEPS

    def test_whose_sender_is_interrupted_is_looked_for_by_the_same_command(
        self, person: Person, proxy: Proxy
    ) -> None:
        interrupted = threading.Event()

        def interrupt(forward: Callable[[], bytes]) -> Answer:
            answer = Answer(forward())
            os.kill(os.getpid(), signal.SIGINT)
            interrupted.wait(10)
            return answer

        proxy.play("eth_sendTransaction", interrupt)
        sentence = r"before you send again; the same command looks for it by itself$"
        with (
            pytest.raises(Interrupted, match=sentence),
            open_journal(RpcChain(proxy.url), "test", person.address, b"the same") as journal,
        ):
            journal.send(0, person.transaction())
        interrupted.set()
        assert person.again().found == 1
        assert person.counted() == STEPS
