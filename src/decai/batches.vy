# pragma version 0.4.3
"""
@title Batches
@license MIT
@notice Many contributions in one transaction, where the incentive mechanism takes them.
@dev Specified in docs/mechanism.md#batches; the twin of LocalTrainer.add_data_many in trainer.py.
"""

import flow
import payments
import samples

uses: flow
uses: payments

struct Contribution:
    features: DynArray[uint256, samples.MAX_WORDS]
    label: uint64

MOST: constant(uint256) = 32


@external
@payable
@nonreentrant
def addDataMany(contributions: DynArray[Contribution, MOST]):
    """
    @notice Contributes many samples in their order, and pays what is left of the value back once. All of them come
        in, or none.
    @param contributions Samples, packed, and what they are said to be.
    """
    left: uint256 = msg.value
    for contribution: Contribution in contributions:
        samples._require_packed(contribution.features)
        cost: uint256 = flow._add_data(contribution.features, True, contribution.label, left)
        log flow.AddDataPacked(
            d=contribution.features, c=contribution.label, t=block.timestamp, sender=msg.sender, cost=cost
        )
        # What was left was offered.
        left = unsafe_sub(left, cost)
    payments._pay(msg.sender, left)
