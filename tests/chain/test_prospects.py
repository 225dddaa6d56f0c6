"""What can be claimed later comes true: on its path, from its time, for its amount."""

import pytest

from decai.chain.prospects import Prospect, prospects
from decai.classifier import SparsePerceptron
from decai.incentive import Points, Stakeable
from decai.protocols import Path
from decai.trainer import LocalTrainer
from decai.units import Address, Seconds, Wei
from tests.conformance.twin_state import array

ADA, BO, EVE, OWNER = (Address("0x" + digit * 40) for digit in "1234")
START = Seconds(10_000)
WAITS = Seconds(20), Seconds(60), Seconds(100)


def trainer(incentive: str = "stakeable") -> LocalTrainer:
    """Feature 0 says yes and feature 1 no; a contribution an hour after the last costs 600 wei."""
    terms = Points(WAITS[0], START) if incentive == "points" else Stakeable(Wei(10), *WAITS, START)
    balances = dict.fromkeys((ADA, BO, EVE, OWNER), Wei(10**9))
    model = SparsePerceptron(("no", "yes"), [1_000, -1_000], learning_rate=1)
    return LocalTrainer(model, terms, owner=OWNER, balances=balances, now=START)


def add(twin: LocalTrainer, author: Address, feature: int) -> Seconds:
    """Say yes of a feature an hour later; returns when."""
    twin.advance_to(Seconds(twin.now + 3_600))
    twin.add_data(author, array([feature]), 1, Wei(10**6))
    return twin.now


def later(twin: LocalTrainer, claimer: Address) -> list[Prospect]:
    return prospects(twin, claimer, twin.now)


def test_the_author_waits_for_the_refund() -> None:
    twin = trainer()
    added = add(twin, ADA, 0)
    since = Seconds(added + 20)
    assert later(twin, ADA) == [Prospect(0, Path.REFUND, since, Wei(600), needs_model=True)]
    twin.advance_to(Seconds(since - 1))
    assert not twin.claims(ADA)
    twin.advance_to(since)
    assert [(o.path, o.amount) for o in twin.claims(ADA)] == [(Path.REFUND, 600)]
    # What is open now is not for later.
    assert later(twin, ADA) == []


def test_the_author_of_what_the_model_denies_waits_for_the_model() -> None:
    twin = trainer()
    added = add(twin, EVE, 1)
    twin.advance_to(Seconds(added + 50))
    assert later(twin, EVE) == [Prospect(0, Path.REFUND, Seconds(added + 20), Wei(600), needs_model=True)]


def test_the_owner_and_anybody_wait_for_what_is_left() -> None:
    twin = trainer()
    added = add(twin, ADA, 0)
    for person, path, wait in ((OWNER, Path.OWNER, 60), (BO, Path.ANYONE, 100)):
        expected = Prospect(0, path, Seconds(added + wait), Wei(600), needs_model=False)
        assert later(twin, person) == [expected]
    for person, path, wait in ((OWNER, Path.OWNER, 60), (BO, Path.ANYONE, 100)):
        twin.advance_to(Seconds(added + wait - 1))
        assert not twin.claims(person)
        twin.advance_to(Seconds(added + wait))
        assert [offer.path for offer in twin.claims(person)] == [path]
        assert later(twin, person) == []


def test_a_reporter_with_valid_contributions_has_a_share() -> None:
    twin = trainer()
    good = add(twin, ADA, 0)
    twin.advance_to(Seconds(good + 20))
    twin.refund(ADA, array([0]), 1, good)
    bad = add(twin, EVE, 1)
    assert later(twin, ADA) == [
        Prospect(1, Path.REPORT, Seconds(bad + 20), Wei(600), needs_model=True),
        Prospect(1, Path.ANYONE, Seconds(bad + 100), Wei(600), needs_model=False),
    ]
    # Bo has none, and may only wait for the end.
    assert [each.path for each in later(twin, BO)] == [Path.ANYONE]
    twin.advance_to(Seconds(bad + 20))
    assert [(o.path, o.amount) for o in twin.claims(ADA)] == [(Path.REPORT, 600)]
    twin.report(ADA, array([1]), 1, bad, EVE)
    assert [each for person in (ADA, BO, EVE, OWNER) for each in later(twin, person)] == []


def test_points_have_no_money_and_no_end() -> None:
    twin = trainer("points")
    added = add(twin, ADA, 0)
    for person, path in ((ADA, Path.REFUND), (BO, Path.REPORT)):
        assert later(twin, person) == [Prospect(0, path, Seconds(added + 20), Wei(0), needs_model=True)]


def test_the_soonest_comes_first() -> None:
    twin = trainer()
    times = [add(twin, ADA, 0) for _ in range(3)]
    assert [each.since - 20 for each in later(twin, ADA)] == times
    assert [each.contribution for each in later(twin, ADA)] == [0, 1, 2]


@pytest.mark.parametrize("incentive", ["stakeable", "points"])
def test_asking_changes_nothing(incentive: str) -> None:
    twin = trainer(incentive)
    add(twin, ADA, 0)
    before = (twin.balance(ADA), twin.held, len(twin.ledger), twin.now)
    later(twin, ADA)
    assert (twin.balance(ADA), twin.held, len(twin.ledger), twin.now) == before
