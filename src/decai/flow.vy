# pragma version 0.4.3
"""
@title How data come in
@license MIT
@notice The incentive mechanism checks the request and takes a deposit, the data handler records the
    contribution, the classifier learns it.
@dev Specified in docs/mechanism.md#flow; the twin of LocalTrainer.add_data in trainer.py.
"""

import classifier
import data_handler
import incentive
import incentive_base
import refusals
import samples

uses: classifier
uses: data_handler
uses: incentive

# @notice A sample was contributed packed.
# @param d Its features, packed.
# @param c What it is said to be.
# @param t When, in seconds since the epoch.
# @param sender By whom.
# @param cost The deposit, in wei.
event AddDataPacked:
    d: DynArray[uint256, samples.MAX_WORDS]
    c: uint64
    t: uint256
    sender: indexed(address)
    cost: uint256


@internal
def _add_data(
    features: DynArray[uint256, samples.MAX_WORDS], fits: bool, label: uint64, payment: uint256
) -> uint256:
    """
    @notice Lets a contribution in.
    @param features Packed.
    @param fits Whether they are features at all.
    @param label What they are said to be.
    @param payment The most that the sender will pay, in wei.
    @return What it costs, in wei, at most the payment.
    """
    if block.timestamp > incentive_base.TIME_MASK:
        refusals._refuse("trainer: time is out of range")
    cost: uint256 = incentive._quote_add_data(payment)
    key: bytes32 = data_handler._key(features, label, block.timestamp, msg.sender)
    # A list that does not fit may have the packed form of another.
    if fits:
        data_handler._check_new(key)
    classifier._update(features, fits, label)
    incentive._settle_add_data()
    data_handler._handle_add_data(key, cost)
    return cost
