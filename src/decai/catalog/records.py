"""What the catalog answers with: plain values, with nothing of a database in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

from decai.chain.model import ModelInfo
from decai.chain.sample_form import SampleForm
from decai.protocols import Path
from decai.samples import Features
from decai.units import Address, Seconds, Wei

__all__ = [
    "Account",
    "ChainStatus",
    "Claimed",
    "Contributed",
    "EventRecord",
    "Measurement",
    "Model",
    "ModelState",
    "Page",
    "SampleKind",
    "SampleRecord",
    "Standing",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list."""

    items: tuple[T, ...]
    total: int
    """How many there are in the whole list."""
    next: str | None
    """What to ask for the page after this one with; None if it is the last."""


class ModelState(StrEnum):
    """What the follower does with a model."""

    FOLLOWED = "followed"
    MISSING = "missing"
    """Its contract is no longer there: the chain was reorganised, or the node begun anew."""
    BROKEN = "broken"
    """Its contract told of something that no decai model does; nothing is taken from it any more."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model, and what its events come to."""

    id: int
    chain_id: int
    address: Address
    name: str
    description: str
    encoder: str
    classifier: str
    incentive: str
    classes: tuple[str, ...]
    max_features: int
    vocabulary: int
    """How many features its encoder gives."""
    form: SampleForm
    """Of its samples."""
    refund_wait: Seconds
    owner_wait: Seconds | None
    any_wait: Seconds | None
    cost_weight: Wei
    shares: str
    first_block: int
    scanned: int | None
    """The last block whose events were read; None before the first."""
    state: ModelState
    fault: str | None
    """Why it is not followed."""
    owner: Address | None
    deployed: Seconds | None
    """When, as soon as its first event is read."""
    contributions: int
    valid: int
    """How many refunds were made."""
    claims: int
    at_stake: Wei
    """What is left of all deposits."""
    last_time: Seconds | None
    """Of the latest event."""
    accuracy: float | None
    """As it was measured last, from 0 to 1."""
    accuracy_block: int | None
    verified: bool
    """Whether it is on the allow-list; if not, its texts and samples are to be hidden until asked for."""

    @property
    def info(self) -> ModelInfo:
        """Its terms, as `decai.chain` takes them."""
        return ModelInfo(
            address=self.address,
            classifier=self.classifier,
            incentive=self.incentive,
            name=self.name,
            description=self.description,
            encoder=self.encoder,
            classes=self.classes,
            max_features=self.max_features,
            form=self.form,
            refund_wait=self.refund_wait,
            owner_wait=self.owner_wait,
            any_wait=self.any_wait,
            cost_weight=self.cost_weight,
            shares=self.shares,
        )


class EventRecord(NamedTuple):
    """An event of a model."""

    model_id: int
    block: int
    position: int
    """Its place among the logs of the block."""
    time: Seconds
    transaction: bytes
    name: str
    account: Address | None
    """Who did it, or whom it is about."""
    values: Mapping[str, Any]
    """By name; numbers that JSON cannot hold exactly are in decimal digits."""


class Contributed(NamedTuple):
    """A contribution."""

    model_id: int
    number: int
    """From 0, in the order of the chain."""
    key: bytes
    """What the contract knows it by."""
    features: Features
    digest: bytes
    """Of its features: what its sample is found by."""
    label: int
    added: Seconds
    author: Address
    deposit: Wei
    left: Wei
    """What nobody has claimed of it yet."""
    claims: int
    block: int
    transaction: bytes
    has_sample: bool
    """Whether the sample that was encoded is known."""


class Claimed(NamedTuple):
    """A claim that was paid."""

    model_id: int
    number: int
    """Of the contribution."""
    claimer: Address
    path: Path
    amount: Wei
    time: Seconds
    block: int
    position: int
    transaction: bytes


class Standing(NamedTuple):
    """What an account has done with one model, and what came of it. What gas cost is not in it."""

    model_id: int
    address: Address
    contributions: int
    valid: int
    """How many of them were validated by a refund."""
    claims: int
    deposited: Wei
    refunded: Wei
    """Of its own deposits."""
    rewarded: Wei
    """Out of the deposits of others."""
    lost: Wei
    """What others claimed of its deposits."""

    @property
    def at_stake(self) -> Wei:
        """What is left of its deposits: it can still come back, or be lost."""
        return Wei(self.deposited - self.refunded - self.lost)

    @property
    def profit(self) -> int:
        """What is won for good less what is lost for good, in wei."""
        return self.rewarded - self.lost


class Account(NamedTuple):
    """An account over all models of all chains."""

    address: Address
    models: int
    """With how many it has to do."""
    contributions: int
    valid: int
    claims: int
    deposited: Wei
    refunded: Wei
    rewarded: Wei
    lost: Wei
    at_stake: Wei
    profit: int


class Measurement(NamedTuple):
    """How good a model was after a block."""

    id: int
    model_id: int
    block: int
    time: Seconds
    accuracy: float
    """From 0 to 1."""
    tests: int | None
    """On how many samples."""
    test_hash: bytes | None
    """Of the committed test set."""
    transaction: bytes | None
    """The one after which it was measured."""
    measured: bool
    """Whether it was measured here; if not, somebody said so."""


class SampleKind(StrEnum):
    """What a sample is."""

    TEXT = "text"
    IMAGE = "image"
    NUMBERS = "numbers"
    RECORD = "record"


class SampleRecord(NamedTuple):
    """What was encoded into the features of a contribution."""

    id: int
    model_id: int
    transaction: bytes
    digest: bytes
    kind: SampleKind
    content: bytes
    """A text in UTF-8, the file of a picture, or numbers or a record in JSON."""
    added: Seconds
    verified: bool
    """Whether its model is on the allow-list."""


class ChainStatus(NamedTuple):
    """How far the follower is with a chain."""

    chain_id: int
    head: int
    """The latest block that was seen."""
    head_time: Seconds
    looked: float
    """When, in seconds since the epoch."""
    fault: str | None
    """What was wrong then."""
    models: int
    """Of those that are followed."""
    behind: int
    """How many blocks the model that is furthest behind has yet to be read."""
