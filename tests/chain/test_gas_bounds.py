"""Lower bounds, worked out by hand from the prices of the EVM."""

import pytest

from decai.chain.base import Log
from decai.chain.gas_bounds import Slots, Work, lower_bound, slots_of, summands
from decai.chain.gas_scenario import ACTIONS, INCENTIVES
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


@pytest.mark.parametrize("incentive", INCENTIVES)
@pytest.mark.parametrize("action", ACTIONS)
def test_only_counters_grow_with_the_sample(action: str, incentive: str) -> None:
    small, large = (slots_of(action, counters, incentive) for counters in (1, 11))
    more = sum((large.read, large.changed, large.filled)) - sum((small.read, small.changed, small.filled))
    asks = action != "deploy" and not action.startswith("report_timeout")
    assert more == (10 if asks else 0)


def test_claims_at_once_share_all_words_but_their_own() -> None:
    one, eight = (slots_of("claim_many", 13, "stakeable", claims) for claims in (1, 8))
    assert (eight.read, eight.changed, eight.filled) == (one.read, one.changed + 7, one.filled)
