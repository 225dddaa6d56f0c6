"""What the parts owe each other.

Each protocol has one conformance suite under ``tests/conformance``, which every implementation
passes. The rules behind the methods are in ``docs/mechanism.md``.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import Any, Final, NamedTuple, Protocol, Self, runtime_checkable

from decai.samples import Features, FloatArray, IntArray, Samples
from decai.units import Address, Seconds, Wei

__all__ = [
    "MAX_CLASSES",
    "Claim",
    "ClassStart",
    "Classifier",
    "Drift",
    "IncentiveMechanism",
    "Offer",
    "Path",
    "Receipt",
    "Trainer",
]


MAX_CLASSES: Final = 256
"""Of a model, with those that are added: so many a client can ask for, and a contract go through."""


class Path(IntEnum):
    """How a claim is justified (``docs/mechanism.md#claims``); the number is the event's `path`."""

    REFUND = 0
    """The author's own deposit, since the model agrees."""
    REPORT = 1
    """A share of another's deposit, since the model disagrees."""
    OWNER = 2
    """All that is left, by the owner of the model, after ``owner_wait``."""
    ANYONE = 3
    """All that is left, by anybody, after ``any_wait``."""


class Claim(NamedTuple):
    """A request to refund or report one contribution, with all that a mechanism may look at."""

    now: Seconds
    claimer: Address
    owner: Address
    author: Address
    added: Seconds
    label: int
    deposit: Wei
    """What was kept when the contribution came in."""
    left: Wei
    """What is still there."""
    claims: int
    """How many claims were made on it before."""
    claimed: bool
    """Whether this claimer has claimed it before."""


class Receipt(NamedTuple):
    """What an accepted contribution became."""

    contribution: int
    """Its number in the ledger, from 0."""
    cost: Wei
    """What was kept of the value sent; the rest was paid back."""


class Offer(NamedTuple):
    """A claim that would succeed now."""

    contribution: int
    path: Path
    amount: Wei


class ClassStart(NamedTuple):
    """What a further class starts from (``docs/mechanism.md#further-classes``)."""

    samples: int
    """Of how many samples."""
    values: Mapping[int, int]
    """Of each feature: how often it occurred in them, or their mean, fixed point."""


class Drift(NamedTuple):
    """How far a model has moved since its era began; none of the numbers ever falls within an era.

    A stored row of m distinct features that `Classifier.judge_rows` gave a margin keeps its label, in the
    same era, while ``fixed + m * per_feature`` has grown by less than the margin.
    """

    era: int
    fixed: float
    per_feature: float


@runtime_checkable
class Classifier(Protocol):
    """A model that predicts labels and learns from one contribution at a time.

    Labels are integers from 0, below ``len(classes)``. Features are a 1-D array: int32 indices for
    sparse classifiers, an int64 fixed-point vector of unit norm for dense ones.
    """

    @property
    def kind(self) -> str:
        """The classifier's name in scenarios, files and reports, such as ``sparse-perceptron``."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, by label."""
        ...

    @property
    def version(self) -> int:
        """Grows whenever a prediction could have changed."""
        ...

    @property
    def num_features(self) -> int:
        """How many features have a place in the model."""
        ...

    def predict(self, features: Features) -> int:
        """The label of one sample; `Refused` if the features are malformed."""
        ...

    def update(self, features: Features, label: int) -> None:
        """Learn one contribution; `Refused`, with nothing changed, if it is malformed."""
        ...

    def store(self, features: Features) -> Features:
        """The form of these features that `predict_rows` reads later, also after more learning."""
        ...

    def stored_samples(self, samples: Samples) -> Samples:
        """Many samples in the form that `predict_rows` reads; `InputError` if one is malformed."""
        ...

    def predict_rows(self, values: Features, starts: IntArray, ends: IntArray, out: IntArray) -> None:
        """Write the labels of the stored rows ``values[starts[i]:ends[i]]`` to ``out[i]``."""
        ...

    @property
    def drift(self) -> Drift:
        """How far the model has moved, in the unit of the margins."""
        ...

    def judge_rows(
        self, values: Features, starts: IntArray, ends: IntArray, out: IntArray, margins: FloatArray
    ) -> None:
        """Like `predict_rows`, and how far the model must move to change each label; 0 if unknown."""
        ...

    def predict_many(self, samples: Samples) -> IntArray:
        """The labels of many samples, shape ``(len(samples),)``."""
        ...

    def train(self, samples: Samples, labels: IntArray) -> None:
        """Bulk initial training, in the given order, on the twin's own integers."""
        ...

    def class_start(self, samples: Samples | None = None) -> ClassStart:
        """What a class of these samples starts from; `InputError` if one is malformed."""
        ...

    def begin_class(self, name: str, start: ClassStart) -> int:
        """Add a class; returns its label. `Refused`, with nothing changed, if it cannot be."""
        ...

    def add_class(self, name: str, samples: Samples | None = None) -> int:
        """Add a class that starts from `samples`; returns its label. Raises like the two above."""
        ...

    def checkpoint(self) -> Any:
        """An immutable copy of the state, for `restore`."""
        ...

    def restore(self, checkpoint: Any) -> None:
        """Go back to a checkpoint of this classifier."""
        ...


@runtime_checkable
class IncentiveMechanism(Protocol):
    """Decides what may come in at which cost, and who may claim what.

    The quotes hold all the rules and change nothing; what follows from a call that was let through is
    settled afterwards, so that a refused call changes nothing by construction.
    """

    @property
    def kind(self) -> str:
        """The mechanism's name in scenarios and reports, such as ``stakeable``."""
        ...

    @property
    def refund_wait(self) -> Seconds:
        """Age from which a contribution may be claimed."""
        ...

    @property
    def owner_wait(self) -> Seconds | None:
        """Age from which the owner may take what is left; None if never."""
        ...

    @property
    def any_wait(self) -> Seconds | None:
        """Age from which anybody may take what is left; None if never."""
        ...

    @property
    def takes_batches(self) -> bool:
        """Whether many contributions may come in one transaction."""
        ...

    def add_data_cost(self, now: Seconds) -> Wei:
        """What a contribution costs at `now`."""
        ...

    @property
    def last_update(self) -> Seconds:
        """When the last contribution came in, or the model was deployed."""
        ...

    @property
    def least_report(self) -> Wei:
        """The smallest amount that a report may pay without being refused."""
        ...

    def quote_add_data(self, now: Seconds, value: Wei) -> Wei:
        """What a contribution that pays at most `value` costs, or `Refused`. Changes nothing."""
        ...

    def settle_add_data(self, now: Seconds) -> None:
        """Take note of a contribution that was let in."""
        ...

    def settle_change(self, now: Seconds) -> None:
        """Take note of a change of the model that is no contribution."""
        ...

    def is_settled(self, now: Seconds) -> bool:
        """Whether the model may be consulted: it has not changed in this block."""
        ...

    def share(self, claimer: Address) -> float:
        """An upper bound of the part of a deposit that a report by `claimer` can pay, from 0 to about 1."""
        ...

    def quote_refund(self, claim: Claim, predict: Callable[[], int]) -> Wei:
        """What a refund would pay; raises `Refused` if it would be refused. Changes nothing."""
        ...

    def quote_report(self, claim: Claim, predict: Callable[[], int]) -> tuple[Path, Wei]:
        """What a report would pay and why; raises `Refused` if refused. Changes nothing."""
        ...

    def settle_claim(self, claim: Claim, path: Path) -> None:
        """Take note of a claim that a quote has let through and that is paid."""
        ...

    def valid_contributions(self) -> dict[Address, int]:
        """Validated contributions of each author that has any."""
        ...

    def checkpoint(self) -> Any:
        """An immutable copy of the state, for `restore`."""
        ...

    def restore(self, checkpoint: Any) -> None:
        """Go back to a checkpoint of this mechanism."""
        ...


@runtime_checkable
class Trainer(Protocol):
    """The one facade over a shared model, wherever its state lives.

    A refused call raises `Refused` with the contract's own sentence and changes nothing. What is no
    address, no array or list of whole numbers, or no whole number is an `InputError` (`decai.given`).
    """

    @property
    def now(self) -> Seconds:
        """The time of the current block."""
        ...

    @property
    def owner(self) -> Address:
        """Who owns the model now."""
        ...

    def advance_to(self, now: Seconds) -> Self:
        """Let time pass; it never goes back."""
        ...

    def cost(self) -> Wei:
        """What a contribution costs now."""
        ...

    def balance(self, address: Address) -> Wei:
        """What `address` owns outside of the model."""
        ...

    def predict(self, features: Features) -> int:
        """The model's label for one sample; free."""
        ...

    def add_data(self, sender: Address, features: Features, label: int, value: Wei) -> Receipt:
        """Contribute one sample, paying at most `value`; the change is paid back."""
        ...

    def add_data_many(
        self, sender: Address, samples: Sequence[tuple[Features, int]], value: Wei
    ) -> Sequence[Receipt]:
        """Contribute up to 32 samples with their labels, all or none, paying at most `value` for them."""
        ...

    def refund(self, sender: Address, features: Features, label: int, added: Seconds) -> Wei:
        """Claim one's own deposit back; returns what was paid."""
        ...

    def report(
        self, sender: Address, features: Features, label: int, added: Seconds, author: Address
    ) -> tuple[Path, Wei]:
        """Claim another's deposit; returns on which path and what was paid."""
        ...

    def claim(self, sender: Address, contribution: int, path: Path) -> Offer:
        """Refund or report (any other `path`) a contribution by its number; returns what was paid."""
        ...

    def claims(self, claimer: Address, least: Wei = Wei(0)) -> Sequence[Offer]:
        """Everything that `claimer` could claim now for at least `least`, oldest contribution first."""
        ...

    def claim_all(
        self, claimer: Address, least: Wei = Wei(0), wanted: Callable[[Offer], bool] | None = None
    ) -> list[Offer]:
        """Make every claim that can succeed now for at least `least` and is `wanted`; returns them."""
        ...
