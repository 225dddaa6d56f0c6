"""Contracts of models of real reviews and passengers say what the models say in floating point.

The contract is asked itself: of a few hundred samples one by one on an EVM, and of all of them the model that
is read out of its state in bulk, which has to say the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest

from decai import dataset
from decai.chain.client import ChainTrainer
from decai.chain.compose import compose
from decai.chain.current import current_classifier
from decai.chain.deploy import deploy
from decai.chain.evm import EvmChain
from decai.classifier import DenseCentroid, DensePerceptron, NaiveBayes, SparseCentroid, SparsePerceptron
from decai.dataset import Dataset, Split
from decai.incentive import Points
from decai.samples import IntArray
from decai.units import SCALE, Address, Seconds, Wei
from tests.conformance.floating import COUNTERPARTS, matrix

ADA = Address("0x" + "1" * 40)
LESSONS = 200
"""Contributions to the contract, after it was deployed."""
ASKED = 300
"""Of how many samples the contract is asked one by one."""


@dataclass(frozen=True)
class Subject:
    """A model and the data that it is for."""

    kind: str
    data: str
    build: Callable[[Dataset], Any]

    def __str__(self) -> str:
        return f"{self.kind}, {self.data}"


SUBJECTS = [
    Subject(
        "sparse-perceptron", "imdb", lambda data: SparsePerceptron(data.classes, learning_rate=SCALE // 20)
    ),
    Subject("naive-bayes", "imdb", lambda data: NaiveBayes(data.classes, data.num_features, SCALE)),
    Subject("sparse-centroid", "imdb", lambda data: SparseCentroid(data.classes)),
    Subject(
        "dense-perceptron", "titanic", lambda data: DensePerceptron(data.classes, [0] * data.num_features)
    ),
    Subject("dense-centroid", "titanic", lambda data: DenseCentroid(data.classes, data.num_features)),
]
"""Learning rates and steps are those of ``floating.py``."""


@dataclass(frozen=True)
class Answers:
    """What the contract says of the first test samples, and what all say of all of them."""

    contract: IntArray
    in_bulk: IntArray
    floating: IntArray
    truth: IntArray

    def points(self, labels: IntArray) -> float:
        """Accuracy, in percentage points."""
        return 100 * float(np.mean(labels == self.truth))


@cache
def answers(subject: Subject) -> Answers:
    data = dataset.load(subject.data, dense=subject.kind.startswith("dense"))
    taught, asked = (
        cut(data.test, LESSONS) if subject.data == "imdb" else (cut(data.train, LESSONS)[0], data.test)
    )
    trainer = deployed(subject, data)
    for number, label in enumerate(taught.labels.tolist()):
        trainer.advance_to(Seconds(trainer.now + 60))
        trainer.submit(ADA, taught.samples[number], label, Wei(0))
    model, _ = current_classifier(trainer)
    float_of = {
        name: (matrix(split, data), split.labels)
        for name, split in {"first": data.train, "later": taught, "asked": asked}.items()
    }
    return Answers(
        np.array([trainer.predict(asked.samples[number]) for number in range(min(ASKED, len(asked)))]),
        model.predict_many(asked.samples),
        COUNTERPARTS[subject.kind](*float_of["first"], *float_of["later"], float_of["asked"][0]),
        asked.labels,
    )


def deployed(subject: Subject, data: Dataset) -> ChainTrainer:
    """The contract of a model that was trained on all of the training data."""
    model = subject.build(data)
    model.train(data.train.samples, data.train.labels)
    chain = EvmChain({ADA: Wei(10**20)}, Seconds(1_700_000_000))
    contract = deploy(chain, compose(model, Points(Seconds(0)), max_features=512), ADA).contract
    assert contract is not None
    return ChainTrainer(chain, contract)


def cut(split: Split, count: int) -> tuple[Split, Split]:
    """The first samples, and the others."""
    numbers = np.arange(len(split))
    first, rest = numbers[:count], numbers[count:]
    return (
        Split(split.samples.select(first), split.labels[first]),
        Split(split.samples.select(rest), split.labels[rest]),
    )


GROUPED = {
    subject.kind: pytest.param(
        subject, marks=pytest.mark.xdist_group(f"real data, {subject}"), id=str(subject)
    )
    for subject in SUBJECTS
}
each_subject = pytest.mark.parametrize("subject", GROUPED.values())


@each_subject
def test_a_contract_says_in_bulk_what_it_says_one_by_one(subject: Subject) -> None:
    found = answers(subject)
    assert np.array_equal(found.contract, found.in_bulk[: len(found.contract)])


@each_subject
def test_fixed_point_costs_no_more_than_a_fifth_of_a_point_of_accuracy(subject: Subject) -> None:
    found = answers(subject)
    fixed, floating = found.points(found.in_bulk), found.points(found.floating)
    assert abs(fixed - floating) <= 0.2, f"{fixed:.2f} in fixed point, {floating:.2f} in floating point"
    # It has learned something: to say always the same is worse.
    assert fixed > max(found.points(np.full_like(found.truth, label)) for label in (0, 1))


@pytest.mark.parametrize("subject", [GROUPED["naive-bayes"]])
def test_naive_bayes_agrees_with_scikit_learn(subject: Subject) -> None:
    found = answers(subject)
    assert np.mean(found.in_bulk == found.floating) >= 0.999
    assert np.mean(found.contract == found.floating[: len(found.contract)]) >= 0.999
