"""What the REST API answers with. Amounts of wei are decimal digits: JSON's numbers cannot hold them."""

import base64
from collections.abc import Callable, Mapping
from typing import Any, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, Field

from decai.catalog.records import (
    Account,
    ChainStatus,
    Claimed,
    Contributed,
    EventRecord,
    Measurement,
    Model,
    ModelState,
    Page,
    SampleKind,
    SampleRecord,
    Standing,
)
from decai.catalog.samples import sample_of

__all__ = [
    "AccountAnswer",
    "ClaimAnswer",
    "ContributionAnswer",
    "EventAnswer",
    "Failure",
    "MeasurementAnswer",
    "ModelAnswer",
    "PageAnswer",
    "SampleAnswer",
    "StandingAnswer",
    "StatusAnswer",
    "page_answer",
]

T = TypeVar("T")
R = TypeVar("R")


class Failure(BaseModel):
    """Why there is no answer."""

    error: str = Field(description="One sentence.")


class PageAnswer(BaseModel, Generic[T]):
    """A part of a list."""

    items: list[T]
    total: int = Field(description="How many there are in the whole list.")
    next: str | None = Field(description="Give it as `after` for the page after this one; null on the last.")


class ModelAnswer(BaseModel):
    """A model, and what its events come to."""

    id: int
    chain_id: int
    address: str
    hidden: bool = Field(description="Not on the allow-list: hide its texts and samples until asked for.")
    name: str
    description: str
    encoder: str
    classifier: str
    incentive: str
    classes: list[str]
    features: Literal["indices", "vector"]
    max_features: int
    vocabulary: int
    refund_wait: int
    owner_wait: int | None
    any_wait: int | None
    cost_weight: str
    shares: str
    first_block: int
    scanned: int | None = Field(description="The last block whose events were read.")
    state: ModelState
    fault: str | None
    owner: str | None
    deployed: int | None
    contributions: int
    valid: int
    claims: int
    at_stake: str
    last_time: int | None
    accuracy: float | None
    accuracy_block: int | None

    @classmethod
    def of(cls, model: Model) -> Self:
        """The answer of a record."""
        same = {name: getattr(model, name) for name in cls.model_fields if name not in _MODEL_OTHERS}
        return cls(
            **same,
            hidden=not model.verified,
            classes=list(model.classes),
            features="indices" if model.form.is_sparse else "vector",
            cost_weight=str(model.cost_weight),
            at_stake=str(model.at_stake),
        )


_MODEL_OTHERS = frozenset({"hidden", "classes", "features", "cost_weight", "at_stake"})


class EventAnswer(BaseModel):
    """An event of a model."""

    block: int
    position: int
    time: int
    transaction: str
    name: str
    account: str | None
    values: dict[str, Any]

    @classmethod
    def of(cls, event: EventRecord) -> Self:
        """The answer of a record."""
        return cls(
            block=event.block,
            position=event.position,
            time=event.time,
            transaction=_hex(event.transaction),
            name=event.name,
            account=event.account,
            values=dict(event.values),
        )


class ContributionAnswer(BaseModel):
    """A contribution."""

    model_id: int
    number: int
    key: str
    features: list[int]
    label: int
    added: int
    author: str
    deposit: str
    left: str
    claims: int
    block: int
    transaction: str
    has_sample: bool

    @classmethod
    def of(cls, made: Contributed) -> Self:
        """The answer of a record."""
        return cls(
            model_id=made.model_id,
            number=made.number,
            key=_hex(made.key),
            features=made.features.tolist(),
            label=made.label,
            added=made.added,
            author=made.author,
            deposit=str(made.deposit),
            left=str(made.left),
            claims=made.claims,
            block=made.block,
            transaction=_hex(made.transaction),
            has_sample=made.has_sample,
        )


class ClaimAnswer(BaseModel):
    """A claim that was paid."""

    model_id: int
    contribution: int
    claimer: str
    path: Literal["refund", "report", "owner", "anyone"]
    amount: str
    time: int
    block: int
    transaction: str

    @classmethod
    def of(cls, claim: Claimed) -> Self:
        """The answer of a record."""
        return cls(
            model_id=claim.model_id,
            contribution=claim.number,
            claimer=claim.claimer,
            path=claim.path.name.lower(),  # type: ignore[arg-type]  # these are their names
            amount=str(claim.amount),
            time=claim.time,
            block=claim.block,
            transaction=_hex(claim.transaction),
        )


class _Sums(BaseModel):
    address: str
    contributions: int
    valid: int
    claims: int
    deposited: str
    refunded: str
    rewarded: str
    lost: str
    at_stake: str
    profit: str

    @staticmethod
    def sums(record: Standing | Account) -> Mapping[str, Any]:
        """The fields that all have."""
        counts = {name: getattr(record, name) for name in ("address", "contributions", "valid", "claims")}
        amounts = ("deposited", "refunded", "rewarded", "lost", "at_stake", "profit")
        return {**counts, **{name: str(getattr(record, name)) for name in amounts}}


class StandingAnswer(_Sums):
    """What an account has done with one model, and what came of it."""

    model_id: int

    @classmethod
    def of(cls, standing: Standing) -> Self:
        """The answer of a record."""
        return cls(model_id=standing.model_id, **cls.sums(standing))


class AccountAnswer(_Sums):
    """An account over all models."""

    models: int

    @classmethod
    def of(cls, account: Account) -> Self:
        """The answer of a record."""
        return cls(models=account.models, **cls.sums(account))


class MeasurementAnswer(BaseModel):
    """How good a model was after a block."""

    block: int
    time: int
    accuracy: float
    tests: int | None
    test_hash: str | None
    transaction: str | None
    measured: bool = Field(description="Measured by this server; if not, somebody said so.")

    @classmethod
    def of(cls, measurement: Measurement) -> Self:
        """The answer of a record."""
        return cls(
            block=measurement.block,
            time=measurement.time,
            accuracy=measurement.accuracy,
            tests=measurement.tests,
            test_hash=None if measurement.test_hash is None else _hex(measurement.test_hash),
            transaction=None if measurement.transaction is None else _hex(measurement.transaction),
            measured=measurement.measured,
        )


class SampleAnswer(BaseModel):
    """A sample; one of text, image, numbers and record is there."""

    model_id: int
    transaction: str
    kind: SampleKind
    hidden: bool = Field(description="Its model is not on the allow-list: hide it until asked for.")
    text: str | None = None
    image: str | None = Field(default=None, description="A picture's file in base64.")
    numbers: list[float | int] | None = None
    record: dict[str, str] | None = None

    @classmethod
    def of(cls, sample: SampleRecord) -> Self:
        """The answer of a record."""
        is_image = sample.kind is SampleKind.IMAGE
        content = base64.b64encode(sample.content).decode() if is_image else sample_of(sample)
        return cls(
            model_id=sample.model_id,
            transaction=_hex(sample.transaction),
            kind=sample.kind,
            hidden=not sample.verified,
            **{sample.kind.value: content},  # type: ignore[arg-type]  # each kind has its field
        )


class StatusAnswer(BaseModel):
    """How far the follower is with a chain."""

    chain_id: int
    head: int
    head_time: int
    looked: float
    fault: str | None
    models: int
    behind: int

    @classmethod
    def of(cls, status: ChainStatus) -> Self:
        """The answer of a record."""
        return cls(**status._asdict())


def page_answer(page: Page[R], make: Callable[[R], T]) -> PageAnswer[T]:
    """The answer of a page of records."""
    return PageAnswer(items=[make(item) for item in page.items], total=page.total, next=page.next)


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
