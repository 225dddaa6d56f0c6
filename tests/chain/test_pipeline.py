"""Many transactions at a time keep their order and their times, whatever each of them does."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from decai.chain.base import Transaction
from decai.chain.evm import EvmChain
from decai.chain.pipeline import PipelinedChain, answers_in_order
from decai.errors import ChainError, Refused
from decai.units import ETHER, Address, Seconds, Wei
from tests.chain.counter import add, count, data, deploy

SOMEBODY = Address("0x1111111111111111111111111111111111111111")
OTHER = Address("0x2222222222222222222222222222222222222222")


@pytest.fixture
def chain(anvil: str) -> PipelinedChain:
    chain = PipelinedChain(anvil)
    for person in (SOMEBODY, OTHER):
        chain.set_balance(person, ETHER)
    return chain


def test_each_has_a_block_of_exactly_its_time_in_order(chain: PipelinedChain) -> None:
    counter, begin = deploy(chain), chain.now + 10
    times = [Seconds(begin + n // 3 * (10**6 if n % 7 == 0 else 1)) for n in range(200)]
    times.sort()
    senders = [OTHER if n * n % 5 == 1 else SOMEBODY for n in range(200)]
    done: list[tuple[int, int]] = []
    mined = chain.send_many(
        [add(sender, counter, 10 + n, value=n) for n, sender in enumerate(senders)],
        times,
        lambda *step: done.append(step),
    )
    assert [one.time for one in mined] == times
    assert [one.block for one in mined] == list(range(mined[0].block, mined[0].block + 200))
    assert {(one.refusal, one.fee) for one in mined} == {(None, 0)}
    assert done == [(n + 1, 200) for n in range(200)]
    logs = list(chain.logs(counter, 0))
    assert [int.from_bytes(log.data) for log in logs] == list(range(10, 210))
    assert [log.topics[1][12:].hex() for log in logs] == [sender[2:] for sender in senders]
    assert logs == [log for one in mined for log in one.logs]
    assert chain.balance(counter) == sum(range(200))


def test_each_says_why_it_was_refused_and_the_others_go_on(chain: PipelinedChain) -> None:
    counter, now = deploy(chain), chain.now
    mined = chain.send_many(
        [
            add(SOMEBODY, counter, 1),
            add(SOMEBODY, counter, 7),
            add(SOMEBODY, counter, 2, value=2 * ETHER),
            Transaction(SOMEBODY, counter, data("silent()")),
            add(OTHER, counter, 3),
            add(SOMEBODY, counter, 4),
        ],
        [now] * 6,
    )
    said = [one.refusal for one in mined]
    assert said[2] is not None
    assert "nsufficient funds" in said[2]
    assert [*said[:2], *said[3:]] == [
        None,
        "counter: seven is refused",
        "the contract refuses without a word",
        None,
        None,
    ]
    assert count(chain, counter) == 3


def test_it_gives_what_the_chain_in_this_process_gives(chain: PipelinedChain) -> None:
    def played(one: PipelinedChain | EvmChain) -> list[tuple[object, ...]]:
        counter, begin = deploy(one), one.now + 5
        transactions = [
            add(SOMEBODY if n % 3 else OTHER, counter, n % 9, value=ETHER if n == 17 else n)
            for n in range(60)
        ]
        mined = one.send_many(transactions, [Seconds(begin + n // 4) for n in range(60)])
        return [(each.time - begin, each.refusal is None, [log.data for log in each.logs]) for each in mined]

    ours = EvmChain({chain.accounts[0]: ETHER, SOMEBODY: ETHER, OTHER: ETHER}, Seconds(1_700_000_000))
    assert played(chain) == played(ours)


def test_more_than_all_buffers_hold(chain: PipelinedChain) -> None:
    counter, now = deploy(chain), chain.now
    padding = bytes(30_000)
    many = [Transaction(SOMEBODY, counter, data("add(uint256)", n) + padding) for n in range(10, 310)]
    mined = chain.send_many(many, [now] * 300)
    assert [int.from_bytes(one.logs[0].data) for one in mined] == list(range(10, 310))


def test_nothing_to_send(chain: PipelinedChain) -> None:
    assert (chain.send_many([], []), chain.block) == ([], 0)


def test_times_that_fall_or_lie_in_the_past_are_refused(chain: PipelinedChain) -> None:
    counter, now = deploy(chain), chain.now
    two = [add(SOMEBODY, counter, 1)] * 2
    for times in ([now + 9, now + 8], [now - 1, now]):
        with pytest.raises(Refused, match=r"^chain: time never goes back$"):
            chain.send_many(two, [Seconds(time) for time in times])
    assert count(chain, counter) == 0


def http(body: bytes, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\ncontent-length: %d\r\n\r\n%s" % (status, len(body), body)


@contextmanager
def server(*said: bytes) -> Iterator[str]:
    """Says this to whoever connects, whatever he asks, and breaks off."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with listener.accept()[0] as connection:
                connection.sendall(b"".join(said))
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65_536):
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


class TestBrokenOff:
    @pytest.mark.parametrize(
        ("said", "why"),
        [
            ((), "it ended"),
            ((http(b"1"), http(b"22")[:-1]), "it ended in the middle of an answer"),
            ((http(b"1"), http(b"2", b"500 Internal Server Error")), "its answer is none of HTTP"),
            ((http(b"1"), b"HTTP/1.1 200 OK\r\n\r\n2"), "its answer is none of HTTP"),
            ((http(b"1"), http(b"{")), "Expecting property name"),
        ],
    )
    def test_is_one_line(self, said: tuple[bytes, ...], why: str) -> None:
        with (
            server(*said) as url,
            pytest.raises(ChainError, match=rf"^{url}: the node broke the connection off \({why}"),
        ):
            list(answers_in_order(url, [b"[]"] * 3))

    def test_does_not_take_back_what_was_answered(self) -> None:
        with server(http(b"1"), http(b"[2]")) as url:
            answers = answers_in_order(url, [b"[]"])
            assert list(answers) == [1]

    def test_before_anything_was_sent(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(ChainError, match=r"the node broke the connection off \(.*refused\)$"):
            list(answers_in_order(url, [b"[]"]))

    def test_in_the_middle_of_many(self, chain: PipelinedChain) -> None:
        bodies = [json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}).encode()] * 5
        answers = answers_in_order(chain.node.place, bodies)
        assert next(answers) == {"jsonrpc": "2.0", "id": 1, "result": "0x7a69"}
        answers.close()
        assert chain.balance(OTHER) == Wei(ETHER)
