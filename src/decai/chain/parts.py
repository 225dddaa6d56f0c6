"""What each kind of classifier and of mechanism puts into a contract: its module, numbers and start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from decai.chain.base_weights import pack_base_weights
from decai.chain.data_contract import WORDS_IN_CONTRACT
from decai.classifier import SparsePerceptron
from decai.errors import InputError
from decai.incentive import Points, Stakeable
from decai.protocols import Classifier, IncentiveMechanism

__all__ = ["Constant", "Part", "classifier_part", "incentive_part"]

_BASE_LIMIT: Final = 2**47
_COST_WEIGHT_LIMIT: Final = 2**84
_WAIT_LIMIT: Final = 2**32
_MOST_WORDS: Final = 256 * WORDS_IN_CONTRACT
"""Of the base weights of one model."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A value of ``parameters.vy``."""

    type: str
    value: int | bool | str

    def __str__(self) -> str:
        return f'"{self.value}"' if isinstance(self.value, str) else str(self.value)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a contract."""

    source: str
    """Its module, a path in the package."""
    constants: Mapping[str, Constant]
    start: Sequence[int] = ()
    """What it starts from, packed into words."""
    modules: Mapping[str, str] = field(default_factory=dict)
    """Further modules that its own imports: paths in the package, by file name."""


def classifier_part(classifier: Classifier, index_bits: int) -> Part:
    """The part of a classifier.

    Raises
    ------
    InputError
        If there is no contract for its kind, or a number does not fit.
    """
    if isinstance(classifier, SparsePerceptron):
        return _sparse_perceptron(classifier, index_bits)
    raise InputError(f"{classifier.kind}: there is no contract for this kind of classifier yet")


def _sparse_perceptron(model: SparsePerceptron, index_bits: int) -> Part:
    weights = model.weights()
    if max(weights, default=0) >> index_bits:
        raise InputError(f"{model.kind}: feature {max(weights)} needs indices of more than {index_bits} bits")
    if max(map(abs, weights.values()), default=0) >= _BASE_LIMIT:
        raise InputError(f"{model.kind}: a weight is out of the range of a base weight, 140737.48 in size")
    bases = pack_base_weights(weights, index_bits)
    if len(bases.words) > _MOST_WORDS:
        raise InputError(f"{model.kind}: {bases.count:,} base weights do not fit into {_MOST_WORDS:,} words")
    return Part(
        "classifier/sparse_perceptron.vy",
        {
            "NUM_WEIGHTS": Constant("uint256", bases.count),
            "WEIGHT_BITS": Constant("uint256", bases.weight_bits),
            "BASE_ENTRY_BITS": Constant("uint256", bases.index_bits + bases.weight_bits),
            "BASE_WORDS": Constant("uint256", len(bases.words)),
            "BASES_HASHED": Constant("bool", bases.index_bits != 0),
            "HASH_SEED": Constant("uint256", bases.seed),
            "INTERCEPT": Constant("int80", model.intercept),
            "RAISED_INTERCEPT": Constant("uint256", model.intercept + _BASE_LIMIT),
            "LEARNING_RATE": Constant("uint32", model.learning_rate),
            "RATE": Constant("uint256", model.learning_rate),
        },
        bases.words,
        {"base_weights.vy": "classifier/_base_weights.vy"},
    )


def incentive_part(incentive: IncentiveMechanism) -> Part:
    """The part of an incentive mechanism.

    Raises
    ------
    InputError
        If there is no contract for its kind, or a number does not fit.
    """
    constants = {"REFUND_WAIT": Constant("uint32", _wait("refund", incentive.refund_wait))}
    if isinstance(incentive, Points):
        return Part("incentive/points.vy", constants)
    if isinstance(incentive, Stakeable):
        if incentive.cost_weight >= _COST_WEIGHT_LIMIT:
            raise InputError(f"{incentive.kind}: the cost weight must be below 2^84 wei (19,342,813 ether)")
        constants |= {
            "OWNER_WAIT": Constant("uint32", _wait("owner's", incentive.owner_wait)),
            "ANY_WAIT": Constant("uint32", _wait("anybody's", incentive.any_wait)),
            "COST_WEIGHT": Constant("uint256", incentive.cost_weight),
            "SHARES_BY_DEPOSIT": Constant("bool", incentive.shares == "deposit"),
        }
        return Part("incentive/stakeable.vy", constants)
    raise InputError(f"{incentive.kind}: there is no contract for this incentive mechanism")


def _wait(whose: str, seconds: int) -> int:
    if seconds >= _WAIT_LIMIT:
        raise InputError(f"the {whose} wait must be below 2^32 seconds (136 years)")
    return seconds
