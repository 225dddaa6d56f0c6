"""All that can be claimed is claimed, for the most money, though others should be quicker."""

import random
from itertools import permutations

import pytest

from decai.chain.base import Mined, Transaction
from decai.chain.claiming import best_order, claim_everything
from decai.chain.client import MOST_CLAIMS, ChainTrainer
from decai.errors import Refused
from decai.protocols import Offer, Path
from decai.units import Address, Seconds, Wei
from tests.chain.contract import ADA, BO, EVE, OWNER, Contract
from tests.conformance.twin_state import array


@pytest.fixture
def contract() -> Contract:
    """Feature 0 says yes and feature 1 no; refunds after 20 s, the owner after 60, anybody after 100."""
    return Contract()


@pytest.fixture
def trainer(contract: Contract) -> ChainTrainer:
    return ChainTrainer(contract.chain, contract.address)


def of_ada(contract: Contract, good: int, bad: int) -> None:
    """Ada has contributed well, Bo well and Eve badly, and the time to judge it has come."""
    for _ in range(good):
        contract.add(ADA, 0)
    contract.add(BO, 0)
    for _ in range(bad):
        contract.add(EVE, 1)
    contract.later(20)


def claimed(trainer: ChainTrainer, who: Address, least: Wei = Wei(1)) -> list[list[Offer]]:
    return list(claim_everything(trainer, who, trainer.chain.send, least))


def paid(batches: list[list[Offer]]) -> int:
    return sum(offer.amount for batch in batches for offer in batch)


def test_refunds_come_first_since_they_raise_the_shares(contract: Contract, trainer: ChainTrainer) -> None:
    """Bo is refunded, so that of two valid contributions Ada has one if she is refunded, and none if not."""
    of_ada(contract, good=1, bad=1)
    trainer.refund(BO, array([0]), 1, Seconds(trainer.now - 20 - 3_600))
    twin = trainer.replica.update().twin
    twin.advance_to(trainer.now)
    offers = best_order(twin, ADA)
    assert [offer.path for offer in offers] == [Path.REFUND, Path.REPORT]
    assert [offer.amount for offer in offers] == [600, 300]


def test_no_other_order_pays_more(contract: Contract, trainer: ChainTrainer) -> None:
    of_ada(contract, good=3, bad=1)
    twin = trainer.replica.update().twin
    twin.advance_to(trainer.now)
    before = twin.checkpoint()
    best = sum(offer.amount for offer in best_order(twin, ADA))
    everything = {offer.contribution for offer in best_order(twin, ADA)}
    for order in permutations(everything):
        gained = 0
        for number in order:
            offer = next((o for o in twin.claims(ADA) if o.contribution == number), None)
            gained += 0 if offer is None else twin.claim(ADA, number, offer.path).amount
        assert gained <= best
        twin.restore(before)


def test_looking_leaves_the_twin_as_it_was(contract: Contract, trainer: ChainTrainer) -> None:
    of_ada(contract, good=2, bad=2)
    twin = trainer.replica.update().twin
    twin.advance_to(trainer.now)
    before = twin.claims(ADA), twin.balance(ADA), twin.held
    best_order(twin, ADA)
    assert (twin.claims(ADA), twin.balance(ADA), twin.held) == before


def test_takes_everything_and_then_nothing_is_left(contract: Contract, trainer: ChainTrainer) -> None:
    of_ada(contract, good=3, bad=2)
    balance = trainer.balance(ADA)
    batches = claimed(trainer, ADA)
    assert len(batches) == 1
    assert trainer.balance(ADA) - balance == paid(batches) > 0
    assert trainer.claims(ADA) == []
    assert claimed(trainer, ADA) == []


def test_more_than_fit_into_a_transaction_take_several(contract: Contract, trainer: ChainTrainer) -> None:
    of_ada(contract, good=MOST_CLAIMS + 3, bad=0)
    batches = claimed(trainer, ADA)
    assert [len(batch) for batch in batches] == [MOST_CLAIMS, 3]
    # Bo's, which is not old enough to be anybody's.
    assert trainer.held == 600


def test_too_little_is_left_alone_but_for_refunds(contract: Contract, trainer: ChainTrainer) -> None:
    of_ada(contract, good=1, bad=1)
    offers = [offer for batch in claimed(trainer, ADA, Wei(10**9)) for offer in batch]
    assert [offer.path for offer in offers] == [Path.REFUND]


class Rival:
    """Sends a transaction, and is quicker with another a few times."""

    def __init__(self, trainer: ChainTrainer, times: int) -> None:
        self.trainer, self.left = trainer, times
        self.sent = 0

    def send(self, transaction: Transaction) -> Mined:
        self.sent += 1
        if self.left:
            self.left -= 1
            offers = self.trainer.claims(BO)
            self.trainer.claim_many(BO, [offers[-1].contribution])
        return self.trainer.chain.send(transaction)


def test_looks_again_if_somebody_was_quicker(contract: Contract, trainer: ChainTrainer) -> None:
    for _ in range(4):
        contract.add(EVE, 0)
    contract.later(100)
    rival = Rival(trainer, times=2)
    balance = trainer.balance(ADA)
    batches = list(claim_everything(trainer, ADA, rival.send))
    assert (rival.sent, [len(batch) for batch in batches]) == (3, [2])
    assert trainer.balance(ADA) - balance == paid(batches) == 2 * 600
    assert trainer.held == 0


def test_gives_up_if_somebody_is_always_quicker(contract: Contract, trainer: ChainTrainer) -> None:
    for _ in range(5):
        contract.add(EVE, 0)
    contract.later(100)
    rival = Rival(trainer, times=3)
    with pytest.raises(Refused, match=r"already claimed|nothing is left"):
        list(claim_everything(trainer, ADA, rival.send))
    assert rival.sent == 3


def test_whatever_happened_everybody_gets_all_that_he_could(
    contract: Contract, trainer: ChainTrainer
) -> None:
    rng = random.Random(3)
    for _ in range(30):
        contract.add(rng.choice((ADA, BO, EVE)), rng.randint(0, 1), label=rng.randint(0, 1))
    contract.later(20)
    for person in (ADA, BO, EVE, OWNER):
        claimed(trainer, person)
        assert [offer for offer in trainer.claims(person) if offer.amount or offer.path is Path.REFUND] == []
    assert trainer.held == 0
