"""Bringing a composition to a chain: carrying out a plan of transactions in spite of interruptions.

On a chain behind a node each is written down before it goes out (`decai.chain.journal`), so that whoever is
killed in the middle goes on by the same call, and nothing is deployed twice.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from decai.chain.base import Chain, Mined, Transaction
from decai.chain.compose import Composition
from decai.chain.plan import KNOWN, MODEL, Plan, Step, plan_deployment
from decai.errors import ChainError, Refused
from decai.units import Address, Seconds, Wei

__all__ = ["Deployment", "StepDone", "deploy_model", "deploying"]

Say = Callable[[str], None]


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
        yield _carry_out(
            chain, plan, sender, lambda _, transaction: chain.send(transaction), say, lambda: False
        )
        return
    with open_journal(chain, "deploy", sender, plan.content, say) as journal:
        yield _carry_out(chain, plan, sender, journal.send, say, lambda: journal.found > 0)
        journal.acknowledge()


def _carry_out(
    chain: Chain,
    plan: Plan,
    sender: Address,
    send: Callable[[int, Transaction], Mined],
    say: Say,
    is_resumed: Callable[[], bool],
) -> Deployment:
    addresses: dict[str, Address] = dict(KNOWN)
    done: list[StepDone] = []
    first_block, time = 0, Seconds(0)
    missing = plan.missing(chain)
    for place, step in enumerate(plan.steps):
        if step not in missing:
            continue
        number = missing.index(step) + 1
        say(step.title if len(missing) == 1 else f"{step.title} ({number} of {len(missing)})")
        to = None if step.to is None else addresses[step.to]
        try:
            mined = send(place, Transaction(sender, to, step.data(addresses)))
        except Refused:
            if step.shared is not None and step.shared.is_on(chain):
                # Somebody else was faster.
                continue
            raise
        address = _brought(chain, step, mined, to)
        if address is None:
            raise ChainError(f"the chain does not say where the {step.title} is")
        addresses[step.title] = address
        done.append(StepDone(step.title, mined.transaction, address, mined.gas, mined.fee))
        first_block = mined.block if step.title == MODEL else first_block
        time = mined.time
    return Deployment(addresses[MODEL], first_block, time, tuple(done), is_resumed())


def _brought(chain: Chain, step: Step, mined: Mined, to: Address | None) -> Address | None:
    """Where the contract is that a step has brought or called."""
    if step.shared is not None:
        if not step.shared.is_on(chain):
            raise ChainError(f"the {step.title} is not at {step.shared.address}, where it should be")
        return step.shared.address
    if step.tells is not None:
        return step.tells(mined)
    return mined.contract if to is None else to
