"""What the code of a clone looks like, and whether the factory made it.

It is 45 bytes that hand every call on to an implementation (EIP-1167), a word that makes its address its own,
and its data. Specified in ``docs/mechanism.md#clones``.
"""

from typing import Final

from decai.chain.address import checksummed
from decai.chain.create2 import create2_address
from decai.chain.data_contract import deployment_of
from decai.chain.factory import FACTORY
from decai.units import Address

__all__ = ["clone_code", "implementation_of", "is_from_factory", "salt_of"]

_BEFORE: Final = bytes.fromhex("363d3d373d3d3d363d73")
_BEHIND: Final = bytes.fromhex("5af43d82803e903d91602b57fd5bf3")
_ADDRESS: Final = slice(10, 30)
_PROXY: Final = 45
_SALT: Final = slice(_PROXY, _PROXY + 32)


def clone_code(implementation: Address, salt: bytes, data: bytes) -> bytes:
    """The code of a clone.

    Parameters
    ----------
    implementation
        Whose code it shares.
    salt
        What makes its address its own: 20 bytes of whoever had it made, and its number.
    data
        What else is its own, ``Clone.data``.
    """
    return _BEFORE + bytes.fromhex(implementation[2:]) + _BEHIND + salt + data


def implementation_of(code: bytes) -> Address | None:
    """Whose code a contract shares; None if it has its code for itself."""
    if not code.startswith(_BEFORE) or code[_ADDRESS.stop : _PROXY] != _BEHIND:
        return None
    return checksummed(f"0x{code[_ADDRESS].hex()}")


def salt_of(code: bytes) -> bytes:
    """What makes the address of a clone its own."""
    return code[_SALT]


def is_from_factory(address: Address, code: bytes) -> bool:
    """Whether the factory has made a clone at this address with this code.

    It follows from the address, so it can neither be forged nor forgotten. The factory lets a clone begin in
    the transaction that makes it, by the implementation that its code names.
    """
    return create2_address(FACTORY, salt_of(code), deployment_of(code)) == address
