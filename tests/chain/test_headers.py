"""Headers are what the node says, if that can be."""

from itertools import pairwise
from typing import Any

import pytest

from decai.chain.headers import Header, headers, latest_header
from decai.chain.jsonrpc import JsonRpc
from decai.chain.local_node.anvil import rpc
from decai.errors import ChainError
from decai.units import Seconds
from tests.chain.proxy import Proxy, proxied, result


def test_headers_are_a_chain(anvil: str) -> None:
    rpc(anvil, "anvil_mine", "0x5")
    node = JsonRpc(anvil)
    found = headers(node, range(6))
    assert [header.number for header in found if header] == list(range(6))
    for before, header in pairwise(found):
        assert before is not None
        assert header is not None
        assert header.parent == before.hash
        assert header.time >= before.time
    assert latest_header(node) == found[-1]
    assert headers(node, [6, 2, 10**6]) == [None, found[2], None]


GOOD: dict[str, Any] = {
    "number": "0x5",
    "hash": "0x" + "11" * 32,
    "parentHash": "0x" + "22" * 32,
    "timestamp": "0x7",
}


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "0x",
        {**GOOD, "number": None},
        {**GOOD, "number": "0x6"},
        {**GOOD, "hash": "0x11"},
        {**GOOD, "parentHash": 7},
        {**GOOD, "timestamp": "soon"},
        {**GOOD, "timestamp": "0x" + "f" * 60},
        {**GOOD, "number": "0x8000000000000000"},
    ],
)
def test_headers_that_make_no_sense_are_one_line(answer: Any) -> None:
    with proxied(Proxy("http://127.0.0.1:9")) as proxy:
        node = JsonRpc(proxy.url)
        proxy.always("eth_getBlockByNumber", result(GOOD))
        assert headers(node, [5]) == [Header(5, b"\x11" * 32, b"\x22" * 32, Seconds(7))]
        proxy.always("eth_getBlockByNumber", result(answer))
        if answer is None:
            assert headers(node, [5]) == [None]
        with pytest.raises(ChainError, match=r"^the node's answer makes no sense: "):
            assert headers(node, [5]) is None or latest_header(node)
