"""Bringing a composition to a chain."""

from dataclasses import replace

from decai.chain.base import Chain, Mined, Transaction
from decai.chain.clones import clone_call, made_clone, require_deployer, shared_parts
from decai.chain.compiler import compile_composition
from decai.chain.compose import Composition, encoded_arguments
from decai.chain.compose_clone import NOTHING, Clone
from decai.chain.create2 import DEPLOYER, deployer_data
from decai.chain.data_contract import deployment_of
from decai.errors import ChainError, InputError
from decai.units import Address

__all__ = ["constructor_arguments", "deploy", "init_code"]


def init_code(composition: Composition) -> bytes:
    """What a transaction sends to deploy a composition: its code and the constructor's arguments.

    Raises
    ------
    InputError
        If it has data contracts that are not placed yet.
    """
    if not composition.is_placed:
        raise InputError("the data contracts of a composition are deployed before it")
    return compile_composition(composition).init_code + constructor_arguments(composition)


def constructor_arguments(composition: Composition) -> bytes:
    """The constructor's arguments, ABI-encoded; of a clone those of its implementation."""
    return encoded_arguments(NOTHING if isinstance(composition, Clone) else composition.arguments)


def deploy(chain: Chain, composition: Composition, sender: Address) -> Mined:
    """Deploy a composition: a transaction for each data contract, and the last one for the contract.

    What a clone shares with others is brought first, if it is not there.

    Raises
    ------
    ChainError
        If a transaction could not be sent.
    """
    addresses = [_deployed(chain, deployment_of(code), sender)[0] for code in composition.data_contracts]
    placed = composition.placed(addresses)
    if isinstance(placed, Clone):
        return _cloned(chain, placed, sender)
    return _deployed(chain, init_code(placed), sender)[1]


def _cloned(chain: Chain, clone: Clone, sender: Address) -> Mined:
    require_deployer(chain)
    implementation, factory = parts = shared_parts(clone)
    for part in parts:
        if not part.is_on(chain):
            chain.send(Transaction(sender, DEPLOYER, deployer_data(part.init_code)))
    call = clone_call(clone, implementation.address)
    mined = chain.send(Transaction(sender, factory.address, call))
    return replace(mined, contract=made_clone(mined))


def _deployed(chain: Chain, code: bytes, sender: Address) -> tuple[Address, Mined]:
    mined = chain.send(Transaction(sender, None, code))
    if mined.contract is None:
        raise ChainError("the chain does not say where the contract is")
    return mined.contract, mined
