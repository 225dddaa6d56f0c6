# pragma version 0.4.3
"""
@title Fixed price
@license MIT
@notice An incentive mechanism of somebody's own: every contribution costs the same; at once, the author gets it
    back if the model agrees, and the first one else who asks gets it if the model disagrees.
"""

import classifier
import data_handler
import incentive_base as base
import refusals
import samples

uses: base
uses: classifier
uses: data_handler

PRICE: constant(uint256) = 5_000


@deploy
def __init__():
    """
    @notice There is nothing to refuse.
    """
    pass


@external
@view
def getNextAddDataCost(currentTimeS: uint256 = block.timestamp) -> uint256:
    """
    @param currentTimeS When; now by default.
    @return What a contribution costs: always the same.
    """
    return PRICE


@internal
@view
def _quote_add_data(payment: uint256) -> uint256:
    """
    @param payment The most that the sender will pay, in wei.
    @return What a contribution costs.
    """
    if payment < PRICE:
        refusals._refuse("fixed-price: five thousand wei, please")
    return PRICE


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
    @notice The author's claim.
    @param key What the contribution is known by.
    @param contribution Its word in the ledger.
    @param features Packed.
    @param label What they were said to be.
    @param added When, in seconds since the epoch.
    @return What to pay to the author, in wei.
    """
    return self._take(key, contribution, 0, classifier._predict(features) == label)


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
    @notice The claim of somebody else.
    @param key What the contribution is known by.
    @param contribution Its word in the ledger.
    @param features Packed.
    @param label What they were said to be.
    @param added When, in seconds since the epoch.
    @param author By whom.
    @return What to pay to the sender, in wei.
    """
    return self._take(key, contribution, 1, classifier._predict(features) != label)


@internal
def _take(key: bytes32, contribution: uint256, path: uint8, is_right: bool) -> uint256:
    """
    @notice Pays all that is left to whoever is right.
    @param key What the contribution is known by.
    @param contribution Its word in the ledger.
    @param path 0 for the author, 1 for others.
    @param is_right Whether the model says so.
    @return What to pay to the sender, in wei.
    """
    if not is_right:
        refusals._refuse("fixed-price: the model sees it otherwise")
    left: uint256 = data_handler._left(contribution)
    if left == 0:
        refusals._refuse("fixed-price: nothing is left")
    data_handler._handle_claim(key, contribution, msg.sender, path, 0, left)
    return left
