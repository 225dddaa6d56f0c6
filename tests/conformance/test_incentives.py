"""Every incentive mechanism passes the one suite in ``incentive.py``."""

from typing import Literal

import pytest

from decai.incentive import Points, Stakeable
from decai.protocols import IncentiveMechanism
from decai.units import Wei
from tests.conformance.incentive import (
    ANY_WAIT,
    DEPLOYED,
    OWNER_WAIT,
    REFUND_WAIT,
    IncentiveConformance,
)


def points() -> IncentiveMechanism:
    return Points(refund_wait=REFUND_WAIT, deployed=DEPLOYED)


def stakeable(shares: Literal["count", "deposit"], cost_weight: int) -> IncentiveMechanism:
    return Stakeable(
        cost_weight=Wei(cost_weight),
        refund_wait=REFUND_WAIT,
        owner_wait=OWNER_WAIT,
        any_wait=ANY_WAIT,
        deployed=DEPLOYED,
        shares=shares,
    )


def by_count() -> IncentiveMechanism:
    return stakeable("count", 10)


def by_deposit() -> IncentiveMechanism:
    return stakeable("deposit", 10)


def free_of_charge() -> IncentiveMechanism:
    return stakeable("count", 0)


@pytest.mark.parametrize("make", [points, by_count, by_deposit, free_of_charge])
class TestIncentives(IncentiveConformance):
    """Points, and deposits with shares by count and by deposit."""
