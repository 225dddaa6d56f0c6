"""What a kind of classifier owes to its contracts.

What a contract has learned lies in areas: long rows of words in its storage, most of them 0, each with a view
that gives them in pages. A kind says what its twin's areas hold, and makes a twin out of what they hold.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, Generic, Self, TypeVar

from decai.chain.base import Reader
from decai.chain.data_contract import WORDS_IN_CONTRACT
from decai.chain.kinds.reading import read_words
from decai.chain.model import ModelInfo
from decai.chain.model import read_state as read
from decai.chain.parts import Choices, ClassifierPart
from decai.errors import ChainError, InputError, Refused
from decai.protocols import Classifier, ClassStart

__all__ = ["MOST_TABLE_WORDS", "Area", "Parameters", "State", "made"]

MOST_TABLE_WORDS: Final = 256 * WORDS_IN_CONTRACT
"""Of the base table of one model."""

_INDEX_SHIFT: Final = 64
_VALUE_MASK: Final = 2**64 - 1

Area = dict[int, int]
"""The words of an area that are not 0, by place."""
State = Mapping[str, Area]
"""The areas of a contract, by the name of the view that gives their words."""

C = TypeVar("C", bound=Classifier)


class Parameters(ABC, Generic[C]):
    """The parameters of one contract.

    Parameters
    ----------
    info
        What the contract says of itself.
    start
        The twin of its classifier as it was when it was deployed.
    """

    twin_class: ClassVar[type[Any]]
    """Of its twins."""
    takes_vectors: ClassVar[bool] = False
    """Whether its samples are vectors, and not lists of feature indices."""

    def __init__(self, info: ModelInfo, start: C) -> None:
        self.info = info
        self.start = start

    @staticmethod
    @abstractmethod
    def part(classifier: Any, choices: Choices) -> ClassifierPart:
        """The part of a contract that starts where a classifier is.

        Raises
        ------
        InputError
            If a number does not fit.
        """

    @classmethod
    @abstractmethod
    def read(cls, chain: Reader, info: ModelInfo) -> Self:
        """Those of a contract.

        Raises
        ------
        ChainError
            If the contract's answers make no sense, or there are none.
        """

    @property
    def vocabulary(self) -> int:
        """How many features the encoder of the model's samples gives."""
        return self.start.num_features

    @property
    def features_per_word(self) -> int:
        """How many features share a word of counters; 0 if there are no counters of features."""
        return 0

    def warm_features(self, chain: Reader) -> int:
        """The counters of how many features, from 0 on, were made cheap to change for the first time.

        Raises
        ------
        ChainError
            If there is no answer.
        """
        if not self.features_per_word:
            return 0
        words = int(read(chain, self.info.address, "warmWords()", "uint256"))
        return words * self.features_per_word

    @abstractmethod
    def state(self, twin: C) -> State:
        """What the areas hold once the model is where `twin` is."""

    @abstractmethod
    def learned(self, state: State, classes: tuple[str, ...]) -> C:
        """The twin of the contract whose areas hold `state`.

        Raises
        ------
        ChainError
            If no contract of this kind can hold that.
        """

    @abstractmethod
    def places(self) -> Mapping[str, Sequence[int]]:
        """All places of each area, which may be too many to be read."""

    @abstractmethod
    def mentioned(self, twin: C) -> Mapping[str, Iterable[int]]:
        """The places of each area that can have changed, by what the twin knows."""

    @classmethod
    def class_call(cls, info: ModelInfo, name: str, start: ClassStart) -> tuple[str, tuple[Any, ...]]:
        """The signature and the arguments of a call that adds a class.

        Raises
        ------
        Refused
            If this kind takes none, or the call cannot express it.
        """
        raise Refused(f"{info.classifier}: has exactly two classes")

    def class_start(self, samples: int, values: Sequence[int]) -> ClassStart:
        """What a further class starts from, out of the event that tells of it."""
        return ClassStart(samples, {value >> _INDEX_SHIFT: value & _VALUE_MASK for value in values})

    def read_state(self, chain: Reader, places: Mapping[str, Iterable[int]]) -> State:
        """What these places of the areas hold.

        Raises
        ------
        ChainError
            If there is no answer, or the contract does not give the words.
        """
        address = self.info.address
        return {view: read_words(chain, address, view, sorted(wanted)) for view, wanted in places.items()}


def made(info: ModelInfo, twin: Callable[[], C]) -> C:
    """A twin out of what a contract says; `ChainError` if it makes no sense."""
    try:
        return twin()
    except InputError as error:
        raise ChainError(f"{info.address}: the model of this contract makes no sense ({error})") from None
