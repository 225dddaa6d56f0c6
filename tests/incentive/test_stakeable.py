"""Stakeable, held to ``docs/mechanism.md#stakeable``: every number here is worked from its formulas."""

from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decai.classifier import SparsePerceptron
from decai.errors import InputError, Refused
from decai.incentive import Stakeable
from decai.protocols import Claim, Offer, Path
from decai.samples import Features, Samples
from decai.trainer import LocalTrainer
from decai.units import DAY, Address, Seconds, Wei

ADA, BO, CY, EVE, OWNER = (Address("0x" + letter * 40) for letter in "abcde")
PEOPLE = (ADA, BO, CY, EVE, OWNER)
ADDED = Seconds(100_000)
REFUND_WAIT, OWNER_WAIT, ANY_WAIT = 1_000, 8_000, 9_000


def agrees() -> int:
    return 1


def disagrees() -> int:
    return 0


def unasked() -> int:
    raise AssertionError("the model was asked")


def stakeable(cost_weight: int = 10, shares: Literal["count", "deposit"] = "count") -> Stakeable:
    return Stakeable(
        Wei(cost_weight), Seconds(REFUND_WAIT), Seconds(OWNER_WAIT), Seconds(ANY_WAIT), shares=shares
    )


def claim(
    claimer: Address,
    age: int = REFUND_WAIT,
    *,
    author: Address = EVE,
    deposit: int = 1_500,
    left: int | None = None,
    claimed: bool = False,
) -> Claim:
    """A claim on a contribution labelled 1 that Eve made at `ADDED`."""
    return Claim(
        now=Seconds(ADDED + age),
        claimer=claimer,
        owner=OWNER,
        author=author,
        added=ADDED,
        label=1,
        deposit=Wei(deposit),
        left=Wei(deposit if left is None else left),
        claims=int(claimed),
        claimed=claimed,
    )


def validate(mechanism: Stakeable, author: Address, *deposits: int) -> None:
    """Settle a refund of each of these deposits."""
    for deposit in deposits:
        mechanism.settle_claim(claim(author, author=author, deposit=deposit), Path.REFUND)


class TestCost:
    """``cost_weight * 3600 // isqrt(max(1, now - last_update))``."""

    @pytest.mark.parametrize(
        ("age", "cost"),
        [
            (0, 36_000),  # max(1, 0) = 1; 36,000 // 1
            (1, 36_000),
            (3, 36_000),  # isqrt(3) = 1
            (4, 18_000),  # isqrt(4) = 2
            (8, 18_000),
            (9, 12_000),
            (15, 12_000),
            (99, 4_000),  # isqrt(99) = 9
            (100, 3_600),
            (600, 1_500),  # 24^2 = 576, 25^2 = 625
            (3_599, 610),  # isqrt = 59; 59 * 610 = 35,990
            (3_600, 600),
            (86_400, 122),  # isqrt = 293; 293 * 122 = 35,746
            (36_000**2 - 1, 1),  # isqrt = 35,999
            (36_000**2, 1),
            (36_001**2 - 1, 1),  # isqrt = 36,000
            (36_001**2, 0),  # 36,000 // 36,001
            (10**18, 0),
        ],
    )
    def test_cost_at_an_age_of_the_last_update(self, age: int, cost: int) -> None:
        mechanism = stakeable(cost_weight=10)
        mechanism.settle_add_data(ADDED)
        assert mechanism.add_data_cost(Seconds(ADDED + age)) == cost

    def test_the_first_cost_is_reckoned_from_deployment(self) -> None:
        mechanism = Stakeable(Wei(10), deployed=Seconds(1_000_000))
        assert mechanism.add_data_cost(Seconds(1_000_000)) == 36_000
        assert mechanism.add_data_cost(Seconds(1_003_600)) == 600

    def test_a_burst_pays_the_highest_cost_for_each_but_the_first(self) -> None:
        mechanism = stakeable(cost_weight=10)
        paid = []
        for now in (3_600, 3_600, 3_600, 3_601, 3_605):
            paid.append(mechanism.quote_add_data(Seconds(now), Wei(10**6)))
            mechanism.settle_add_data(Seconds(now))
        # ages 3600, 0, 0, 1, 4
        assert paid == [600, 36_000, 36_000, 36_000, 18_000]

    @pytest.mark.parametrize("age", [0, 1, 100, 10**9])
    def test_a_cost_weight_of_zero_makes_contributing_free(self, age: int) -> None:
        mechanism = stakeable(cost_weight=0)
        assert mechanism.add_data_cost(Seconds(age)) == 0
        assert mechanism.quote_add_data(Seconds(age), Wei(0)) == 0

    def test_huge_cost_weights_are_exact(self) -> None:
        # 3600 * 10^30 / 293 = 12.286689419795221843003412969283... * 10^30
        assert stakeable(10**30).add_data_cost(Seconds(86_400)) == 12_286689419795221843003412969283

    @settings(deadline=None)
    @given(cost_weight=st.integers(0, 10**30), age=st.integers(0, 10**12))
    def test_cost_divides_by_the_root_rounded_down(self, cost_weight: int, age: int) -> None:
        cost = stakeable(cost_weight).add_data_cost(Seconds(age))
        low, high = 1, 10**6 + 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if middle * middle <= age else (low, middle)
        # cost is the largest with cost * root <= cost_weight * 3600
        assert cost * low <= cost_weight * 3600 < (cost + 1) * low

    def test_the_value_sent_is_the_most_that_is_paid(self) -> None:
        mechanism = stakeable(cost_weight=10)
        with pytest.raises(Refused, match=r"^stakeable: the value sent is below the cost$"):
            mechanism.quote_add_data(Seconds(3_600), Wei(599))
        assert mechanism.quote_add_data(Seconds(3_600), Wei(600)) == 600
        assert mechanism.quote_add_data(Seconds(3_600), Wei(10**30)) == 600

    def test_a_claim_does_not_make_the_next_contribution_dearer(self) -> None:
        mechanism = stakeable(cost_weight=10)
        validate(mechanism, ADA, 600)
        assert mechanism.last_update == 0
        assert mechanism.add_data_cost(Seconds(3_600)) == 600

    def test_contributions_are_counted(self) -> None:
        mechanism = stakeable()
        assert mechanism.total_submitted == 0
        mechanism.settle_add_data(Seconds(5))
        mechanism.settle_add_data(Seconds(5))
        assert mechanism.total_submitted == 2


class TestRefund:
    """The author, once, all that is left, if the model agrees."""

    def test_pays_all_that_is_left(self) -> None:
        assert stakeable().quote_refund(claim(EVE), agrees) == 1_500
        assert stakeable().quote_refund(claim(EVE, left=375), agrees) == 375
        assert stakeable().quote_refund(claim(EVE, left=1), agrees) == 1

    @pytest.mark.parametrize("age", [REFUND_WAIT, OWNER_WAIT, ANY_WAIT, 10**9])
    def test_stays_open_after_every_later_wait(self, age: int) -> None:
        assert stakeable().quote_refund(claim(EVE, age), agrees) == 1_500

    @pytest.mark.parametrize("age", [REFUND_WAIT, OWNER_WAIT, ANY_WAIT, 10**9])
    def test_needs_the_model_however_old_it_is(self, age: int) -> None:
        with pytest.raises(Refused, match=r"^stakeable: the model disagrees$"):
            stakeable().quote_refund(claim(EVE, age), disagrees)

    def test_is_refused_when_others_have_taken_everything(self) -> None:
        with pytest.raises(Refused, match=r"^stakeable: nothing is left$"):
            stakeable().quote_refund(claim(EVE, left=0), agrees)

    def test_of_a_zero_deposit_is_granted_and_pays_nothing(self) -> None:
        assert stakeable().quote_refund(claim(EVE, deposit=0), agrees) == 0

    def test_of_a_zero_deposit_is_granted_once(self) -> None:
        with pytest.raises(Refused, match=r"^stakeable: already claimed$"):
            stakeable().quote_refund(claim(EVE, deposit=0, claimed=True), agrees)

    def test_counts_for_the_author_and_in_total(self) -> None:
        mechanism = stakeable()
        validate(mechanism, ADA, 1_500, 0, 1)
        validate(mechanism, BO, 7)
        assert (mechanism.num_valid(ADA), mechanism.num_valid(BO), mechanism.num_valid(CY)) == (3, 1, 0)
        assert mechanism.total_valid == 4

    def test_names_the_first_reason_in_order(self) -> None:
        # already claimed; nothing is left; too early; updated in this block; the model disagrees
        mechanism = stakeable()
        mechanism.settle_add_data(Seconds(ADDED + 999))
        with pytest.raises(Refused, match="already claimed"):
            mechanism.quote_refund(claim(EVE, 999, left=0, claimed=True), disagrees)
        with pytest.raises(Refused, match="nothing is left"):
            mechanism.quote_refund(claim(EVE, 999, left=0), disagrees)
        with pytest.raises(Refused, match="not enough time has passed"):
            mechanism.quote_refund(claim(EVE, 999), disagrees)
        mechanism.settle_add_data(Seconds(ADDED + 1_000))
        with pytest.raises(Refused, match="the model was updated in this block"):
            mechanism.quote_refund(claim(EVE, 1_000), disagrees)
        with pytest.raises(Refused, match="the model disagrees"):
            mechanism.quote_refund(claim(EVE, 1_001), disagrees)


class TestShares:
    """``min(left, deposit * num_valid(reporter) // total_valid)``."""

    def test_by_count_are_in_proportion_to_valid_contributions(self) -> None:
        mechanism = stakeable()
        validate(mechanism, ADA, 5, 5, 5)
        validate(mechanism, BO, 5_000)
        # of 4: 1500 * 3 // 4 = 1125, 1500 * 1 // 4 = 375
        assert mechanism.quote_report(claim(ADA), disagrees) == (Path.REPORT, 1_125)
        assert mechanism.quote_report(claim(BO), disagrees) == (Path.REPORT, 375)

    def test_are_rounded_down(self) -> None:
        mechanism = stakeable()
        validate(mechanism, ADA, 1)
        validate(mechanism, BO, 1, 1)
        # 11 * 1 // 3 = 3, 11 * 2 // 3 = 7
        assert mechanism.quote_report(claim(ADA, deposit=11), disagrees) == (Path.REPORT, 3)
        assert mechanism.quote_report(claim(BO, deposit=11), disagrees) == (Path.REPORT, 7)

    def test_of_the_only_validated_reporter_are_everything(self) -> None:
        mechanism = stakeable()
        validate(mechanism, ADA, 1)
        assert mechanism.quote_report(claim(ADA), disagrees) == (Path.REPORT, 1_500)

    def test_are_reckoned_from_the_deposit_and_not_from_what_is_left(self) -> None:
        mechanism = stakeable()
        validate(mechanism, ADA, 1)
        validate(mechanism, BO, 1)
        assert mechanism.quote_report(claim(BO, left=800), disagrees) == (Path.REPORT, 750)

    def test_pay_no_more_than_is_left(self) -> None:
        mechanism = stakeable()
        validate(mechanism, ADA, 1)
        validate(mechanism, BO, 1)
        assert mechanism.quote_report(claim(BO, left=749), disagrees) == (Path.REPORT, 749)
        assert mechanism.quote_report(claim(BO, left=1), disagrees) == (Path.REPORT, 1)

    def test_of_huge_deposits_are_exact(self) -> None:
        mechanism = stakeable()
        validate(mechanism, ADA, 1, 1)
        validate(mechanism, BO, 1)
        # (10^30 + 1) * 2 = 2 * 10^30 + 2, and 3 * 666...667 (30 digits) = 2 * 10^30 + 1
        expected = int("6" * 29 + "7")
        assert mechanism.quote_report(claim(ADA, deposit=10**30 + 1), disagrees) == (Path.REPORT, expected)

    def test_that_round_to_nothing_are_refused(self) -> None:
        mechanism = stakeable()
        validate(mechanism, ADA, 1)
        validate(mechanism, BO, 1, 1)
        # 2 * 1 // 3 = 0, 3 * 1 // 3 = 1
        with pytest.raises(Refused, match=r"^stakeable: the share is nothing$"):
            mechanism.quote_report(claim(ADA, deposit=2), disagrees)
        assert mechanism.quote_report(claim(ADA, deposit=3), disagrees) == (Path.REPORT, 1)

    def test_need_a_valid_contribution(self) -> None:
        mechanism = stakeable()
        validate(mechanism, ADA, 1)
        with pytest.raises(Refused, match=r"^stakeable: the reporter has no valid contributions$"):
            mechanism.quote_report(claim(BO), disagrees)

    def test_of_a_zero_deposit_are_nothing_at_any_age(self) -> None:
        mechanism = stakeable()
        validate(mechanism, ADA, 1)
        for claimer in (ADA, BO, OWNER):
            for age in (0, REFUND_WAIT, OWNER_WAIT, ANY_WAIT):
                with pytest.raises(Refused, match=r"^stakeable: nothing is left$"):
                    mechanism.quote_report(claim(claimer, age, deposit=0), disagrees)

    def test_by_deposit_are_in_proportion_to_validated_deposits(self) -> None:
        mechanism = stakeable(shares="deposit")
        validate(mechanism, ADA, 900)
        validate(mechanism, BO, 50, 30, 20)
        # of 1,000: 1500 * 900 // 1000 = 1350, 1500 * 100 // 1000 = 150
        assert mechanism.quote_report(claim(ADA), disagrees) == (Path.REPORT, 1_350)
        assert mechanism.quote_report(claim(BO), disagrees) == (Path.REPORT, 150)

    def test_by_deposit_are_rounded_down_and_refused_at_nothing(self) -> None:
        mechanism = stakeable(shares="deposit")
        validate(mechanism, ADA, 900)
        validate(mechanism, BO, 100)
        # 19 * 100 // 1000 = 1, 9 * 100 // 1000 = 0
        assert mechanism.quote_report(claim(BO, deposit=19), disagrees) == (Path.REPORT, 1)
        with pytest.raises(Refused, match=r"^stakeable: the share is nothing$"):
            mechanism.quote_report(claim(BO, deposit=9), disagrees)

    def test_by_deposit_of_one_who_staked_nothing_are_nothing(self) -> None:
        mechanism = stakeable(shares="deposit")
        validate(mechanism, ADA, 0)
        with pytest.raises(Refused, match=r"^stakeable: the share is nothing$"):
            mechanism.quote_report(claim(ADA), disagrees)
        validate(mechanism, BO, 5)
        with pytest.raises(Refused, match=r"^stakeable: the share is nothing$"):
            mechanism.quote_report(claim(ADA), disagrees)

    def test_by_deposit_need_a_valid_contribution(self) -> None:
        mechanism = stakeable(shares="deposit")
        validate(mechanism, ADA, 900)
        with pytest.raises(Refused, match=r"^stakeable: the reporter has no valid contributions$"):
            mechanism.quote_report(claim(BO), disagrees)

    def test_by_deposit_count_the_whole_deposit_of_a_partly_reported_contribution(self) -> None:
        # what was staked and validated, not what the refund still paid
        mechanism = stakeable(shares="deposit")
        mechanism.settle_claim(claim(ADA, author=ADA, deposit=600, left=1), Path.REFUND)
        mechanism.settle_claim(claim(BO, author=BO, deposit=400), Path.REFUND)
        # 1500 * 600 // 1000
        assert mechanism.quote_report(claim(ADA), disagrees) == (Path.REPORT, 900)

    @settings(deadline=None)
    @given(
        counts=st.lists(st.integers(0, 6), min_size=5, max_size=5),
        deposit=st.integers(1, 10**31),
        order=st.permutations(PEOPLE),
        shares=st.sampled_from(["count", "deposit"]),
    )
    def test_of_all_reporters_never_pay_more_than_the_deposit(
        self,
        counts: list[int],
        deposit: int,
        order: list[Address],
        shares: Literal["count", "deposit"],
    ) -> None:
        mechanism = stakeable(shares=shares)
        for person, count in zip(PEOPLE, counts, strict=True):
            validate(mechanism, person, *range(1, count + 1))
        left = deposit
        for reporter in order:
            try:
                _, amount = mechanism.quote_report(
                    claim(reporter, author=Address("0xf"), deposit=deposit, left=left), disagrees
                )
            except Refused:
                continue
            left -= amount
        assert left >= 0
        if any(counts):
            # each of at most five shares loses less than 1 by rounding
            assert left < 5


class TestTimeOuts:
    """After ``owner_wait`` the owner, after ``any_wait`` anybody but the author: all that is left."""

    def test_the_owner_takes_from_exactly_the_owner_wait(self) -> None:
        mechanism = stakeable()
        with pytest.raises(Refused, match=r"^stakeable: the reporter has no valid contributions$"):
            mechanism.quote_report(claim(OWNER, 7_999), disagrees)
        assert mechanism.quote_report(claim(OWNER, 8_000, left=1_200), unasked) == (Path.OWNER, 1_200)
        assert mechanism.quote_report(claim(OWNER, 8_999, left=1_200), unasked) == (Path.OWNER, 1_200)

    @pytest.mark.parametrize("claimer", [BO, OWNER])
    def test_anybody_takes_from_exactly_the_last_wait(self, claimer: Address) -> None:
        assert stakeable().quote_report(claim(claimer, 9_000, left=1_200), unasked) == (Path.ANYONE, 1_200)
        assert stakeable().quote_report(claim(claimer, 10**9, left=1), unasked) == (Path.ANYONE, 1)

    @pytest.mark.parametrize("age", [OWNER_WAIT, ANY_WAIT - 1])
    def test_others_must_wait_for_the_last_wait(self, age: int) -> None:
        with pytest.raises(Refused, match=r"^stakeable: the reporter has no valid contributions$"):
            stakeable().quote_report(claim(BO, age), disagrees)

    def test_others_may_still_report_in_the_owners_time(self) -> None:
        mechanism = stakeable()
        validate(mechanism, ADA, 1)
        validate(mechanism, BO, 1, 1)
        assert mechanism.quote_report(claim(ADA, OWNER_WAIT), disagrees) == (Path.REPORT, 500)

    def test_the_owner_reports_like_anybody_before_his_wait(self) -> None:
        mechanism = stakeable()
        validate(mechanism, OWNER, 1)
        validate(mechanism, BO, 1, 1)
        assert mechanism.quote_report(claim(OWNER, OWNER_WAIT - 1), disagrees) == (Path.REPORT, 500)

    @pytest.mark.parametrize(("claimer", "age"), [(OWNER, OWNER_WAIT), (OWNER, ANY_WAIT), (BO, ANY_WAIT)])
    def test_do_not_ask_the_model_and_need_no_quiet_block(self, claimer: Address, age: int) -> None:
        mechanism = stakeable()
        mechanism.settle_add_data(Seconds(ADDED + age))
        _, amount = mechanism.quote_report(claim(claimer, age), unasked)
        assert amount == 1_500

    @pytest.mark.parametrize(("claimer", "age"), [(OWNER, OWNER_WAIT), (BO, ANY_WAIT)])
    def test_are_open_to_one_who_has_reported(self, claimer: Address, age: int) -> None:
        _, amount = stakeable().quote_report(claim(claimer, age, left=400, claimed=True), unasked)
        assert amount == 400

    @pytest.mark.parametrize("age", [OWNER_WAIT, ANY_WAIT, 10**9])
    def test_never_pay_an_owner_for_his_own_contribution(self, age: int) -> None:
        with pytest.raises(Refused, match=r"^stakeable: the author cannot report$"):
            stakeable().quote_report(claim(OWNER, age, author=OWNER), disagrees)

    @pytest.mark.parametrize("age", [OWNER_WAIT, ANY_WAIT, 10**9])
    def test_have_nothing_to_take_from_an_empty_deposit(self, age: int) -> None:
        for claimer in (OWNER, BO):
            with pytest.raises(Refused, match=r"^stakeable: nothing is left$"):
                stakeable().quote_report(claim(claimer, age, left=0), unasked)

    def test_may_come_all_at_once(self) -> None:
        mechanism = Stakeable(Wei(10), Seconds(60), Seconds(60), Seconds(60))
        assert mechanism.quote_report(claim(BO, 60), unasked) == (Path.ANYONE, 1_500)
        assert mechanism.quote_report(claim(OWNER, 60), unasked) == (Path.ANYONE, 1_500)
        with pytest.raises(Refused, match=r"^stakeable: not enough time has passed$"):
            mechanism.quote_report(claim(OWNER, 59), unasked)


def test_report_names_the_first_reason_in_order() -> None:
    # author; nothing left; too early; already claimed; no valid contributions; this block; agrees; no share
    mechanism = stakeable()
    mechanism.settle_add_data(Seconds(ADDED + 999))
    with pytest.raises(Refused, match="the author cannot report"):
        mechanism.quote_report(claim(EVE, 999, left=0, claimed=True), agrees)
    with pytest.raises(Refused, match="nothing is left"):
        mechanism.quote_report(claim(BO, 999, left=0, claimed=True), agrees)
    with pytest.raises(Refused, match="not enough time has passed"):
        mechanism.quote_report(claim(BO, 999, claimed=True), agrees)
    mechanism.settle_add_data(Seconds(ADDED + 1_000))
    with pytest.raises(Refused, match="already claimed"):
        mechanism.quote_report(claim(BO, 1_000, claimed=True), agrees)
    with pytest.raises(Refused, match="the reporter has no valid contributions"):
        mechanism.quote_report(claim(BO, 1_000), agrees)
    validate(mechanism, BO, 1)
    validate(mechanism, ADA, *[1] * 2_000)
    with pytest.raises(Refused, match="the model was updated in this block"):
        mechanism.quote_report(claim(BO, 1_000), agrees)
    with pytest.raises(Refused, match="the model agrees"):
        mechanism.quote_report(claim(BO, 1_001), agrees)
    with pytest.raises(Refused, match="the share is nothing"):
        mechanism.quote_report(claim(BO, 1_001), disagrees)


# The model calls the first 1 and the second 0, and a few contributions don't change its mind.
RIGHT: Features = np.array([0], dtype=np.int32)
WRONG: Features = np.array([1], dtype=np.int32)


def begin(cost_weight: int = 10) -> LocalTrainer:
    """A model at 0 s; everybody owns 10^9 wei."""
    return LocalTrainer(
        SparsePerceptron(("no", "yes"), weights=[10_000, -10_000], learning_rate=1),
        stakeable(cost_weight),
        owner=OWNER,
        balances=dict.fromkeys(PEOPLE, Wei(10**9)),
    )


def add(trainer: LocalTrainer, at: int, sender: Address, features: Features) -> None:
    """Contribute as class 1."""
    trainer.advance_to(Seconds(at)).add_data(sender, features, 1, Wei(10**6))


class TestTurns:
    """Claims one after the other, through a trainer."""

    def test_a_share_of_nothing_does_not_use_up_the_reporters_turn(self) -> None:
        trainer = begin(cost_weight=1)
        # deposits: 3600 // 10 = 360 (at 100 s), 3600 // isqrt(900^2) = 4 (810,000 s later)
        add(trainer, 100, ADA, RIGHT)
        for second in range(101, 105):
            add(trainer, second, BO, RIGHT)
        add(trainer, 810_104, EVE, WRONG)
        trainer.advance_to(Seconds(811_104))
        assert trainer.refund(ADA, RIGHT, 1, Seconds(100)) == 360
        for second in range(101, 105):
            trainer.refund(BO, RIGHT, 1, Seconds(second))
        with pytest.raises(Refused, match="the share is nothing"):  # 4 * 1 // 5 = 0
            trainer.report(ADA, WRONG, 1, Seconds(810_104), EVE)
        add(trainer, 811_105, ADA, RIGHT)
        trainer.advance_to(Seconds(812_105)).refund(ADA, RIGHT, 1, Seconds(811_105))
        # 4 * 2 // 6 = 1
        assert trainer.report(ADA, WRONG, 1, Seconds(810_104), EVE) == (Path.REPORT, 1)
        with pytest.raises(Refused, match="already claimed"):
            trainer.report(ADA, WRONG, 1, Seconds(810_104), EVE)

    def test_refund_stays_open_for_the_rest_after_reports(self) -> None:
        trainer = begin()
        add(trainer, 3_600, ADA, RIGHT)
        add(trainer, 7_200, BO, RIGHT)
        add(trainer, 10_800, EVE, WRONG)  # 10 * 3600 // 60 = 600
        trainer.advance_to(Seconds(12_000))
        trainer.refund(ADA, RIGHT, 1, Seconds(3_600))
        trainer.refund(BO, RIGHT, 1, Seconds(7_200))
        assert trainer.report(ADA, WRONG, 1, Seconds(10_800), EVE) == (Path.REPORT, 300)
        # the model comes round to Eve's view: 10,000 contributions would do it, training is quicker
        trainer.classifier.train(Samples.one(WRONG), np.array([1]))
        assert trainer.predict(WRONG) == 1
        trainer.advance_to(Seconds(10**6))
        assert trainer.refund(EVE, WRONG, 1, Seconds(10_800)) == 300
        assert trainer.incentive.valid_contributions() == {ADA: 1, BO: 1, EVE: 1}

    def test_who_comes_first_takes_the_rest(self) -> None:
        trainer = begin()
        add(trainer, 3_600, EVE, WRONG)
        trainer.advance_to(Seconds(3_600 + ANY_WAIT))
        assert trainer.report(CY, WRONG, 1, Seconds(3_600), EVE) == (Path.ANYONE, 600)
        for late in (OWNER, BO, CY):
            with pytest.raises(Refused, match="nothing is left"):
                trainer.report(late, WRONG, 1, Seconds(3_600), EVE)
        assert trainer.held == 0

    def test_the_owner_is_whoever_owns_the_model_at_the_time_of_the_claim(self) -> None:
        trainer = begin()
        add(trainer, 3_600, EVE, WRONG)
        trainer.advance_to(Seconds(3_600 + OWNER_WAIT)).transfer_ownership(OWNER, CY)
        with pytest.raises(Refused, match="the reporter has no valid contributions"):
            trainer.report(OWNER, WRONG, 1, Seconds(3_600), EVE)
        assert trainer.report(CY, WRONG, 1, Seconds(3_600), EVE) == (Path.OWNER, 600)

    def test_an_author_who_becomes_the_owner_still_cannot_take_his_own(self) -> None:
        trainer = begin()
        add(trainer, 3_600, EVE, WRONG)
        trainer.transfer_ownership(OWNER, EVE)
        trainer.advance_to(Seconds(3_600 + 10**6))
        with pytest.raises(Refused, match="the author cannot report"):
            trainer.report(EVE, WRONG, 1, Seconds(3_600), EVE)
        with pytest.raises(Refused, match="the model disagrees"):
            trainer.refund(EVE, WRONG, 1, Seconds(3_600))
        assert trainer.claims(EVE) == []

    @pytest.mark.parametrize("path", [Path.REPORT, Path.OWNER, Path.ANYONE])
    def test_the_author_takes_his_own_on_no_path(self, path: Path) -> None:
        trainer = begin()
        add(trainer, 3_600, EVE, WRONG)
        trainer.advance_to(Seconds(10**7))
        with pytest.raises(Refused, match="the author cannot report"):
            trainer.claim(EVE, 0, path)

    def test_nobody_takes_the_authors_path(self) -> None:
        trainer = begin()
        add(trainer, 3_600, ADA, RIGHT)
        trainer.advance_to(Seconds(3_600 + REFUND_WAIT))
        # As in a contract, where one's own contributions are found by one's own address.
        with pytest.raises(Refused, match="no such contribution"):
            trainer.claim(EVE, 0, Path.REFUND)
        claim = trainer.ledger.claim(0, EVE, trainer.owner, trainer.now)
        with pytest.raises(Refused, match="only the author can be refunded"):
            trainer.incentive.quote_refund(claim, lambda: 1)

    def test_a_zero_deposit_is_refunded_once_and_counts(self) -> None:
        trainer = begin(cost_weight=0)
        add(trainer, 3_600, ADA, RIGHT)
        trainer.advance_to(Seconds(3_600 + REFUND_WAIT))
        assert trainer.claims(ADA) == [Offer(0, Path.REFUND, Wei(0))]
        assert trainer.refund(ADA, RIGHT, 1, Seconds(3_600)) == 0
        assert trainer.incentive.valid_contributions() == {ADA: 1}
        with pytest.raises(Refused, match="already claimed"):
            trainer.refund(ADA, RIGHT, 1, Seconds(3_600))
        assert trainer.claims(ADA) == []

    def test_a_second_account_wins_back_its_share_and_no_more(self) -> None:
        # a known limit: Eve's other account Cy has 1 of 2 valid contributions, and wins back half
        trainer = begin()
        add(trainer, 3_600, ADA, RIGHT)
        add(trainer, 7_200, CY, RIGHT)
        add(trainer, 10_800, EVE, WRONG)
        trainer.advance_to(Seconds(12_000))
        trainer.refund(ADA, RIGHT, 1, Seconds(3_600))
        trainer.refund(CY, RIGHT, 1, Seconds(7_200))
        assert trainer.report(CY, WRONG, 1, Seconds(10_800), EVE) == (Path.REPORT, 300)


class TestTerms:
    """What a mechanism can be made of."""

    def test_the_default_waits_are_1_8_and_9_days(self) -> None:
        mechanism = Stakeable(Wei(1))
        assert (mechanism.refund_wait, mechanism.owner_wait, mechanism.any_wait) == (DAY, 8 * DAY, 9 * DAY)

    def test_a_negative_cost_weight_is_no_input(self) -> None:
        with pytest.raises(InputError, match=r"^stakeable: the cost weight must not be negative$"):
            Stakeable(Wei(-1))

    def test_a_negative_wait_is_no_input(self) -> None:
        with pytest.raises(InputError, match=r"^stakeable: the refund wait must not be negative$"):
            Stakeable(Wei(1), Seconds(-1))

    @pytest.mark.parametrize(("refund", "owner", "anybody"), [(2, 1, 3), (1, 3, 2), (3, 3, 2), (1, 0, 1)])
    def test_waits_out_of_order_are_no_input(self, refund: int, owner: int, anybody: int) -> None:
        with pytest.raises(
            InputError, match=r"^stakeable: the waits must be in order: refund, owner, anybody$"
        ):
            Stakeable(Wei(1), Seconds(refund), Seconds(owner), Seconds(anybody))

    def test_unknown_shares_are_no_input(self) -> None:
        with pytest.raises(
            InputError, match=r"^stakeable: shares are weighted by 'count' or 'deposit', not 'age'$"
        ):
            Stakeable(Wei(1), shares="age")  # type: ignore[arg-type]
