"""Data contracts hold words behind a STOP byte, as many as a contract may have."""

import pytest
from eth_utils.crypto import keccak

from decai.chain.base import Transaction
from decai.chain.data_contract import WORDS_IN_CONTRACT, data_codes, deployment_of
from decai.chain.evm import EvmChain
from decai.units import Address, Wei

SENDER = Address("0x" + "1" * 40)
WORDS = [int.from_bytes(keccak(number.to_bytes(4, "big")), "big") for number in range(2 * 767 + 5)]


def test_words_fill_contracts_of_the_largest_size() -> None:
    codes = data_codes(WORDS)
    # 767 words of 32 bytes and the STOP byte are 24,545 bytes of at most 24,576.
    assert [len(code) for code in codes] == [24_545, 24_545, 161]
    assert WORDS_IN_CONTRACT == 767
    assert all(code[0] == 0 for code in codes)
    held = b"".join(code[1:] for code in codes)
    assert [int.from_bytes(held[at : at + 32], "big") for at in range(0, len(held), 32)] == WORDS


def test_no_words_need_no_contract() -> None:
    assert data_codes([]) == []


@pytest.mark.parametrize("number", [0, 2])
def test_deploys_the_very_code(number: int) -> None:
    chain = EvmChain({SENDER: Wei(10**18)})
    code = data_codes(WORDS)[number] + b"\x07"  # the chain in this process cuts zeros off at the end
    mined = chain.send(Transaction(SENDER, None, deployment_of(code)))
    assert mined.contract is not None
    assert chain.code(mined.contract) == code
    # Nobody can run it: the STOP byte ends every call.
    assert chain.call(mined.contract, b"\x01\x02") == b""
