"""What each kind of classifier and of mechanism puts into a contract: its module, numbers and start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from decai.classifier import SparsePerceptron
from decai.errors import InputError
from decai.incentive import Points, Stakeable
from decai.protocols import Classifier, IncentiveMechanism

__all__ = ["Constant", "Part", "classifier_part", "incentive_part", "packed_weights", "unpacked_weights"]

_BASE_LIMIT: Final = 2**47
_COST_WEIGHT_LIMIT: Final = 2**84
_WAIT_LIMIT: Final = 2**32
IN_CODE: Final = 2_800
"""More base weights than about this do not fit into the contract's own code."""


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
    size = max(weights, default=-1) + 1
    if size > IN_CODE:
        raise InputError(f"{model.kind}: {size:,} base weights do not fit into a contract")
    dense = [weights.get(index, 0) for index in range(size)]
    if max(map(abs, dense), default=0) >= _BASE_LIMIT:
        raise InputError(f"{model.kind}: a weight is out of the range of a base weight, 140737.48 in size")
    per_word, start = packed_weights(dense)
    return Part(
        "classifier/sparse_perceptron.vy",
        {
            "NUM_WEIGHTS": Constant("uint256", size),
            "WEIGHT_BITS": Constant("uint256", 256 // per_word),
            "INTERCEPT": Constant("int80", model.intercept),
            "RAISED_INTERCEPT": Constant("uint256", model.intercept + _BASE_LIMIT),
            "LEARNING_RATE": Constant("uint32", model.learning_rate),
            "RATE": Constant("uint256", model.learning_rate),
        },
        start,
    )


def packed_weights(weights: Sequence[int]) -> tuple[int, list[int]]:
    """Weights in as few words as hold them all; how many share a word, and the words (at least one).

    Each of n weights a word has 256 // n bits, from the lowest on, and is raised by half of their range.

    Examples
    --------
    >>> packed_weights([3, -1])
    (7, [2361183241469182345219])
    >>> unpacked_weights(36, [2361183241469182345219], 2)
    [3, -1]
    """
    low, high = min(weights, default=0), max(weights, default=0)
    per_word = next(n for n in (7, 6, 5) if -(1 << (256 // n - 1)) <= low and high < 1 << (256 // n - 1))
    bits = 256 // per_word
    words = [
        sum(
            (weight + (1 << (bits - 1))) << (bits * i) for i, weight in enumerate(weights[at : at + per_word])
        )
        for at in range(0, len(weights), per_word)
    ]
    return per_word, words or [0]


def unpacked_weights(bits: int, words: Sequence[int], count: int) -> list[int]:
    """The inverse of `packed_weights`, for `count` weights of so many bits."""
    per_word, mask, zero = 256 // bits, (1 << bits) - 1, 1 << (bits - 1)
    return [((words[i // per_word] >> (bits * (i % per_word))) & mask) - zero for i in range(count)]


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
