"""What somebody could claim later: from when, on which path, and at most how much."""

from dataclasses import dataclass

from decai.incentive import Points
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
    """From when, in seconds; if that is past, it waits for the model alone."""
    amount: Wei
    """What is left of the deposit, or today's share of it, in wei; others may be quicker."""
    needs_model: bool
    """Whether it also takes the model to agree (a refund) or disagree (a report) at that time."""


def prospects(twin: LocalTrainer, claimer: Address, now: Seconds) -> list[Prospect]:
    """The paths that may open to `claimer` on each contribution, but for those that are open to him at `now`.

    Of the paths that time alone opens there is the first, for it leaves nothing to the others.

    Parameters
    ----------
    twin
        A trainer in memory, such as a `Replica`'s.
    claimer
        Who asks.
    now
        The time, in seconds.
    """
    open_now = {offer.contribution: offer.path for offer in twin.claims(claimer)}
    found: list[Prospect] = []
    for number in range(len(twin.ledger)):
        found += _of(twin, number, claimer, now, open_now.get(number))
    return sorted(found, key=lambda each: (each.since, each.contribution))


def _of(
    twin: LocalTrainer, number: int, claimer: Address, now: Seconds, open_now: Path | None
) -> list[Prospect]:
    ledger, terms = twin.ledger, twin.incentive
    added, left, deposit = ledger.added[number], ledger.left[number], ledger.deposit[number]
    is_author, has_claimed = ledger.author[number] == claimer, ledger.has_claimed(number, claimer)
    if ledger.claims[number] > 0 and not left:
        return []
    judged = Seconds(added + terms.refund_wait)
    if is_author:
        waits = open_now is None and not has_claimed
        return [Prospect(number, Path.REFUND, judged, left, needs_model=True)] if waits else []
    found: list[Prospect] = []
    is_owner = claimer == twin.owner and terms.owner_wait is not None
    wait = terms.owner_wait if is_owner else terms.any_wait
    takes_all = wait is not None and now - added >= wait
    share = Wei(min(left, int(deposit * terms.share(claimer))))
    if open_now is None and not has_claimed and not takes_all and (share or isinstance(terms, Points)):
        found.append(Prospect(number, Path.REPORT, judged, share, needs_model=True))
    if wait is not None and not takes_all and left:
        path = Path.OWNER if is_owner else Path.ANYONE
        found.append(Prospect(number, path, Seconds(added + wait), left, needs_model=False))
    return found
