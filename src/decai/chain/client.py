"""The facade over a shared model that lives on a chain, with the words of `LocalTrainer`."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final, Self

from decai.chain.abi import call_data, decode_event, path_of
from decai.chain.base import Chain, Log, Mined, Transaction
from decai.chain.calls import Calls
from decai.chain.contributions import contributions
from decai.chain.first_block import first_block_of
from decai.chain.kinds import read_parameters
from decai.chain.model import ModelInfo, read, read_info
from decai.chain.replica import Replica
from decai.errors import ChainError, Refused
from decai.protocols import Classifier, ClassStart, Offer, Path, Receipt
from decai.samples import Features, Samples
from decai.units import Address, Seconds, Wei

__all__ = ["MOST_CLAIMS", "ChainTrainer"]

MOST_CLAIMS: Final = 32
"""Most claims of one transaction."""


class ChainTrainer:
    """A shared model on a chain.

    Parameters
    ----------
    chain, address
        Where the contract is.
    first_block
        The block in which it was deployed, or any before; where to begin to look for its events. None finds
        it out when it is needed.
    packed
        Whether samples travel packed, or as the ``int64[]`` of the original framework's clients.

    Raises
    ------
    ChainError
        If there is no decai model at this address.
    """

    def __init__(
        self, chain: Chain, address: Address, first_block: int | None = 0, *, packed: bool = True
    ) -> None:
        self.chain = chain
        self.address = address
        self.info: ModelInfo = read_info(chain, address)
        self.calls = Calls(self.info, packed)
        """Its transactions."""
        self._first_block = first_block

    @cached_property
    def first_block(self) -> int:
        """Where its events begin, or any block before."""
        return first_block_of(self.chain, self.address) if self._first_block is None else self._first_block

    @cached_property
    def replica(self) -> Replica:
        """The twin in memory; `Replica.update` brings it up to date."""
        return Replica(self.chain, self.address, self.first_block)

    @property
    def now(self) -> Seconds:
        """The time of the current block."""
        return self.chain.now

    @property
    def owner(self) -> Address:
        """Who owns the model now."""
        from eth_utils.address import to_checksum_address

        return Address(to_checksum_address(self._read("owner()", "address")))

    def advance_to(self, now: Seconds) -> Self:
        """Let time pass, on a chain whose clock is ours to move.

        Raises
        ------
        Refused
            If `now` lies in the past, or time is not ours to move.
        """
        if now < self.chain.now:
            raise Refused("trainer: time never goes back")
        self.chain.advance_to(now)
        return self

    def cost(self) -> Wei:
        """What a contribution costs now, in wei."""
        return Wei(self._read("getNextAddDataCost(uint256)", "uint256", self.now))

    def balance(self, address: Address) -> Wei:
        """What `address` owns outside of the model, in wei."""
        return self.chain.balance(address)

    @property
    def held(self) -> Wei:
        """What the contract holds, in wei."""
        return self.chain.balance(self.address)

    def predict(self, features: Features) -> int:
        """The model's label for one sample.

        Raises
        ------
        Refused
            If the features are malformed.
        ChainError
            If the contract names a class that it does not have.
        """
        self.calls.check_features(features)
        if self.calls.packed:
            words = self.info.form.packed(features)
            label = int(self._read("predictPacked(uint256[])", "uint64", words))
        else:
            label = int(self._read("predict(int64[])", "uint64", features.tolist()))
        if label >= len(self.info.classes):
            # The owner may have added it meanwhile.
            self._look_again()
        if label >= len(self.info.classes):
            raise ChainError(
                f"{self.address}: the contract answers with label {label}, which is no class of it"
            )
        return label

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
        ChainError
            If the transaction could not be sent, or its fate is not known.
        """
        mined = self.submit(sender, features, label, value)
        log, cost = self._added(mined)
        return Receipt(self._number_of(log), cost)

    def _number_of(self, log: Log) -> int:
        """The number of the contribution that an event tells of."""
        if self.info.has_twin:
            return self.replica.update().place_of(log)
        all_so_far = contributions(self.chain, self.info, self.first_block, log.block)
        return sum(other.log.place < log.place for other in all_so_far)

    def submit(self, sender: Address, features: Features, label: int, value: Wei) -> Mined:
        """Like `add_data`, for what the chain says of it."""
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
        self.calls.check_key(features, label, added)
        return self._claimed(self.chain.send(self.calls.refund(sender, features, label, added)))[1]

    def report(
        self, sender: Address, features: Features, label: int, added: Seconds, author: Address
    ) -> tuple[Path, Wei]:
        """Claim another's deposit; returns on which path, and what was paid, in wei.

        Raises
        ------
        Refused
            With the contract's own sentence.
        """
        self.calls.check_key(features, label, added)
        return self._claimed(self.chain.send(self.calls.report(sender, features, label, added, author)))

    def claims(self, claimer: Address) -> Sequence[Offer]:
        """Everything that `claimer` could claim now, oldest contribution first."""
        twin = self.replica.update().twin
        return twin.advance_to(max(self.now, twin.now)).claims(claimer)

    def claim_all(self, sender: Address) -> list[Offer]:
        """Make every claim that can succeed now, and those that these make possible; returns them.

        Raises
        ------
        Refused
            With the contract's own sentence, if somebody else was quicker.
        """
        twin = self.replica.update().twin
        twin.advance_to(max(self.now, twin.now))
        before = twin.checkpoint()
        # The twin finds out which, and in which order.
        wanted = [offer.contribution for offer in twin.claim_all(sender)]
        twin.restore(before)
        return self.claim_many(sender, wanted)

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
        return self.label_added(self.chain.send(self.calls.add_class(sender, name, start)))

    def label_added(self, mined: Mined) -> int:
        """The label of the class that a transaction has added."""
        for log in mined.logs:
            event = decode_event(log.topics, log.data) if log.address == self.address else None
            if event is not None and event.name == "AddClass":
                self._look_again()
                return int(event.values["index"])
        raise ChainError(f"{self.address}: the contract added a class without an event; it is no decai model")

    def _look_again(self) -> None:
        self.info = read_info(self.chain, self.address)
        self.calls = Calls(self.info, self.calls.packed)

    def transfer_ownership(self, sender: Address, new_owner: Address) -> None:
        """Hand the model on.

        Raises
        ------
        Refused
            If `sender` is not the owner.
        """
        self.chain.send(Transaction(sender, self.address, call_data("transferOwnership(address)", new_owner)))

    def withdraw(self, sender: Address, recipient: Address) -> None:
        """Take out what was credited to `sender` because its address refused a payment.

        Raises
        ------
        Refused
            If nothing is credited, or the recipient refuses it.
        """
        self.chain.send(Transaction(sender, self.address, call_data("withdraw(address)", recipient)))

    def _read(self, signature: str, kinds: str, *arguments: Any) -> Any:
        return read(self.chain, self.address, signature, kinds, *arguments)

    def cost_of(self, mined: Mined) -> Wei:
        """What a transaction that contributed was charged as its deposit, in wei."""
        return self._added(mined)[1]

    def _added(self, mined: Mined) -> tuple[Log, Wei]:
        for log in mined.logs:
            event = decode_event(log.topics, log.data) if log.address == self.address else None
            if event is not None and event.name in ("AddData", "AddDataPacked"):
                return log, Wei(event.values["cost"])
        raise ChainError(f"{self.address}: the contract took the data without an event; it is no decai model")

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
        if 0 <= label < 2**64 and self.calls.fits(features) and not self.calls.is_too_long(features):
            return
        if value < self.cost():
            raise Refused(f"{self.info.incentive}: the value sent is below the cost")
        if not 0 <= label < len(self.info.classes):
            raise Refused(f"{self.info.classifier}: no such class")
        self.calls.check_features(features)
