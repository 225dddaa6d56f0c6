"""Whatever is done to one twin is done to the other.

After every call the answer or the sentence of the refusal, the events, all balances and the words of the
contract's state are compared.
"""

from collections.abc import Callable, Sequence
from typing import Any

from decai.chain.abi import Event, decode_event, selector
from decai.chain.base import Mined, Transaction
from decai.errors import ChainError, Refused
from decai.protocols import ClassStart, Path
from decai.units import Address, Seconds, Wei
from tests.conformance.stage import CREDITED, DRIVER, WALLET
from tests.conformance.twin_case import Case
from tests.conformance.twin_state import Known, Row, TwinState, array, in_range
from tests.conformance.words import call_bytes, encoded, event_bytes

__all__ = ["Twins"]

REFUSED = "refused: "
BETWEEN = 10
"""Operations from one comparison of the whole state to the next; each compares what it can have changed."""


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
            call_bytes("addDataPacked(uint256[],uint64)", self.words(row), label)
            if packed
            else call_bytes("addData(int64[],uint64)", row, label)
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
        mined = self.sent(mine, person, call_bytes("addDataMany((uint256[],uint64)[])", listed), value)
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
        self.touched.add(len(self.known))
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
            call_bytes("refundPacked(uint256[],uint64,uint256)", self.words(row), label, added)
            if packed
            else call_bytes("refund(int64[],uint64,uint256)", row, label, added)
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
            call_bytes("reportPacked(uint256[],uint64,uint256,address)", self.words(row), *known[1:])
            if packed
            else call_bytes("report(int64[],uint64,uint256,address)", *known)
        )
        mined = self.sent(mine, person, data)
        if mined is not None:
            self.happened(mined, self.paid(person, [(known, *mine)]))
        self.done(row)

    def claim_many(self, person: Address, claims: Sequence[Known]) -> None:
        """Claim several in one transaction, all or none."""
        sender = self.real(person)
        listed = [(self.words(row), label, added, author) for row, label, added, author in claims]
        data = call_bytes("claimMany((uint256[],uint64,uint256,address)[])", listed)
        theirs = outcome(lambda: self.send(person, data, 0))
        # A copy of the twin, to go back to, takes longer than all the rest.
        before = self.local.checkpoint() if is_refused(theirs) else None
        mine = outcome(lambda: [self.claim(sender, known) for known in claims])
        if before is not None:
            self.local.restore(before)
        mined = self.agreed(mine, theirs)
        if mined is not None:
            self.happened(
                mined, self.paid(person, [(known, *pay) for known, pay in zip(claims, mine, strict=True)])
            )
        self.done()

    def claim(self, sender: Address, known: Known) -> tuple[Path, Wei]:
        """What claimMany does with one claim, done to the twin in memory."""
        row, label, added, author = known
        number = self.local.ledger.find(array(row), label, Seconds(added), author)
        path = Path.REFUND if author == sender else Path.REPORT
        offer = self.local.claim(sender, number, path)
        return offer.path, offer.amount

    def transfer_ownership(self, person: Address, new_owner: Address) -> None:
        """Hand the model on."""
        sender, previous, heir = self.real(person), self.local.owner, self.real(new_owner)
        mine = outcome(lambda: self.local.transfer_ownership(sender, heir))
        mined = self.sent(mine, person, call_bytes("transferOwnership(address)", heir))
        if mined is not None:
            values = {"previousOwner": previous, "newOwner": heir}
            self.happened(mined, [Event("OwnershipTransferred", values)])
        self.done()

    def add_feature_indices(self, person: Address, indices: Sequence[int]) -> None:
        """Let the model use further features of an encoder."""
        is_owner = self.real(person) == self.local.owner
        mine = None if is_owner else f"{REFUSED}trainer: only the owner may do this"
        mined = self.sent(mine, person, call_bytes("addFeatureIndices(uint32[])", indices))
        if mined is not None:
            self.feature_indices += indices
            self.happened(mined, [Event("FeatureIndicesAdded", {"indices": tuple(indices)})])
        self.done()

    def begin_class(self, person: Address, name: str, start: ClassStart) -> None:
        """Give the model a further class."""
        sender = self.real(person)
        mine = outcome(lambda: self.local.begin_class(sender, name, start))
        call = outcome(lambda: self.clients[True].calls.add_class(sender, name, start).data)
        if is_refused(call):
            # The twin asks first who it is, and when; nobody can say to a contract what no call can express.
            assert is_refused(mine)
            assert call == mine or mine.startswith(f"{REFUSED}trainer: "), (call, mine)
            self.refusals[call] += 1
            self.done()
            return
        mined = self.sent(mine, person, call)
        if mined is not None:
            begun = {"samples": start.samples, "values": self.start_words(start), "index": mine}
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
        mined = self.sent(mine, person, call_bytes("withdraw(address)", to))
        if mined is not None:
            self.local.pay(CREDITED, to, credited)
            values = {"amount": credited, "account": sender, "recipient": to}
            self.happened(mined, [Event("Withdrawn", values)])
        self.done()

    # How it is said

    def can_be_said(self, row: Row, label: int, packed: bool) -> bool:
        """Whether a call can express it; packed, a feature has no room outside of the range."""
        fits = self.fits(row) if packed else in_range(row, -(2**63), 2**63)
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
        data = selector(signature) + encoded(types, [row, label, *rest])
        assert is_refused(outcome(lambda: self.chain.call(self.address, data, DRIVER)))

    def sent(self, mine: Any, person: Address, data: bytes, value: int = 0) -> Mined | None:
        """Send it; None if it is refused, which has to be with the same sentence."""
        return self.agreed(mine, outcome(lambda: self.send(person, data, value)))

    def agreed(self, mine: Any, theirs: Any) -> Mined | None:
        """What both say of a transaction: the same refusal, or none."""
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
        events = [(log.topics, log.data) for log in mined.logs]
        if events != [event_bytes(event) for event in expected]:
            # Said so that it can be read.
            assert [decode_event(*event) for event in events] == list(expected)
            raise AssertionError(events)

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
            self.touched.add(number)
            self.claims[path] += 1
            if path is Path.REPORT and ledger.deposit[number]:
                self.reporters[number].append(claimer)
            self.share_was_last[number] = path is Path.REPORT and ledger.left[number] == 0
            values = {"path": int(path), "amount": amount, "key": self.keys[number], "claimer": claimer}
            events.append(Event("Claimed", values))
            name = "Refund" if path is Path.REFUND else "Report"
            events.append(Event(name, {"recipient": claimer, "amount": amount}))
        return events + self.credited(person, sum(amount for _, _, amount in claims))

    def done(self, row: Row | None = None) -> None:
        """An operation is over: what it can have changed is compared, and from time to time all."""
        self.operations += 1
        if self.operations % BETWEEN:
            self.same_changes()
        else:
            self.same_state()
        if row is not None:
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
