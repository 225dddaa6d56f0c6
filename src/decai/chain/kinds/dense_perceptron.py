"""The dense perceptron on a chain: base weights in a table, four sums of what was learned to a word."""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Final, Self

from decai.chain.base import Reader
from decai.chain.base_table import pack_base_weights, unpack_base_weights
from decai.chain.kinds.base import Parameters, State, made
from decai.chain.kinds.lanes import table_constants
from decai.chain.kinds.room import refuse_counter_bits, refuse_warm
from decai.chain.kinds.tables import read_table
from decai.chain.kinds.vectors import require_size, rows_of, sum_words, sums_in, vector_constants
from decai.chain.model import ModelInfo
from decai.chain.model import read_state as read
from decai.chain.parts import Choices, ClassifierPart, Constant
from decai.chain.sample_form import VECTORS
from decai.classifier import DensePerceptron
from decai.classifier.dense_perceptron import SUM_LIMIT, WEIGHT_LIMIT
from decai.errors import ChainError, InputError
from decai.units import SCALE

__all__ = ["DensePerceptronParameters"]

_SUMS: Final = "sumWords"
_RAISED_BY: Final = 2**79
"""What the intercept of a clone is raised by, so that it is never negative."""


class DensePerceptronParameters(Parameters[DensePerceptron]):
    """Those of ``classifier/dense_perceptron.vy``."""

    twin_class: ClassVar = DensePerceptron
    takes_vectors: ClassVar = True

    @staticmethod
    def part(classifier: DensePerceptron, choices: Choices) -> ClassifierPart:
        """The part of a contract that starts where a classifier is; its sums become base weights."""
        refuse_counter_bits(classifier.kind, choices)
        refuse_warm(classifier.kind, choices)
        weights, kind = classifier.weights(), classifier.kind
        require_size(kind, len(weights))
        if max(map(abs, weights)) > WEIGHT_LIMIT:
            raise InputError(f"{kind}: a weight is out of the range of a base weight, 2^62 in fixed point")
        # So few are always listed.
        bases = pack_base_weights(dict(enumerate(weights)), VECTORS.lane_bits)
        return ClassifierPart(
            "classifier/dense_perceptron.vy",
            {
                **table_constants(bases),
                **vector_constants(kind, len(weights), SUM_LIMIT),
                "INTERCEPT": Constant("int80", classifier.intercept),
                "SCORE_OF_NOTHING": Constant("uint256", classifier.intercept * SCALE % 2**256),
                "LEARNING_RATE": Constant("uint32", classifier.learning_rate),
                "RATE": Constant("uint256", classifier.learning_rate),
            },
            VECTORS,
            len(weights),
            bases.words,
            numbers=classifier.learning_rate | (classifier.intercept + _RAISED_BY) << 32,
        )

    @classmethod
    def read(cls, chain: Reader, info: ModelInfo) -> Self:
        """Those of a contract."""
        table = read_table(chain, info, most_value_bits=64, key_bits=(0,))
        if table.entries != info.max_features:
            raise ChainError(
                f"{info.address}: the contract has {table.entries:,} weights for vectors of "
                f"{info.max_features:,} values"
            )
        intercept = read(chain, info.address, "intercept()", "int80")
        rate = read(chain, info.address, "learningRate()", "uint32")
        weights = list(unpack_base_weights(table).values())
        return cls(info, made(info, lambda: DensePerceptron(info.classes, weights, intercept, rate)))

    def state(self, twin: DensePerceptron) -> State:
        """The words of sums."""
        return {_SUMS: {place: word for place, word in enumerate(sum_words(twin.sums())) if word}}

    def learned(self, state: State, classes: tuple[str, ...]) -> DensePerceptron:
        """The twin with these sums."""
        start, words = self.start, state[_SUMS]
        sums = sums_in(words.get(place, 0) for place in range(rows_of(start.num_features)))
        if any(sums[start.num_features :]):
            raise ChainError(f"{self.info.address}: the contract has more sums than weights")
        return made(
            self.info,
            lambda: DensePerceptron(
                classes, start.weights(), start.intercept, start.learning_rate, sums[: start.num_features]
            ),
        )

    def places(self) -> Mapping[str, Sequence[int]]:
        """All words of sums."""
        return {_SUMS: range(rows_of(self.start.num_features))}

    def mentioned(self, twin: DensePerceptron) -> Mapping[str, Iterable[int]]:
        """All words of sums."""
        return self.places()
