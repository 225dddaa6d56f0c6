"""What each part of a shared model puts into its contract: its module, numbers and start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from decai.chain.sample_form import SampleForm
from decai.errors import InputError
from decai.incentive import Points, Stakeable
from decai.protocols import IncentiveMechanism
from decai.units import Address

__all__ = ["Choices", "ClassifierPart", "Constant", "Part", "incentive_part"]

_COST_WEIGHT_LIMIT: Final = 2**84
_WAIT_LIMIT: Final = 2**32


@dataclass(frozen=True, slots=True)
class Constant:
    """A value of ``parameters.vy``."""

    type: str
    value: int | bool | str

    @classmethod
    def text(cls, text: str) -> Self:
        """A text of ASCII characters."""
        return cls(f"String[{len(text)}]", text)

    @classmethod
    def address(cls, address: Address) -> Self:
        """Where a contract is."""
        return cls("address", address)

    def __str__(self) -> str:
        is_quoted = isinstance(self.value, str) and self.type != "address"
        return f'"{self.value}"' if is_quoted else str(self.value)


@dataclass(frozen=True, slots=True)
class Choices:
    """What is chosen for a contract, beside its parts.

    Parameters
    ----------
    max_features, index_bits
        Most features that a sample may list, and the bits of a feature index. Vectors have none of both.
    counter_bits
        Of a sparse perceptron; None for what its twin in memory has.
    warm
        The counters of the features below this one are made cheap to change for the first time.
    """

    max_features: int = 128
    index_bits: int = 16
    counter_bits: int | None = None
    warm: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a contract."""

    source: str
    """Its module, a path in the package."""
    constants: Mapping[str, Constant]


@dataclass(frozen=True, slots=True)
class ClassifierPart(Part):
    """The classifier of a contract."""

    form: SampleForm
    """Of its samples."""
    max_features: int
    """Most numbers that a sample may list."""
    start: Sequence[int]
    """Its base table, packed into words."""
    state: Sequence[int] = (0,)
    """The words that it begins with in storage."""
    takes_classes: bool = False
    """Whether it can be given further classes."""
    numbers: int = 0
    """What a clone has of its own numbers, in one word."""


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
