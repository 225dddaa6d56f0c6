"""Contracts whose address follows from their code alone, so that they are at one place on every chain.

They are brought by a contract that most chains have, whose own address is the same everywhere, since it came
by a transaction that nobody has the key of. Whoever sends it a salt and the code that deploys a contract
gets the contract to the address that follows from both; a second time there is nothing left to do.
"""

from typing import Final

from decai.chain.address import checksummed
from decai.units import Address

__all__ = ["DEPLOYER", "DEPLOYER_CODE", "create2_address", "deployer_address", "deployer_data"]

DEPLOYER: Final = Address("0x4e59b44847b379578588920cA78FbF26c0B4956C")
"""The deterministic deployer."""
DEPLOYER_CODE: Final = bytes.fromhex(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f580"
    "15156039578182fd5b8082525050506014600cf3"
)
"""Its code."""
_SALT: Final = bytes(32)


def create2_address(creator: Address, salt: bytes, init_code: bytes) -> Address:
    """Where a contract gets that another one deploys by CREATE2 (EIP-1014).

    Examples
    --------
    The fifth example of the standard.

    >>> creator, salt = Address("0x00000000000000000000000000000000deadbeef"), 0xcafebabe
    >>> create2_address(creator, salt.to_bytes(32, "big"), bytes.fromhex("deadbeef"))
    '0x60f3f640a8508fC6a86d45DF051962668E1e8AC7'
    """
    from eth_utils.crypto import keccak

    digest = keccak(b"\xff" + bytes.fromhex(creator[2:]) + salt + keccak(init_code))
    return checksummed(f"0x{digest[12:].hex()}")


def deployer_address(init_code: bytes) -> Address:
    """Where the deterministic deployer brings a contract."""
    return create2_address(DEPLOYER, _SALT, init_code)


def deployer_data(init_code: bytes) -> bytes:
    """What the deterministic deployer is sent to bring a contract there."""
    return _SALT + init_code
