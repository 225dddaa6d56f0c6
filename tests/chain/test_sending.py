"""Whatever happens between decai and a node, a transaction is carried out once or not at all."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import sleep
from typing import Any

import pytest

from decai.chain.keystore import Keystore
from decai.chain.outgoing import Outgoing
from decai.chain.rpc import RpcChain
from decai.errors import ChainError
from decai.units import ETHER, Address
from tests.chain.counter import add, count, deploy
from tests.chain.proxy import Answer, HangUp, Proxy, Trick, answer, error, lose_answer, lose_request, result

pytestmark = pytest.mark.usefixtures("impatient")

METHODS = {"key": "eth_sendRawTransaction", "node": "eth_sendTransaction"}


@dataclass
class Sender:
    """Somebody who sends through the proxy."""

    chain: RpcChain
    address: Address
    method: str
    signs: bool


@pytest.fixture
def direct(anvil: str) -> RpcChain:
    """The chain without the proxy."""
    return RpcChain(anvil)


@pytest.fixture
def counter(direct: RpcChain) -> Address:
    return deploy(direct)


@pytest.fixture(params=list(METHODS))
def sender(request: pytest.FixtureRequest, proxy: Proxy, direct: RpcChain) -> Sender:
    """One who signs with a key of his own, and one for whom the node signs."""
    signs = request.param == "key"
    address = direct.accounts[1]
    if signs:
        address = Keystore(iterations=2).create("word")
        direct.set_balance(address, ETHER)
    chain = RpcChain(proxy.url, account=address, password=lambda _: "word", timeout=1.0)
    return Sender(chain, address, METHODS[request.param], signs)


def mined_nonces(direct: RpcChain, address: Address) -> list[int]:
    """The nonces of an account's transactions in all blocks, in order."""
    blocks = [
        direct.node.ask("eth_getBlockByNumber", hex(number), True) for number in range(direct.block + 1)
    ]
    sent = [transaction for block in blocks for transaction in block["transactions"]]
    return [int(one["nonce"], 16) for one in sent if one["from"] == address.lower()]


@pytest.mark.parametrize(
    "trick",
    [
        pytest.param(lose_answer, id="the answer is lost"),
        pytest.param(answer("", 502, forwarded=True), id="a gateway fails"),
        pytest.param(answer("<html>oops</html>", forwarded=True), id="garbage"),
        pytest.param(error(-32603, "Internal error", forwarded=True), id="an error that says nothing"),
        pytest.param(error(-32000, "upstream timed out", status=503, forwarded=True), id="a balancer"),
    ],
)
def test_what_got_through_is_found_and_not_sent_again(
    trick: Trick, sender: Sender, counter: Address, proxy: Proxy, direct: RpcChain
) -> None:
    proxy.play(sender.method, trick)
    mined = sender.chain.send(add(sender.address, counter, 3))
    assert mined.refusal is None
    assert [log.address for log in mined.logs] == [counter]
    assert count(direct, counter) == 1
    assert proxy.count(sender.method) == 1


@pytest.mark.parametrize("trick", [lose_request, answer("", 503), answer("<html>"), answer("", 429)])
def test_what_did_not_get_through_is_sent_again_unchanged(
    trick: Trick, sender: Sender, counter: Address, proxy: Proxy, direct: RpcChain
) -> None:
    proxy.play(sender.method, trick, trick)
    sender.chain.send(add(sender.address, counter, 3))
    assert count(direct, counter) == 1
    sent = proxy.parameters(sender.method)
    assert len(sent) == 3
    assert sent[0] == sent[1] == sent[2]


def test_an_answer_that_comes_too_late_is_not_waited_for(
    sender: Sender, counter: Address, proxy: Proxy, direct: RpcChain
) -> None:
    def late(forward: Callable[[], bytes]) -> Answer:
        content = forward()
        sleep(1.5)
        return Answer(content)

    proxy.play(sender.method, late)
    sender.chain.send(add(sender.address, counter, 3))
    assert count(direct, counter) == 1
    assert proxy.count(sender.method) == 1


def test_sent_again_in_blindness_it_is_still_carried_out_once(
    sender: Sender, counter: Address, proxy: Proxy, direct: RpcChain
) -> None:
    # The answer is lost, and then the node does not tell either that it has the transaction.
    proxy.play(sender.method, lose_answer)
    proxy.play("eth_getTransactionByHash", answer("", 503), answer("", 503))
    sender.chain.send(add(sender.address, counter, 3))
    assert count(direct, counter) == 1
    assert proxy.count(sender.method) == (3 if sender.signs else 1)


def test_a_node_that_has_it_already_is_no_error(
    sender: Sender, counter: Address, proxy: Proxy, direct: RpcChain
) -> None:
    proxy.play(sender.method, error(-32000, "already known", forwarded=True))
    sender.chain.send(add(sender.address, counter, 3))
    assert count(direct, counter) == 1


def test_when_nothing_ever_gets_through_the_fate_is_told_as_unknown(
    sender: Sender, counter: Address, proxy: Proxy, direct: RpcChain
) -> None:
    proxy.always(sender.method, lose_request)
    announced: list[Outgoing] = []
    with pytest.raises(ChainError) as told:
        sender.chain.send(add(sender.address, counter, 3), announced.append)
    (outgoing,) = announced
    assert outgoing.nonce == 0
    assert outgoing.block == direct.block
    if sender.signs:
        assert outgoing.transaction is not None
        which, look = f"transaction 0x{outgoing.transaction.hex()}", "its hash"
    else:
        which, look = "a transaction", f"that nonce in the blocks after {direct.block}"
    assert str(told.value) == (
        f"{proxy.url} broke the connection off; {which} (nonce 0) of {sender.address} may have been sent: "
        f"look for {look} before you send again"
    )
    assert count(direct, counter) == 0
    assert sender.chain.settle(outgoing) is None
    # Who has looked may send again.
    proxy.always(sender.method, lambda forward: None)
    sender.chain.send(add(sender.address, counter, 3))
    assert count(direct, counter) == 1


@pytest.mark.parametrize(
    ("trick", "line", "tries"),
    [
        (answer("", 429), "asks for fewer requests (HTTP 429); try again later; nothing was sent", 5),
        (answer("", 403), "refuses access (HTTP 403); nothing was sent", 1),
    ],
)
def test_what_surely_was_not_sent_is_told_so(
    trick: Trick, line: str, tries: int, sender: Sender, counter: Address, proxy: Proxy, direct: RpcChain
) -> None:
    proxy.always(sender.method, trick)
    with pytest.raises(ChainError) as told:
        sender.chain.send(add(sender.address, counter, 3))
    assert str(told.value) == f"{proxy.url} {line}"
    assert proxy.count(sender.method) == tries
    assert count(direct, counter) == 0


def test_what_the_node_does_not_take_is_told_in_its_words(
    sender: Sender, counter: Address, proxy: Proxy, direct: RpcChain
) -> None:
    proxy.always(sender.method, error(-32000, "txpool is full"))
    with pytest.raises(ChainError) as told:
        sender.chain.send(add(sender.address, counter, 3))
    assert str(told.value) == "the node does not take the transaction: txpool is full; nothing was sent"
    assert proxy.count(sender.method) == 1


def elsewhere(sender: Sender, direct: RpcChain, recipient: Address) -> None:
    """The same account sends by another way, such as a wallet in a browser."""
    direct.node.ask("anvil_impersonateAccount", sender.address)
    fields = {"from": sender.address, "to": recipient, "gas": "0x5208"}
    direct.node.ask("eth_sendTransactionSync", fields)


def other_first(sender: Sender, direct: RpcChain) -> Callable[[Callable[[], bytes]], None]:
    def trick(forward: Callable[[], bytes]) -> None:
        elsewhere(sender, direct, direct.accounts[2])

    return trick


def test_a_nonce_that_somebody_else_took_is_exchanged(
    sender: Sender, counter: Address, proxy: Proxy, direct: RpcChain
) -> None:
    proxy.play(sender.method, other_first(sender, direct))
    sender.chain.send(add(sender.address, counter, 3))
    assert count(direct, counter) == 1
    assert mined_nonces(direct, sender.address) == [0, 1]


def test_who_never_gets_a_nonce_gives_up(
    sender: Sender, counter: Address, proxy: Proxy, direct: RpcChain
) -> None:
    proxy.always(sender.method, other_first(sender, direct))
    with pytest.raises(ChainError) as told:
        sender.chain.send(add(sender.address, counter, 3))
    assert str(told.value) == f"{sender.address} has another transaction with nonce 4; nothing was sent"
    assert count(direct, counter) == 0


def test_a_nonce_that_is_used_up_does_not_prove_that_ours_got_in(
    sender: Sender, counter: Address, proxy: Proxy, direct: RpcChain
) -> None:
    def trick(forward: Callable[[], bytes]) -> Answer:
        elsewhere(sender, direct, direct.accounts[2])
        raise HangUp

    proxy.play(sender.method, trick)
    if sender.signs:
        # Its hash is not found, but other nodes of a network might know it: nothing is risked.
        with pytest.raises(ChainError, match=r"may have been sent: look for its hash before you send again$"):
            sender.chain.send(add(sender.address, counter, 3))
        assert count(direct, counter) == 0
    else:
        sender.chain.send(add(sender.address, counter, 3))
        assert count(direct, counter) == 1
        assert mined_nonces(direct, sender.address) == [0, 1]


def test_a_node_that_counts_late_does_not_lead_to_a_nonce_twice(
    sender: Sender, counter: Address, proxy: Proxy, direct: RpcChain
) -> None:
    sender.chain.send(add(sender.address, counter, 3))
    proxy.play("eth_getTransactionCount", result("0x0"))
    sender.chain.send(add(sender.address, counter, 4))
    assert mined_nonces(direct, sender.address) == [0, 1]
    assert proxy.count(sender.method) == 2


SEND = """
import sys
from decai.chain.rpc import RpcChain
from tests.chain.counter import add
url, sender, counter, times = sys.argv[1:]
chain = RpcChain(url, account=sender)
for number in range(int(times)):
    chain.send(add(sender, counter, 10 + number))
"""


def in_a_process(url: str, sender: Sender, counter: Address, times: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SEND, url, sender.address, counter, str(times)],
        env={**os.environ, "DECAI_PASSWORD": "word", "PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.PIPE,
        text=True,
    )


def test_processes_that_send_from_one_account_do_not_get_into_each_others_way(
    sender: Sender, anvil: str, counter: Address, direct: RpcChain
) -> None:
    processes = [in_a_process(anvil, sender, counter, 8) for _ in range(2)]
    assert [process.communicate()[1] for process in processes] == [""] * 2
    assert count(direct, counter) == 16
    assert mined_nonces(direct, sender.address) == list(range(16))


@pytest.mark.parametrize("got_through", [True, False])
def test_who_was_killed_while_sending_can_settle_it(
    got_through: bool, sender: Sender, counter: Address, proxy: Proxy, direct: RpcChain
) -> None:
    class KilledError(BaseException):
        """Stands for the end of a process: nothing after it is run."""

    announced: list[Outgoing] = []

    def die(outgoing: Outgoing) -> None:
        announced.append(outgoing)
        if not got_through:
            raise KilledError

    proxy.always("eth_getTransactionReceipt", answer("", 403))
    with pytest.raises((KilledError, ChainError)):
        sender.chain.send(add(sender.address, counter, 3), die)
    proxy.always("eth_getTransactionReceipt", lambda forward: None)
    settled = sender.chain.settle(announced[0])
    assert count(direct, counter) == (1 if got_through else 0)
    if not got_through:
        assert settled is None
        return
    assert settled is not None
    assert settled.refusal is None
    assert settled.block == direct.block


def waiting(direct: RpcChain, amount: int) -> None:
    """Wait until so many transactions are in the node's pool."""
    while int(direct.node.ask("txpool_status")["pending"], 16) < amount:
        sleep(0.01)


def test_no_block_in_time_is_told_with_what_to_look_for(
    sender: Sender, counter: Address, proxy: Proxy, direct: RpcChain
) -> None:
    direct.node.ask("evm_setAutomine", False)
    chain = RpcChain(
        proxy.url, account=sender.address, password=lambda _: "word", timeout=5.0, mining_timeout=0.2
    )
    announced: list[Outgoing] = []
    with pytest.raises(ChainError) as told:
        chain.send(add(sender.address, counter, 3), announced.append)
    assert re.fullmatch(
        rf"transaction 0x[0-9a-f]{{64}} \(nonce 0\) of {sender.address} is in no block after 0\.2 s; it may "
        r"still get in: look for its hash before you send again",
        str(told.value),
    )
    direct.node.ask("evm_mine")
    settled = chain.settle(announced[0])
    assert settled is not None
    assert f"0x{settled.transaction.hex()}" in str(told.value)
    assert count(direct, counter) == 1


@pytest.mark.parametrize("sender", ["key"], indirect=True)
def test_a_transaction_that_a_node_forgets_is_brought_to_it_again(
    sender: Sender, counter: Address, direct: RpcChain
) -> None:
    direct.node.ask("evm_setAutomine", False)

    def forget() -> None:
        waiting(direct, 1)
        direct.node.ask("anvil_dropAllTransactions")
        waiting(direct, 1)
        direct.node.ask("evm_mine")

    thread = threading.Thread(target=forget)
    thread.start()
    sender.chain.send(add(sender.address, counter, 3))
    thread.join()
    assert count(direct, counter) == 1


def test_a_transaction_that_another_one_replaced_is_given_up(
    sender: Sender, counter: Address, direct: RpcChain
) -> None:
    direct.node.ask("evm_setAutomine", False)
    direct.node.ask("anvil_impersonateAccount", sender.address)

    def replace() -> None:
        waiting(direct, 1)
        direct.node.ask("anvil_dropAllTransactions")
        replacement = {"from": sender.address, "to": direct.accounts[2], "gas": "0x5208", "nonce": "0x0"}
        replacement |= {"maxFeePerGas": hex(10**11), "maxPriorityFeePerGas": hex(10**10)}
        direct.node.ask("eth_sendTransaction", replacement)
        direct.node.ask("evm_mine")

    thread = threading.Thread(target=replace)
    thread.start()
    with pytest.raises(ChainError) as told:
        sender.chain.send(add(sender.address, counter, 3))
    thread.join()
    assert str(told.value).endswith(
        f"will never be in a block: {sender.address} sent another one in its place, with nonce 0"
    )


def test_a_node_that_dies_while_one_waits_leaves_a_hash(
    sender: Sender, counter: Address, proxy: Proxy, direct: RpcChain
) -> None:
    proxy.always("eth_getTransactionReceipt", lose_request)
    with pytest.raises(ChainError) as told:
        sender.chain.send(add(sender.address, counter, 3))
    assert re.fullmatch(
        rf"{proxy.url} broke the connection off; transaction 0x[0-9a-f]{{64}} \(nonce 0\) of {sender.address}"
        r" may have been sent: look for its hash before you send again",
        str(told.value),
    )


def test_who_does_not_want_to_wait_learns_what_was_sent(
    sender: Sender, counter: Address, proxy: Proxy, direct: RpcChain
) -> None:
    direct.node.ask("evm_setAutomine", False)
    process = in_a_process(proxy.url, sender, counter, 1)
    while not proxy.count("eth_getTransactionReceipt"):
        sleep(0.01)
    process.send_signal(signal.SIGINT)
    lines = process.communicate()[1].splitlines()
    assert re.fullmatch(
        r"decai\.errors\.Interrupted: interrupted; transaction 0x[0-9a-f]{64} has been sent, and may still "
        r"get into a block",
        lines[-1],
    )


def test_nothing_that_is_sent_or_said_shows_the_key(
    sender: Sender, counter: Address, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    sender.chain.send(add(sender.address, counter, 3))
    shown: list[Any] = [proxy.seen, caplog.text, sender.chain, vars(sender.chain)]
    if sender.signs:
        key = Keystore(iterations=2).unlock(sender.address, "word").key.hex()
        assert key not in repr(shown)
