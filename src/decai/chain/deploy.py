"""Bringing a composition to a chain."""

from decai.chain.base import Chain, Mined, Transaction
from decai.chain.compiler import compile_composition
from decai.chain.compose import Composition
from decai.errors import ChainError
from decai.units import Address

__all__ = ["constructor_arguments", "deploy", "init_code"]


def init_code(composition: Composition) -> bytes:
    """What a transaction sends to deploy a composition: its code and the constructor's arguments."""
    return compile_composition(composition).init_code + constructor_arguments(composition)


def constructor_arguments(composition: Composition) -> bytes:
    """The constructor's arguments, ABI-encoded."""
    from eth_abi.abi import encode

    words = len(composition.arguments[4])
    kinds = ["string", "string", "string", "string[]", f"uint256[{words}]"]
    return encode(kinds, composition.arguments)


def deploy(chain: Chain, composition: Composition, sender: Address) -> Mined:
    """Deploy a composition in one transaction.

    Raises
    ------
    ChainError
        If the transaction could not be sent.
    """
    mined = chain.send(Transaction(sender, None, init_code(composition)))
    if mined.contract is None:
        raise ChainError("the chain does not say where the contract is")
    return mined
