"""A long search for a difference between contract and twin: ``make conformance``.

Of some pairings, by their names or how these begin:
``python -m tests.conformance.campaign --pairing "naive-bayes, points" --pairing dense``.
"""

import argparse
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import redirect_stdout
from io import StringIO
from multiprocessing import get_context
from time import process_time

from tests.conformance.twin_case import Mechanism
from tests.conformance.twin_cases import PAIRINGS, cases
from tests.conformance.twin_run import Tally, run

__all__ = ["main"]

PORTION = 2_000
"""Operations of one task."""

Pairing = tuple[str, Mechanism]
Task = tuple[str, Mechanism, int, int, int]
"""Classifier, mechanism, which of its models, operations, seed."""


def main(arguments: list[str] | None = None) -> int:
    """Search, and say what was found; 1 if there is a difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.campaign", description=__doc__)
    parser.add_argument("--operations", type=int, default=100_000, help="for each pairing")
    parser.add_argument("--pairing", action="append", help="how its name begins: CLASSIFIER, MECHANISM")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    chosen = [pairing for pairing in PAIRINGS if _is_chosen(pairing, options.pairing)]
    if not chosen:
        names = "; ".join(map(_name, PAIRINGS))
        parser.error(f"no pairing begins with {' or '.join(map(repr, options.pairing))}; there are {names}")
    tallies = {pairing: Tally() for pairing in chosen}
    differences: list[str] = []
    with ProcessPoolExecutor(options.processes, get_context("spawn")) as pool:
        tasks = {
            pool.submit(attempt, task): task for task in _tasks(chosen, options.operations, options.seed)
        }
        for done in as_completed(tasks):
            classifier, mechanism, *_ = task = tasks[done]
            _take_in(done, task, tallies[classifier, mechanism], differences)
            at = tallies[classifier, mechanism].operations
            print(f"{_name(task[:2])}: {at:,} of {options.operations:,} operations", flush=True)
    print()
    for (classifier, mechanism), tally in tallies.items():
        paid = ", ".join(f"{path.name.lower()} {n:,}" for path, n in sorted(tally.claims.items()))
        print(
            f"{_name((classifier, mechanism))}: claims by {paid}; {len(tally.refusals)} sentences of refusal"
        )
        for sentence, times in tally.refusals.most_common():
            print(f"  {times:9,} {sentence}")
    for pairing, tally in tallies.items():
        found = sum(difference.startswith(f"{_name(pairing)} (") for difference in differences)
        print(
            f"{_name(pairing)}: {tally.operations:,} operations, {found} differences, {tally.seconds:,.0f} s"
        )
    print(f"in all: {sum(tally.seconds for tally in tallies.values()):,.0f} s of processor time")
    print(*differences, sep="\n")
    return 1 if differences else 0


def attempt(task: Task) -> Tally | str:
    """What a task has come to, or how the twins differ."""
    classifier, mechanism, which, operations, number = task
    said, before = StringIO(), process_time()
    try:
        with redirect_stdout(said):
            tally = run(cases(classifier, mechanism)[which], operations, number)
        tally.seconds = process_time() - before
        return tally
    except Exception:
        return said.getvalue() + traceback.format_exc()


def _name(pairing: Pairing) -> str:
    return ", ".join(pairing)


def _is_chosen(pairing: Pairing, beginnings: Sequence[str] | None) -> bool:
    if beginnings is None:
        return True
    names, name = set(map(_name, PAIRINGS)), _name(pairing)
    # Some names are the beginnings of others.
    return any(name == one if one in names else name.startswith(one) for one in beginnings)


def _tasks(pairings: Sequence[Pairing], operations: int, number: int) -> Iterator[Task]:
    """As many of each model, so that all get their turn early."""
    left = dict.fromkeys(pairings, operations)
    turn = 0
    while any(left.values()):
        for classifier, mechanism in pairings:
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
    case = cases(classifier, mechanism)[which]
    differences.append(f"{_name((classifier, mechanism))} ({case}, seed {number}):\n{answer}")


if __name__ == "__main__":
    sys.exit(main())
