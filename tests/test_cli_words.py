"""The words follow the figures, whichever way a run ends."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from decai.cli.words import account, eth, story
from decai.simulation import Balance, ClaimTotal, RunData, RunResult, load_scenario
from decai.simulation.result import Place

ETH = 10**18


def result(
    start: float = 0.8, end: float = 0.8, *, good: int = 12 * ETH, bad: int = 0, owner: int = 0
) -> RunResult:
    return RunResult(
        scenario="tiny",
        seed=1,
        stopped_by="data",
        days=4.0,
        contributions=1234,
        events=2000,
        wakeups=3000,
        initial_accuracy=start,
        final_accuracy=end,
        baseline_accuracy=0.85,
        balances={"good": Balance(10 * ETH, good), "bad": Balance(2 * ETH, bad), "owner": Balance(0, owner)},
        held=0,
        claims={path: ClaimTotal(1, 1) for path in ("refund", "report", "owner", "anyone")},
        loop_cpu_seconds=0.5,
        wall_seconds=1.0,
        digest="0" * 64,
        run="runs/tiny-seed1",
    )


def told(result: RunResult, bad: tuple[float, ...] = (2, 1, 0.01, 0, 0)) -> str:
    days = np.arange(5, dtype=np.float64)
    balances = {"good": days, "bad": np.array(bad, dtype=np.float64), "owner": days}
    return story(RunData(Path("run"), "", result, days, days, balances), load_scenario("tiny"))


def test_where_it_was_decided() -> None:
    assert "contracts" not in account(result())
    places: dict[Place, str] = {"evm": "an EVM in this process", "node": "a node of its own"}
    for on, where in places.items():
        lines = account(replace(result(), on=on)).splitlines()
        assert f"  contracts decided the same, to the wei, on {where}" in lines


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (0.83, "Yes, it gained 3.0 points"),
        (0.80, "Yes, as good as before"),
        (0.785, "Yes, it lost only 1.5 points"),
        (0.77, "Not quite, it lost 3.0 points"),
        (0.70, "No, it lost 10.0 points"),
    ],
)
def test_whether_the_model_stayed_good(end: float, words: str) -> None:
    assert f"Did the model stay good? {words}: right on 80.0%" in told(result(end=end))


@pytest.mark.parametrize(
    ("good", "words"),
    [
        (14 * ETH, "Yes: 10 ETH became 14 ETH (+40%)."),
        (10 * ETH, "Neither profit nor loss: 10 ETH."),
        (9 * ETH, "No: of 10 ETH, 9 ETH are left (-10%)."),
    ],
)
def test_whether_the_honest_profit(good: int, words: str) -> None:
    assert f"Did the honest contributor (good) profit? {words}" in told(result(good=good))


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (0, "Yes, on day 3: of 2 ETH, 0 ETH is left (0.0%)."),
        (ETH // 2, "Not quite: of 2 ETH, 0.5 ETH is left (25.0%)."),
        (3 * ETH // 2, "No, but it lost: of 2 ETH, 1.5 ETH are left (75.0%)."),
        (3 * ETH, "No: 2 ETH became 3 ETH (+50%)."),
    ],
)
def test_whether_the_attacker_goes_broke(bad: int, words: str) -> None:
    # 1% of 2 ETH is 0.02 ETH; the series is last above it on day 1 or 2.
    series = (2.0, 1.0, 0.02, 0.0, 0.0) if not bad else (2.0, 1.0, 1.0, 1.0, 1.0)
    assert f"Did the attacker (bad) go broke? {words}" in told(result(bad=bad), series)


def test_account_tells_what_is_unclaimed_and_why_it_ended() -> None:
    text = account(replace(result(), held=ETH, stopped_by="money", days=400.0))
    assert "1,234 contributions in 400 days; nobody had money left" in text
    assert "unclaimed 1 ETH" in text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0 ETH"),
        (1, "less than 0.001 ETH"),
        (10**15, "0.001 ETH"),
        (1_234_567 * ETH, "1,234,567 ETH"),
        (10 * ETH, "10 ETH"),
        (ETH + ETH // 3, "1.333 ETH"),
    ],
)
def test_amounts_are_rounded_for_people(amount: int, text: str) -> None:
    assert eth(amount) == text
