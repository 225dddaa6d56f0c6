"""Points, held to ``docs/mechanism.md#points``."""

import numpy as np
import pytest

from decai.classifier import SparsePerceptron
from decai.errors import InputError, Refused
from decai.incentive import Points
from decai.protocols import Offer, Path
from decai.samples import Features
from decai.trainer import LocalTrainer
from decai.units import DAY, Address, Seconds, Wei

ADA, BO, EVE, OWNER = (Address("0x" + letter * 40) for letter in "abce")
ADDED = Seconds(1_000)
MATURE = Seconds(1_060)

# The model calls the first 1 and the second 0, and one contribution doesn't change its mind.
RIGHT: Features = np.array([0], dtype=np.int32)
WRONG: Features = np.array([1], dtype=np.int32)


@pytest.fixture
def trainer() -> LocalTrainer:
    """Ada contributed at 1,000 what the model agrees with, and Eve what it does not; it is 1,060."""
    trainer = LocalTrainer(
        SparsePerceptron(("no", "yes"), weights=[1_000, -1_000], learning_rate=1),
        Points(refund_wait=Seconds(60)),
        owner=OWNER,
        balances={ADA: Wei(500), EVE: Wei(500)},
    )
    trainer.advance_to(ADDED)
    trainer.add_data(ADA, RIGHT, 1, Wei(500))
    trainer.add_data(EVE, WRONG, 1, Wei(500))
    return trainer.advance_to(MATURE)


def valid(trainer: LocalTrainer) -> dict[Address, int]:
    return trainer.incentive.valid_contributions()


def test_contributing_is_free_and_all_that_was_sent_is_paid_back(trainer: LocalTrainer) -> None:
    assert trainer.cost() == 0
    assert trainer.balance(ADA) == 500
    assert trainer.held == 0


def test_contributing_needs_no_money(trainer: LocalTrainer) -> None:
    assert trainer.add_data(BO, RIGHT, 1, Wei(0)).cost == 0


def test_a_burst_stays_free() -> None:
    points = Points()
    points.settle_add_data(Seconds(5))
    assert points.add_data_cost(Seconds(5)) == 0
    assert points.quote_add_data(Seconds(5), Wei(0)) == 0


def test_validating_counts_and_pays_nothing(trainer: LocalTrainer) -> None:
    assert trainer.refund(ADA, RIGHT, 1, ADDED) == 0
    assert valid(trainer) == {ADA: 1}
    assert trainer.balance(ADA) == 500


def test_validating_needs_the_model_to_agree(trainer: LocalTrainer) -> None:
    with pytest.raises(Refused, match=r"^points: the model disagrees$"):
        trainer.refund(EVE, WRONG, 1, ADDED)
    assert valid(trainer) == {}


def test_reporting_pays_nothing_and_counts_for_nobody(trainer: LocalTrainer) -> None:
    assert trainer.report(BO, WRONG, 1, ADDED, EVE) == (Path.REPORT, 0)
    assert valid(trainer) == {}
    assert trainer.balance(BO) == 0


def test_reporting_takes_no_valid_contribution_of_ones_own(trainer: LocalTrainer) -> None:
    assert BO not in valid(trainer)
    assert trainer.report(BO, WRONG, 1, ADDED, EVE)


def test_reporting_needs_the_model_to_disagree(trainer: LocalTrainer) -> None:
    with pytest.raises(Refused, match=r"^points: the model agrees$"):
        trainer.report(BO, RIGHT, 1, ADDED, ADA)


def test_a_report_closes_the_contribution_for_every_other_reporter(trainer: LocalTrainer) -> None:
    trainer.report(BO, WRONG, 1, ADDED, EVE)
    for reporter in (BO, ADA, OWNER):
        with pytest.raises(Refused, match=r"^points: already claimed$"):
            trainer.report(reporter, WRONG, 1, ADDED, EVE)


def test_a_report_closes_the_contribution_for_its_author(trainer: LocalTrainer) -> None:
    trainer.report(BO, WRONG, 1, ADDED, EVE)
    with pytest.raises(Refused, match=r"^points: already claimed$"):
        trainer.refund(EVE, WRONG, 1, ADDED)


def test_a_validation_closes_the_contribution_for_its_author(trainer: LocalTrainer) -> None:
    trainer.refund(ADA, RIGHT, 1, ADDED)
    with pytest.raises(Refused, match=r"^points: already claimed$"):
        trainer.refund(ADA, RIGHT, 1, ADDED)


def test_a_validation_closes_the_contribution_for_reporters(trainer: LocalTrainer) -> None:
    trainer.refund(ADA, RIGHT, 1, ADDED)
    with pytest.raises(Refused, match=r"^points: already claimed$"):
        trainer.report(BO, RIGHT, 1, ADDED, ADA)


def test_no_wait_ever_lets_the_owner_or_anybody_take_without_the_model(trainer: LocalTrainer) -> None:
    trainer.advance_to(Seconds(ADDED + 10**9))
    assert trainer.incentive.owner_wait is None
    assert trainer.incentive.any_wait is None
    for claimer in (OWNER, BO):
        with pytest.raises(Refused, match=r"^points: the model agrees$"):
            trainer.report(claimer, RIGHT, 1, ADDED, ADA)


def test_the_author_cannot_report_a_contribution_that_he_claimed(trainer: LocalTrainer) -> None:
    # the author is told first, whatever else would be refused
    trainer.refund(ADA, RIGHT, 1, ADDED)
    with pytest.raises(Refused, match=r"^points: the author cannot report$"):
        trainer.report(ADA, RIGHT, 1, ADDED, ADA)


def test_offers_are_listed_though_they_pay_nothing(trainer: LocalTrainer) -> None:
    assert trainer.claims(ADA) == [Offer(0, Path.REFUND, Wei(0)), Offer(1, Path.REPORT, Wei(0))]
    assert trainer.claims(EVE) == []
    assert trainer.claims(BO, least=Wei(1)) == []


def test_the_default_wait_is_a_day() -> None:
    assert Points().refund_wait == DAY == 86_400


def test_a_negative_wait_is_no_input() -> None:
    with pytest.raises(InputError, match=r"^points: the refund wait must not be negative$"):
        Points(refund_wait=Seconds(-1))


def test_no_model_is_deployed_after_the_last_second_that_it_can_keep() -> None:
    assert Points(deployed=Seconds(2**40 - 1)).last_update == 2**40 - 1
    with pytest.raises(InputError, match=r"^points: the time of deployment must be below 2\^40 seconds$"):
        Points(deployed=Seconds(2**40))


def test_a_wait_of_zero_still_leaves_a_second_between_update_and_claim() -> None:
    trainer = LocalTrainer(
        SparsePerceptron(("no", "yes"), weights=[1_000]), Points(refund_wait=Seconds(0)), now=ADDED
    )
    trainer.add_data(ADA, RIGHT, 1, Wei(0))
    with pytest.raises(Refused, match=r"^points: the model was updated in this block$"):
        trainer.refund(ADA, RIGHT, 1, ADDED)
    assert trainer.advance_to(Seconds(ADDED + 1)).refund(ADA, RIGHT, 1, ADDED) == 0
