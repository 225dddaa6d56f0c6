"""What an agent can see, and that it can change nothing of it."""

import numpy as np
import pytest

from decai.classifier import SparsePerceptron
from decai.incentive import Stakeable
from decai.protocols import Offer, Path, Trainer
from decai.simulation.view import ReadOnlyTrainer
from decai.trainer import LocalTrainer
from decai.units import DAY, Address, Seconds, Wei

ADA, BO = Address("0xada"), Address("0xb0")
SAMPLE = np.array([0], dtype=np.int32)


@pytest.fixture
def trainer() -> LocalTrainer:
    """A day after ada's contribution of 60 wei."""
    model = SparsePerceptron(("no", "yes"), weights=[5])
    trainer = LocalTrainer(model, Stakeable(Wei(1)), owner=BO, balances={ADA: Wei(100)})
    trainer.advance_to(Seconds(3_600)).add_data(ADA, SAMPLE, 1, Wei(60))
    return trainer.advance_to(Seconds(3_600 + DAY))


def test_it_shows_what_is_there(trainer: LocalTrainer) -> None:
    seen = ReadOnlyTrainer(trainer)
    assert (seen.now, seen.owner) == (90_000, BO)
    assert seen.balance(ADA) == 40
    assert seen.predict(SAMPLE) == 1
    assert seen.cost() == 3_600 // 293  # isqrt(86,400)
    assert list(seen.claims(ADA)) == [Offer(0, Path.REFUND, Wei(60))]


def test_it_shows_what_is_there_now(trainer: LocalTrainer) -> None:
    seen = ReadOnlyTrainer(trainer)
    trainer.claim(ADA, 0, Path.REFUND)
    trainer.advance_to(Seconds(100_000))
    assert (seen.now, seen.balance(ADA), list(seen.claims(ADA))) == (100_000, 100, [])


READING = {"now", "owner", "cost", "balance", "predict", "claims"}
CHANGING = [
    *(name for name in vars(Trainer) if not name.startswith("_") and name not in READING),
    *("claim", "claim_all", "pay", "transfer_ownership", "add_class", "restore", "classifier"),
]


@pytest.mark.parametrize("name", CHANGING)
def test_it_offers_nothing_that_changes_anything(trainer: LocalTrainer, name: str) -> None:
    assert hasattr(trainer, name)
    assert not hasattr(ReadOnlyTrainer(trainer), name)


def test_nothing_of_it_can_be_set(trainer: LocalTrainer) -> None:
    with pytest.raises(AttributeError):
        ReadOnlyTrainer(trainer).now = Seconds(0)  # type: ignore[misc]
