"""Addresses: their checksummed form (EIP-55), and reading one that a person typed."""

import re
from functools import lru_cache
from typing import Final

from decai.errors import InputError
from decai.units import Address

__all__ = ["checksummed", "contract_address", "parse_address"]

_DIGITS: Final = re.compile(r"[0-9a-fA-F]+")
_NUM_DIGITS: Final = 40
_SHOWN: Final = 46
"""Longer texts are not repeated: somebody may have pasted a private key."""


@lru_cache(maxsize=65_536)
def checksummed(address: str) -> Address:
    """The EIP-55 form of an address that a node gave, in any case of letters.

    Examples
    --------
    >>> checksummed("0x5fbdb2315678afecb367f032d93f642f64180aa3")
    '0x5FbDB2315678afecb367f032d93F642f64180aa3'
    """
    from eth_utils.address import to_checksum_address

    return Address(to_checksum_address(address))


def contract_address(sender: Address, nonce: int) -> Address:
    """Where the contract will be that `sender` deploys by the transaction with this nonce.

    Examples
    --------
    >>> contract_address(Address("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"), 0)
    '0x5FbDB2315678afecb367f032d93F642f64180aa3'
    """
    import rlp
    from eth_utils.crypto import keccak

    encoded: bytes = rlp.encode([bytes.fromhex(sender[2:]), nonce])
    return checksummed("0x" + keccak(encoded)[12:].hex())


def parse_address(text: str) -> Address:
    """Read an address that somebody typed or pasted.

    Parameters
    ----------
    text
        ``0x`` and 40 hexadecimal digits. Letters in both cases must have the checksum of EIP-55.

    Raises
    ------
    InputError
        If it is no address, or its checksum is wrong.

    Examples
    --------
    >>> parse_address(" 0x5fbdb2315678afecb367f032d93f642f64180aa3")
    '0x5FbDB2315678afecb367f032d93F642f64180aa3'
    """
    given = text.strip()
    shown = repr(given) if len(given) <= _SHOWN else f"text of {len(given):,} characters"
    if not given:
        raise InputError("an address is needed: 0x and 40 hexadecimal digits")
    if given.rpartition(".")[1] and given.rpartition(".")[2].isalpha():
        raise InputError(f"{shown} is a name; decai looks up no names, so give the address itself")
    digits = given[2:] if given[:2] in ("0x", "0X") else given
    if _DIGITS.fullmatch(digits) is None:
        raise InputError(f"{shown} is no address; one is 0x and {_NUM_DIGITS} hexadecimal digits")
    if len(digits) != _NUM_DIGITS:
        raise InputError(
            f"{shown} is no address: it has {len(digits):,} hexadecimal digits, not {_NUM_DIGITS}"
        )
    if digits is given:
        raise InputError(f"{shown} is no address: it does not begin with 0x")
    address = checksummed(f"0x{digits.lower()}")
    if digits not in (address[2:], digits.lower(), digits.upper()):
        raise InputError(
            f"{shown} is mistyped: its upper and lower case letters do not fit its digits (EIP-55)"
        )
    return address
