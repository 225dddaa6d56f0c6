"""All that can happen to a shared model, wherever it lives, and what holds after each step.

`Paper` writes ``docs/mechanism.md`` down once more. After each step both must agree on every answer, every
refusal in its words, every balance and every open claim; and whatever is held could be got out: in a
rehearsal, which is undone, everybody withdraws.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from decai.chain.client import ChainTrainer
from decai.errors import Refused
from decai.protocols import Path
from decai.trainer import LocalTrainer
from decai.units import Address, Seconds, Wei
from tests.stateful.models import ModelName, model
from tests.stateful.paper import (
    ANY_WAIT,
    CONTRIBUTORS,
    EVERYBODY,
    MONEY,
    OWNER_WAIT,
    REFUND_WAIT,
    ROWS,
    STRANGER,
    Entry,
    Mechanism,
    NoError,
    Paper,
)
from tests.stateful.places import EvmPlace, LocalPlace, Place, array

__all__ = ["EvmMachine", "LocalMachine"]


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

    model_name: ClassVar[ModelName]
    mechanism: ClassVar[Mechanism]
    cost_weights: ClassVar[tuple[int, ...]]
    place_of: ClassVar[type[LocalPlace] | type[EvmPlace]]
    place: Place
    paper: Paper

    @initialize(
        choice=st.integers(0, 3),
        validated=st.lists(contributors, min_size=1, max_size=5),
        contested=st.lists(st.tuples(contributors, rows), max_size=3),
    )
    def begin(
        self, choice: int, validated: list[Address], contested: list[tuple[Address, tuple[int, ...]]]
    ) -> None:
        """Some have valid contributions, and some others wait for what becomes of theirs."""
        self.deploy(self.cost_weights[choice % len(self.cost_weights)])
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
        self.place = self.place_of(self.model_name, self.mechanism, cost_weight)
        classifier, oracle = model(self.model_name)
        self.paper = Paper(oracle, classifier.kind, 2, self.mechanism, cost_weight)

    @property
    def trainer(self) -> LocalTrainer | ChainTrainer:
        return self.place.trainer

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
            lambda: self.place.pay(sender, recipient, amount),
            lambda: self.paper.pay(sender, recipient, amount),
        )

    @precondition(lambda self: self.paper.classes < 4 and self.place.can_add_class(self.paper.model_kind))
    @rule(stranger=st.none() | people, learned=st.lists(rows, max_size=2))
    def add_class(self, stranger: Address | None, learned: list[tuple[int, ...]]) -> None:
        sender = stranger or self.paper.owner
        self.both(
            lambda: self.place.add_class(sender, "more", learned),
            lambda: self.paper.add_class(sender, learned),
        )

    # What holds after each step

    @invariant()
    def money_is_conserved(self) -> None:
        owned = sum(self.trainer.balance(person) for person in EVERYBODY)
        assert owned + self.place.held() == sum(MONEY.values())

    @invariant()
    def the_model_holds_what_is_left(self) -> None:
        left = [entry.left for entry in self.paper.entries]
        assert all(amount >= 0 for amount in left)
        assert self.place.left(self.paper.entries) == left
        assert self.place.held() == sum(left)

    @invariant()
    def everybody_owns_what_the_paper_says(self) -> None:
        assert [self.trainer.balance(p) for p in EVERYBODY] == [self.paper.owned(p) for p in EVERYBODY]

    @invariant()
    def the_rest_is_as_the_paper_says(self) -> None:
        trainer, paper = self.trainer, self.paper
        assert (trainer.now, trainer.owner, trainer.cost()) == (paper.now, paper.owner, paper.cost())
        valid = {person: paper.valid(person) for person in CONTRIBUTORS if paper.valid(person)}
        assert self.place.valid() == valid
        assert [trainer.predict(array(x)) for x in ROWS] == [paper.model.predict(x) for x in ROWS]

    @invariant()
    def everybody_is_offered_what_the_paper_says(self) -> None:
        for person in EVERYBODY:
            assert list(self.trainer.claims(person)) == self.paper.claims(person)

    @invariant()
    def whatever_is_held_can_be_got_out_by_whom_it_belongs_to(self) -> None:
        """And by nobody else; once the last wait is over, everything, be the authors there or not."""
        open_ = [entry for entry in self.paper.entries if entry.left]
        if not open_:
            assert self.place.held() == 0
            return
        for authors_come in (True, False):
            with self.place.rehearsal():
                self.trainer.advance_to(Seconds(self.trainer.now + ANY_WAIT + 1))
                left = dict(enumerate(self.place.left(open_)))
                assert sum(left.values()) == self.place.held()
                before = self.owned()
                if authors_come:
                    gains = self.authors_withdraw(open_, left)
                    assert self.owned() == before + gains
                    before += gains
                rest = sum(left.values())
                self.a_stranger_withdraws(open_, left)
                assert self.owned() == before + Counter({STRANGER: rest})
                assert self.place.held() == 0

    def owned(self) -> Counter[Address]:
        return Counter({person: int(self.trainer.balance(person)) for person in EVERYBODY})

    def authors_withdraw(self, entries: Sequence[Entry], left: dict[int, int]) -> Counter[Address]:
        """What each of them gets: all that is left of what the model agrees with."""
        gains: Counter[Address] = Counter()
        for number, entry in enumerate(entries):
            key = (array(entry.x), entry.label, Seconds(entry.added))
            own = outcome(lambda: self.trainer.report(entry.author, *key, entry.author), Refused)  # noqa: B023
            assert own == f"refused: {self.paper.kind}: the author cannot report"
            paid = outcome(lambda: self.trainer.refund(entry.author, *key), Refused)  # noqa: B023
            if self.trainer.predict(array(entry.x)) == entry.label:
                assert paid == left.pop(number)
                gains[entry.author] += paid
            else:
                assert paid == f"refused: {self.paper.kind}: the model disagrees"
        return gains

    def a_stranger_withdraws(self, entries: Sequence[Entry], left: dict[int, int]) -> None:
        """Who has nothing to do with it, but for which it would stay behind."""
        for number, amount in left.items():
            entry = entries[number]
            x, added = array(entry.x), Seconds(entry.added)
            assert self.trainer.report(STRANGER, x, entry.label, added, entry.author) == (Path.ANYONE, amount)

    # What holds at the end

    def teardown(self) -> None:
        if not hasattr(self, "paper"):
            return
        try:
            self.go_to(self.paper.now + ANY_WAIT)
            self.authors_get_back_only_what_the_model_agrees_with()
            self.a_stranger_gets_out_all_the_rest()
        finally:
            self.place.close()

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
        assert self.place.held() == 0
        assert list(self.trainer.claims(STRANGER)) == self.paper.claims(STRANGER)


class LocalMachine(TrainerMachine):
    """In memory, where one can also go back."""

    place_of = LocalPlace
    cost_weights = (0, 1, 7, 10**30)

    def deploy(self, cost_weight: int) -> None:
        super().deploy(cost_weight)
        self.keep()

    @property
    def local(self) -> LocalTrainer:
        assert isinstance(self.place, LocalPlace)
        return self.place.trainer

    @rule()
    def keep(self) -> None:
        self.kept = (self.local.checkpoint(), deepcopy(self.paper))

    @rule()
    def go_back(self) -> None:
        self.local.restore(self.kept[0])
        self.paper = deepcopy(self.kept[1])


class EvmMachine(TrainerMachine):
    """A contract."""

    place_of = EvmPlace
    cost_weights: ClassVar[tuple[int, ...]] = (7, 10**24)
