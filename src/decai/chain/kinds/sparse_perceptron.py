"""The sparse perceptron on a chain: base weights in a table, 16 counters to a word."""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Final, Self

from decai.chain.base import Reader
from decai.chain.base_table import pack_base_weights, unpack_base_weights
from decai.chain.kinds.base import Parameters, State, made
from decai.chain.kinds.lanes import table_constants
from decai.chain.kinds.room import require_index, require_room
from decai.chain.kinds.tables import read_table
from decai.chain.model import ModelInfo
from decai.chain.model import read_state as read
from decai.chain.parts import ClassifierPart, Constant
from decai.chain.sample_form import SampleForm
from decai.classifier import SparsePerceptron
from decai.errors import InputError

__all__ = ["SparsePerceptronParameters"]

_BASE_LIMIT: Final = 2**47
_COUNTERS: Final = "counterWords"
_BITS: Final = 16
_PER_WORD: Final = 16


class SparsePerceptronParameters(Parameters[SparsePerceptron]):
    """Those of ``classifier/sparse_perceptron.vy``."""

    twin_class: ClassVar = SparsePerceptron

    @staticmethod
    def part(classifier: SparsePerceptron, max_features: int, index_bits: int) -> ClassifierPart:
        """The part of a contract that starts where a classifier is; its counters become base weights."""
        weights, kind = classifier.weights(), classifier.kind
        require_index(kind, weights, index_bits)
        if max(map(abs, weights.values()), default=0) >= _BASE_LIMIT:
            raise InputError(f"{kind}: a weight is out of the range of a base weight, 140737.48 in size")
        bases = pack_base_weights(weights, index_bits)
        require_room(kind, bases, "base weights")
        return ClassifierPart(
            "classifier/sparse_perceptron.vy",
            {
                **table_constants(bases),
                "INTERCEPT": Constant("int80", classifier.intercept),
                "RAISED_INTERCEPT": Constant("uint256", classifier.intercept + _BASE_LIMIT),
                "LEARNING_RATE": Constant("uint32", classifier.learning_rate),
                "RATE": Constant("uint256", classifier.learning_rate),
            },
            SampleForm.indices(index_bits),
            max_features,
            bases.words,
            numbers=classifier.learning_rate | (classifier.intercept + _BASE_LIMIT) << 32,
        )

    @classmethod
    def read(cls, chain: Reader, info: ModelInfo) -> Self:
        """Those of a contract."""
        table = read_table(chain, info, most_value_bits=64, key_bits=(0, info.form.lane_bits))
        intercept = read(chain, info.address, "intercept()", "int80")
        rate = read(chain, info.address, "learningRate()", "uint32")
        return cls(info, _twin(info, unpack_base_weights(table), intercept, rate, {}))

    def state(self, twin: SparsePerceptron) -> State:
        """The words of counters."""
        words: dict[int, int] = {}
        for index, counter in twin.counters().items():
            place, lane = divmod(index, _PER_WORD)
            words[place] = words.get(place, 0) | counter % 2**_BITS << _BITS * lane
        return {_COUNTERS: words}

    def learned(self, state: State, classes: tuple[str, ...]) -> SparsePerceptron:
        """The twin with these counters."""
        start, counters = self.start, {}
        for place, word in state[_COUNTERS].items():
            for lane in range(_PER_WORD):
                counter = word >> _BITS * lane & 2**_BITS - 1
                if counter:
                    counters[_PER_WORD * place + lane] = counter - (counter >> (_BITS - 1) << _BITS)
        bases = {**dict.fromkeys(counters, 0), **start.bases()}
        return _twin(self.info, bases, start.intercept, start.learning_rate, counters)

    def places(self) -> Mapping[str, Sequence[int]]:
        """All words of counters."""
        return {_COUNTERS: range(2**self.info.form.lane_bits // _PER_WORD)}

    def mentioned(self, twin: SparsePerceptron) -> Mapping[str, Iterable[int]]:
        """The words of counters of the features that have a weight."""
        return {_COUNTERS: {index // _PER_WORD for index in twin.weights()}}


def _twin(
    info: ModelInfo, bases: Mapping[int, int], intercept: int, rate: int, counters: Mapping[int, int]
) -> SparsePerceptron:
    return made(
        info,
        lambda: SparsePerceptron(
            info.classes,
            bases,
            intercept,
            rate,
            counters,
            max_features=info.max_features,
            index_bits=info.form.lane_bits,
        ),
    )
