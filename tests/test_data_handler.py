"""The ledger, held to ``docs/mechanism.md#data-handler``."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decai.data_handler import ClaimSet, DataHandler
from decai.errors import Refused
from decai.protocols import Claim, Path
from decai.samples import Features
from decai.units import Address, Seconds, Wei

ADA, BO, CY, OWNER = (Address("0x" + letter * 40) for letter in "abce")


def features(*indices: int) -> Features:
    return np.array(indices, dtype=np.int32)


def add(
    ledger: DataHandler, row: Features, label: int = 1, author: Address = ADA, now: int = 50, deposit: int = 9
) -> int:
    """Check and record, as a trainer does."""
    ledger.check_new(row, label, author, Seconds(now))
    return ledger.handle_add_data(row, label, author, Seconds(now), Wei(deposit))


class TestContributions:
    """Known by features, label, time and author."""

    def test_are_numbered_from_zero(self) -> None:
        ledger = DataHandler()
        assert len(ledger) == 0
        assert [add(ledger, features(n)) for n in range(4)] == [0, 1, 2, 3]
        assert len(ledger) == 4

    def test_are_found_by_all_four_parts_of_the_key(self) -> None:
        ledger = DataHandler()
        numbers = {}
        for now in (50, 50, 60):
            for author in (ADA, BO):
                for label in (0, 1):
                    for row in ((1, 2), (2, 1), (), (1,)):
                        key = (row, label, now, author)
                        if key not in numbers:
                            numbers[key] = add(ledger, features(*row), label, author, now)
        assert len(numbers) == 4 * 2 * 2 * 2
        for (row, label, now, author), number in numbers.items():
            assert ledger.find(features(*row), label, Seconds(now), author) == number

    @pytest.mark.parametrize(
        ("row", "label", "added", "author"),
        [
            ((1, 2, 3), 1, 50, ADA),
            ((1,), 1, 50, ADA),
            ((2, 1), 1, 50, ADA),
            ((1, 2), 0, 50, ADA),
            ((1, 2), 1, 49, ADA),
            ((1, 2), 1, 51, ADA),
            ((1, 2), 1, 50, BO),
        ],
    )
    def test_are_not_found_by_any_other_key(
        self, row: tuple[int, ...], label: int, added: int, author: Address
    ) -> None:
        ledger = DataHandler()
        add(ledger, features(1, 2))
        with pytest.raises(Refused, match=r"^data handler: no such contribution$"):
            ledger.find(features(*row), label, Seconds(added), author)

    def test_are_not_found_in_an_empty_ledger(self) -> None:
        with pytest.raises(Refused, match=r"^data handler: no such contribution$"):
            DataHandler().find(features(1), 1, Seconds(0), ADA)

    def test_are_found_by_the_same_numbers_of_another_integer_type(self) -> None:
        ledger = DataHandler()
        add(ledger, features(1, 2))
        assert ledger.find(np.array([1, 2], dtype=np.int64), 1, Seconds(50), ADA) == 0

    def test_are_refused_a_second_time_in_the_same_second(self) -> None:
        ledger = DataHandler()
        add(ledger, features(1, 2))
        add(ledger, features(3), author=BO)
        with pytest.raises(Refused, match=r"^data handler: already added$"):
            ledger.check_new(features(1, 2), 1, ADA, Seconds(50))
        assert len(ledger) == 2

    def test_are_refused_again_though_they_were_claimed_and_nothing_is_left(self) -> None:
        ledger = DataHandler()
        add(ledger, features(1, 2))
        ledger.handle_claim(0, ADA, Wei(9), Path.REFUND)
        with pytest.raises(Refused, match=r"^data handler: already added$"):
            ledger.check_new(features(1, 2), 1, ADA, Seconds(50))

    @pytest.mark.parametrize(
        ("row", "label", "author", "now"),
        [((1, 2), 1, ADA, 51), ((1, 2), 0, ADA, 50), ((1, 2), 1, BO, 50), ((2, 1), 1, ADA, 50)],
    )
    def test_that_differ_in_one_part_are_new(
        self, row: tuple[int, ...], label: int, author: Address, now: int
    ) -> None:
        ledger = DataHandler()
        add(ledger, features(1, 2))
        assert add(ledger, features(*row), label, author, now) == 1

    def test_checking_records_nothing(self) -> None:
        ledger = DataHandler()
        ledger.check_new(features(1), 1, ADA, Seconds(50))
        ledger.check_new(features(1), 1, ADA, Seconds(50))
        assert len(ledger) == 0

    def test_keep_their_features_when_the_callers_array_changes(self) -> None:
        ledger = DataHandler()
        row = features(1, 2)
        add(ledger, row)
        row[0] = 7
        assert ledger.find(features(1, 2), 1, Seconds(50), ADA) == 0
        with pytest.raises(Refused):
            ledger.find(features(7, 2), 1, Seconds(50), ADA)

    def test_of_one_second_are_all_found_among_thousands_of_others(self) -> None:
        ledger = DataHandler()
        for now in range(1_000):
            add(ledger, features(0), now=now)
        burst = [add(ledger, features(n), now=1_000) for n in range(200)]
        for now in range(1_001, 2_000):
            add(ledger, features(0), now=now)
        assert [ledger.find(features(n), 1, Seconds(1_000), ADA) for n in range(200)] == burst
        assert ledger.find(features(0), 1, Seconds(1_999), ADA) == len(ledger) - 1


class TestClaims:
    """What is left, how many claims, and by whom."""

    def test_show_a_mechanism_the_whole_contribution(self) -> None:
        ledger = DataHandler()
        add(ledger, features(1, 2), label=3, author=ADA, now=50, deposit=9)
        assert ledger.claim(0, BO, OWNER, Seconds(77)) == Claim(
            now=Seconds(77),
            claimer=BO,
            owner=OWNER,
            author=ADA,
            added=Seconds(50),
            label=3,
            deposit=Wei(9),
            left=Wei(9),
            claims=0,
            claimed=False,
        )

    def test_take_from_what_is_left_and_leave_the_deposit(self) -> None:
        ledger = DataHandler()
        add(ledger, features(1), deposit=9)
        ledger.handle_claim(0, BO, Wei(4), Path.REPORT)
        ledger.handle_claim(0, CY, Wei(3), Path.REPORT)
        claim = ledger.claim(0, ADA, OWNER, Seconds(77))
        assert (claim.deposit, claim.left, claim.claims) == (9, 2, 2)

    def test_are_remembered_for_each_claimer_and_contribution(self) -> None:
        ledger = DataHandler()
        add(ledger, features(1))
        add(ledger, features(2))
        ledger.handle_claim(1, BO, Wei(4), Path.REPORT)
        for number, claimer, claimed in [(0, BO, False), (1, BO, True), (1, CY, False), (1, ADA, False)]:
            assert ledger.has_claimed(number, claimer) is claimed
            assert ledger.claim(number, claimer, OWNER, Seconds(77)).claimed is claimed

    def test_of_one_claimer_may_be_several(self) -> None:
        # a report, and the rest after the last wait
        ledger = DataHandler()
        add(ledger, features(1), deposit=9)
        ledger.handle_claim(0, BO, Wei(4), Path.REPORT)
        ledger.handle_claim(0, BO, Wei(5), Path.ANYONE)
        claim = ledger.claim(0, BO, OWNER, Seconds(77))
        assert (claim.left, claim.claims, claim.claimed) == (0, 2, True)

    @pytest.mark.parametrize("path", [Path.OWNER, Path.ANYONE])
    def test_that_only_a_wait_allows_are_not_remembered(self, path: Path) -> None:
        ledger = DataHandler()
        add(ledger, features(1), deposit=9)
        ledger.handle_claim(0, BO, Wei(9), path)
        claim = ledger.claim(0, BO, OWNER, Seconds(77))
        assert (claim.left, claim.claims, claim.claimed) == (0, 1, False)

    def test_of_no_deposit_are_remembered_of_the_author_alone(self) -> None:
        ledger = DataHandler()
        add(ledger, features(1), deposit=0)
        ledger.handle_claim(0, BO, Wei(0), Path.REPORT)
        assert not ledger.has_claimed(0, BO)
        ledger.handle_claim(0, ADA, Wei(0), Path.REFUND)
        assert ledger.has_claimed(0, ADA)

    def test_of_nothing_are_claims(self) -> None:
        ledger = DataHandler()
        add(ledger, features(1), deposit=0)
        ledger.handle_claim(0, ADA, Wei(0), Path.REFUND)
        claim = ledger.claim(0, ADA, OWNER, Seconds(77))
        assert (claim.left, claim.claims, claim.claimed) == (0, 1, True)

    def test_of_huge_amounts_are_exact(self) -> None:
        ledger = DataHandler()
        add(ledger, features(1), deposit=10**30 + 1)
        ledger.handle_claim(0, BO, Wei(10**30), Path.REPORT)
        assert ledger.left[0] == 1

    def test_claimers_keep_their_numbers(self) -> None:
        ledger = DataHandler()
        numbers = [ledger.claimer_number(who) for who in (BO, ADA, CY)]
        assert len(set(numbers)) == 3
        assert [ledger.claimer_number(who) for who in (BO, ADA, CY)] == numbers


class TestCheckpoint:
    """A copy that nothing changes any more."""

    def test_restores_contributions_claims_and_claimers(self) -> None:
        ledger = DataHandler()
        add(ledger, features(1), deposit=9)
        ledger.handle_claim(0, BO, Wei(4), Path.REPORT)
        kept = ledger.checkpoint()
        ledger.handle_claim(0, CY, Wei(5), Path.REPORT)
        add(ledger, features(2), now=60)
        ledger.restore(kept)
        assert len(ledger) == 1
        assert ledger.claim(0, BO, OWNER, Seconds(77))[6:] == (9, 5, 1, True)
        assert ledger.has_claimed(0, BO)
        assert not ledger.has_claimed(0, CY)
        with pytest.raises(Refused):
            ledger.find(features(2), 1, Seconds(60), ADA)

    def test_is_not_changed_by_what_follows_a_restore(self) -> None:
        ledger = DataHandler()
        add(ledger, features(1), deposit=9)
        kept = ledger.checkpoint()
        for _ in range(2):
            ledger.restore(kept)
            assert not ledger.has_claimed(0, BO)
            ledger.handle_claim(0, BO, Wei(4), Path.REPORT)
            add(ledger, features(2), now=60)
            assert len(ledger) == 2


class TestClaimSet:
    """Pairs of contribution and claimer, as a set."""

    @settings(deadline=None)
    @given(
        pairs=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), unique=True, max_size=200),
        others=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=50),
    )
    def test_holds_what_was_put_in_and_nothing_else(
        self, pairs: list[tuple[int, int]], others: list[tuple[int, int]]
    ) -> None:
        claims, oracle = ClaimSet(), set(pairs)
        for contribution, claimer in pairs:
            claims.add(contribution, claimer)
        for contribution, claimer in [*pairs, *others]:
            assert claims.has(contribution, claimer) is ((contribution, claimer) in oracle)

    def test_grows_without_losing_anything(self) -> None:
        claims = ClaimSet()
        oracle = {(n * 7 % 5_000, n % 11) for n in range(5_000)}
        for contribution, claimer in oracle:
            claims.add(contribution, claimer)
        held = {(n, c) for n in range(5_000) for c in range(11) if claims.has(n, c)}
        assert held == oracle

    def test_tells_millions_of_contributions_and_claimers_apart(self) -> None:
        claims = ClaimSet()
        claims.add(30_000_000, 16_777_000)
        assert claims.has(30_000_000, 16_777_000)
        assert not claims.has(30_000_001, 16_777_000)
        assert not claims.has(30_000_000, 16_777_001)

    def test_copies_are_independent(self) -> None:
        claims = ClaimSet()
        claims.add(1, 2)
        other = claims.copy()
        other.add(3, 4)
        claims.add(5, 6)
        assert (claims.has(1, 2), claims.has(3, 4), claims.has(5, 6)) == (True, False, True)
        assert (other.has(1, 2), other.has(3, 4), other.has(5, 6)) == (True, True, False)
