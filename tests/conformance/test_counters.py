"""A contract's counters stop at their limits like the twin's, and leave the others of their word alone."""

from collections import Counter

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

pytestmark = pytest.mark.spread

OWNER, ADA = (Address("0x" + digit * 40) for digit in "12")


FAR = 2_000
"""A feature in another word."""


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize(
    ("bits", "rate", "warm", "limit", "clone"),
    # 32 bits are cut short where what was learned would leave 48: 2^47 // (2^32 - 1) = 2^15.
    [
        (16, 1, 0, 2**15, False),
        (8, 1, 32, 2**7, False),
        (32, 2**32 - 1, 8, 2**15, False),
        (8, 1, 0, 2**7, True),
        # A clone reckons how far by itself, from its own rate.
        (32, 2**47 // 34_000, 0, 34_000, True),
    ],
    ids=[
        "16 bits",
        "8 bits, filled",
        "32 bits at the highest rate, filled",
        "8 bits, clone",
        "32 bits, clone",
    ],
)
def test_counters_stop_at_their_limits(
    bits: int, rate: int, warm: int, limit: int, label: int, *, clone: bool
) -> None:
    # No step changes the mind of a model of which all weights are as low or as high as can be.
    lanes, most = 256 // bits, (2**47 - 1) * (1 - 2 * label)
    model = SparsePerceptron(
        ("no", "yes"), dict.fromkeys([*range(lanes), FAR], most), most, rate, counter_bits=bits
    )
    chain = EvmChain({OWNER: Wei(10**24), ADA: Wei(10**24)}, Seconds(1_700_000_000))
    free = Stakeable(Wei(0), Seconds(1), Seconds(2), Seconds(3))
    contract = deploy(chain, compose(model, free, max_features=512, warm=warm, clone=clone), OWNER).contract
    assert contract is not None
    trainer = ChainTrainer(chain, contract)
    # Lane 5 of the first word moves by 511, and in turn each other lane, or a feature of another word, by 1.
    rows = [[5] * 511 + [number % lanes if number % lanes != 5 else FAR] for number in range(70)]
    for row in rows:
        x = np.array(row, dtype=np.int32)
        trainer.advance_to(Seconds(trainer.now + 1)).submit(ADA, x, label, Wei(0))
        model.update(x, label)
    # 70 samples of 511 repeats are 35,770 steps.
    steps = Counter(index for row in rows for index in row)
    expected = {index: min(n, limit - 1) if label else -min(n, limit) for index, n in steps.items()}
    assert abs(expected[5]) >= limit - 1 > 70
    parameters = read_parameters(chain, trainer.info)
    learned = parameters.learned(parameters.read_state(chain, parameters.places()), trainer.info.classes)
    assert learned.counters() == model.counters() == expected
