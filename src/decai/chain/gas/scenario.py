"""On which terms gas is measured, and how the contract may be composed."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from decai.chain.compose import MAX_FEATURES_CHOICES, Composition, Texts, compose
from decai.chain.gas.subjects import CLASSIFIERS, SUBJECTS, Model, Subject
from decai.errors import InputError
from decai.incentive import Points, Stakeable
from decai.protocols import IncentiveMechanism
from decai.units import DAY, Seconds, Wei

__all__ = [
    "ACTIONS",
    "ANY_WAIT",
    "INCENTIVES",
    "OWNER_WAIT",
    "USUAL",
    "Variant",
    "composition",
    "max_features_for",
    "subject_of",
]

INCENTIVES: Final = ("stakeable", "stakeable-by-deposit", "points")
ACTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "deploy_shared": "what clones share, once on a chain",
        "deploy": "the contract",
        "add_agree": "a contribution that the model agrees with",
        "add_agree_int64": "the same through the original's entry point",
        "add_change": "a contribution that the model disagrees with",
        "add_change_int64": "the same through the original's entry point",
        "add_change_first_touch": "the same where nothing of its features was ever learned",
        "refund": "an author's claim, after his first",
        "refund_int64": "the same through the original's entry point",
        "refund_first": "an author's first claim, which opens his account",
        "report": "a report that takes the whole deposit",
        "report_int64": "the same through the original's entry point",
        "report_partial": "the first report of a contribution, which leaves something",
        "report_further": "another reporter's, which leaves something too",
        "report_timeout": "anybody's claim after the last wait",
        "report_timeout_owner": "the owner's claim",
        "claim_many": "eight refunds at once",
        "predict": "execution alone of predict(int64[])",
        "predict_packed": "execution alone of predictPacked(uint256[])",
    }
)
"""What is measured, in the order of the report."""
OWNER_WAIT: Final = Seconds(8 * DAY)
ANY_WAIT: Final = Seconds(9 * DAY)

_USUAL_ROOM: Final = 128
_COST_WEIGHT: Final = Wei(20_000_000_000_000)
_TEXTS: Final = Texts(
    "IMDB sentiment",
    "Tells whether a film review is positive or negative, by which of the 1,000 most frequent words it has.",
    "IMDB vocab",
)


@dataclass(frozen=True, slots=True)
class Variant:
    """What was chosen at deployment."""

    name: str = ""
    """What the report calls it; the usual one has no name."""
    max_features: int | None = None
    """The most features of a sample; None is the least that will do, but no less than deployments have."""
    index_bits: int = 16
    start_in_code: bool | None = None
    """As in `compose`."""
    spread: int = 1
    """How far apart features lie: 1 side by side, as those of a list of words, or far, as hashed ones."""
    model: Model | None = None
    """What the model starts from; None is what is usual for its kind."""
    clone: bool = False
    """Whether the contract shares its code."""
    counter_bits: int | None = None
    warm: int = 0
    """As in `compose`."""


USUAL: Final = Variant()


def subject_of(classifier: str) -> Subject:
    """What is measured of a kind of classifier; `InputError` if there is no such kind."""
    if classifier not in SUBJECTS:
        raise InputError(f"{classifier!r} is not in the gas report; {', '.join(CLASSIFIERS)} are")
    return SUBJECTS[classifier]


def max_features_for(count: int) -> int:
    """The least bound that leaves room for a sample of so many features, but 128 at least, the usual one.

    Raises
    ------
    InputError
        If none does.

    Examples
    --------
    >>> [max_features_for(count) for count in (20, 128, 234)]
    [128, 128, 256]
    """
    for choice in MAX_FEATURES_CHOICES:
        if count > 0 and choice >= max(count, _USUAL_ROOM):
            return choice
    raise InputError(
        f"a sample of the gas report has 1 to {MAX_FEATURES_CHOICES[-1]} features, not {count:,}"
    )


def composition(classifier: str, incentive: str, features: int, variant: Variant = USUAL) -> Composition:
    """The scenario's contract, with no wait before a refund.

    Parameters
    ----------
    classifier, incentive, variant
        Which.
    features
        How many its samples have.

    Raises
    ------
    InputError
        If there is no such classifier or mechanism, a bound is none of the choices, or a sample does not fit.
    """
    subject = subject_of(classifier)
    terms = _terms(incentive)
    model = (variant.model or subject.model)(features, variant.spread)
    if subject.takes_vectors:
        return compose(model, terms, _TEXTS, clone=variant.clone)
    room = max_features_for(features) if variant.max_features is None else variant.max_features
    if features > room:
        raise InputError(f"a sample of {features} features does not fit into a contract for {room}")
    return compose(
        model,
        terms,
        _TEXTS,
        max_features=room,
        index_bits=variant.index_bits,
        start_in_code=variant.start_in_code,
        clone=variant.clone,
        counter_bits=variant.counter_bits,
        warm=variant.warm,
    )


def _terms(incentive: str) -> IncentiveMechanism:
    now = Seconds(0)
    if incentive == "points":
        return Points(refund_wait=now)
    if incentive == "stakeable":
        return Stakeable(_COST_WEIGHT, now, OWNER_WAIT, ANY_WAIT)
    if incentive == "stakeable-by-deposit":
        return Stakeable(_COST_WEIGHT, now, OWNER_WAIT, ANY_WAIT, shares="deposit")
    raise InputError(f"{incentive!r} is not in the gas report; {', '.join(INCENTIVES)} are")
