"""One call from a scenario and a seed to a result on disk."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from types import FrameType

from decai.dataset import Dataset, info, load
from decai.errors import Interrupted, ScenarioError
from decai.simulation.engine import Progress, Simulation
from decai.simulation.result import RunResult, result_of
from decai.simulation.run_folder import check_folder, save_run
from decai.simulation.scenario import Scenario

__all__ = ["load_dataset", "simulate"]


def simulate(
    scenario: Scenario, seed: int, *, out: Path | None = None, progress: Progress | None = None
) -> RunResult:
    """Run a scenario to its end.

    Parameters
    ----------
    scenario
        What is simulated.
    seed
        Decides every draw; not negative.
    out
        The folder to write; see `decai.simulation.run_folder`. Nothing is written without it.
    progress
        Called now and then with the contributions so far and the most there can be.

    Returns
    -------
    RunResult
        The figures; its `run` is the folder.

    Raises
    ------
    ScenarioError
        If the scenario, its data and the seed do not fit each other.
    DatasetError, MissingError
        If the data cannot be had.
    StorageError
        If the folder cannot be written; what can be known of that is known before the run.
    Interrupted
        If SIGINT or SIGTERM came during the run; what was simulated until then is kept.

    Examples
    --------
    >>> from decai.simulation.scenario import load
    >>> result = simulate(load("tiny"), seed=1)
    >>> result.contributions, result.stopped_by
    (240, 'data')
    """
    started = perf_counter()
    folder = check_folder(out, scenario, seed) if out is not None else None
    simulation = Simulation(scenario, load_dataset(scenario), seed)
    with _signals_stop(simulation):
        simulation.run(progress)
        result = result_of(simulation)
        result = replace(result, wall_seconds=perf_counter() - started)
        written = folder is not None and save_run(simulation, result, folder)
    if result.interrupted:
        raise Interrupted(_account(result, out, written))
    return replace(result, run=str(out)) if written else result


def load_dataset(scenario: Scenario) -> Dataset:
    """The data of a scenario, in the form that its classifier reads.

    Raises
    ------
    ScenarioError
        If it sets an option that the data set does not have.
    DatasetError, MissingError
        If the data cannot be had.
    """
    spec = scenario.data
    known = info(spec.dataset).options
    for option in spec.options:
        if option not in known:
            raise ScenarioError(f"data.options.{option}: {spec.dataset} has no such option")
    return load(spec.dataset, cache=None, dense=scenario.model.classifier.startswith("dense"), **spec.options)


def _account(result: RunResult, out: Path | None, written: bool) -> str:
    count = result.contributions
    text = f"interrupted after {count:,} contribution{'' if count == 1 else 's'}"
    if written:
        return f"{text}; the run so far is kept in {out}"
    return text if out is None else f"{text}; the complete run in {out} is left as it was"


@contextmanager
def _signals_stop(simulation: Simulation) -> Iterator[None]:
    """While it lasts, SIGINT and SIGTERM let the run end early, and never cut off its writing."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may handle signals
        return

    def stop(number: int, frame: FrameType | None) -> None:
        simulation.interrupt()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
