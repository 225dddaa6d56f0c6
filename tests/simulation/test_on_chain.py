"""Scenarios on the real contracts: the digest of the run in memory, or the first thing that differs."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args, get_type_hints

import numpy as np
import pytest

from decai.chain.address import checksummed
from decai.chain.client import ChainTrainer
from decai.chain.compose import Composition
from decai.chain.evm import EvmChain
from decai.chain.mirror import MirroredTrainer
from decai.errors import BrokenRulesError, ChainError, InputError, Interrupted, MissingError
from decai.protocols import IncentiveMechanism
from decai.protocols import Path as ClaimPath
from decai.simulation import RunResult, Scenario, load_run, load_scenario, simulate
from decai.simulation.engine import Simulation
from decai.simulation.on_chain import ChainSimulation, FreshChain, fresh_chain
from decai.simulation.result import Place, digest_of
from decai.simulation.run import load_dataset
from decai.simulation.scenario import ModelSpec
from decai.units import Seconds, Wei

pytestmark = pytest.mark.spread

CALLER = [
    "agents.visitor.kind=caller",
    "agents.visitor.balance=1 ether",
    "agents.visitor.wait_mean=1 hour",
    "agents.visitor.fee=1000000007",
]
NOBODY_OWNS = """
[data]
dataset = "tiny"
initial = 0.2
[model]
classifier = "sparse-perceptron"
learning_rate = 0.05
[incentive]
cost_weight = "0.001 ether"
[agents.good]
kind = "honest"
count = 3
balance = "10 ether"
deposit_mean = "0.2 ether"
wait_mean = "2 hours"
claim_above = "0.001 ether"
"""


KINDS = [
    ("sparse-perceptron", "tiny"),
    ("naive-bayes", "tiny"),
    ("sparse-centroid", "tiny"),
    ("dense-perceptron", "titanic"),
    ("dense-centroid", "titanic"),
    ("dense-centroid", "tiny-dense"),
    ("naive-bayes", "titanic"),
]
"""Every classifier, on data that it can learn from; of two classes and of three."""


def of_kind(classifier: str, dataset: str, mechanism: str) -> Scenario:
    """A short scenario, with refunds and reports."""
    return load_scenario(
        "tiny",
        [
            f"model.classifier={classifier}",
            f"data.dataset={dataset}",
            f"incentive.mechanism={mechanism}",
            "data.contributions=120",
        ],
    )


def simulated(scenario: Scenario, seed: int = 1) -> Simulation:
    simulation = Simulation(scenario, load_dataset(scenario), seed)
    simulation.run()
    return simulation


@pytest.fixture(scope="module")
def tiny() -> Scenario:
    return load_scenario("tiny")


@pytest.fixture(scope="module")
def in_memory(tiny: Scenario) -> Simulation:
    """Tiny, decided in memory; not to be changed."""
    return simulated(tiny)


class TestDigest:
    @pytest.mark.parametrize("on", ["evm", "node"])
    def test_is_that_of_the_run_in_memory(self, tiny: Scenario, in_memory: Simulation, on: Place) -> None:
        result = simulate(tiny, 1, on=on)
        assert result.digest == digest_of(in_memory)
        assert (result.on, result.events) == (on, in_memory.events)

    @pytest.mark.parametrize(
        "settings",
        [
            pytest.param(["incentive.mechanism=points"], id="points"),
            pytest.param(["incentive.cost_weight=0"], id="free"),
            pytest.param(["agents.good.wait_mean=1", "agents.bad.wait_mean=1"], id="in the same second"),
            pytest.param(["agents.good.count=4", "agents.bad.count=2"], id="many agents"),
            pytest.param(CALLER, id="paid predictions"),
            pytest.param(
                [
                    "incentive.shares=deposit",
                    "data.dataset=synthetic-text",
                    "data.options.samples=300",
                    "data.options.words=9000",
                    "data.options.length=120",
                ],
                id="shares by deposit, long samples, many weights",
            ),
        ],
    )
    def test_with_other_settings(self, settings: list[str]) -> None:
        scenario = load_scenario("tiny", settings)
        assert simulate(scenario, 2, on="evm").digest == digest_of(simulated(scenario, 2))

    @pytest.mark.parametrize("on", ["evm", "node"])
    @pytest.mark.parametrize("mechanism", ["stakeable", "points"])
    @pytest.mark.parametrize(("classifier", "dataset"), KINDS)
    def test_with_every_classifier_and_mechanism(
        self, classifier: str, dataset: str, mechanism: str, on: Place
    ) -> None:
        scenario = of_kind(classifier, dataset, mechanism)
        in_memory = simulated(scenario, 3)
        assert {*in_memory.record.claim_path} >= {ClaimPath.REFUND, ClaimPath.REPORT}
        result = simulate(scenario, 3, on=on)
        assert (result.digest, result.events) == (digest_of(in_memory), in_memory.events)

    def test_every_classifier_of_scenarios_is_tried(self) -> None:
        assert {kind for kind, _ in KINDS} == {*get_args(get_type_hints(ModelSpec)["classifier"])}

    def test_of_a_model_that_nobody_owns(self, tmp_path: Path) -> None:
        (tmp_path / "own.toml").write_text(NOBODY_OWNS)
        scenario = load_scenario(str(tmp_path / "own.toml"))
        assert simulate(scenario, 1, on="evm").digest == digest_of(simulated(scenario))

    def test_paid_predictions_reach_the_accounts_of_a_node(self) -> None:
        scenario = load_scenario("tiny", [*CALLER, "data.contributions=40"])
        in_memory = simulated(scenario)
        assert in_memory.money[-1] < 10**18
        assert simulate(scenario, 1, on="node").digest == digest_of(in_memory)


@pytest.fixture(params=["evm", "node"])
def chain(request: pytest.FixtureRequest) -> Iterator[FreshChain]:
    with fresh_chain(request.param) as one:
        yield one


@pytest.fixture
def evm() -> EvmChain:
    return EvmChain(now=Seconds(0))


class Tampered(ChainSimulation):
    """A run on a contract whose incentive mechanism is not what it should be."""

    def __init__(self, scenario: Scenario, chain: FreshChain, old: str, new: str) -> None:
        self.old, self.new = old, new
        super().__init__(scenario, load_dataset(scenario), 1, chain)

    def composition(self, incentive: IncentiveMechanism) -> Composition:
        honest = super().composition(incentive)
        text = honest.sources["incentive.vy"]
        assert self.old in text
        return replace(honest, sources={**honest.sources, "incentive.vy": text.replace(self.old, self.new)})


class TestFinds:
    def difference(self, run: Simulation) -> str:
        with pytest.raises(BrokenRulesError) as error:
            run.run()
        line = str(error.value)
        assert "\n" not in line
        assert line.startswith("the contract breaks its rules")
        return line

    def test_the_first_report_that_pays_one_wei_less(
        self, tiny: Scenario, in_memory: Simulation, chain: FreshChain
    ) -> None:
        record = in_memory.record
        number = record.claim_path.index(ClaimPath.REPORT)
        amount, contribution = record.claim_amount[number], record.claim_contribution[number]
        time, agent = record.claim_time[number], in_memory.agents[record.claim_agent[number]].name
        # An agent claims before it contributes; the others are busy at other times.
        event = number + sum(added < time for added in record.contribution_time) + 1
        run = Tampered(tiny, chain, "account))\n", "account)) - 1\n")
        assert self.difference(run) == (
            f"the contract breaks its rules at event {event:,}: in second {time:,}, the report of "
            f"contribution {contribution:,} by {agent} paid {amount - 1:,} wei; by the rules it pays "
            f"{amount:,}"
        )

    def test_a_wei_more_that_no_event_tells_of(self, tiny: Scenario, evm: EvmChain) -> None:
        old = "log Refund(recipient=msg.sender, amount=left)\n    return left"
        line = self.difference(Tampered(tiny, evm, old, f"{old} + 1"))
        said = re.search(r"(good|bad) owns (\S+) wei; by the rules it owns (\S+)$", line)
        assert said is not None
        assert int(said[2].replace(",", "")) > int(said[3].replace(",", ""))

    def test_a_contract_that_refuses_what_the_rules_let_through(
        self, tiny: Scenario, in_memory: Simulation, evm: EvmChain
    ) -> None:
        wait = "if not base._has_waited(added):"
        run = Tampered(tiny, evm, wait, "if block.timestamp - added < 90_000:")
        line = self.difference(run)
        record = in_memory.record
        paid = zip(record.claim_time, record.claim_contribution, strict=True)
        early = next((time, n) for time, n in paid if time - record.contribution_time[n] < 90_000)
        assert f" in second {early[0]:,}, the refund of contribution {early[1]:,} by " in line
        assert line.endswith(" was refused (stakeable: not enough time has passed); the rules let it through")

    def test_a_price_that_is_not_the_rule_s(
        self, tiny: Scenario, in_memory: Simulation, evm: EvmChain
    ) -> None:
        old = "cost: uint256 = self._add_data_cost(block.timestamp)"
        line = self.difference(Tampered(tiny, evm, old, f"{old} + 1"))
        time, cost = in_memory.record.contribution_time[0], in_memory.record.contribution_cost[0]
        assert line.startswith("the contract breaks its rules at event 1: ")
        assert f": in second {time:,}, contribution 0 by " in line
        assert line.endswith(f" cost {cost + 1:,} wei; by the rules it costs {cost:,}")

    def test_other_code_that_did_nothing_wrong_yet(self, tiny: Scenario, evm: EvmChain) -> None:
        line = self.difference(Tampered(tiny, evm, "the model disagrees", "the model objects"))
        assert line.endswith("code: it is not the code that this version of decai composes for these parts")

    def test_a_twin_that_learned_something_else(self, tiny: Scenario, evm: EvmChain) -> None:
        run = ChainSimulation(tiny, load_dataset(tiny), 1, evm)
        run.classifier.update(np.array([3], dtype=np.int32), 1 - run.classifier.predict(np.array([3])))
        line = self.difference(run)
        assert line.endswith(
            "after event 0, in second 0, the contract has learned something else than its twin"
        )

    def test_a_contract_that_learned_something_else(self, tiny: Scenario, evm: EvmChain) -> None:
        run = ChainSimulation(tiny, load_dataset(tiny), 1, evm)
        behind_its_back = np.array([3], dtype=np.int32)
        label = 1 - run.classifier.predict(behind_its_back)
        client = ChainTrainer(evm, run.trainer.address)
        rich = checksummed(run.agents[0].address)
        evm.advance_to(Seconds(1))
        client.add_data(rich, behind_its_back, label, client.cost())
        self.difference(run)

    @pytest.mark.parametrize("owner", ["good", "the contract"])
    def test_a_wei_that_came_from_nowhere(self, tiny: Scenario, evm: EvmChain, owner: str) -> None:
        run = ChainSimulation(tiny, load_dataset(tiny), 1, evm)
        account = run.trainer.address if owner == "the contract" else run.agents[0].address
        evm.set_balance(account, Wei(evm.balance(account) + 1))
        assert f"{owner} owns " in self.difference(run)

    def test_an_agent_with_too_little_on_the_chain(self, tiny: Scenario, chain: FreshChain) -> None:
        run = ChainSimulation(tiny, load_dataset(tiny), 1, chain)
        run.trainer.synchronize()
        first = next(agent for agent in run.agents if agent.name == "good")
        chain.set_balance(checksummed(first.address), Wei(5))
        line = self.difference(run)
        assert "by good was refused (" in line
        assert line.endswith("; the rules let it through")


class TestRefused:
    @pytest.mark.parametrize(
        ("settings", "line"),
        [
            (
                [
                    "data.dataset=synthetic-text",
                    "data.options.words=2000",
                    "data.options.length=700",
                    "data.options.samples=50",
                ],
                r"synthetic-text: a sample lists \S+ features, and a contract takes at most 512",
            ),
            (["incentive.any_wait=5000000000"], r"the anybody's wait must be below 2\^32 seconds"),
            (["incentive.cost_weight=20000000 ether"], r"the cost weight must be below 2\^84 wei"),
        ],
    )
    def test_what_has_no_contract(self, settings: list[str], line: str) -> None:
        with pytest.raises(InputError, match=line):
            simulate(load_scenario("tiny", settings), 1, on="evm")

    def test_without_an_evm(self, tiny: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pyrevm", None)
        with pytest.raises(MissingError, match=r"on Python 3.11 and 3.12 get it with: .*; .* --on node$"):
            simulate(tiny, 1, on="evm")

    def test_without_a_node(self, tiny: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DECAI_DATA_DIR", str(tmp_path))
        with pytest.raises(MissingError, match=r"get it with: decai node install$"):
            simulate(tiny, 1, on="node")

    @pytest.mark.parametrize("change", ["grant", "add_class", "restore"])
    def test_what_cannot_be_mirrored(self, tiny: Scenario, evm: EvmChain, change: str) -> None:
        trainer = ChainSimulation(tiny, load_dataset(tiny), 1, evm).trainer
        calls: dict[str, Callable[[], object]] = {
            "grant": lambda: trainer.grant(trainer.owner, Wei(1)),
            "add_class": lambda: trainer.add_class(trainer.owner, "third"),
            "restore": lambda: trainer.restore(trainer.checkpoint()),
        }
        with pytest.raises(ChainError, match="a trainer that is mirrored on a chain cannot "):
            calls[change]()
        trainer.compare()


class TestInterruption:
    @pytest.mark.parametrize("on", ["evm", "node"])
    def test_keeps_what_there_is_and_says_so(
        self, tiny: Scenario, in_memory: Simulation, tmp_path: Path, on: Place
    ) -> None:
        def stop(done: int, most: int) -> None:
            if done >= 50:
                os.kill(os.getpid(), signal.SIGINT)

        with pytest.raises(
            Interrupted, match=r"^interrupted after \d+ contributions; the run so far is kept in"
        ):
            simulate(tiny, 1, on=on, out=tmp_path / "run", progress=stop)
        result = load_run(tmp_path / "run").result
        assert (result.status, result.on) == ("interrupted", on)
        assert 50 <= result.contributions < 240
        kept = Simulation(tiny, load_dataset(tiny), 1)
        kept.run(lambda done, most: kept.interrupt() if done >= 50 else None)
        assert result.digest == digest_of(kept)

    def test_a_node_that_is_killed_is_one_line(self, tiny: Scenario) -> None:
        code = """if True:
            import os, signal
            from decai.cli import run
            from decai.chain.local_node import anvil
            start, started = anvil.Anvil.__init__, []
            def note(self, *arguments, **options):
                start(self, *arguments, **options)
                started.append(self.pid)
            anvil.Anvil.__init__ = note
            from decai.simulation import engine
            loop = engine.Simulation._loop
            def kill(self, progress):
                os.kill(started[-1], signal.SIGKILL)
                loop(self, progress)
            engine.Simulation._loop = kill
            raise SystemExit(run(["simulate", "tiny", "--on", "node", "--out", "run"]))
            """
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("error: http://127.0.0.1:")
        assert done.stderr.count("\n") == 1


def test_the_run_s_folder_and_its_json_say_where_it_was_decided(
    tiny: Scenario, in_memory: Simulation, tmp_path: Path
) -> None:
    result = simulate(tiny, 1, on="evm", out=tmp_path / "run")
    assert result.to_json()["on"] == "evm"
    assert json.loads((tmp_path / "run" / "run.json").read_text())["on"] == "evm"
    again: RunResult = load_run(tmp_path / "run").result
    assert (again.on, again.digest) == ("evm", digest_of(in_memory))
    assert simulate(tiny, 1).on == "memory"


def test_a_handed_on_model_is_handed_on_there_too(tiny: Scenario, evm: EvmChain) -> None:
    trainer: MirroredTrainer = ChainSimulation(tiny, load_dataset(tiny), 1, evm).trainer
    trainer.transfer_ownership(trainer.owner, next(iter(trainer._balances)))
    trainer.compare()


def test_wrong_place(tiny: Scenario) -> None:
    with pytest.raises(InputError, match=r"^on: must be one of memory, evm, node \(got 'moon'\)$"):
        simulate(tiny, 1, on="moon")  # type: ignore[arg-type]
