"""Bringing a composition to a chain: the contract, then what it is still to be told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from decai.chain.abi import call_data
from decai.chain.base import Chain, Transaction
from decai.chain.compose import Composition
from decai.chain.deploy import deploy
from decai.units import Address, Wei

__all__ = ["Deployment", "StepDone", "deploy_model"]

_INDICES: int = 512
"""Most feature indices of one transaction."""


@dataclass(frozen=True, slots=True)
class StepDone:
    """One transaction of a deployment."""

    title: str
    transaction: bytes
    address: Address
    gas: int
    fee: Wei


@dataclass(frozen=True, slots=True)
class Deployment:
    """A model that is on a chain."""

    address: Address
    first_block: int
    steps: tuple[StepDone, ...]
    resumed: bool
    """Whether an earlier attempt had begun it."""


def deploy_model(
    chain: Chain,
    composition: Composition,
    sender: Address,
    *,
    feature_indices: Sequence[int] = (),
    progress: Callable[[str], None] | None = None,
) -> Deployment:
    """Deploy a composition and add its feature indices."""
    say = progress or (lambda line: None)
    say("the contract")
    mined = deploy(chain, composition, sender)
    assert mined.contract is not None
    steps = [StepDone("contract", mined.transaction, mined.contract, mined.gas, mined.fee)]
    for at in range(0, len(feature_indices), _INDICES):
        page = list(feature_indices[at : at + _INDICES])
        say(f"feature indices {at:,} to {at + len(page) - 1:,}")
        data = call_data("addFeatureIndices(uint32[])", page)
        told = chain.send(Transaction(sender, mined.contract, data))
        steps.append(StepDone("feature indices", told.transaction, mined.contract, told.gas, told.fee))
    return Deployment(mined.contract, mined.block, tuple(steps), resumed=False)
