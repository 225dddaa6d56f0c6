"""The parts that a scenario names."""

from collections.abc import Callable
from functools import partial

import numpy as np

from decai.classifier import DenseCentroid, DensePerceptron, NaiveBayes, SparseCentroid, SparsePerceptron
from decai.dataset import Dataset
from decai.errors import ScenarioError
from decai.incentive import Points, Stakeable
from decai.protocols import Classifier, IncentiveMechanism
from decai.samples import IntArray, Samples
from decai.simulation.agents import KINDS, Agent
from decai.simulation.custom_agent import CustomAgent, strategy_class
from decai.simulation.draws import Draws
from decai.simulation.scenario import AgentSpec, IncentiveSpec, ModelSpec, Scenario
from decai.units import Address, Seconds, Wei

__all__ = [
    "agent_maker",
    "baseline_classifier",
    "build_classifier",
    "build_incentive",
    "initial_count",
    "train_initially",
]


def build_classifier(spec: ModelSpec, dataset: Dataset) -> Classifier:
    """An untrained classifier for this data.

    Raises
    ------
    ScenarioError
        If the classifier needs other data: two classes, or features of the other form.
    """
    kind = spec.classifier
    if kind.startswith("dense") == dataset.is_sparse:
        form = "sparse" if dataset.is_sparse else "dense"
        raise ScenarioError(
            f"model.classifier: {kind} cannot learn from the {form} features of {dataset.name}"
        )
    if kind.endswith("perceptron") and len(dataset.classes) != 2:
        raise ScenarioError(
            f"model.classifier: {kind} tells two classes apart, and {dataset.name} has {len(dataset.classes)}"
        )
    classes, size = dataset.classes, dataset.num_features
    if kind == "sparse-perceptron":
        return SparsePerceptron(classes, np.zeros(size, dtype=np.int64), learning_rate=spec.learning_rate)
    if kind == "dense-perceptron":
        return DensePerceptron(classes, [0] * size, learning_rate=spec.learning_rate)
    if kind == "naive-bayes":
        return NaiveBayes(classes, vocabulary=size, smoothing=spec.smoothing)
    if kind == "sparse-centroid":
        return SparseCentroid(classes)
    return DenseCentroid(classes, size)


def train_initially(classifier: Classifier, spec: ModelSpec, samples: Samples, labels: IntArray) -> None:
    """Bulk initial training as the scenario says."""
    if isinstance(classifier, SparsePerceptron):
        classifier.train(samples, labels, step=spec.initial_step, epochs=spec.epochs, averaged=spec.averaged)
    elif isinstance(classifier, DensePerceptron):
        classifier.train(samples, labels, epochs=spec.epochs)
    else:
        classifier.train(samples, labels)


def build_incentive(spec: IncentiveSpec) -> IncentiveMechanism:
    """The incentive mechanism, deployed at time 0."""
    if spec.mechanism == "points":
        return Points(refund_wait=Seconds(spec.refund_wait))
    return Stakeable(
        cost_weight=Wei(spec.cost_weight),
        refund_wait=Seconds(spec.refund_wait),
        owner_wait=Seconds(spec.owner_wait),
        any_wait=Seconds(spec.any_wait),
        shares=spec.shares,
    )


def agent_maker(group: str, spec: AgentSpec) -> Callable[[str, Address, AgentSpec, Draws], Agent]:
    """What makes an agent of a group in a scenario out of its name, address, settings and draws.

    Raises
    ------
    ScenarioError
        If a custom strategy cannot be imported or is no `Agent`.
    """
    if spec.strategy is None:
        return KINDS[spec.kind]
    try:
        return partial(CustomAgent, strategy_class(spec.strategy))
    except ScenarioError as error:
        raise ScenarioError(f"agents.{group}.strategy: {error}") from error.__cause__


def initial_count(scenario: Scenario, dataset: Dataset) -> int:
    """How many training samples the model starts from.

    Raises
    ------
    ScenarioError
        If none would be left to contribute.
    """
    total = len(dataset.train.labels)
    count = int(total * scenario.data.initial)
    if count >= total:
        raise ScenarioError(
            f"data.initial: {scenario.data.initial} of {total:,} samples leaves none to contribute"
        )
    return count


def baseline_classifier(scenario: Scenario, dataset: Dataset) -> Classifier:
    """The same classifier trained on the whole training part, as if all of it were given at once."""
    classifier = build_classifier(scenario.model, dataset)
    train_initially(classifier, scenario.model, dataset.train.samples, dataset.train.labels)
    return classifier
