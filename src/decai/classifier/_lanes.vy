# pragma version 0.4.3
"""
@title Lanes
@license MIT
@notice Numbers of features for classes: what they were at deployment, and counters since then. Classes are in
    groups, and a feature's numbers for the classes of a group lie side by side, in lanes.
@dev Specified in docs/mechanism.md#counters-on-a-chain.
"""

import base_table
import clone
import clone_table
import parameters

if not parameters.SHARED:
    uses: base_table

PAGE: constant(uint256) = 256
LANES: constant(uint256) = parameters.LANES
COUNTER: constant(uint256) = parameters.COUNTER_BITS
COUNTER_MASK: constant(uint256) = 2**COUNTER - 1
WIDTH: constant(uint256) = LANES * COUNTER
PER_WORD: constant(uint256) = 256 // WIDTH
BASE: constant(uint256) = parameters.BASE_LANE_BITS
BASE_MASK: constant(uint256) = 2**BASE - 1
if parameters.SHARED:
    # Of the layout of a clone: bits of a class's number (8), features listed for a group (32), groups (16).
    LANE_BITS: constant(uint256) = 168
    ROWS: constant(uint256) = 176
    GROUPS: constant(uint256) = 208
    LANE_BITS_MASK: constant(uint256) = 2**8 - 1
GROUP: constant(uint256) = 32
MOST_CLASSES: constant(uint256) = 2**8
MOST_GROUPS: constant(uint256) = MOST_CLASSES // LANES

# Words from 0 on that were filled at deployment, so that none of them is dear to change for the first time: they
# hold the complement of their counters.
WARM_WORDS: constant(uint256) = parameters.WARM_WORDS

counters: uint256[2**48]


@deploy
def __init__():
    """
    @notice Fills the words that are to be filled.
    """
    if WARM_WORDS != 0:
        for place: uint256 in range(max(1, WARM_WORDS)):
            self.counters[place] = max_value(uint256)


@external
@pure
def classLanes() -> uint256:
    """
    @return How many classes have their counters of a feature side by side.
    """
    return LANES


@external
@view
def baseLaneBits() -> uint256:
    """
    @return The bits of a class's number of a feature in the base table.
    """
    if parameters.SHARED:
        return (clone._layout() >> LANE_BITS) & LANE_BITS_MASK
    return BASE


@external
@view
def baseRows() -> uint256:
    """
    @return How many features the base table lists for each group of classes; 0 if it is hashed.
    """
    if parameters.SHARED:
        return (clone._layout() >> ROWS) & clone_table.LOW
    return parameters.BASE_ROWS


@external
@view
def counterWords(first: uint256, count: uint256) -> DynArray[uint256, PAGE]:
    """
    @notice A page of the counters.
    @param first From which word on.
    @param count How many words, at most 256.
    @return The words.
    """
    words: DynArray[uint256, PAGE] = []
    for i: uint256 in range(count, bound=PAGE):
        if WARM_WORDS != 0:
            words.append(self.counters[first + i] ^ self._filled(first + i))
        else:
            words.append(self.counters[first + i])
    return words


@external
@pure
def warmWords() -> uint256:
    """
    @return How many words of counters were filled at deployment.
    """
    return WARM_WORDS


@internal
@pure
def _filled(place: uint256) -> uint256:
    """
    @param place Of a word of counters.
    @return What the word differs by from its counters.
    """
    if place < WARM_WORDS:
        return max_value(uint256)
    return 0


@internal
@pure
def _place(group: uint256, index: uint256) -> uint256:
    """
    @param group Of classes.
    @param index Of a feature.
    @return In which word of the counters they are.
    """
    return (group << GROUP) | unsafe_div(index, PER_WORD)


@internal
@pure
def _bit(index: uint256, lane: uint256) -> uint256:
    """
    @param index Of a feature.
    @param lane Of a class in its group.
    @return At which bit of the word its counter begins.
    """
    return unsafe_add(unsafe_mul(index % PER_WORD, WIDTH), unsafe_mul(lane, COUNTER))


@internal
@view
def _bases(group: uint256, index: uint256) -> uint256:
    """
    @param group Of classes.
    @param index Of a feature.
    @return Their numbers at deployment, from the lowest bits on.
    """
    if parameters.SHARED:
        layout: uint256 = clone._layout()
        rows: uint256 = (layout >> ROWS) & clone_table.LOW
        if index < rows:
            return clone_table._value(unsafe_add(unsafe_mul(group, rows), index), layout, 0)
        return self._hashed(group, index, layout, clone_table._seed(layout))
    if parameters.BASES_HASHED:
        if group < parameters.BASE_GROUPS:
            return base_table._value((group << parameters.INDEX_BITS) | index)
        return 0
    if index >= parameters.BASE_ROWS:
        return 0
    # For a group without bases the key is beyond the table.
    return base_table._value(unsafe_add(unsafe_mul(group, parameters.BASE_ROWS), index))


@internal
@view
def _hashed(group: uint256, index: uint256, layout: uint256, seed: uint256) -> uint256:
    """
    @param group Of classes.
    @param index Of a feature that is not listed.
    @param layout Of the clone.
    @param seed Of its base table; 0 if it is not hashed.
    @return Their numbers at deployment, from the lowest bits on.
    """
    assert parameters.SHARED
    if seed == 0 or group >= (layout >> GROUPS) & clone.PLACE_MASK:
        return 0
    return clone_table._value((group << parameters.INDEX_BITS) | index, layout, seed)


@internal
@view
def _base(label: uint256, index: uint256) -> uint256:
    """
    @param label Of a class.
    @param index Of a feature.
    @return Its number at deployment.
    """
    if parameters.SHARED:
        bits: uint256 = (clone._layout() >> LANE_BITS) & LANE_BITS_MASK
        bases: uint256 = self._bases(unsafe_div(label, LANES), index) >> unsafe_mul(label % LANES, bits)
        return bases & unsafe_sub(clone_table.BIT << bits, 1)
    return (self._bases(unsafe_div(label, LANES), index) >> unsafe_mul(label % LANES, BASE)) & BASE_MASK


@internal
@view
def _counter(label: uint256, index: uint256) -> uint256:
    """
    @param label Of a class.
    @param index Of a feature.
    @return Its counter.
    """
    place: uint256 = self._place(unsafe_div(label, LANES), index)
    word: uint256 = self.counters[place]
    if WARM_WORDS != 0:
        word ^= self._filled(place)
    return (word >> self._bit(index, label % LANES)) & COUNTER_MASK
