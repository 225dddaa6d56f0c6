"""``docs/mechanism.md`` once more, with lists and dictionaries and no eye to speed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from decai.protocols import Path
from decai.units import Address
from tests.oracles import Oracle

__all__ = [
    "ADA",
    "ANY_WAIT",
    "BO",
    "CONTRIBUTORS",
    "EVE",
    "EVERYBODY",
    "MONEY",
    "OWNER",
    "OWNER_WAIT",
    "REFUND_WAIT",
    "ROWS",
    "START",
    "STRANGER",
    "Entry",
    "Mechanism",
    "NoError",
    "Paper",
]

Mechanism = Literal["count", "deposit", "points"]
ADA, BO, EVE, OWNER = (Address("0x" + digit * 40) for digit in "1234")
STRANGER = Address("0x" + "5" * 40)
"""Contributes nothing, so that nothing is denied to it as an author."""
CONTRIBUTORS = (ADA, BO, EVE, OWNER)
EVERYBODY = (*CONTRIBUTORS, STRANGER)
MONEY = {ADA: 10**6, BO: 10**35, EVE: 10**35, OWNER: 40_000}
START = 1_700_000_000
"""When the model is deployed."""
REFUND_WAIT, OWNER_WAIT, ANY_WAIT = 20, 60, 61
ROWS: tuple[tuple[int, ...], ...] = ((0,), (1,), (0, 1), (2, 3), (), (1, 1, 3))


class NoError(Exception):
    """The paper's own way to refuse."""


@dataclass
class Entry:
    """One contribution."""

    x: tuple[int, ...]
    label: int
    added: int
    author: Address
    deposit: int
    left: int
    claimers: list[Address] = field(default_factory=list)
    validated: bool = False


@dataclass
class Paper:
    """The rules, on paper."""

    model: Oracle
    model_kind: str
    classes: int
    mechanism: Mechanism
    cost_weight: int
    owner: Address = OWNER
    now: int = START
    last_update: int = START
    changed: int = START
    money: dict[Address, int] = field(default_factory=lambda: dict(MONEY))
    entries: list[Entry] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return "points" if self.mechanism == "points" else "stakeable"

    def owned(self, person: Address) -> int:
        return self.money.get(person, 0)

    def valid(self, person: Address) -> int:
        return sum(entry.validated and entry.author == person for entry in self.entries)

    def cost(self) -> int:
        if self.mechanism == "points":
            return 0
        age = max(1, self.now - self.last_update)
        root = 1
        while (root + 1) ** 2 <= age:
            root += 1
        return self.cost_weight * 3600 // root

    def advance_to(self, now: int) -> None:
        if now < self.now:
            raise NoError("trainer: time never goes back")
        self.now = now

    def pay(self, sender: Address, recipient: Address, amount: int) -> None:
        if self.owned(sender) < amount:
            raise NoError("trainer: insufficient funds")
        self.money[sender] = self.owned(sender) - amount
        self.money[recipient] = self.owned(recipient) + amount

    def add(self, sender: Address, x: tuple[int, ...], label: int, value: int) -> tuple[int, int]:
        if value > self.owned(sender):
            raise NoError("trainer: insufficient funds")
        cost = self.cost()
        if cost > value:
            raise NoError(f"{self.kind}: the value sent is below the cost")
        if (x, label, self.now, sender) in [(e.x, e.label, e.added, e.author) for e in self.entries]:
            raise NoError("data handler: already added")
        if label >= self.classes:
            raise NoError(f"{self.model_kind}: no such class")
        self.model.update(x, label)
        self.money[sender] = self.owned(sender) - cost
        self.entries.append(Entry(x, label, self.now, sender, cost, cost))
        self.last_update = self.changed = self.now
        return len(self.entries) - 1, cost

    def find(self, x: tuple[int, ...], label: int, added: int, author: Address) -> Entry:
        for entry in self.entries:
            if (entry.x, entry.label, entry.added, entry.author) == (x, label, added, author):
                return entry
        raise NoError("data handler: no such contribution")

    def refundable(self, entry: Entry) -> int:
        """What a refund would pay."""
        if self.mechanism == "points":
            if entry.claimers:
                raise NoError("points: already claimed")
        else:
            if entry.author in entry.claimers:
                raise NoError("stakeable: already claimed")
            if entry.deposit > 0 and entry.left == 0:
                raise NoError("stakeable: nothing is left")
        self.check_age_and_block(entry)
        if self.model.predict(entry.x) != entry.label:
            raise NoError(f"{self.kind}: the model disagrees")
        return entry.left

    def check_age_and_block(self, entry: Entry) -> None:
        if self.now < entry.added + REFUND_WAIT:
            raise NoError(f"{self.kind}: not enough time has passed")
        if self.now == self.changed:
            raise NoError(f"{self.kind}: the model was updated in this block")

    def reportable(self, entry: Entry, claimer: Address) -> tuple[Path, int]:
        """On which path a report would be paid, and how much."""
        if claimer == entry.author:
            raise NoError(f"{self.kind}: the author cannot report")
        if self.mechanism == "points":
            if entry.claimers:
                raise NoError("points: already claimed")
            self.check_age_and_block(entry)
            if self.model.predict(entry.x) == entry.label:
                raise NoError("points: the model agrees")
            return Path.REPORT, 0
        if entry.left == 0:
            raise NoError("stakeable: nothing is left")
        if self.now >= entry.added + ANY_WAIT:
            return Path.ANYONE, entry.left
        if self.now >= entry.added + OWNER_WAIT and claimer == self.owner:
            return Path.OWNER, entry.left
        if self.now < entry.added + REFUND_WAIT:
            raise NoError("stakeable: not enough time has passed")
        if claimer in entry.claimers:
            raise NoError("stakeable: already claimed")
        if self.valid(claimer) == 0:
            raise NoError("stakeable: the reporter has no valid contributions")
        self.check_age_and_block(entry)
        if self.model.predict(entry.x) == entry.label:
            raise NoError("stakeable: the model agrees")
        share = self.share(entry.deposit, claimer)
        if share == 0:
            raise NoError("stakeable: the share is nothing")
        return Path.REPORT, min(share, entry.left)

    def share(self, deposit: int, claimer: Address) -> int:
        validated = [entry for entry in self.entries if entry.validated]
        weights = [(e.author, e.deposit if self.mechanism == "deposit" else 1) for e in validated]
        total = sum(weight for _, weight in weights)
        mine = sum(weight for author, weight in weights if author == claimer)
        return deposit * mine // total if total else 0

    def refund(self, sender: Address, x: tuple[int, ...], label: int, added: int) -> int:
        entry = self.find(x, label, added, sender)
        amount = self.refundable(entry)
        entry.validated = True
        self.settle(entry, sender, amount)
        return amount

    def report(
        self, sender: Address, x: tuple[int, ...], label: int, added: int, author: Address
    ) -> tuple[Path, int]:
        entry = self.find(x, label, added, author)
        path, amount = self.reportable(entry, sender)
        self.settle(entry, sender, amount)
        return path, amount

    def settle(self, entry: Entry, claimer: Address, amount: int) -> None:
        entry.left -= amount
        entry.claimers.append(claimer)
        self.money[claimer] = self.owned(claimer) + amount

    def claims(self, person: Address) -> list[tuple[int, Path, int]]:
        found = []
        for number, entry in enumerate(self.entries):
            try:
                if entry.author == person:
                    found.append((number, Path.REFUND, self.refundable(entry)))
                else:
                    found.append((number, *self.reportable(entry, person)))
            except NoError:
                continue
        return found

    def transfer_ownership(self, sender: Address, new_owner: Address) -> None:
        if sender != self.owner:
            raise NoError("trainer: only the owner may do this")
        self.owner = new_owner

    def add_class(self, sender: Address, rows: Sequence[tuple[int, ...]]) -> int:
        if sender != self.owner:
            raise NoError("trainer: only the owner may do this")
        if self.model_kind == "sparse-perceptron":
            raise NoError("sparse-perceptron: has exactly two classes")
        self.model.add_class()
        self.changed = self.now
        self.classes += 1
        for x in rows:
            self.model.update(x, self.classes - 1)
        return self.classes - 1
