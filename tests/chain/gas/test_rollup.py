"""What data costs on a rollup: against other implementations, and against the format itself."""

import random

import pytest

from decai.chain.gas.rollup import RollupPrices, compressed_size, signed

CALL = bytes.fromhex(
    "02f901550a758302df1483be21b88304743f94f80e51afb613d764fa61751affd3313c190a86bb870151bd62fd12adb8"
    "e41ef24f3f000000000000000000000000000000000000000000000000000000000000006e000000000000000000000000"
    "af88d065e77c8cc2239327c5edb3a432268e5831000000000000000000000000000000000000000000000000000000000003"
    "c1e5000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "000000000000000000000000000000a0000000000000000000000000000000000000000000000000000000000000001"
    "48c89ed219d02f1a5be012c689b4f5b731827bebe000000000000000000000000c001a033fd89cb37c31b2cba46b6466e04"
    "0c61fc9b2a3675a7f5f493ebd5ad77c497f8a07cdf65680e238392693019b4092f610222e71b7cec06449cb922b93b6a12744e"
)
"""The call of a contract that implementations of the OP Stack are tested with."""
EMPTY = bytes.fromhex("dd80808094095e7baea6a6c7c4c2dfeb977efac326af552d878080808080")


@pytest.mark.parametrize(
    ("data", "size"),
    [(b"", 0), (b"\1" * 1_000, 21), (bytes(1_000), 21), (EMPTY, 31), (CALL, 202)],
    ids=["nothing", "ones", "zeros", "an empty transaction", "a call"],
)
def test_compressed_sizes_are_those_of_other_implementations(data: bytes, size: int) -> None:
    assert compressed_size(data) == size


@pytest.mark.parametrize(("data", "fee"), [(bytes.fromhex("facade"), 1_700), (CALL, 2_148)])
def test_data_fees_are_those_of_other_implementations(data: bytes, fee: int) -> None:
    prices = RollupPrices(
        1, base_fee=1_000, blob_base_fee=1_000, base_fee_scalar=1_000, blob_base_fee_scalar=1_000
    )
    assert prices.data_fee(compressed_size(data)) == fee


def test_noise_cannot_be_compressed() -> None:
    # Every 32 literals take one byte more.
    noise = random.Random(1).randbytes(3_200)
    assert compressed_size(noise) == 3_300


def test_what_was_seen_before_takes_three_bytes_for_264() -> None:
    # The first two bytes are never looked for again. 266 literals take 9 bytes more,
    # and the last 12 one more.
    noise = random.Random(5).randbytes(264)
    assert compressed_size(b"ab" + noise + noise + b"the end.....") == 266 + 9 + 3 + 12 + 1


@pytest.mark.parametrize(("between", "is_found"), [(8_000, True), (8_192, False)])
def test_nothing_is_found_that_is_too_far_away(between: int, is_found: bool) -> None:
    rng = random.Random(3)
    word, noise = rng.randbytes(40), rng.randbytes(between)
    data = word + noise + word
    # Literals take 33 bytes for 32. The word is found for 3 bytes instead of 40; noise has hardly anything.
    spared = len(data) + len(data) // 32 - compressed_size(data)
    assert spared >= 25 if is_found else spared <= 5


def test_a_signed_transaction_holds_its_data_and_can_be_decoded() -> None:
    from eth_account import Account

    raw = signed("0x" + "11" * 20, b"decai" * 9, 5)
    assert b"decai" * 9 in raw
    assert Account.recover_transaction(raw).startswith("0x")
    assert signed(None, b"code", 0) != signed("0x" + "11" * 20, b"code", 0)


def test_execution_is_paid_by_gas() -> None:
    assert RollupPrices(7, 0, 0, 0, 0).execution_fee(3) == 21
