"""What every incentive mechanism owes (``docs/mechanism.md#claims``), whatever its rules.

A new mechanism passes by adding how it is made to ``test_incentives.py``.
"""

from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decai.errors import Refused
from decai.protocols import Claim, IncentiveMechanism, Path
from decai.units import Address, Seconds, Wei

DEPLOYED = Seconds(5_000)
REFUND_WAIT = Seconds(100)
OWNER_WAIT = Seconds(800)
"""For the mechanisms that have one."""
ANY_WAIT = Seconds(900)
"""For the mechanisms that have one."""

ADDED = Seconds(10_000)
MATURE = Seconds(10_100)
"""``ADDED + REFUND_WAIT``."""

ADA, BO, EVE, OWNER = (Address("0x" + letter * 40) for letter in "abce")

Make = Callable[[], IncentiveMechanism]
"""Makes a mechanism, deployed at `DEPLOYED`, with the waits above."""


def agrees() -> int:
    """The model on a contribution of `claim_of`."""
    return 1


def disagrees() -> int:
    """The model on a contribution of `claim_of`."""
    return 0


def unasked() -> int:
    """A model that must not be asked."""
    raise AssertionError("the model was asked")


def claim_of(
    author: Address,
    claimer: Address,
    *,
    now: int = MATURE,
    added: int = ADDED,
    deposit: int = 0,
    left: int | None = None,
    claims: int = 0,
    claimed: bool = False,
) -> Claim:
    """A claim on a contribution labelled 1."""
    return Claim(
        now=Seconds(now),
        claimer=claimer,
        owner=OWNER,
        author=author,
        added=Seconds(added),
        label=1,
        deposit=Wei(deposit),
        left=Wei(deposit if left is None else left),
        claims=claims,
        claimed=claimed,
    )


class IncentiveConformance:
    """The suite; subclasses parametrise `make`."""

    @pytest.fixture
    def mechanism(self, make: Make) -> IncentiveMechanism:
        """One contribution came in at `ADDED`, and Bo has a valid one from before."""
        mechanism = make()
        self.add(mechanism, DEPLOYED + 1_000)
        self.validate(mechanism, BO, DEPLOYED + 1_000, now=DEPLOYED + 2_000)
        self.add(mechanism, ADDED)
        return mechanism

    @staticmethod
    def add(mechanism: IncentiveMechanism, now: int) -> Wei:
        """Let a contribution in; returns its deposit."""
        deposit = mechanism.quote_add_data(Seconds(now), Wei(10**30))
        mechanism.settle_add_data(Seconds(now))
        return deposit

    @staticmethod
    def validate(
        mechanism: IncentiveMechanism, author: Address, added: int, now: int, deposit: int = 4_000
    ) -> None:
        """Refund a contribution that the model agrees with."""
        claim = claim_of(author, author, added=added, now=now, deposit=deposit)
        mechanism.quote_refund(claim, agrees)
        mechanism.settle_claim(claim, Path.REFUND)

    def test_is_an_incentive_mechanism_by_protocol(self, mechanism: IncentiveMechanism) -> None:
        assert isinstance(mechanism, IncentiveMechanism)
        assert mechanism.kind

    def test_starts_as_updated_at_its_deployment(self, make: Make) -> None:
        assert make().last_update == DEPLOYED

    def test_starts_without_valid_contributions(self, make: Make) -> None:
        assert make().valid_contributions() == {}

    def test_waits_are_in_order(self, mechanism: IncentiveMechanism) -> None:
        waits = [mechanism.refund_wait, mechanism.owner_wait, mechanism.any_wait]
        given_waits = [wait for wait in waits if wait is not None]
        assert given_waits == sorted(given_waits)
        assert mechanism.refund_wait == REFUND_WAIT

    @pytest.mark.parametrize("age", [0, 1, 59, 3_600, 10**9])
    def test_a_contribution_costs_what_is_quoted_however_much_is_offered(
        self, mechanism: IncentiveMechanism, age: int
    ) -> None:
        now = Seconds(ADDED + age)
        cost = mechanism.add_data_cost(now)
        assert cost >= 0
        assert mechanism.quote_add_data(now, cost) == cost
        assert mechanism.quote_add_data(now, Wei(cost + 1)) == cost
        assert mechanism.quote_add_data(now, Wei(10**30)) == cost

    def test_a_contribution_that_was_let_in_is_the_last_update(self, mechanism: IncentiveMechanism) -> None:
        mechanism.settle_add_data(Seconds(ADDED + 7))
        assert mechanism.last_update == ADDED + 7

    def test_the_model_is_settled_unless_it_changed_in_this_block(
        self, mechanism: IncentiveMechanism
    ) -> None:
        cost = mechanism.add_data_cost(Seconds(MATURE + 9))
        mechanism.settle_change(Seconds(MATURE))
        assert not mechanism.is_settled(Seconds(MATURE))
        assert mechanism.is_settled(Seconds(MATURE + 1))
        assert mechanism.add_data_cost(Seconds(MATURE + 9)) == cost

    @pytest.mark.parametrize("predict", [agrees, disagrees])
    @pytest.mark.parametrize("now", [ADDED, MATURE - 1, MATURE, ADDED + 10**6])
    @pytest.mark.parametrize(
        ("author", "claimer"), [(ADA, ADA), (ADA, BO), (ADA, EVE), (ADA, OWNER), (BO, ADA)]
    )
    def test_quotes_change_nothing(
        self,
        mechanism: IncentiveMechanism,
        predict: Callable[[], int],
        now: int,
        author: Address,
        claimer: Address,
    ) -> None:
        before = mechanism.checkpoint()
        claim = claim_of(author, claimer, now=now, deposit=4_000)
        mechanism.add_data_cost(Seconds(now))
        mechanism.quote_add_data(Seconds(now), Wei(10**30))
        mechanism.share(claimer)
        for quote in (mechanism.quote_refund, mechanism.quote_report):
            with suppress(Refused):
                quote(claim, predict)
        assert mechanism.checkpoint() == before

    def test_quotes_given_twice_are_the_same(self, mechanism: IncentiveMechanism) -> None:
        claim = claim_of(ADA, BO, deposit=4_000)
        assert mechanism.quote_report(claim, disagrees) == mechanism.quote_report(claim, disagrees)

    def test_refund_is_open_from_exactly_the_refund_wait(self, mechanism: IncentiveMechanism) -> None:
        # the wait of 100 s is over when now - 10,000 >= 100
        with pytest.raises(Refused, match=f"^{mechanism.kind}: not enough time has passed$"):
            mechanism.quote_refund(claim_of(ADA, ADA, now=10_099), agrees)
        assert mechanism.quote_refund(claim_of(ADA, ADA, now=10_100), agrees) == 0

    def test_report_is_open_from_exactly_the_refund_wait(self, mechanism: IncentiveMechanism) -> None:
        with pytest.raises(Refused, match=f"^{mechanism.kind}: not enough time has passed$"):
            mechanism.quote_report(claim_of(ADA, BO, now=10_099, deposit=4_000), disagrees)
        path, _ = mechanism.quote_report(claim_of(ADA, BO, now=10_100, deposit=4_000), disagrees)
        assert path is Path.REPORT

    def test_a_claim_that_comes_too_early_does_not_ask_the_model(self, mechanism: IncentiveMechanism) -> None:
        with pytest.raises(Refused):
            mechanism.quote_refund(claim_of(ADA, ADA, now=MATURE - 1), unasked)
        with pytest.raises(Refused):
            mechanism.quote_report(claim_of(ADA, BO, now=MATURE - 1, deposit=4_000), unasked)

    def test_refund_waits_for_the_block_after_an_update(self, mechanism: IncentiveMechanism) -> None:
        mechanism.settle_add_data(MATURE)
        with pytest.raises(Refused, match=f"^{mechanism.kind}: the model was updated in this block$"):
            mechanism.quote_refund(claim_of(ADA, ADA, now=MATURE), unasked)
        mechanism.quote_refund(claim_of(ADA, ADA, now=MATURE + 1), agrees)

    def test_report_waits_for_the_block_after_an_update(self, mechanism: IncentiveMechanism) -> None:
        mechanism.settle_add_data(MATURE)
        with pytest.raises(Refused, match=f"^{mechanism.kind}: the model was updated in this block$"):
            mechanism.quote_report(claim_of(ADA, BO, now=MATURE, deposit=4_000), unasked)
        mechanism.quote_report(claim_of(ADA, BO, now=MATURE + 1, deposit=4_000), disagrees)

    def test_refund_is_refused_if_the_model_disagrees(self, mechanism: IncentiveMechanism) -> None:
        with pytest.raises(Refused, match=f"^{mechanism.kind}: the model disagrees$"):
            mechanism.quote_refund(claim_of(ADA, ADA, deposit=4_000), disagrees)

    def test_report_is_refused_if_the_model_agrees(self, mechanism: IncentiveMechanism) -> None:
        with pytest.raises(Refused, match=f"^{mechanism.kind}: the model agrees$"):
            mechanism.quote_report(claim_of(ADA, BO, deposit=4_000), agrees)

    @pytest.mark.parametrize("age", [0, REFUND_WAIT, OWNER_WAIT, ANY_WAIT, 10**9])
    @pytest.mark.parametrize("author", [ADA, BO, OWNER])
    def test_the_author_never_reports(self, mechanism: IncentiveMechanism, age: int, author: Address) -> None:
        claim = claim_of(author, author, now=ADDED + age, deposit=4_000)
        with pytest.raises(Refused, match=f"^{mechanism.kind}: the author cannot report$"):
            mechanism.quote_report(claim, disagrees)

    @pytest.mark.parametrize("age", [0, REFUND_WAIT, OWNER_WAIT, ANY_WAIT, 10**9])
    @pytest.mark.parametrize("claimer", [BO, EVE, OWNER])
    def test_nobody_but_the_author_is_refunded(
        self, mechanism: IncentiveMechanism, age: int, claimer: Address
    ) -> None:
        claim = claim_of(ADA, claimer, now=ADDED + age, deposit=4_000)
        with pytest.raises(Refused, match=f"^{mechanism.kind}: only the author can be refunded$"):
            mechanism.quote_refund(claim, agrees)

    def test_a_contribution_is_refunded_once(self, mechanism: IncentiveMechanism) -> None:
        again = claim_of(ADA, ADA, now=ADDED + 10**6, deposit=4_000, left=0, claims=1, claimed=True)
        with pytest.raises(Refused, match=f"^{mechanism.kind}: already claimed$"):
            mechanism.quote_refund(again, agrees)

    def test_a_refund_counts_for_its_author(self, mechanism: IncentiveMechanism) -> None:
        assert mechanism.valid_contributions() == {BO: 1}
        self.validate(mechanism, ADA, ADDED, MATURE)
        self.validate(mechanism, BO, ADDED, MATURE)
        assert mechanism.valid_contributions() == {ADA: 1, BO: 2}

    @pytest.mark.parametrize("path", [Path.REPORT, Path.OWNER, Path.ANYONE])
    def test_no_other_claim_counts_for_anybody(self, mechanism: IncentiveMechanism, path: Path) -> None:
        mechanism.settle_claim(claim_of(ADA, BO, now=ADDED + 10**6, deposit=4_000), path)
        assert mechanism.valid_contributions() == {BO: 1}

    def test_valid_contributions_are_a_copy(self, mechanism: IncentiveMechanism) -> None:
        mechanism.valid_contributions()[ADA] = 1_000
        assert mechanism.valid_contributions() == {BO: 1}

    def test_restore_goes_back_to_the_checkpoint(self, mechanism: IncentiveMechanism) -> None:
        kept = mechanism.checkpoint()
        later = Seconds(ADDED + 50)
        cost, share = mechanism.add_data_cost(later), mechanism.share(BO)
        self.add(mechanism, ADDED + 49)
        self.validate(mechanism, ADA, ADDED, MATURE)
        self.validate(mechanism, BO, ADDED, MATURE)
        mechanism.restore(kept)
        assert mechanism.last_update == ADDED
        assert mechanism.add_data_cost(later) == cost
        assert mechanism.valid_contributions() == {BO: 1}
        assert mechanism.share(BO) == share
        assert mechanism.share(ADA) == 0.0
        assert mechanism.checkpoint() == kept

    def test_a_checkpoint_can_be_restored_again_and_again(self, mechanism: IncentiveMechanism) -> None:
        kept = mechanism.checkpoint()
        for _ in range(3):
            self.validate(mechanism, ADA, ADDED, MATURE)
            assert mechanism.valid_contributions() == {BO: 1, ADA: 1}
            mechanism.restore(kept)
            assert mechanism.valid_contributions() == {BO: 1}

    @settings(deadline=None)
    @given(
        validated=st.lists(st.tuples(st.sampled_from([ADA, BO, EVE]), st.integers(0, 10**31)), max_size=12),
        deposit=st.integers(0, 10**31),
        left_percent=st.integers(1, 100),
    )
    def test_a_report_pays_between_the_least_and_the_share(
        self, make: Make, validated: list[tuple[Address, int]], deposit: int, left_percent: int
    ) -> None:
        mechanism = make()
        for author, stake in validated:
            self.validate(mechanism, author, ADDED, MATURE, stake)
        left = deposit * left_percent // 100
        for reporter in (ADA, BO, EVE):
            share = mechanism.share(reporter)
            assert share >= 0.0
            try:
                path, amount = mechanism.quote_report(
                    claim_of(OWNER, reporter, deposit=deposit, left=left), disagrees
                )
            except Refused:
                continue
            assert path is Path.REPORT
            assert mechanism.least_report <= amount <= left
            assert amount <= deposit * Fraction(share)
