"""A contract reads its base weights as the twin does, wherever they are and however many."""

import random
from collections.abc import Iterator

import numpy as np
import pytest

from decai.chain.audit import audit
from decai.chain.client import ChainTrainer
from decai.chain.compose import compose
from decai.chain.deploy import deploy
from decai.chain.evm import EvmChain
from decai.chain.kinds import read_parameters
from decai.chain.kinds.tables import read_data_contracts
from decai.chain.model import read
from decai.classifier import SparsePerceptron
from decai.incentive import Stakeable
from decai.samples import Features
from decai.units import Address, Seconds, Wei

pytestmark = pytest.mark.spread

OWNER, ADA = (Address("0x" + digit * 40) for digit in "12")
LIMIT = 2**47 - 1
FREE = Stakeable(Wei(0), Seconds(10), Seconds(20), Seconds(30))


def deployed(
    model: SparsePerceptron, index_bits: int, start_in_code: bool | None = None
) -> tuple[ChainTrainer, SparsePerceptron]:
    """The contract of a model, and the twin that is read back from it."""
    chain = EvmChain({OWNER: Wei(10**24), ADA: Wei(10**24)}, Seconds(1_700_000_000))
    composition = compose(model, FREE, index_bits=index_bits, max_features=64, start_in_code=start_in_code)
    contract = deploy(chain, composition, OWNER).contract
    assert contract is not None
    assert len(read_data_contracts(chain, contract)) == len(composition.data_contracts)
    trainer = ChainTrainer(chain, contract)
    twin = read_parameters(chain, trainer.info).start
    assert isinstance(twin, SparsePerceptron)
    assert twin.bases() == model.bases()
    assert (twin.intercept, twin.learning_rate) == (model.intercept, model.learning_rate)
    return trainer, twin


def dense(size: int, seed: int = 1) -> SparsePerceptron:
    rng = random.Random(seed)
    weights = [round(rng.gauss(0, 1e9)) for _ in range(size)]
    return SparsePerceptron(("no", "yes"), weights, -200_000_000, learning_rate=300_000_000)


def hashed(size: int, seed: int = 2) -> SparsePerceptron:
    rng = random.Random(seed)
    indices = [*rng.sample(range(2**32), size - 3), 0, 1, 2**32 - 1]
    weights = {index: round(rng.gauss(0, 1e9)) for index in indices}
    return SparsePerceptron(("no", "yes"), weights, learning_rate=300_000_000)


def samples(known: list[int], index_bits: int, number: int) -> Iterator[Features]:
    """Of features with a base weight, next to one, and anywhere."""
    rng = random.Random(3)
    highest = 2**index_bits - 1
    for _ in range(number):
        row = [rng.choice(known) for _ in range(rng.randint(0, 40))]
        row += [min(rng.choice(known) + 1, highest) for _ in range(rng.randint(0, 8))]
        row += [rng.randint(0, highest) for _ in range(rng.randint(0, 8))]
        yield np.array(row, dtype=np.int64)


@pytest.mark.parametrize(
    ("model", "index_bits", "contracts"),
    [
        # 33 to 36 bits, 7 a word: 2,858 words of 767 to a contract
        (dense(20_000), 16, 4),
        (dense(20_000), 32, 4),
        # 3 a word at a load of 0.9: 1,112 words
        (hashed(3_000), 32, 2),
        # 5 a word: 500 / 4.5 = 112 words, in the code
        (SparsePerceptron(("no", "yes"), {131 * i: 9**i % 10**10 for i in range(500)}), 16, 0),
    ],
    ids=["20,000 listed", "20,000 listed, 32-bit indices", "3,000 hashed", "500 hashed in code"],
)
def test_predicts_and_learns_like_the_twin(model: SparsePerceptron, index_bits: int, contracts: int) -> None:
    trainer, twin = deployed(model, index_bits)
    assert len(read_data_contracts(trainer.chain, trainer.address)) == contracts
    mentioned: set[int] = set()
    rng = random.Random(4)
    for number, row in enumerate(samples(list(model.bases()), index_bits, 150)):
        assert trainer.predict(row) == twin.predict(row)
        if number % 2:
            label = rng.randint(0, 1)
            # Nothing is added twice in a second.
            trainer.advance_to(Seconds(trainer.now + 1)).submit(ADA, row, label, Wei(0))
            twin.update(row, label)
            mentioned |= set(row.tolist())
    for index in rng.sample(sorted(mentioned), 300):
        assert weight(trainer, index) == twin.weight(index)
    assert audit(trainer.chain, trainer.address).holds


@pytest.mark.parametrize("start_in_code", [True, False], ids=["in code", "in a data contract"])
@pytest.mark.parametrize("far", [None, 2**32 - 1], ids=["listed", "hashed"])
@pytest.mark.parametrize("size", [0, 2**15 - 1, LIMIT])
def test_holds_the_limits_of_a_base_weight(size: int, far: int | None, start_in_code: bool) -> None:
    weights = {0: size, 1: -size, 2: 0, 3: size}
    model = SparsePerceptron(
        ("no", "yes"), weights if far is None else {**weights, far: -size}, size, learning_rate=2**32 - 1
    )
    trainer, twin = deployed(model, 16 if far is None else 32, start_in_code)
    for index in (0, 1, 2, 3, 4, 5, 6, 7, 65_535, 2**32 - 2, 2**32 - 1, 2**64 - 1):
        assert weight(trainer, index) == model.bases().get(index, 0)
    rows: list[list[int]] = [[], [0] * 64, [1] * 64, [0, 1], [1], [1, 1], [0, 1, 1, 9]]
    for row in rows:
        x = np.array(row, dtype=np.int64)
        assert trainer.predict(x) == twin.predict(x)


@pytest.mark.parametrize("start_in_code", [True, False], ids=["in code", "in a data contract"])
def test_starts_from_nothing(start_in_code: bool) -> None:
    trainer, twin = deployed(SparsePerceptron(("no", "yes")), 16, start_in_code)
    assert twin.bases() == {}
    x = np.array([0, 65_535], dtype=np.int32)
    assert trainer.predict(x) == 0
    trainer.submit(ADA, x, 1, Wei(0))
    assert trainer.predict(x) == 1


def test_reads_pages_to_the_last_word() -> None:
    model = dense(7 * (767 + 3))  # two contracts, the second of three words
    trainer, _ = deployed(model, 16)
    rows = [model.weights()[index] for index in range(7 * 766, 7 * 770)]
    pages = [
        words
        for first, count in ((766, 2), (768, 2))
        for words in read(
            trainer.chain, trainer.address, "baseWords(uint256,uint256)", "uint256[]", first, count
        )
    ]
    lanes = [(word >> (36 * lane)) % 2**36 - 2**35 for word in pages for lane in range(7)]
    assert lanes == rows


def weight(trainer: ChainTrainer, index: int) -> int:
    return int(read(trainer.chain, trainer.address, "weights(uint64)", "int80", index))
