"""The event loop: agents wake in order of time, claim, contribute and go back to sleep.

Events at the same second happen in the order in which the scenario lists the agents. The record of the
run is taken at fixed times, between events, and nothing in the run depends on it.
"""

from collections.abc import Callable
from hashlib import blake2b
from heapq import heapify, heapreplace
from time import process_time
from typing import Final

import numpy as np

from decai.collecting import collection_paused
from decai.dataset import Dataset
from decai.errors import AgentError, Refused, ScenarioError
from decai.incentive import Stakeable
from decai.protocols import Classifier, Offer
from decai.simulation.agents import Agent
from decai.simulation.build import (
    agent_maker,
    build_classifier,
    build_incentive,
    initial_count,
    train_initially,
)
from decai.simulation.draws import Draws, generator
from decai.simulation.record import Record
from decai.simulation.scenario import Scenario
from decai.simulation.view import ReadOnlyTrainer, View
from decai.trainer import LocalTrainer
from decai.units import DAY, Address, Seconds, Wei

__all__ = ["Progress", "Simulation", "address_of"]

Progress = Callable[[int, int], None]
"""Called now and then with the contributions so far and the most there can be."""

_NOBODY: Final = Address("0x" + "00" * 20)


def address_of(name: str) -> Address:
    """The address of an agent: 20 bytes that follow from its name."""
    return Address("0x" + blake2b(name.encode(), digest_size=20, person=b"decai agent").hexdigest())


class Simulation:
    """One run of a scenario.

    Parameters
    ----------
    scenario, dataset
        What is simulated, on which data.
    seed
        Decides every draw; not negative.

    Raises
    ------
    ScenarioError
        If the data and the scenario do not fit each other.
    AgentError
        If an agent of the user's own cannot be made, or fails when it is asked for its first wait.
    """

    def __init__(self, scenario: Scenario, dataset: Dataset, seed: int) -> None:
        if seed < 0:
            raise ScenarioError(f"the seed must not be negative, and {seed} is")
        self.scenario, self.dataset, self.seed = scenario, dataset, seed
        initial = initial_count(scenario, dataset)
        order = generator(seed, "data order").permutation(len(dataset.train.labels))
        self.classifier: Classifier = build_classifier(scenario.model, dataset)
        start = order[:initial]
        train_initially(
            self.classifier, scenario.model, dataset.train.samples.select(start), dataset.train.labels[start]
        )
        stream = order[initial:][: scenario.data.contributions]
        self._stream: list[int] = stream.tolist()
        self._labels: list[int] = dataset.train.labels[stream].tolist()
        self._tests = self.classifier.stored_samples(dataset.test.samples)
        self._test_labels = dataset.test.labels
        self._predictions = np.empty(len(self._test_labels), dtype=np.int64)
        samples = dataset.train.samples.gather(stream)
        # Read-only, so that the ledger can keep the rows without copying them.
        samples.values.flags.writeable = False
        self._features = [samples[number] for number in range(len(samples))]
        self._next = 0
        with collection_paused():
            self.agents, self._groups = self._make_agents()
            self._waking = [(agent.next_wait(), index) for index, agent in enumerate(self.agents)]
        self._group_of = {
            agent.address: group for agent, group in zip(self.agents, self._groups, strict=True)
        }
        owner = next((agent.address for agent in self.agents if agent.spec.kind == "owner"), _NOBODY)
        balances = {agent.address: Wei(agent.spec.balance) for agent in self.agents}
        self.trainer = self._make_trainer(owner, balances)
        self.money = [spec.balance * spec.count for spec in scenario.agents.values()]
        """What each group owns outside of the model now, in wei."""
        self.start_money = list(self.money)
        self._total_money = sum(self.money)
        self.record = Record(list(scenario.agents))
        self.events = 0
        """Contributions, claims and paid predictions so far."""
        self.wakeups = 0
        self.loop_cpu_seconds = 0.0
        self.stopped_by = ""
        """Why contributions ended: ``data``, ``duration``, ``money``, ``interrupt`` or ``failure``."""
        self.failure: AgentError | None = None
        """What went wrong in an agent of the user's own, if it ended the run."""
        self.interrupted = False
        """Whether the run was asked to end early."""
        self.running = False
        self._accuracy: tuple[int, int] = (-1, 0)
        self._view = View(
            ReadOnlyTrainer(self.trainer),
            len(dataset.classes),
            self._correct() / len(dataset.test.labels),
            Wei(0),
        )
        self._estimate_due = scenario.estimate_every
        self._series_due = 0
        self._due = 0
        self._settled_at = 0
        self._load_kernels()

    def _make_agents(self) -> tuple[list[Agent], list[int]]:
        agents, groups = [], []
        for group, (name, spec) in enumerate(self.scenario.agents.items()):
            make = agent_maker(name, spec)
            for number in range(spec.count):
                own = name if spec.count == 1 else f"{name}-{number + 1}"
                agents.append(make(own, address_of(own), spec, Draws(self.seed, own)))
                groups.append(group)
        if not any(agent.contributes for agent in agents):
            raise ScenarioError("agents: none of them contributes")
        seen: set[str] = set()
        for agent in agents:
            if agent.name in seen:
                raise ScenarioError(f"agents: two would have the name {agent.name!r}")
            seen.add(agent.name)
        return agents, groups

    def _make_trainer(self, owner: Address, balances: dict[Address, Wei]) -> LocalTrainer:
        incentive = build_incentive(self.scenario.incentive)
        return LocalTrainer(self.classifier, incentive, owner=owner, balances=balances)

    def _load_kernels(self) -> None:
        """Compiled code is loaded when first called: do it on a model of its own, before the clock starts."""
        names, plenty = [Address("a"), Address("b")], Wei(10**9)
        trainer = LocalTrainer(
            build_classifier(self.scenario.model, self.dataset),
            Stakeable(Wei(1)),
            balances=dict.fromkeys(names, plenty),
        )
        for time in range(1, 4):
            trainer.advance_to(Seconds(time))
            for name, label in zip(names, (1, 0), strict=True):
                trainer.add_data(name, self._features[0], label, Wei(10**5))
        trainer.advance_to(Seconds(10 * DAY))
        for name in names:
            trainer.claim_all(name)

    def interrupt(self) -> None:
        """Let the run end before the next event; everything so far stays good."""
        self.interrupted = True

    def run(self, progress: Progress | None = None) -> Record:
        """Simulate until nothing is left to contribute and nothing to claim.

        Raises
        ------
        AgentError
            If an agent of the user's own fails; everything before that stays good, as after `interrupt`.
        """
        with collection_paused():
            started = process_time()
            self.running = True
            try:
                self._loop(progress)
            except AgentError as error:
                self.stopped_by, self.failure = "failure", error
            self.running = False
            self._end(progress)
            self.loop_cpu_seconds = process_time() - started
        self._check_money(every_address=True)
        if self.failure is not None:
            raise self.failure
        return self.record

    def _loop(self, progress: Progress | None) -> None:
        agents, trainer, contributors = self.agents, self.trainer, len(self._stream)
        waking = self._waking
        heapify(waking)
        quiet: set[int] = set()
        claiming = sum(agent.claims for agent in agents)
        while not self.interrupted:
            now, index = waking[0]
            if now >= self._due:
                self._observe(now)
                if progress is not None:
                    progress(self._next, contributors)
            agent = agents[index]
            trainer.advance_to(now)
            self.wakeups += 1
            claimed = agent.claims and self._claim(agent, index)
            if agent.pays:
                self._pay(agent, index)
            if not self.stopped_by:
                if agent.contributes:
                    self._contribute(agent, index)
                self.stopped_by = self._reason_to_stop(now)
            if self.stopped_by:
                if claimed or now <= self._settled_at:
                    quiet.clear()
                elif agent.claims:
                    quiet.add(index)
                if not trainer.open.pending or len(quiet) == claiming:
                    break
            heapreplace(waking, (Seconds(now + agent.next_wait()), index))
        if self.interrupted:
            self.stopped_by = "interrupt"

    def _end(self, progress: Progress | None) -> None:
        self._observe(self.trainer.now)
        self._take_series(self.trainer.now)
        if progress is not None:
            progress(self._next, len(self._stream))

    def _reason_to_stop(self, now: Seconds) -> str:
        if self._next == len(self._stream):
            reason = "data"
        elif now >= self.scenario.duration:
            reason = "duration"
        elif not self.trainer.held and not self._anybody_can_pay():
            reason = "money"
        else:
            return ""
        waits = (self.trainer.incentive.any_wait, self.trainer.incentive.owner_wait)
        longest = max(
            (wait for wait in waits if wait is not None), default=self.trainer.incentive.refund_wait
        )
        added = self.trainer.ledger.added
        self._settled_at = (added[-1] if added else 0) + longest
        return reason

    def _anybody_can_pay(self) -> bool:
        """Whether somebody can contribute before the end, when it costs least, or pay those who do."""
        least = self.trainer.incentive.add_data_cost(Seconds(self.scenario.duration))
        balance = self.trainer.balance
        return any(
            (agent.contributes and balance(agent.address) >= least)
            or (agent.pays and balance(agent.address) >= agent.spec.fee)
            for agent in self.agents
        )

    def _claim(self, agent: Agent, index: int) -> bool:
        trainer, record = self.trainer, self.record
        above = agent.spec.claim_above
        least = Wei(above + 1 if above else 0)
        failure = None
        if agent.picks_claims:
            made, failure = self._pick_claims(agent, least)
        else:
            made = trainer.claim_all(agent.address, least)
        for number, path, amount in made:
            self.money[self._groups[index]] += amount
            record.claim_time.append(trainer.now)
            record.claim_agent.append(index)
            record.claim_contribution.append(number)
            record.claim_path.append(int(path))
            record.claim_amount.append(amount)
        self.events += len(made)
        if failure is not None:
            raise failure
        return bool(made)

    def _pick_claims(self, agent: Agent, least: Wei) -> tuple[list[Offer], AgentError | None]:
        """Make the claims that an agent wants, until asking it fails."""
        failures: list[AgentError] = []

        def wanted(offer: Offer) -> bool:
            # Claims that were paid before it failed must still get into the record.
            try:
                return not failures and agent.wants_claim(self._view, offer)
            except AgentError as error:
                failures.append(error)
                return False

        made = self.trainer.claim_all(agent.address, least, wanted)
        return made, failures[0] if failures else None

    def _contribute(self, agent: Agent, index: int) -> None:
        view, trainer = self._view, self.trainer
        view.cost = cost = trainer.cost()
        if self._next == len(self._stream) or not agent.wants_to_contribute(view):
            return
        value = min(agent.next_deposit(), trainer.balance(agent.address))
        if cost > value:
            return
        row, features = self._stream[self._next], self._features[self._next]
        label = agent.choose_label(view, features, self._labels[self._next])
        try:
            trainer.add_data(agent.address, features, label, value)
        except Refused as refusal:
            raise AgentError(f"agent {agent.name}: sample {row} was refused: {refusal}") from refusal
        self._next += 1
        self.events += 1
        self.money[self._groups[index]] -= cost
        record = self.record
        record.contribution_time.append(trainer.now)
        record.contribution_agent.append(index)
        record.contribution_row.append(row)
        record.contribution_label.append(label)
        record.contribution_cost.append(cost)

    def _pay(self, agent: Agent, index: int) -> None:
        """Share the fee of a paid prediction, ``docs/mechanism.md#paid-predictions``."""
        trainer, fee = self.trainer, agent.spec.fee
        if trainer.balance(agent.address) < fee:
            return
        valid = trainer.incentive.valid_contributions()
        total = sum(valid.values())
        for address, count in valid.items():
            amount = Wei(fee * count // total)
            trainer.pay(agent.address, address, amount)
            self.money[self._groups[index]] -= amount
            self.money[self._group_of[address]] += amount
        self.events += 1

    def _observe(self, now: int) -> None:
        """Refresh the agents' estimate and take the record, as of every due time up to `now`."""
        while (due := min(self._estimate_due, self._series_due)) <= now:
            if due == self._series_due:
                self._take_series(due)
                self._series_due += self.scenario.evaluate_every
            if due == self._estimate_due:
                self._view.estimate = self._correct() / len(self._test_labels)
                self._estimate_due += self.scenario.estimate_every
        self._due = due

    def _take_series(self, time: int) -> None:
        record = self.record
        if record.series_time and record.series_time[-1] == time:
            return
        self._check_money()
        record.series_time.append(time)
        record.series_correct.append(self._correct())
        record.series_cost.append(self.trainer.incentive.add_data_cost(Seconds(time)))
        record.series_held.append(self.trainer.held)
        record.series_balances.append(list(self.money))

    def _correct(self) -> int:
        """Test samples that the model labels correctly now."""
        if self._accuracy[0] != self.classifier.version:
            tests, labels = self._tests, self._predictions
            self.classifier.predict_rows(tests.values, tests.starts, tests.ends, labels)
            self._accuracy = (self.classifier.version, int(np.count_nonzero(labels == self._test_labels)))
        return self._accuracy[1]

    def _check_money(self, every_address: bool = False) -> None:
        trainer = self.trainer
        if sum(self.money) + trainer.held != self._total_money:
            raise AssertionError("money was created or lost")
        if every_address:
            owned = [0] * len(self.money)
            for agent, group in zip(self.agents, self._groups, strict=True):
                owned[group] += trainer.balance(agent.address)
            if owned != self.money or trainer.held != sum(trainer.ledger.left):
                raise AssertionError("the ledger and the balances disagree")
