"""Bringing a composition to a chain: a plan of transactions, and carrying it out in spite of interruptions.

A plan knows beforehand that none of its transactions is larger than a chain takes. On a chain behind a node
each is written down before it goes out (`decai.chain.journal`), so that whoever is killed in the middle goes
on by the same call, and nothing is deployed twice.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from decai.chain.abi import call_data
from decai.chain.base import Chain, Mined, Transaction
from decai.chain.compiler import compile_composition
from decai.chain.compose import Composition
from decai.chain.data_contract import deployment_of
from decai.chain.deploy import init_code
from decai.chain.fees import MAX_GAS
from decai.errors import ChainError, InputError
from decai.units import Address, Seconds, Wei

__all__ = ["Deployment", "Plan", "Step", "StepDone", "deploy_model", "deploying", "plan_deployment"]

MODEL: Final = "contract"
"""The step that brings the model's own contract."""
INIT_CODE_LIMIT: Final = 49_152
"""Most bytes that a transaction which deploys may carry (EIP-3860)."""
_MOST_INDICES: Final = 512
"""Most feature indices of one call, ``classifier/_base.vy``."""
_SOMEWHERE: Final = Address("0x" + "00" * 19 + "01")

_TRANSACTION, _CREATE, _CODE_BYTE, _INIT_WORD = 21_000, 32_000, 200, 2
_ZERO_BYTE, _OTHER_BYTE, _FLOOR_TOKEN = 4, 16, 10
_NEW_SLOT: Final = 22_100
_CONSTRUCTOR: Final = 100_000
"""More than the constructor takes, but for the start of the model."""
_START_WORD: Final = 100
_WARM_WORD: Final = 22_300
_DATA_CONTRACT: Final = 20_000
"""More than it takes to copy a data contract's code."""
_INDEX: Final = 700
"""More than the loop and the event take for one feature index."""

Addresses = Mapping[str, Address]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Step:
    """One transaction of a plan."""

    title: str
    """What it brings; no other step of the plan has this title."""
    data: Callable[[Addresses], bytes]
    """What it sends, given where the contracts of the steps before it are."""
    to: str | None
    """The step whose contract it calls; None if it deploys one."""
    gas: int
    """An estimate."""


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
            if step.to is None and len(data) > INIT_CODE_LIMIT:
                raise InputError(
                    f"to deploy the {step.title} takes {len(data):,} bytes; {INIT_CODE_LIMIT:,} may be"
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
        """An estimate of all that it takes."""
        return sum(step.gas for step in self.steps)

    def _data(self) -> list[bytes]:
        """What the steps send, as if all contracts were at one place."""
        places = {step.title: _SOMEWHERE for step in self.steps}
        return [step.data(places) for step in self.steps]


@dataclass(frozen=True, slots=True)
class StepDone:
    """A transaction that is in a block."""

    title: str
    transaction: bytes
    """Its hash."""
    address: Address
    """The contract that it deployed or called."""
    gas: int
    fee: Wei


@dataclass(frozen=True, slots=True)
class Deployment:
    """A model that is on a chain."""

    address: Address
    first_block: int
    """The block that its contract came in."""
    time: Seconds
    """When it was complete."""
    steps: tuple[StepDone, ...]
    resumed: bool
    """Whether an earlier attempt had begun it."""

    @property
    def gas(self) -> int:
        """What all transactions used."""
        return sum(step.gas for step in self.steps)

    @property
    def fee(self) -> Wei:
        """What was paid for it."""
        return Wei(sum(step.fee for step in self.steps))


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
    steps.append(_model_step(composition, [step.title for step in steps]))
    for first in range(0, len(feature_indices), _MOST_INDICES):
        part = [int(index) for index in feature_indices[first : first + _MOST_INDICES]]
        steps.append(_indices_step(first, part))
    return Plan(tuple(steps))


def deploy_model(
    chain: Chain,
    composition: Composition,
    sender: Address,
    *,
    feature_indices: Sequence[int] = (),
    progress: Say | None = None,
) -> Deployment:
    """Deploy a composition and add its feature indices; the same call goes on after an interruption.

    Parameters
    ----------
    chain
        Where to.
    composition
        The contract.
    sender
        Who pays, and owns the model.
    feature_indices
        Of the encoder's features that the model uses, each below 2^32; empty for all.
    progress
        Called with a line before each step.

    Raises
    ------
    InputError
        If it does not compile, or would be larger than a chain takes.
    Refused
        If the contract's constructor refuses.
    ChainError
        If a transaction could not be sent, or its fate is not known.
    StorageError
        If the journal cannot be written.
    """
    plan = plan_deployment(composition, feature_indices)
    with deploying(chain, plan, sender, progress) as deployment:
        return deployment


@contextmanager
def deploying(chain: Chain, plan: Plan, sender: Address, progress: Say | None = None) -> Iterator[Deployment]:
    """Carry out a plan; the body tells somebody about it.

    If the body does not end well, nobody knows of the deployment: the next call with the same plan finds it
    and tells of it again, in place of deploying another.

    Parameters
    ----------
    chain, plan, sender, progress
        As for `deploy_model`, and raises what that does.
    """
    from decai.chain.journal import open_journal
    from decai.chain.rpc import RpcChain

    say = progress or (lambda _: None)
    if not isinstance(chain, RpcChain):
        yield _carry_out(plan, sender, lambda _, transaction: chain.send(transaction), say, lambda: False)
        return
    with open_journal(chain, "deploy", sender, plan.content, say) as journal:
        yield _carry_out(plan, sender, journal.send, say, lambda: journal.found > 0)
        journal.acknowledge()


def _carry_out(
    plan: Plan,
    sender: Address,
    send: Callable[[int, Transaction], Mined],
    say: Say,
    is_resumed: Callable[[], bool],
) -> Deployment:
    addresses: dict[str, Address] = {}
    done: list[StepDone] = []
    first_block, time = 0, Seconds(0)
    for place, step in enumerate(plan.steps):
        say(step.title if len(plan.steps) == 1 else f"{step.title} ({place + 1} of {len(plan.steps)})")
        to = None if step.to is None else addresses[step.to]
        mined = send(place, Transaction(sender, to, step.data(addresses)))
        address = mined.contract if to is None else to
        if address is None:
            raise ChainError(f"the chain does not say where the {step.title} is")
        addresses[step.title] = address
        done.append(StepDone(step.title, mined.transaction, address, mined.gas, mined.fee))
        first_block = mined.block if step.title == MODEL else first_block
        time = mined.time
    return Deployment(addresses[MODEL], first_block, time, tuple(done), is_resumed())


def _data_step(place: int, code: bytes) -> Step:
    data = deployment_of(code)
    title = f"base weights, part {place}"
    return Step(title, lambda _: data, None, _creation_gas(data, len(code), _DATA_CONTRACT))


def _model_step(composition: Composition, parts: Sequence[str]) -> Step:
    def data(addresses: Addresses) -> bytes:
        return init_code(composition.placed([addresses[part] for part in parts]))

    placed = data(dict.fromkeys(parts, _SOMEWHERE))
    execution = _CONSTRUCTOR + _START_WORD * len(composition.arguments[5])
    execution += _WARM_WORD * int(composition.constants.get("WARM_WORDS", 0))
    size = compile_composition(composition).code_size
    return Step(MODEL, data, None, _creation_gas(placed, size, execution))


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
