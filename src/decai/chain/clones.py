"""Contracts that share their code: what one is on a chain, what it needs there, and whether the factory made it.

A clone's code is 45 bytes that hand every call on to an implementation (EIP-1167), a word that makes its
address its own, and its data. Implementation and factory are at addresses that follow from their code, so they
are there once on a chain, whoever brought them. Specified in ``docs/mechanism.md#clones``.
"""

from dataclasses import dataclass
from typing import Final

from decai.chain.abi import call_data
from decai.chain.address import checksummed
from decai.chain.base import Mined, Reader
from decai.chain.compiler import compile_composition
from decai.chain.compose_clone import Clone
from decai.chain.create2 import DEPLOYER, DEPLOYER_CODE, create2_address, deployer_address
from decai.chain.data_contract import deployment_of
from decai.chain.factory import FACTORY, compiled_factory
from decai.errors import ChainError
from decai.units import Address

__all__ = [
    "SharedPart",
    "clone_call",
    "clone_code",
    "implementation_of",
    "is_from_factory",
    "made_clone",
    "require_deployer",
    "salt_of",
    "shared_parts",
]

_BEFORE: Final = bytes.fromhex("363d3d373d3d3d363d73")
_BEHIND: Final = bytes.fromhex("5af43d82803e903d91602b57fd5bf3")
_PROXY: Final = 45
_ADDRESS: Final = slice(10, 30)
_SALT: Final = slice(_PROXY, _PROXY + 32)
_NOTHING: Final = ("", "", "", (), (0,), (0,))
"""What the constructor of an implementation is given, which has nothing of its own."""


@dataclass(frozen=True, slots=True)
class SharedPart:
    """A contract that clones share."""

    title: str
    address: Address
    """Where it is, on every chain."""
    init_code: bytes
    """What brings it there, by the deterministic deployer."""
    code: bytes
    """What it has there."""

    def is_on(self, chain: Reader) -> bool:
        """Whether it is on a chain already.

        Raises
        ------
        ChainError
            If something else is at its address, or there is no answer.
        """
        found = chain.code(self.address)
        if found and found != self.code:
            raise ChainError(
                f"the code at {self.address} on chain {chain.chain_id} is not the {self.title} that it should "
                "be; nothing is deployed that relies on it"
            )
        return bool(found)


def shared_parts(clone: Clone) -> tuple[SharedPart, SharedPart]:
    """The implementation that a clone hands its calls on to, and the factory that makes it.

    Raises
    ------
    InputError
        If the implementation does not compile, or would be larger than a chain takes.
    MissingError
        If there is no compiler.
    """
    from eth_abi.abi import encode

    compiled = compile_composition(clone)
    arguments = encode(["string", "string", "string", "string[]", "uint256[1]", "uint256[1]"], _NOTHING)
    # Its constructor leaves all immutable values as they are.
    code = compiled.runtime_code + bytes(compiled.immutable_bytes)
    factory = compiled_factory()
    return (
        _part("implementation", compiled.init_code + arguments, code),
        _part("factory", factory.init_code, factory.runtime_code),
    )


def _part(title: str, init_code: bytes, code: bytes) -> SharedPart:
    return SharedPart(title, deployer_address(init_code), init_code, code)


def require_deployer(chain: Reader) -> None:
    """Make sure that a chain has the deterministic deployer.

    Raises
    ------
    ChainError
        If it has not, or there is no answer.
    """
    if chain.code(DEPLOYER) != DEPLOYER_CODE:
        raise ChainError(
            f"chain {chain.chain_id} lacks the deterministic deployer at {DEPLOYER}, which brings what clones "
            "share; have it brought there (docs/mechanism.md#clones says how), or deploy without --clone"
        )


def clone_call(clone: Clone, implementation: Address) -> bytes:
    """What the factory is sent to make a clone."""
    return call_data("clone(address,bytes)", implementation, clone.data)


def made_clone(mined: Mined) -> Address:
    """Where the clone is that a transaction has had the factory make.

    Raises
    ------
    ChainError
        If it does not tell.
    """
    from eth_utils.crypto import keccak

    told = keccak(b"Cloned(address,address,address)")
    for log in mined.logs:
        if log.address == FACTORY and log.topics[0] == told:
            return checksummed(f"0x{log.topics[1][12:].hex()}")
    raise ChainError("the factory made no clone")


def clone_code(implementation: Address, salt: bytes, data: bytes) -> bytes:
    """The code of a clone.

    Parameters
    ----------
    implementation
        Whose code it shares.
    salt
        What makes its address its own, from the factory.
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

    It follows from the address, so it can neither be forged nor forgotten. The factory lets a clone begin in the
    transaction that makes it, by the implementation that its code names.
    """
    return create2_address(FACTORY, salt_of(code), deployment_of(code)) == address
