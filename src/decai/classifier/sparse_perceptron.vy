# pragma version 0.4.3
"""
@title Sparse perceptron
@license MIT
@notice Two classes; learns from its mistakes by a fixed step. weight = base + counter * learning rate, with
    counters of 8, 16 or 32 bits, as many to a word as fit, that stop at their limits.
@dev Specified in docs/mechanism.md#sparse-perceptron; the twin of classifier/sparse_perceptron.py.
"""

import base_table as bases
import clone
import clone_table
import parameters
import refusals
import samples

initializes: bases
exports: bases.__interface__

BATCH: constant(uint256) = 16
PAGE: constant(uint256) = 256

# Raised by half of its range, a counter is never negative: it can be summed up, and a step that stays within its
# limits neither carries into the next one nor borrows from it.
COUNTER_BITS: constant(uint256) = parameters.COUNTER_BITS
COUNTER_MASK: constant(uint256) = 2**COUNTER_BITS - 1
COUNTER_ZERO: constant(uint256) = 2**(COUNTER_BITS - 1)
COUNTER_ZEROS: constant(uint256) = COUNTER_ZERO * (max_value(uint256) // COUNTER_MASK)
LOWEST: constant(uint256) = COUNTER_ZERO - parameters.COUNTER_LIMIT
HIGHEST: constant(uint256) = COUNTER_ZERO + parameters.COUNTER_LIMIT - 1
if parameters.SHARED:
    # Wider counters go as far as the learning rate of a clone lets them.
    NARROW: constant(uint256) = 16
# A feature's counter is in the word that its index without the last IN_WORD bits names; these bits say where.
IN_WORD: constant(uint256) = parameters.COUNTER_PLACE_BITS
IN_WORD_MASK: constant(uint256) = 2**IN_WORD - 1
BY_BITS: constant(uint256) = 8 - IN_WORD
BASES: constant(uint256) = bases.PER_WORD
BASE_BITS: constant(uint256) = bases.BITS
BASE_MASK: constant(uint256) = bases.MASK
BASE_ZERO: constant(uint256) = bases.FALLBACK
# Base weights that are listed in this code are read in place, since a call would cost as much again.
IN_PLACE: constant(bool) = parameters.START_IN_CODE and not parameters.BASES_HASHED
INTERCEPT_ZERO: constant(uint256) = 2**47
RAISED_INTERCEPT: constant(uint256) = parameters.RAISED_INTERCEPT
INDEX_MASK: constant(uint256) = 2**parameters.INDEX_BITS - 1
NOWHERE: constant(uint256) = max_value(uint256)
PLACE: constant(uint256) = samples.TOP + IN_WORD

if parameters.SHARED:
    # Of the numbers of a clone: the learning rate (32 bits), and above it the intercept, raised.
    RATE_MASK: constant(uint256) = 2**32 - 1
    RAISED: constant(uint256) = 32

RATE: constant(uint256) = parameters.RATE
# By how much the sums of `_predict` are raised with each feature.
RAISED_BY: constant(uint256) = BASE_ZERO + COUNTER_ZERO * RATE
# Words from 0 on that were filled at deployment, so that none of them is dear to change for the first time: they
# hold their counters raised, and all others signed.
WARM_WORDS: constant(uint256) = parameters.WARM_WORDS
if not parameters.SHARED:
    _first_class: immutable(String[parameters.CLASS_LENGTH])
    _second_class: immutable(String[parameters.CLASS_LENGTH])
_counters: uint256[2 ** (parameters.INDEX_BITS - IN_WORD)]


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
        assert len(classes) == 2, "sparse-perceptron: has exactly two classes"
        _first_class = classes[0]
        _second_class = classes[1]
    bases.__init__(start)
    if WARM_WORDS != 0:
        for place: uint256 in range(max(1, WARM_WORDS)):
            self._counters[place] = COUNTER_ZEROS


@external
@view
def intercept() -> int80:
    """
    @return What is added to the sum of the weights of a sample, fixed point.
    """
    if parameters.SHARED:
        return convert(self._intercept_of_clone(), int80)
    return parameters.INTERCEPT


@external
@view
def learningRate() -> uint32:
    """
    @return By how much a mistake moves a weight, fixed point.
    """
    if parameters.SHARED:
        return convert(clone._numbers() & RATE_MASK, uint32)
    return parameters.LEARNING_RATE


@external
@view
def predict(data: DynArray[int64, parameters.MAX_FEATURES]) -> uint64:
    """
    @param data Feature indices.
    @return The label that the model gives them.
    """
    if parameters.SHARED:
        features: DynArray[uint256, samples.MAX_WORDS] = []
        fits: bool = False
        features, fits = samples._pack(data)
        self._require_fits(fits)
        return self._predict(features)
    seen: uint256 = 0
    steps: uint256 = 0
    total: uint256 = 0
    for item: int64 in data:
        index: uint256 = convert(convert(convert(item, int256), bytes32), uint256)
        seen |= index
        if WARM_WORDS != 0:
            steps = unsafe_add(steps, self._counter(index & INDEX_MASK))
        else:
            steps = unsafe_add(
                steps,
                (
                    (self._counters[(index & INDEX_MASK) >> IN_WORD] >> ((index & IN_WORD_MASK) << BY_BITS))
                    & COUNTER_MASK
                ) ^ COUNTER_ZERO,
            )
        if not IN_PLACE:
            total = unsafe_add(total, bases._value(index))
        elif index < parameters.BASE_ENTRIES:
            total = unsafe_add(
                total,
                (bases.words[unsafe_div(index, BASES)] >> unsafe_mul(index % BASES, BASE_BITS)) & BASE_MASK,
            )
        else:
            total = unsafe_add(total, BASE_ZERO)
    self._require_fits(seen & ~INDEX_MASK == 0)
    return self._label(unsafe_add(total, unsafe_mul(steps, RATE)), len(data))


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
def evaluateBatch(dataBatch: DynArray[uint24[60], BATCH], _classifications: DynArray[uint64, BATCH]) -> uint256:
    """
    @param dataBatch Samples of exactly 60 features each; an index without a weight fills up.
    @param _classifications Their labels.
    @return How many the model labels so.
    """
    correct: uint256 = 0
    if len(dataBatch) != len(_classifications):
        refusals._refuse("sparse-perceptron: as many labels as samples are needed")
    for i: uint256 in range(len(dataBatch), bound=BATCH):
        score: int256 = convert(parameters.INTERCEPT, int256)
        if parameters.SHARED:
            score = self._intercept_of_clone()
        for index: uint24 in dataBatch[i]:
            score += self._weight(convert(index, uint256))
        label: uint64 = 0
        if score > 0:
            label = 1
        if label == _classifications[i]:
            correct += 1
    return correct


@external
@pure
def norm(data: DynArray[int64, parameters.MAX_FEATURES]) -> uint256:
    """
    @notice Lists of features have no norm.
    @param data Feature indices.
    @return Nothing: it is always refused.
    """
    raise "sparse-perceptron: samples are not normalized"


@external
@view
def classifications(label: uint256) -> String[parameters.LONGEST_TEXT]:
    """
    @param label Of a class.
    @return Its name.
    """
    if label > 1:
        refusals._refuse("sparse-perceptron: no such class")
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
def weights(index: uint64) -> int80:
    """
    @param index Of a feature.
    @return Its weight, fixed point; 0 for one that was never heard of.
    """
    if convert(index, uint256) >> parameters.INDEX_BITS != 0:
        return 0
    return convert(self._weight(convert(index, uint256)), int80)


@external
@pure
def counterBits() -> uint256:
    """
    @return The bits of a counter.
    """
    return COUNTER_BITS


@external
@pure
def warmWords() -> uint256:
    """
    @return How many words of counters were filled at deployment.
    """
    return WARM_WORDS


@external
@view
def counterWords(first: uint256, count: uint256) -> DynArray[uint256, PAGE]:
    """
    @notice A page of the counters.
    @param first From which word on. With b counter bits feature j is in word j * b // 256, at bit j * b % 256, signed.
    @param count How many words, at most 256.
    @return The words.
    """
    words: DynArray[uint256, PAGE] = []
    for i: uint256 in range(count, bound=PAGE):
        if WARM_WORDS != 0:
            words.append(self._counters[first + i] ^ self._zeros(first + i) ^ COUNTER_ZEROS)
        else:
            words.append(self._counters[first + i])
    return words


@internal
@view
def _begin():
    """
    @notice Refuses any other number of classes than two.
    """
    assert parameters.SHARED
    if ((clone._layout() >> clone.CLASSES) & clone.PLACE_MASK) != 2:
        refusals._refuse("sparse-perceptron: has exactly two classes")


@internal
@view
def _intercept_of_clone() -> int256:
    """
    @return What is added to the sum of the weights of a sample, fixed point.
    """
    assert parameters.SHARED
    return convert(clone._numbers() >> RAISED, int256) - convert(INTERCEPT_ZERO, int256)


@internal
@view
def _weight(index: uint256) -> int256:
    """
    @param index Of a feature.
    @return Its weight, fixed point; 0 for one that was never heard of.
    """
    if index >> parameters.INDEX_BITS != 0:
        return 0
    if parameters.SHARED:
        return self._weight_of_clone(index)
    return convert(self._raised(index), int256) - convert(RAISED_BY, int256)


@internal
@view
def _raised(index: uint256) -> uint256:
    """
    @param index Of a feature, below 2 to the power of the index bits.
    @return Its weight plus RAISED_BY, which is never negative.
    """
    if WARM_WORDS != 0:
        return unsafe_add(bases._value(index), unsafe_mul(self._counter(index), RATE))
    counter: uint256 = (self._counters[index >> IN_WORD] >> ((index & IN_WORD_MASK) << BY_BITS)) & COUNTER_MASK
    return unsafe_add(bases._value(index), unsafe_mul(counter ^ COUNTER_ZERO, RATE))


@internal
@view
def _weight_of_clone(index: uint256) -> int256:
    """
    @notice The same for a clone.
    @param index Of a feature, below 2 to the power of the index bits.
    @return Its weight, fixed point.
    """
    assert parameters.SHARED
    steps: int256 = convert(self._counter(index), int256) - convert(COUNTER_ZERO, int256)
    step: int256 = steps * convert(clone._numbers() & RATE_MASK, int256)
    bits: uint256 = (clone._layout() >> clone_table.VALUE_BITS) & clone_table.BITS_MASK
    zero: uint256 = clone_table.BIT << unsafe_sub(bits, 1)
    return convert(bases._value(index), int256) - convert(zero, int256) + step


@internal
@view
def _counter(index: uint256) -> uint256:
    """
    @param index Of a feature, below 2 to the power of the index bits.
    @return Its counter, raised.
    """
    place: uint256 = index >> IN_WORD
    return ((self._counters[place] ^ self._zeros(place)) >> ((index & IN_WORD_MASK) << BY_BITS)) & COUNTER_MASK


@internal
@pure
def _zeros(place: uint256) -> uint256:
    """
    @param place Of a word of counters.
    @return What the word differs by from its counters, raised.
    """
    if place < WARM_WORDS:
        return 0
    return COUNTER_ZEROS


@internal
@pure
def _label(total: uint256, count: uint256) -> uint64:
    """
    @param total The sum of the raised weights of the features of a sample.
    @param count How many they are.
    @return 1 if the score is above 0, else 0.
    """
    # At most 2^14 terms below 2^65: far from any limit.
    if unsafe_add(total, RAISED_INTERCEPT) > unsafe_add(unsafe_mul(count, RAISED_BY), INTERCEPT_ZERO):
        return 1
    return 0


@internal
@view
def _predict(features: DynArray[uint256, samples.MAX_WORDS]) -> uint64:
    """
    @param features Packed.
    @return The label that the model gives them.
    """
    count: uint256 = features[0] >> samples.TOP
    left: uint256 = count
    steps: uint256 = 0
    total: uint256 = 0
    place: uint256 = NOWHERE
    counters: uint256 = 0
    room: uint256 = samples.LANES - 1
    if parameters.SHARED:
        layout: uint256 = 0
        numbers: uint256 = 0
        layout, numbers = clone._settings()
        bits: uint256 = (layout >> clone_table.VALUE_BITS) & clone_table.BITS_MASK
        listed: uint256 = clone_table._listed(layout)
        seed: uint256 = clone_table._seed(layout)
        per_word: uint256 = unsafe_div(256, bits)
        mask: uint256 = unsafe_sub(clone_table.BIT << bits, 1)
        zero: uint256 = clone_table.BIT << unsafe_sub(bits, 1)
        begin: uint256 = clone_table.NOWHERE
        piece: Bytes[clone_table.PIECE] = b""
    for words: uint256 in features:
        word: uint256 = words
        if room != samples.LANES:
            word = word << samples.LANE
        here: uint256 = min(left, room)
        for i: uint256 in range(here, bound=samples.LANES):
            index: uint256 = word >> samples.TOP
            word = word << samples.LANE
            if index >> IN_WORD != place:
                place = index >> IN_WORD
                counters = self._counters[place] ^ COUNTER_ZEROS
                if WARM_WORDS != 0:
                    if place < WARM_WORDS:
                        counters ^= COUNTER_ZEROS
            steps = unsafe_add(steps, (counters >> ((index & IN_WORD_MASK) << BY_BITS)) & COUNTER_MASK)
            if parameters.SHARED:
                if index < listed:
                    at: uint256 = unsafe_div(index, per_word) << 5
                    if unsafe_sub(at, begin) > clone_table.LAST:
                        holder: address = empty(address)
                        start: uint256 = 0
                        holder, start, begin = clone_table._piece(at, layout)
                        piece = slice(holder.code, start, clone_table.PIECE)
                    base: uint256 = convert(extract32(piece, unsafe_sub(at, begin)), uint256)
                    total = unsafe_add(total, (base >> unsafe_mul(index % per_word, bits)) & mask)
                elif seed != 0:
                    total = unsafe_add(total, clone_table._value(index, layout, seed))
                else:
                    total = unsafe_add(total, zero)
            else:
                if not IN_PLACE:
                    total = unsafe_add(total, bases._value(index))
                elif index < parameters.BASE_ENTRIES:
                    total = unsafe_add(
                        total,
                        (bases.words[unsafe_div(index, BASES)] >> unsafe_mul(index % BASES, BASE_BITS)) & BASE_MASK,
                    )
                else:
                    total = unsafe_add(total, BASE_ZERO)
        left = unsafe_sub(left, here)
        room = samples.LANES
    if parameters.SHARED:
        rate: uint256 = numbers & RATE_MASK
        total = unsafe_add(unsafe_add(total, unsafe_mul(steps, rate)), numbers >> RAISED)
        zero = unsafe_mul(count, unsafe_add(zero, unsafe_mul(COUNTER_ZERO, rate)))
        return convert(total > unsafe_add(zero, INTERCEPT_ZERO), uint64)
    return self._label(unsafe_add(total, unsafe_mul(steps, RATE)), count)


@internal
def _update(features: DynArray[uint256, samples.MAX_WORDS], fits: bool, label: uint64):
    """
    @notice Moves the listed weights toward a label, if the model disagrees with it.
    @param features Packed.
    @param fits Whether they are features at all.
    @param label What they are said to be.
    """
    if label > 1:
        refusals._refuse("sparse-perceptron: no such class")
    self._require_fits(fits)
    if self._predict(features) == label:
        return
    zeros: uint256 = COUNTER_ZEROS
    # Minus one, in the counter that it is shifted to.
    step: uint256 = max_value(uint256)
    stop: uint256 = LOWEST
    if label == 1:
        step = 1
        stop = HIGHEST
    if parameters.SHARED:
        if COUNTER_BITS > NARROW:
            limit: uint256 = min(COUNTER_ZERO, unsafe_div(INTERCEPT_ZERO, clone._numbers() & RATE_MASK))
            stop = unsafe_sub(COUNTER_ZERO, limit)
            if label == 1:
                stop = unsafe_sub(unsafe_add(COUNTER_ZERO, limit), 1)
    left: uint256 = features[0] >> samples.TOP
    # Where the first feature's counter is; without features the first word stays as it is.
    place: uint256 = (features[0] << samples.LANE) >> PLACE
    if WARM_WORDS != 0:
        zeros = self._zeros(place)
    counters: uint256 = self._counters[place] ^ zeros
    room: uint256 = samples.LANES - 1
    for words: uint256 in features:
        word: uint256 = words
        if room != samples.LANES:
            word = word << samples.LANE
        here: uint256 = min(left, room)
        for i: uint256 in range(here, bound=samples.LANES):
            index: uint256 = word >> samples.TOP
            word = word << samples.LANE
            if index >> IN_WORD != place:
                self._counters[place] = counters ^ zeros
                place = index >> IN_WORD
                if WARM_WORDS != 0:
                    zeros = self._zeros(place)
                counters = self._counters[place] ^ zeros
            bit: uint256 = (index & IN_WORD_MASK) << BY_BITS
            if (counters >> bit) & COUNTER_MASK != stop:
                counters = unsafe_add(counters, step << bit)
        left = unsafe_sub(left, here)
        room = samples.LANES
    self._counters[place] = counters ^ zeros


@internal
@pure
def _require_fits(fits: bool):
    """
    @notice Refuses a sample with a feature that no model can have.
    @param fits Whether each feature index is in range.
    """
    if not fits:
        refusals._refuse("sparse-perceptron: a feature index is out of range")
