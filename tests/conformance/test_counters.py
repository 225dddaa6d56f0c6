"""A contract's counters stop at their limits like the twin's, and leave the others of their word alone."""

import numpy as np
import pytest

from decai.chain.client import ChainTrainer
from decai.chain.compose import compose
from decai.chain.deploy import deploy
from decai.chain.evm import EvmChain
from decai.chain.kinds import read_parameters
from decai.classifier import SparsePerceptron
from decai.incentive import Stakeable
from decai.units import Address, Seconds, Wei

OWNER, ADA = (Address("0x" + digit * 40) for digit in "12")


@pytest.mark.parametrize("label", [0, 1])
def test_counters_stop_at_their_limits(label: int) -> None:
    # No step of 1 changes the mind of a model whose intercept is 2^46: it disagrees each time.
    model = SparsePerceptron(("no", "yes"), [0], 2**46 * (1 - 2 * label), learning_rate=1)
    chain = EvmChain({OWNER: Wei(10**24), ADA: Wei(10**24)}, Seconds(1_700_000_000))
    free = Stakeable(Wei(0), Seconds(1), Seconds(2), Seconds(3))
    contract = deploy(chain, compose(model, free, max_features=512), OWNER).contract
    assert contract is not None
    trainer = ChainTrainer(chain, contract)
    # Lane 5 of the first word moves by 511, and in turn each other lane, or the last feature of all, by 1.
    rows = [[5] * 511 + [number % 16 if number % 16 != 5 else 65_535] for number in range(70)]
    for row in rows:
        x = np.array(row, dtype=np.int32)
        trainer.advance_to(Seconds(trainer.now + 1)).submit(ADA, x, label, Wei(0))
        model.update(x, label)
    # 70 samples of 511 repeats are 35,770 steps; 70 = 4 * 16 + 6.
    step = 1 if label else -1
    expected = {index: step * (5 if index < 6 else 4) for index in range(16)}
    expected |= {5: 32_767 if label else -32_768, 65_535: step * 5}
    parameters = read_parameters(chain, trainer.info)
    learned = parameters.learned(parameters.read_state(chain, parameters.places()), trainer.info.classes)
    assert learned.counters() == model.counters() == expected
