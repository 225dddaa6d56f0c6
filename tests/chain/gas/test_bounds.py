"""Lower bounds, worked out by hand from the prices of the EVM."""

from dataclasses import replace

import pytest

from decai.chain.base import Log
from decai.chain.gas.bounds import Needs, Slots, Work, lower_bound, slots_of, summands
from decai.chain.gas.scenario import ACTIONS, INCENTIVES
from decai.chain.gas.subjects import SUBJECTS, indices, vector
from decai.units import Address, Seconds


def log(topics: int, size: int) -> Log:
    return Log(Address("0x"), (b"",) * topics, bytes(size), 1, Seconds(1), b"", 0)


def test_an_empty_call_costs_the_transaction() -> None:
    assert lower_bound(Work(b"")) == 21_000


def test_a_byte_of_calldata_is_dearer_if_it_is_not_zero() -> None:
    # 2 * 4 + 3 * 16 = 56, and one word filled, so that the floor for calldata is far away
    assert lower_bound(Work(bytes([0, 1, 2, 0, 3]), Slots(filled=1))) == 21_000 + 56 + 22_100


def test_calldata_has_a_floor() -> None:
    # 1,000 bytes that are not zero: 16 each is 16,000; the floor is 4 tokens each at 10, 40,000
    assert lower_bound(Work(b"\1" * 1_000)) == 21_000 + 40_000
    # Work of another 30,000 reaches beyond it: 16,000 + 15 * 2,100
    assert lower_bound(Work(b"\1" * 1_000, Slots(read=15))) == 21_000 + 16_000 + 31_500


def test_events_and_payments_add_up() -> None:
    # 375 + 2 * 375 + 96 * 8 = 1,893; 375 + 375 = 750; 9,000 + 100 - 2,300 = 6,800
    work = Work(b"", logs=(log(2, 96), log(1, 0)), payments=1)
    assert summands(work)["events"] == 1_893 + 750
    assert lower_bound(work) == 21_000 + 1_893 + 750 + 6_800


def test_a_deployment_pays_for_its_code() -> None:
    # 65 bytes sent are 3 words; 32,000 + 3 * 2 + 200 * 10 = 34,006; 65 * 16 = 1,040
    work = Work(b"\1" * 65, code_size=10)
    assert lower_bound(work) == 21_000 + 1_040 + 34_006


def test_code_of_another_contract_costs_more_than_a_word() -> None:
    # EIP-2929: 2,600 for an account, 2,100 for a word
    assert lower_bound(Work(b"", Slots(read=2, contracts=1))) == 21_000 + 2 * 2_100 + 2_600


def needs(words: int) -> Needs:
    """Of a classifier that reads so many words when it is asked, and changes them when it learns."""
    return Needs(Slots(read=words), Slots(read=words), Slots(changed=words), Slots(filled=words))


@pytest.mark.parametrize("incentive", INCENTIVES)
@pytest.mark.parametrize("action", ACTIONS)
def test_only_what_the_classifier_needs_grows_with_the_sample(action: str, incentive: str) -> None:
    small, large = (slots_of(action, needs(words), incentive) for words in (1, 11))
    more = sum((large.read, large.changed, large.filled)) - sum((small.read, small.changed, small.filled))
    asks = action != "deploy" and not action.startswith("report_timeout")
    assert more == (10 if asks else 0)


def test_claims_at_once_share_all_words_but_their_own() -> None:
    one, eight = (slots_of("claim_many", needs(13), "stakeable", claims) for claims in (1, 8))
    assert (eight.read, eight.changed, eight.filled) == (one.read, one.changed + 7, one.filled)


@pytest.mark.parametrize(
    ("action", "incentive", "expected"),
    [
        # The totals change; the contribution is new.
        ("add_change_int64", "points", Slots(changed=13 + 1, filled=1)),
        # The contribution, the totals and the account change; with shares by deposit so does their sum.
        ("refund", "stakeable", Slots(read=13, changed=3)),
        ("refund", "stakeable-by-deposit", Slots(read=13, changed=4)),
        ("refund_first", "points", Slots(read=13, changed=2, filled=1)),
        # The totals are read, and for a share the account.
        ("report", "points", Slots(read=13 + 1, changed=1)),
        ("report", "stakeable", Slots(read=13 + 2, changed=1)),
        ("report_further", "stakeable-by-deposit", Slots(read=13 + 3, changed=1, filled=1)),
        ("report_timeout_owner", "stakeable", Slots(read=1, changed=1)),
        ("deploy", "stakeable", Slots(filled=2)),
    ],
)
def test_words_are_those_of_the_design(action: str, incentive: str, expected: Slots) -> None:
    assert slots_of(action, needs(13), incentive) == expected


def test_only_who_asks_a_data_contract_pays_for_it() -> None:
    asking = needs(1).with_contracts(2)
    assert [part.contracts for part in (asking.predict, asking.agree, asking.change, asking.first_touch)] == [
        2
    ] * 4
    learner = replace(needs(1), learns_by_table=False).with_contracts(2)
    assert [part.contracts for part in (learner.predict, learner.agree, learner.first_touch)] == [2, 0, 0]


@pytest.mark.parametrize(
    ("classifier", "predict", "change"),
    [
        # The reference sample lies in 13 words of 16 counters, and in 16 of 4 pairs of counters.
        ("sparse-perceptron", 13, Slots(changed=13)),
        # One word for both classes.
        ("naive-bayes", 16 + 1, Slots(changed=16 + 1)),
        # A word for each class, of which a contribution changes one.
        ("sparse-centroid", 16 + 2, Slots(changed=16 + 1)),
        # 9 sums lie in 3 words; a centroid has them for both classes, and a word of counts.
        ("dense-perceptron", 3, Slots(changed=3)),
        ("dense-centroid", 2 * 3 + 1, Slots(changed=3 + 1)),
    ],
)
def test_classifiers_need_as_many_words_as_their_layouts_say(
    classifier: str, predict: int, change: Slots
) -> None:
    sample = vector(9) if classifier.startswith("dense") else indices(20)
    found = SUBJECTS[classifier].needs(sample)
    assert (found.predict, found.change) == (Slots(read=predict), change)
