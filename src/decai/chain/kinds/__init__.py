"""What each kind of classifier is on a chain: what goes into its contract, and how to read one."""

from functools import lru_cache
from typing import Any

from decai.chain.base import Reader
from decai.chain.kinds.base import Parameters
from decai.chain.model import ModelInfo
from decai.chain.parts import Choices, ClassifierPart
from decai.errors import ChainError, InputError
from decai.protocols import Classifier, ClassStart

__all__ = [
    "Parameters",
    "class_call",
    "classifier_part",
    "lists_features",
    "read_parameters",
    "vocabulary_of",
]


@lru_cache(maxsize=1)
def _kinds() -> dict[str, type[Parameters[Any]]]:
    from decai.chain.kinds.dense_centroid import DenseCentroidParameters
    from decai.chain.kinds.dense_perceptron import DensePerceptronParameters
    from decai.chain.kinds.naive_bayes import NaiveBayesParameters
    from decai.chain.kinds.sparse_centroid import SparseCentroidParameters
    from decai.chain.kinds.sparse_perceptron import SparsePerceptronParameters

    kinds: tuple[type[Parameters[Any]], ...] = (
        SparsePerceptronParameters,
        NaiveBayesParameters,
        SparseCentroidParameters,
        DensePerceptronParameters,
        DenseCentroidParameters,
    )
    return {kind.twin_class.kind: kind for kind in kinds}


def lists_features(classifier: Classifier) -> bool:
    """Whether its samples are lists of feature indices, and not vectors."""
    kind = _kinds().get(classifier.kind)
    return kind is None or not kind.takes_vectors


def classifier_part(classifier: Classifier, choices: Choices) -> ClassifierPart:
    """The part of a classifier.

    Raises
    ------
    InputError
        If there is no contract for its kind, or a number does not fit.
    """
    kind = _kinds().get(classifier.kind)
    if kind is None or not isinstance(classifier, kind.twin_class):
        raise InputError(f"{classifier.kind}: there is no contract for this kind of classifier")
    return kind.part(classifier, choices)


def read_parameters(chain: Reader, info: ModelInfo) -> Parameters[Any]:
    """The parameters of a contract.

    Raises
    ------
    ChainError
        If this version has no twin of its classifier, the contract's answers make no sense, or there is none.
    """
    return _kind_of(info).read(chain, info)


def _kind_of(info: ModelInfo) -> type[Parameters[Any]]:
    kind = _kinds().get(info.classifier)
    if kind is None:
        raise ChainError(f"{info.address}: its classifier {info.classifier!r} has no twin in this version")
    return kind


def class_call(info: ModelInfo, name: str, start: ClassStart) -> tuple[str, tuple[Any, ...]]:
    """The signature and the arguments of a call that adds a class.

    Raises
    ------
    Refused
        If this kind of classifier takes none, or the call cannot express it.
    ChainError
        If this version has no twin of the classifier.
    """
    return _kind_of(info).class_call(info, name, start)


def vocabulary_of(chain: Reader, info: ModelInfo) -> int:
    """How many features the encoder of a model's samples gives; raises like `read_parameters`."""
    return read_parameters(chain, info).vocabulary
