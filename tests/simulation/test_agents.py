"""What agents do at their turn (``docs/mechanism.md#simulated-contributors``)."""

from collections import Counter
from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
import pytest

from decai.classifier import SparsePerceptron
from decai.incentive import Points
from decai.samples import Features
from decai.simulation.agents import KINDS, Agent, Caller, Honest, Malicious, Owner
from decai.simulation.draws import Draws, generator
from decai.simulation.scenario import AgentSpec
from decai.simulation.view import ReadOnlyTrainer, View
from decai.trainer import LocalTrainer
from decai.units import Address, Wei

TURNS = 10_000
SAMPLE: Features = np.array([0], dtype=np.int32)


class Stubborn(Agent):
    """Always says the first class."""

    __slots__ = ()

    def choose_label(self, view: View, features: Features, label: int) -> int:
        """The first class."""
        return 0


def view(classes: int = 2, estimate: float = 0.5) -> View:
    trainer = LocalTrainer(SparsePerceptron(("no", "yes")), Points())
    return View(ReadOnlyTrainer(trainer), classes, estimate, Wei(0))


def agent(kind: type[Agent], **settings: Any) -> Agent:
    spec = AgentSpec.model_validate({"kind": "honest", "wait_mean": 600, **settings})
    return kind("ada", Address("0xada"), spec, Draws(7, "ada"))


def near(count: int, turns: int, probability: float) -> bool:
    """Within four standard deviations of what is expected."""
    return abs(count - turns * probability) <= 4 * sqrt(turns * probability * (1 - probability))


class TestHonest:
    """Says what is true, but for mistakes, as long as the model seems good."""

    @pytest.mark.parametrize("label", range(4))
    def test_says_the_true_class(self, label: int) -> None:
        honest, seen = agent(Honest), view(4)
        assert {honest.choose_label(seen, SAMPLE, label) for _ in range(100)} == {label}

    @pytest.mark.parametrize("mistake", [0.01, 0.1, 0.5])
    def test_errs_with_its_probability(self, mistake: float) -> None:
        honest, seen = agent(Honest, mistake=mistake), view()
        wrong = sum(honest.choose_label(seen, SAMPLE, 1) != 1 for _ in range(TURNS))
        assert near(wrong, TURNS, mistake)

    def test_always_errs_at_probability_1(self) -> None:
        honest, seen = agent(Honest, mistake=1), view()
        assert {honest.choose_label(seen, SAMPLE, 1) for _ in range(100)} == {0}

    def test_errs_towards_every_other_class_alike(self) -> None:
        honest, seen = agent(Honest, mistake=1), view(5)
        said = Counter(honest.choose_label(seen, SAMPLE, 2) for _ in range(TURNS))
        assert set(said) == {0, 1, 3, 4}
        assert all(near(count, TURNS, 1 / 4) for count in said.values())

    @pytest.mark.parametrize("estimate", [0.0, 0.3, 0.5, 0.8])
    def test_contributes_with_the_accuracy_it_sees_plus_15_points(self, estimate: float) -> None:
        honest, seen = agent(Honest), view(estimate=estimate)
        willing = sum(honest.wants_to_contribute(seen) for _ in range(TURNS))
        assert near(willing, TURNS, estimate + 0.15)

    @pytest.mark.parametrize("estimate", [0.851, 0.9, 1.0])
    def test_always_contributes_to_a_model_that_seems_good(self, estimate: float) -> None:
        honest, seen = agent(Honest), view(estimate=estimate)
        assert all(honest.wants_to_contribute(seen) for _ in range(TURNS))


class TestMalicious:
    """Always says another class than the true one."""

    @pytest.mark.parametrize("label", [0, 1])
    def test_says_the_other_of_two_classes(self, label: int) -> None:
        malicious, seen = agent(Malicious), view()
        assert {malicious.choose_label(seen, SAMPLE, label) for _ in range(100)} == {1 - label}

    @pytest.mark.parametrize("label", range(4))
    def test_says_each_of_the_other_classes_alike_and_never_the_true_one(self, label: int) -> None:
        malicious, seen = agent(Malicious), view(4)
        said = Counter(malicious.choose_label(seen, SAMPLE, label) for _ in range(TURNS))
        assert set(said) == set(range(4)) - {label}
        assert all(near(count, TURNS, 1 / 3) for count in said.values())

    @pytest.mark.parametrize("estimate", [0.0, 1.0])
    def test_contributes_whatever_it_sees(self, estimate: float) -> None:
        malicious, seen = agent(Malicious), view(estimate=estimate)
        assert all(malicious.wants_to_contribute(seen) for _ in range(100))


class TestTurns:
    """When an agent wakes, and what it will pay."""

    def test_waits_and_deposits_are_drawn_as_the_scenario_says(self) -> None:
        honest = agent(
            Honest,
            wait_mean="10 min",
            wait_stdev="2 min",
            deposit_mean="0.05 ether",
            deposit_stdev="0.01 ether",
        )
        draws = Draws(7, "ada")
        assert [honest.next_wait() for _ in range(50)] == [draws.wait(600, 120) for _ in range(50)]
        expected = [draws.deposit(5 * 10**16, 10**16) for _ in range(50)]
        assert [honest.next_deposit() for _ in range(50)] == expected

    def test_decisions_do_not_shift_waits_or_deposits(self) -> None:
        calm, busy = agent(Honest, wait_stdev=50), agent(Honest, wait_stdev=50, mistake=0.5)
        seen = view(5)
        for _ in range(100):
            busy.wants_to_contribute(seen)
            busy.choose_label(seen, SAMPLE, 1)
            assert busy.next_wait() == calm.next_wait()
            assert busy.next_deposit() == calm.next_deposit()

    def test_an_agent_that_makes_no_mistakes_draws_nothing_for_its_labels(self) -> None:
        honest, seen = agent(Honest), view(5)
        for _ in range(100):
            honest.choose_label(seen, SAMPLE, 1)
        assert honest.draws.chance() == generator(7, "ada", "chance").random()


class TestKinds:
    """From the scenario's words to a class."""

    def test_each_kind_has_its_class(self) -> None:
        assert {"honest": Honest, "malicious": Malicious, "owner": Owner, "caller": Caller} == KINDS

    @pytest.mark.parametrize(
        ("kind", "contributes", "claims", "pays"),
        [
            (Honest, True, True, False),
            (Malicious, True, True, False),
            (Owner, False, True, False),
            (Caller, False, False, True),
            (Stubborn, True, True, False),
        ],
    )
    def test_kinds_do_what_they_are_for(
        self, kind: type[Agent], contributes: bool, claims: bool, pays: bool
    ) -> None:
        assert (kind.contributes, kind.claims, kind.pays) == (contributes, claims, pays)

    def test_an_agent_of_ones_own_has_defaults_for_the_rest(self) -> None:
        stubborn, seen = agent(Stubborn), view(4)
        assert stubborn.wants_to_contribute(seen)
        assert stubborn.choose_label(seen, SAMPLE, 3) == 0
        assert stubborn.next_wait() == 600


@pytest.mark.parametrize("choose", [Honest.wrong, Malicious.wrong])
def test_another_class_of_two_takes_no_draw(choose: Callable[..., int]) -> None:
    someone = agent(Malicious)
    assert [choose(someone, view(), label) for label in (0, 1)] == [1, 0]
    assert someone.draws.chance() == generator(7, "ada", "chance").random()
