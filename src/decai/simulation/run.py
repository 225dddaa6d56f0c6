"""One call from a scenario and a seed to a result on disk."""

import dataclasses
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import perf_counter
from types import FrameType
from typing import get_args

from decai.dataset import Dataset, available, info, load
from decai.errors import AgentError, InputError, Interrupted, OptionError, ScenarioError, StorageError
from decai.simulation.engine import Progress, Simulation
from decai.simulation.result import Place, RunResult, result_of
from decai.simulation.run_folder import save_run
from decai.simulation.run_place import check_folder
from decai.simulation.scenario import Scenario

__all__ = ["Watch", "load_dataset", "simulate"]

Watch = Callable[[Simulation], None]
"""Looks at a simulation while it runs."""


def simulate(
    scenario: Scenario,
    seed: int,
    *,
    on: Place = "memory",
    out: Path | None = None,
    replace: bool = False,
    progress: Progress | None = None,
    watch: Watch | None = None,
) -> RunResult:
    """Run a scenario to its end.

    Parameters
    ----------
    scenario
        What is simulated.
    seed
        Decides every draw; not negative.
    on
        Where its contributions and claims are decided: by the rules in ``memory``, or by the contracts,
        which are held to those rules, on an ``evm`` in this process or on a ``node`` of the run's own.
    out
        The folder to write; see `decai.simulation.run_folder`. Nothing is written without it.
    replace
        Whether the run may take the place of any run in `out`, not only of one of the same settings and
        seed.
    progress
        Called now and then with the contributions so far and the most there can be.
    watch
        Called as often with the simulation itself, to be looked at and left as it is.

    Returns
    -------
    RunResult
        The figures; its `run` is the folder.

    Raises
    ------
    ScenarioError
        If the scenario, its data and the seed do not fit each other.
    DatasetError, MissingError
        If the data, the EVM or the node cannot be had.
    InputError
        If `on` is no such place, or a number does not fit into a contract.
    BrokenRulesError
        If the contracts do anything else than the rules in memory; names the first event that differs.
    ChainError
        If the node ends.
    StorageError
        If the folder cannot be written; what can be known of that is known before the run.
    AgentError
        If an agent of the user's own fails; what was simulated until then is kept.
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
    folder = check_folder(out, scenario, seed, replace=replace) if out is not None else None
    with ExitStack() as chains:
        simulation = _prepared(scenario, seed, on, chains)
        chains.enter_context(_signals_stop(simulation))
        with suppress(AgentError):
            simulation.run(_looked_at(simulation, progress, watch))
        result = result_of(simulation)
        result = dataclasses.replace(result, on=on, wall_seconds=perf_counter() - started)
        try:
            written = folder is not None and save_run(simulation, result, folder, replace=replace)
        except StorageError as error:
            if simulation.failure is None:
                raise
            raise AgentError(f"{simulation.failure}; the run so far is lost: {error}") from simulation.failure
    if simulation.failure is not None:
        raise AgentError(f"{simulation.failure}, {_account(result, out, written)}") from simulation.failure
    if result.status == "interrupted":
        raise Interrupted(f"interrupted {_account(result, out, written)}")
    return dataclasses.replace(result, run=str(out)) if written else result


def _looked_at(simulation: Simulation, progress: Progress | None, watch: Watch | None) -> Progress | None:
    if watch is None:
        return progress

    def look(done: int, total: int) -> None:
        watch(simulation)
        if progress is not None:
            progress(done, total)

    return look


def _prepared(scenario: Scenario, seed: int, on: Place, chains: ExitStack) -> Simulation:
    """The simulation, on a chain that lasts as long as `chains`."""
    if on not in get_args(Place):
        raise InputError(f"on: must be one of {', '.join(get_args(Place))} (got {on!r})")
    if on == "memory":
        return Simulation(scenario, load_dataset(scenario), seed)
    from decai.simulation.on_chain import ChainSimulation, fresh_chain

    chain = chains.enter_context(fresh_chain(on))
    return ChainSimulation(scenario, load_dataset(scenario), seed, chain)


def load_dataset(scenario: Scenario) -> Dataset:
    """The data of a scenario, in the form that its classifier reads.

    Raises
    ------
    ScenarioError
        If there is no such data set, an option of it does not exist or is out of range, or the classifier
        needs features that it does not have.
    DatasetError, MissingError
        If the data cannot be had.
    """
    spec, kind = scenario.data, scenario.model.classifier
    names = available()
    if spec.dataset not in names:
        raise ScenarioError(f"data.dataset: must be one of {', '.join(names)} (got {spec.dataset!r})")
    about, dense = info(spec.dataset), kind.startswith("dense")
    for option in spec.options:
        if option not in about.options:
            known = f"there are {', '.join(about.options)}" if about.options else "it has no options"
            raise ScenarioError(f"unknown key 'data.options.{option}' for {about.name}; {known}")
    if dense and about.form == "sparse":
        raise ScenarioError(f"model.classifier: {kind} cannot learn from the sparse features of {about.name}")
    try:
        return load(spec.dataset, cache=None, dense=dense, **spec.options)
    except OptionError as error:
        raise ScenarioError(f"data.options.{error.option}: {error}") from None


def _account(result: RunResult, out: Path | None, written: bool) -> str:
    """How far a run that was cut short came, and where it is."""
    count = result.contributions
    text = f"after {count:,} contribution{'' if count == 1 else 's'}"
    if written:
        return f"{text}; the run so far is kept in {out}"
    return text if out is None else f"{text}; the complete run in {out} is left as it was"


@contextmanager
def _signals_stop(simulation: Simulation) -> Iterator[None]:
    """While it lasts, SIGINT and SIGTERM let the run end early, and never cut off its writing.

    A second one is for an agent of the user's own that does not come back: it ends the loop at once.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may handle signals
        return

    def stop(number: int, frame: FrameType | None) -> None:
        if simulation.interrupted and simulation.running:
            raise KeyboardInterrupt
        simulation.interrupt()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
