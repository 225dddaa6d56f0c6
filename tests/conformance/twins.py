"""Whatever is done to one twin is done to the other.

After every call the answer or the sentence of the refusal, the events, all balances and the words of the
contract's state are compared.
"""

from collections.abc import Callable, Sequence
from typing import Any

from eth_abi.abi import encode

from decai.chain.abi import Event, call_data, decode_event, selector
from decai.chain.base import Mined, Transaction
from decai.errors import ChainError, Refused
from decai.protocols import ClassStart, Path
from decai.units import Address, Seconds, Wei
from tests.conformance.twin_case import Case
from tests.conformance.twin_state import CREDITED, DRIVER, WALLET, Known, Row, TwinState, array

__all__ = ["Twins"]

REFUSED = "refused: "


class Twins(TwinState):
    """A shared model twice, and all that can be done to it."""

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self.operations = 0
        self.same_state()
        self.same_model()

    def advance(self, seconds: int) -> None:
        """Let time pass."""
        now = Seconds(self.local.now + seconds)
        mine = outcome(lambda: self.local.advance_to(now) and None)
        assert outcome(lambda: self.clients[True].advance_to(now) and None) == mine
        self.done()

    def add(self, person: Address, row: Row, label: int, value: int, packed: bool) -> None:
        """Contribute."""
        sender, x = self.real(person), array(row)
        mine = outcome(lambda: self.local.add_data(sender, x, label, Wei(value)))
        if value > self.chain.balance(sender) or not self.can_be_said(row, label, packed):
            client = self.clients[packed]
            self.cannot_be_sent(mine, lambda: client.submit(sender, x, label, Wei(value)))
            self.must_fail("addData(int64[],uint64)", row, label)
            return
        data = (
            call_data("addDataPacked(uint256[],uint64)", self.words(row), label)
            if packed
            else call_data("addData(int64[],uint64)", row, label)
        )
        mined = self.sent(mine, person, data, value)
        if mined is not None:
            self.came_in(row, label, sender)
            values = {"c": label, "t": self.local.now, "cost": mine.cost, "sender": sender}
            event = (
                Event("AddDataPacked", {"d": self.words(row), **values})
                if packed
                else Event("AddData", {"d": row, **values})
            )
            self.happened(mined, [event, *self.credited(person, value - mine.cost)])
        self.done(row)

    def add_many(self, person: Address, samples: Sequence[tuple[Row, int]], value: int) -> None:
        """Contribute several in one transaction, all or none."""
        sender = self.real(person)
        batch = [(array(row), label) for row, label in samples]
        mine = outcome(lambda: self.local.add_data_many(sender, batch, Wei(value)))
        is_taken = self.local.incentive.takes_batches and len(samples) <= 32
        can_be_paid = value <= self.chain.balance(sender)
        if not (is_taken and can_be_paid and all(self.can_be_said(*each, packed=True) for each in samples)):
            client = self.clients[True]
            # No transaction comes from a contract, and this EVM makes no call that pretends so.
            told = (
                mine if person == WALLET else outcome(lambda: client.add_data_many(sender, batch, Wei(value)))
            )
            self.cannot_be_sent(mine, lambda: told)
            return
        listed = [(self.words(row), label) for row, label in samples]
        mined = self.sent(mine, person, call_data("addDataMany((uint256[],uint64)[])", listed), value)
        if mined is not None:
            events = []
            for (row, label), receipt in zip(samples, mine, strict=True):
                self.came_in(row, label, sender)
                told = {"c": label, "t": self.local.now, "cost": receipt.cost, "sender": sender}
                events.append(Event("AddDataPacked", {"d": self.words(row), **told}))
            self.happened(mined, [*events, *self.credited(person, value - sum(r.cost for r in mine))])
        self.done()

    def came_in(self, row: Row, label: int, sender: Address) -> None:
        """Take note of a contribution."""
        known = (row, label, self.local.now, sender)
        self.known.append(known)
        self.keys.append(self.key(known))
        self.reporters.append([])
        self.share_was_last.append(False)
        self.mentioned.update(row)

    def refund(self, person: Address, known: Known, packed: bool) -> None:
        """Claim one's own deposit back; whose contribution it is does not matter."""
        (row, label, added, _), sender, x = known, self.real(person), array(known[0])
        mine = outcome(lambda: self.local.refund(sender, x, label, Seconds(added)))
        if not self.can_be_said(row, label, packed):
            client = self.clients[packed]
            self.cannot_be_sent(mine, lambda: client.refund(sender, x, label, Seconds(added)))
            self.must_fail("refund(int64[],uint64,uint256)", row, label, added)
            return
        data = (
            call_data("refundPacked(uint256[],uint64,uint256)", self.words(row), label, added)
            if packed
            else call_data("refund(int64[],uint64,uint256)", row, label, added)
        )
        mined = self.sent(mine, person, data)
        if mined is not None:
            own = (row, label, added, sender)
            self.happened(mined, self.paid(person, [(own, Path.REFUND, mine)]))
        self.done(row)

    def report(self, person: Address, known: Known, packed: bool) -> None:
        """Claim another's deposit."""
        (row, label, added, author), sender, x = known, self.real(person), array(known[0])
        mine = outcome(lambda: self.local.report(sender, x, label, Seconds(added), author))
        if not self.can_be_said(row, label, packed):
            client = self.clients[packed]
            self.cannot_be_sent(mine, lambda: client.report(sender, x, label, Seconds(added), author))
            self.must_fail("report(int64[],uint64,uint256,address)", row, label, added, author)
            return
        data = (
            call_data("reportPacked(uint256[],uint64,uint256,address)", self.words(row), *known[1:])
            if packed
            else call_data("report(int64[],uint64,uint256,address)", *known)
        )
        mined = self.sent(mine, person, data)
        if mined is not None:
            self.happened(mined, self.paid(person, [(known, *mine)]))
        self.done(row)

    def claim_many(self, person: Address, claims: Sequence[Known]) -> None:
        """Claim several in one transaction, all or none."""
        sender = self.real(person)
        mine = outcome(lambda: self.all_or_none(sender, claims))
        listed = [(self.words(row), label, added, author) for row, label, added, author in claims]
        data = call_data("claimMany((uint256[],uint64,uint256,address)[])", listed)
        mined = self.sent(mine, person, data)
        if mined is not None:
            self.happened(
                mined, self.paid(person, [(known, *pay) for known, pay in zip(claims, mine, strict=True)])
            )
        self.done()

    def all_or_none(self, sender: Address, claims: Sequence[Known]) -> list[tuple[Path, Wei]]:
        """What claimMany does, done to the twin in memory."""
        before = self.local.checkpoint()
        made = []
        try:
            for row, label, added, author in claims:
                number = self.local.ledger.find(array(row), label, Seconds(added), author)
                path = Path.REFUND if author == sender else Path.REPORT
                offer = self.local.claim(sender, number, path)
                made.append((offer.path, offer.amount))
        except Refused:
            self.local.restore(before)
            raise
        return made

    def transfer_ownership(self, person: Address, new_owner: Address) -> None:
        """Hand the model on."""
        sender, previous, heir = self.real(person), self.local.owner, self.real(new_owner)
        mine = outcome(lambda: self.local.transfer_ownership(sender, heir))
        mined = self.sent(mine, person, call_data("transferOwnership(address)", heir))
        if mined is not None:
            values = {"previousOwner": previous, "newOwner": heir}
            self.happened(mined, [Event("OwnershipTransferred", values)])
        self.done()

    def add_feature_indices(self, person: Address, indices: Sequence[int]) -> None:
        """Let the model use further features of an encoder."""
        is_owner = self.real(person) == self.local.owner
        mine = None if is_owner else f"{REFUSED}trainer: only the owner may do this"
        mined = self.sent(mine, person, call_data("addFeatureIndices(uint32[])", indices))
        if mined is not None:
            self.feature_indices += indices
            self.happened(mined, [Event("FeatureIndicesAdded", {"indices": tuple(indices)})])
        self.done()

    def begin_class(self, person: Address, name: str, start: ClassStart) -> None:
        """Give the model a further class."""
        sender = self.real(person)
        mine = outcome(lambda: self.local.begin_class(sender, name, start))
        data = self.clients[True].calls.add_class(sender, name, start).data
        mined = self.sent(mine, person, data)
        if mined is not None:
            values = tuple(index << 64 | value for index, value in sorted(start.values.items()))
            begun = {"samples": start.samples, "values": values, "index": mine}
            self.happened(
                mined, [Event("ClassStart", begun), Event("AddClass", {"name": name, "index": mine})]
            )
        self.done()

    def withdraw(self, person: Address, recipient: Address) -> None:
        """Take out what was credited."""
        credited = self.local.balance(CREDITED) if person == WALLET else Wei(0)
        sender, to = self.real(person), self.real(recipient)
        mine = None
        if not credited:
            mine = f"{REFUSED}payments: nothing to withdraw"
        elif recipient == WALLET:
            mine = f"{REFUSED}payments: the recipient refused"
        mined = self.sent(mine, person, call_data("withdraw(address)", to))
        if mined is not None:
            self.local.pay(CREDITED, to, credited)
            values = {"amount": credited, "account": sender, "recipient": to}
            self.happened(mined, [Event("Withdrawn", values)])
        self.done()

    # How it is said

    def can_be_said(self, row: Row, label: int, packed: bool) -> bool:
        """Whether a call can express it; packed, a feature has no room outside of the range."""
        fits = self.fits(row) if packed else all(-(2**63) <= number < 2**63 for number in row)
        return fits and len(row) <= self.case.max_features and 0 <= label < 2**64

    def cannot_be_sent(self, mine: Any, client: Callable[[], Any]) -> None:
        """What no call can express, or nobody can pay, our client refuses in the words of the twin."""
        assert is_refused(mine), mine
        theirs = outcome(client)
        assert theirs == mine, (theirs, mine)
        self.refusals[mine] += 1
        self.done()

    def must_fail(self, signature: str, row: Row, label: int, *rest: Any) -> None:
        """What no call should express is no call: the contract does not take it for one."""
        if not 0 <= label < 2**256 or self.can_be_said(row, label, packed=False):
            return
        types = signature[signature.index("(") + 1 : -1].replace("uint64", "uint256").split(",")
        data = selector(signature) + encode(types, [row, label, *rest])
        assert is_refused(outcome(lambda: self.chain.call(self.address, data, DRIVER)))

    def sent(self, mine: Any, person: Address, data: bytes, value: int = 0) -> Mined | None:
        """Send it; None if it is refused, which has to be with the same sentence."""
        theirs = outcome(lambda: self.send(person, data, value))
        if is_refused(mine):
            assert theirs == mine, (theirs, mine)
            self.refusals[mine] += 1
            return None
        assert isinstance(theirs, Mined), (theirs, mine)
        return theirs

    def send(self, person: Address, data: bytes, value: int) -> Mined:
        """Send a transaction, through the wallet where it is the wallet's."""
        if person == WALLET:
            return self.wallet.execute(self.address, data, value)
        return self.chain.send(Transaction(person, self.address, data, Wei(value)))

    # What came of it

    def happened(self, mined: Mined, expected: Sequence[Event]) -> None:
        """These are the events, in this order, and no others."""
        assert all(log.address == self.address for log in mined.logs)
        events = [decode_event(log.topics, log.data) for log in mined.logs]
        assert events == list(expected), (events, expected)

    def credited(self, person: Address, amount: int) -> list[Event]:
        """Take note of a payment to somebody: what the wallet refuses is credited to it."""
        if person != WALLET or not amount:
            return []
        self.local.pay(self.wallet.address, CREDITED, Wei(amount))
        return [Event("Credited", {"amount": amount, "recipient": self.wallet.address})]

    def paid(self, person: Address, claims: Sequence[tuple[Known, Path, int]]) -> list[Event]:
        """Take note of claims; returns the events that tell of them."""
        events: list[Event] = []
        ledger, claimer = self.local.ledger, self.real(person)
        for known, path, amount in claims:
            number = self.known.index(known)
            self.claims[path] += 1
            if path is Path.REPORT and ledger.deposit[number]:
                self.reporters[number].append(claimer)
            self.share_was_last[number] = path is Path.REPORT and ledger.left[number] == 0
            values = {"path": int(path), "amount": amount, "key": self.keys[number], "claimer": claimer}
            events.append(Event("Claimed", values))
            name = "Refund" if path is Path.REFUND else "Report"
            events.append(Event(name, {"recipient": claimer, "amount": amount}))
        return events + self.credited(person, sum(amount for _, _, amount in claims))

    def done(self, row: Row = ()) -> None:
        """An operation is over."""
        self.operations += 1
        self.same_state()
        self.same_opinions(row)


def outcome(call: Callable[[], Any]) -> Any:
    """What it returns, or the sentence with which it is refused."""
    try:
        return call()
    except Refused as error:
        return f"{REFUSED}{error}"
    except ChainError as error:
        return f"failed: {error}"


def is_refused(answer: Any) -> bool:
    """Whether it is such a sentence."""
    return isinstance(answer, str) and answer.startswith(REFUSED)
