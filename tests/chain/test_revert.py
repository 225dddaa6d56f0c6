"""Reasons of reverted calls, from what the EVM returned and from what different nodes make of it."""

from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from decai.chain.jsonrpc import RpcError
from decai.chain.revert import SILENT, has_failed, reason, refusal_of
from decai.errors import Refused


def said(text: str | bytes) -> bytes:
    """What ``revert(text)`` returns."""
    content = text.encode() if isinstance(text, str) else text
    return bytes.fromhex("08c379a0") + encode(["bytes"], [content])


SENTENCE = "stakeable: not enough time has passed"
HEX = "0x" + said(SENTENCE).hex()


def test_a_sentence_is_given_word_by_word() -> None:
    assert reason(said(SENTENCE)) == SENTENCE


@given(st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=100))
def test_any_printable_sentence_survives(text: str) -> None:
    assert reason(said(text)) == text


@given(st.binary(max_size=200))
def test_whatever_is_returned_becomes_one_printable_line(data: bytes) -> None:
    for content in (data, said(data), bytes.fromhex("08c379a0") + data, bytes.fromhex("4e487b71") + data):
        line = reason(content)
        assert line
        assert line.isprintable()


def test_nothing_of_a_hostile_contract_reaches_the_terminal() -> None:
    assert reason(said("a\x1b[31mred\nand\x07more")) == "a [31mred and more"
    assert len(reason(said("x" * 100_000))) == 1024


def test_a_length_that_is_a_lie_takes_what_is_there() -> None:
    lie = said("abc")[:4] + (32).to_bytes(32) + (2**255).to_bytes(32) + b"abc"
    assert reason(lie) == "abc"


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", SILENT),
        (said(""), SILENT),
        (
            bytes.fromhex("4e487b71") + (0x32).to_bytes(32),
            "the contract panics (0x32: an index outside of its array)",
        ),
        (bytes.fromhex("4e487b71") + (0x99).to_bytes(32), "the contract panics (0x99: nobody knows why)"),
        (
            bytes.fromhex("cf479181") + bytes(64),
            "the contract refuses with error 0xcf479181 and 64 bytes of details",
        ),
        (b"\x01\x02", "the contract refuses with error 0x0102 and 0 bytes of details"),
    ],
)
def test_what_is_no_sentence_is_described(data: bytes, line: str) -> None:
    assert reason(data) == line


@pytest.mark.parametrize(
    ("code", "message", "data"),
    [
        pytest.param(3, f"execution reverted: {SENTENCE}", HEX, id="geth, anvil"),
        pytest.param(-32000, "Execution reverted", HEX, id="besu"),
        pytest.param(-32015, "VM execution error.", f"Reverted {HEX}", id="nethermind, openethereum"),
        pytest.param(-32603, "VM Exception while processing", {"message": "m", "data": HEX}, id="hardhat"),
        pytest.param(-32603, "Internal error", {"originalError": {"code": 3, "data": HEX}}, id="wallets"),
        pytest.param(-32000, f"execution reverted: {SENTENCE}", None, id="message alone"),
        pytest.param(
            -32603,
            f"VM Exception while processing transaction: reverted with reason string '{SENTENCE}'",
            None,
            id="hardhat, message alone",
        ),
    ],
)
def test_every_kind_of_node_gives_the_same_sentence(code: int, message: str, data: Any) -> None:
    refusal = refusal_of(RpcError("http://node", "eth_call", code, message, data))
    assert isinstance(refusal, Refused)
    assert str(refusal) == SENTENCE


@pytest.mark.parametrize("data", [None, "0x", {}, 7, ["0x"]])
def test_a_revert_without_data_is_a_silent_refusal(data: Any) -> None:
    assert str(refusal_of(RpcError("http://node", "eth_call", 3, "execution reverted", data))) == SILENT


@pytest.mark.parametrize(
    ("code", "message"),
    [(-32000, "insufficient funds for transfer"), (-32602, "invalid argument"), (-32000, "header not found")],
)
def test_other_errors_are_no_refusals(code: int, message: str) -> None:
    assert refusal_of(RpcError("http://node", "eth_call", code, message)) is None


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("EVM error InvalidOperandOOG", id="anvil"),
        pytest.param("out of gas", id="geth"),
        pytest.param("invalid opcode: opcode 0xfe not defined", id="geth, an opcode"),
        pytest.param("stack underflow (0 <=> 1)", id="geth, a stack"),
        pytest.param("Invalid opcode: 0xfe", id="besu"),
        pytest.param("BadInstruction", id="nethermind"),
    ],
)
def test_code_that_comes_to_no_end_is_told_from_a_node_that_fails(message: str) -> None:
    assert has_failed(RpcError("http://node", "eth_call", -32000, message))
    assert not has_failed(RpcError("http://node", "eth_call", -32000, "header not found"))
