"""Incentive mechanisms: what a contribution costs, and who may claim what."""

from decai.incentive.points import Points
from decai.incentive.stakeable import Stakeable

__all__ = ["Points", "Stakeable"]
