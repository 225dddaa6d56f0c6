"""The sparse perceptron's contract at the limits of its counters, which random operations hardly reach."""

import numpy as np
import pytest

from decai.chain.client import ChainTrainer
from decai.chain.compose import compose
from decai.chain.deploy import deploy
from decai.chain.evm import EvmChain
from decai.chain.kinds import read_parameters
from decai.classifier import SparsePerceptron
from decai.incentive import Points
from decai.units import Address, Seconds, Wei

ADA = Address("0x" + "1" * 40)
FAR = 10**13
"""A base weight that no counter makes up for: every contribution of the other class moves the model."""
MOST = 512
"""Features of a sample."""


def contract(weights: list[int]) -> ChainTrainer:
    chain = EvmChain({ADA: Wei(10**20)}, Seconds(1_000))
    model = SparsePerceptron(("no", "yes"), weights, learning_rate=1)
    address = deploy(chain, compose(model, Points(Seconds(0)), max_features=MOST), ADA).contract
    assert address is not None
    return ChainTrainer(chain, address)


def counters(trainer: ChainTrainer) -> dict[int, int]:
    """Those that are not 0, by feature."""
    parameters = read_parameters(trainer.chain, trainer.info)
    model = parameters.learned(
        parameters.read_state(trainer.chain, parameters.places()), trainer.info.classes
    )
    assert isinstance(model, SparsePerceptron)
    return model.counters()


def teach(trainer: ChainTrainer, label: int, *indices: int) -> None:
    trainer.advance_to(Seconds(trainer.now + 1))
    trainer.submit(ADA, np.array(indices, dtype=np.int32), label, Wei(0))


@pytest.mark.parametrize(("label", "limit"), [(1, 32_767), (0, -32_768)])
def test_a_counter_stops_at_its_limit_and_leaves_its_neighbours_alone(label: int, limit: int) -> None:
    trainer = contract([-FAR if label else FAR] * 32)
    sign = 1 if label else -1
    for _ in range(64):  # 64 * 512 = 32,768
        teach(trainer, label, *[5] * MOST)
    teach(trainer, label, 4, 5, 6, 6)
    assert counters(trainer) == {4: sign, 5: limit, 6: 2 * sign}


def test_counters_cross_zero_one_by_one() -> None:
    trainer = contract([-FAR, FAR] + [0] * 30)
    # feature 0 decides for class 0, feature 1 for class 1, whatever the others weigh
    teach(trainer, 0, 1, 2, 15)
    assert counters(trainer) == {1: -1, 2: -1, 15: -1}
    for _ in range(2):
        teach(trainer, 1, 0, 2, 15)
    assert counters(trainer) == {0: 2, 1: -1, 2: 1, 15: 1}
