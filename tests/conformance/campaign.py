"""A long search for a difference between contract and twin: ``make conformance``."""

import argparse
import os
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import redirect_stdout
from io import StringIO
from multiprocessing import get_context

from tests.conformance.twin_case import Mechanism
from tests.conformance.twin_cases import PAIRINGS, cases
from tests.conformance.twin_run import Tally, run

__all__ = ["main"]

PORTION = 2_000
"""Operations of one task."""

Task = tuple[str, Mechanism, int, int, int]
"""Classifier, mechanism, which of its models, operations, seed."""


def main(arguments: list[str] | None = None) -> int:
    """Search, and say what was found; 1 if there is a difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.campaign", description=__doc__)
    parser.add_argument("--operations", type=int, default=100_000, help="for each pairing")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    tallies = {pairing: Tally() for pairing in PAIRINGS}
    differences: list[str] = []
    with ProcessPoolExecutor(options.processes, get_context("spawn")) as pool:
        tasks = {pool.submit(attempt, task): task for task in _tasks(options.operations, options.seed)}
        for done in as_completed(tasks):
            classifier, mechanism, *_ = task = tasks[done]
            _take_in(done, task, tallies[classifier, mechanism], differences)
            at = tallies[classifier, mechanism].operations
            print(f"{classifier}, {mechanism}: {at:,} of {options.operations:,} operations", flush=True)
    print()
    for (classifier, mechanism), tally in tallies.items():
        paid = ", ".join(f"{path.name.lower()} {n:,}" for path, n in sorted(tally.claims.items()))
        print(f"{classifier}, {mechanism}: claims by {paid}; {len(tally.refusals)} sentences of refusal")
        for sentence, times in tally.refusals.most_common():
            print(f"  {times:9,} {sentence}")
    for pairing, tally in tallies.items():
        found = sum(difference.startswith(", ".join(pairing)) for difference in differences)
        print(f"{', '.join(pairing)}: {tally.operations:,} operations, {found} differences")
    print(*differences, sep="\n")
    return 1 if differences else 0


def attempt(task: Task) -> Tally | str:
    """What a task has come to, or how the twins differ."""
    classifier, mechanism, which, operations, number = task
    said = StringIO()
    try:
        with redirect_stdout(said):
            return run(cases(classifier, mechanism)[which], operations, number)
    except Exception:
        return said.getvalue() + traceback.format_exc()


def _tasks(operations: int, number: int) -> Iterator[Task]:
    """As many of each model, so that all get their turn early."""
    left = dict.fromkeys(PAIRINGS, operations)
    turn = 0
    while any(left.values()):
        for classifier, mechanism in PAIRINGS:
            portion = min(PORTION, left[classifier, mechanism])
            if portion:
                which = turn % len(cases(classifier, mechanism))
                yield classifier, mechanism, which, portion, number * 1_000_000_007 + turn
                left[classifier, mechanism] -= portion
        turn += 1


def _take_in(done: "Future[Tally | str]", task: Task, tally: Tally, differences: list[str]) -> None:
    answer = done.result()
    if isinstance(answer, Tally):
        tally.add(answer)
        return
    classifier, mechanism, which, _, number = task
    differences.append(
        f"{classifier}, {mechanism} ({cases(classifier, mechanism)[which]}, seed {number}):\n{answer}"
    )


if __name__ == "__main__":
    sys.exit(main())
