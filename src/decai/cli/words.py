"""A result in plain words, chosen by its figures."""

from typing import Final

import numpy as np

from decai.simulation.result import Balance, RunResult
from decai.simulation.run_data import RunData
from decai.simulation.scenario import Scenario
from decai.units import ETHER, counted

__all__ = ["account", "eth", "story"]

_REASONS: Final = {
    "data": "all data was contributed",
    "duration": "the time was over",
    "money": "nobody had money left",
    "interrupt": "interrupted",
    "failure": "an agent failed",
}
_BROKE: Final = 0.01
"""Whoever has less than this part of his start counts as broke."""


def eth(amount: int) -> str:
    """An amount for a sentence, rounded to a thousandth of an ETH.

    Examples
    --------
    >>> eth(14_129_879_967_965_513_712), eth(10 * ETHER), eth(5), eth(0)
    ('14.13 ETH', '10 ETH', 'less than 0.001 ETH', '0 ETH')
    """
    if 0 < amount < ETHER // 1000:
        return "less than 0.001 ETH"
    return f"{amount / ETHER:,.3f}".rstrip("0").rstrip(".") + " ETH"


def account(result: RunResult) -> str:
    """What a run came to, in a few lines."""
    lines = [
        f"{result.scenario}, seed {result.seed}: {counted(result.contributions, 'contribution')} in "
        f"{counted(round(result.days), 'day')}; {_REASONS.get(result.stopped_by, result.stopped_by)}",
        f"  accuracy  {result.initial_accuracy:.1%} at the start, {result.final_accuracy:.1%} at the end; "
        f"{result.baseline_accuracy:.1%} if trained on all true data",
    ]
    width = max(9, *map(len, result.balances))
    for name, balance in result.balances.items():
        change = f" ({_change(balance):+.1%})" if balance.start else ""
        lines.append(f"  {name:{width}} {eth(balance.start)} became {eth(balance.end)}{change}")
    if result.held:
        lines.append(f"  {'unclaimed':{width}} {eth(result.held)}")
    claims = ", ".join(f"{_claims(path, total.count)}" for path, total in result.claims.items())
    lines.append(f"  {'claims':{width}} {claims}")
    lines.append(
        f"  {'time':{width}} {result.loop_cpu_seconds:.1f} s in the loop, {result.wall_seconds:.1f} s in all"
    )
    if result.on != "memory":
        lines.append(f"  {'contracts':{width}} decided the same, to the wei, {_PLACES[result.on]}")
    if result.run is not None:
        lines.append(f"  {'run':{width}} {result.run}")
    return "\n".join(lines)


_PLACES: Final = {"evm": "on an EVM in this process", "node": "on a node of its own"}
_CLAIMS: Final = {"owner": "by the owner", "anyone": "by anyone, after the last wait"}


def _claims(path: str, number: int) -> str:
    """How many claims were made on a path, whose plain names are things."""
    return f"{number:,} {_CLAIMS[path]}" if path in _CLAIMS else counted(number, path)


def story(run: RunData, scenario: Scenario) -> str:
    """Did the model stay good, did the honest profit, did attackers go broke?"""
    result = run.result
    lines = [
        f"In {counted(round(result.days), 'day')}, {counted(result.contributions, 'sample')} "
        f"{'was' if result.contributions == 1 else 'were'} contributed to a shared model.",
        "",
        f"Did the model stay good? {_goodness(result)}",
    ]
    for name, spec in scenario.agents.items():
        balance = result.balances[name]
        if spec.kind == "honest":
            lines.append(f"Did the honest contributor ({name}) profit? {_profit(balance)}")
        elif spec.kind == "malicious":
            lines.append(f"Did the attacker ({name}) go broke? {_ruin(run, name)}")
        else:
            lines.append(
                f"The {name} of the model has {eth(balance.end)}, after {eth(balance.start)} at the start."
            )
    return "\n".join(lines)


def _change(balance: Balance) -> float:
    return balance.end / balance.start - 1


def _goodness(result: RunResult) -> str:
    lost = 100 * (result.initial_accuracy - result.final_accuracy)
    if abs(lost) < 0.05:
        answer = "Yes, as good as before"
    elif lost < 0:
        answer = f"Yes, it gained {-lost:.1f} points"
    elif lost <= 2:
        answer = f"Yes, it lost only {lost:.1f} points"
    elif lost <= 5:
        answer = f"Not quite, it lost {lost:.1f} points"
    else:
        answer = f"No, it lost {lost:.1f} points"
    return (
        f"{answer}: right on {result.initial_accuracy:.1%} of the test data at the start, on "
        f"{result.final_accuracy:.1%} at the end (on {result.baseline_accuracy:.1%} had it learned all true "
        "data at once)."
    )


def _profit(balance: Balance) -> str:
    if balance.end > balance.start:
        answer = f"Yes: {eth(balance.start)} became {eth(balance.end)}"
    elif balance.end == balance.start:
        return f"Neither profit nor loss: {eth(balance.start)}."
    else:
        answer = f"No: of {eth(balance.start)}, {eth(balance.end)} are left"
    return f"{answer} ({_change(balance):+.0%})." if balance.start else f"{answer}."


def _ruin(run: RunData, name: str) -> str:
    balance = run.result.balances[name]
    if not balance.start:
        return f"There was nothing to lose; {eth(balance.end)} at the end."
    left = balance.end / balance.start
    verb = "is" if balance.end <= ETHER else "are"
    of = f"of {eth(balance.start)}, {eth(balance.end)} {verb} left ({left:.1%})"
    if left >= 1:
        return f"No: {eth(balance.start)} became {eth(balance.end)} ({_change(balance):+.0%})."
    if left >= _BROKE:
        return f"{'Not quite' if left < 0.5 else 'No, but it lost'}: {of}."
    rich = np.flatnonzero(run.balances[name] >= _BROKE * balance.start / ETHER)
    day = run.days[min(int(rich[-1]) + 1, len(run.days) - 1)]
    return f"Yes, on day {day:.0f}: {of}."
