"""What the mechanisms share: waits, the time of the last update, and who was validated how often."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from decai.errors import InputError, Refused
from decai.protocols import Claim, Path
from decai.units import LATEST, Address, Seconds

__all__ = ["BaseIncentive", "MechanismCheckpoint"]


@dataclass(frozen=True, slots=True)
class MechanismCheckpoint:
    """The state of a mechanism."""

    last_update: Seconds
    changed: Seconds
    total_submitted: int
    num_valid: dict[Address, int]
    total_valid: int
    valid_deposit: dict[Address, int]
    total_deposit: int


class BaseIncentive:
    """State and checks that every mechanism has; the rules are each mechanism's own."""

    kind: ClassVar[str]

    def __init__(self, refund_wait: Seconds, deployed: Seconds) -> None:
        if refund_wait < 0:
            raise InputError(f"{self.kind}: the refund wait must not be negative")
        if deployed > LATEST:
            raise InputError(f"{self.kind}: the time of deployment must be below 2^40 seconds")
        self.refund_wait = refund_wait
        self.last_update = deployed
        self._changed = deployed
        """When the model last changed, by a contribution or otherwise."""
        self.total_submitted = 0
        self._num_valid: dict[Address, int] = {}
        self.total_valid = 0
        self._valid_deposit: dict[Address, int] = {}
        self._total_deposit = 0

    def num_valid(self, address: Address) -> int:
        """How many contributions of `address` were validated."""
        return self._num_valid.get(address, 0)

    def valid_contributions(self) -> dict[Address, int]:
        """Validated contributions of each author that has any."""
        return dict(self._num_valid)

    def settle_add_data(self, now: Seconds) -> None:
        """Take note of a contribution that was let in."""
        self.last_update = self._changed = now
        self.total_submitted += 1

    def settle_change(self, now: Seconds) -> None:
        """Take note of a change of the model that is no contribution; the cost does not depend on it."""
        self._changed = now

    def is_settled(self, now: Seconds) -> bool:
        """Whether the model may be consulted: it has not changed in this block."""
        return now != self._changed

    def settle_claim(self, claim: Claim, path: Path) -> None:
        """Take note of a claim that is paid; a refund validates the contribution."""
        if path is not Path.REFUND:
            return
        author = claim.author
        self._num_valid[author] = self._num_valid.get(author, 0) + 1
        self.total_valid += 1
        self._valid_deposit[author] = self._valid_deposit.get(author, 0) + claim.deposit
        self._total_deposit += claim.deposit

    def _require_author(self, claim: Claim) -> None:
        if claim.claimer != claim.author:
            raise Refused(f"{self.kind}: only the author can be refunded")

    def _require_waited(self, claim: Claim) -> None:
        if claim.now - claim.added < self.refund_wait:
            raise Refused(f"{self.kind}: not enough time has passed")

    def _require_settled(self, claim: Claim) -> None:
        if not self.is_settled(claim.now):
            raise Refused(f"{self.kind}: the model was updated in this block")

    def _require_agreement(self, claim: Claim, predict: Callable[[], int]) -> None:
        if predict() != claim.label:
            raise Refused(f"{self.kind}: the model disagrees")

    def _require_disagreement(self, claim: Claim, predict: Callable[[], int]) -> None:
        if predict() == claim.label:
            raise Refused(f"{self.kind}: the model agrees")

    def checkpoint(self) -> MechanismCheckpoint:
        """An immutable copy of the state, for `restore`."""
        return MechanismCheckpoint(
            self.last_update,
            self._changed,
            self.total_submitted,
            dict(self._num_valid),
            self.total_valid,
            dict(self._valid_deposit),
            self._total_deposit,
        )

    def restore(self, checkpoint: MechanismCheckpoint) -> None:
        """Go back to a checkpoint of this mechanism."""
        self.last_update, self._changed = checkpoint.last_update, checkpoint.changed
        self.total_submitted = checkpoint.total_submitted
        self._num_valid, self.total_valid = dict(checkpoint.num_valid), checkpoint.total_valid
        self._valid_deposit, self._total_deposit = dict(checkpoint.valid_deposit), checkpoint.total_deposit
