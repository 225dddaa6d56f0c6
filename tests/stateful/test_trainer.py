"""Whatever happens in whichever order, a trainer does what a ledger on paper says.

`Paper` writes ``docs/mechanism.md`` down once more, with lists and dictionaries and no eye to speed. After
each step both must agree on every answer, every refusal in its words, every balance and every open claim.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from decai.classifier import NaiveBayes, SparsePerceptron
from decai.errors import Refused
from decai.incentive import Points, Stakeable
from decai.protocols import Classifier, IncentiveMechanism, Path
from decai.samples import Features, Samples
from decai.trainer import LocalTrainer
from decai.units import Address, Seconds, Wei
from tests.oracles import NaiveBayesOracle, Oracle, SparsePerceptronOracle

F = 10**9
ADA, BO, EVE, OWNER = (Address("0x" + digit * 40) for digit in "1234")
STRANGER = Address("0x" + "f" * 40)
"""Contributes nothing, so that nothing is denied to it as an author."""
CONTRIBUTORS = (ADA, BO, EVE, OWNER)
EVERYBODY = (*CONTRIBUTORS, STRANGER)
MONEY = {ADA: 10**6, BO: 10**35, EVE: 10**35, OWNER: 40_000}
REFUND_WAIT, OWNER_WAIT, ANY_WAIT = 20, 60, 61
COST_WEIGHTS = (0, 1, 7, 10**30)
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
    mechanism: Literal["count", "deposit", "points"]
    cost_weight: int
    owner: Address = OWNER
    now: int = 0
    last_update: int = 0
    changed: int = 0
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


def array(x: Sequence[int]) -> Features:
    return np.array(x, dtype=np.int32)


def outcome(call: Callable[[], Any], refusal: type[Exception]) -> Any:
    """What it returns, or the sentence with which it is refused."""
    try:
        return call()
    except refusal as error:
        return f"refused: {error}"


people = st.sampled_from(EVERYBODY)
contributors = st.sampled_from(CONTRIBUTORS)
rows = st.sampled_from(ROWS)


class TrainerMachine(RuleBasedStateMachine):
    """All that can happen; subclasses say to which model and mechanism."""

    mechanism: ClassVar[Literal["count", "deposit", "points"]]
    trainer: LocalTrainer
    paper: Paper

    def model(self) -> tuple[Classifier, Oracle]:
        """The same model twice."""
        base = {0: 3, 1: -3, 2: 1}
        return (
            SparsePerceptron(("no", "yes"), weights=base, intercept=1, learning_rate=2),
            SparsePerceptronOracle(base, 1, 2),
        )

    @initialize(
        cost_weight=st.sampled_from(COST_WEIGHTS),
        validated=st.lists(contributors, min_size=1, max_size=5),
        contested=st.lists(st.tuples(contributors, rows), max_size=3),
    )
    def begin(
        self, cost_weight: int, validated: list[Address], contested: list[tuple[Address, tuple[int, ...]]]
    ) -> None:
        """Some have valid contributions, and some others wait for what becomes of theirs."""
        self.deploy(cost_weight)
        for number, author in enumerate(validated):
            self.wait(3)
            self.add_what_the_model_says(author, ROWS[number], True)
        for author, x in contested:
            self.wait(1)
            self.add_what_the_model_says(author, x, False)
        self.wait(REFUND_WAIT)
        for number in range(len(self.paper.entries)):
            self.refund(number, None, 0)

    def deploy(self, cost_weight: int) -> None:
        classifier, oracle = self.model()
        incentive: IncentiveMechanism = Points(Seconds(REFUND_WAIT))
        if self.mechanism != "points":
            incentive = Stakeable(
                Wei(cost_weight),
                Seconds(REFUND_WAIT),
                Seconds(OWNER_WAIT),
                Seconds(ANY_WAIT),
                shares=self.mechanism,
            )
        balances = {person: Wei(amount) for person, amount in MONEY.items()}
        self.trainer = LocalTrainer(classifier, incentive, owner=OWNER, balances=balances)
        self.paper = Paper(oracle, classifier.kind, 2, self.mechanism, cost_weight)
        self.kept = (self.trainer.checkpoint(), copy.deepcopy(self.paper))

    def both(self, real: Callable[[], Any], paper: Callable[[], Any]) -> Any:
        """Do it in both worlds; the answers must be the same."""
        answer = outcome(real, Refused)
        assert answer == outcome(paper, NoError)
        return answer

    def entry(self, index: int) -> Entry:
        return self.paper.entries[index % len(self.paper.entries)]

    def has_entries(self) -> bool:
        return bool(self.paper.entries)

    # What happens

    @rule(
        sender=contributors, x=rows, label=st.integers(0, 2), more=st.sampled_from([-1, 0, 1, 10**4, 10**36])
    )
    def add_data(self, sender: Address, x: tuple[int, ...], label: int, more: int) -> None:
        value = max(0, self.paper.cost() + more)
        self.both(
            lambda: self.trainer.add_data(sender, array(x), label, Wei(value)),
            lambda: self.paper.add(sender, x, label, value),
        )

    @rule(sender=contributors, x=rows, agree=st.booleans())
    def add_what_the_model_says(self, sender: Address, x: tuple[int, ...], agree: bool) -> None:
        """Or the opposite."""
        said = self.paper.model.predict(x)
        self.add_data(sender, x, said if agree else (said + 1) % 2, 0)

    @precondition(has_entries)
    @rule(index=st.integers(0, 99))
    def add_again(self, index: int) -> None:
        entry = self.entry(index)
        value = self.paper.cost()
        self.both(
            lambda: self.trainer.add_data(entry.author, array(entry.x), entry.label, Wei(value)),
            lambda: self.paper.add(entry.author, entry.x, entry.label, value),
        )

    @rule(seconds=st.sampled_from([0, 1, 1, 1, 2, 4, 21, 22, 10**6]))
    def wait(self, seconds: int) -> None:
        self.go_to(self.paper.now + seconds)

    @precondition(has_entries)
    @rule(
        index=st.integers(0, 99),
        age=st.sampled_from([REFUND_WAIT, OWNER_WAIT, ANY_WAIT]),
        off=st.sampled_from([-1, 0, 1]),
    )
    def wait_for_a_boundary(self, index: int, age: int, off: int) -> None:
        self.go_to(self.entry(index).added + age + off)

    def go_to(self, now: int) -> None:
        self.both(lambda: self.trainer.advance_to(Seconds(now)) and None, lambda: self.paper.advance_to(now))

    @precondition(has_entries)
    @rule(index=st.integers(0, 99), sender=st.none() | people, later=st.sampled_from([0, 0, 0, 1]))
    def refund(self, index: int, sender: Address | None, later: int) -> None:
        entry = self.entry(index)
        who, added = sender or entry.author, entry.added + later
        self.both(
            lambda: self.trainer.refund(who, array(entry.x), entry.label, Seconds(added)),
            lambda: self.paper.refund(who, entry.x, entry.label, added),
        )

    @precondition(has_entries)
    @rule(index=st.integers(0, 99), sender=people, author=st.none() | people)
    def report(self, index: int, sender: Address, author: Address | None) -> None:
        entry = self.entry(index)
        whose = author or entry.author
        self.both(
            lambda: self.trainer.report(sender, array(entry.x), entry.label, Seconds(entry.added), whose),
            lambda: self.paper.report(sender, entry.x, entry.label, entry.added, whose),
        )

    @precondition(has_entries)
    @rule(index=st.integers(0, 99), sender=people, other=rows, label=st.integers(0, 2))
    def claim_what_was_never_added(
        self, index: int, sender: Address, other: tuple[int, ...], label: int
    ) -> None:
        entry = self.entry(index)
        self.both(
            lambda: self.trainer.report(sender, array(other), label, Seconds(entry.added), entry.author),
            lambda: self.paper.report(sender, other, label, entry.added, entry.author),
        )

    @rule()
    def wait_until_something_is_offered(self) -> None:
        """To the nearest boundary, or the next block."""
        ages = (REFUND_WAIT, OWNER_WAIT, ANY_WAIT)
        ahead = [e.added + age for e in self.paper.entries if e.left for age in ages]
        self.go_to(min((time for time in ahead if time > self.paper.now), default=self.paper.now + 1))

    @rule(person=people)
    def claim_what_is_offered(self, person: Address) -> None:
        """The oldest of each kind."""
        seen = set()
        for number, path, _ in self.paper.claims(person):
            if path in seen:
                continue
            seen.add(path)
            entry = self.paper.entries[number]
            if path is Path.REFUND:
                self.refund(number, None, 0)
            else:
                self.report(number, person, entry.author)

    @rule(stranger=st.none() | people, new_owner=people)
    def transfer_ownership(self, stranger: Address | None, new_owner: Address) -> None:
        sender = stranger or self.paper.owner
        self.both(
            lambda: self.trainer.transfer_ownership(sender, new_owner),
            lambda: self.paper.transfer_ownership(sender, new_owner),
        )

    @rule(sender=contributors, recipient=people, amount=st.sampled_from([0, 1, 50_000, 10**34]))
    def pay(self, sender: Address, recipient: Address, amount: int) -> None:
        self.both(
            lambda: self.trainer.pay(sender, recipient, Wei(amount)),
            lambda: self.paper.pay(sender, recipient, amount),
        )

    @precondition(lambda self: self.paper.classes < 4)
    @rule(stranger=st.none() | people, learned=st.lists(rows, max_size=2))
    def add_class(self, stranger: Address | None, learned: list[tuple[int, ...]]) -> None:
        sender = stranger or self.paper.owner
        self.both(
            lambda: self.trainer.add_class(sender, "more", Samples.sparse(learned)),
            lambda: self.paper.add_class(sender, learned),
        )

    @rule()
    def keep(self) -> None:
        self.kept = (self.trainer.checkpoint(), copy.deepcopy(self.paper))

    @rule()
    def go_back(self) -> None:
        self.trainer.restore(self.kept[0])
        self.paper = copy.deepcopy(self.kept[1])

    # What holds after each step

    @invariant()
    def money_is_conserved(self) -> None:
        owned = sum(self.trainer.balance(person) for person in EVERYBODY)
        assert owned + self.trainer.held == sum(MONEY.values())

    @invariant()
    def the_model_holds_what_is_left(self) -> None:
        left = [entry.left for entry in self.paper.entries]
        assert all(amount >= 0 for amount in left)
        assert self.trainer.ledger.left == left
        assert self.trainer.held == sum(left)

    @invariant()
    def everybody_owns_what_the_paper_says(self) -> None:
        assert [self.trainer.balance(p) for p in EVERYBODY] == [self.paper.owned(p) for p in EVERYBODY]

    @invariant()
    def the_rest_is_as_the_paper_says(self) -> None:
        trainer, paper = self.trainer, self.paper
        assert (trainer.now, trainer.owner, trainer.cost()) == (paper.now, paper.owner, paper.cost())
        valid = {person: paper.valid(person) for person in CONTRIBUTORS if paper.valid(person)}
        assert trainer.incentive.valid_contributions() == valid
        assert [trainer.predict(array(x)) for x in ROWS] == [paper.model.predict(x) for x in ROWS]

    @invariant()
    def everybody_is_offered_what_the_paper_says(self) -> None:
        for person in EVERYBODY:
            assert self.trainer.claims(person) == self.paper.claims(person)

    # What holds at the end

    def teardown(self) -> None:
        if not hasattr(self, "paper"):
            return
        self.go_to(self.paper.now + ANY_WAIT)
        kept = (self.trainer.checkpoint(), copy.deepcopy(self.paper))
        self.authors_get_back_only_what_the_model_agrees_with()
        self.a_stranger_gets_out_all_the_rest()
        # and if no author came
        self.trainer.restore(kept[0])
        self.paper = kept[1]
        self.a_stranger_gets_out_all_the_rest()

    def authors_get_back_only_what_the_model_agrees_with(self) -> None:
        for number, entry in enumerate(self.paper.entries):
            before = self.trainer.balance(entry.author)
            agreed = self.paper.model.predict(entry.x) == entry.label
            open_ = entry.left > 0 or (entry.deposit == 0 and not entry.claimers)
            left = entry.left
            self.report(number, entry.author, None)
            assert self.trainer.balance(entry.author) == before
            self.refund(number, None, 0)
            assert self.trainer.balance(entry.author) == before + (left if agreed and open_ else 0)
        self.everybody_is_offered_what_the_paper_says()

    def a_stranger_gets_out_all_the_rest(self) -> None:
        if self.mechanism != "points":
            for number, entry in enumerate(self.paper.entries):
                if entry.author == STRANGER:
                    continue
                self.report(number, STRANGER, None)
                assert entry.left == 0
        self.money_is_conserved()
        self.everybody_owns_what_the_paper_says()
        assert self.trainer.held == 0
        assert self.trainer.claims(STRANGER) == self.paper.claims(STRANGER)


class ByCount(TrainerMachine):
    """A perceptron, shares by count."""

    mechanism = "count"


class WithFurtherClasses(TrainerMachine):
    """Naive Bayes, which takes further classes."""

    def model(self) -> tuple[Classifier, Oracle]:
        """Two classes of two samples each."""
        samples, counts = [2, 2], [{0: 3, 2: 1}, {1: 2}]
        return (
            NaiveBayes(("no", "yes"), vocabulary=5, smoothing=F // 2, samples=samples, counts=counts),
            NaiveBayesOracle(5, F // 2, samples, counts),
        )


class ByDeposit(WithFurtherClasses):
    """Naive Bayes, shares by deposit."""

    mechanism = "deposit"


class ByCountWithFurtherClasses(WithFurtherClasses):
    """Naive Bayes, shares by count."""

    mechanism = "count"


class WithoutMoney(TrainerMachine):
    """A perceptron, points."""

    mechanism = "points"


FEW = settings(max_examples=60, stateful_step_count=40, deadline=None)

for machine in (ByCount, ByDeposit, ByCountWithFurtherClasses, WithoutMoney):
    machine.TestCase.settings = FEW

TestByCount = ByCount.TestCase
TestByDeposit = ByDeposit.TestCase
TestByCountWithFurtherClasses = ByCountWithFurtherClasses.TestCase
TestWithoutMoney = WithoutMoney.TestCase
