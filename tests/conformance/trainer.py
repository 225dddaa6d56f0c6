"""What every trainer owes (``docs/mechanism.md#flow``), wherever its state lives.

A new trainer passes by deploying `Terms` in ``test_trainers.py``. The suite uses nothing but the protocol.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pytest

from decai.errors import Refused
from decai.protocols import Offer, Path, Trainer
from decai.samples import Features
from decai.units import Address, Seconds, Wei

ADA, BO, EVE, OWNER = (Address("0x" + digit * 40) for digit in "1234")
POOR = Address("0x" + "5" * 40)
"""Owns nothing."""
PEOPLE = (ADA, BO, EVE, OWNER, POOR)
RICH = 10**24
"""What everybody else owns, in wei."""

START = 1_700_000_000
"""When the model is deployed."""
HOUR = 3_600
REFUND_WAIT, OWNER_WAIT, ANY_WAIT = 86_400, 691_200, 777_600


@dataclass(frozen=True)
class Terms:
    """What a trainer has to be deployed with: a sparse perceptron with the classes no and yes."""

    weights: tuple[int, ...] = (1_000, -1_000, 2, -2)
    learning_rate: int = 1
    cost_weight: int = 10
    refund_wait: int = REFUND_WAIT
    owner_wait: int = OWNER_WAIT
    any_wait: int = ANY_WAIT
    mechanism: Literal["stakeable", "points"] = "stakeable"
    """With points, the cost weight and the later waits mean nothing."""
    start: int = START
    owner: Address = OWNER
    balances: Mapping[Address, int] = field(
        default_factory=lambda: {person: RICH for person in PEOPLE if person is not POOR}
    )


def sample(*indices: int) -> Features:
    return np.array(indices, dtype=np.int32)


RIGHT = sample(0)
"""The model says 1, and a few contributions don't change its mind."""
WRONG = sample(1)
"""The model says 0, and a few contributions don't change its mind."""


class TrainerConformance(ABC):
    """The suite; subclasses say how `Terms` are deployed.

    One contribution an hour costs ``10 * 3600 // isqrt(3600) = 600`` wei.
    """

    @abstractmethod
    def deploy(self, terms: Terms) -> Trainer:
        """A trainer at ``terms.start``, at which its model was deployed."""

    @pytest.fixture
    def trainer(self) -> Trainer:
        return self.deploy(Terms())

    @staticmethod
    def add(
        trainer: Trainer, hour: int, sender: Address, features: Features, label: int = 1, value: int = 10**6
    ) -> Seconds:
        """Contribute at `hour` after the start; returns the time."""
        added = Seconds(START + hour * HOUR)
        trainer.advance_to(added).add_data(sender, features, label, Wei(value))
        return added

    @staticmethod
    def observed(trainer: Trainer) -> object:
        """All that can be seen of it."""
        return (
            trainer.now,
            trainer.owner,
            trainer.cost(),
            [trainer.balance(person) for person in PEOPLE],
            [trainer.predict(sample(*row)) for row in ([0], [1], [2], [3], [2, 3], [9], [])],
            [list(trainer.claims(person)) for person in PEOPLE],
        )

    def refused(self, trainer: Trainer, sentence: str, call: Callable[[], object]) -> None:
        """It is refused with this sentence and changes nothing."""
        before = self.observed(trainer)
        with pytest.raises(Refused) as refusal:
            call()
        assert str(refusal.value) == sentence
        assert self.observed(trainer) == before

    # What it is

    def test_is_a_trainer_by_protocol(self, trainer: Trainer) -> None:
        assert isinstance(trainer, Trainer)

    def test_begins_as_deployed(self, trainer: Trainer) -> None:
        assert trainer.now == START
        assert trainer.owner == OWNER
        assert trainer.balance(ADA) == RICH
        assert trainer.balance(POOR) == 0
        assert list(trainer.claims(ADA)) == []

    def test_predicts_with_its_model(self, trainer: Trainer) -> None:
        # weights 1000, -1000, 2, -2; unknown features weigh 0; class 1 if the score is above 0
        rows: list[list[int]] = [[0], [1], [2], [3], [2, 3], [2, 2, 3], [99], []]
        assert [trainer.predict(sample(*row)) for row in rows] == [1, 0, 1, 0, 0, 1, 0, 0]

    def test_predicting_changes_nothing(self, trainer: Trainer) -> None:
        before = self.observed(trainer)
        trainer.predict(sample(2, 3, 77))
        assert self.observed(trainer) == before

    # Time

    def test_time_stands_still_until_it_is_let_pass(self, trainer: Trainer) -> None:
        trainer.advance_to(Seconds(START + 5))
        self.add_now(trainer, ADA, RIGHT)
        self.add_now(trainer, BO, RIGHT)
        assert trainer.now == START + 5

    def test_time_may_stay(self, trainer: Trainer) -> None:
        assert trainer.advance_to(trainer.now).now == START

    def test_time_never_goes_back(self, trainer: Trainer) -> None:
        trainer.advance_to(Seconds(START + 5))
        self.refused(trainer, "trainer: time never goes back", lambda: trainer.advance_to(Seconds(START + 4)))

    @staticmethod
    def add_now(trainer: Trainer, sender: Address, features: Features) -> Wei:
        return trainer.add_data(sender, features, 1, Wei(10**6)).cost

    # Adding data

    @pytest.mark.parametrize(
        ("age", "cost"), [(0, 36_000), (1, 36_000), (3, 36_000), (4, 18_000), (99, 4_000), (3_600, 600)]
    )
    def test_cost_falls_with_the_root_of_the_time_since_deployment(
        self, trainer: Trainer, age: int, cost: int
    ) -> None:
        # 36,000 // isqrt(max(1, age))
        assert trainer.advance_to(Seconds(START + age)).cost() == cost

    def test_cost_falls_with_the_root_of_the_time_since_the_last_contribution(self, trainer: Trainer) -> None:
        self.add(trainer, 1, ADA, RIGHT)
        assert trainer.cost() == 36_000
        assert trainer.advance_to(Seconds(trainer.now + 10_000)).cost() == 360

    def test_keeps_the_cost_and_pays_back_the_change(self, trainer: Trainer) -> None:
        trainer.advance_to(Seconds(START + HOUR))
        receipt = trainer.add_data(ADA, RIGHT, 1, Wei(100_000))
        assert receipt.cost == 600
        assert trainer.balance(ADA) == RICH - 600

    def test_a_value_equal_to_the_cost_is_enough(self, trainer: Trainer) -> None:
        trainer.advance_to(Seconds(START + HOUR))
        assert trainer.add_data(ADA, RIGHT, 1, Wei(600)).cost == 600

    def test_everybody_pays_his_own(self, trainer: Trainer) -> None:
        self.add(trainer, 1, ADA, RIGHT)
        self.add(trainer, 2, BO, RIGHT)
        self.add(trainer, 3, BO, WRONG)
        assert [trainer.balance(person) for person in PEOPLE] == [RICH - 600, RICH - 1_200, RICH, RICH, 0]

    def test_a_burst_within_one_second_pays_the_highest_cost(self, trainer: Trainer) -> None:
        trainer.advance_to(Seconds(START + HOUR))
        costs = [self.add_now(trainer, person, RIGHT) for person in (ADA, BO, EVE)]
        assert costs == [600, 36_000, 36_000]

    def test_contributions_are_numbered_from_zero(self, trainer: Trainer) -> None:
        numbers = [
            trainer.add_data(person, RIGHT, 1, Wei(10**6)).contribution for person in (ADA, BO, EVE, OWNER)
        ]
        assert numbers == [0, 1, 2, 3]

    def test_a_contribution_that_the_model_disagrees_with_teaches_it(self, trainer: Trainer) -> None:
        # weight 3 goes from -2 by +1 each time: -1, 0, 1; class 1 only if above 0
        for hour, prediction in [(1, 0), (2, 0), (3, 1)]:
            self.add(trainer, hour, ADA, sample(3), label=1)
            assert trainer.predict(sample(3)) == prediction

    def test_a_contribution_that_the_model_agrees_with_leaves_it(self, trainer: Trainer) -> None:
        # weight 2 stays at 2: two lessons to the contrary make it 0, class 0
        self.add(trainer, 1, ADA, sample(2), label=1)
        self.add(trainer, 2, ADA, sample(2), label=0)
        assert trainer.predict(sample(2)) == 1
        self.add(trainer, 3, ADA, sample(2), label=0)
        assert trainer.predict(sample(2)) == 0

    def test_unknown_features_are_learned(self, trainer: Trainer) -> None:
        self.add(trainer, 1, ADA, sample(7_777), label=1)
        assert trainer.predict(sample(7_777)) == 1

    def test_nobody_sends_more_than_he_owns(self, trainer: Trainer) -> None:
        trainer.advance_to(Seconds(START + HOUR))
        self.refused(
            trainer, "trainer: insufficient funds", lambda: trainer.add_data(POOR, RIGHT, 1, Wei(600))
        )
        self.refused(
            trainer, "trainer: insufficient funds", lambda: trainer.add_data(ADA, RIGHT, 1, Wei(RICH + 1))
        )

    def test_a_value_below_the_cost_is_refused(self, trainer: Trainer) -> None:
        trainer.advance_to(Seconds(START + HOUR))
        self.refused(
            trainer,
            "stakeable: the value sent is below the cost",
            lambda: trainer.add_data(ADA, WRONG, 1, Wei(599)),
        )

    def test_a_label_without_a_class_is_refused(self, trainer: Trainer) -> None:
        trainer.advance_to(Seconds(START + HOUR))
        self.refused(
            trainer,
            "sparse-perceptron: no such class",
            lambda: trainer.add_data(ADA, WRONG, 2, Wei(600)),
        )

    def test_the_same_contribution_in_the_same_second_is_refused(self, trainer: Trainer) -> None:
        self.add(trainer, 1, ADA, WRONG)
        self.add(trainer, 1, BO, RIGHT)
        self.refused(
            trainer, "data handler: already added", lambda: trainer.add_data(ADA, WRONG, 1, Wei(10**6))
        )

    def test_another_label_author_sample_or_second_make_it_another(self, trainer: Trainer) -> None:
        self.add(trainer, 1, ADA, WRONG)
        trainer.add_data(ADA, WRONG, 0, Wei(10**6))
        trainer.add_data(BO, WRONG, 1, Wei(10**6))
        trainer.add_data(ADA, sample(1, 1), 1, Wei(10**6))
        trainer.advance_to(Seconds(trainer.now + 1))
        assert trainer.add_data(ADA, WRONG, 1, Wei(10**6)).contribution == 4

    def test_names_the_first_reason_in_order(self, trainer: Trainer) -> None:
        # funds, then the mechanism, then the ledger, then the classifier
        self.add(trainer, 1, ADA, WRONG)
        for value, label, sentence in [
            (RICH, 1, "trainer: insufficient funds"),
            (35_999, 1, "stakeable: the value sent is below the cost"),
            (36_000, 1, "data handler: already added"),
            (36_000, 2, "sparse-perceptron: no such class"),
        ]:
            call = _adding(trainer, ADA, WRONG, label, value)
            self.refused(trainer, sentence, call)

    def test_contributions_end_with_the_last_second_of_40_bits(self, trainer: Trainer) -> None:
        trainer.advance_to(Seconds(2**40 - 1))
        assert self.add_now(trainer, ADA, RIGHT) == 0
        trainer.advance_to(Seconds(2**40))
        for value, sentence in [
            (RICH + 1, "trainer: insufficient funds"),
            (0, "trainer: time is out of range"),
        ]:
            self.refused(trainer, sentence, _adding(trainer, ADA, RIGHT, 2, value))

    def test_claims_do_not_end_with_it(self, trainer: Trainer) -> None:
        good, bad = self.add(trainer, 1, ADA, RIGHT), self.add(trainer, 2, EVE, WRONG)
        trainer.advance_to(Seconds(2**40 + 5))
        assert trainer.refund(ADA, RIGHT, 1, good) == 600
        assert trainer.report(BO, WRONG, 1, bad, EVE) == (Path.ANYONE, 600)

    def test_without_a_cost_weight_contributing_is_free(self) -> None:
        trainer = self.deploy(Terms(cost_weight=0))
        assert trainer.cost() == 0
        assert trainer.add_data(POOR, RIGHT, 1, Wei(0)).cost == 0

    # Batches

    @pytest.fixture
    def free(self) -> Trainer:
        """With points, an hour after its deployment."""
        return self.deploy(Terms(mechanism="points")).advance_to(Seconds(START + HOUR))

    def test_a_batch_is_what_its_contributions_are_one_by_one(self, free: Trainer) -> None:
        other = self.deploy(Terms(mechanism="points")).advance_to(free.now)
        # the model changes with some of them: weights 2 at 2, 3 at -2, 9 at 0
        samples = [(sample(2), 0), (sample(2, 2), 0), (RIGHT, 1), (sample(3, 9), 1), (sample(9), 1)]
        receipts = free.add_data_many(ADA, samples, Wei(7))
        assert receipts == [other.add_data(ADA, features, label, Wei(7)) for features, label in samples]
        assert [receipt.contribution for receipt in receipts] == [0, 1, 2, 3, 4]
        for trainer in (free, other):
            trainer.advance_to(Seconds(trainer.now + REFUND_WAIT))
        assert self.observed(free) == self.observed(other)
        # The first two lessons have taken 2 to -1: another would not have been learned.
        assert free.predict(sample(2)) == 0

    def test_each_of_a_batch_is_learned_before_the_next(self, free: Trainer) -> None:
        # weight 3 from -2 by one step of +1 for each time that it is listed, while the score is not above 0
        free.add_data_many(ADA, [(sample(3), 1), (sample(3, 3), 1), (sample(3, 3, 3), 1)], Wei(0))
        assert free.predict(sample(3)) == 1
        free.add_data(ADA, sample(3, 3, 3, 3), 0, Wei(0))
        assert free.predict(sample(3)) == 0

    def test_a_batch_pays_everything_back(self, free: Trainer) -> None:
        free.add_data_many(ADA, [(RIGHT, 1), (WRONG, 1)], Wei(1_000))
        assert free.balance(ADA) == RICH

    def test_all_of_a_batch_come_in_or_none(self, free: Trainer) -> None:
        batch = [(sample(2), 0), (sample(3), 1), (RIGHT, 2)]
        self.refused(free, "sparse-perceptron: no such class", lambda: free.add_data_many(ADA, batch, Wei(1)))
        # Nothing was written down either.
        assert [receipt.contribution for receipt in free.add_data_many(ADA, batch[:2], Wei(0))] == [0, 1]

    def test_the_first_of_a_batch_that_is_refused_says_why(self, free: Trainer) -> None:
        free.add_data(ADA, WRONG, 1, Wei(0))
        twice, no_class = (WRONG, 1), (RIGHT, 2)
        for batch, sentence in [
            ([(RIGHT, 1), twice, no_class], "data handler: already added"),
            ([(RIGHT, 1), no_class, twice], "sparse-perceptron: no such class"),
            ([(RIGHT, 1), (RIGHT, 1), no_class], "data handler: already added"),
            ([(RIGHT, 1), (RIGHT, -1), twice], "sparse-perceptron: no such class"),
            ([(RIGHT, 1), twice, (RIGHT, -1)], "data handler: already added"),
        ]:
            self.refused(free, sentence, _adding_many(free, ADA, batch, 0))

    def test_a_batch_has_at_most_32(self, free: Trainer) -> None:
        batch = [(sample(index), 1) for index in range(33)]
        sentence = "trainer: at most 32 contributions at once"
        self.refused(free, sentence, lambda: free.add_data_many(POOR, batch, Wei(1)))
        assert len(free.add_data_many(POOR, batch[:32], Wei(0))) == 32

    def test_a_batch_of_nothing_does_nothing(self, free: Trainer) -> None:
        before = self.observed(free)
        assert list(free.add_data_many(ADA, [], Wei(5))) == []
        assert self.observed(free) == before

    def test_a_batch_needs_what_it_sends(self, free: Trainer) -> None:
        sentence = "trainer: insufficient funds"
        self.refused(free, sentence, lambda: free.add_data_many(ADA, [(RIGHT, 2)], Wei(RICH + 1)))
        self.refused(free, sentence, lambda: free.add_data_many(POOR, [], Wei(1)))

    def test_batches_end_with_the_last_second_of_40_bits(self, free: Trainer) -> None:
        assert len(free.advance_to(Seconds(2**40 - 1)).add_data_many(ADA, [(RIGHT, 1)], Wei(0))) == 1
        free.advance_to(Seconds(2**40))
        for label in (1, 2, -1):
            call = _adding_many(free, ADA, [(RIGHT, label)], 0)
            self.refused(free, "trainer: time is out of range", call)

    def test_those_of_a_batch_are_claimed_one_by_one(self, free: Trainer) -> None:
        added = free.now
        free.add_data_many(ADA, [(RIGHT, 1), (sample(0, 0), 1), (WRONG, 1)], Wei(0))
        free.advance_to(Seconds(added + REFUND_WAIT))
        assert [offer.contribution for offer in free.claims(ADA)] == [0, 1]
        assert [offer.contribution for offer in free.claims(BO)] == [2]
        assert free.refund(ADA, sample(0, 0), 1, added) == 0
        assert [offer.contribution for offer in free.claims(ADA)] == [0]

    def test_stakeable_takes_one_contribution_at_a_time(self, trainer: Trainer) -> None:
        for batch in ([], [(RIGHT, 1)], [(RIGHT, -1)] * 33):
            self.refused(
                trainer,
                "stakeable: takes one contribution at a time",
                _adding_many(trainer, ADA, batch, 10**6),
            )

    # Refund

    def test_refund_pays_the_deposit_back_from_exactly_the_refund_wait(self, trainer: Trainer) -> None:
        added = self.add(trainer, 1, ADA, RIGHT)
        trainer.advance_to(Seconds(added + REFUND_WAIT - 1))
        self.refused(
            trainer,
            "stakeable: not enough time has passed",
            lambda: trainer.refund(ADA, RIGHT, 1, added),
        )
        trainer.advance_to(Seconds(added + REFUND_WAIT))
        assert trainer.refund(ADA, RIGHT, 1, added) == 600
        assert trainer.balance(ADA) == RICH

    def test_refund_is_granted_once(self, trainer: Trainer) -> None:
        added = self.add(trainer, 1, ADA, RIGHT)
        trainer.advance_to(Seconds(added + REFUND_WAIT)).refund(ADA, RIGHT, 1, added)
        for later in (0, OWNER_WAIT, ANY_WAIT):
            trainer.advance_to(Seconds(trainer.now + later))
            self.refused(trainer, "stakeable: already claimed", lambda: trainer.refund(ADA, RIGHT, 1, added))

    def test_refund_needs_the_model_to_agree(self, trainer: Trainer) -> None:
        added = self.add(trainer, 1, EVE, WRONG)
        for age in (REFUND_WAIT, OWNER_WAIT, ANY_WAIT, 10**8):
            trainer.advance_to(Seconds(added + age))
            self.refused(
                trainer, "stakeable: the model disagrees", lambda: trainer.refund(EVE, WRONG, 1, added)
            )

    def test_refund_waits_for_the_block_after_an_update(self, trainer: Trainer) -> None:
        added = self.add(trainer, 1, ADA, RIGHT)
        trainer.advance_to(Seconds(added + REFUND_WAIT))
        self.add_now(trainer, BO, RIGHT)
        self.refused(
            trainer,
            "stakeable: the model was updated in this block",
            lambda: trainer.refund(ADA, RIGHT, 1, added),
        )
        trainer.advance_to(Seconds(added + REFUND_WAIT + 1))
        assert trainer.refund(ADA, RIGHT, 1, added) == 600

    def test_refund_finds_only_the_senders_own_contribution(self, trainer: Trainer) -> None:
        added = self.add(trainer, 1, ADA, RIGHT)
        trainer.advance_to(Seconds(added + REFUND_WAIT))
        for call in (
            lambda: trainer.refund(BO, RIGHT, 1, added),
            lambda: trainer.refund(ADA, WRONG, 1, added),
            lambda: trainer.refund(ADA, RIGHT, 0, added),
            lambda: trainer.refund(ADA, RIGHT, 1, Seconds(added + 1)),
        ):
            self.refused(trainer, "data handler: no such contribution", call)

    def test_refund_of_a_zero_deposit_pays_nothing_and_counts(self) -> None:
        trainer = self.deploy(Terms(cost_weight=0))
        good, bad = self.add(trainer, 1, ADA, RIGHT), self.add(trainer, 2, EVE, WRONG)
        trainer.advance_to(Seconds(bad + REFUND_WAIT))
        assert trainer.refund(ADA, RIGHT, 1, good) == 0
        self.refused(trainer, "stakeable: already claimed", lambda: trainer.refund(ADA, RIGHT, 1, good))

    # Report

    def test_reports_pay_shares_by_valid_contributions(self, trainer: Trainer) -> None:
        # Ada 3 of 4, Bo 1 of 4, of 1500 = 36,000 // isqrt(600): 1500 * 3 // 4 = 1125, 1500 * 1 // 4 = 375
        goods = [
            (person, self.add(trainer, hour, person, RIGHT))
            for hour, person in enumerate((ADA, ADA, ADA, BO))
        ]
        bad = Seconds(trainer.now + 600)
        trainer.advance_to(bad).add_data(EVE, WRONG, 1, Wei(1_500))
        trainer.advance_to(Seconds(bad + REFUND_WAIT))
        for person, added in goods:
            trainer.refund(person, RIGHT, 1, added)
        assert trainer.report(ADA, WRONG, 1, bad, EVE) == (Path.REPORT, 1_125)
        assert trainer.report(BO, WRONG, 1, bad, EVE) == (Path.REPORT, 375)
        assert trainer.balance(ADA) == RICH + 1_125
        assert trainer.balance(BO) == RICH + 375
        assert trainer.balance(EVE) == RICH - 1_500
        self.refused(trainer, "stakeable: nothing is left", lambda: trainer.report(OWNER, WRONG, 1, bad, EVE))

    @pytest.fixture
    def contested(self, trainer: Trainer) -> Seconds:
        return self.contest(trainer)

    def contest(self, trainer: Trainer) -> Seconds:
        """Ada and Bo get a valid contribution each; Eve's wrong one, of 600 wei and this time, is mature."""
        ada, bo = self.add(trainer, 1, ADA, RIGHT), self.add(trainer, 2, BO, RIGHT)
        added = self.add(trainer, 3, EVE, WRONG)
        trainer.advance_to(Seconds(added + REFUND_WAIT))
        trainer.refund(ADA, RIGHT, 1, ada)
        trainer.refund(BO, RIGHT, 1, bo)
        return added

    def test_report_is_granted_once_to_each(self, trainer: Trainer, contested: Seconds) -> None:
        assert trainer.report(ADA, WRONG, 1, contested, EVE) == (Path.REPORT, 300)
        self.refused(
            trainer, "stakeable: already claimed", lambda: trainer.report(ADA, WRONG, 1, contested, EVE)
        )
        assert trainer.report(BO, WRONG, 1, contested, EVE) == (Path.REPORT, 300)

    def test_report_needs_a_valid_contribution(self, trainer: Trainer, contested: Seconds) -> None:
        for reporter in (OWNER, POOR):
            self.refused(
                trainer,
                "stakeable: the reporter has no valid contributions",
                _reporting(trainer, reporter, WRONG, contested, EVE),
            )

    def test_report_needs_the_model_to_disagree(self, trainer: Trainer, contested: Seconds) -> None:
        trainer.add_data(EVE, RIGHT, 1, Wei(10**6))
        added = trainer.now
        trainer.advance_to(Seconds(added + REFUND_WAIT))
        self.refused(
            trainer, "stakeable: the model agrees", lambda: trainer.report(ADA, RIGHT, 1, added, EVE)
        )

    def test_report_waits_for_exactly_the_refund_wait(self, trainer: Trainer, contested: Seconds) -> None:
        trainer.add_data(EVE, WRONG, 1, Wei(10**6))
        added = trainer.now
        trainer.advance_to(Seconds(added + REFUND_WAIT - 1))
        self.refused(
            trainer,
            "stakeable: not enough time has passed",
            lambda: trainer.report(ADA, WRONG, 1, added, EVE),
        )
        trainer.advance_to(Seconds(added + REFUND_WAIT))
        # a day after the one before: 36,000 // isqrt(86,400) = 36,000 // 293 = 122; half of it
        assert trainer.report(ADA, WRONG, 1, added, EVE) == (Path.REPORT, 61)

    def test_report_waits_for_the_block_after_an_update(self, trainer: Trainer, contested: Seconds) -> None:
        self.add_now(trainer, BO, RIGHT)
        self.refused(
            trainer,
            "stakeable: the model was updated in this block",
            lambda: trainer.report(ADA, WRONG, 1, contested, EVE),
        )
        trainer.advance_to(Seconds(trainer.now + 1))
        assert trainer.report(ADA, WRONG, 1, contested, EVE) == (Path.REPORT, 300)

    def test_a_share_of_nothing_is_refused(self) -> None:
        # the bad deposit is 10 * 3600 // isqrt(24,000^2) = 1: 1 * 1 // 2 = 0
        trainer = self.deploy(Terms())
        ada, bo = self.add(trainer, 1, ADA, RIGHT), self.add(trainer, 2, BO, RIGHT)
        bad = Seconds(bo + 24_000**2)
        assert trainer.advance_to(bad).add_data(EVE, WRONG, 1, Wei(10**6)).cost == 1
        trainer.advance_to(Seconds(bad + REFUND_WAIT))
        trainer.refund(ADA, RIGHT, 1, ada)
        trainer.refund(BO, RIGHT, 1, bo)
        self.refused(
            trainer, "stakeable: the share is nothing", lambda: trainer.report(ADA, WRONG, 1, bad, EVE)
        )

    def test_report_finds_only_the_named_contribution(self, trainer: Trainer, contested: Seconds) -> None:
        for call in (
            lambda: trainer.report(ADA, WRONG, 1, contested, BO),
            lambda: trainer.report(ADA, RIGHT, 1, contested, EVE),
            lambda: trainer.report(ADA, WRONG, 0, contested, EVE),
            lambda: trainer.report(ADA, WRONG, 1, Seconds(contested - 1), EVE),
        ):
            self.refused(trainer, "data handler: no such contribution", call)

    def test_refund_pays_what_reports_have_left(self) -> None:
        trainer = self.deploy(Terms(learning_rate=400))
        contested = self.contest(trainer)
        trainer.report(ADA, WRONG, 1, contested, EVE)
        # Eve's own lesson moved the weight from -1000 to -600; two more of Bo to 200: class 1
        for _ in range(2):
            trainer.advance_to(Seconds(trainer.now + 1)).add_data(BO, WRONG, 1, Wei(10**6))
        trainer.advance_to(Seconds(trainer.now + 1))
        assert trainer.refund(EVE, WRONG, 1, contested) == 300
        assert trainer.balance(EVE) == RICH - 300

    # After the later waits

    def test_the_owner_takes_the_rest_from_exactly_the_owner_wait(
        self, trainer: Trainer, contested: Seconds
    ) -> None:
        trainer.report(ADA, WRONG, 1, contested, EVE)
        trainer.advance_to(Seconds(contested + OWNER_WAIT - 1))
        self.refused(
            trainer,
            "stakeable: the reporter has no valid contributions",
            lambda: trainer.report(OWNER, WRONG, 1, contested, EVE),
        )
        trainer.advance_to(Seconds(contested + OWNER_WAIT))
        assert trainer.report(OWNER, WRONG, 1, contested, EVE) == (Path.OWNER, 300)
        assert trainer.balance(OWNER) == RICH + 300

    def test_anybody_takes_the_rest_from_exactly_the_last_wait(
        self, trainer: Trainer, contested: Seconds
    ) -> None:
        trainer.advance_to(Seconds(contested + ANY_WAIT - 1))
        self.refused(
            trainer,
            "stakeable: the reporter has no valid contributions",
            lambda: trainer.report(POOR, WRONG, 1, contested, EVE),
        )
        trainer.advance_to(Seconds(contested + ANY_WAIT))
        assert trainer.report(POOR, WRONG, 1, contested, EVE) == (Path.ANYONE, 600)
        assert trainer.balance(POOR) == 600

    def test_a_reporter_may_take_the_rest_after_the_last_wait(
        self, trainer: Trainer, contested: Seconds
    ) -> None:
        trainer.report(ADA, WRONG, 1, contested, EVE)
        trainer.advance_to(Seconds(contested + ANY_WAIT))
        assert trainer.report(ADA, WRONG, 1, contested, EVE) == (Path.ANYONE, 300)

    def test_what_the_model_agrees_with_can_be_taken_too_if_its_author_is_late(
        self, trainer: Trainer
    ) -> None:
        added = self.add(trainer, 1, ADA, RIGHT)
        trainer.advance_to(Seconds(added + ANY_WAIT))
        assert trainer.report(EVE, RIGHT, 1, added, ADA) == (Path.ANYONE, 600)
        self.refused(trainer, "stakeable: nothing is left", lambda: trainer.refund(ADA, RIGHT, 1, added))

    def test_time_outs_need_no_quiet_block(self, trainer: Trainer, contested: Seconds) -> None:
        trainer.advance_to(Seconds(contested + ANY_WAIT))
        self.add_now(trainer, BO, RIGHT)
        assert trainer.report(POOR, WRONG, 1, contested, EVE) == (Path.ANYONE, 600)

    @pytest.mark.parametrize("age", [0, REFUND_WAIT, OWNER_WAIT, ANY_WAIT, 10**8])
    def test_the_author_reports_his_own_at_no_age(self, age: int) -> None:
        trainer = self.deploy(Terms(owner=EVE))
        added = self.add(trainer, 1, EVE, WRONG)
        trainer.advance_to(Seconds(added + age))
        self.refused(
            trainer,
            "stakeable: the author cannot report",
            lambda: trainer.report(EVE, WRONG, 1, added, EVE),
        )

    # What can be claimed

    def test_claims_name_every_path(self, trainer: Trainer) -> None:
        # deposits of 600: right ones of Ada (0) and Bo (1), a wrong one of Eve (2)
        ada = self.add(trainer, 1, ADA, RIGHT)
        bo = self.add(trainer, 2, BO, RIGHT)
        eve = self.add(trainer, 3, EVE, WRONG)
        assert all(list(trainer.claims(person)) == [] for person in PEOPLE)

        trainer.advance_to(Seconds(eve + REFUND_WAIT))
        assert list(trainer.claims(ADA)) == [Offer(0, Path.REFUND, Wei(600))]
        assert list(trainer.claims(EVE)) == []
        trainer.refund(ADA, RIGHT, 1, ada)
        assert list(trainer.claims(ADA)) == [Offer(2, Path.REPORT, Wei(600))]
        trainer.refund(BO, RIGHT, 1, bo)
        assert list(trainer.claims(ADA)) == [Offer(2, Path.REPORT, Wei(300))]
        trainer.report(ADA, WRONG, 1, eve, EVE)
        assert list(trainer.claims(ADA)) == []
        assert list(trainer.claims(BO)) == [Offer(2, Path.REPORT, Wei(300))]

        trainer.advance_to(Seconds(eve + OWNER_WAIT))
        assert list(trainer.claims(OWNER)) == [Offer(2, Path.OWNER, Wei(300))]
        assert list(trainer.claims(POOR)) == []
        trainer.advance_to(Seconds(eve + ANY_WAIT))
        for person in (ADA, BO, OWNER, POOR):
            assert list(trainer.claims(person)) == [Offer(2, Path.ANYONE, Wei(300))]
        assert list(trainer.claims(EVE)) == []
        trainer.report(POOR, WRONG, 1, eve, EVE)
        assert all(list(trainer.claims(person)) == [] for person in PEOPLE)

    def test_claims_come_oldest_first(self, trainer: Trainer) -> None:
        for hour in range(1, 6):
            self.add(trainer, hour, ADA, RIGHT)
        trainer.advance_to(Seconds(START + 3 * HOUR + REFUND_WAIT))
        assert [offer.contribution for offer in trainer.claims(ADA)] == [0, 1, 2]

    def test_claims_that_ask_the_model_are_none_in_the_block_of_an_update(
        self, trainer: Trainer, contested: Seconds
    ) -> None:
        assert list(trainer.claims(ADA)) == [Offer(2, Path.REPORT, Wei(300))]
        self.add_now(trainer, BO, RIGHT)
        assert list(trainer.claims(ADA)) == []

    # Money

    def test_money_is_conserved_to_the_last_wei(self) -> None:
        # cost weights with no round numbers: deposits of 999...999 * 3600 // 60 and // 1
        weight = 10**15 - 1
        trainer = self.deploy(Terms(cost_weight=weight))
        value = 10**20
        goods = [
            (who, self.add(trainer, hour, who, RIGHT, 1, value)) for hour, who in enumerate((ADA, BO, BO), 1)
        ]
        deposits = 3 * (weight * 60)
        bad = self.add(trainer, 3, EVE, WRONG, 1, value)
        deposits += weight * 3_600
        assert sum(map(trainer.balance, PEOPLE)) == 4 * RICH - deposits
        trainer.advance_to(Seconds(bad + REFUND_WAIT))
        for who, added in goods:
            trainer.refund(who, RIGHT, 1, added)
        assert sum(map(trainer.balance, PEOPLE)) == 4 * RICH - weight * 3_600
        third = weight * 3_600 // 3
        assert trainer.report(ADA, WRONG, 1, bad, EVE) == (Path.REPORT, third)
        trainer.advance_to(Seconds(bad + ANY_WAIT))
        assert trainer.report(POOR, WRONG, 1, bad, EVE) == (Path.ANYONE, weight * 3_600 - third)
        assert sum(map(trainer.balance, PEOPLE)) == 4 * RICH


def _adding(
    trainer: Trainer, sender: Address, features: Features, label: int, value: int
) -> Callable[[], object]:
    return lambda: trainer.add_data(sender, features, label, Wei(value))


def _adding_many(
    trainer: Trainer, sender: Address, batch: Sequence[tuple[Features, int]], value: int
) -> Callable[[], object]:
    return lambda: trainer.add_data_many(sender, batch, Wei(value))


def _reporting(
    trainer: Trainer, reporter: Address, features: Features, added: Seconds, author: Address
) -> Callable[[], object]:
    return lambda: trainer.report(reporter, features, 1, added, author)
