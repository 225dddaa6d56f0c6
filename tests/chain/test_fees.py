"""What is offered for gas, from what nodes with and without base fees tell."""

from collections.abc import Iterator

import pytest

from decai.chain.fees import MAX_GAS, Fees, current_fees, gas_limit
from decai.chain.jsonrpc import JsonRpc
from decai.errors import ChainError
from decai.units import Wei
from tests.chain.proxy import Proxy, error, proxied, result

GWEI = 10**9


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with proxied("http://127.0.0.1:9") as one:
        yield one


def test_twice_the_base_fee_and_the_tip(proxy: Proxy) -> None:
    proxy.always("eth_getBlockByNumber", result({"baseFeePerGas": hex(30 * GWEI)}))
    proxy.always("eth_maxPriorityFeePerGas", result(hex(2 * GWEI)))
    fees = current_fees(JsonRpc(proxy.url))
    assert fees == Fees(Wei(62 * GWEI), Wei(2 * GWEI))
    assert fees.fields() == {"maxFeePerGas": hex(62 * GWEI), "maxPriorityFeePerGas": hex(2 * GWEI)}


@pytest.mark.parametrize(("price", "tip"), [(33 * GWEI, 3 * GWEI), (30 * GWEI, GWEI), (7 * GWEI, GWEI)])
def test_without_a_word_on_tips_the_price_says_it(proxy: Proxy, price: int, tip: int) -> None:
    proxy.always("eth_getBlockByNumber", result({"baseFeePerGas": hex(30 * GWEI)}))
    proxy.always("eth_maxPriorityFeePerGas", error(-32601, "the method does not exist"))
    proxy.always("eth_gasPrice", result(hex(price)))
    assert current_fees(JsonRpc(proxy.url)) == Fees(Wei(60 * GWEI + tip), Wei(tip))


def test_a_chain_without_base_fees_has_one_price(proxy: Proxy) -> None:
    proxy.always("eth_getBlockByNumber", result({"number": "0x1"}))
    proxy.always("eth_gasPrice", result(hex(5 * GWEI)))
    fees = current_fees(JsonRpc(proxy.url))
    assert fees == Fees(Wei(5 * GWEI), None)
    assert fees.fields() == {"gasPrice": hex(5 * GWEI)}


@pytest.mark.parametrize("block", [None, [], {"baseFeePerGas": "much"}])
def test_an_answer_that_makes_no_sense_is_told(proxy: Proxy, block: object) -> None:
    proxy.always("eth_getBlockByNumber", result(block))
    with pytest.raises(
        ChainError, match=r"^the node's answer makes no sense: the (latest block|base fee) is"
    ):
        current_fees(JsonRpc(proxy.url))


def test_limits_leave_room_but_not_above_what_a_transaction_may_use() -> None:
    assert gas_limit(21_000) == 26_250
    assert gas_limit(MAX_GAS - 1) == MAX_GAS
    assert gas_limit(MAX_GAS) == MAX_GAS
    assert gas_limit(MAX_GAS + 1) == MAX_GAS + 1
