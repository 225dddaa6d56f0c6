# pragma version 0.4.3
"""
@title Dense perceptron
@license MIT
@notice Two classes of vectors of unit norm; learns from its mistakes. weight = base + sum * learning rate, where the
    sum is that of the samples that it was wrong about, and stops at 2^55 - 1 in size.
@dev Specified in docs/mechanism.md#dense-perceptron; the twin of classifier/dense_perceptron.py.
"""

import base_table as bases
import clone
import clone_table
import dense
import parameters
import refusals
import samples

initializes: bases
exports: bases.__interface__
exports: dense.__interface__

PAGE: constant(uint256) = 256
SIZE: constant(uint256) = dense.SIZE

if parameters.SHARED:
    # Of the numbers of a clone: the learning rate (32 bits), and above it the intercept, raised.
    RATE_MASK: constant(uint256) = 2**32 - 1
    RAISED: constant(uint256) = 32
    INTERCEPT_ZERO: constant(uint256) = 2**79
else:
    # Where code is shared, functions have variables of these names.
    rate: constant(uint256) = parameters.RATE
    per_word: constant(uint256) = bases.PER_WORD
    base_bits: constant(uint256) = bases.BITS
    base_mask: constant(uint256) = bases.MASK
    base_zero: constant(uint256) = bases.FALLBACK
    _first_class: immutable(String[parameters.CLASS_LENGTH])
    _second_class: immutable(String[parameters.CLASS_LENGTH])
# Lanes that are not raised, so that a word that was never touched is 0.
_sums: uint256[dense.ROWS]


@deploy
def __init__(
    classes: DynArray[String[parameters.CLASS_LENGTH], parameters.NUM_CLASSES],
    state: uint256[parameters.STATE_WORDS],
    start: uint256[parameters.START_WORDS],
):
    """
    @notice Refuses any other number of classes than two.
    @param classes The names of the two classes.
    @param state Nothing; other classifiers begin with something in storage.
    @param start What base_table.vy takes.
    """
    if not parameters.SHARED:
        assert len(classes) == 2, "dense-perceptron: has exactly two classes"
        _first_class = classes[0]
        _second_class = classes[1]
    bases.__init__(start)


@external
@view
def intercept() -> int80:
    """
    @return What is added to the sum of the weighted numbers of a sample, fixed point.
    """
    if parameters.SHARED:
        raised: int256 = convert(clone._numbers() >> RAISED, int256)
        return convert(raised - convert(INTERCEPT_ZERO, int256), int80)
    return parameters.INTERCEPT


@external
@view
def learningRate() -> uint32:
    """
    @return By how much of a sample a mistake moves the weights, fixed point.
    """
    if parameters.SHARED:
        return convert(clone._numbers() & RATE_MASK, uint32)
    return parameters.LEARNING_RATE


@external
@view
def predict(data: DynArray[int64, parameters.MAX_FEATURES]) -> uint64:
    """
    @param data A vector of unit norm, fixed point.
    @return The label that the model gives it.
    """
    features: DynArray[uint256, samples.MAX_WORDS] = []
    fits: bool = False
    features, fits = samples._pack(data)
    return self._label(dense._numbers(features, fits))


@external
@view
def predictPacked(features: DynArray[uint256, samples.MAX_WORDS]) -> uint64:
    """
    @param features Packed.
    @return The label that the model gives them.
    """
    samples._require_packed(features)
    return self._predict(features)


@external
@view
def classifications(label: uint256) -> String[parameters.LONGEST_TEXT]:
    """
    @param label Of a class.
    @return Its name.
    """
    if label > 1:
        refusals._refuse("dense-perceptron: no such class")
    if parameters.SHARED:
        return clone._class_name(label)
    if label == 0:
        return _first_class
    return _second_class


@external
@pure
def getNumClassifications() -> uint256:
    """
    @return How many classes there are.
    """
    return 2


@external
@view
def weights(index: uint256) -> int80:
    """
    @param index Of a number of the vectors.
    @return Its weight, fixed point.
    """
    if index >= SIZE:
        refusals._refuse("dense-perceptron: no such weight")
    if parameters.SHARED:
        bits: uint256 = (clone._layout() >> clone_table.VALUE_BITS) & clone_table.BITS_MASK
        base_zero: uint256 = clone_table.BIT << unsafe_sub(bits, 1)
    change: uint256 = self._change(self._sums[index >> 2] >> ((index & 3) << 6))
    weight: uint256 = unsafe_add(unsafe_sub(bases._value(index), base_zero), change)
    return convert(convert(convert(weight, bytes32), int256), int80)


@external
@view
def sumWords(first: uint256, count: uint256) -> DynArray[uint256, PAGE]:
    """
    @notice A page of the sums as they are kept.
    @param first From which word on; sum j is in word j // 4, at bit 64 * (j % 4), signed.
    @param count How many words, at most 256.
    @return The words.
    """
    words: DynArray[uint256, PAGE] = []
    for i: uint256 in range(count, bound=PAGE):
        words.append(self._sums[first + i])
    return words


@internal
@view
def _begin():
    """
    @notice Refuses any other number of classes than two.
    """
    assert parameters.SHARED
    if (clone._layout() >> clone.CLASSES) & clone.PLACE_MASK != 2:
        refusals._refuse("dense-perceptron: has exactly two classes")


@internal
@view
def _change(sums: uint256) -> uint256:
    """
    @param sums A sum in its lowest 64 bits, not raised.
    @return By how much it moves its weight, as a two's complement.
    """
    if parameters.SHARED:
        rate: uint256 = clone._numbers() & RATE_MASK
    total: uint256 = unsafe_sub((sums & dense.LANE_MASK) ^ dense.ZERO, dense.ZERO)
    product: int256 = convert(convert(unsafe_mul(total, rate), bytes32), int256)
    return convert(convert(unsafe_div(product, convert(dense.ONE, int256)), bytes32), uint256)


@internal
@view
def _label(numbers: uint256[SIZE]) -> uint64:
    """
    @param numbers Of a vector of unit norm, as two's complements.
    @return 1 if the score is above 0, else 0.
    """
    # At most 1,024 products of 64 and 32 bits: far from any limit.
    if parameters.SHARED:
        layout: uint256 = 0
        own: uint256 = 0
        layout, own = clone._settings()
        rate: uint256 = own & RATE_MASK
        base_bits: uint256 = (layout >> clone_table.VALUE_BITS) & clone_table.BITS_MASK
        per_word: uint256 = unsafe_div(256, base_bits)
        base_mask: uint256 = unsafe_sub(clone_table.BIT << base_bits, 1)
        base_zero: uint256 = clone_table.BIT << unsafe_sub(base_bits, 1)
        begin: uint256 = clone_table.NOWHERE
        piece: Bytes[clone_table.PIECE] = b""
        score: uint256 = unsafe_mul(unsafe_sub(own >> RAISED, INTERCEPT_ZERO), dense.ONE)
    else:
        score: uint256 = parameters.SCORE_OF_NOTHING
    sums: uint256 = 0
    words: uint256 = 0
    for j: uint256 in range(SIZE):
        if j & 3 == 0:
            sums = self._sums[j >> 2]
        if j % per_word == 0:
            if parameters.SHARED:
                at: uint256 = unsafe_div(j, per_word) << 5
                if unsafe_sub(at, begin) > clone_table.LAST:
                    holder: address = empty(address)
                    start: uint256 = 0
                    holder, start, begin = clone_table._piece(at, layout)
                    piece = slice(holder.code, start, clone_table.PIECE)
                words = convert(extract32(piece, unsafe_sub(at, begin)), uint256)
            else:
                words = bases._word(unsafe_div(j, per_word))
        weight: uint256 = unsafe_sub(words & base_mask, base_zero)
        if sums != 0:
            # As in `_change`, since a call of it costs as much again.
            total: uint256 = unsafe_sub((sums & dense.LANE_MASK) ^ dense.ZERO, dense.ZERO)
            product: int256 = convert(convert(unsafe_mul(total, rate), bytes32), int256)
            change: int256 = unsafe_div(product, convert(dense.ONE, int256))
            weight = unsafe_add(weight, convert(convert(change, bytes32), uint256))
        score = unsafe_add(score, unsafe_mul(weight, numbers[j]))
        sums = sums >> dense.LANE
        words = words >> base_bits
    if convert(convert(score, bytes32), int256) > 0:
        return 1
    return 0


@internal
@view
def _predict(features: DynArray[uint256, samples.MAX_WORDS]) -> uint64:
    """
    @param features Packed.
    @return The label that the model gives them.
    """
    return self._label(dense._numbers(features, True))


@internal
def _update(features: DynArray[uint256, samples.MAX_WORDS], fits: bool, label: uint64):
    """
    @notice Moves the weights toward a label, if the model disagrees with it.
    @param features Packed.
    @param fits Whether each number has room in its lane.
    @param label What they are said to be.
    """
    if label > 1:
        refusals._refuse("dense-perceptron: no such class")
    numbers: uint256[SIZE] = dense._numbers(features, fits)
    if self._label(numbers) == label:
        return
    step: uint256 = 0
    for j: uint256 in range(SIZE):
        step = unsafe_add(step, numbers[j] << ((j & 3) << 6))
        if j & 3 == 3 or j == SIZE - 1:
            if label == 0:
                step = unsafe_sub(0, step)
            self._sums[j >> 2] = dense._moved(self._sums[j >> 2] ^ dense.ZEROS, step) ^ dense.ZEROS
            step = 0
