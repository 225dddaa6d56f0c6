"""The index of open claims finds exactly what asking the mechanism about every contribution would find."""

import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decai.classifier import DensePerceptron, NaiveBayes, SparseCentroid, SparsePerceptron
from decai.errors import Refused
from decai.incentive import Points, Stakeable
from decai.protocols import Classifier, IncentiveMechanism, Offer, Path
from decai.samples import Features, Samples
from decai.trainer import LocalTrainer
from decai.units import Address, Seconds, Wei

REFUND_WAIT, OWNER_WAIT, ANY_WAIT = 10, 30, 40
PEOPLE = [Address(f"0x{number:040x}") for number in range(1, 6)]
STRANGER = Address("0x" + "f" * 40)
OWNER = PEOPLE[0]
EVERYBODY = [*PEOPLE, STRANGER]
LEAST = [Wei(0), Wei(1), Wei(40), Wei(360), Wei(10**6)]

# 7 sparse samples, two of them with features that have no table of their own.
ROWS = [[0], [1], [0, 1], [2, 3], [], [1, 2**20 + 3], [5, 2**31 - 1]]
SPARSE: list[Features] = [np.array(row, dtype=np.int32) for row in ROWS]
F = 10**9
DENSE: list[Features] = [
    np.array(vector, dtype=np.int64)
    for vector in (
        [F, 0], [0, F], [-F, 0], [600_000_000, 800_000_000], [-800_000_000, 600_000_000],
        [0, -F], [800_000_000, -600_000_000],
    )
]  # fmt: skip


class Kind(NamedTuple):
    """A classifier that is easily swayed, and samples for it."""

    make: Callable[[], Classifier]
    samples: Sequence[Features]


def perceptron() -> Classifier:
    return SparsePerceptron(("no", "yes"), weights=[1, -1, 1, -1], learning_rate=1)


def bayes() -> Classifier:
    return NaiveBayes(("no", "yes"), vocabulary=8, samples=[1, 1], counts=[{0: 1}, {1: 1}])


def centroid() -> Classifier:
    return SparseCentroid(("no", "yes"), [{0: F}, {1: F}], [1, 1])


def dense() -> Classifier:
    return DensePerceptron(("no", "yes"), [1, -1])


KINDS = {
    "perceptron": Kind(perceptron, SPARSE),
    "bayes": Kind(bayes, SPARSE),
    "centroid": Kind(centroid, SPARSE),
    "dense": Kind(dense, DENSE),
}

Mechanism = Callable[[], IncentiveMechanism]


def stakeable(cost_weight: int, shares: str) -> IncentiveMechanism:
    return Stakeable(
        Wei(cost_weight),
        Seconds(REFUND_WAIT),
        Seconds(OWNER_WAIT),
        Seconds(ANY_WAIT),
        shares="deposit" if shares == "deposit" else "count",
    )


def points() -> IncentiveMechanism:
    return Points(Seconds(REFUND_WAIT))


MECHANISMS: dict[str, Mechanism] = {
    "count": partial(stakeable, 1, "count"),
    "deposit": partial(stakeable, 1, "deposit"),
    "huge": partial(stakeable, 10**30, "count"),
    "free": partial(stakeable, 0, "count"),
    "points": points,
}

PAIRS = [
    ("perceptron", "count"),
    ("perceptron", "points"),
    ("bayes", "deposit"),
    ("bayes", "huge"),
    ("centroid", "count"),
    ("centroid", "free"),
    ("dense", "points"),
    ("dense", "deposit"),
]
"""Each classifier and each mechanism, if not all with all."""


def begin(kind: Kind, mechanism: Mechanism) -> LocalTrainer:
    balances = dict.fromkeys(PEOPLE, Wei(10**40))
    return LocalTrainer(kind.make(), mechanism(), owner=OWNER, balances=balances, now=Seconds(1))


def brute_force(trainer: LocalTrainer, claimer: Address, least: int) -> list[Offer]:
    """What the mechanism says about every contribution there ever was."""
    found = []
    for number in range(len(trainer.ledger)):
        claim = trainer.ledger.claim(number, claimer, trainer.owner, trainer.now)
        predict = partial(trainer.classifier.predict, trainer.ledger.features[number])
        try:
            if claimer == claim.author:
                offer = Offer(number, Path.REFUND, trainer.incentive.quote_refund(claim, predict))
            else:
                offer = Offer(number, *trainer.incentive.quote_report(claim, predict))
        except Refused:
            continue
        if offer.amount >= least:
            found.append(offer)
    return found


def assert_complete_and_sound(
    trainer: LocalTrainer, claimers: Sequence[Address] = EVERYBODY, least: Sequence[Wei] = LEAST
) -> None:
    for claimer in claimers:
        for threshold in least:
            assert trainer.claims(claimer, threshold) == brute_force(trainer, claimer, threshold)


Step = tuple[str, int, int, int]

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 4), st.integers(0, 6), st.integers(0, 1)),
        st.tuples(st.just("add"), st.integers(0, 4), st.integers(0, 6), st.integers(0, 1)),
        st.tuples(
            st.just("wait"), st.sampled_from([0, 1, 3, 9, 10, 11, 20, 29, 30, 40, 41]), *[st.just(0)] * 2
        ),
        st.tuples(st.just("claim"), st.integers(0, 5), st.integers(0, 30), st.integers(0, 1)),
        st.tuples(st.just("claim all"), st.integers(0, 5), st.sampled_from([0, 1, 360]), st.just(0)),
        st.tuples(st.just("look"), st.integers(0, 5), st.integers(0, 4), st.just(0)),
        st.tuples(st.just("hand on"), st.integers(0, 4), *[st.just(0)] * 2),
        st.tuples(st.just("add class"), st.integers(0, 6), *[st.just(0)] * 2),
        st.tuples(st.just("go back"), *[st.just(0)] * 3),
    ),
    max_size=60,
)


def take(trainer: LocalTrainer, samples: Sequence[Features], step: Step) -> None:
    """One step of a history; what is refused changes nothing."""
    what, a, b, c = step
    if what == "add":
        trainer.add_data(PEOPLE[a], samples[b], c, Wei(10**35))
    elif what == "wait":
        trainer.advance_to(Seconds(trainer.now + a))
    elif what == "claim" and b < len(trainer.ledger):
        mine = trainer.ledger.author[b] == EVERYBODY[a]
        trainer.claim(EVERYBODY[a], b, Path.REFUND if mine else Path.REPORT)
    elif what == "claim all":
        trainer.claim_all(EVERYBODY[a], Wei(b))
    elif what == "look":
        trainer.claims(EVERYBODY[a], LEAST[b])
    elif what == "hand on":
        trainer.transfer_ownership(trainer.owner, PEOPLE[a])
    elif what == "add class":
        trainer.add_class(trainer.owner, "more", Samples.one(samples[a]))


@pytest.mark.parametrize(("kind", "mechanism"), PAIRS)
@settings(deadline=None, max_examples=25)
@given(steps=STEPS)
def test_claims_are_what_asking_about_everything_finds(kind: str, mechanism: str, steps: list[Step]) -> None:
    trainer = begin(KINDS[kind], MECHANISMS[mechanism])
    kept = trainer.checkpoint()
    for number, step in enumerate(steps):
        if step[0] == "go back":
            now = trainer.now
            trainer.restore(kept)
            kept = trainer.checkpoint()
            trainer.advance_to(max(now, trainer.now))
        else:
            try:
                take(trainer, KINDS[kind].samples, step)
            except Refused:
                continue
        if number % 4 == 3:
            assert_complete_and_sound(trainer, [EVERYBODY[number % 6]], LEAST[:2])
        if number % 16 == 15:
            kept = trainer.checkpoint()
    assert_complete_and_sound(trainer)
    for wait in (REFUND_WAIT, OWNER_WAIT, ANY_WAIT):
        trainer.advance_to(Seconds(trainer.now + wait))
        assert_complete_and_sound(trainer)


@pytest.mark.parametrize(("kind", "mechanism"), PAIRS[::2])
def test_claims_stay_complete_while_hundreds_are_closed_and_forgotten(kind: str, mechanism: str) -> None:
    rng = random.Random(5)
    samples = KINDS[kind].samples
    trainer = begin(KINDS[kind], MECHANISMS[mechanism])
    for round_ in range(6):
        for _ in range(80):
            step = ("add", rng.randrange(5), rng.randrange(7), rng.randrange(2))
            try:
                take(trainer, samples, step)
            except Refused:
                continue
            trainer.advance_to(Seconds(trainer.now + rng.randrange(2)))
        trainer.advance_to(Seconds(trainer.now + rng.choice([5, 12, 32])))
        for _ in range(40):
            for claimer in rng.sample(EVERYBODY, 2):
                offers = trainer.claims(claimer)
                for offer in rng.sample(offers, len(offers) // 2):
                    trainer.claim(claimer, offer.contribution, offer.path)
            trainer.advance_to(Seconds(trainer.now + 1))
            assert_complete_and_sound(trainer, rng.sample(EVERYBODY, 1), [Wei(0)])
        assert_complete_and_sound(trainer)
        if round_ == 3:
            trainer.advance_to(Seconds(trainer.now + ANY_WAIT))
            trainer.claim_all(STRANGER)
    assert len(trainer.ledger) > 300
    assert len(trainer.open) < len(trainer.ledger)


def test_claims_are_complete_for_each_of_hundreds_of_claimers() -> None:
    rng = random.Random(6)
    trainer = begin(KINDS["bayes"], MECHANISMS["count"])
    crowd = [Address(f"0x{number:040x}") for number in range(100, 500)]
    for person in crowd:
        trainer.pay(PEOPLE[0], person, Wei(10**5))
    for person in crowd:
        take_part = SPARSE[rng.randrange(7)]
        trainer.add_data(person, take_part, rng.randrange(2), Wei(10**5))
        trainer.advance_to(Seconds(trainer.now + rng.randrange(1, 3)))
        if rng.random() < 0.3:
            trainer.claim_all(rng.choice(crowd))
    assert_complete_and_sound(trainer, crowd, [Wei(0)])
    trainer.advance_to(Seconds(trainer.now + OWNER_WAIT))
    for person in crowd[:40]:
        trainer.claim_all(person)
    assert_complete_and_sound(trainer, [*crowd, OWNER], [Wei(1)])


@pytest.mark.parametrize("mechanism", ["count", "deposit", "points"])
def test_each_offer_pays_what_it_says_when_it_is_the_first_to_be_taken(mechanism: str) -> None:
    rng = random.Random(7)
    trainer = begin(KINDS["perceptron"], MECHANISMS[mechanism])
    for _ in range(60):
        trainer.advance_to(Seconds(trainer.now + rng.randrange(1, 4)))
        trainer.add_data(rng.choice(PEOPLE), SPARSE[rng.randrange(7)], rng.randrange(2), Wei(10**6))
        if rng.random() < 0.2:
            trainer.claim_all(rng.choice(PEOPLE))
    trainer.advance_to(Seconds(trainer.now + 1))
    kept = trainer.checkpoint()
    taken = 0
    for claimer in EVERYBODY:
        for offer in trainer.claims(claimer):
            before = trainer.balance(claimer)
            assert trainer.claim(claimer, offer.contribution, offer.path) == offer
            assert trainer.balance(claimer) - before == offer.amount
            trainer.restore(kept)
            taken += 1
    assert taken >= 8


def test_nothing_is_offered_before_the_refund_wait_and_everything_after_the_last() -> None:
    trainer = begin(KINDS["perceptron"], MECHANISMS["count"])
    trainer.add_data(PEOPLE[1], SPARSE[1], 1, Wei(10**6))  # 3600 // isqrt(1) = 3600; the model still says 0
    assert trainer.predict(SPARSE[1]) == 0
    trainer.advance_to(Seconds(1 + ANY_WAIT - 1))
    assert trainer.claims(STRANGER) == []
    trainer.advance_to(Seconds(1 + ANY_WAIT))
    assert trainer.claims(STRANGER) == [Offer(0, Path.ANYONE, Wei(3_600))]
    assert trainer.claims(PEOPLE[1]) == []


def test_a_changed_model_changes_the_offers() -> None:
    trainer = begin(KINDS["perceptron"], MECHANISMS["count"])
    trainer.add_data(PEOPLE[1], SPARSE[0], 1, Wei(10**6))
    trainer.advance_to(Seconds(1 + REFUND_WAIT))
    assert [offer.path for offer in trainer.claims(PEOPLE[1])] == [Path.REFUND]
    trainer.add_data(PEOPLE[2], SPARSE[0], 0, Wei(10**6))  # the weight of feature 0 goes from 1 to 0: class 0
    assert trainer.claims(PEOPLE[1]) == []
    trainer.advance_to(Seconds(2 + REFUND_WAIT))
    assert trainer.claims(PEOPLE[1]) == []
    trainer.add_data(PEOPLE[2], SPARSE[0], 1, Wei(10**6))
    trainer.advance_to(Seconds(3 + REFUND_WAIT))
    assert [offer.path for offer in trainer.claims(PEOPLE[1])] == [Path.REFUND]


class TestClaimAll:
    """Many claims at once are the same claims one by one."""

    @pytest.mark.parametrize("mechanism", MECHANISMS)
    @pytest.mark.parametrize("seed", range(3))
    def test_pays_what_the_same_claims_pay_one_by_one(self, mechanism: str, seed: int) -> None:
        trainer = self.history(mechanism, seed)
        kept = trainer.checkpoint()
        for claimer in EVERYBODY:
            made = trainer.claim_all(claimer)
            balances = {person: trainer.balance(person) for person in EVERYBODY}
            trainer.restore(kept)
            assert [trainer.claim(claimer, number, path) for number, path, _ in made] == made
            assert {person: trainer.balance(person) for person in EVERYBODY} == balances
            trainer.restore(kept)

    @pytest.mark.parametrize("mechanism", MECHANISMS)
    @pytest.mark.parametrize("seed", range(3))
    def test_takes_first_what_was_on_offer_and_then_what_its_refunds_made_possible(
        self, mechanism: str, seed: int
    ) -> None:
        trainer = self.history(mechanism, seed)
        for claimer in EVERYBODY:
            offered = [offer.contribution for offer in trainer.claims(claimer)]
            made = trainer.claim_all(claimer)
            assert [offer.contribution for offer in made[: len(offered)]] == offered
            assert {offer.path for offer in made[len(offered) :]} <= {Path.REPORT}
            assert len({offer.contribution for offer in made}) == len(made)

    @pytest.mark.parametrize("mechanism", MECHANISMS)
    def test_leaves_nothing_when_repeated(self, mechanism: str) -> None:
        trainer = self.history(mechanism, 1)
        for claimer in EVERYBODY:
            while trainer.claim_all(claimer):
                pass
            assert brute_force(trainer, claimer, 0) == []

    def test_makes_no_claim_below_the_least(self) -> None:
        trainer = self.history("count", 2)
        offered, made = [], []
        for claimer in EVERYBODY:
            offered += trainer.claims(claimer)
            made += trainer.claim_all(claimer, Wei(1_000))
        assert any(offer.amount < 1_000 for offer in offered)
        assert made
        assert all(offer.amount >= 1_000 for offer in made)

    def test_makes_only_what_is_wanted(self) -> None:
        trainer = self.history("count", 2)
        asked: list[Offer] = []

        def wanted(offer: Offer) -> bool:
            asked.append(offer)
            return offer.contribution % 2 == 0

        before = trainer.claims(PEOPLE[1])
        made = trainer.claim_all(PEOPLE[1], wanted=wanted)
        assert made == [offer for offer in asked if offer.contribution % 2 == 0]
        assert {offer.contribution for offer in asked} >= {offer.contribution for offer in before}
        assert made
        assert any(offer.contribution % 2 for offer in asked)

    def test_makes_the_reports_that_its_own_refund_makes_possible(self) -> None:
        trainer = begin(KINDS["perceptron"], MECHANISMS["count"])
        ada, eve = PEOPLE[1], PEOPLE[2]
        trainer.add_data(ada, SPARSE[0], 1, Wei(10**6))
        trainer.add_data(eve, SPARSE[1], 1, Wei(10**6))
        trainer.advance_to(Seconds(1 + REFUND_WAIT))
        # her refund is her first valid contribution, of 1: then all of Eve's deposit is hers
        assert [offer.path for offer in trainer.claim_all(ada)] == [Path.REFUND, Path.REPORT]

    @staticmethod
    def history(mechanism: str, seed: int) -> LocalTrainer:
        """Contributions of all ages, of which some were claimed."""
        rng = random.Random(seed)
        trainer = begin(KINDS["bayes"], MECHANISMS[mechanism])
        for _ in range(80):
            trainer.advance_to(Seconds(trainer.now + 1))
            trainer.add_data(rng.choice(PEOPLE), SPARSE[rng.randrange(7)], rng.randrange(2), Wei(10**35))
            if rng.random() < 0.2:
                trainer.advance_to(Seconds(trainer.now + 1)).claim_all(rng.choice(PEOPLE))
        return trainer.advance_to(Seconds(trainer.now + 7))
