"""Events are read whole and in order from nodes that give little at once, each in its own way."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from decai.chain.jsonrpc import JsonRpc, NoAnswer, RpcError
from decai.chain.log_reader import LogReader
from decai.errors import ChainError
from decai.units import Address
from tests.chain.proxy import Answer, Proxy, Trick, answer, error, lose_request, proxied, result

pytestmark = pytest.mark.usefixtures("impatient")

COUNTER = Address("0x5FbDB2315678afecb367f032d93F642f64180aa3")


def block_hash(block: int) -> str:
    return f"0x{block:064x}"


def log(block: int, position: int, **parts: Any) -> dict[str, Any]:
    return {
        "address": COUNTER.lower(),
        "topics": [],
        "data": "0x",
        "blockNumber": hex(block),
        "blockHash": block_hash(block),
        "transactionHash": "0x" + "ab" * 32,
        "logIndex": hex(position),
        **parts,
    }


class History(Proxy):
    """A node with a log in some blocks, which gives at most some blocks at once."""

    def __init__(self, most: int, refusal: Trick, every: int = 3) -> None:
        super().__init__("http://127.0.0.1:9")
        self.most = most
        self.every = every
        self.refusal = refusal
        self.spans: list[int] = []

    def handle(self, body: bytes) -> Answer:
        request = json.loads(body)
        if isinstance(request, list):
            self.seen.append(("batch", request))
            answers = [
                {"id": each["id"], "result": {"timestamp": hex(1000 + int(each["params"][0], 16))}}
                for each in request
            ]
            return Answer(json.dumps(answers).encode())
        (wanted,) = request["params"]
        first, last = int(wanted["fromBlock"], 16), int(wanted["toBlock"], 16)
        if last - first + 1 > self.most:
            given = self.refusal(lambda: b"")
            assert given is not None
            return given
        self.spans.append(last - first + 1)
        logs = [log(block, 0) for block in range(first, last + 1) if block % self.every == 0]
        given = result(list(reversed(logs)))(lambda: b"")
        assert given is not None
        return given


@pytest.fixture
def node() -> Iterator[Callable[[Proxy], LogReader]]:
    """Makes readers of proxies."""
    with ExitStack() as stack:
        yield lambda proxy: LogReader(JsonRpc(stack.enter_context(proxied(proxy)).url, timeout=5))


REFUSALS = [
    pytest.param(error(-32005, "query returned more than 10000 results"), id="results"),
    pytest.param(error(-32600, "eth_getLogs is limited to a 10 block range", status=400), id="blocks"),
    pytest.param(error(-32000, "Log response size exceeded"), id="bytes"),
    pytest.param(error(-32602, "block range is too wide"), id="range"),
    pytest.param(answer("", 503), id="overload"),
]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_however_a_node_refuses_much_all_is_read_in_pieces(
    node: Callable[[Proxy], LogReader], refusal: Trick
) -> None:
    history = History(10, refusal)
    logs = list(node(history).read(COUNTER, 5, 250))
    assert [each.block for each in logs] == [block for block in range(5, 251) if block % 3 == 0]
    assert [each.time for each in logs] == [1000 + each.block for each in logs]
    assert sum(history.spans) == 246
    assert max(history.spans) <= 10


def test_a_generous_node_is_asked_for_ever_more(node: Callable[[Proxy], LogReader]) -> None:
    history = History(10**9, error(-1, "never"))
    reader = node(history)
    assert len(list(reader.read(COUNTER, 0, 79_999))) == 26_667
    assert history.spans == [10_000, 20_000, 40_000, 10_000]
    asked = history.count("batch")
    # 26,667 times in batches of 100, piece by piece; the second time they are known.
    assert asked == 34 + 67 + 134 + 34
    list(reader.read(COUNTER, 0, 79_999))
    assert history.count("batch") == asked


def test_no_blocks_no_questions(node: Callable[[Proxy], LogReader]) -> None:
    history = History(10, error(-1, "never"))
    assert list(node(history).read(COUNTER, 5, 4)) == []
    assert history.spans == []


def test_a_node_that_refuses_a_single_block_is_told(node: Callable[[Proxy], LogReader]) -> None:
    proxy = Proxy("http://127.0.0.1:9")
    proxy.always("eth_getLogs", error(-32000, "missing trie node"))
    with pytest.raises(RpcError, match=r"missing trie node$"):
        list(node(proxy).read(COUNTER, 0, 1023))
    # 1,024 blocks, then 512, and so on down to one.
    assert proxy.count("eth_getLogs") == 11


@pytest.mark.parametrize(
    ("trick", "kind"), [(error(-32601, "no such method"), RpcError), (answer("", 401), ChainError)]
)
def test_what_no_smaller_piece_would_mend_is_not_tried(
    node: Callable[[Proxy], LogReader], trick: Trick, kind: type[ChainError]
) -> None:
    proxy = Proxy("http://127.0.0.1:9")
    proxy.always("eth_getLogs", trick)
    with pytest.raises(kind):
        list(node(proxy).read(COUNTER, 0, 1023))
    assert proxy.count("eth_getLogs") == 1


def test_a_node_that_is_gone_is_told(node: Callable[[Proxy], LogReader]) -> None:
    proxy = Proxy("http://127.0.0.1:9")
    proxy.always("eth_getLogs", lose_request)
    with pytest.raises(NoAnswer):
        list(node(proxy).read(COUNTER, 0, 1))


def test_only_logs_of_blocks_are_events_and_their_order_is_theirs(node: Callable[[Proxy], LogReader]) -> None:
    proxy = Proxy("http://127.0.0.1:9")
    known = {"blockTimestamp": "0x7"}
    given = [
        log(9, 1, **known),
        log(8, 300, **known),
        log(9, 0, blockTimestamp=7),
        log(9, 2, removed=True),
        log(9, 3, blockHash=None, blockNumber=None),
    ]
    proxy.always("eth_getLogs", result(given))
    logs = list(node(proxy).read(COUNTER, 0, 9))
    assert [(each.block, each.position, each.time) for each in logs] == [(8, 300, 7), (9, 0, 7), (9, 1, 7)]
    assert all(each.address == COUNTER for each in logs)
    # The times stood with the logs.
    assert [method for method, _ in proxy.seen] == ["eth_getLogs"]


@pytest.mark.parametrize("given", [None, {}, "0x", [7], [log(1, 0, data="x")], [log(1, 0, blockHash="0x1")]])
def test_logs_that_make_no_sense_are_told(node: Callable[[Proxy], LogReader], given: Any) -> None:
    proxy = Proxy("http://127.0.0.1:9")
    proxy.always("eth_getLogs", result(given))
    proxy.always("eth_getBlockByHash", result({"timestamp": "0x1"}))
    with pytest.raises(ChainError, match=r"makes no sense"):
        list(node(proxy).read(COUNTER, 0, 9))


def test_after_a_refusal_it_grows_again_when_the_node_has_given_much(
    node: Callable[[Proxy], LogReader],
) -> None:
    history = History(10_000, error(-32005, "too many blocks"), every=5_000)
    reader = node(history)
    list(reader.read(COUNTER, 0, 59_999))
    # 10,000 was given, and 20,000 refused.
    assert history.spans == [10_000] * 6
    history.most = 10**6
    list(reader.read(COUNTER, 0, 999_999))
    assert sum(history.spans) == 1_060_000
    assert history.spans[6:50] == [10_000] * 44
    assert max(history.spans) > 100_000


def test_many_contracts_are_asked_for_in_few_requests(node: Callable[[Proxy], LogReader]) -> None:
    addresses = [Address(f"0x{number:040x}") for number in range(1, 251)]
    proxy = Proxy("http://127.0.0.1:9")
    proxy.always("eth_getLogs", result([log(7, 0, blockTimestamp="0x7"), log(3, 5, blockTimestamp="0x3")]))
    pieces = list(node(proxy).pieces(addresses, 0, 9_999, [bytes(32), bytes([1]) * 32]))
    wanted = [parameters[0] for parameters in proxy.parameters("eth_getLogs")]
    assert [len(each["address"]) for each in wanted] == [100, 100, 50]
    assert [address for each in wanted for address in each["address"]] == addresses
    assert {tuple(each["topics"][0]) for each in wanted} == {("0x" + "00" * 32, "0x" + "01" * 32)}
    ((end, logs),) = pieces
    assert (end, [each.place for each in logs]) == (9_999, [(3, 5)] * 3 + [(7, 0)] * 3)
    assert logs[0].block_hash.hex() == block_hash(3)[2:]
