"""Runs of plays until they come to so many operations, each by its seed, so that it can be repeated."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from hypothesis import HealthCheck, given, seed, settings

from decai.protocols import Path
from tests.conformance.stage import stage_of
from tests.conformance.twin_case import Case
from tests.conformance.twin_play import Play
from tests.conformance.twin_steps import Start, Step, starts, steps

__all__ = ["Tally", "run"]

STEPS: Final = 60
"""Of one play."""


@dataclass
class Tally:
    """What plays have come to."""

    operations: int = 0
    claims: Counter[Path] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    """Of processor time, compiling included."""

    def add(self, other: "Tally") -> None:
        """Take in another."""
        self.operations += other.operations
        self.claims += other.claims
        self.refusals += other.refusals
        self.seconds += other.seconds


def run(case: Case, operations: int, number: int) -> Tally:
    """Plays of so many operations or a few more; hypothesis raises at the first difference, made short.

    Parameters
    ----------
    case
        Which model, on which terms.
    operations
        How many at least, without those that a play begins with.
    number
        The seed: another number, another run.
    """
    tally = Tally()
    while tally.operations < operations:
        # The first play of each run is the simplest there is: nothing happens.
        _plays(case, 2 + (operations - tally.operations) // STEPS, number, tally)
        number += 1_000_003
    return tally


def _plays(case: Case, count: int, number: int, tally: Tally) -> None:
    @seed(number)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(start=starts(), taken=steps(case, STEPS))
    def play(start: Start, taken: list[Step]) -> None:
        with stage_of(case).chain.rehearsal():
            one = Play(case, start)
            one.run(taken)
        twins = one.twins
        tally.add(Tally(twins.operations, twins.claims, twins.refusals))

    play()
