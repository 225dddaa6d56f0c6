"""Points: valid contributions are counted, and no money changes hands.

The rules are specified in ``docs/mechanism.md#points``.
"""

from collections.abc import Callable
from typing import ClassVar

from decai.errors import Refused
from decai.incentive._base import BaseIncentive
from decai.protocols import Claim, Path
from decai.units import DAY, Address, Seconds, Wei

__all__ = ["Points"]


class Points(BaseIncentive):
    """Incentive mechanism without deposits: one claim for each contribution.

    Parameters
    ----------
    refund_wait
        Seconds after which a contribution may be validated or reported.
    deployed
        The time of deployment, in seconds.

    Raises
    ------
    InputError
        If the wait is negative.

    Examples
    --------
    >>> points = Points(refund_wait=Seconds(60))
    >>> points.add_data_cost(Seconds(0))
    0
    """

    kind: ClassVar[str] = "points"
    least_report: ClassVar[Wei] = Wei(0)
    takes_batches: ClassVar[bool] = True
    owner_wait: Seconds | None = None
    any_wait: Seconds | None = None

    def __init__(self, refund_wait: Seconds = DAY, deployed: Seconds = Seconds(0)) -> None:
        super().__init__(refund_wait, deployed)

    def add_data_cost(self, now: Seconds) -> Wei:
        """Contributing is free."""
        return Wei(0)

    def quote_add_data(self, now: Seconds, value: Wei) -> Wei:
        """Contributing is free."""
        return Wei(0)

    def share(self, claimer: Address) -> float:
        """A report pays nothing."""
        return 0.0

    def quote_refund(self, claim: Claim, predict: Callable[[], int]) -> Wei:
        """What validating would pay: nothing. Changes nothing.

        Raises
        ------
        Refused
            If the claimer is not the author, it was claimed before, too little time has passed, the model
            was updated in this block, or it disagrees.
        """
        self._require_author(claim)
        self._require_unclaimed(claim)
        self._require_waited(claim)
        self._require_settled(claim)
        self._require_agreement(claim, predict)
        return Wei(0)

    def quote_report(self, claim: Claim, predict: Callable[[], int]) -> tuple[Path, Wei]:
        """What reporting would pay: nothing; it closes the contribution. Changes nothing.

        Raises
        ------
        Refused
            If the claimer is the author, it was claimed before, too little time has passed, the model was
            updated in this block, or it agrees.
        """
        if claim.claimer == claim.author:
            raise Refused(f"{self.kind}: the author cannot report")
        self._require_unclaimed(claim)
        self._require_waited(claim)
        self._require_settled(claim)
        self._require_disagreement(claim, predict)
        return Path.REPORT, Wei(0)

    def _require_unclaimed(self, claim: Claim) -> None:
        if claim.claims:
            raise Refused(f"{self.kind}: already claimed")
