"""How fast the event loop is: against the bare arithmetic, and as runs and crowds grow.

    make bench            the whole of it, some minutes
    make bench QUICK=1    without the run of a million contributions

Every comparison is a ratio of figures from this one process; absolute times depend on the machine.
"""

import os
import sys
from collections.abc import Callable
from time import perf_counter, process_time
from typing import Any, NamedTuple

import numpy as np

from decai import dataset
from decai.samples import Samples
from decai.simulation.build import build_classifier, train_initially
from decai.simulation.engine import Simulation
from decai.simulation.scenario import Scenario, load

__all__ = ["main"]

REFERENCE = "imdb-perceptron"
CLASSIFIERS = ("sparse-perceptron", "naive-bayes", "sparse-centroid")
SYNTHETIC = ("data.dataset=synthetic-text",)
ROUNDS = 5
PATIENCE = 6.0
"""Seconds after which a size is not measured once more."""


class Stopwatch:
    """CPU seconds spent inside one method of an object."""

    def __init__(self, target: Any, name: str) -> None:
        self.seconds = 0.0
        self.calls = 0
        inner = getattr(target, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            started = process_time()
            try:
                return inner(*args, **kwargs)
            finally:
                self.seconds += process_time() - started
                self.calls += 1

        setattr(target, name, timed)


def _least(action: Callable[[], object], times: int = 3) -> float:
    best = float("inf")
    for _ in range(times):
        started = process_time()
        action()
        best = min(best, process_time() - started)
    return best


def bare_arithmetic(
    scenario: Scenario, data: dataset.Dataset, asked: int, evaluations: int
) -> dict[str, float]:
    """CPU seconds of the kernels alone for the same work, done in bulk without an event loop.

    Parameters
    ----------
    scenario, data
        What was run.
    asked
        How many opinions of single contributions the run asked for.
    evaluations
        How often it measured accuracy on the test part.
    """
    samples, labels = data.train.samples, data.train.labels
    learned = int(len(labels) * (1 - scenario.data.initial))
    order = np.arange(learned)

    def learn() -> None:
        classifier = build_classifier(scenario.model, data)
        classifier.train(samples.select(order), labels[order])

    model = build_classifier(scenario.model, data)
    train_initially(model, scenario.model, samples, labels)
    some = model.stored_samples(samples.select(np.resize(np.arange(min(2000, len(samples))), max(asked, 1))))
    tests = model.stored_samples(data.test.samples)
    opinions = np.empty(max(asked, len(tests)), dtype=np.int64)

    def predict(rows: Samples) -> None:
        model.predict_rows(rows.values, rows.starts, rows.ends, opinions[: len(rows)])

    return {
        "learning": _least(learn),
        "opinions": _least(lambda: predict(some)),
        "evaluation": evaluations * _least(lambda: predict(tests)),
    }


def _against_arithmetic() -> None:
    print("Event loop on synthetic-text, 25,000 x 1,000, 25,000 test samples (CPU s; bare = kernels alone)")
    header = f"{'classifier':20}{'loop':>8}{'bare':>8}{'ratio':>8}"
    print(
        f"{header}   of the loop: contributing, claiming, evaluating | bare: learning, opinions, evaluation"
    )
    for kind in CLASSIFIERS:
        scenario = load(REFERENCE, [*SYNTHETIC, f"model.classifier={kind}"])
        data = dataset.load(scenario.data.dataset)
        simulation = Simulation(scenario, data, 1)
        phases = [Stopwatch(simulation, name) for name in ("_contribute", "_claim", "_correct")]
        evaluations = _count_evaluations(simulation)
        simulation.run()
        loops, bares = [], []
        # In turns, so that what else the machine does meets both.
        for _ in range(ROUNDS):
            loops.append(_timed(scenario, data))
            bares.append(bare_arithmetic(scenario, data, simulation.trainer.open.asked, len(evaluations)))
        loop, bare = min(loops), min(bares, key=lambda parts: sum(parts.values()))
        total = sum(bare.values())
        print(
            f"{kind:20}{loop:8.3f}{total:8.3f}{loop / total:8.2f}   "
            + ", ".join(f"{phase.seconds:.3f}" for phase in phases)
            + " | "
            + ", ".join(f"{seconds:.3f}" for seconds in bare.values()),
            flush=True,
        )


def _count_evaluations(simulation: Simulation) -> list[int]:
    """Gets an entry for each prediction of the whole test part."""
    counted: list[int] = []
    predict_rows, size = simulation.classifier.predict_rows, len(simulation.dataset.test.labels)

    def counting(values: Any, starts: Any, ends: Any, out: Any) -> None:
        if len(out) == size:
            counted.append(size)
        predict_rows(values, starts, ends, out)

    simulation.classifier.predict_rows = counting  # type: ignore[method-assign]
    return counted


def _timed(scenario: Scenario, data: dataset.Dataset) -> float:
    simulation = Simulation(scenario, data, 1)
    simulation.run()
    return simulation.loop_cpu_seconds


class Measured(NamedTuple):
    """What one size came to."""

    events: int
    microseconds: float
    """CPU time of the loop for each wake-up, contribution and claim; the best of some runs."""
    start: float
    """Seconds until the loop begins."""


def _measured(scenario: Scenario, data: dataset.Dataset) -> Measured:
    best = Measured(0, float("inf"), float("inf"))
    spent, rounds = 0.0, 0
    # Short runs are repeated, for a pause of the machine is long beside them.
    while rounds < ROUNDS and (not rounds or spent < PATIENCE):
        started = perf_counter()
        simulation = Simulation(scenario, data, 1)
        start = perf_counter() - started
        simulation.run()
        each = 1e6 * simulation.loop_cpu_seconds / (simulation.events + simulation.wakeups)
        best = Measured(simulation.events, min(best.microseconds, each), min(best.start, start))
        spent += perf_counter() - started
        rounds += 1
    return best


def _report(name: str, sizes: list[int], measure: Callable[[int], Measured]) -> None:
    print(f"\nTime per event (wake-ups, contributions and claims), by {name}")
    first = None
    for size in sizes:
        found = measure(size)
        first = first or found.microseconds
        print(
            f"{size:>12,}{found.events:>12,} events{found.microseconds:>8.2f} us each"
            f"{found.microseconds / first:>8.2f}x{found.start:>10.2f} s to start",
            flush=True,
        )


def _by_length(contributions: int) -> Measured:
    # Money for any length; short samples, so that a million fit in memory.
    plenty = [f"agents.{name}.balance=100000 ether" for name in ("good", "bad")]
    scenario = load(
        REFERENCE, [*SYNTHETIC, *plenty, "data.initial=0.0", f"data.contributions={contributions}"]
    )
    data = dataset.load("synthetic-text", samples=contributions + 1, test=1000, length=20)
    return _measured(scenario, data)


def _by_crowd(agents: int) -> Measured:
    # As many more agents as each sleeps longer: the stream of contributions stays the same.
    half = agents // 2
    crowd = [
        f"agents.good.count={half}",
        f"agents.bad.count={half}",
        f"agents.good.wait_mean={600 * half}",
        f"agents.bad.wait_mean={3600 * half}",
        f"agents.good.wait_stdev={120 * half}",
        f"agents.bad.wait_stdev={720 * half}",
    ]
    scenario = load(REFERENCE, [*SYNTHETIC, *crowd])
    return _measured(scenario, dataset.load("synthetic-text"))


def main() -> None:
    """Print the report."""
    quick = bool(os.environ.get("QUICK")) or "--quick" in sys.argv
    _by_length(1000)
    _against_arithmetic()
    _report("contributions", [1_000, 10_000, 100_000, *([] if quick else [1_000_000])], _by_length)
    _report("agents, the same stream", [2, 10, 100, 1_000, 10_000, 100_000], _by_crowd)


if __name__ == "__main__":
    main()
