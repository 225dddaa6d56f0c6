"""Agents of the user's own: whatever goes wrong in one is one line, and the run so far is kept."""

import gc
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow.parquet as pq
import pytest

from decai import dataset
from decai.errors import AgentError, ScenarioError, StorageError
from decai.protocols import Offer
from decai.samples import Features
from decai.simulation import load_run, load_scenario, run_folder, simulate
from decai.simulation.agents import Agent, Honest
from decai.simulation.build import agent_maker
from decai.simulation.custom_agent import CustomAgent, strategy_class
from decai.simulation.draws import Draws
from decai.simulation.engine import Simulation
from decai.simulation.result import digest_of
from decai.simulation.scenario import AgentSpec, Scenario
from decai.simulation.setting_types import MAX_SECONDS
from decai.simulation.view import View
from decai.units import ETHER, Address, Seconds, Wei


def divide() -> Any:
    """A mistake of the user's."""
    return 1 // 0


class Faulty(Agent):
    """Does at one of its methods, from the given call on, what the test says; else it is honest."""

    method: ClassVar[str] = ""
    fault: ClassVar[Callable[[], Any]] = divide
    left: ClassVar[int] = 0

    __slots__ = ()

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.strike("__init__", None)

    @classmethod
    def strike(cls, method: str, answer: Any) -> Any:
        """The fault, if it is time for it."""
        if method != cls.method:
            return answer
        Faulty.left -= 1
        return cls.fault() if cls.left < 0 else answer

    def next_wait(self) -> Seconds:
        """As drawn."""
        return Seconds(self.strike("next_wait", super().next_wait()))

    def next_deposit(self) -> Wei:
        """As drawn."""
        return Wei(self.strike("next_deposit", super().next_deposit()))

    def wants_to_contribute(self, view: View) -> bool:
        """Always."""
        return self.strike("wants_to_contribute", True)  # type: ignore[no-any-return]

    def choose_label(self, view: View, features: Features, label: int) -> int:
        """The truth."""
        return self.strike("choose_label", label)  # type: ignore[no-any-return]

    def wants_claim(self, view: View, offer: Offer) -> bool:
        """Every one."""
        return self.strike("wants_claim", True)  # type: ignore[no-any-return]


METHODS = ("next_wait", "next_deposit", "wants_to_contribute", "choose_label", "wants_claim")


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Scenario]:
    """The scenario tiny with a `Faulty` agent beside the others."""

    def scenario(method: str, fault: Callable[[], Any], calls: int = 0) -> Scenario:
        monkeypatch.setattr(Faulty, "method", method)
        monkeypatch.setattr(Faulty, "fault", staticmethod(fault))
        monkeypatch.setattr(Faulty, "left", calls)
        return with_strategy(f"{__name__}:Faulty")

    return scenario


def with_strategy(strategy: str, *settings: str) -> Scenario:
    """The scenario tiny with an agent of this class beside the others."""
    own = ["kind=custom", f"strategy={strategy}", "balance=5 ether", "deposit_mean=1 ether", "wait_mean=3 h"]
    return load_scenario("tiny", [*(f"agents.own.{each}" for each in own), *settings])


def simulation(scenario: Scenario) -> Simulation:
    return Simulation(scenario, dataset.load("tiny"), 1)


def line_of(action: Callable[[], object]) -> str:
    """The one line with which it fails."""
    with pytest.raises(AgentError) as error:
        action()
    assert "\n" not in str(error.value)
    return str(error.value)


class TestFailures:
    """What the user's class raises."""

    @pytest.mark.parametrize("method", METHODS)
    @pytest.mark.parametrize("calls", [0, 7])
    def test_are_named_with_agent_method_and_place(
        self, faulty: Callable[..., Scenario], method: str, calls: int
    ) -> None:
        scenario = faulty(method, divide, calls)
        line = line_of(lambda: simulation(scenario).run())
        place = f"test_custom_agent.py, line {divide.__code__.co_firstlineno + 2}"
        assert line == (
            f"agent own: {method} failed: ZeroDivisionError: integer division or modulo by zero ({place})"
        )
        assert gc.isenabled()

    def test_in_the_constructor_are_named(self, faulty: Callable[..., Scenario]) -> None:
        line = line_of(lambda: simulation(faulty("__init__", divide)))
        assert line.startswith("agent own: __init__ failed: ZeroDivisionError: ")

    @pytest.mark.parametrize("method", METHODS)
    def test_keep_everything_consistent(self, faulty: Callable[..., Scenario], method: str) -> None:
        cut = simulation(faulty(method, divide, 20))
        line_of(cut.run)
        record, trainer = cut.record, cut.trainer
        assert cut.stopped_by == "failure"
        assert len(record.contribution_time) == len(trainer.ledger) > 0
        assert sum(record.contribution_cost) - sum(record.claim_amount) == trainer.held
        assert sum(cut.money) + trainer.held == 17 * ETHER
        assert record.series_balances[-1] == cut.money
        claims = sum(trainer.ledger.claims)
        assert len(record.claim_time) == claims
        assert cut.events == len(record.contribution_time) + claims

    def test_while_choosing_claims_leave_those_made_before_in_the_record(
        self, faulty: Callable[..., Scenario]
    ) -> None:
        cut = simulation(faulty("wants_claim", divide, 20))
        line_of(cut.run)
        own = len(cut.agents) - 1
        assert cut.record.claim_agent.count(own) == 20

    def test_begin_like_a_run_without_them(self, faulty: Callable[..., Scenario]) -> None:
        whole = simulation(faulty("", divide))
        whole.run()
        cut = simulation(faulty("choose_label", divide, 10))
        line_of(cut.run)
        for name in ("contribution_time", "contribution_row", "contribution_cost", "claim_amount"):
            short, long = getattr(cut.record, name), getattr(whole.record, name)
            assert 0 < len(short) < len(long)
            assert short == long[: len(short)]

    @pytest.mark.parametrize(
        ("error", "said"),
        [
            (KeyError("x"), "KeyError: 'x'"),
            (StopIteration(), "StopIteration"),
            (SystemExit("enough"), "SystemExit: enough"),
            (RecursionError("too deep"), "RecursionError: too deep"),
            (ValueError("one\n  two"), "ValueError: one two"),
            (ScenarioError("of ours"), "decai.errors.ScenarioError: of ours"),
            (AssertionError(), "AssertionError"),
        ],
    )
    def test_of_any_kind_are_one_line(
        self, faulty: Callable[..., Scenario], error: BaseException, said: str
    ) -> None:
        def fail() -> None:
            raise error

        line = line_of(lambda: simulation(faulty("next_wait", fail)))
        assert line.startswith(f"agent own: next_wait failed: {said} (test_custom_agent.py, line ")

    def test_of_the_agents_that_ship_are_no_such_failures(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(agent: Agent) -> Seconds:
            raise ZeroDivisionError

        monkeypatch.setattr(Honest, "next_wait", fail)
        with pytest.raises(ZeroDivisionError):
            simulation(load_scenario("tiny"))

    def test_cannot_come_from_changing_the_model_behind_the_rules(self) -> None:
        line = line_of(simulation(with_strategy(f"{__name__}:Cheat")).run)
        assert "'ReadOnlyTrainer' object has no attribute 'advance_to'" in line

    def test_of_a_method_with_other_parameters_are_named(self) -> None:
        line = line_of(simulation(with_strategy(f"{__name__}:Misfit")).run)
        assert line == (
            "agent own: choose_label failed: TypeError: Misfit.choose_label() takes 2 positional arguments "
            "but 4 were given"
        )

    def test_without_a_base_constructor_are_named(self) -> None:
        line = line_of(lambda: simulation(with_strategy(f"{__name__}:Empty")))
        assert line.startswith("agent own: next_wait failed: AttributeError: ")


class Cheat(Agent):
    """Tries to let time pass."""

    def wants_to_contribute(self, view: View) -> bool:
        """No, but first time passes."""
        view.trainer.advance_to(10**9)  # type: ignore[attr-defined]
        return False


class Misfit(Agent):
    """Has forgotten two parameters."""

    def choose_label(self, view: View) -> int:  # type: ignore[override]
        """The first."""
        return 0


class Empty(Agent):
    """Has forgotten to call the constructor of its base."""

    def __init__(self, *arguments: Any) -> None:
        pass


WAIT = "a whole number of seconds, from 1 to 1099511627775"


class TestAnswers:
    """What the user's class gives."""

    @pytest.mark.parametrize(
        ("method", "answer", "shown", "expected"),
        [
            ("next_wait", 0, "0", WAIT),
            ("next_wait", -5, "-5", WAIT),
            (
                "next_wait",
                MAX_SECONDS + 1,
                "1099511627776",
                WAIT,
            ),
            ("next_wait", 1.5, "1.5", WAIT),
            ("next_wait", True, "True", WAIT),
            ("next_wait", None, "None", WAIT),
            ("next_deposit", -1, "-1", "a whole number of wei, at least 0"),
            ("next_deposit", 1e18, "1e+18", "a whole number of wei, at least 0"),
            ("next_deposit", "1 ether", "'1 ether'", "a whole number of wei, at least 0"),
            ("next_deposit", None, "None", "a whole number of wei, at least 0"),
            ("choose_label", 2, "2", "the number of a class, from 0 to 1"),
            ("choose_label", -1, "-1", "the number of a class, from 0 to 1"),
            ("choose_label", 0.0, "0.0", "the number of a class, from 0 to 1"),
            ("choose_label", False, "False", "the number of a class, from 0 to 1"),
            ("choose_label", None, "None", "the number of a class, from 0 to 1"),
            ("wants_to_contribute", None, "None", "True or False"),
            ("wants_to_contribute", 1, "1", "True or False"),
            ("wants_to_contribute", np.array([True, False]), "array([ True, False])", "True or False"),
            ("wants_claim", None, "None", "True or False"),
            ("wants_claim", "no", "'no'", "True or False"),
        ],
    )
    def test_that_cannot_be_are_named(
        self, faulty: Callable[..., Scenario], method: str, answer: object, shown: str, expected: str
    ) -> None:
        cut = simulation(faulty(method, lambda: answer, 3))
        line = line_of(cut.run)
        assert line == f"agent own: {method} gave {shown}; it must give {expected}"
        assert sum(cut.money) + cut.trainer.held == 17 * ETHER

    def test_may_be_numpy_s(self) -> None:
        plain, numpys = (simulation(with_strategy(f"{__name__}:{name}")) for name in ("Plain", "Numpys"))
        plain.run()
        numpys.run()
        assert plain.record == numpys.record
        assert {type(label) for label in numpys.record.contribution_label} == {int}
        assert {type(time) for time in numpys.record.contribution_time} == {int}

    def test_may_be_all_the_money_in_the_world(self, faulty: Callable[..., Scenario]) -> None:
        simulation(faulty("next_deposit", lambda: 10**60)).run()

    def test_are_those_of_the_shipped_agents_where_nothing_is_overridden(self) -> None:
        shipped = simulation(load_scenario("tiny"))
        strategy = "decai.simulation.agents:Honest"
        custom = simulation(
            load_scenario("tiny", ["agents.good.kind=custom", f"agents.good.strategy={strategy}"])
        )
        shipped.run()
        custom.run()
        assert shipped.record == custom.record
        assert digest_of(shipped) != digest_of(custom)  # the settings differ

    def test_whether_it_takes_part_must_be_true_or_false(self) -> None:
        line = line_of(lambda: simulation(with_strategy(f"{__name__}:Maybe")))
        assert line == "agent own: contributes is 'sometimes'; it must be True or False"

    def test_that_it_pays_needs_a_fee(self) -> None:
        line = line_of(lambda: simulation(with_strategy(f"{__name__}:Payer")))
        assert line == "agent own: it pays for predictions, and its fee is 0"
        paid = simulation(with_strategy(f"{__name__}:Payer", "agents.own.fee=1 gwei"))
        paid.run()
        assert paid.money[-1] < 5 * ETHER


class Plain(Agent):
    """Gives plain numbers."""

    def next_wait(self) -> Seconds:
        """Three hours."""
        return Seconds(10_800)

    def choose_label(self, view: View, features: Features, label: int) -> int:
        """The truth."""
        return label

    def wants_to_contribute(self, view: View) -> bool:
        """If at least 40 % are right."""
        return view.estimate > 0.4


class Numpys(Plain):
    """Gives numbers of numpy's."""

    def next_wait(self) -> Seconds:
        """Three hours."""
        return np.int64(10_800)  # type: ignore[return-value]

    def next_deposit(self) -> Wei:
        """One ether."""
        return np.uint64(super().next_deposit())  # type: ignore[return-value]

    def choose_label(self, view: View, features: Features, label: int) -> int:
        """The truth."""
        return np.argmax(np.arange(2) == label)  # type: ignore[return-value]

    def wants_to_contribute(self, view: View) -> bool:
        """If at least 40 % are right."""
        return np.float64(view.estimate) > 0.4  # type: ignore[return-value]


class Maybe(Agent):
    """Cannot say whether it contributes."""

    contributes = "sometimes"  # type: ignore[assignment]


class Payer(Agent):
    """Pays for predictions."""

    contributes = False
    claims = False
    pays = True


class TestStrategies:
    """From the scenario's words to a class."""

    def test_names_a_class(self) -> None:
        assert strategy_class(f"{__name__}:Plain") is Plain

    def test_makes_an_agent_that_the_engine_can_trust(self) -> None:
        spec = AgentSpec.model_validate({"kind": "custom", "wait_mean": 1, "strategy": f"{__name__}:Plain"})
        agent = agent_maker("own", spec)("own", Address("0x01"), spec, Draws(1, "own"))
        assert isinstance(agent, CustomAgent)
        assert isinstance(agent.own, Plain)
        assert (agent.contributes, agent.claims, agent.pays, agent.picks_claims) == (True, True, False, False)

    @pytest.mark.parametrize(
        ("strategy", "cause"),
        [
            ("nowhere_to_be_found:Plain", "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
            (f"{__name__}:Missing", "AttributeError: module "),
            (":Plain", "ValueError: Empty module name"),
            (".relative:Plain", "TypeError: "),
        ],
    )
    def test_that_cannot_be_imported_are_named(self, strategy: str, cause: str) -> None:
        with pytest.raises(ScenarioError) as error:
            strategy_class(strategy)
        assert str(error.value).startswith(f"{strategy!r} cannot be imported: {cause}")
        assert "\n" not in str(error.value)

    @pytest.mark.parametrize(
        "strategy",
        [f"{__name__}:ETHER", f"{__name__}:simulation", f"{__name__}:Scenario", __name__, ""],
    )
    def test_that_are_no_agents_are_named(self, strategy: str) -> None:
        with pytest.raises(ScenarioError) as error:
            strategy_class(strategy)
        assert str(error.value) == f"must be 'module:Class' of an Agent (got {strategy!r})"

    @pytest.mark.parametrize(
        ("code", "cause"),
        [
            ("class Agent(\n", "SyntaxError: '(' was never closed (broken_strategy.py, line 1)"),
            ("x = 1\ny = x / 0\n", "ZeroDivisionError: division by zero (broken_strategy.py, line 2)"),
            ("exit()\n", "SystemExit: None (broken_strategy.py, line 1)"),
        ],
    )
    def test_whose_module_is_broken_are_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, cause: str
    ) -> None:
        (tmp_path / "broken_strategy.py").write_text(code)
        monkeypatch.syspath_prepend(tmp_path)
        with pytest.raises(ScenarioError) as error:
            simulation(with_strategy("broken_strategy:Own"))
        line = str(error.value)
        assert line == f"agents.own.strategy: 'broken_strategy:Own' cannot be imported: {cause}"


class TestKept:
    """What is left of a run that an agent has ended."""

    @pytest.fixture
    def cut(self, faulty: Callable[..., Scenario], tmp_path: Path) -> tuple[Scenario, Path, str]:
        """A scenario that fails after a while, the folder of its run, and what was said."""
        scenario = faulty("choose_label", divide, 10)
        return scenario, tmp_path / "run", line_of(lambda: simulate(scenario, 1, out=tmp_path / "run"))

    def test_is_readable_and_told(self, cut: tuple[Scenario, Path, str]) -> None:
        _, folder, line = cut
        run = load_run(folder)
        count = run.result.contributions
        assert count == pq.read_table(folder / "contributions.parquet").num_rows > 10
        failure, told = line.split(", after ")
        assert told == f"{count} contributions; the run so far is kept in {folder}"
        assert run.result.status == "failed"
        summary = json.loads((folder / "run.json").read_text())
        assert (summary["status"], summary["failure"]) == ("failed", failure)

    def test_gives_way_to_a_complete_run(
        self, cut: tuple[Scenario, Path, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        scenario, folder, _ = cut
        monkeypatch.setattr(Faulty, "method", "")
        simulate(scenario, 1, out=folder)
        assert load_run(folder).result.status == "complete"

    def test_never_replaces_a_complete_run(
        self, cut: tuple[Scenario, Path, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        scenario, folder, _ = cut
        monkeypatch.setattr(Faulty, "method", "")
        simulate(scenario, 1, out=folder)
        monkeypatch.setattr(Faulty, "method", "choose_label")
        line = line_of(lambda: simulate(scenario, 1, out=folder))
        assert line.endswith(f"; the complete run in {folder} is left as it was")
        assert load_run(folder).result.status == "complete"

    def test_is_nothing_without_a_folder(
        self, faulty: Callable[..., Scenario], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        line = line_of(lambda: simulate(faulty("choose_label", divide), 1))
        assert re.search(r"line \d+\), after \d contributions?$", line)
        assert not os.listdir(tmp_path)

    def test_is_nothing_before_the_first_turn(self, faulty: Callable[..., Scenario], tmp_path: Path) -> None:
        line = line_of(lambda: simulate(faulty("next_wait", divide), 1, out=tmp_path / "run"))
        assert re.search(r"line \d+\)$", line)
        assert not os.listdir(tmp_path)

    def test_may_be_without_a_contribution(self, faulty: Callable[..., Scenario], tmp_path: Path) -> None:
        scenario = faulty("wants_to_contribute", divide)
        others = {name: spec for name, spec in scenario.agents.items() if name in ("own", "owner")}
        alone = scenario.model_copy(update={"agents": others})
        line = line_of(lambda: simulate(alone, 1, out=tmp_path / "run"))
        assert f"after 0 contributions; the run so far is kept in {tmp_path / 'run'}" in line
        run = load_run(tmp_path / "run")
        assert run.result.events == 0
        assert len(run.accuracy) == 2

    def test_is_told_to_be_lost_if_it_cannot_be_written(
        self, faulty: Callable[..., Scenario], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(path: Path, content: bytes) -> None:
            raise StorageError(f"{path}: cannot be written (No space left on device)")

        monkeypatch.setattr(run_folder, "_write_file", full)
        line = line_of(lambda: simulate(faulty("choose_label", divide), 1, out=tmp_path / "run"))
        assert line.startswith("agent own: choose_label failed: ZeroDivisionError: ")
        assert "; the run so far is lost: " in line
        assert line.endswith("cannot be written (No space left on device)")
        assert not os.listdir(tmp_path)
