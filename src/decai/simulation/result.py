"""What a run comes to: its figures, and a digest that two equal runs share.

The digest covers the settings, the seed, every column of the record and the final model. Versions,
paths, clocks and pictures are no part of it.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np

from decai.model_file import model_to_dict
from decai.protocols import Path as ClaimPath
from decai.simulation.build import baseline_classifier
from decai.simulation.engine import Simulation
from decai.simulation.record import Record
from decai.units import DAY

__all__ = ["Balance", "ClaimTotal", "Place", "RunResult", "digest_of", "result_of"]

Place = Literal["memory", "evm", "node"]
"""Where a run's contributions and claims are decided: in memory, or by the contracts."""

_INTEGER_COLUMNS: Final = (
    "contribution_time",
    "contribution_agent",
    "contribution_row",
    "contribution_label",
    "claim_time",
    "claim_agent",
    "claim_contribution",
    "claim_path",
    "series_time",
    "series_correct",
)
_MONEY_COLUMNS: Final = ("contribution_cost", "claim_amount", "series_cost", "series_held")


@dataclass(frozen=True, slots=True)
class Balance:
    """What a group of agents owned outside of the model, in wei."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ClaimTotal:
    """How many claims were paid on one path, and how much in all, in wei."""

    count: int
    amount: int


@dataclass(frozen=True, slots=True)
class RunResult:
    """The figures of a run, complete or not."""

    scenario: str
    seed: int
    stopped_by: str
    """Why contributions ended: ``data``, ``duration``, ``money``, ``interrupt`` or ``failure``."""
    days: float
    """Simulated time."""
    contributions: int
    events: int
    """Contributions, claims and paid predictions."""
    wakeups: int
    initial_accuracy: float
    final_accuracy: float
    """Mean of the last tenth of the evaluations."""
    baseline_accuracy: float
    """Of the same classifier, trained on all true training data at once."""
    balances: dict[str, Balance]
    """By group of agents."""
    held: int
    """What is left of all deposits, in wei."""
    claims: dict[str, ClaimTotal]
    """By path: ``refund``, ``report``, ``owner``, ``anyone``."""
    loop_cpu_seconds: float
    wall_seconds: float
    """Of loading, simulating and evaluating; writing the folder is not in it."""
    digest: str
    run: str | None = None
    """The run's folder; None if it was not written."""
    on: Place = "memory"

    @property
    def status(self) -> Literal["complete", "interrupted", "failed"]:
        """Whether the run came to its end, the user stopped it, or an agent of his own did by failing."""
        if self.stopped_by == "interrupt":
            return "interrupted"
        return "failed" if self.stopped_by == "failure" else "complete"

    def to_json(self) -> dict[str, Any]:
        """All figures as JSON values; money in whole wei."""
        return asdict(self)


def result_of(simulation: Simulation, wall_seconds: float = 0.0) -> RunResult:
    """The figures of a simulation that has run."""
    record, tested = simulation.record, len(simulation.dataset.test)
    tenth = max(1, len(record.series_correct) // 10)
    return RunResult(
        scenario=simulation.scenario.name,
        seed=simulation.seed,
        stopped_by=simulation.stopped_by,
        days=record.series_time[-1] / DAY,
        contributions=len(record.contribution_time),
        events=simulation.events,
        wakeups=simulation.wakeups,
        initial_accuracy=record.series_correct[0] / tested,
        final_accuracy=sum(record.series_correct[-tenth:]) / (tenth * tested),
        baseline_accuracy=_baseline(simulation),
        balances={
            name: Balance(start, end)
            for name, start, end in zip(record.agents, simulation.start_money, simulation.money, strict=True)
        },
        held=simulation.trainer.held,
        claims=_claim_totals(record),
        loop_cpu_seconds=simulation.loop_cpu_seconds,
        wall_seconds=wall_seconds,
        digest=digest_of(simulation),
    )


def digest_of(simulation: Simulation) -> str:
    """SHA-256, in hexadecimal, of all that a run is given and all that it comes to.

    Each part is preceded by its name and length, so that no two runs share one text by another division.
    """
    record = simulation.record
    digest = hashlib.sha256()

    def add(name: str, content: bytes) -> None:
        digest.update(f"{name}:{len(content)}:".encode())
        digest.update(content)

    add("scenario", simulation.scenario.canonical().encode())
    add("seed", str(simulation.seed).encode())
    for name in _INTEGER_COLUMNS:
        add(name, np.asarray(getattr(record, name), dtype="<i8").tobytes())
    for name in _MONEY_COLUMNS:
        add(name, _lines(getattr(record, name)))
    for number, group in enumerate(record.agents):
        add(f"series_balances {group}", _lines(row[number] for row in record.series_balances))
    model = model_to_dict(simulation.classifier)
    add("model", json.dumps(model, sort_keys=True, separators=(",", ":")).encode())
    return digest.hexdigest()


def _lines(amounts: Iterable[int]) -> bytes:
    return "\n".join(map(str, amounts)).encode()


def _baseline(simulation: Simulation) -> float:
    test = simulation.dataset.test
    classifier = baseline_classifier(simulation.scenario, simulation.dataset)
    return float(np.mean(classifier.predict_many(test.samples) == test.labels))


def _claim_totals(record: Record) -> dict[str, ClaimTotal]:
    counts: Counter[int] = Counter(record.claim_path)
    amounts: Counter[int] = Counter()
    for path, amount in zip(record.claim_path, record.claim_amount, strict=True):
        amounts[path] += amount
    return {path.name.lower(): ClaimTotal(counts[path], amounts[path]) for path in ClaimPath}
