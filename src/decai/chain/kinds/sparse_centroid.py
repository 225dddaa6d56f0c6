"""The sparse centroid on a chain: what was there at deployment in a table, later counts in lanes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, Self

from decai.chain.base import Reader
from decai.chain.kinds.base import Parameters, State, made
from decai.chain.kinds.lanes import Lanes, pack_lanes
from decai.chain.kinds.room import pairs_of, refuse_counter_bits, require_index, require_room
from decai.chain.kinds.tables import read_lanes, read_start_words
from decai.chain.model import ModelInfo
from decai.chain.model import read_state as read
from decai.chain.parts import Choices, ClassifierPart, Constant
from decai.chain.sample_form import SampleForm
from decai.classifier import SparseCentroid
from decai.errors import ChainError
from decai.protocols import ClassStart
from decai.units import SCALE

__all__ = ["SparseCentroidParameters"]

_COUNTERS: Final = "counterWords"
_CLASSES: Final = "classWords"
_ADDED: Final = "addedWords"
_MEANS: Final = "meanWords"
_SUM_B: Final = 32
_SUM_C: Final = 128
_NUMBER: Final = 224
_SUM_A: Final = 32
_COUNT_MASK: Final = 2**32 - 1
_LEAST_BITS: Final = 9
"""So that sums of 512 of them fit into twice the room."""
_MOST_BITS: Final = 62
"""Of a mean and a count beside each other."""


class SparseCentroidParameters(Parameters[SparseCentroid]):
    """Those of ``classifier/sparse_centroid.vy``."""

    twin_class: ClassVar = SparseCentroid

    def __init__(self, info: ModelInfo, start: SparseCentroid, lanes: Lanes) -> None:
        super().__init__(info, start)
        self.lanes = lanes

    @property
    def features_per_word(self) -> int:
        """How many features share a word of counters."""
        return self.lanes.per_word

    @staticmethod
    def part(classifier: SparseCentroid, choices: Choices) -> ClassifierPart:
        """The part of a contract that starts where a classifier is."""
        refuse_counter_bits(classifier.kind, choices)
        labels = range(len(classifier.classes))
        means = [classifier.initial(label)[1] for label in labels]
        counts = [classifier.learned(label)[1] for label in labels]
        require_index(
            classifier.kind, (j for column in (*means, *counts) for j in column), choices.index_bits
        )
        count_bits = max((k.bit_length() for column in counts for k in column.values()), default=0)
        mean_bits = max((v.bit_length() for column in means for v in column.values()), default=0)
        columns = [
            {j: of_mean.get(j, 0) << count_bits | of_count.get(j, 0) for j in {*of_mean, *of_count}}
            for of_mean, of_count in zip(means, counts, strict=True)
        ]
        bases = pack_lanes(columns, max(_LEAST_BITS, count_bits + mean_bits), choices.index_bits)
        require_room(classifier.kind, bases.table, "base values")
        return ClassifierPart(
            "classifier/sparse_centroid.vy",
            {**bases.constants(classifier.kind, choices), "BASE_COUNT_BITS": Constant("uint256", count_bits)},
            SampleForm.indices(choices.index_bits),
            choices.max_features,
            bases.table.words,
            [*_class_words(classifier), *(_start_word(classifier, label) for label in labels)],
            takes_classes=True,
            numbers=count_bits,
        )

    @classmethod
    def read(cls, chain: Reader, info: ModelInfo) -> Self:
        """Those of a contract."""
        number, words = read_start_words(chain, info, _NUMBER)
        if len(words) != 2 * number:
            raise ChainError(f"{info.address}: the contract does not say what its classes started from")
        lanes, columns = read_lanes(chain, info, number, _MOST_BITS)
        bits = read(chain, info.address, "baseCountBits()", "uint256")
        mask = (1 << bits) - 1 if bits <= _MOST_BITS else 0
        means = [{j: value >> bits for j, value in column.items() if value >> bits} for column in columns]
        counts = [{j: value & mask for j, value in column.items() if value & mask} for column in columns]
        samples = [word & _COUNT_MASK for word in words[number:]]
        learned = [(word & _COUNT_MASK, count) for word, count in zip(words[:number], counts, strict=True)]
        start = _twin(info, info.classes[:number], means, samples, learned)
        return cls(info, start, lanes)

    @classmethod
    def class_call(cls, info: ModelInfo, name: str, start: ClassStart) -> tuple[str, tuple[Any, ...]]:
        """Mean, name and samples."""
        means = pairs_of(info, name, start, 64, SCALE, "every centroid value must be from 0 to 1")
        return "addClass(uint64[][],string,uint64)", (means, name, start.samples)

    def state(self, twin: SparseCentroid) -> State:
        """The words of counters, which count from deployment on, of classes, and of classes added."""
        first, labels = len(self.start.classes), range(len(twin.classes))
        old = [self.start.learned(label)[1] if label < first else {} for label in labels]
        added = labels[first:]
        return {
            _COUNTERS: self.lanes.words(
                (label, j, k - old[label].get(j, 0))
                for label in labels
                for j, k in twin.learned(label)[1].items()
            ),
            _CLASSES: {place: word for place, word in enumerate(_class_words(twin)) if word},
            _ADDED: {label: word for label in added if (word := _start_word(twin, label))},
            _MEANS: self.lanes.words(
                (label, j, v) for label in added for j, v in twin.initial(label)[1].items()
            ),
        }

    def learned(self, state: State, classes: tuple[str, ...]) -> SparseCentroid:
        """The twin with these counters and classes."""
        start, first = self.start, len(self.start.classes)
        counts = self.lanes.counters(state[_COUNTERS], len(classes))
        means = self.lanes.counters(state[_MEANS], len(classes))
        samples = []
        for label in range(len(classes)):
            if label < first:
                n0, means[label] = start.initial(label)
                for j, k in start.learned(label)[1].items():
                    counts[label][j] = counts[label].get(j, 0) + k
            else:
                n0 = state[_ADDED].get(label, 0) & _COUNT_MASK
            samples.append(n0)
        words = state[_CLASSES]
        learned = [(words.get(label, 0) & _COUNT_MASK, count) for label, count in enumerate(counts)]
        return _twin(self.info, classes, means, samples, learned)

    def places(self) -> Mapping[str, Sequence[int]]:
        """All words of the counters, and of the classes."""
        classes, first = len(self.info.classes), len(self.start.classes)
        counters = self.lanes.all_places(classes, self.info.form.lane_bits)
        added = range(first, classes)
        return {
            _COUNTERS: counters,
            _CLASSES: range(classes),
            _ADDED: added,
            _MEANS: counters if added else [],
        }

    def mentioned(self, twin: SparseCentroid) -> Mapping[str, Iterable[int]]:
        """The words of the features that a class knows, and of the classes."""
        labels, first = range(len(twin.classes)), len(self.start.classes)
        known = {j for label in labels for j in (*twin.learned(label)[1], *twin.initial(label)[1])}
        counters = {self.lanes.place(label, index) for label in labels for index in known}
        added = labels[first:]
        return {
            _COUNTERS: counters,
            _CLASSES: labels,
            _ADDED: added,
            _MEANS: counters if added else [],
        }


def _class_words(model: SparseCentroid) -> list[int]:
    """Of each class K, B and C of the rule; above the first ones, how many classes there are."""
    words = []
    for label in range(len(model.classes)):
        _, b, c = model.square_sums(label)
        words.append(model.learned(label)[0] | b << _SUM_B | c << _SUM_C)
    words[0] |= len(model.classes) << _NUMBER
    return words


def _start_word(model: SparseCentroid, label: int) -> int:
    """n0 and A of the rule."""
    return model.initial(label)[0] | model.square_sums(label)[0] << _SUM_A


def _twin(
    info: ModelInfo,
    classes: Sequence[str],
    means: Sequence[Mapping[int, int]],
    samples: Sequence[int],
    learned: Sequence[tuple[int, Mapping[int, int]]],
) -> SparseCentroid:
    return made(
        info,
        lambda: SparseCentroid(
            classes,
            means,
            samples,
            learned,
            max_features=info.max_features,
            index_bits=info.form.lane_bits,
        ),
    )
