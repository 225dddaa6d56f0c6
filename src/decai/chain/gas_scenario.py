"""What the gas report measures on: one model, samples of three lengths, terms, and what came before us.

Everything follows from fixed rules, so that each figure is the same on every machine.
"""

from collections.abc import Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Final

import numpy as np

from decai.chain.compose import MAX_FEATURES_CHOICES, Composition, Texts, compose
from decai.classifier import SparsePerceptron
from decai.errors import InputError
from decai.incentive import Points, Stakeable
from decai.protocols import IncentiveMechanism
from decai.samples import Features
from decai.units import DAY, Seconds, Wei

__all__ = [
    "ACTIONS",
    "ANY_WAIT",
    "CLASSIFIERS",
    "FEATURE_COUNTS",
    "INCENTIVES",
    "ORIGINAL",
    "OWNER_WAIT",
    "composition",
    "max_features_for",
    "sample",
]

CLASSIFIERS: Final = ("sparse-perceptron",)
INCENTIVES: Final = ("stakeable", "stakeable-by-deposit", "points")
FEATURE_COUNTS: Final = (20, 91, 234)
"""The reference sample, and what a film review has of 1,000 words: on average, and at the 99th percentile."""
ACTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "deploy": "the contract",
        "add_agree": "a contribution that the model agrees with",
        "add_agree_int64": "the same through the original's entry point",
        "add_change": "a contribution that changes weights",
        "add_change_int64": "the same through the original's entry point",
        "add_change_first_touch": "the same where no counter of its words was ever touched",
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
ORIGINAL: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {
        "deploy": (30_260_000, 27_870_000),
        "add_agree": (259_000, 255_000),
        "add_change": (312_000, 304_000),
        "refund": (221_000, 216_000),
        "report": (181_000, 176_000),
        "predict": (60_200, 56_700),
    }
)
"""Gas of the original framework for the first sample, as shipped and with Solidity's optimizer."""

_USUAL_ROOM: Final = 128
_WORDS: Final = 1_000
_LARGEST_WEIGHT: Final = 20_000_000_000
_LEARNING_RATE: Final = 50_000_000
_COST_WEIGHT: Final = Wei(20_000_000_000_000)
_REFERENCE: Final = (1, 2, 3, 14, 15, 26, 37, 48, 59, 110, 111, 112, 213, 314, 515, 616, 717, 818, 919, 920)
_RARITY: Final = 32
_TEXTS: Final = Texts(
    "IMDB sentiment",
    "Tells whether a film review is positive or negative, by which of the 1,000 most frequent words it has.",
    "IMDB vocab",
)


def sample(count: int) -> Features:
    """Feature indices of the scenario's sample of this length, ascending.

    20 are the study's. Others are drawn without replacement, word j with weight 1 / (j + 32), since the words
    of the IMDB model are in order of frequency: 91 of them lie in 35 words of counters and 234 in 56, as
    those of real reviews of these lengths do on average.

    Raises
    ------
    InputError
        If there are not so many words.

    Examples
    --------
    >>> sample(20)[:5].tolist(), len(sample(91)), len(set((sample(91) // 16).tolist()))
    ([1, 2, 3, 14, 15], 91, 35)
    """
    if not 0 < count <= _WORDS:
        raise InputError(f"a sample of the gas report has 1 to {_WORDS:,} features, not {count}")
    if count == len(_REFERENCE):
        return np.array(_REFERENCE, dtype=np.int32)
    drawn = sorted(range(_WORDS), key=lambda j: _hash("word", j) * (j + _RARITY))[:count]
    return np.array(sorted(drawn), dtype=np.int32)


def max_features_for(count: int) -> int:
    """The least bound that leaves room for a sample of so many features, but 128 at least, the usual one.

    Raises
    ------
    InputError
        If none does.

    Examples
    --------
    >>> [max_features_for(count) for count in FEATURE_COUNTS]
    [128, 128, 256]
    """
    for choice in MAX_FEATURES_CHOICES:
        if choice >= max(count, _USUAL_ROOM):
            return choice
    raise InputError(f"no contract has room for {count} features; the most is {MAX_FEATURES_CHOICES[-1]}")


def composition(incentive: str, max_features: int = _USUAL_ROOM, index_bits: int = 16) -> Composition:
    """The scenario's contract: 1,000 weights of up to 20 in size, and no wait before a refund.

    Raises
    ------
    InputError
        If there is no such mechanism, or a bound is none of the choices.
    """
    weights = [_hash("weight", j) % (2 * _LARGEST_WEIGHT + 1) - _LARGEST_WEIGHT for j in range(_WORDS)]
    model = SparsePerceptron(("negative", "positive"), weights, learning_rate=_LEARNING_RATE)
    return compose(model, _terms(incentive), _TEXTS, max_features=max_features, index_bits=index_bits)


def _terms(incentive: str) -> IncentiveMechanism:
    now = Seconds(0)
    if incentive == "points":
        return Points(refund_wait=now)
    if incentive == "stakeable":
        return Stakeable(_COST_WEIGHT, now, OWNER_WAIT, ANY_WAIT)
    if incentive == "stakeable-by-deposit":
        return Stakeable(_COST_WEIGHT, now, OWNER_WAIT, ANY_WAIT, shares="deposit")
    raise InputError(f"{incentive!r} is not in the gas report; {', '.join(INCENTIVES)} are")


def _hash(what: str, number: int) -> int:
    return int.from_bytes(sha256(f"{what} {number}".encode()).digest()[:8], "big")
