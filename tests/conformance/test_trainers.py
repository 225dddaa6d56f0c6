"""Every trainer passes the one suite in ``trainer.py``."""

import pytest

from decai.chain.client import ChainTrainer
from decai.chain.compose import compose
from decai.chain.deploy import deploy
from decai.chain.evm import EvmChain
from decai.classifier import SparsePerceptron
from decai.incentive import Stakeable
from decai.protocols import Trainer
from decai.trainer import LocalTrainer
from decai.units import Address, Seconds, Wei
from tests.conformance.trainer import Terms, TrainerConformance


def parts(terms: Terms) -> tuple[SparsePerceptron, Stakeable]:
    model = SparsePerceptron(("no", "yes"), weights=terms.weights, learning_rate=terms.learning_rate)
    waits = (Seconds(terms.refund_wait), Seconds(terms.owner_wait), Seconds(terms.any_wait))
    return model, Stakeable(Wei(terms.cost_weight), *waits, deployed=Seconds(terms.start))


def balances(terms: Terms) -> dict[Address, Wei]:
    return {address: Wei(amount) for address, amount in terms.balances.items()}


class TestLocalTrainer(TrainerConformance):
    """The trainer whose state lives in memory."""

    def deploy(self, terms: Terms) -> Trainer:
        return LocalTrainer(
            *parts(terms), owner=terms.owner, balances=balances(terms), now=Seconds(terms.start)
        )


@pytest.mark.parametrize("packed", [True, False], ids=["packed", "int64"])
class TestEvmTrainer(TrainerConformance):
    """The contract, on an EVM in this process."""

    @pytest.fixture(autouse=True)
    def choose_entry(self, packed: bool) -> None:
        self.packed = packed

    def deploy(self, terms: Terms) -> Trainer:
        chain = EvmChain(balances(terms), Seconds(terms.start))
        contract = deploy(chain, compose(*parts(terms)), terms.owner).contract
        assert contract is not None
        return ChainTrainer(chain, contract, packed=self.packed)
