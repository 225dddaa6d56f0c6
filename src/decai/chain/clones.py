"""What clones share on a chain: their implementation and the factory, and having the factory make one.

Both are at addresses that follow from their code, so they are there once on a chain, whoever brought them.
Specified in ``docs/mechanism.md#clones``.
"""

from dataclasses import dataclass

from decai.chain.abi import call_data
from decai.chain.address import checksummed
from decai.chain.base import Mined, Reader
from decai.chain.compiler import compile_composition
from decai.chain.compose import encoded_arguments
from decai.chain.compose_clone import NOTHING, Clone
from decai.chain.create2 import DEPLOYER, DEPLOYER_CODE, deployer_address
from decai.chain.factory import FACTORY, compiled_factory
from decai.errors import ChainError
from decai.units import Address

__all__ = [
    "SharedPart",
    "clone_call",
    "made_clone",
    "require_deployer",
    "shared_parts",
]


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
                f"the code at {self.address} on chain {chain.chain_id} is not the {self.title} that it "
                "should be; nothing is deployed that relies on it"
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
    compiled = compile_composition(clone)
    # Its constructor leaves all immutable values as they are.
    code = compiled.runtime_code + bytes(compiled.immutable_bytes)
    factory = compiled_factory()
    return (
        _part("implementation", compiled.init_code + encoded_arguments(NOTHING), code),
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
            f"chain {chain.chain_id} lacks the deterministic deployer at {DEPLOYER}, which brings what "
            "clones share; have it brought there (docs/mechanism.md#clones says how), or deploy without "
            "--clone"
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
