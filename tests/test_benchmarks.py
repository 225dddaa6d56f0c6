"""The benchmarks run, and what they have left in the tree is what they would leave now."""

import json
from statistics import mean

import pytest

from benchmarks import attacks, simulation, sweep
from decai import dataset
from decai.simulation.engine import Simulation
from decai.simulation.scenario import load
from decai.units import Wei, parse_wei, to_fixed


@pytest.fixture(scope="module")
def kept() -> dict[str, dict[str, float]]:
    """The results of the campaign behind the defaults."""
    told = json.loads(sweep.KEPT.read_text())
    assert told["scenario"] == load(sweep.SCENARIO).canonical()
    return dict(told["results"])


def test_campaign_is_complete(kept: dict[str, dict[str, float]]) -> None:
    points = {f"{r} {w} {s}" for r in sweep.RATES for w in sweep.COST_WEIGHTS for s in sweep.SEEDS}
    assert set(kept) == points


def test_map_in_the_documents_is_that_of_the_campaign(kept: dict[str, dict[str, float]]) -> None:
    assert (sweep.DOCS / "sweep.md").read_text(encoding="utf-8") == sweep.document(kept)


def test_runs_of_the_campaign_can_be_repeated(kept: dict[str, dict[str, float]]) -> None:
    dataset.fetch("imdb")
    for rate, weight, seed in (("0.05", "0.00002", 1), ("0.01", "0.00001", 30)):
        assert sweep.one_run(rate, weight, seed) == kept[f"{rate} {weight} {seed}"]


def test_at_the_defaults_the_honest_gain_and_the_malicious_lose_in_every_run(
    kept: dict[str, dict[str, float]],
) -> None:
    scenario = load(sweep.SCENARIO)
    (rate,) = (rate for rate in sweep.RATES if to_fixed(rate) == scenario.model.learning_rate)
    weights = {parse_wei(f"{weight} ether"): weight for weight in sweep.COST_WEIGHTS}
    runs = [kept[f"{rate} {weights[Wei(scenario.incentive.cost_weight)]} {seed}"] for seed in sweep.SEEDS]
    assert len(runs) == 30
    assert all(run["good"] > 100 and run["bad"] < 30 for run in runs)
    assert abs(mean(run["change"] for run in runs)) <= 2


@pytest.mark.parametrize("kind", simulation.CLASSIFIERS)
def test_bare_arithmetic_does_the_work_of_a_run(kind: str) -> None:
    scenario = load("tiny", [f"model.classifier={kind}"])
    data = dataset.load("tiny")
    run = Simulation(scenario, data, 1)
    evaluations = simulation._count_evaluations(run)
    run.run()
    # one for each measurement that found the model changed
    assert 5 < len(evaluations) <= len(run.record.series_time)
    bare = simulation.bare_arithmetic(scenario, data, run.trainer.open.asked, len(evaluations))
    assert set(bare) == {"learning", "opinions", "evaluation"}
    assert all(seconds > 0 for seconds in bare.values())


def test_growth_is_measured_on_the_same_stream() -> None:
    found = simulation._by_length(500)
    assert found.events > 500
    assert found.microseconds > 0


@pytest.mark.parametrize("name", attacks.ATTACKS)
def test_attacks_are_scenarios(name: str) -> None:
    settings, attackers = attacks.ATTACKS[name]
    scenario = load("imdb-perceptron", settings)
    start = sum(scenario.agents[agent].balance for agent in attackers)
    assert start == 10 * 10**18
