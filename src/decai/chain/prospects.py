"""What somebody could claim later: from when, on which path, and at most how much."""

from dataclasses import dataclass

from decai.protocols import Path
from decai.trainer import LocalTrainer
from decai.units import Address, Seconds, Wei

__all__ = ["Prospect", "prospects"]


@dataclass(frozen=True, slots=True)
class Prospect:
    """A claim that may become possible."""

    contribution: int
    path: Path
    since: Seconds
    """From when, in seconds."""
    amount: Wei
    """What is left of the deposit, or today's share of it, in wei; others may be quicker."""
    needs_model: bool
    """Whether it also takes the model to agree (a refund) or disagree (a report) at that time."""


def prospects(twin: LocalTrainer, claimer: Address, now: Seconds) -> list[Prospect]:
    """The next path that opens to `claimer` on each contribution that he cannot claim at `now`.

    Parameters
    ----------
    twin
        A trainer in memory, such as a `Replica`'s.
    claimer
        Who asks.
    now
        The time, in seconds.
    """
    ledger = twin.ledger
    can = {offer.contribution for offer in twin.claims(claimer)}
    found = []
    for number in range(len(ledger)):
        closed = ledger.claims[number] > 0 and not ledger.left[number]
        if number in can or closed:
            continue
        prospect = _next(twin, number, claimer, now)
        if prospect is not None:
            found.append(prospect)
    return sorted(found, key=lambda each: (each.since, each.contribution))


def _next(twin: LocalTrainer, number: int, claimer: Address, now: Seconds) -> Prospect | None:
    ledger, terms = twin.ledger, twin.incentive
    added, left = ledger.added[number], ledger.left[number]
    judged = Seconds(added + terms.refund_wait)
    if ledger.author[number] == claimer:
        if judged <= now or ledger.has_claimed(number, claimer):
            return None
        return Prospect(number, Path.REFUND, judged, left, needs_model=True)
    paths = []
    if judged > now and not ledger.has_claimed(number, claimer):
        share = Wei(min(left, int(ledger.deposit[number] * terms.share(claimer))))
        if share >= max(1, terms.least_report):
            paths.append(Prospect(number, Path.REPORT, judged, share, needs_model=True))
    if terms.owner_wait is not None and claimer == twin.owner:
        paths.append(Prospect(number, Path.OWNER, Seconds(added + terms.owner_wait), left, needs_model=False))
    if terms.any_wait is not None:
        paths.append(Prospect(number, Path.ANYONE, Seconds(added + terms.any_wait), left, needs_model=False))
    return min((p for p in paths if p.since > now and p.amount), key=lambda p: p.since, default=None)
