"""One thing that a twin did, and whether the contract did the same."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from decai.chain.abi import topic
from decai.chain.base import Log, Mined, Transaction
from decai.errors import DecaiError
from decai.protocols import Path
from decai.units import Address, Seconds, Wei

__all__ = ["ContractRecord", "Difference", "Step", "compare_step", "number_at", "word"]


class Step(NamedTuple):
    """One thing that a twin did, for the contract to do."""

    kind: Literal["contribution", "claim", "payment", "transfer"]
    now: Seconds
    sender: Address
    transaction: Transaction
    contribution: int = -1
    """Which one it adds or claims."""
    amount: Wei = Wei(0)
    """What a contribution costs, a claim pays or a payment moves."""
    path: Path = Path.REFUND
    key: bytes = b""
    """What the contribution of a claim is known by."""
    label: int = 0
    sample: bytes = b""
    """The packed features of a contribution, as the end of an ABI encoding."""

    @property
    def name(self) -> str:
        """What to call it in a sentence."""
        if self.kind == "contribution":
            return f"contribution {self.contribution:,}"
        if self.kind == "claim":
            claim = "refund" if self.path is Path.REFUND else "report"
            return f"the {claim} of contribution {self.contribution:,}"
        return f"a {self.kind}" + (f" of {self.amount:,} wei" if self.kind == "payment" else " of ownership")


class Difference(DecaiError):
    """The contract did something else; says what, as the end of a sentence on the step."""


@dataclass(frozen=True, slots=True)
class ContractRecord:
    """What a contract said that it did, in columns; money in wei, time in seconds."""

    contribution_time: list[int] = field(default_factory=list)
    contribution_sender: list[Address] = field(default_factory=list)
    contribution_label: list[int] = field(default_factory=list)
    contribution_cost: list[int] = field(default_factory=list)
    claim_time: list[int] = field(default_factory=list)
    claim_sender: list[Address] = field(default_factory=list)
    claim_contribution: list[int] = field(default_factory=list)
    claim_path: list[int] = field(default_factory=list)
    claim_amount: list[int] = field(default_factory=list)


def compare_step(step: Step, mined: Mined, contract: Address, record: ContractRecord) -> None:
    """Hold a transaction to what the twin did, and take what its event says into the record.

    Raises
    ------
    Difference
        If the contract refused it, or did anything else.
    """
    if mined.refusal is not None:
        raise Difference(f"was refused ({mined.refusal}); the rules let it through")
    if mined.time != step.now:
        raise Difference(f"happened in second {mined.time:,}")
    if step.kind == "contribution":
        _compare_contribution(step, _event(mined, contract, "AddDataPacked"), record)
    elif step.kind == "claim":
        _compare_claim(step, _event(mined, contract, "Claimed"), record)


def _compare_contribution(step: Step, log: Log, record: ContractRecord) -> None:
    label, time, cost = (number_at(log.data, place) for place in (1, 2, 3))
    if cost != step.amount:
        raise Difference(f"cost {cost:,} wei; by the rules it costs {step.amount:,}")
    sent = word(128) + word(step.label) + word(step.now) + word(step.amount) + step.sample
    if log.data != sent or log.topics[1] != _topic_of(step.sender):
        raise Difference("was recorded as something else than what was sent")
    record.contribution_time.append(time)
    record.contribution_sender.append(step.sender)
    record.contribution_label.append(label)
    record.contribution_cost.append(cost)


def _compare_claim(step: Step, log: Log, record: ContractRecord) -> None:
    path, amount = number_at(log.data, 0), number_at(log.data, 1)
    if path != step.path:
        raise Difference(f"was paid on path {path}; by the rules it is path {int(step.path)}")
    if amount != step.amount:
        raise Difference(f"paid {amount:,} wei; by the rules it pays {step.amount:,}")
    if log.topics[1:] != (step.key, _topic_of(step.sender)):
        raise Difference("was recorded as a claim on something else")
    record.claim_time.append(step.now)
    record.claim_sender.append(step.sender)
    record.claim_contribution.append(step.contribution)
    record.claim_path.append(path)
    record.claim_amount.append(amount)


def _event(mined: Mined, contract: Address, name: str) -> Log:
    """The one event of this name."""
    logs = [log for log in mined.logs if log.address == contract]
    found = [log for log in logs if log.topics[0] == topic(name)]
    if len(found) != 1:
        raise Difference(f"is told by {len(found)} events {name}; by the rules there is one")
    if any(log.topics[0] == topic("Credited") for log in logs):
        raise Difference("was credited and not paid; by the rules it is paid")
    return found[0]


def word(number: int) -> bytes:
    """A number as 32 bytes of an ABI encoding."""
    return number.to_bytes(32, "big")


def number_at(data: bytes, place: int) -> int:
    """The number in this word of an ABI encoding."""
    return int.from_bytes(data[32 * place : 32 * place + 32], "big")


def _topic_of(address: Address) -> bytes:
    return bytes.fromhex(address[2:]).rjust(32, b"\0")
