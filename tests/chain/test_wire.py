"""Answers of nodes are converted strictly: what is malformed is told, never guessed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decai.chain.wire import (
    address_of,
    bytes_of,
    call_of,
    has_succeeded,
    hash_of,
    hex_of,
    integer_of,
    log_of,
    mined_of,
    object_of,
)
from decai.errors import ChainError
from decai.units import Seconds, Wei

SENDER = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
COUNTER = "0x5fbdb2315678afecb367f032d93f642f64180aa3"
HASH = "0x" + "ab" * 32
LOG: dict[str, Any] = {
    "address": COUNTER,
    "topics": ["0x" + "01" * 32],
    "data": "0x0203",
    "blockNumber": "0x10",
    "transactionHash": HASH,
    "logIndex": "0x2",
    "blockHash": "0x" + "cd" * 32,
}
RECEIPT: dict[str, Any] = {
    "transactionHash": HASH,
    "blockNumber": "0x10",
    "gasUsed": "0x5208",
    "effectiveGasPrice": "0x3b9aca00",
    "contractAddress": None,
    "logs": [LOG],
    "status": "0x1",
}


@given(st.integers(0, 2**256 - 1))
def test_quantities_go_out_and_come_back(number: int) -> None:
    assert integer_of(hex_of(number), "n") == integer_of(number, "n") == number


@given(st.binary(max_size=100))
def test_data_goes_out_and_comes_back(data: bytes) -> None:
    assert bytes_of(hex_of(data), "d") == data


@pytest.mark.parametrize(
    "value", [None, "", "0x", "7", "0xg", "-0x1", -1, True, 1.0, [], {}, "0x" + "f" * 65, " 0x1"]
)
def test_what_is_no_quantity(value: Any) -> None:
    with pytest.raises(ChainError) as error:
        integer_of(value, "the nonce")
    assert str(error.value) == "the node's answer makes no sense: the nonce is missing or malformed"


@pytest.mark.parametrize("value", [None, "", "0x1", "0xg0", 7, [], "12"])
def test_what_is_no_data(value: Any) -> None:
    for convert in (bytes_of, hash_of, address_of):
        with pytest.raises(
            ChainError, match=r"^the node's answer makes no sense: it is missing or malformed$"
        ):
            convert(value, "it")


def test_hashes_and_addresses_have_their_length() -> None:
    assert hash_of(HASH, "h") == b"\xab" * 32
    assert address_of(SENDER, "a") == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    for convert, value in ((hash_of, SENDER), (address_of, HASH)):
        with pytest.raises(ChainError):
            convert(value, "it")
    with pytest.raises(ChainError):
        object_of([], "it")


def test_a_log_as_it_is() -> None:
    log = log_of(LOG, Seconds(1_700_000_000))
    assert log == (
        "0x5FbDB2315678afecb367f032d93F642f64180aa3",
        (b"\x01" * 32,),
        b"\x02\x03",
        16,
        1_700_000_000,
        b"\xab" * 32,
        2,
        b"\xcd" * 32,
    )


@pytest.mark.parametrize("part", LOG)
def test_a_log_without_a_part_is_refused(part: str) -> None:
    with pytest.raises(ChainError, match=r"of a log is missing or malformed$"):
        log_of({**LOG, part: None}, Seconds(1))


def test_a_receipt_as_it_is() -> None:
    mined = mined_of(RECEIPT, Seconds(9), None)
    # 21,000 gas at 1 gwei.
    assert (mined.transaction, mined.block, mined.gas, mined.fee) == (
        b"\xab" * 32,
        16,
        21_000,
        21_000 * 10**9,
    )
    assert (mined.contract, mined.time, mined.refusal) == (None, 9, None)
    assert mined.logs == (log_of(LOG, Seconds(9)),)
    deployed = mined_of({**RECEIPT, "contractAddress": COUNTER}, Seconds(9), "no")
    assert (deployed.contract, deployed.refusal) == ("0x5FbDB2315678afecb367f032d93F642f64180aa3", "no")


def test_the_fee_of_a_rollup_counts_what_its_data_costs() -> None:
    assert mined_of({**RECEIPT, "l1Fee": "0x64"}, Seconds(9), None).fee == Wei(21_000 * 10**9 + 100)


@pytest.mark.parametrize("part", ["transactionHash", "blockNumber", "gasUsed", "logs"])
def test_a_receipt_without_a_part_is_refused(part: str) -> None:
    with pytest.raises(ChainError, match=r"of a receipt is missing or malformed$"):
        mined_of({**RECEIPT, part: None}, Seconds(1), None)


def test_the_status_tells_of_success() -> None:
    assert has_succeeded(RECEIPT)
    assert not has_succeeded({"status": "0x0"})
    with pytest.raises(ChainError):
        has_succeeded({})


def test_a_transaction_becomes_a_call() -> None:
    sent = {"from": SENDER, "to": None, "input": "0x01", "gas": "0x10", "value": "0x0", "nonce": "0x7"}
    assert call_of(sent) == {"from": SENDER, "data": "0x01", "gas": "0x10", "value": "0x0"}
