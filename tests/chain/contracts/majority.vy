# pragma version 0.4.3
"""
@title Majority
@license MIT
@notice A classifier of somebody's own: whatever the sample, it is what most contributions were said to be.
"""

import parameters
import refusals
import samples

_count: uint256[2]


@deploy
def __init__(
    classes: DynArray[String[parameters.CLASS_LENGTH], parameters.NUM_CLASSES],
    start: uint256[parameters.START_WORDS],
):
    """
    @param classes The names of the classes.
    @param start Nothing that it needs.
    """
    pass


@external
@view
def counts() -> uint256[2]:
    """
    @return How many contributions each class has.
    """
    return self._count


@internal
@view
def _predict(features: DynArray[uint256, samples.MAX_WORDS]) -> uint64:
    """
    @param features Packed.
    @return The label of the larger class, 0 if they are equal.
    """
    if self._count[1] > self._count[0]:
        return 1
    return 0


@internal
def _update(features: DynArray[uint256, samples.MAX_WORDS], fits: bool, label: uint64):
    """
    @notice Counts a contribution.
    @param features Packed.
    @param fits Whether they are features at all.
    @param label What they are said to be.
    """
    if label > 1 or not fits:
        refusals._refuse("majority: no such class or feature")
    self._count[label] += 1
