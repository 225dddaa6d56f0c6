"""The transactions that deploy a composition, and what they will take.

A plan knows beforehand that none of its transactions is larger than a chain takes, and carries nothing out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from decai.chain.abi import call_data
from decai.chain.base import Chain, Mined
from decai.chain.clone_data import OWN_AT
from decai.chain.clones import SharedPart, clone_call, made_clone, require_deployer, shared_parts
from decai.chain.compiler import CODE_LIMIT, compile_composition, compile_sources
from decai.chain.compose import MODEL_FILE, Arguments, Composition, encoded_arguments
from decai.chain.compose_clone import Clone
from decai.chain.create2 import DEPLOYER, deployer_data
from decai.chain.data_contract import data_codes, deployment_of
from decai.chain.deploy import init_code
from decai.chain.factory import FACTORY
from decai.chain.fees import MAX_GAS
from decai.errors import InputError
from decai.units import Address

__all__ = ["KNOWN", "MODEL", "Plan", "Step", "gas_alone", "plan_deployment"]

MODEL: Final = "contract"
"""The step that brings the model's own contract."""
INIT_CODE_LIMIT: Final = 49_152
"""Most bytes that a transaction which deploys may carry (EIP-3860)."""
_MOST_INDICES: Final = 512
"""Most feature indices of one call, ``classifier/_base.vy``."""
_BY_DEPLOYER: Final = "the deterministic deployer"
_BY_FACTORY: Final = "the factory of clones"
KNOWN: Final = {_BY_DEPLOYER: DEPLOYER, _BY_FACTORY: FACTORY}
"""Contracts that no step brings, or that are where they are whoever brings them."""
_SOMEWHERE: Final = Address("0x" + "00" * 19 + "01")
_ANYWHERE: Final = 2**160 - 1
"""An address, as a number."""

_TRANSACTION, _CREATE, _CODE_BYTE, _INIT_WORD = 21_000, 32_000, 200, 2
_ZERO_BYTE, _OTHER_BYTE, _FLOOR_TOKEN = 4, 16, 10
_NEW_SLOT: Final = 22_100
_CONSTRUCTOR: Final = 100_000
_STATE_WORD: Final = 1_000
_CLASS: Final = 800
"""Of a constructor, for each word of the state that it is given, and for each class."""
"""More than the constructor takes, but for the start of the model."""
_START_WORD: Final = 100
_WARM_WORD: Final = 22_300
_DATA_CONTRACT: Final = 20_000
"""More than it takes to copy a data contract's code."""
_SHARED_WORD: Final = 16
"""More than it takes to copy and hash a word of what the deterministic deployer brings."""
_CLONE: Final = 94_000
"""More than the first clone of a factory takes, but for its code and the words of its state."""
_CLONE_WORD: Final = 40
"""More than the factory takes to copy and hash a word of code."""
_INDEX: Final = 700
"""More than the loop and the event take for one feature index."""

Addresses = Mapping[str, Address]


@dataclass(frozen=True, slots=True)
class Step:
    """One transaction of a plan."""

    title: str
    """What it brings; no other step of the plan has this title."""
    data: Callable[[Addresses], bytes]
    """What it sends, given where the contracts of the steps before it are."""
    to: str | None
    """The step whose contract it calls, or the name of a known one; None if it deploys one."""
    gas: int
    """An estimate."""
    shared: SharedPart | None = None
    """What it brings that others share; if it is there, nothing is sent."""
    tells: Callable[[Mined], Address] | None = None
    """Where the contract is that it has another one deploy, out of what became of it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The transactions of a deployment, in order; one of them is the step `MODEL`.

    Raises
    ------
    InputError
        If a step is more than one transaction may be.
    """

    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        for step, data in zip(self.steps, self._data(), strict=True):
            size = len(data if step.shared is None else step.shared.init_code)
            if (step.to is None or step.shared) and size > INIT_CODE_LIMIT:
                raise InputError(
                    f"to deploy the {step.title} takes {size:,} bytes; {INIT_CODE_LIMIT:,} may be"
                )
            if step.gas > MAX_GAS:
                raise InputError(f"the {step.title} takes {step.gas:,} gas; at most {MAX_GAS:,} may be")

    @property
    def content(self) -> bytes:
        """A hash of all that it sends: the same for the same plan."""
        digest = sha256()
        for step, data in zip(self.steps, self._data(), strict=True):
            digest.update(f"{step.title}:{step.to}:{len(data)}:".encode() + data)
        return digest.digest()

    @property
    def gas(self) -> int:
        """An estimate of all that it takes, where nothing that it shares is there."""
        return sum(step.gas for step in self.steps)

    def missing(self, chain: Chain) -> tuple[Step, ...]:
        """The steps that a chain needs: not those whose contract is there already.

        Raises
        ------
        ChainError
            If something else is where a contract should be that others share, the chain cannot have any, or
            there is no answer.
        """
        if any(step.shared for step in self.steps):
            require_deployer(chain)
        return tuple(step for step in self.steps if step.shared is None or not step.shared.is_on(chain))

    def _data(self) -> list[bytes]:
        """What the steps send, as if all contracts were at one place."""
        places = {step.title: _SOMEWHERE for step in self.steps}
        return [step.data(places) for step in self.steps]


def plan_deployment(composition: Composition, feature_indices: Sequence[int] = ()) -> Plan:
    """The transactions that deploy a composition.

    Parameters
    ----------
    composition
        The contract.
    feature_indices
        Of the encoder's features that the model uses, each below 2^32; empty for all.

    Raises
    ------
    InputError
        If it does not compile, or would be larger than a chain takes.
    MissingError
        If there is no compiler.
    """
    steps = [_data_step(place, code) for place, code in enumerate(composition.data_contracts, 1)]
    parts = [step.title for step in steps]
    if isinstance(composition, Clone):
        shared = shared_parts(composition)
        steps = [*map(_shared_step, shared), *steps, _clone_step(composition, shared[0].address, parts)]
    else:
        steps.append(_model_step(composition, parts))
    for first in range(0, len(feature_indices), _MOST_INDICES):
        part = [int(index) for index in feature_indices[first : first + _MOST_INDICES]]
        steps.append(_indices_step(first, part))
    return Plan(tuple(steps))


def gas_alone(clone: Clone) -> int:
    """An estimate of what it would take to deploy a model that does not share its code.

    Raises
    ------
    InputError, MissingError
        As `plan_deployment`.
    """
    compiled = compile_sources(clone.alone, MODEL_FILE)
    table = clone.arguments[5]
    size = compiled.code_size + 32 * (len(table) - 1)
    codes = list(clone.data_contracts)
    if size > CODE_LIMIT:
        codes = data_codes(table)
        size = compiled.code_size + 32 * (len(codes) - 1)
        table = (_ANYWHERE,) * len(codes)
    if size > CODE_LIMIT:
        raise InputError(f"{size:,} bytes of code; a contract can have {CODE_LIMIT:,} at most")
    name, description, encoder, classes, state, _ = clone.arguments
    arguments = (name, description, encoder, classes, state, table)
    data = compiled.init_code + encoded_arguments(arguments)
    execution = _construction(arguments)
    parts = sum(_data_step(place, code).gas for place, code in enumerate(codes))
    return parts + _creation_gas(data, size, execution)


def _shared_step(part: SharedPart) -> Step:
    data = deployer_data(part.init_code)
    gas = _creation_gas(data, len(part.code), _DATA_CONTRACT + _SHARED_WORD * -(-len(data) // 32))
    return Step(part.title, lambda _: data, _BY_DEPLOYER, gas, shared=part)


def _clone_step(clone: Clone, implementation: Address, parts: Sequence[str]) -> Step:
    def data(addresses: Addresses) -> bytes:
        return clone_call(clone.placed([addresses[part] for part in parts]), implementation)

    placed = data(dict.fromkeys(parts, _SOMEWHERE))
    size = OWN_AT + len(clone.data)
    gas = _creation_gas(placed, size, _CLONE + _kept(clone.arguments[4]) + _CLONE_WORD * -(-size // 32))
    return Step(MODEL, data, _BY_FACTORY, gas, tells=made_clone)


def _data_step(place: int, code: bytes) -> Step:
    data = deployment_of(code)
    title = f"base weights, part {place}"
    return Step(title, lambda _: data, None, _creation_gas(data, len(code), _DATA_CONTRACT))


def _model_step(composition: Composition, parts: Sequence[str]) -> Step:
    def data(addresses: Addresses) -> bytes:
        return init_code(composition.placed([addresses[part] for part in parts]))

    placed = data(dict.fromkeys(parts, _SOMEWHERE))
    execution = _construction(composition.arguments)
    execution += _WARM_WORD * int(composition.constants.get("WARM_WORDS", 0))
    size = compile_composition(composition).code_size
    return Step(MODEL, data, None, _creation_gas(placed, size, execution))


def _construction(arguments: Arguments) -> int:
    """What a constructor does with these."""
    *_, classes, state, table = arguments
    words = _START_WORD * len(table) + _STATE_WORD * len(state) + _CLASS * len(classes)
    return _CONSTRUCTOR + words + _kept(state)


def _kept(state: Sequence[int]) -> int:
    """What the words of a state take that are not 0."""
    return sum(_NEW_SLOT for word in state if word)


def _indices_step(first: int, part: list[int]) -> Step:
    data = call_data("addFeatureIndices(uint32[])", part)
    slots = -(-len(part) // 8) + 1
    gas = _gas(data, _NEW_SLOT * slots + _INDEX * len(part))
    title = f"feature indices {first + 1:,} to {first + len(part):,}"
    return Step(title, lambda _: data, MODEL, gas)


def _creation_gas(data: bytes, size: int, execution: int) -> int:
    return _gas(data, _CREATE + _INIT_WORD * -(-len(data) // 32) + _CODE_BYTE * size + execution)


def _gas(data: bytes, execution: int) -> int:
    """What a transaction takes, or the least that its data are charged with (EIP-7623)."""
    zeros = data.count(0)
    paid = _ZERO_BYTE * zeros + _OTHER_BYTE * (len(data) - zeros) + execution
    floor = _FLOOR_TOKEN * (zeros + 4 * (len(data) - zeros))
    return _TRANSACTION + max(paid, floor)
