"""What a contribution puts at risk and what it may bring, in words."""

from decai.chain.model import ModelInfo
from decai.dashboard.opened import CostCurve
from decai.dashboard.words import duration, ether
from decai.units import Wei

__all__ = ["most_to_pay", "prospects_in_words", "waits"]


def most_to_pay(cost: Wei) -> Wei:
    """The cost of now and a tenth: what is not needed comes back at once."""
    return Wei(cost + -(-cost // 10))


def prospects_in_words(info: ModelInfo, costs: CostCurve) -> list[str]:
    """What I could win or lose, a sentence each."""
    wait = duration(info.refund_wait)
    if info.incentive == "points":
        return [
            f"Nothing is deposited. After {wait}, if the model agrees with you, the contribution counts as "
            f"valid.",
            "You pay the network's fee for the transaction, which does not come back.",
        ]
    if info.incentive != "stakeable" or info.owner_wait is None or info.any_wait is None:
        return ["This model has rules of its own, which these pages do not know. Read its source first."]
    deposit = ether(costs.now)
    return [
        f"If the model agrees with you after {wait}, you get the deposit of {deposit} back, and the "
        f"contribution counts as valid.",
        "Each valid contribution gives you a share of the deposits of those who are wrong.",
        f"If it disagrees, others with valid contributions may take your deposit of {deposit}.",
        f"If you do not fetch it: after {duration(info.owner_wait)} the owner of the model may take "
        f"what is left, after {duration(info.any_wait)} anybody.",
        "You pay the network's fee for each transaction, which does not come back.",
    ]


def waits(info: ModelInfo) -> str:
    """When a deposit can be had back, in a few words."""
    return f"refunded after {duration(info.refund_wait)}, if the model agrees"
