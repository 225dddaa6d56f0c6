"""The dense centroid on a chain: sums at deployment in a table, later ones beside them, counts by sevens."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, Self

from decai.chain.base import Reader
from decai.chain.base_table import BaseTable
from decai.chain.kinds.base import Parameters, State, made
from decai.chain.kinds.lanes import table_constants
from decai.chain.kinds.room import cannot_be_said, refuse_counter_bits, refuse_warm, require_room
from decai.chain.kinds.tables import read_start_words, read_table
from decai.chain.kinds.vectors import (
    SUM_BITS,
    ZEROS,
    require_size,
    rows_of,
    sum_words,
    sums_in,
    vector_constants,
)
from decai.chain.model import ModelInfo
from decai.chain.parts import Choices, ClassifierPart, Constant
from decai.chain.sample_form import VECTORS
from decai.classifier import DenseCentroid
from decai.classifier.dense_centroid import COUNT_LIMIT, SUM_LIMIT, wrong_centroid
from decai.errors import ChainError
from decai.protocols import ClassStart

__all__ = ["DenseCentroidParameters"]

_SUMS: Final = "sumWords"
_CLASSES: Final = "classWords"
_COUNT_BITS: Final = 32
_PER_WORD: Final = 7
_NUMBER: Final = 224
_ZERO: Final = 2 ** (SUM_BITS - 1)


class DenseCentroidParameters(Parameters[DenseCentroid]):
    """Those of ``classifier/dense_centroid.vy``."""

    twin_class: ClassVar = DenseCentroid
    takes_vectors: ClassVar = True

    @staticmethod
    def part(classifier: DenseCentroid, choices: Choices) -> ClassifierPart:
        """The part of a contract that starts where a classifier is."""
        refuse_counter_bits(classifier.kind, choices)
        refuse_warm(classifier.kind, choices)
        kind, size = classifier.kind, classifier.num_features
        require_size(kind, size)
        words = [word ^ ZEROS for word in _sum_words(classifier)]
        bases = BaseTable(words, len(words) * (256 // SUM_BITS), SUM_BITS, default=_ZERO)
        require_room(kind, bases, "sums")
        return ClassifierPart(
            "classifier/dense_centroid.vy",
            {
                **table_constants(bases),
                **vector_constants(kind, size, SUM_LIMIT),
                "WRONG_CENTROID": Constant.text(wrong_centroid(size)),
            },
            VECTORS,
            size,
            bases.words,
            _class_words(classifier),
            takes_classes=True,
        )

    @classmethod
    def read(cls, chain: Reader, info: ModelInfo) -> Self:
        """Those of a contract."""
        number, words = read_start_words(chain, info, _NUMBER)
        table = read_table(chain, info, most_value_bits=SUM_BITS, key_bits=(0,))
        rows = number * rows_of(info.max_features)
        if (table.value_bits, table.entries) != (SUM_BITS, rows * (256 // SUM_BITS)):
            raise ChainError(f"{info.address}: the contract describes sums that no model has")
        start = _twin(info, info.classes[:number], words, [word ^ ZEROS for word in table.words[:rows]])
        return cls(info, start)

    @classmethod
    def class_call(cls, info: ModelInfo, name: str, start: ClassStart) -> tuple[str, tuple[Any, ...]]:
        """Mean, name and samples."""
        kind, size = info.classifier, info.max_features
        if not 0 <= start.samples < 2**256:
            raise cannot_be_said(kind, name, start, "a number of samples is out of range")
        if any(not 0 <= position < size for position in start.values):
            raise cannot_be_said(kind, name, start, wrong_centroid(size).removeprefix(f"{kind}: "))
        if any(not -(2**63) <= value < 2**63 for value in start.values.values()):
            raise cannot_be_said(kind, name, start, "every centroid value must be between -1 and 1")
        mean = [start.values.get(position, 0) for position in range(size)]
        return "addClass(int64[],string,uint256)", (mean, name, start.samples)

    def class_start(self, samples: int, values: Sequence[int]) -> ClassStart:
        """The mean, which is packed as a sample is."""
        mean = VECTORS.unpacked(values).tolist()
        return ClassStart(samples, {position: value for position, value in enumerate(mean) if value})

    def state(self, twin: DenseCentroid) -> State:
        """The words of sums, XOR those at deployment, and of numbers of samples."""
        old, new = _sum_words(self.start), _sum_words(twin)
        old += [0] * (len(new) - len(old))
        moved = {place: mine ^ new[place] for place, mine in enumerate(old) if mine != new[place]}
        return {
            _SUMS: moved,
            _CLASSES: {place: word for place, word in enumerate(_class_words(twin)) if word},
        }

    def learned(self, state: State, classes: tuple[str, ...]) -> DenseCentroid:
        """The twin with these sums and numbers of samples."""
        moved, counts = state[_SUMS], state[_CLASSES]
        words = _sum_words(self.start)
        words += [0] * (len(classes) * rows_of(self.start.num_features) - len(words))
        return _twin(
            self.info,
            classes,
            [counts.get(place, 0) for place in range(_num_class_words(len(classes)))],
            [word ^ moved.get(place, 0) for place, word in enumerate(words)],
        )

    def places(self) -> Mapping[str, Sequence[int]]:
        """All words of the classes that there are."""
        return self._places(len(self.info.classes))

    def mentioned(self, twin: DenseCentroid) -> Mapping[str, Iterable[int]]:
        """All words of the classes that the twin has."""
        return self._places(len(twin.classes))

    def _places(self, classes: int) -> dict[str, range]:
        return {
            _SUMS: range(classes * rows_of(self.start.num_features)),
            _CLASSES: range(_num_class_words(classes)),
        }


def _sum_words(model: DenseCentroid) -> list[int]:
    return [word for label in range(len(model.classes)) for word in sum_words(model.sums(label))]


def _num_class_words(classes: int) -> int:
    return -(-classes // _PER_WORD)


def _class_words(model: DenseCentroid) -> list[int]:
    """Of seven classes the numbers of samples; above the first ones, how many classes there are."""
    words = [0] * _num_class_words(len(model.classes))
    for label in range(len(model.classes)):
        words[label // _PER_WORD] |= model.num_samples(label) << label % _PER_WORD * _COUNT_BITS
    words[0] |= len(model.classes) << _NUMBER
    return words


def _twin(
    info: ModelInfo, classes: Sequence[str], class_words: Sequence[int], words: Sequence[int]
) -> DenseCentroid:
    size, number = info.max_features, len(classes)
    if len(class_words) != _num_class_words(number):
        raise ChainError(f"{info.address}: the contract does not say how many samples its classes have")
    counts = [
        class_words[label // _PER_WORD] >> label % _PER_WORD * _COUNT_BITS & COUNT_LIMIT
        for label in range(number)
    ]
    rows = rows_of(size)
    sums = [sums_in(words[label * rows : (label + 1) * rows]) for label in range(number)]
    if any(any(of_class[size:]) for of_class in sums):
        raise ChainError(f"{info.address}: the contract has more sums than its vectors have values")
    return made(
        info,
        lambda: DenseCentroid(classes, size, samples=counts, sums=[of_class[:size] for of_class in sums]),
    )
