"""Everything that can happen to a shared model, in any order, and how it must end.

A play is a list of steps, drawn by hypothesis, which also makes it short once it fails. At its end all waits
pass, and everybody can withdraw: authors what the model agrees with, and others all that is left, until the
contract holds nothing.
"""

from collections import Counter

from decai.protocols import ClassStart, Path
from decai.units import Address
from tests.conformance.stage import ADA, EVERYBODY, OWNER, STRANGER, WALLET
from tests.conformance.twin_case import Case, Row
from tests.conformance.twin_state import Known
from tests.conformance.twin_steps import YEAR, Start, Step
from tests.conformance.twins import Twins

__all__ = ["Play"]

LAST = 2**40 - 1


class Play:
    """One play.

    Parameters
    ----------
    case
        Which model, on which terms.
    """

    def __init__(self, case: Case, start: Start) -> None:
        self.case = case
        self.twins = Twins(case)
        self.thorough = not start.haste
        if start.push is not None and case.model.pushes:
            self._push(*case.model.pushes[start.push % len(case.model.pushes)], start.short_of)
        everybody = [*start.validated, *start.contested]
        for number, author in enumerate(everybody):
            self.twins.advance(3)
            self._add_opinion(author, self._simple(number), number < len(start.validated), True)
        self.twins.advance(case.terms.refund_wait + 1)
        for number in range(len(everybody)):
            self.refund_own(number, True)
        if start.before_the_end is not None:
            self.twins.advance(LAST - start.before_the_end - self.twins.local.now)
        self.twins.operations = 0

    def run(self, steps: list[Step]) -> None:
        """Take these steps, and end."""
        for step in steps:
            getattr(self, step.name)(**step.arguments)
        self.twins.same_model()
        self.twins.same_views()
        if self.thorough:
            self.twins.same_offers()
        self._end()
        self.twins.same_state()
        self.twins.same_model(whole=self.thorough)
        if self.thorough:
            self.twins.same_views()
            self.twins.same_story()

    def nothing(self) -> None:
        """What any other step becomes when a failing play is made short."""

    # Contributions

    def add(self, sender: Address, row: Row, label: int, more: int, packed: bool) -> None:
        """Of anything, with more or less than the cost."""
        self.twins.add(sender, row, label, max(0, self.twins.local.cost() + more), packed)

    def add_opinion(self, sender: Address, row: Row, agree: bool, packed: bool) -> None:
        """What the model says, or the opposite."""
        if self.twins.is_sample(row):
            self._add_opinion(sender, row, agree, packed)

    def add_many(self, sender: Address, samples: list[tuple[Row, int]], more: int, again: int | None) -> None:
        """Several at once, perhaps with one more than once."""
        batch = samples if again is None or not samples else [*samples, samples[again % len(samples)]]
        self.twins.add_many(sender, batch, max(0, self.twins.local.cost() + more))

    def add_for_next_to_nothing(self, sender: Address, number: int, deposit: int) -> None:
        """After so long that hardly a deposit is asked for, whose shares come to nothing."""
        gap = (self.case.terms.cost_weight * 3600 // deposit) ** 2
        if gap < 100 * YEAR:
            self.twins.advance(gap)
            self._add_opinion(sender, self._simple(number), False, True)
            self.twins.advance(self.case.terms.refund_wait)

    def add_again(self, index: int, packed: bool) -> None:
        """The latest one once more, as in one block, or any."""
        known = self._known(index)
        if known is not None:
            self.twins.add(self._person(known[3]), known[0], known[1], self.twins.local.cost(), packed)

    def add_alias(self, index: int, place: int, sender: Address | None) -> None:
        """Numbers out of range that would have the same bits in a word."""
        known = self._known(index)
        alias = self._alias(known, place)
        if known is not None and alias is not None:
            author = sender or self._person(known[3])
            self.twins.add(author, alias, known[1], self.twins.local.cost(), packed=False)

    # Time

    def wait(self, seconds: int) -> None:
        """So long."""
        self.twins.advance(seconds)

    def wait_until(self, index: int, wait: int, off: int) -> None:
        """A wait is over, or nearly."""
        known, terms = self._known(index), self.case.terms
        if known is not None:
            until = known[2] + (terms.refund_wait, terms.owner_wait, terms.any_wait)[wait] + off
            self.twins.advance(max(0, until - self.twins.local.now))

    # Claims

    def refund_own(self, index: int, packed: bool) -> None:
        """By the author."""
        known = self._known(index)
        if known is not None:
            self.twins.refund(self._person(known[3]), known, packed)

    def refund(self, index: int, sender: Address, packed: bool) -> None:
        """By anybody."""
        known = self._known(index)
        if known is not None:
            self.twins.refund(sender, known, packed)

    def report(self, index: int, sender: Address, packed: bool) -> None:
        """By anybody."""
        known = self._known(index)
        if known is not None:
            self.twins.report(sender, known, packed)

    def report_by_contributor(self, index: int, who: int, packed: bool) -> None:
        """By somebody who has valid contributions."""
        known, valid = self._known(index), list(self.twins.local.incentive.valid_contributions())
        if known is not None and valid:
            self.twins.report(self._person(valid[who % len(valid)]), known, packed)

    def claim_another(
        self,
        index: int,
        sender: Address,
        row: Row | None,
        label: int,
        later: int,
        author: Address | None,
        refund: bool,
        packed: bool,
    ) -> None:
        """What was hardly ever added."""
        known = self._known(index)
        if known is not None:
            whose = known[3] if author is None else self.twins.real(author)
            other = (known[0] if row is None else row, label, known[2] + later, whose)
            (self.twins.refund if refund else self.twins.report)(sender, other, packed)

    def claim_alias(self, index: int, place: int, sender: Address) -> None:
        """With numbers out of range that would have the same bits in a word."""
        known = self._known(index)
        alias = self._alias(known, place)
        if known is not None and alias is not None:
            self.twins.report(sender, (alias, *known[1:]), packed=False)
            self.twins.refund(self._person(known[3]), (alias, *known[1:]), packed=False)

    def take_offer(self, path: Path, index: int, packed: bool) -> None:
        """Of this kind, whosever it is; if there is none, time passes until there may be one."""
        offers = [
            (person, offer.contribution)
            for person in EVERYBODY
            for offer in self.twins.local.claims(self.twins.real(person))
            if offer.path is path
        ]
        if not offers:
            self.wait_until(index, max(0, path - 1), 0)
            return
        person, number = offers[index % len(offers)]
        claim = self.twins.refund if path is Path.REFUND else self.twins.report
        claim(person, self.twins.known[number], packed)

    def claim_many(self, sender: Address, offered: bool, others: list[int], wrong: int | None) -> None:
        """All that is offered and any others, perhaps twice, perhaps with one that does not exist."""
        offers = self.twins.local.claims(self.twins.real(sender)) if offered else []
        claims = [self.twins.known[offer.contribution] for offer in offers[:8]]
        claims += filter(None, map(self._known, others))
        known = None if wrong is None else self._known(wrong)
        if wrong is not None and known is not None:
            claims.insert(wrong % (len(claims) + 1), (known[0], known[1], known[2] + 1, known[3]))
        self.twins.claim_many(sender, claims)

    # The rest

    def transfer_ownership(self, sender: Address | None, heir: Address) -> None:
        """By the owner or anybody else."""
        self.twins.transfer_ownership(sender or self._person(self.twins.local.owner), heir)

    def add_feature_indices(self, sender: Address | None, indices: list[int]) -> None:
        """By the owner or anybody else."""
        self.twins.add_feature_indices(sender or self._person(self.twins.local.owner), indices)

    def begin_class(self, sender: Address | None, name: str, start: ClassStart) -> None:
        """By the owner or anybody else."""
        self.twins.begin_class(sender or self._person(self.twins.local.owner), name, start)

    def withdraw(self, sender: Address, recipient: Address) -> None:
        """By whoever has something or nothing to withdraw."""
        self.twins.withdraw(sender, recipient)

    # How it ends

    def _end(self) -> None:
        """Nobody gets what is another's, and nothing stays behind."""
        twins, ledger = self.twins, self.twins.local.ledger
        twins.advance(self.case.terms.any_wait + 1)
        for number, known in list(enumerate(twins.known))[twins.pushes :]:
            author, owned = self._person(known[3]), self._owned()
            left = ledger.left[number]
            twins.report(author, known, True)
            twins.refund(author, known, False)
            agreed = twins.read("predictPacked(uint256[])", "uint64", twins.words(known[0])) == known[1]
            assert self._owned() == owned + Counter({author: left if agreed else 0})
        rest = [number for number in range(len(twins.known)) if ledger.left[number]]
        for at in range(0, len(rest), 32):
            page, owned = rest[at : at + 32], self._owned()
            rest_of_page = sum(ledger.left[number] for number in page)
            twins.claim_many(STRANGER, [twins.known[number] for number in page])
            assert self._owned() == owned + Counter({STRANGER: rest_of_page})
        assert twins.local.held == 0
        twins.withdraw(WALLET, STRANGER)
        assert twins.chain.balance(twins.address) == 0

    def _owned(self) -> Counter[Address]:
        """What everybody owns, credits included; the contract is asked."""
        twins = self.twins
        owned = Counter({p: int(twins.chain.balance(twins.real(p))) for p in EVERYBODY})
        owned[WALLET] += twins.read("credits(address)", "uint256", twins.wallet.address)
        return owned

    def _known(self, index: int) -> Known | None:
        """A contribution, the latest one for 0; None while there is none."""
        known = self.twins.known
        return known[-1 - index % len(known)] if known else None

    def _person(self, address: Address) -> Address:
        """Whose address it is."""
        return next((person for person in EVERYBODY if self.twins.real(person) == address), OWNER)

    def _add_opinion(self, sender: Address, row: Row, agree: bool, packed: bool) -> None:
        said = self.twins.read("predictPacked(uint256[])", "uint64", self.twins.words(row))
        other = (said + 1) % len(self.twins.local.classifier.classes)
        self.twins.add(sender, row, said if agree else other, self.twins.local.cost(), packed)

    def _simple(self, number: int) -> Row:
        return self.case.model.simple[number % 3]

    def _alias(self, known: Known | None, place: int) -> Row | None:
        """A sample with a number that its lane does not hold: more of it is cut off, or spills over."""
        row = known[0] if known is not None else ()
        at, bits = place % max(1, len(row)), self.case.index_bits
        if self.case.model.takes_vectors:
            more = (1, -1, 2**20)[place % 3] << bits
            return (*row[:at], row[at] + more, *row[at + 1 :]) if row else None
        if not at or row[at - 1] >> (63 - bits):
            return None
        return (*row[: at - 1], 0, row[at] | row[at - 1] << bits, *row[at + 1 :])

    def _push(self, row: Row, label: int, short_of: int) -> None:
        """Contribute what the model never agrees with, until its counters have almost nowhere to go."""
        repeats = Counter(row)
        most = max(repeats.values())
        for room in range(self.case.model.counter_limit - 1 - short_of, 0, -most):
            part = tuple(index for index in repeats for _ in range(min(room, repeats[index])))
            self.twins.advance(1)
            self.twins.add(ADA, part, label, 2**110, packed=True)
            self.twins.pushes += 1
