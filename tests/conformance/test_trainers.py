"""Every trainer passes the one suite in ``trainer.py``."""

from collections.abc import Mapping
from types import MappingProxyType

import pytest

from decai.chain.client import ChainTrainer
from decai.chain.compose import compose
from decai.chain.deploy import deploy
from decai.chain.evm import EvmChain
from decai.classifier import SparsePerceptron
from decai.incentive import Points, Stakeable
from decai.protocols import IncentiveMechanism, Trainer
from decai.trainer import LocalTrainer
from decai.units import Address, Seconds, Wei
from tests.conformance.trainer import Terms
from tests.conformance.trainer_calls import TrainerCalls

pytestmark = pytest.mark.spread


def parts(
    terms: Terms, far: Mapping[int, int] = MappingProxyType({})
) -> tuple[SparsePerceptron, IncentiveMechanism]:
    weights = {**dict(enumerate(terms.weights)), **far}
    model = SparsePerceptron(("no", "yes"), weights, learning_rate=terms.learning_rate)
    if terms.mechanism == "points":
        return model, Points(Seconds(terms.refund_wait), deployed=Seconds(terms.start))
    waits = (Seconds(terms.refund_wait), Seconds(terms.owner_wait), Seconds(terms.any_wait))
    return model, Stakeable(Wei(terms.cost_weight), *waits, deployed=Seconds(terms.start))


def balances(terms: Terms) -> dict[Address, Wei]:
    return {address: Wei(amount) for address, amount in terms.balances.items()}


class TestLocalTrainer(TrainerCalls):
    """The trainer whose state lives in memory."""

    def deploy(self, terms: Terms) -> Trainer:
        return LocalTrainer(
            *parts(terms), owner=terms.owner, balances=balances(terms), now=Seconds(terms.start)
        )


LAYOUTS = {
    "packed": (True, {}, True),
    "int64": (False, {}, True),
    "packed, weights in a data contract": (True, {}, False),
    "int64, weights in a hash table": (False, {2**32 - 1: 7}, True),
    "packed, weights in a hash table in a data contract": (True, {2**32 - 1: 7}, False),
}
"""How samples travel, far weights that no list has room for, and whether the code holds them."""


@pytest.mark.parametrize("layout", LAYOUTS)
class TestEvmTrainer(TrainerCalls):
    """The contract, on an EVM in this process."""

    @pytest.fixture(autouse=True)
    def choose_layout(self, layout: str) -> None:
        self.packed, self.far, self.in_code = LAYOUTS[layout]

    def deploy(self, terms: Terms) -> Trainer:
        chain = EvmChain(balances(terms), Seconds(terms.start))
        composition = compose(
            *parts(terms, self.far), index_bits=32 if self.far else 16, start_in_code=self.in_code
        )
        assert composition.constants["BASES_HASHED"] == bool(self.far)
        assert len(composition.data_contracts) == (not self.in_code)
        contract = deploy(chain, composition, terms.owner).contract
        assert contract is not None
        return ChainTrainer(chain, contract, packed=self.packed)
