"""Stakeable: a deposit with every contribution; refunds for good ones, shares of bad ones.

The rules are specified in ``docs/mechanism.md#stakeable``.
"""

from collections.abc import Callable
from math import isqrt
from typing import ClassVar, Literal

from decai.errors import InputError, Refused
from decai.incentive._base import BaseIncentive
from decai.protocols import Claim, Path
from decai.units import DAY, Address, Seconds, Wei

__all__ = ["Stakeable"]


class Stakeable(BaseIncentive):
    """Deposit, refund, take.

    Parameters
    ----------
    cost_weight
        Wei; a contribution t seconds after the last costs ``cost_weight * 3600 // isqrt(max(1, t))``.
    refund_wait, owner_wait, any_wait
        Seconds from which the author may be refunded and others may report, the owner may take what is
        left, anybody may; each at least as long as the one before.
    deployed
        The time from which the first cost is reckoned.
    shares
        What a reporter's share is weighted by: ``"count"``, his validated contributions, or ``"deposit"``,
        the deposits that were validated.

    Raises
    ------
    InputError
        If the cost weight or a wait is negative, or the waits are out of order.

    Examples
    --------
    >>> stakeable = Stakeable(cost_weight=Wei(1_000))
    >>> stakeable.add_data_cost(Seconds(100)), stakeable.add_data_cost(Seconds(0))
    (360000, 3600000)
    >>> stakeable.quote_add_data(Seconds(100), value=Wei(359_999))
    Traceback (most recent call last):
    ...
    decai.errors.Refused: stakeable: the value sent is below the cost
    """

    kind: ClassVar[str] = "stakeable"
    least_report: ClassVar[Wei] = Wei(1)
    takes_batches: ClassVar[bool] = False

    def __init__(
        self,
        cost_weight: Wei,
        refund_wait: Seconds = DAY,
        owner_wait: Seconds = Seconds(8 * DAY),
        any_wait: Seconds = Seconds(9 * DAY),
        deployed: Seconds = Seconds(0),
        shares: Literal["count", "deposit"] = "count",
    ) -> None:
        super().__init__(refund_wait, deployed)
        if cost_weight < 0:
            raise InputError(f"{self.kind}: the cost weight must not be negative")
        if not refund_wait <= owner_wait <= any_wait:
            raise InputError(f"{self.kind}: the waits must be in order: refund, owner, anybody")
        if shares not in ("count", "deposit"):
            raise InputError(f"{self.kind}: shares are weighted by 'count' or 'deposit', not {shares!r}")
        self.cost_weight = cost_weight
        self.owner_wait = owner_wait
        self.any_wait = any_wait
        self.shares = shares

    def add_data_cost(self, now: Seconds) -> Wei:
        """What a contribution costs at `now`, in wei."""
        return Wei(self.cost_weight * 3600 // isqrt(max(1, now - self.last_update)))

    def quote_add_data(self, now: Seconds, value: Wei) -> Wei:
        """What a contribution that pays at most `value` costs. Changes nothing.

        Raises
        ------
        Refused
            If the cost is above `value`.
        """
        cost = self.add_data_cost(now)
        if cost > value:
            raise Refused(f"{self.kind}: the value sent is below the cost")
        return cost

    def share(self, claimer: Address) -> float:
        """The part of a deposit that a report by `claimer` pays, slightly rounded up."""
        mine, total = self._weight(claimer)
        return mine / total * (1 + 1e-9) if total else 0.0

    def _weight(self, address: Address) -> tuple[int, int]:
        if self.shares == "deposit":
            return self._valid_deposit.get(address, 0), self._total_deposit
        return self._num_valid.get(address, 0), self.total_valid

    def quote_refund(self, claim: Claim, predict: Callable[[], int]) -> Wei:
        """What a refund would pay: all that is left. Changes nothing.

        Raises
        ------
        Refused
            If the claimer is not the author, it was refunded before, nothing is left, too little time has
            passed, the model was updated in this block, or it disagrees.
        """
        self._require_author(claim)
        if claim.claimed:
            raise Refused(f"{self.kind}: already claimed")
        if claim.deposit and not claim.left:
            raise Refused(f"{self.kind}: nothing is left")
        self._require_waited(claim)
        self._require_settled(claim)
        self._require_agreement(claim, predict)
        return claim.left

    def quote_report(self, claim: Claim, predict: Callable[[], int]) -> tuple[Path, Wei]:
        """What a claim by somebody else would pay, and why. Changes nothing.

        Raises
        ------
        Refused
            If the claimer is the author, nothing is left, or neither a waiting time that needs no model
            is over nor a report is justified.
        """
        if claim.claimer == claim.author:
            raise Refused(f"{self.kind}: the author cannot report")
        if not claim.left:
            raise Refused(f"{self.kind}: nothing is left")
        age = claim.now - claim.added
        if age >= self.any_wait:
            return Path.ANYONE, claim.left
        if age >= self.owner_wait and claim.claimer == claim.owner:
            return Path.OWNER, claim.left
        self._require_waited(claim)
        if claim.claimed:
            raise Refused(f"{self.kind}: already claimed")
        mine, total = self._weight(claim.claimer)
        if not self._num_valid.get(claim.claimer):
            raise Refused(f"{self.kind}: the reporter has no valid contributions")
        self._require_settled(claim)
        self._require_disagreement(claim, predict)
        amount = min(claim.left, claim.deposit * mine // total) if total else 0
        if not amount:
            raise Refused(f"{self.kind}: the share is nothing")
        return Path.REPORT, Wei(amount)
