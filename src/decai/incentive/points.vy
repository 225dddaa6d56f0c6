# pragma version 0.4.3
"""
@title Points
@license MIT
@notice Valid contributions are counted, and no money changes hands.
@dev Specified in docs/mechanism.md#points; the twin of incentive/points.py.
"""

import classifier
import data_handler
import incentive_base as base
import refusals
import samples

uses: base
uses: classifier
uses: data_handler

# @notice An author's contribution was validated.
# @param recipient The author.
# @param amount What was paid back, in wei.
event Refund:
    recipient: address
    amount: uint256

# @notice Somebody else than the author claimed.
# @param recipient Who.
# @param amount What was paid, in wei.
event Report:
    recipient: address
    amount: uint256

REFUND: constant(uint8) = 0
REPORT: constant(uint8) = 1


@deploy
def __init__():
    """
    @notice There is nothing to refuse.
    """
    pass


@internal
@view
def _begin():
    """
    @notice There is nothing to refuse.
    """
    pass


@external
@view
def getNextAddDataCost(currentTimeS: uint256 = block.timestamp) -> uint256:
    """
    @param currentTimeS When; now by default.
    @return What a contribution costs: nothing.
    """
    return 0


@internal
@view
def _quote_add_data(payment: uint256) -> uint256:
    """
    @param payment The most that the sender will pay, in wei.
    @return What a contribution costs: nothing.
    """
    return 0


@internal
def _settle_add_data():
    """
    @notice Takes note of a contribution that was let in.
    """
    base._settle_add_data()


@internal
def _refund(
    key: bytes32,
    contribution: uint256,
    features: DynArray[uint256, samples.MAX_WORDS],
    label: uint64,
    added: uint256,
) -> uint256:
    """
    @notice Validates a contribution that the model agrees with.
    @param key What the contribution is known by.
    @param contribution Its word in the ledger.
    @param features Packed.
    @param label What they were said to be.
    @param added When, in seconds since the epoch.
    @return What to pay to the author: nothing.
    """
    self._require_open(contribution, added)
    if classifier._predict(features) != label:
        refusals._refuse("points: the model disagrees")
    base._settle_refund(msg.sender, 0)
    data_handler._handle_claim(key, contribution, msg.sender, REFUND, 0, 0)
    log Refund(recipient=msg.sender, amount=0)
    return 0


@internal
def _report(
    key: bytes32,
    contribution: uint256,
    features: DynArray[uint256, samples.MAX_WORDS],
    label: uint64,
    added: uint256,
    author: address,
) -> uint256:
    """
    @notice Closes a contribution that the model disagrees with.
    @param key What the contribution is known by.
    @param contribution Its word in the ledger.
    @param features Packed.
    @param label What they were said to be.
    @param added When, in seconds since the epoch.
    @param author By whom.
    @return What to pay to the sender: nothing.
    """
    if msg.sender == author:
        refusals._refuse("points: the author cannot report")
    self._require_open(contribution, added)
    if classifier._predict(features) == label:
        refusals._refuse("points: the model agrees")
    data_handler._handle_claim(key, contribution, msg.sender, REPORT, 0, 0)
    log Report(recipient=msg.sender, amount=0)
    return 0


@internal
@view
def _require_open(contribution: uint256, added: uint256):
    """
    @notice Refuses what was claimed before or cannot be claimed yet.
    @param contribution A word of the ledger.
    @param added When the contribution came in, in seconds since the epoch.
    """
    if data_handler._num_claims(contribution) != 0:
        refusals._refuse("points: already claimed")
    if not base._has_waited(added):
        refusals._refuse("points: not enough time has passed")
    if not base._is_settled():
        refusals._refuse("points: the model was updated in this block")
