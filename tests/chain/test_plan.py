"""What a deployment is said to take beforehand: what it takes, and a little more, never less."""

import pytest

from decai.chain.compose import Texts, compose
from decai.chain.compose_clone import Clone
from decai.chain.deploy import deploy
from decai.chain.evm import EvmChain
from decai.chain.plan import gas_alone, plan_deployment
from decai.classifier import DenseCentroid, NaiveBayes, SparseCentroid, SparsePerceptron
from decai.errors import InputError
from decai.incentive import Points, Stakeable
from decai.protocols import Classifier, IncentiveMechanism
from decai.units import Address, Seconds, Wei

OWNER = Address("0x" + "1" * 40)
TERMS = Stakeable(Wei(10), Seconds(20), Seconds(60), Seconds(61))
TEXTS = Texts("n", "", "none")


def names(count: int) -> list[str]:
    return [str(label) for label in range(count)]


def bayes(classes: int) -> NaiveBayes:
    counts = [{label: 2} for label in range(classes)]
    return NaiveBayes(names(classes), 100, samples=[3] * classes, counts=counts)


@pytest.mark.parametrize(
    ("model", "terms"),
    [
        (SparsePerceptron(("a", "b"), [5, -7]), Points(Seconds(20))),
        (bayes(2), TERMS),
        (bayes(50), TERMS),
        (SparseCentroid(names(20)), TERMS),
        (DenseCentroid(names(50), 3), TERMS),
    ],
    ids=["perceptron", "two classes", "many classes", "sparse centroid", "dense centroid"],
)
def test_the_plan_of_a_contract_of_its_own_is_true(model: Classifier, terms: IncentiveMechanism) -> None:
    composition = compose(model, terms, TEXTS, max_features=64)
    (step,) = plan_deployment(composition).steps
    taken = deploy(EvmChain({OWNER: Wei(10**24)}, Seconds(1_700_000_000)), composition, OWNER).gas
    assert taken <= step.gas <= 1.03 * taken
    clone = compose(model, terms, TEXTS, max_features=64, clone=True)
    assert isinstance(clone, Clone)
    assert gas_alone(clone) == pytest.approx(step.gas, rel=0.01)


def test_nothing_is_said_to_be_saved_against_what_cannot_be_deployed() -> None:
    composition = compose(SparseCentroid(names(60)), TERMS, TEXTS, max_features=64)
    with pytest.raises(InputError, match=r"deploy it with --clone"):
        plan_deployment(composition)
    clone = compose(SparseCentroid(names(60)), TERMS, TEXTS, max_features=64, clone=True)
    assert isinstance(clone, Clone)
    with pytest.raises(InputError, match=r"bytes of code; a contract can have 24,576 at most"):
        gas_alone(clone)
