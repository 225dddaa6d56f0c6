"""The record of a run: every contribution, every claim, and the series over time."""

from dataclasses import dataclass, field

__all__ = ["Record"]


@dataclass(slots=True)
class Record:
    """What happened, in columns; money in wei, time in seconds."""

    agents: list[str]
    """The scenario's names, one for each group of like agents."""
    contribution_time: list[int] = field(default_factory=list)
    contribution_agent: list[int] = field(default_factory=list)
    contribution_row: list[int] = field(default_factory=list)
    """Which sample of the training part."""
    contribution_label: list[int] = field(default_factory=list)
    contribution_cost: list[int] = field(default_factory=list)
    claim_time: list[int] = field(default_factory=list)
    claim_agent: list[int] = field(default_factory=list)
    claim_contribution: list[int] = field(default_factory=list)
    claim_path: list[int] = field(default_factory=list)
    claim_amount: list[int] = field(default_factory=list)
    series_time: list[int] = field(default_factory=list)
    series_correct: list[int] = field(default_factory=list)
    series_cost: list[int] = field(default_factory=list)
    series_held: list[int] = field(default_factory=list)
    series_balances: list[list[int]] = field(default_factory=list)
    """At each time, the money of each group outside of the model."""
