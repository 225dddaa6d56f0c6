# pragma version 0.4.3
"""
@title What the classifiers share
@license MIT
@notice The indices that the model's features have in a common encoder, if it picks from one.
@dev The twin of classifier/_base.py.
"""

import ownable
import refusals

uses: ownable

# @notice The model uses further features of the encoder.
# @param indices Which, in order.
event FeatureIndicesAdded:
    indices: DynArray[uint32, 512]

_count: uint256
# Eight to a word, from the lowest bits.
_indices: HashMap[uint256, uint256]


@external
@pure
def toFloat() -> uint32:
    """
    @return What stands for 1 in fixed point.
    """
    return 1_000_000_000


@external
@view
def getNumFeatureIndices() -> uint256:
    """
    @return How many features of the encoder the model uses; 0 for all.
    """
    return self._count


@external
@view
def featureIndices(i: uint256) -> uint32:
    """
    @param i A feature of the model.
    @return Its index in the encoder.
    """
    if i >= self._count:
        refusals._refuse("classifier: no such feature index")
    return convert((self._indices[i >> 3] >> ((i & 7) << 5)) & (2**32 - 1), uint32)


@external
def addFeatureIndices(indices: DynArray[uint32, 512]):
    """
    @notice Lets the model use further features of the encoder. For the owner.
    @param indices What follows on the indices that there are.
    """
    ownable._require_owner()
    count: uint256 = self._count
    word: uint256 = self._indices[count >> 3]
    for item: uint32 in indices:
        word |= convert(item, uint256) << ((count & 7) << 5)
        # No list is that long.
        count = unsafe_add(count, 1)
        if count & 7 == 0:
            self._indices[unsafe_sub(count >> 3, 1)] = word
            word = 0
    if word != 0:
        self._indices[count >> 3] = word
    self._count = count
    log FeatureIndicesAdded(indices=indices)
