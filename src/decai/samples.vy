# pragma version 0.4.3
"""
@title Samples
@license MIT
@notice Lists of feature indices, or vectors of numbers, packed into words: lanes from the highest bits down, as
    many to a word as fit. The first lane of all is the length of the list, and what is left over at the end is 0.
@dev Packed this way a list has one form only, so that it can be hashed. A lane holds its number plus OFFSET,
    which is 0 for indices and half of the range of a lane for numbers that may be negative.
"""

import parameters
import refusals

LANE: constant(uint256) = parameters.INDEX_BITS
LANES: constant(uint256) = 256 // LANE
TOP: constant(uint256) = 256 - LANE
MASK: constant(uint256) = 2**LANE - 1
OFFSET: constant(uint256) = parameters.SAMPLE_OFFSET
MAX_WORDS: constant(uint256) = parameters.MAX_FEATURES // LANES + 1


@external
@view
def maxFeatures() -> uint256:
    """
    @return The most features that a sample may list, repeats included.
    """
    return parameters.MAX_FEATURES


@external
@view
def indexBits() -> uint256:
    """
    @return The bits of a lane; a feature index must be below 2 to the power of it.
    """
    return LANE


@external
@view
def sampleOffset() -> uint256:
    """
    @return What is added to a number in its lane: 0 if samples list feature indices.
    """
    return OFFSET


@internal
@pure
def _pack(indices: DynArray[int64, parameters.MAX_FEATURES]) -> (DynArray[uint256, MAX_WORDS], bool):
    """
    @notice Packs a list of numbers.
    @param indices The list; numbers may repeat.
    @return The packed list, and whether each number fits; if one does not, the list is of no use.
    """
    words: DynArray[uint256, MAX_WORDS] = []
    seen: uint256 = 0
    word: uint256 = len(indices)
    room: uint256 = LANES - 1
    for item: int64 in indices:
        index: uint256 = unsafe_add(convert(convert(convert(item, int256), bytes32), uint256), OFFSET)
        if room == 0:
            words.append(word)
            word = 0
            room = LANES
        seen |= index
        if OFFSET != 0:
            # The length stays what it is, whatever the numbers are: a vector of another one is refused first.
            index &= MASK
        word = (word << LANE) | index
        # It was not 0.
        room = unsafe_sub(room, 1)
    words.append(word << unsafe_mul(room, LANE))
    return words, seen >> LANE == 0


@internal
@pure
def _require_packed(words: DynArray[uint256, MAX_WORDS]):
    """
    @notice Refuses what is no packed list in its one form.
    @param words What may be one.
    """
    if len(words) == 0:
        refusals._refuse("samples: not packed")
    count: uint256 = words[0] >> TOP
    last: uint256 = unsafe_div(count, LANES)
    # Lanes in use in the last word; the sums and products are of small numbers.
    used: uint256 = unsafe_add(count % LANES, 1)
    if (
        count > parameters.MAX_FEATURES
        or len(words) != unsafe_add(last, 1)
        or words[last] << unsafe_mul(used, LANE) != 0
    ):
        refusals._refuse("samples: not packed")
