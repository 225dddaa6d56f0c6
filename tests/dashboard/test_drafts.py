"""Models that are about to be deployed from a page: whole on the disk, and the same after a restart."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from decai.chain.base import Transaction
from decai.classifier import SparsePerceptron
from decai.dashboard.drafts import Draft, Drafts, Terms, model_of_text, progress_of
from decai.dashboard.outbox import Entry, Fate, Via
from decai.errors import InputError
from decai.incentive import Points, Stakeable
from decai.model_file import write_model
from decai.units import Address

SENDER = Address("0x" + "11" * 20)


@pytest.fixture
def text(tmp_path: Path) -> str:
    """A small model's file."""
    path = tmp_path / "model.json"
    write_model(SparsePerceptron(("no", "yes"), weights=[1, -2, 3]), path, extra={"name": "Small"})
    return path.read_text()


def begun(drafts: Drafts, text: str, **changed: Any) -> Draft:
    facts = {"name": "Small", "description": "", "encoder": "none", **changed}
    return drafts.begin("somebody", 31337, SENDER, text, **facts)


def entry_of(draft: Draft, step: int, fate: Fate, **outcome: Any) -> Entry:
    transaction = Transaction(SENDER, None, b"")
    facts = {"draft": draft.id, "step": step}
    return Entry(
        f"{step}-{fate}", "somebody", Via.NODE, 31337, transaction, "", facts, fate, None, None, None, "",
        outcome, 0.0, 0.0,
    )  # fmt: skip


def test_a_draft_is_the_same_after_a_restart_and_so_is_its_plan(tmp_path: Path, text: str) -> None:
    draft = begun(Drafts(tmp_path / "drafts"), text, terms=Terms("points"))
    again = Drafts(tmp_path / "drafts").get(draft.id)
    assert again == draft
    assert again.plan().content == draft.plan().content
    assert again.composition().title == "decai 1: sparse-perceptron, points"


def test_unfinished_ones_are_their_visitors_alone(tmp_path: Path, text: str) -> None:
    drafts = Drafts(tmp_path)
    first, second = begun(drafts, text), begun(drafts, text)
    assert drafts.of("somebody", 31337) == [second, first]
    assert drafts.of("somebody else", 31337) == drafts.of("somebody", 1) == []
    drafts.finish(first, SENDER)
    drafts.forget(second)
    assert drafts.of("somebody", 31337) == []
    assert drafts.get(first.id).address == SENDER


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "x" * 99, "gone-and-away"])
def test_a_name_that_is_no_drafts_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"^this model is not here any more$"):
        Drafts(tmp_path).get(name)


def test_steps_go_on_where_they_were(tmp_path: Path, text: str) -> None:
    draft = begun(Drafts(tmp_path), text)
    nothing = progress_of(draft, [])
    assert (nothing.next, nothing.address) == (0, None)
    assert nothing.transaction(0).data == nothing.plan.steps[0].data({})
    # The latest transaction of a step counts: one was not signed, then one was.
    late = [entry_of(draft, 0, Fate.DONE, contract="0xAb", block=7), entry_of(draft, 0, Fate.REJECTED)]
    done = progress_of(draft, late)
    assert (done.next, done.address, done.first_block) == (None, "0xAb", 7)
    assert progress_of(draft, late[1:]).next == 0
    other = replace(draft, id="another-draft")
    assert progress_of(other, late).next == 0


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"incentive": "luck"}, "the mechanism must be stakeable or points"),
        ({"refund_wait": "soon"}, "'soon' is not a duration"),
        ({"refund_wait": "9 days"}, "the waits must be in order"),
        ({"any_wait": "-1 day"}, "cannot be below 0"),
        ({"cost_weight": "-1 ETH"}, "the cost weight cannot be below 0"),
        ({"cost_weight": "99999999999 ETH"}, "the cost weight must be below"),
        ({"shares": "luck"}, "shares must be by count or by deposit"),
        ({"any_wait": "99999999 days"}, "must be below 2\\^32 seconds"),
    ],
)
def test_terms_that_cannot_be_are_one_line_and_nothing_is_written(
    tmp_path: Path, text: str, changed: dict[str, str], line: str
) -> None:
    with pytest.raises(InputError, match=line):
        begun(Drafts(tmp_path / "drafts"), text, terms=replace(Terms(), **changed))
    assert not (tmp_path / "drafts").exists()


def test_terms_are_what_was_written() -> None:
    terms = Terms("stakeable", "1 h", "2 h", "3 h", "5 gwei", "deposit").mechanism()
    assert isinstance(terms, Stakeable)
    assert (terms.cost_weight, terms.refund_wait, terms.owner_wait, terms.any_wait) == (
        5 * 10**9,
        3600,
        7200,
        10800,
    )
    assert terms.shares == "deposit"
    assert isinstance(Terms("points", "5 min").mechanism(), Points)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"type": "oracle"}', "\ud800", json.dumps([[]] * 9)])
def test_what_is_no_model_file_is_one_line(content: str) -> None:
    with pytest.raises(InputError, match=r"^this file: "):
        model_of_text(content)


def test_a_file_beyond_measure_is_refused_unread() -> None:
    with pytest.raises(InputError, match=r"^the file is larger than 8 MB$"):
        model_of_text(" " * (8 * 2**20 + 1))
