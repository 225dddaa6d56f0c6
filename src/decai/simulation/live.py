"""A run as a process of its own that tells, line by line, how it goes.

``python -m decai.simulation.live`` reads one JSON object: ``scenario``, ``settings`` (a list of
``key=value``), ``seed`` and ``out``, the folder. It writes one JSON object a line: first ``agents``,
``start`` (their money in wei), ``tests`` (how many samples accuracy is measured on) and ``contributions``
(the most there can be); then ``series``, rows of what came since, each the time in seconds, the test samples
that are right, what is held and the money of each group; in the end ``result``, ``stopped`` or ``fault``.
SIGTERM lets it end early, and so does the end of whoever listens; what was simulated until then is kept.
"""

import json
import os
import sys
from pathlib import Path
from time import monotonic
from typing import Any, Final

from decai.errors import DecaiError, Interrupted
from decai.simulation.engine import Simulation
from decai.simulation.run import simulate
from decai.simulation.scenario import load

__all__ = ["main"]

_EVERY: Final = 0.1
"""Seconds between two lines at least."""


class _Teller:
    def __init__(self) -> None:
        self._told = -1
        self._due = 0.0

    def watch(self, simulation: Simulation) -> None:
        """Tell what is new, unless that was done just now."""
        if (now := monotonic()) >= self._due:
            self._due = now + _EVERY
            try:
                self.tell(simulation)
            except BrokenPipeError:
                simulation.interrupt()

    def tell(self, simulation: Simulation) -> None:
        """Tell what is new."""
        record = simulation.record
        if self._told < 0:
            self._told = 0
            _say(
                agents=record.agents,
                start=[str(amount) for amount in simulation.start_money],
                tests=len(simulation.dataset.test),
                contributions=len(simulation._stream),
            )
        rows = [
            [time, right, str(held), *map(str, balances)]
            for time, right, held, balances in zip(
                record.series_time[self._told :],
                record.series_correct[self._told :],
                record.series_held[self._told :],
                record.series_balances[self._told :],
                strict=True,
            )
        ]
        self._told += len(rows)
        _say(series=rows, done=len(record.contribution_time))


def main() -> int:
    """Run what standard input asks for; 0 unless it failed."""
    request = json.loads(sys.stdin.readline())
    teller, last = _Teller(), list[Simulation]()

    def watch(simulation: Simulation) -> None:
        last[:] = [simulation]
        teller.watch(simulation)

    try:
        scenario = load(request["scenario"], request["settings"])
        result = simulate(scenario, request["seed"], out=Path(request["out"]), replace=True, watch=watch)
    except Interrupted as stopped:
        _finish(teller, last, stopped=str(stopped))
        return 0
    except DecaiError as error:
        _finish(teller, last, fault=str(error))
        return 2
    _finish(teller, last, result=result.to_json())
    return 0


def _finish(teller: _Teller, last: list[Simulation], **words: Any) -> None:
    try:
        for simulation in last:
            teller.tell(simulation)
        _say(**words)
    except BrokenPipeError:
        # What is left of the last line would be tried once more at the end of the process.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(**words: Any) -> None:
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    sys.exit(main())
