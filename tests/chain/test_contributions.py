"""What was contributed is read out of the events alone, as the twin numbers it."""

import pytest

from decai.chain.client import ChainTrainer
from decai.chain.contributions import contribution_of, contributions
from decai.errors import InputError
from decai.units import Wei
from tests.chain.contract import ADA, BO, Contract
from tests.conformance.twin_state import array

SAMPLES = [([0], 1, ADA), ([1, 2], 0, BO), ([], 1, ADA), ([65_535], 0, BO)]


@pytest.fixture
def trainer() -> ChainTrainer:
    """Taught both ways in turn."""
    contract = Contract()
    ways = [ChainTrainer(contract.chain, contract.address, packed=way) for way in (True, False)]
    for turn, (features, label, author) in enumerate(SAMPLES):
        contract.later(3_600)
        ways[turn % 2].submit(author, array(features), label, Wei(10**6))
    return ways[0]


def test_are_what_was_sent_in_order(trainer: ChainTrainer) -> None:
    found = list(contributions(trainer.chain, trainer.info, 0))
    assert [(each.features.tolist(), each.label, each.author) for each in found] == SAMPLES
    assert [each.cost for each in found] == [600] * 4
    assert [each.added for each in found] == [each.log.time for each in found]


def test_have_the_numbers_of_the_twin(trainer: ChainTrainer) -> None:
    ledger = trainer.replica.update().twin.ledger
    for number in range(4):
        found = contribution_of(trainer.chain, trainer.info, 0, number)
        assert found.features.tolist() == ledger.features[number].tolist()
        assert (found.label, found.added) == (ledger.label[number], ledger.added[number])
        assert found.author == ledger.author[number]
        assert trainer.replica.place_of(found.log) == number


def test_end_at_a_block(trainer: ChainTrainer) -> None:
    second = contribution_of(trainer.chain, trainer.info, 0, 1).log.block
    assert len(list(contributions(trainer.chain, trainer.info, 0, second))) == 2
    assert len(list(contributions(trainer.chain, trainer.info, second))) == 3


def test_that_do_not_exist_are_one_line(trainer: ChainTrainer) -> None:
    with pytest.raises(
        InputError, match=r"^there is no contribution 4; the model has 4 contributions, from 0 on$"
    ):
        contribution_of(trainer.chain, trainer.info, 0, 4)
