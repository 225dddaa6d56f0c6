"""Naive Bayes on a chain: counts at deployment in a table, later ones in lanes, a word for two classes."""

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
from decai.classifier import NaiveBayes
from decai.classifier._bayes_kernels import COUNT_LIMIT
from decai.protocols import ClassStart

__all__ = ["NaiveBayesParameters"]

_COUNTERS: Final = "counterWords"
_CLASSES: Final = "classWords"
_CLASS: Final = 96
_TOTAL: Final = 32
_NUMBER: Final = 192
_COUNT_MASK: Final = 2**32 - 1
_TOTAL_MASK: Final = 2**64 - 1
_COUNT_BITS: Final = 32


class NaiveBayesParameters(Parameters[NaiveBayes]):
    """Those of ``classifier/naive_bayes.vy``."""

    twin_class: ClassVar = NaiveBayes

    def __init__(self, info: ModelInfo, start: NaiveBayes, lanes: Lanes) -> None:
        super().__init__(info, start)
        self.lanes = lanes

    @property
    def features_per_word(self) -> int:
        """How many features share a word of counters."""
        return self.lanes.per_word

    @staticmethod
    def part(classifier: NaiveBayes, choices: Choices) -> ClassifierPart:
        """The part of a contract that starts where a classifier is."""
        refuse_counter_bits(classifier.kind, choices)
        columns = [classifier.counts(label) for label in range(len(classifier.classes))]
        require_index(classifier.kind, (index for column in columns for index in column), choices.index_bits)
        most = max((count for column in columns for count in column.values()), default=0)
        bases = pack_lanes(columns, max(1, most.bit_length()), choices.index_bits)
        require_room(classifier.kind, bases.table, "base counts")
        return ClassifierPart(
            "classifier/naive_bayes.vy",
            {
                **bases.constants(classifier.kind, choices),
                "SMOOTHING": Constant("uint32", classifier.smoothing),
                "ALPHA": Constant("uint256", classifier.smoothing),
                "VOCABULARY": Constant("uint256", classifier.vocabulary),
            },
            SampleForm.indices(choices.index_bits),
            choices.max_features,
            bases.table.words,
            _class_words(classifier),
            takes_classes=True,
            numbers=classifier.smoothing | classifier.vocabulary << 32,
        )

    @classmethod
    def read(cls, chain: Reader, info: ModelInfo) -> Self:
        """Those of a contract."""
        number, words = read_start_words(chain, info, _NUMBER)
        lanes, columns = read_lanes(chain, info, number, _COUNT_BITS)
        vocabulary = read(chain, info.address, "totalNumFeatures()", "uint256")
        smoothing = read(chain, info.address, "smoothingFactor()", "uint32")
        samples = _samples(words, number)
        return cls(info, _twin(info, info.classes[:number], vocabulary, smoothing, samples, columns), lanes)

    @property
    def vocabulary(self) -> int:
        """How many features smoothing counts on."""
        return self.start.vocabulary

    @classmethod
    def class_call(cls, info: ModelInfo, name: str, start: ClassStart) -> tuple[str, tuple[Any, ...]]:
        """Samples, counts and name."""
        counts = pairs_of(info, name, start, _COUNT_BITS, COUNT_LIMIT, "a count is out of range")
        return "addClass(uint64,uint32[][],string)", (start.samples, counts, name)

    def state(self, twin: NaiveBayes) -> State:
        """The words of counters, which count from deployment on, and of classes."""
        first = len(self.start.classes)
        counters = (
            (label, index, count - (self.start.count(label, index) if label < first else 0))
            for label in range(len(twin.classes))
            for index, count in twin.counts(label).items()
        )
        return {
            _COUNTERS: self.lanes.words(counters),
            _CLASSES: {place: word for place, word in enumerate(_class_words(twin)) if word},
        }

    def learned(self, state: State, classes: tuple[str, ...]) -> NaiveBayes:
        """The twin with these counters and classes."""
        start, first = self.start, len(self.start.classes)
        columns = self.lanes.counters(state[_COUNTERS], len(classes))
        for label in range(first):
            for index, count in start.counts(label).items():
                columns[label][index] = columns[label].get(index, 0) + count
        samples = _samples(state[_CLASSES], len(classes))
        return _twin(self.info, classes, start.vocabulary, start.smoothing, samples, columns)

    def places(self) -> Mapping[str, Sequence[int]]:
        """All words of the counters, and of the classes."""
        classes = len(self.info.classes)
        return {
            _COUNTERS: self.lanes.all_places(classes, self.info.form.lane_bits),
            _CLASSES: range(-(-classes // 2)),
        }

    def mentioned(self, twin: NaiveBayes) -> Mapping[str, Iterable[int]]:
        """The words of the counters of the features that were counted, and of the classes."""
        labels = range(len(twin.classes))
        known = {index for label in labels for index in twin.counts(label)}
        return {
            _COUNTERS: {self.lanes.place(label, index) for label in labels for index in known},
            _CLASSES: range(-(-len(twin.classes) // 2)),
        }


def _class_words(model: NaiveBayes) -> list[int]:
    """Of two classes samples and occurrences; above the first two, how many classes there are."""
    words = [0] * -(-len(model.classes) // 2)
    for label in range(len(model.classes)):
        word = model.num_samples(label) | model.total_count(label) << _TOTAL
        words[label // 2] |= word << label % 2 * _CLASS
    words[0] |= len(model.classes) << _NUMBER
    return words


def _samples(words: Mapping[int, int] | Sequence[int], classes: int) -> list[int]:
    get = words.get if isinstance(words, Mapping) else lambda place, _: words[place]
    return [(get(label // 2, 0) or 0) >> label % 2 * _CLASS & _COUNT_MASK for label in range(classes)]


def _twin(
    info: ModelInfo,
    classes: Sequence[str],
    vocabulary: int,
    smoothing: int,
    samples: Sequence[int],
    counts: Sequence[Mapping[int, int]],
) -> NaiveBayes:
    return made(
        info,
        lambda: NaiveBayes(
            classes,
            vocabulary,
            smoothing,
            samples,
            counts,
            max_features=info.max_features,
            index_bits=info.form.lane_bits,
        ),
    )
