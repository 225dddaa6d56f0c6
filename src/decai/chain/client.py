"""The facade over a shared model that lives on a chain, with the words of `LocalTrainer`."""

from collections.abc import Callable, Sequence
from typing import Final

from decai.chain.abi import call_data, decode_event, path_of
from decai.chain.base import Log, Mined, Transaction
from decai.chain.contributions import contributions
from decai.chain.kinds import read_parameters
from decai.chain.model_on_chain import ModelOnChain, account_of
from decai.errors import ChainError, Refused
from decai.given import given_features, given_number
from decai.protocols import Classifier, ClassStart, Offer, Path, Receipt
from decai.samples import Features, Samples
from decai.trainer import MOST_AT_ONCE, LocalTrainer
from decai.units import LATEST, Address, Seconds, Wei

__all__ = ["MOST_CLAIMS", "ChainTrainer"]

MOST_CLAIMS: Final = 32
"""Most claims of one transaction."""


class ChainTrainer(ModelOnChain):
    """A shared model on a chain, which takes data and pays claims.

    Parameters
    ----------
    chain, address, first_block, packed
        As of `ModelOnChain`, and raises what that does.
    """

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
            With the contract's own sentence.
        InputError
            If an argument is nothing of the kind: an address, features, whole numbers.
        ChainError
            If the transaction could not be sent, or its fate is not known.
        """
        mined = self.submit(sender, features, label, value)
        log, cost = self._added(mined)
        return Receipt(self._number_of(log), cost)

    def add_data_many(
        self, sender: Address, samples: Sequence[tuple[Features, int]], value: Wei
    ) -> list[Receipt]:
        """Contribute up to 32 samples with their labels in one transaction, all of them or none.

        Parameters
        ----------
        sender, samples, value
            As in `LocalTrainer.add_data_many`.

        Raises
        ------
        Refused
            With the contract's own sentence about the first that it refuses.
        InputError
            As from `add_data`.
        ChainError
            If the transaction could not be sent, or its fate is not known.
        """
        sender, value = account_of("sender", sender), Wei(given_number("value", value))
        samples = [(given_features(each), given_number("label", label)) for each, label in samples]
        self._check_batch(sender, samples, value)
        mined = self.chain.send(self.calls.add_data_many(sender, samples, value))
        return [Receipt(self._number_of(log), cost) for log, cost in self._all_added(mined)]

    def _check_batch(self, sender: Address, samples: Sequence[tuple[Features, int]], value: Wei) -> None:
        if not self.info.takes_batches:
            raise Refused(f"{self.info.incentive}: takes one contribution at a time")
        if len(samples) > MOST_AT_ONCE:
            raise Refused(f"trainer: at most {MOST_AT_ONCE} contributions at once")
        if not 0 <= value <= self.balance(sender):
            raise Refused("trainer: insufficient funds")
        for place, (features, label) in enumerate(samples):
            if self.calls.can_express(features, label):
                continue
            # One before it may be refused first.
            before = self.calls.add_data_many(sender, samples[:place], value)
            self.chain.call(self.address, before.data, sender, value)
            self._check_contribution(features, label, value)

    def _number_of(self, log: Log) -> int:
        """The number of the contribution that an event tells of."""
        if self.info.has_twin:
            return self.replica.update().place_of(log)
        all_so_far = contributions(self.chain, self.info, self.first_block, log.block)
        return sum(other.log.place < log.place for other in all_so_far)

    def submit(self, sender: Address, features: Features, label: int, value: Wei) -> Mined:
        """Like `add_data`, for what the chain says of it."""
        sender, features = account_of("sender", sender), given_features(features)
        label, value = given_number("label", label), Wei(given_number("value", value))
        if not 0 <= value <= self.balance(sender):
            raise Refused("trainer: insufficient funds")
        self._check_contribution(features, label, value)
        return self.chain.send(self.calls.add_data(sender, features, label, value))

    def refund(self, sender: Address, features: Features, label: int, added: Seconds) -> Wei:
        """Claim one's own deposit back; returns what was paid, in wei.

        Raises
        ------
        Refused
            With the contract's own sentence.
        """
        sender, key = account_of("sender", sender), self._key(features, label, added)
        return self._claimed(self.chain.send(self.calls.refund(sender, *key)))[1]

    def report(
        self, sender: Address, features: Features, label: int, added: Seconds, author: Address
    ) -> tuple[Path, Wei]:
        """Claim another's deposit; returns on which path, and what was paid, in wei.

        Raises
        ------
        Refused
            With the contract's own sentence.
        """
        sender, key = account_of("sender", sender), self._key(features, label, added)
        author = account_of("author", author)
        return self._claimed(self.chain.send(self.calls.report(sender, *key, author)))

    def _key(self, features: Features, label: int, added: Seconds) -> tuple[Features, int, Seconds]:
        key = given_features(features), given_number("label", label), Seconds(given_number("added", added))
        self.calls.check_key(*key)
        return key

    def claim(self, sender: Address, contribution: int, path: Path) -> Offer:
        """Refund or report (any other `path`) a contribution by its number; returns what was paid.

        Raises
        ------
        Refused
            If there is no such contribution, or to refund none of the sender, or the contract refuses.
        """
        sender, ledger = account_of("sender", sender), self.replica.update().twin.ledger
        if not 0 <= given_number("contribution", contribution) < len(ledger) or (
            path is Path.REFUND and ledger.author[contribution] != sender
        ):
            raise Refused("data handler: no such contribution")
        key = ledger.features[contribution], ledger.label[contribution], ledger.added[contribution]
        if path is Path.REFUND:
            return Offer(contribution, path, self.refund(sender, *key))
        return Offer(contribution, *self.report(sender, *key, ledger.author[contribution]))

    def claims(self, claimer: Address, least: Wei = Wei(0)) -> Sequence[Offer]:
        """Everything that `claimer` could claim now for at least `least` wei, oldest contribution first."""
        claimer = account_of("claimer", claimer)
        return self._twin_of_now().claims(claimer, least)

    def _twin_of_now(self) -> LocalTrainer:
        twin = self.replica.update().twin
        return twin.advance_to(max(self.now, twin.now))

    def claim_all(
        self, claimer: Address, least: Wei = Wei(0), wanted: Callable[[Offer], bool] | None = None
    ) -> list[Offer]:
        """Make every claim that can succeed for at least `least` wei, and those that these make possible.

        Parameters
        ----------
        claimer
            Who claims.
        least
            Claims of less are not made.
        wanted
            Asked before each claim, with what it would pay at that moment.

        Returns
        -------
        list[Offer]
            What was paid, in the order in which the claims were made.

        Raises
        ------
        Refused
            With the contract's own sentence, if somebody else was quicker.
        """
        claimer = account_of("claimer", claimer)
        twin = self._twin_of_now()
        before = twin.checkpoint()
        # The twin finds out which, and in which order.
        try:
            chosen = [offer.contribution for offer in twin.claim_all(claimer, least, wanted)]
        finally:
            twin.restore(before)
        return self.claim_many(claimer, chosen)

    def claim_many(self, sender: Address, contributions: Sequence[int]) -> list[Offer]:
        """Make claims by their contributions' numbers, as few transactions as they fit in.

        Raises
        ------
        Refused
            With the contract's own sentence, if one is refused; the transaction that it was in does nothing.
        """
        made: list[Offer] = []
        for at in range(0, len(contributions), MOST_CLAIMS):
            numbers = contributions[at : at + MOST_CLAIMS]
            mined = self.chain.send(self.claim_many_transaction(sender, numbers))
            paid = self.paid_by(mined)
            made += [Offer(n, path, amount) for n, (path, amount) in zip(numbers, paid, strict=True)]
        return made

    def claim_many_transaction(
        self, sender: Address, contributions: Sequence[int], gas: int | None = None
    ) -> Transaction:
        """What `claim_many` sends for at most 32 contributions."""
        ledger = self.replica.update().twin.ledger
        claims = [
            (
                self.info.form.packed(ledger.features[n]),
                ledger.label[n],
                ledger.added[n],
                ledger.author[n],
            )
            for n in contributions
        ]
        data = call_data("claimMany((uint256[],uint64,uint256,address)[])", claims)
        return Transaction(sender, self.address, data, gas=gas)

    def add_class(self, sender: Address, name: str, samples: Samples | None = None) -> int:
        """Add a class to the model that starts from `samples`; returns its label.

        Raises
        ------
        Refused
            If `sender` is not the owner, this kind of classifier takes no further class, or a call cannot
            express it.
        InputError
            If a sample is malformed.
        """
        return self.begin_class(sender, name, self.class_start(samples))

    def class_start(self, samples: Samples | None = None) -> ClassStart:
        """What a class of these samples starts from; `InputError` if one is malformed."""
        start: Classifier = read_parameters(self.chain, self.info).start
        return start.class_start(samples)

    def begin_class(self, sender: Address, name: str, start: ClassStart) -> int:
        """Add a class to the model that begins with `start`; raises like `add_class`."""
        sender = account_of("sender", sender)
        return self.label_added(self.chain.send(self.calls.add_class(sender, name, start)))

    def label_added(self, mined: Mined) -> int:
        """The label of the class that a transaction has added."""
        for log in mined.logs:
            event = decode_event(log.topics, log.data) if log.address == self.address else None
            if event is not None and event.name == "AddClass":
                self._look_again()
                return int(event.values["index"])
        raise ChainError(f"{self.address}: the contract added a class without an event; it is no decai model")

    def transfer_ownership(self, sender: Address, new_owner: Address) -> None:
        """Hand the model on.

        Raises
        ------
        Refused
            If `sender` is not the owner.
        """
        sender, new_owner = account_of("sender", sender), account_of("new owner", new_owner)
        self.chain.send(Transaction(sender, self.address, call_data("transferOwnership(address)", new_owner)))

    def withdraw(self, sender: Address, recipient: Address) -> None:
        """Take out what was credited to `sender` because its address refused a payment.

        Raises
        ------
        Refused
            If nothing is credited, or the recipient refuses it.
        """
        sender, recipient = account_of("sender", sender), account_of("recipient", recipient)
        self.chain.send(Transaction(sender, self.address, call_data("withdraw(address)", recipient)))

    def cost_of(self, mined: Mined) -> Wei:
        """What a transaction that contributed was charged as its deposit, in wei."""
        return self._added(mined)[1]

    def _added(self, mined: Mined) -> tuple[Log, Wei]:
        added = self._all_added(mined)
        if not added:
            raise ChainError(
                f"{self.address}: the contract took the data without an event; it is no decai model"
            )
        return added[0]

    def _all_added(self, mined: Mined) -> list[tuple[Log, Wei]]:
        """The events that tell of contributions, each with its cost."""
        added = []
        for log in mined.logs:
            event = decode_event(log.topics, log.data) if log.address == self.address else None
            if event is not None and event.name in ("AddData", "AddDataPacked"):
                added.append((log, Wei(event.values["cost"])))
        return added

    def _claimed(self, mined: Mined) -> tuple[Path, Wei]:
        return self.paid_by(mined)[0]

    def paid_by(self, mined: Mined) -> list[tuple[Path, Wei]]:
        """On which path, and how much, in wei, each claim of a transaction paid."""
        paid = []
        for log in mined.logs:
            event = decode_event(log.topics, log.data) if log.address == self.address else None
            if event is not None and event.name == "Claimed":
                paid.append((path_of(event), Wei(event.values["amount"])))
        if not paid:
            raise ChainError(f"{self.address}: the contract paid without an event; it is no decai model")
        return paid

    def _check_contribution(self, features: Features, label: int, value: Wei) -> None:
        if self.calls.can_express(features, label):
            return
        if self.now > LATEST:
            raise Refused("trainer: time is out of range")
        if value < self.cost():
            raise Refused(f"{self.info.incentive}: the value sent is below the cost")
        if not 0 <= label < len(self.info.classes):
            raise Refused(f"{self.info.classifier}: no such class")
        self.calls.check_features(features)
