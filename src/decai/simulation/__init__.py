"""Simulation: who gains and who loses when anyone may contribute.

Importing this package is cheap; what a name needs is imported when the name is first used.

Examples
--------
>>> from decai.simulation import load_scenario, simulate
>>> result = simulate(load_scenario("tiny", ["agents.bad.balance='1 ether'"]), seed=1)
>>> result.balances["bad"].start
1000000000000000000
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from decai.simulation.agents import Agent, Caller, Honest, Malicious, Owner
    from decai.simulation.engine import Simulation
    from decai.simulation.plot import plot_runs
    from decai.simulation.record import Record
    from decai.simulation.result import Balance, ClaimTotal, RunResult
    from decai.simulation.run import load_dataset, simulate
    from decai.simulation.run_data import RunData, load_run
    from decai.simulation.scenario import Scenario
    from decai.simulation.scenario import available as available_scenarios
    from decai.simulation.scenario import load as load_scenario
    from decai.simulation.view import View

__all__ = [
    "Agent",
    "Balance",
    "Caller",
    "ClaimTotal",
    "Honest",
    "Malicious",
    "Owner",
    "Record",
    "RunData",
    "RunResult",
    "Scenario",
    "Simulation",
    "View",
    "available_scenarios",
    "load_dataset",
    "load_run",
    "load_scenario",
    "plot_runs",
    "simulate",
]

_HOMES: Final = {
    "agents": ("Agent", "Caller", "Honest", "Malicious", "Owner"),
    "engine": ("Simulation",),
    "plot": ("plot_runs",),
    "record": ("Record",),
    "result": ("Balance", "ClaimTotal", "RunResult"),
    "run": ("load_dataset", "simulate"),
    "run_data": ("RunData", "load_run"),
    "scenario": ("Scenario",),
    "view": ("View",),
}
_RENAMED: Final = {"available_scenarios": "available", "load_scenario": "load"}


def __getattr__(name: str) -> Any:
    if name in _RENAMED:
        return getattr(import_module("decai.simulation.scenario"), _RENAMED[name])
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"decai.simulation.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
