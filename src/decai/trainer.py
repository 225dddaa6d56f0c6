"""The facade over a shared model whose state lives in memory.

The flow and the order of its checks are specified in ``docs/mechanism.md#flow``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from decai.data_handler import DataHandler
from decai.errors import Refused
from decai.given import given_address, given_features, given_number
from decai.open_claims import OpenClaims
from decai.protocols import Claim, Classifier, ClassStart, IncentiveMechanism, Offer, Path, Receipt
from decai.samples import Features, Samples
from decai.units import LATEST, Address, Seconds, Wei

__all__ = ["MOST_AT_ONCE", "LocalTrainer"]

MOST_AT_ONCE: Final = 32
"""Most contributions of one batch."""

_NOBODY = Address("0x0000000000000000000000000000000000000000")


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    now: Seconds
    owner: Address
    balances: dict[Address, Wei]
    held: Wei
    classifier: Any
    incentive: Any
    ledger: Any


class LocalTrainer:
    """A shared model: incentive mechanism, data handler and classifier, with everybody's balance.

    Parameters
    ----------
    classifier, incentive
        The parts; they belong to this trainer from now on.
    owner
        Who may take what is left after the owner's wait, and hand the model on.
    balances
        What each address owns outside of the model, in wei.
    now
        The time, in seconds.

    Examples
    --------
    >>> import numpy as np
    >>> from decai.classifier import SparsePerceptron
    >>> from decai.incentive import Stakeable
    >>> ada = Address("0x00000000000000000000000000000000000000ad")
    >>> trainer = LocalTrainer(
    ...     SparsePerceptron(("bad", "good")), Stakeable(cost_weight=Wei(10)), balances={ada: Wei(1_000)}
    ... )
    >>> x = np.array([3, 5], dtype=np.int32)
    >>> _ = trainer.advance_to(Seconds(10_000))
    >>> trainer.add_data(ada, x, 1, value=Wei(500))
    Receipt(contribution=0, cost=360)
    >>> trainer.predict(x), trainer.balance(ada)
    (1, 640)
    >>> trainer.refund(ada, x, 1, Seconds(10_000))
    Traceback (most recent call last):
    ...
    decai.errors.Refused: stakeable: not enough time has passed
    >>> trainer.advance_to(Seconds(96_400)).refund(ada, x, 1, Seconds(10_000))
    360
    """

    def __init__(
        self,
        classifier: Classifier,
        incentive: IncentiveMechanism,
        *,
        owner: Address = _NOBODY,
        balances: Mapping[Address, Wei] | None = None,
        now: Seconds = Seconds(0),
    ) -> None:
        self.classifier = classifier
        self.incentive = incentive
        self.ledger = DataHandler()
        self.open = OpenClaims(self.ledger, classifier, incentive)
        self._owner = owner
        self._balances = dict(balances or {})
        self._held = Wei(0)
        self._now = now

    @property
    def now(self) -> Seconds:
        """The time of the current block."""
        return self._now

    @property
    def owner(self) -> Address:
        """Who owns the model now."""
        return self._owner

    @property
    def held(self) -> Wei:
        """What the model itself holds: all that is left of all deposits."""
        return self._held

    def transfer_ownership(self, sender: Address, new_owner: Address) -> None:
        """Hand the model on.

        Raises
        ------
        Refused
            If `sender` is not the owner.
        """
        self._require_owner(given_address("sender", sender))
        self._owner = given_address("new owner", new_owner)

    def advance_to(self, now: Seconds) -> "LocalTrainer":
        """Let time pass.

        Raises
        ------
        Refused
            If `now` lies in the past.
        """
        if now < self._now:
            raise Refused("trainer: time never goes back")
        self._now = now
        return self

    def cost(self) -> Wei:
        """What a contribution costs now, in wei."""
        return self.incentive.add_data_cost(self._now)

    def balance(self, address: Address) -> Wei:
        """What `address` owns outside of the model, in wei."""
        given_address("address", address)
        return self._balances.get(address, Wei(0))

    def grant(self, address: Address, amount: Wei) -> None:
        """Give an address money from outside, in wei; for what happens beyond the model."""
        self._balances[address] = Wei(self.balance(address) + amount)

    def pay(self, sender: Address, recipient: Address, amount: Wei) -> None:
        """Move money between two addresses.

        Raises
        ------
        Refused
            If `sender` has less, or the amount is negative.
        """
        if amount < 0 or self.balance(sender) < amount:
            raise Refused("trainer: insufficient funds")
        self._balances[sender] = Wei(self.balance(sender) - amount)
        self._balances[recipient] = Wei(self.balance(recipient) + amount)

    def predict(self, features: Features) -> int:
        """The model's label for one sample.

        Raises
        ------
        Refused
            If the features are malformed.
        InputError
            If they are neither an array nor a list of whole numbers.
        """
        return self.classifier.predict(given_features(features))

    def add_data(self, sender: Address, features: Features, label: int, value: Wei) -> Receipt:
        """Contribute one sample.

        Parameters
        ----------
        sender
            Who contributes.
        features, label
            The sample and what it is said to be.
        value
            The most that the sender will pay, in wei; the cost is kept.

        Raises
        ------
        Refused
            If the sender has less than `value`, the time is out of range, the value is below the cost, the
            same was added before in this block by the same sender, or the classifier cannot learn it.
        InputError
            If an argument is nothing of the kind: an address, features, whole numbers.
        """
        given_address("sender", sender)
        features = given_features(features)
        label, value = given_number("label", label), Wei(given_number("value", value))
        now = self._now
        balance = self._balances.get(sender, 0)
        if not 0 <= value <= balance:
            raise Refused("trainer: insufficient funds")
        self._require_time()
        cost = self.incentive.quote_add_data(now, value)
        self.ledger.check_new(features, label, sender, now)
        # The last step that can refuse comes before the first that changes anything.
        self.classifier.update(features, label)
        self.incentive.settle_add_data(now)
        self._balances[sender] = Wei(balance - cost)
        self._held = Wei(self._held + cost)
        return Receipt(self.ledger.handle_add_data(features, label, sender, now, cost), cost)

    def add_data_many(
        self, sender: Address, samples: Sequence[tuple[Features, int]], value: Wei
    ) -> list[Receipt]:
        """Contribute many samples in their order, all of them or none (``docs/mechanism.md#batches``).

        Parameters
        ----------
        sender
            Who contributes.
        samples
            At most 32 samples, each with what it is said to be.
        value
            The most that the sender will pay for all of them, in wei; the costs are kept.

        Raises
        ------
        Refused
            If the mechanism takes one contribution at a time, there are too many, the sender has less than
            `value`, or one of them is refused; says why the first one is.
        InputError
            As from `add_data`.
        """
        given_address("sender", sender)
        samples = [(given_features(each), given_number("label", label)) for each, label in samples]
        value = Wei(given_number("value", value))
        if not self.incentive.takes_batches:
            raise Refused(f"{self.incentive.kind}: takes one contribution at a time")
        if len(samples) > MOST_AT_ONCE:
            raise Refused(f"trainer: at most {MOST_AT_ONCE} contributions at once")
        if not 0 <= value <= self.balance(sender):
            raise Refused("trainer: insufficient funds")
        before = self.checkpoint()
        receipts: list[Receipt] = []
        try:
            for features, label in samples:
                receipts.append(self.add_data(sender, features, label, value))
                value = Wei(value - receipts[-1].cost)
        except Exception:
            self.restore(before)
            raise
        return receipts

    def refund(self, sender: Address, features: Features, label: int, added: Seconds) -> Wei:
        """Claim one's own deposit back; returns what was paid, in wei.

        Raises
        ------
        Refused
            If there is no such contribution of the sender, or the mechanism refuses.
        """
        number = self._find(features, label, added, given_address("sender", sender))
        return self.claim(sender, number, Path.REFUND).amount

    def report(
        self, sender: Address, features: Features, label: int, added: Seconds, author: Address
    ) -> tuple[Path, Wei]:
        """Claim another's deposit; returns on which path, and what was paid, in wei.

        Raises
        ------
        Refused
            If there is no such contribution, or the mechanism refuses.
        """
        given_address("sender", sender)
        number = self._find(features, label, added, given_address("author", author))
        offer = self.claim(sender, number, Path.REPORT)
        return offer.path, offer.amount

    def _find(self, features: Features, label: int, added: Seconds, author: Address) -> int:
        key = given_features(features), given_number("label", label), given_number("added", added)
        return self.ledger.find(key[0], key[1], Seconds(key[2]), author)

    def claim(self, sender: Address, contribution: int, path: Path) -> Offer:
        """Refund or report (any other `path`) a contribution by its number; returns what was paid.

        Raises
        ------
        Refused
            If there is no such contribution, or to refund none of the sender, or the mechanism refuses.
        """
        given_address("sender", sender)
        if not 0 <= given_number("contribution", contribution) < len(self.ledger) or (
            path is Path.REFUND and self.ledger.author[contribution] != sender
        ):
            raise Refused("data handler: no such contribution")
        claim = self.ledger.claim(contribution, sender, self._owner, self._now)
        predict = partial(self.open.opinion, contribution)
        if path is Path.REFUND:
            return self._settle(claim, Offer(contribution, path, self.incentive.quote_refund(claim, predict)))
        return self._settle(claim, Offer(contribution, *self.incentive.quote_report(claim, predict)))

    def claims(self, claimer: Address, least: Wei = Wei(0)) -> list[Offer]:
        """Everything that `claimer` could claim now for at least `least` wei, oldest first.

        Each offer holds by itself; one that is taken may change the others.
        """
        given_address("claimer", claimer)
        quotes = (self._quote(number, claimer) for number in self._candidates(claimer, least))
        return [offer for _, offer in filter(None, quotes) if offer.amount >= least]

    def claim_all(
        self, claimer: Address, least: Wei = Wei(0), wanted: Callable[[Offer], bool] | None = None
    ) -> list[Offer]:
        """Make every claim that can succeed for at least `least` wei; returns them.

        They are made oldest first, and then once more what these made possible, for a refund can give the
        claimer the share that a report needs.

        Parameters
        ----------
        claimer
            Who claims.
        least
            Claims of less are not made.
        wanted
            Asked before each claim, with what it would pay at that moment.
        """
        given_address("claimer", claimer)
        made: list[Offer] = []
        before = -1
        while before < 0 or (self.open.small and len(made) > before):
            before = len(made)
            for number in self._candidates(claimer, least):
                quote = self._quote(number, claimer)
                if quote is None or quote[1].amount < least or (wanted is not None and not wanted(quote[1])):
                    continue
                made.append(self._settle(*quote))
        return made

    def _candidates(self, claimer: Address, least: Wei) -> list[int]:
        return self.open.look(
            self.ledger.claimer_number(claimer),
            claimer == self._owner,
            self._now,
            self.incentive.share(claimer),
            least,
        )

    def _quote(self, number: int, claimer: Address) -> tuple[Claim, Offer] | None:
        claim = self.ledger.claim(number, claimer, self._owner, self._now)
        predict = partial(self.open.opinion, number)
        try:
            if claimer == claim.author:
                return claim, Offer(number, Path.REFUND, self.incentive.quote_refund(claim, predict))
            return claim, Offer(number, *self.incentive.quote_report(claim, predict))
        except Refused:
            return None

    def _settle(self, claim: Claim, offer: Offer) -> Offer:
        number, path, amount = offer
        claimer = claim.claimer
        self.incentive.settle_claim(claim, path)
        self.ledger.handle_claim(number, claimer, amount, path)
        self._held = Wei(self._held - amount)
        self._balances[claimer] = Wei(self._balances.get(claimer, 0) + amount)
        self.open.paid(number, self.ledger.claimer_number(claimer))
        return offer

    def add_class(self, sender: Address, name: str, samples: Samples | None = None) -> int:
        """Add a class to the model, trained on `samples`; returns its label.

        Raises
        ------
        Refused
            If `sender` is not the owner, or this kind of classifier takes no further class.
        """
        self._require_owner(sender)
        return self.begin_class(sender, name, self.classifier.class_start(samples))

    def begin_class(self, sender: Address, name: str, start: ClassStart) -> int:
        """Add a class to the model that begins with `start`; returns its label.

        Raises
        ------
        Refused
            If `sender` is not the owner, the time is out of range, this kind of classifier takes no further
            class, or a value of the start is out of range.
        """
        self._require_owner(sender)
        self._require_time()
        label = self.classifier.begin_class(name, start)
        self.incentive.settle_change(self._now)
        return label

    def _require_owner(self, sender: Address) -> None:
        if sender != self._owner:
            raise Refused("trainer: only the owner may do this")

    def _require_time(self) -> None:
        if self._now > LATEST:
            raise Refused("trainer: time is out of range")

    def checkpoint(self) -> _Checkpoint:
        """An immutable copy of the state, for `restore`."""
        return _Checkpoint(
            self._now,
            self._owner,
            dict(self._balances),
            self._held,
            self.classifier.checkpoint(),
            self.incentive.checkpoint(),
            self.ledger.checkpoint(),
        )

    def restore(self, checkpoint: _Checkpoint) -> None:
        """Go back to a checkpoint of this trainer."""
        self._now, self._owner = checkpoint.now, checkpoint.owner
        self._balances, self._held = dict(checkpoint.balances), checkpoint.held
        self.classifier.restore(checkpoint.classifier)
        self.incentive.restore(checkpoint.incentive)
        self.ledger.restore(checkpoint.ledger)
        self.open = OpenClaims(self.ledger, self.classifier, self.incentive)
