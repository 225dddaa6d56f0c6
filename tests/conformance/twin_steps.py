"""What plays are made of, drawn by hypothesis."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from hypothesis import strategies as st

from decai.protocols import Path
from decai.units import DAY, Address
from tests.conformance.stage import CONTRIBUTORS, EVERYBODY, NOBODY, WALLET
from tests.conformance.twin_case import START, Case

__all__ = ["YEAR", "Start", "Step", "starts", "steps"]

YEAR = 365 * DAY
LABELS = (0, 1, 0, 1, 0, 1, 2, 255, 2**63, 2**64 - 1, 2**64, 2**256 - 1, -1)


class Start(NamedTuple):
    """How a play begins."""

    validated: list[Address]
    """Whose contributions are valid by then."""
    contested: list[Address]
    """Whose contributions the model disagrees with, mature."""
    push: int | None
    """Which counters are near their limits, if the model can be pushed there."""
    short_of: int
    """How near."""
    before_the_end: int | None
    """How many seconds before the last in which the model may change, if it is that late."""
    haste: int
    """0 for a play at whose end all of the state is looked through, our client's and the audit's way too."""


class Step(NamedTuple):
    """A method of `Play`, and what it is called with."""

    name: str
    arguments: dict[str, Any]

    def __repr__(self) -> str:
        return f"play.{self.name}({', '.join(f'{key}={value!r}' for key, value in self.arguments.items())})"


people = st.sampled_from(EVERYBODY)
contributors = st.sampled_from(CONTRIBUTORS)
ways = st.booleans()
"""Packed, or as a list of numbers."""
which = st.integers(0, 40) | st.integers(0, 3)


def starts() -> st.SearchStrategy[Start]:
    """How plays begin."""
    validated, contested = st.lists(contributors, max_size=4), st.lists(contributors, max_size=4)
    push = st.sampled_from([None, None, None, 0, 1, 2])
    before_the_end = st.sampled_from([None, None, None, None, None, 2, 60, 2**32])
    near, haste = st.integers(0, 2), st.integers(0, 7)
    return st.builds(Start, validated, contested, push, near, before_the_end, haste)


def steps(case: Case, number: int) -> st.SearchStrategy[list[Step]]:
    """So many steps, of which some may be nothing."""
    rows, labels = case.model.rows, st.sampled_from(LABELS)
    more = st.sampled_from([0, 0, 0, 1, 10**4, -1, 2**119, 2**128])
    soon, late = [1, 1, 0, 1, 2, 4, 20, 21, -1], [61, 3600, DAY, YEAR, 20 * YEAR, 150 * YEAR]
    offered: Mapping[str, Any] = {"index": which, "packed": ways}
    table: list[tuple[int, str, Mapping[str, st.SearchStrategy[Any]]]] = [
        (1, "nothing", {}),
        (10, "add", {"sender": contributors, "row": rows, "label": labels, "more": more, "packed": ways}),
        (10, "add_opinion", {"sender": contributors, "row": rows, "agree": ways, "packed": ways}),
        (
            4 if case.incentive(START).takes_batches else 1,
            "add_many",
            {
                "sender": contributors,
                "samples": st.one_of(
                    st.lists(st.tuples(rows, labels), max_size=3),
                    st.lists(st.tuples(st.sampled_from(case.model.simple), st.integers(0, 1)), max_size=3),
                    st.lists(
                        st.tuples(rows.filter(lambda row: len(row) < 5), st.integers(0, 1)),
                        min_size=30,
                        max_size=34,
                    ),
                ),
                "more": more,
                "again": st.none() | st.none() | which,
            },
        ),
        (3, "add_again", {"index": which, "packed": ways}),
        (2, "add_alias", {"index": which, "place": which, "sender": st.none() | contributors}),
        (
            1,
            "add_for_next_to_nothing",
            {"sender": contributors, "number": which, "deposit": st.integers(1, 4)},
        ),
        (8, "wait", {"seconds": st.sampled_from(soon)}),
        (1, "wait", {"seconds": st.sampled_from(late)}),
        (
            6,
            "wait_until",
            {"index": which, "wait": st.sampled_from([0, 0, 0, 1, 2]), "off": st.integers(-1, 1)},
        ),
        (8, "refund_own", offered),
        (3, "refund", {"sender": people, **offered}),
        (5, "report", {"sender": people, **offered}),
        (5, "report_by_contributor", {"who": which, **offered}),
        (
            3,
            "claim_another",
            {
                "sender": people,
                "row": st.none() | rows,
                "label": labels,
                "later": st.sampled_from([0, 0, 1, -1, 2**40]),
                "author": st.none() | people,
                "refund": ways,
                **offered,
            },
        ),
        (2, "claim_alias", {"index": which, "place": which, "sender": people}),
        (10, "take_offer", {"path": st.sampled_from([*Path, Path.REPORT, Path.REPORT]), **offered}),
        (
            6,
            "claim_many",
            {
                "sender": people,
                "offered": ways,
                "others": st.lists(which, max_size=2),
                "wrong": st.sampled_from([None, None, None, 0, 1]),
            },
        ),
        (2, "transfer_ownership", {"sender": st.none() | people, "heir": people | st.just(NOBODY)}),
        (
            1,
            "add_feature_indices",
            {"sender": st.none() | people, "indices": st.lists(st.integers(0, 2**32 - 1), max_size=20)},
        ),
        (2, "withdraw", {"sender": st.just(WALLET) | people, "recipient": people}),
    ]
    if case.model.starts is not None:
        names = st.sampled_from(["", "drei", "x" * 64])
        further = {"sender": st.none() | people, "name": names, "start": case.model.starts}
        table.append((2, "begin_class", further))
    choices = [
        st.builds(Step, st.just(name), st.fixed_dictionaries(arguments))
        for weight, name, arguments in table
        for _ in range(weight)
    ]
    step = st.integers(0, len(choices) - 1).flatmap(choices.__getitem__)
    return st.lists(step, min_size=number, max_size=number)
