"""What the gas of each kind of classifier is measured on: a model, samples of some lengths, what they need.

Everything follows from fixed rules, so that each figure is the same on every machine.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

import numpy as np

from decai.chain.compose import MAX_FEATURES_CHOICES
from decai.chain.gas.bounds import Needs, Slots
from decai.classifier import DenseCentroid, DensePerceptron, NaiveBayes, SparseCentroid, SparsePerceptron
from decai.dataset.unit_norm import unit_norm
from decai.errors import InputError
from decai.protocols import Classifier
from decai.samples import Features
from decai.units import SCALE

__all__ = [
    "CLASSIFIERS",
    "SUBJECTS",
    "Model",
    "Subject",
    "counter_needs",
    "indices",
    "sparse_centroid_of_means",
    "vector",
]

Model = Callable[[int, int], Classifier]
"""What a model starts from, by the length of its samples, and how far apart features lie."""

_CLASSES: Final = ("negative", "positive")
_WORDS: Final = 1_000
_MOST: Final = MAX_FEATURES_CHOICES[-1]
_LARGEST_WEIGHT: Final = 20_000_000_000
_LEARNING_RATE: Final = 50_000_000
_REVIEWS: Final = 12_500
"""Samples of each class that a model has seen."""
_REFERENCE: Final = (1, 2, 3, 14, 15, 26, 37, 48, 59, 110, 111, 112, 213, 314, 515, 616, 717, 818, 919, 920)
_RARITY: Final = 32
_VALUES: Final = 9

_COUNTER_BITS: Final = 16
_PAIRS_TO_A_WORD: Final = 4
"""Of counters of two classes, 32 bits each."""
_SUMS_TO_A_WORD: Final = 4


@dataclass(frozen=True, slots=True)
class Subject:
    """One kind of classifier in the gas report."""

    model: Model
    sample: Callable[[int, int], Features]
    """Likewise."""
    needs: Callable[[Features], Needs]
    lengths: Sequence[int]
    """Of the samples that the report has; the first is the reference."""
    original: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """Gas of the original framework for the reference sample, by action: as shipped, and if two figures are
    known, with Solidity's optimizer."""
    takes_vectors: bool = False
    """Whether the contract's room is that of its vectors, and no choice."""


def indices(count: int, spread: int = 1) -> Features:
    """Feature indices of a sample of this length, ascending.

    20 are the study's. Others are drawn without replacement, word j with weight 1 / (j + 32), since the words
    of the IMDB model are in order of frequency: 91 of them lie in 35 words of 16 counters and 234 in 56, as
    those of real reviews of these lengths do on average.

    Raises
    ------
    InputError
        If no contract has room for so many, or there are none.

    Examples
    --------
    >>> indices(20)[:5].tolist(), indices(20, spread=100)[:5].tolist()
    ([1, 2, 3, 14, 15], [100, 200, 300, 1400, 1500])
    >>> len(indices(91)), len(set((indices(91) // 16).tolist()))
    (91, 35)
    """
    if not 0 < count <= _MOST:
        raise InputError(f"a sample of the gas report has 1 to {_MOST} features, not {count:,}")
    if count == len(_REFERENCE):
        return np.array(_REFERENCE, dtype=np.int32) * spread
    drawn = sorted(range(_WORDS), key=lambda j: _hash("word", j) * (j + _RARITY))[:count]
    return np.array(sorted(drawn), dtype=np.int32) * spread


def vector(count: int, _spread: int = 1) -> Features:
    """A vector of so many values and unit norm, fixed point.

    Raises
    ------
    InputError
        If there are none.
    """
    if count < 1:
        raise InputError(f"a sample of the gas report has at least one feature, not {count}")
    return np.array(unit_norm([_around_zero("value", j) for j in range(count)]), dtype=np.int64)


def _sparse_perceptron(_count: int, spread: int) -> Classifier:
    weights = {j * spread: _weight(j) for j in range(_WORDS)}
    return SparsePerceptron(_CLASSES, weights, learning_rate=_LEARNING_RATE)


def _naive_bayes(_count: int, spread: int) -> Classifier:
    counts = [{j * spread: _occurrences(label, j) for j in range(_WORDS)} for label in range(2)]
    return NaiveBayes(_CLASSES, _WORDS, samples=[_REVIEWS] * 2, counts=counts)


def _sparse_centroid(_count: int, spread: int) -> Classifier:
    counts = [{j * spread: _occurrences(label, j) for j in range(_WORDS)} for label in range(2)]
    return SparseCentroid(_CLASSES, learned=[(_REVIEWS, count) for count in counts])


def sparse_centroid_of_means(_count: int, spread: int) -> Classifier:
    """As other tools give one, by its means, with a sample of each class since: 30 bits a number, not 14."""
    means = [
        {j * spread: _occurrences(label, j) * SCALE // _REVIEWS for j in range(_WORDS)} for label in range(2)
    ]
    return SparseCentroid(_CLASSES, means, [_REVIEWS] * 2, [(1, {})] * 2)


def _dense_perceptron(count: int, _spread: int) -> Classifier:
    weights = [_weight(j) for j in range(count)]
    return DensePerceptron(_CLASSES, weights, learning_rate=_LEARNING_RATE)


def _dense_centroid(count: int, _spread: int) -> Classifier:
    means = [[round(_around_zero(f"mean {label}", j) * SCALE) for j in range(count)] for label in range(2)]
    return DenseCentroid(_CLASSES, count, means, [_REVIEWS] * 2)


def counter_needs(sample: Features, bits: int) -> Needs:
    """What a sparse perceptron has to do whose counters have so many bits."""
    return _perceptron_needs(_words(sample, 256 // bits))


def _perceptron_needs(words: int) -> Needs:
    """Words of counters or sums are read, and changed only by a sample that the model is wrong about."""
    asked = Slots(read=words)
    return Needs(asked, asked, Slots(changed=words), Slots(filled=words))


def _lanes_needs(sample: Features, words_of_classes: int, *, learns_by_table: bool) -> Needs:
    """One word has the counters of both classes; learning changes them, and the word of the label's class."""
    words = _words(sample, _PAIRS_TO_A_WORD)
    learned = Slots(changed=words + 1)
    return Needs(
        Slots(read=words + words_of_classes),
        learned,
        learned,
        Slots(changed=1, filled=words),
        deploy=Slots(filled=words_of_classes),
        learns_by_table=learns_by_table,
    )


def _dense_centroid_needs(sample: Features) -> Needs:
    """Each class has words of sums, and all have one of numbers of samples."""
    rows = -(-len(sample) // _SUMS_TO_A_WORD)
    learned = Slots(changed=rows + 1)
    return Needs(
        Slots(read=2 * rows + 1),
        learned,
        learned,
        Slots(changed=1, filled=rows),
        deploy=Slots(filled=1),
    )


def _words(sample: Features, to_a_word: int) -> int:
    return len(set((sample // to_a_word).tolist()))


def _weight(j: int) -> int:
    return _hash("weight", j) % (2 * _LARGEST_WEIGHT + 1) - _LARGEST_WEIGHT


def _occurrences(label: int, j: int) -> int:
    """In how many reviews of a class a word is: the frequent ones in nearly all, the last ones in a few."""
    usual = _REVIEWS * 13 // (j + 14)
    return usual * (80 + _hash(f"occurrences {label}", j) % 21) // 100


def _around_zero(what: str, number: int) -> float:
    """From -1/2 to 1/2, exact."""
    return _hash(what, number) % 2**32 / 2**32 - 0.5


def _hash(what: str, number: int) -> int:
    return int.from_bytes(sha256(f"{what} {number}".encode()).digest()[:8], "big")


def _original(*figures: Sequence[int]) -> dict[str, Sequence[int]]:
    actions = ("deploy", "add_agree", "add_change", "refund", "report", "predict")
    return dict(zip(actions, figures, strict=True))


_SPARSE: Final = (len(_REFERENCE), 91, 234)
"""The reference sample, and what a film review has of 1,000 words: on average, and at the 99th percentile."""

SUBJECTS: Final[Mapping[str, Subject]] = {
    "sparse-perceptron": Subject(
        _sparse_perceptron,
        indices,
        lambda sample: counter_needs(sample, _COUNTER_BITS),
        _SPARSE,
        _original(
            (30_260_000, 27_870_000),
            (259_000, 255_000),
            (312_000, 304_000),
            (221_000, 216_000),
            (181_000, 176_000),
            (60_200, 56_700),
        ),
    ),
    "naive-bayes": Subject(
        _naive_bayes,
        indices,
        # Both classes share a word, and all counters have room.
        lambda sample: _lanes_needs(sample, 1, learns_by_table=False),
        _SPARSE,
        _original((56_800_000,), (310_000,), (330_000,), (303_000,), (263_000,), (142_000,)),
    ),
    "sparse-centroid": Subject(
        _sparse_centroid,
        indices,
        lambda sample: _lanes_needs(sample, 2, learns_by_table=True),
        _SPARSE,
        _original((58_100_000,), (333_000,), (353_000,), (305_000,), (265_000,), (144_000,)),
    ),
    "dense-perceptron": Subject(
        _dense_perceptron,
        vector,
        lambda sample: _perceptron_needs(-(-len(sample) // _SUMS_TO_A_WORD)),
        (_VALUES,),
        _original((7_300_000,), (197_000,), (229_000,), (177_000,), (138_000,), (21_600,)),
        takes_vectors=True,
    ),
    "dense-centroid": Subject(
        _dense_centroid,
        vector,
        _dense_centroid_needs,
        (_VALUES,),
        _original((7_900_000,), (235_000,), (215_000,), (195_000,), (155_000,), (38_700,)),
        takes_vectors=True,
    ),
}
CLASSIFIERS: Final = tuple(SUBJECTS)
