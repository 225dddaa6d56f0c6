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
_classes: DynArray[String[parameters.CLASS_LENGTH], parameters.NUM_CLASSES]


@deploy
def __init__(
    classes: DynArray[String[parameters.CLASS_LENGTH], parameters.NUM_CLASSES],
    start: uint256[parameters.START_WORDS],
):
    """
    @param classes The names of the classes.
    @param start Nothing that it needs.
    """
    self._classes = classes


@external
@view
def getNumClassifications() -> uint256:
    """
    @return How many classes there are.
    """
    return len(self._classes)


@external
@view
def classifications(label: uint256) -> String[parameters.CLASS_LENGTH]:
    """
    @param label Of a class.
    @return Its name.
    """
    return self._classes[label]


@external
@view
def predictPacked(features: DynArray[uint256, samples.MAX_WORDS]) -> uint64:
    """
    @param features Packed.
    @return The label that the model gives them.
    """
    return self._predict(features)


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
