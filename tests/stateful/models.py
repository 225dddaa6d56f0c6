"""The models of these tests, each twice: as it is, and as a naive oracle."""

from typing import Literal

from decai.classifier import NaiveBayes, SparsePerceptron
from decai.protocols import Classifier
from tests.oracles import NaiveBayesOracle, Oracle, SparsePerceptronOracle

__all__ = ["ModelName", "model"]

F = 10**9
ModelName = Literal["perceptron", "naive bayes"]


def model(name: ModelName) -> tuple[Classifier, Oracle]:
    """The same model twice; naive Bayes takes further classes."""
    if name == "perceptron":
        base = {0: 3, 1: -3, 2: 1}
        return (
            SparsePerceptron(("no", "yes"), weights=base, intercept=1, learning_rate=2),
            SparsePerceptronOracle(base, 1, 2),
        )
    samples, counts = [2, 2], [{0: 3, 2: 1}, {1: 2}]
    return (
        NaiveBayes(("no", "yes"), vocabulary=5, smoothing=F // 2, samples=samples, counts=counts),
        NaiveBayesOracle(5, F // 2, samples, counts),
    )
