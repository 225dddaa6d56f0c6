"""Addresses: the checksum of EIP-55, and one clear line for what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decai.chain.address import checksummed, contract_address, parse_address
from decai.errors import InputError
from decai.units import Address

# From the text of EIP-55.
SAMPLES = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]


@pytest.mark.parametrize("address", SAMPLES)
def test_checksums_are_those_of_eip_55(address: str) -> None:
    assert checksummed(address.lower()) == address
    assert parse_address(f" {address}\n") == address
    assert parse_address(address.lower()) == address
    assert parse_address("0X" + address[2:].upper()) == address


@given(st.binary(min_size=20, max_size=20))
def test_an_address_is_read_as_it_is_written(content: bytes) -> None:
    address = checksummed("0x" + content.hex())
    assert parse_address(address) == address
    assert bytes.fromhex(address[2:]) == content


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "an address is needed: 0x and 40 hexadecimal digits"),
        ("vitalik.eth", "'vitalik.eth' is a name; decai looks up no names, so give the address itself"),
        (SAMPLES[0][:-1], f"'{SAMPLES[0][:-1]}' is no address: it has 39 hexadecimal digits, not 40"),
        (SAMPLES[0] + "a", f"'{SAMPLES[0]}a' is no address: it has 41 hexadecimal digits, not 40"),
        (SAMPLES[0][2:], f"'{SAMPLES[0][2:]}' is no address: it does not begin with 0x"),
        ("0x" + "g" * 40, f"'0x{'g' * 40}' is no address; one is 0x and 40 hexadecimal digits"),
        ("0.5", "'0.5' is no address; one is 0x and 40 hexadecimal digits"),
        (
            SAMPLES[2].swapcase().replace("X", "x"),
            f"'0x{SAMPLES[2][2:].swapcase()}' is mistyped: its upper and lower case letters do not fit "
            "its digits (EIP-55)",
        ),
    ],
)
def test_what_is_no_address_is_told_in_one_line(text: str, line: str) -> None:
    with pytest.raises(InputError) as error:
        parse_address(text)
    assert str(error.value) == line


def test_a_private_key_given_by_mistake_is_not_repeated() -> None:
    key = "0x" + "4c0883a69102937d6231471b5dbb6204" * 2
    with pytest.raises(InputError) as error:
        parse_address(key)
    assert str(error.value) == ("text of 66 characters is no address: it has 64 hexadecimal digits, not 40")


@pytest.mark.parametrize(
    ("nonce", "contract"),
    # Well known: the first contracts of the first account of every node for development.
    [
        (0, "0x5FbDB2315678afecb367f032d93F642f64180aa3"),
        (1, "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"),
        (2, "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0"),
    ],
)
def test_a_contract_lands_where_its_sender_and_nonce_say(nonce: int, contract: str) -> None:
    sender = Address("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
    assert contract_address(sender, nonce) == contract
