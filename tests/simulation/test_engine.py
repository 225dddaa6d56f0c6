"""The event loop, held to ``docs/mechanism.md#simulated-contributors`` and the rules that it plays by."""

import gc
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from math import sqrt
from typing import Any, ClassVar

import numpy as np
import pytest

from decai import dataset
from decai.dataset import Dataset
from decai.errors import Refused, ScenarioError
from decai.protocols import Offer, Path
from decai.samples import Features
from decai.simulation.agents import Agent, Malicious
from decai.simulation.draws import Draws, generator
from decai.simulation.engine import Simulation, address_of
from decai.simulation.record import Record
from decai.simulation.scenario import Scenario, load
from decai.simulation.view import View
from decai.units import DAY, ETHER, Address, Seconds, Wei

TRAIN, INITIAL, TEST = 300, 24, 100
"""Samples of the data set ``tiny``; 8% of its training part are initial by default."""
HOUR = 3_600


class Diary(Agent):
    """Always contributes the truth, and writes down what it draws and sees."""

    pages: ClassVar[dict[tuple[str, str], list[Any]]] = {}
    __slots__ = ()

    def note(self, topic: str, value: Any) -> None:
        """Write it down."""
        self.pages.setdefault((self.name, topic), []).append(value)

    def next_wait(self) -> Seconds:
        """As drawn."""
        wait = super().next_wait()
        self.note("wait", wait)
        return wait

    def next_deposit(self) -> Wei:
        """As drawn."""
        deposit = super().next_deposit()
        self.note("deposit", deposit)
        return deposit

    def wants_to_contribute(self, view: View) -> bool:
        """Always."""
        self.note("seen", (view.trainer.now, view.estimate, view.cost))
        return True

    def choose_label(self, view: View, features: Features, label: int) -> int:
        """The truth, and a chance drawn for nothing."""
        self.note("chance", self.draws.chance())
        return label


class Picky(Malicious):
    """Claims nothing but what has an even number."""

    __slots__ = ()

    def wants_claim(self, view: View, offer: Offer) -> bool:
        """If its number is even."""
        return offer.contribution % 2 == 0


class Watcher(Agent):
    """Only claims."""

    contributes = False
    __slots__ = ()


DIARY = {"kind": "custom", "strategy": f"{__name__}:Diary"}
OWNER = {"kind": "owner", "wait_mean": "3 days", "wait_stdev": "6 h"}


def honest(**settings: Any) -> dict[str, Any]:
    """Ten ethers, an hour between its turns."""
    return {
        "kind": "honest",
        "balance": "10 ether",
        "deposit_mean": "0.2 ether",
        "deposit_stdev": "0.02 ether",
        "wait_mean": "1 h",
        "wait_stdev": "10 min",
        **settings,
    }


def malicious(**settings: Any) -> dict[str, Any]:
    """Two ethers, three hours between its turns."""
    return honest(kind="malicious", balance="2 ether", wait_mean="3 h", wait_stdev="20 min", **settings)


def scenario(agents: dict[str, dict[str, Any]], **settings: Any) -> Scenario:
    """On the data set tiny; a deposit is 0.0005 ether an hour after the last contribution."""
    merged: dict[str, Any] = {
        "data": {"dataset": "tiny", **settings.pop("data", {})},
        "model": {"classifier": "sparse-perceptron", "learning_rate": 0.05, **settings.pop("model", {})},
        "incentive": {"cost_weight": "0.000008 ether", **settings.pop("incentive", {})},
        "agents": agents,
        **settings,
    }
    return Scenario.model_validate(merged)


def classic(**settings: Any) -> Scenario:
    """An honest one, a malicious one, and an owner."""
    return scenario({"good": honest(), "bad": malicious(), "owner": OWNER}, **settings)


POINTS = {"mechanism": "points"}


@pytest.fixture(scope="module")
def tiny() -> Dataset:
    return dataset.load("tiny")


@pytest.fixture(autouse=True)
def _blank_diary() -> None:
    Diary.pages.clear()


Run = Callable[..., Simulation]


@pytest.fixture
def run(tiny: Dataset) -> Run:
    """Simulate to the end."""

    def simulate(what: Scenario, seed: int = 1, data: Dataset = tiny) -> Simulation:
        simulation = Simulation(what, data, seed)
        simulation.run()
        return simulation

    return simulate


def columns(record: Record) -> list[list[int]]:
    """All but the series, which is taken as often as one likes."""
    names = [name for name in Record.__dataclass_fields__ if name.startswith(("contribution", "claim"))]
    return [getattr(record, name) for name in names]


def claimable(simulation: Simulation, address: Address, least: int = 0) -> list[int]:
    """By asking the mechanism about every contribution."""
    trainer, found = simulation.trainer, []
    for number in range(len(trainer.ledger)):
        claim = trainer.ledger.claim(number, address, trainer.owner, trainer.now)
        opinion = partial(trainer.classifier.predict, trainer.ledger.features[number])
        try:
            if address == claim.author:
                amount = trainer.incentive.quote_refund(claim, opinion)
            else:
                amount = trainer.incentive.quote_report(claim, opinion)[1]
        except Refused:
            continue
        if amount >= least:
            found.append(number)
    return found


def of_agent(record: Record, index: int) -> list[int]:
    """When it contributed."""
    pairs = zip(record.contribution_time, record.contribution_agent, strict=True)
    return [time for time, agent in pairs if agent == index]


def common(first: Sequence[Any], second: Sequence[Any]) -> int:
    """How much of the two can be compared."""
    length = min(len(first), len(second))
    assert length >= 50
    return length


class TestStreams:
    """Nobody's draws depend on anybody or anything else."""

    TOPICS = ("wait", "deposit", "chance")

    def pages(self, run: Run, agents: dict[str, dict[str, Any]], **settings: Any) -> dict[Any, list[Any]]:
        Diary.pages.clear()
        run(scenario(agents, **settings))
        return dict(Diary.pages)

    def test_another_agent_changes_nobodys_draws(self, run: Run) -> None:
        a, b = honest(**DIARY), honest(**DIARY, wait_mean="50 min")
        two = self.pages(run, {"a": a, "b": b})
        for more in ({"c": honest(), "a": a, "b": b}, {"a": a, "b": b, "c": malicious(), "owner": OWNER}):
            three = self.pages(run, more)
            for key in [(name, topic) for name in "ab" for topic in self.TOPICS]:
                length = common(two[key], three[key])
                assert two[key][:length] == three[key][:length]

    def test_agents_draw_the_same_in_whatever_order_they_are_listed(self, run: Run) -> None:
        a, b = honest(**DIARY), honest(**DIARY, wait_mean="50 min")
        one, other = self.pages(run, {"a": a, "b": b}), self.pages(run, {"b": b, "a": a})
        for key in [(name, topic) for name in "ab" for topic in self.TOPICS]:
            length = common(one[key], other[key])
            assert one[key][:length] == other[key][:length]

    def test_draws_follow_from_seed_and_name_alone(self, run: Run) -> None:
        pages = self.pages(run, {"a": honest(**DIARY), "b": malicious()})
        draws = Draws(1, "a")
        assert pages["a", "wait"] == [draws.wait(HOUR, 600) for _ in pages["a", "wait"]]
        deposits = pages["a", "deposit"]
        assert deposits == [draws.deposit(2 * 10**17, 2 * 10**16) for _ in deposits]

    @pytest.mark.parametrize("often", ["1 min", "7 h", "1000 days"])
    def test_measuring_more_or_less_often_changes_nothing_that_happens(self, run: Run, often: str) -> None:
        usual, other = run(classic()), run(classic(evaluate_every=often))
        assert columns(usual.record) == columns(other.record)
        assert usual.money == other.money
        assert usual.trainer.now == other.trainer.now

    def test_asking_for_progress_changes_nothing_that_happens(self, run: Run, tiny: Dataset) -> None:
        usual, watched = run(classic()), Simulation(classic(), tiny, 1)
        watched.run(lambda done, most: None)
        assert watched.record == usual.record

    def test_another_agent_changes_no_turn_of_one_that_cannot_be_influenced(self, run: Run) -> None:
        # no cost, and it contributes whatever it sees: then its turns are all its own
        free = {"incentive": POINTS}
        alone = run(scenario({"a": malicious()}, **free)).record
        beside = run(scenario({"b": honest(), "a": malicious(), "c": honest()}, **free)).record
        first, second = of_agent(alone, 0), of_agent(beside, 1)
        length = min(len(first), len(second))
        assert length > 30
        assert first[:length] == second[:length]

    def test_the_data_come_in_an_order_drawn_once_for_a_seed(self, run: Run) -> None:
        order = generator(1, "data order").permutation(TRAIN)[INITIAL:].tolist()
        for agents in ({"a": honest()}, {"a": honest(), "b": malicious(), "c": honest(wait_mean="2 h")}):
            rows = run(scenario(agents)).record.contribution_row
            assert rows == order[: len(rows)]
            assert len(rows) > 200


class TestRepetition:
    """The same seed, the same run."""

    def test_the_same_seed_gives_the_same_record(self, run: Run) -> None:
        assert run(classic()).record == run(classic()).record

    def test_another_seed_gives_another_record(self, run: Run) -> None:
        one, other = run(classic(), seed=1).record, run(classic(), seed=2).record
        assert one.contribution_time != other.contribution_time
        assert one.contribution_row != other.contribution_row

    def test_a_seed_must_not_be_negative(self, tiny: Dataset) -> None:
        with pytest.raises(ScenarioError, match=r"^the seed must not be negative, and -1 is$"):
            Simulation(classic(), tiny, -1)


class TestOrder:
    """Who comes first."""

    TWINS = honest(kind="malicious", wait_mean="10 min", wait_stdev=0)

    @pytest.mark.parametrize("names", [("a", "b", "c"), ("c", "a", "b"), ("b", "c", "a")])
    def test_turns_of_the_same_second_follow_the_scenario(self, run: Run, names: tuple[str, ...]) -> None:
        what = scenario(dict.fromkeys(names, self.TWINS), incentive=POINTS, data={"contributions": 60})
        record = run(what).record
        assert record.contribution_time == [600 * (1 + number // 3) for number in range(60)]
        assert record.contribution_agent == [number % 3 for number in range(60)]

    def test_rare_turns_meet_frequent_ones_in_the_order_of_the_scenario(self, run: Run) -> None:
        slow = {**self.TWINS, "wait_mean": "30 min"}
        what = scenario({"slow": slow, "fast": self.TWINS}, incentive=POINTS, data={"contributions": 8})
        record = run(what).record
        # 600 fast, 1200 fast, 1800 slow and fast, 2400 fast, 3000 fast, 3600 slow and fast
        assert record.contribution_agent == [1, 1, 0, 1, 1, 1, 0, 1]
        assert record.contribution_time == [600, 1200, 1800, 1800, 2400, 3000, 3600, 3600]

    def test_alike_agents_have_turns_in_the_order_of_their_numbers(self, run: Run) -> None:
        what = scenario({"twin": {**self.TWINS, "count": 3}}, incentive=POINTS, data={"contributions": 9})
        assert run(what).record.contribution_agent == [0, 1, 2] * 3

    def test_time_never_goes_back(self, run: Run) -> None:
        record = run(classic()).record
        for times in (record.contribution_time, record.claim_time, record.series_time):
            assert times == sorted(times)

    def test_an_agent_claims_before_it_contributes(self, run: Run) -> None:
        # else its own contribution in the same second would forbid every claim that asks the model
        record = run(scenario({"a": honest(wait_stdev=0)})).record
        assert set(record.claim_time) & set(record.contribution_time)


class TestView:
    """What agents see, and when."""

    def test_the_estimate_is_refreshed_at_its_own_interval(self, run: Run) -> None:
        what = scenario({"a": honest(**DIARY)}, estimate_every="5 h", evaluate_every="5 h")
        record = run(what).record
        measured = dict(zip(record.series_time, record.series_correct, strict=True))
        seen = Diary.pages["a", "seen"]
        assert len(seen) > 200
        for now, estimate, _ in seen:
            refreshed = now // (5 * HOUR) * (5 * HOUR)
            assert estimate == measured[refreshed] / TEST
        assert len({estimate for _, estimate, _ in seen}) > 3

    @pytest.mark.parametrize("often", ["1 min", "3 days"])
    def test_the_estimate_does_not_follow_the_record(self, run: Run, often: str) -> None:
        agents = {"a": honest(**DIARY), "b": malicious()}
        run(scenario(agents, estimate_every="5 h"))
        usual = list(Diary.pages["a", "seen"])
        Diary.pages.clear()
        run(scenario(agents, estimate_every="5 h", evaluate_every=often))
        assert Diary.pages["a", "seen"] == usual

    def test_the_first_estimate_is_of_the_initial_model(self, run: Run) -> None:
        simulation = run(scenario({"a": honest(**DIARY)}, estimate_every="1000 days"))
        estimates = {estimate for _, estimate, _ in Diary.pages["a", "seen"]}
        assert estimates == {simulation.record.series_correct[0] / TEST}

    def test_the_cost_is_that_of_the_moment(self, run: Run) -> None:
        record = run(scenario({"a": honest(**DIARY)})).record
        costs = {now: cost for now, _, cost in Diary.pages["a", "seen"]}
        assert len(record.contribution_time) == TRAIN - INITIAL
        for now, cost in zip(record.contribution_time, record.contribution_cost, strict=True):
            assert costs[now] == cost

    def test_a_contribution_costs_by_the_time_since_the_last(self, run: Run) -> None:
        record, last = run(classic()).record, 0
        for now, cost in zip(record.contribution_time, record.contribution_cost, strict=True):
            root = int(sqrt(max(1, now - last)))
            assert root * root <= max(1, now - last) < (root + 1) ** 2
            assert cost == 8 * 10**12 * 3_600 // root
            last = now


class TestLabels:
    """What is said of the data."""

    def said(self, simulation: Simulation, index: int) -> list[tuple[int, int]]:
        """Of one agent's contributions, the true label and the one it gave."""
        record, truth = simulation.record, simulation.dataset.train.labels
        rows = zip(record.contribution_agent, record.contribution_row, record.contribution_label, strict=True)
        return [(int(truth[row]), label) for agent, row, label in rows if agent == index]

    def test_honest_agents_say_the_truth_and_malicious_ones_the_opposite(self, run: Run) -> None:
        simulation = run(classic())
        good, bad = self.said(simulation, 0), self.said(simulation, 1)
        assert len(good) > 100
        assert len(bad) > 30
        assert all(label == true for true, label in good)
        assert all(label == 1 - true for true, label in bad)

    @pytest.mark.parametrize("mistake", [0.1, 0.3])
    def test_mistakes_come_with_their_probability(self, run: Run, mistake: float) -> None:
        said = [pair for seed in (1, 2, 3) for pair in self.mistaken(run, mistake, seed)]
        wrong = sum(true != label for true, label in said)
        assert len(said) == 3 * (TRAIN - INITIAL)
        # four standard deviations of a binomial
        assert abs(wrong - mistake * len(said)) <= 4 * sqrt(len(said) * mistake * (1 - mistake))

    def mistaken(self, run: Run, mistake: float, seed: int) -> list[tuple[int, int]]:
        return self.said(run(scenario({"a": honest(mistake=mistake)}, incentive=POINTS), seed), 0)

    def test_of_three_classes_malicious_agents_say_either_of_the_others(self, run: Run) -> None:
        what = scenario(
            {"bad": malicious()},
            incentive=POINTS,
            data={"dataset": "tiny-dense"},
            model={"classifier": "dense-centroid"},
        )
        pairs = Counter(self.said(run(what, data=dataset.load("tiny-dense")), 0))
        assert set(pairs) == {(true, label) for true in range(3) for label in range(3) if true != label}


class TestMoney:
    """Whole wei, none created, none lost."""

    @pytest.mark.parametrize("seed", range(3))
    def test_is_conserved_at_every_measurement(self, run: Run, seed: int) -> None:
        record = run(classic(evaluate_every="1 h"), seed).record
        total = 12 * ETHER
        assert len(record.series_time) > 200
        for held, balances in zip(record.series_held, record.series_balances, strict=True):
            assert held + sum(balances) == total
            assert min(held, *balances) >= 0
            assert all(isinstance(amount, int) for amount in balances)

    def test_ends_where_the_record_says(self, run: Run) -> None:
        simulation = run(classic())
        record, money = simulation.record, {0: 10 * ETHER, 1: 2 * ETHER, 2: 0}
        for agent, cost in zip(record.contribution_agent, record.contribution_cost, strict=True):
            money[agent] -= cost
        for agent, amount in zip(record.claim_agent, record.claim_amount, strict=True):
            money[agent] += amount
        assert simulation.money == list(money.values()) == record.series_balances[-1]
        assert [simulation.trainer.balance(agent.address) for agent in simulation.agents] == simulation.money

    def test_the_record_can_be_played_again_by_hand(self, run: Run, tiny: Dataset) -> None:
        simulation = run(classic())
        record, again = simulation.record, Simulation(classic(), tiny, 1).trainer
        agents, author = [agent.address for agent in simulation.agents], record.contribution_agent
        # at one second in the order of the scenario, each agent's claims first
        claims = [
            (time, agent, 0, position)
            for position, (time, agent) in enumerate(zip(record.claim_time, record.claim_agent, strict=True))
        ]
        additions = [
            (time, agent, 1, position)
            for position, (time, agent) in enumerate(zip(record.contribution_time, author, strict=True))
        ]
        for time, agent, kind, position in sorted(claims + additions):
            again.advance_to(Seconds(time))
            if kind == 1:
                features = tiny.train.samples[record.contribution_row[position]]
                label, cost = record.contribution_label[position], record.contribution_cost[position]
                receipt = again.add_data(agents[agent], features, label, again.balance(agents[agent]))
                assert receipt == (position, cost)
                continue
            number = record.claim_contribution[position]
            features = tiny.train.samples[record.contribution_row[number]]
            key = (features, record.contribution_label[number], Seconds(record.contribution_time[number]))
            path, amount = record.claim_path[position], record.claim_amount[position]
            if author[number] == agent:
                assert (Path.REFUND, again.refund(agents[agent], *key)) == (path, amount)
            else:
                assert again.report(agents[agent], *key, agents[author[number]]) == (path, amount)
        assert [again.balance(address) for address in agents] == simulation.money

    def test_of_alike_agents_is_counted_together(self, run: Run) -> None:
        simulation = run(scenario({"crowd": honest(count=4), "bad": malicious()}))
        assert simulation.start_money == [40 * ETHER, 2 * ETHER]
        crowd = simulation.agents[:4]
        assert [agent.name for agent in crowd] == ["crowd-1", "crowd-2", "crowd-3", "crowd-4"]
        assert len({agent.address for agent in crowd}) == 4
        assert simulation.money[0] == sum(simulation.trainer.balance(agent.address) for agent in crowd)

    def test_spent_to_the_last_keeps_its_claims(self, run: Run) -> None:
        # one contribution after an hour costs 8 * 10^12 * 3600 // 60 = 48 * 10^13, all that there is
        poor = honest(kind="custom", strategy=f"{__name__}:Diary", balance=48 * 10**13, wait_stdev=0)
        simulation = run(scenario({"poor": poor, "rich": honest(wait_mean="2 h")}))
        record = simulation.record
        assert of_agent(record, 0)[0] == HOUR
        series = dict(zip(record.series_time, record.series_balances, strict=True))
        assert series[DAY][0] == 0
        assert (Path.REFUND, 0) in set(zip(record.claim_path, record.claim_contribution, strict=True))
        assert simulation.money[0] >= 48 * 10**13

    def test_a_cost_above_the_deposit_or_the_balance_is_not_paid(self, run: Run) -> None:
        what = scenario({"stingy": honest(deposit_mean=1, deposit_stdev=0), "a": honest(wait_mean="2 h")})
        assert set(run(what).record.contribution_agent) == {1}
        # 50 contributions, so that it ends before anybody may take what is left
        poor = {"poor": honest(balance=1), "a": honest(wait_mean="2 h")}
        what = scenario(poor, data={"contributions": 50})
        assert set(run(what).record.contribution_agent) == {1}


class TestClaims:
    """Everything is claimed that is worth it, in the end by somebody."""

    @pytest.mark.parametrize("seed", range(1, 4))
    def test_every_path_occurs_in_the_small_reference_scenario(self, run: Run, seed: int) -> None:
        assert set(run(load("tiny"), seed).record.claim_path) == set(Path)

    @pytest.mark.parametrize(
        ("path", "wait"),
        [(Path.REFUND, DAY), (Path.REPORT, DAY), (Path.OWNER, 8 * DAY), (Path.ANYONE, 9 * DAY)],
    )
    def test_no_path_is_taken_before_its_wait(self, run: Run, path: Path, wait: int) -> None:
        record = run(load("tiny")).record
        ages = [
            time - record.contribution_time[number]
            for time, number, taken in zip(
                record.claim_time, record.claim_contribution, record.claim_path, strict=True
            )
            if taken == path
        ]
        assert ages
        assert min(ages) >= wait

    def test_every_path_is_taken_by_those_who_may(self, run: Run) -> None:
        record = run(load("tiny")).record
        for agent, number, path in zip(
            record.claim_agent, record.claim_contribution, record.claim_path, strict=True
        ):
            assert (record.contribution_agent[number] == agent) == (path == Path.REFUND)
            assert path != Path.OWNER or record.agents[agent] == "owner"

    @pytest.mark.parametrize("seed", range(1, 4))
    @pytest.mark.parametrize("what", [load("tiny"), classic(), classic(incentive=POINTS)])
    def test_nothing_is_claimable_by_anyone_after_the_end(self, run: Run, what: Scenario, seed: int) -> None:
        simulation = run(what, seed)
        for agent in simulation.agents:
            assert claimable(simulation, agent.address) == []

    def test_nothing_becomes_claimable_later(self, run: Run) -> None:
        simulation = run(classic())
        simulation.trainer.advance_to(Seconds(simulation.trainer.now + 10**9))
        for agent in simulation.agents:
            assert claimable(simulation, agent.address) == []
        assert simulation.trainer.held == 0

    def test_the_run_waits_for_claims_that_nobody_can_make_yet(self, run: Run) -> None:
        # ten contributions in half a day, and nothing to claim for the rest of it
        what = scenario({"good": honest(), "bad": malicious()}, data={"contributions": 10})
        simulation = run(what)
        simulation.trainer.advance_to(Seconds(simulation.trainer.now + 10**9))
        assert simulation.trainer.held == 0
        assert [claimable(simulation, agent.address) for agent in simulation.agents] == [[], []]

    def test_nothing_is_claimable_after_the_end_if_nothing_has_to_wait(self, run: Run) -> None:
        free = {**POINTS, "refund_wait": 0}
        simulation = run(scenario({"a": malicious()}, incentive=free, data={"contributions": 40}))
        simulation.trainer.advance_to(Seconds(simulation.trainer.now + 1))
        assert claimable(simulation, simulation.agents[0].address) == []

    def test_of_no_more_than_the_threshold_are_not_made(self, run: Run) -> None:
        above = 5 * 10**14
        agents = {"good": honest(claim_above=above), "bad": malicious(), "owner": OWNER}
        simulation = run(scenario(agents))
        record = simulation.record
        amounts = {
            name: [
                amount
                for agent, amount in zip(record.claim_agent, record.claim_amount, strict=True)
                if record.agents[agent] == name
            ]
            for name in agents
        }
        assert min(amounts["good"]) > above
        assert min(amounts["owner"]) <= above
        assert claimable(simulation, simulation.agents[0].address, above + 1) == []

    def test_that_pay_nothing_are_made_without_a_threshold_only(self, run: Run) -> None:
        # AgentSpec.claim_above: "with 0, those that pay nothing and only count are made too"
        assert run(scenario({"a": honest(claim_above=0)}, incentive=POINTS)).record.claim_path
        assert not run(scenario({"a": honest(claim_above=1)}, incentive=POINTS)).record.claim_path

    @pytest.mark.parametrize(("above", "made"), [(48 * 10**13, False), (48 * 10**13 - 1, True)])
    def test_of_exactly_the_threshold_are_not_made(self, run: Run, above: int, made: bool) -> None:
        # one contribution an hour: each deposit is 8 * 10^12 * 3600 // 60 = 48 * 10^13
        record = run(scenario({"a": honest(**DIARY, wait_stdev=0, claim_above=above)})).record
        assert set(record.contribution_cost) == {48 * 10**13}
        assert bool(record.claim_path) is made

    def test_are_made_at_the_claimers_own_turns(self, run: Run) -> None:
        record = run(
            scenario({"a": honest(kind="malicious", wait_stdev=0), "b": honest(wait_stdev=0)})
        ).record
        assert record.claim_time
        assert all(time % HOUR == 0 for time in record.claim_time)

    def test_are_refused_by_an_agent_that_does_not_want_them(self, run: Run) -> None:
        picky = malicious()
        picky.update(kind="custom", strategy=f"{__name__}:Picky")
        record = run(scenario({"good": honest(), "picky": picky, "owner": OWNER})).record
        claims = list(zip(record.claim_agent, record.claim_contribution, strict=True))
        assert any(number % 2 for agent, number in claims if agent == 0)
        assert [number for agent, number in claims if agent == 1]
        assert all(number % 2 == 0 for agent, number in claims if agent == 1)

    def test_may_be_all_that_an_agent_does(self, run: Run) -> None:
        watcher = {"kind": "custom", "strategy": f"{__name__}:Watcher", "wait_mean": "1 day"}
        simulation = run(scenario({"bad": malicious(), "watcher": watcher}))
        paths = {
            path
            for agent, path in zip(simulation.record.claim_agent, simulation.record.claim_path, strict=True)
            if agent == 1
        }
        assert paths == {Path.ANYONE}
        assert 1 not in simulation.record.contribution_agent


class TestPaidPredictions:
    """A fee is shared by valid contributions, rounded down; the rest stays (rule by hand)."""

    FEE = 1_000_003

    def test_fees_are_shared_to_the_wei(self, run: Run) -> None:
        caller = {
            "kind": "caller",
            "fee": self.FEE,
            "balance": 10**9,
            "wait_mean": "5 h",
            "wait_stdev": "1 h",
        }
        agents = {"a": honest(), "b": honest(wait_mean="2 h"), "caller": caller}
        simulation = run(scenario(agents))
        record, end = simulation.record, simulation.trainer.now
        draws, now, calls = Draws(1, "caller"), 0, []
        while (now := now + draws.wait(5 * HOUR, HOUR)) <= end:
            calls.append(now)
        valid, earned, left = [0, 0], [0, 0], 10**9
        refunds = [
            (time, agent)
            for time, agent, path in zip(
                record.claim_time, record.claim_agent, record.claim_path, strict=True
            )
            if path == Path.REFUND
        ]
        assert not {time for time, _ in refunds} & set(calls)
        paid = 0
        for call in calls:
            valid = [sum(agent == who and time < call for time, agent in refunds) for who in (0, 1)]
            if left < self.FEE:
                continue
            paid += 1
            for who in (0, 1):
                if sum(valid):
                    amount = self.FEE * valid[who] // sum(valid)
                    earned[who] += amount
                    left -= amount
        assert simulation.money[2] == left
        assert left < 10**9 - 10 * self.FEE
        for who in (0, 1):
            claims = zip(record.claim_agent, record.claim_amount, strict=True)
            costs = zip(record.contribution_agent, record.contribution_cost, strict=True)
            claimed = sum(amount for agent, amount in claims if agent == who)
            spent = sum(cost for agent, cost in costs if agent == who)
            assert simulation.money[who] == 10 * ETHER + claimed - spent + earned[who]
        assert simulation.events == len(record.contribution_time) + len(record.claim_time) + paid

    def test_a_caller_who_cannot_pay_the_whole_fee_pays_nothing(self, run: Run) -> None:
        caller = {"kind": "caller", "fee": 1_000, "balance": 999, "wait_mean": "1 h"}
        simulation = run(scenario({"a": honest(), "caller": caller}))
        assert simulation.money[1] == 999
        assert simulation.events == len(simulation.record.contribution_time) + len(
            simulation.record.claim_time
        )

    def test_a_caller_neither_contributes_nor_claims(self, run: Run) -> None:
        caller = {"kind": "caller", "fee": 1_000, "balance": "1 ether", "wait_mean": "1 h"}
        record = run(scenario({"a": honest(), "bad": malicious(), "caller": caller})).record
        assert 2 not in record.contribution_agent
        assert 2 not in record.claim_agent


class TestEnd:
    """When contributions end, and what is there then."""

    def test_by_data(self, run: Run) -> None:
        simulation = run(scenario({"a": honest(kind="malicious")}, incentive=POINTS))
        assert simulation.stopped_by == "data"
        assert len(simulation.record.contribution_row) == TRAIN - INITIAL

    def test_by_a_limit_of_contributions(self, run: Run) -> None:
        simulation = run(classic(data={"contributions": 10}))
        assert simulation.stopped_by == "data"
        assert len(simulation.record.contribution_row) == 10

    def test_by_duration(self, run: Run) -> None:
        simulation = run(classic(duration="2 days"))
        assert simulation.stopped_by == "duration"
        assert max(simulation.record.contribution_time) <= 2 * DAY + 3 * DAY
        assert len(simulation.record.contribution_time) < TRAIN - INITIAL
        assert max(simulation.record.claim_time) > 2 * DAY

    # a contribution an hour after the start costs 8 * 10^12 * 3600 // 60 wei
    COST: ClassVar[int] = 48 * 10**13

    def ruined(self, tiny: Dataset, balance: int, **others: dict[str, Any]) -> Simulation:
        """One contributor, whose first contribution is his last, for the owner takes it 8 days later."""
        bad = malicious()
        bad.update(balance=balance, wait_mean="1 h", wait_stdev=0)
        agents = {"bad": bad, "owner": {"kind": "owner", "wait_mean": "1 day"}, **others}
        model = {"learning_rate": 0.000000001}
        what = scenario(agents, duration="60 days", data={"initial": 0.5}, model=model)
        simulation = next(
            run for seed in range(100) if self.knows_better(run := Simulation(what, tiny, seed))
        )
        simulation.run()
        assert simulation.record.contribution_cost == [self.COST]
        assert simulation.money[:2] == [balance - self.COST, self.COST]
        return simulation

    @staticmethod
    def knows_better(simulation: Simulation) -> bool:
        """Whether its initial model is right about the first contribution, and stays so."""
        data = simulation.dataset.train
        row = int(generator(simulation.seed, "data order").permutation(TRAIN)[TRAIN // 2])
        return simulation.classifier.predict(data.samples[row]) == int(data.labels[row])

    def test_by_money(self, tiny: Dataset) -> None:
        simulation = self.ruined(tiny, self.COST)
        assert simulation.stopped_by == "money"
        assert simulation.trainer.now < 12 * DAY

    def test_by_money_that_is_too_little_to_contribute_with(self, tiny: Dataset) -> None:
        assert self.ruined(tiny, self.COST + 1).stopped_by == "money"

    def test_by_money_though_a_caller_has_some(self, tiny: Dataset) -> None:
        caller = {"kind": "caller", "fee": 5, "balance": 4, "wait_mean": "1 day"}
        assert self.ruined(tiny, self.COST, caller=caller).stopped_by == "money"

    @pytest.mark.parametrize("contributions", [0, 1, 50, 200])
    def test_by_interruption_leaves_everything_consistent(self, tiny: Dataset, contributions: int) -> None:
        whole, cut = Simulation(classic(), tiny, 1), Simulation(classic(evaluate_every=60), tiny, 1)
        whole.run()

        def progress(done: int, most: int) -> None:
            if done >= contributions:
                cut.interrupt()

        record = cut.run(progress)
        assert cut.stopped_by == "interrupt"
        assert contributions <= len(record.contribution_row) <= contributions + 1
        assert record.series_time[-1] == cut.trainer.now
        assert cut.money == record.series_balances[-1]
        assert sum(cut.money) + cut.trainer.held == 12 * ETHER
        assert cut.trainer.held == sum(cut.trainer.ledger.left)
        for short, full in zip(columns(record), columns(whole.record), strict=True):
            assert short == full[: len(short)]

    def test_by_interruption_while_only_claims_are_left(self, tiny: Dataset) -> None:
        cut = Simulation(classic(evaluate_every=60), tiny, 1)

        def progress(done: int, most: int) -> None:
            if done == most:
                cut.interrupt()

        record = cut.run(progress)
        assert cut.stopped_by == "interrupt"
        assert len(record.contribution_row) == TRAIN - INITIAL
        assert cut.trainer.held > 0

    def test_an_interruption_before_the_start_runs_nothing(self, tiny: Dataset) -> None:
        simulation = Simulation(classic(), tiny, 1)
        simulation.interrupt()
        record = simulation.run()
        assert (record.contribution_row, record.claim_path) == ([], [])
        assert record.series_time == [0]
        assert simulation.money == [10 * ETHER, 2 * ETHER, 0]

    def test_leaves_the_garbage_collector_as_it_was(self, run: Run) -> None:
        assert gc.isenabled()
        run(classic(data={"contributions": 5}))
        assert gc.isenabled()


class TestRecord:
    """What is kept of a run."""

    def test_the_series_is_taken_at_its_interval_and_at_the_end(self, run: Run) -> None:
        simulation = run(classic(evaluate_every="7 h"))
        times = simulation.record.series_time
        assert times[:-1] == [7 * HOUR * number for number in range(len(times) - 1)]
        assert times[-1] == simulation.trainer.now
        assert times[-1] - times[-2] <= 7 * HOUR

    def test_the_series_begins_with_the_initial_model(self, run: Run, tiny: Dataset) -> None:
        record, fresh = run(classic()).record, Simulation(classic(), tiny, 1)
        right = [
            fresh.classifier.predict(tiny.test.samples[row]) == label
            for row, label in enumerate(tiny.test.labels.tolist())
        ]
        assert record.series_correct[0] == sum(right)
        assert record.series_balances[0] == [10 * ETHER, 2 * ETHER, 0]
        assert record.series_held[0] == 0

    def test_the_series_ends_with_the_final_model(self, run: Run, tiny: Dataset) -> None:
        simulation = run(classic())
        right = [
            simulation.classifier.predict(tiny.test.samples[row]) == label
            for row, label in enumerate(tiny.test.labels.tolist())
        ]
        assert simulation.record.series_correct[-1] == sum(right)

    def test_columns_are_of_one_length(self, run: Run) -> None:
        record = run(classic()).record
        for prefix in ("contribution", "claim", "series"):
            names = [name for name in Record.__dataclass_fields__ if name.startswith(prefix)]
            assert len({len(getattr(record, name)) for name in names}) == 1

    def test_events_are_contributions_and_claims(self, run: Run) -> None:
        simulation = run(classic())
        assert simulation.events == len(simulation.record.contribution_row) + len(
            simulation.record.claim_path
        )

    def test_progress_is_told_from_nothing_to_everything(self, tiny: Dataset) -> None:
        told: list[tuple[int, int]] = []
        Simulation(scenario({"a": honest()}), tiny, 1).run(lambda done, most: told.append((done, most)))
        assert told[0] == (0, TRAIN - INITIAL)
        assert told[-1] == (TRAIN - INITIAL, TRAIN - INITIAL)
        assert told == sorted(told)

    def test_addresses_follow_from_names(self) -> None:
        addresses = [address_of(name) for name in ("good", "bad", "good-1", "good-2")]
        assert len(set(addresses)) == 4
        assert addresses[0] == address_of("good")
        assert all(len(address) == 42 and int(address, 16) >= 0 for address in addresses)


class TestMisfits:
    """One line for what cannot be simulated."""

    @pytest.mark.parametrize(
        ("what", "sentence"),
        [
            (scenario({"owner": OWNER}), "agents: none of them contributes"),
            (
                scenario({"a": honest(count=2), "a-2": honest()}),
                "agents: two would have the name 'a-2'",
            ),
            (
                classic(model={"classifier": "dense-centroid"}),
                "model.classifier: dense-centroid cannot learn from the sparse features of tiny",
            ),
            (
                classic(data={"initial": 1}),
                "data.initial: 1.0 of 300 samples leaves none to contribute",
            ),
        ],
    )
    def test_of_scenario_and_data_are_named(self, tiny: Dataset, what: Scenario, sentence: str) -> None:
        with pytest.raises(ScenarioError) as error:
            Simulation(what, tiny, 1)
        assert str(error.value) == sentence

    def test_of_a_binary_classifier_and_three_classes_is_named(self) -> None:
        three = dataset.load("tiny-dense")
        sentence = r"^model\.classifier: dense-perceptron tells two classes apart, and tiny-dense has 3$"
        with pytest.raises(ScenarioError, match=sentence):
            Simulation(classic(model={"classifier": "dense-perceptron"}), three, 1)


@pytest.mark.parametrize("classifier", ["sparse-perceptron", "naive-bayes", "sparse-centroid"])
def test_every_sparse_classifier_plays_by_the_same_rules(run: Run, classifier: str) -> None:
    simulation = run(classic(model={"classifier": classifier}))
    assert simulation.trainer.classifier.kind == classifier
    assert sum(simulation.money) + simulation.trainer.held == 12 * ETHER
    for agent in simulation.agents:
        assert claimable(simulation, agent.address) == []
    labels = np.array(simulation.record.contribution_label)
    assert set(labels.tolist()) == {0, 1}
