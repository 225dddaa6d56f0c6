# pragma version 0.4.3
"""
@title Naive Bayes
@license MIT
@notice Multinomial, exact: a product of fractions with a shared exponent. A count is what it was at deployment
    plus a counter that stops where the count reaches 2^32 - 1.
@dev Specified in docs/mechanism.md#naive-bayes; the twin of classifier/naive_bayes.py. How classes and features
    share words is written down in docs/mechanism.md#counters-on-a-chain.
"""

import base_table as bases
import classes
import clone
import clone_table
import incentive_base
import lanes
import ownable
import parameters
import refusals
import samples

initializes: bases
initializes: classes
if parameters.SHARED:
    initializes: lanes
else:
    initializes: lanes[base_table := bases]
uses: incentive_base
uses: ownable
exports: bases.__interface__
exports: classes.__interface__
exports: lanes.__interface__

PAGE: constant(uint256) = 256
MOST: constant(uint256) = 2**32 - 1
NOWHERE: constant(uint256) = max_value(uint256)
ONE: constant(uint256) = 10**9
NORMAL: constant(uint256) = 2**128

# Of two classes: samples (32 bits) and occurrences of features (64) of each; above them, in the first word,
# the number of classes.
OF_CLASS: constant(uint256) = 96
TOTAL: constant(uint256) = 32
TOTAL_MASK: constant(uint256) = 2**64 - 1
NUMBER: constant(uint256) = 192

if parameters.SHARED:
    # Of the numbers of a clone: the smoothing (32 bits), and above it the number of features.
    ALPHA_MASK: constant(uint256) = 2**32 - 1
    VOCABULARY: constant(uint256) = 32
else:
    # Where code is shared, functions have variables of these names.
    alpha: constant(uint256) = parameters.ALPHA
    all_alpha: constant(uint256) = parameters.ALPHA * parameters.VOCABULARY
    lane_bits: constant(uint256) = lanes.BASE
    lane_mask: constant(uint256) = lanes.BASE_MASK
    # Below it a counter has room whatever the count was at deployment.
    safe: constant(uint256) = MOST - lanes.BASE_MASK

_classes: uint256[lanes.MOST_CLASSES // 2]


@deploy
def __init__(
    names: DynArray[String[parameters.CLASS_LENGTH], parameters.NUM_CLASSES],
    state: uint256[parameters.STATE_WORDS],
    start: uint256[parameters.START_WORDS],
):
    """
    @notice Takes over what the model has seen before.
    @param names Of the classes.
    @param state The words of the classes.
    @param start What base_table.vy takes.
    """
    classes.__init__(names, state)
    bases.__init__(start)
    lanes.__init__()
    if not parameters.SHARED:
        for i: uint256 in range(parameters.STATE_WORDS):
            self._classes[i] = state[i]


@external
@view
def smoothingFactor() -> uint32:
    """
    @return What is added to each count, fixed point.
    """
    if parameters.SHARED:
        return convert(clone._numbers() & ALPHA_MASK, uint32)
    return parameters.SMOOTHING


@external
@view
def totalNumFeatures() -> uint256:
    """
    @return How many features smoothing counts on.
    """
    if parameters.SHARED:
        return clone._numbers() >> VOCABULARY
    return parameters.VOCABULARY


@external
@view
def predict(data: DynArray[int64, parameters.MAX_FEATURES]) -> uint64:
    """
    @param data Feature indices.
    @return The label that the model gives them.
    """
    features: DynArray[uint256, samples.MAX_WORDS] = []
    fits: bool = False
    features, fits = samples._pack(data)
    self._require_fits(fits)
    return self._predict(features)


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
@pure
def norm(data: DynArray[int64, parameters.MAX_FEATURES]) -> uint256:
    """
    @notice Lists of features have no norm.
    @param data Feature indices.
    @return Nothing: it is always refused.
    """
    raise "naive-bayes: samples are not normalized"


@external
@view
def classifications(label: uint256) -> String[parameters.LONGEST_TEXT]:
    """
    @param label Of a class.
    @return Its name.
    """
    self._require_class(label)
    return classes._name(label)


@external
@view
def getNumClassifications() -> uint256:
    """
    @return How many classes there are.
    """
    return self._number()


@external
@view
def getNumSamples(label: uint256) -> uint64:
    """
    @param label Of a class.
    @return How many samples of it were seen.
    """
    return convert(self._class(label) & MOST, uint64)


@external
@view
def getClassTotalFeatureCount(label: uint256) -> uint64:
    """
    @param label Of a class.
    @return How many occurrences of features its samples had.
    """
    return convert((self._class(label) >> TOTAL) & TOTAL_MASK, uint64)


@external
@view
def getFeatureCount(label: uint256, index: uint32) -> uint32:
    """
    @param label Of a class.
    @param index Of a feature.
    @return How often it occurred in the samples of the class.
    """
    self._require_class(label)
    feature: uint256 = convert(index, uint256)
    if feature >> parameters.INDEX_BITS != 0:
        return 0
    return convert(lanes._counter(label, feature) + lanes._base(label, feature), uint32)


@external
@view
def classWords(first: uint256, count: uint256) -> DynArray[uint256, PAGE]:
    """
    @notice A page of what is kept of the classes.
    @param first From which word on.
    @param count How many words, at most 256.
    @return The words.
    """
    words: DynArray[uint256, PAGE] = []
    for i: uint256 in range(count, bound=PAGE):
        words.append(self._classes[first + i])
    return words


@external
def addClass(
    numSamples: uint64,
    featureCounts: DynArray[DynArray[uint32, 2], classes.MOST_VALUES],
    classification: String[parameters.CLASS_LENGTH],
):
    """
    @notice Gives the model a further class. For the owner.
    @param numSamples Of how many samples it starts.
    @param featureCounts Pairs of a feature, each above the one before, and how often it occurred in them.
    @param classification The name of the class.
    """
    ownable._require_owner()
    incentive_base._require_time()
    label: uint256 = self._number()
    if classification == "":
        refusals._refuse("naive-bayes: every class needs a name")
    if label >= lanes.MOST_CLASSES:
        refusals._refuse("naive-bayes: too many classes")
    if numSamples > convert(MOST, uint64):
        refusals._refuse("naive-bayes: a number of samples is out of range")
    group: uint256 = unsafe_div(label, lanes.LANES)
    lane: uint256 = label % lanes.LANES
    total: uint256 = 0
    lowest: uint256 = 0
    values: DynArray[uint256, classes.MOST_VALUES] = []
    for pair: DynArray[uint32, 2] in featureCounts:
        if len(pair) != 2:
            refusals._refuse("naive-bayes: a feature and its count are needed")
        index: uint256 = convert(pair[0], uint256)
        count: uint256 = convert(pair[1], uint256)
        self._require_fits(index >> parameters.INDEX_BITS == 0)
        if index < lowest:
            refusals._refuse("naive-bayes: the features must be strictly increasing")
        lowest = unsafe_add(index, 1)
        total = unsafe_add(total, count)
        # Nothing was ever counted for a class that is new, and a word that is filled holds complements.
        lanes.counters[lanes._place(group, index)] ^= count << lanes._bit(index, lane)
        values.append((index << 64) | count)
    word: uint256 = (total << TOTAL) | convert(numSamples, uint256)
    self._classes[label >> 1] |= word << unsafe_mul(label & 1, OF_CLASS)
    self._classes[0] = unsafe_add(self._classes[0], 1 << NUMBER)
    incentive_base._settle_change()
    log classes.ClassStart(index=label, samples=convert(numSamples, uint256), values=values)
    classes._add(label, classification)


@internal
def _begin():
    """
    @notice Takes over what the model has seen before.
    """
    assert parameters.SHARED
    classes._begin()
    layout: uint256 = clone._layout()
    for i: uint256 in range(clone._num_state_words(layout), bound=parameters.MOST_STATE_WORDS):
        self._classes[i] = clone._state_word(i, layout)


@internal
@view
def _class(label: uint256) -> uint256:
    """
    @param label Of a class; refused if there is none.
    @return Its word, from the lowest bits on.
    """
    self._require_class(label)
    return self._classes[label >> 1] >> unsafe_mul(label & 1, OF_CLASS)


@internal
@view
def _number() -> uint256:
    """
    @return How many classes there are.
    """
    return self._classes[0] >> NUMBER


@internal
@view
def _require_class(label: uint256):
    """
    @notice Refuses a label without a class.
    @param label What may be one.
    """
    if label >= self._number():
        refusals._refuse("naive-bayes: no such class")


@internal
@pure
def _require_fits(fits: bool):
    """
    @notice Refuses a feature that no model can have.
    @param fits Whether each feature index is in range.
    """
    if not fits:
        refusals._refuse("naive-bayes: a feature index is out of range")


@internal
@view
def _predict(features: DynArray[uint256, samples.MAX_WORDS]) -> uint64:
    """
    @param features Packed.
    @return The label that the model gives them.
    """
    answer: uint256 = 0
    highest: uint256 = 0
    if parameters.SHARED:
        layout: uint256 = 0
        numbers: uint256 = 0
        layout, numbers = clone._settings()
        alpha: uint256 = numbers & ALPHA_MASK
        all_alpha: uint256 = unsafe_mul(alpha, numbers >> VOCABULARY)
        lane_bits: uint256 = (layout >> lanes.LANE_BITS) & lanes.LANE_BITS_MASK
        lane_mask: uint256 = unsafe_sub(clone_table.BIT << lane_bits, 1)
        value_bits: uint256 = (layout >> clone_table.VALUE_BITS) & clone_table.BITS_MASK
        per_word: uint256 = unsafe_div(256, value_bits)
        rows: uint256 = (layout >> lanes.ROWS) & clone_table.LOW
        listed: uint256 = clone_table._listed(layout)
        seed: uint256 = clone_table._seed(layout)
        begin: uint256 = clone_table.NOWHERE
        piece: Bytes[clone_table.PIECE] = b""
    else:
        begin: uint256 = bases.NOWHERE
        piece: Bytes[bases.PIECE] = b""
    number: uint256 = self._number()
    # Two classes at a time, since a word has the numbers of both.
    for pair: uint256 in range(unsafe_add(number, 1) >> 1, bound=lanes.MOST_CLASSES // 2):
        of_classes: uint256 = self._classes[pair]
        group: uint256 = unsafe_div(pair << 1, lanes.LANES)
        lane: uint256 = (pair << 1) % lanes.LANES
        counter_bit: uint256 = unsafe_mul(lane, lanes.COUNTER)
        base_bit: uint256 = unsafe_mul(lane, lane_bits)
        first_place: uint256 = group << lanes.GROUP
        if parameters.SHARED:
            first_base: uint256 = unsafe_mul(group, rows)
        else:
            first_base: uint256 = unsafe_mul(group, parameters.BASE_ROWS)
            num_bases: uint256 = 0
            if group < parameters.BASE_GROUPS:
                num_bases = parameters.BASE_FEATURES
        # A product P that was shifted s times stands for P / 2^(64 s).
        product: uint256 = (of_classes & MOST) << 128
        divisor: uint256 = unsafe_add(unsafe_mul((of_classes >> TOTAL) & TOTAL_MASK, ONE), all_alpha)
        shifts: uint256 = 0
        of_second: uint256 = of_classes >> OF_CLASS
        product2: uint256 = (of_second & MOST) << 128
        divisor2: uint256 = unsafe_add(unsafe_mul((of_second >> TOTAL) & TOTAL_MASK, ONE), all_alpha)
        shifts2: uint256 = 0
        left: uint256 = features[0] >> samples.TOP
        place: uint256 = NOWHERE
        counters: uint256 = 0
        room: uint256 = samples.LANES - 1
        for words: uint256 in features:
            word: uint256 = words
            if room != samples.LANES:
                word = word << samples.LANE
            here: uint256 = min(left, room)
            for i: uint256 in range(here, bound=samples.LANES):
                index: uint256 = word >> samples.TOP
                word = word << samples.LANE
                at: uint256 = unsafe_add(first_place, unsafe_div(index, lanes.PER_WORD))
                if at != place:
                    place = at
                    counters = lanes.counters[at]
                    if lanes.WARM_WORDS != 0:
                        counters ^= lanes._filled(at)
                counts: uint256 = counters >> unsafe_add(unsafe_mul(index % lanes.PER_WORD, lanes.WIDTH), counter_bit)
                base: uint256 = 0
                if parameters.SHARED:
                    if index >= rows:
                        base = lanes._hashed(group, index, layout, seed) >> base_bit
                    else:
                        index = unsafe_add(first_base, index)
                        if index < listed:
                            at_byte: uint256 = unsafe_div(index, per_word) << 5
                            if unsafe_sub(at_byte, begin) > clone_table.LAST:
                                holder: address = empty(address)
                                start: uint256 = 0
                                holder, start, begin = clone_table._piece(at_byte, layout)
                                piece = slice(holder.code, start, clone_table.PIECE)
                            base = convert(extract32(piece, unsafe_sub(at_byte, begin)), uint256) >> unsafe_add(
                                unsafe_mul(index % per_word, value_bits), base_bit
                            )
                else:
                    if index < num_bases:
                        if parameters.BASES_HASHED:
                            base = lanes._bases(group, index) >> base_bit
                        else:
                            if parameters.BASE_GROUPS > 1:
                                index = unsafe_add(first_base, index)
                            if parameters.START_IN_CODE:
                                base = bases.words[unsafe_div(index, bases.PER_WORD)] >> unsafe_add(
                                    unsafe_mul(index % bases.PER_WORD, bases.BITS), base_bit
                                )
                            else:
                                at_word: uint256 = unsafe_div(index, bases.PER_WORD)
                                if unsafe_sub(at_word, begin) >= bases.WORDS_IN_PIECE:
                                    holder: address = empty(address)
                                    at_byte: uint256 = 0
                                    holder, at_byte, begin = bases._piece(at_word)
                                    piece = slice(holder.code, at_byte, bases.PIECE)
                                base = convert(extract32(piece, unsafe_sub(at_word, begin) << 5), uint256) >> unsafe_add(
                                    unsafe_mul(index % bases.PER_WORD, bases.BITS), base_bit
                                )
                # Factors below 2^192 and 2^62, and the divisor is not below the second.
                count: uint256 = unsafe_add(counts & lanes.COUNTER_MASK, base & lane_mask)
                product = unsafe_div(unsafe_mul(product, unsafe_add(unsafe_mul(count, ONE), alpha)), divisor)
                if product < NORMAL:
                    product = product << 64
                    shifts = unsafe_add(shifts, 1)
                    if product < NORMAL:
                        product = product << 64
                        shifts = unsafe_add(shifts, 1)
                count = unsafe_add((counts >> lanes.COUNTER) & lanes.COUNTER_MASK, (base >> lane_bits) & lane_mask)
                product2 = unsafe_div(unsafe_mul(product2, unsafe_add(unsafe_mul(count, ONE), alpha)), divisor2)
                if product2 < NORMAL:
                    product2 = product2 << 64
                    shifts2 = unsafe_add(shifts2, 1)
                    if product2 < NORMAL:
                        product2 = product2 << 64
                        shifts2 = unsafe_add(shifts2, 1)
            left = unsafe_sub(left, here)
            room = samples.LANES
        rank: uint256 = self._rank(product, shifts)
        if rank > highest:
            highest = rank
            answer = pair << 1
        rank = self._rank(product2, shifts2)
        if rank > highest:
            highest = rank
            answer = unsafe_add(pair << 1, 1)
    return convert(answer, uint64)


@internal
@pure
def _rank(product: uint256, shifts: uint256) -> uint256:
    """
    @param product Of a class, below 2^192.
    @param shifts How often it was shifted, less than 2^16 times.
    @return The greater, the likelier is the class; 0 for one without samples.
    """
    if product == 0:
        return 0
    return (unsafe_sub(2**16, shifts) << 192) | product


@internal
def _update(features: DynArray[uint256, samples.MAX_WORDS], fits: bool, label: uint64):
    """
    @notice Counts the features for a class.
    @param features Packed.
    @param fits Whether they are features at all.
    @param label What they are said to be.
    """
    of: uint256 = convert(label, uint256)
    self._require_class(of)
    self._require_fits(fits)
    group: uint256 = unsafe_div(of, lanes.LANES)
    first_place: uint256 = group << lanes.GROUP
    counter_bit: uint256 = unsafe_mul(of % lanes.LANES, lanes.COUNTER)
    seen: uint256 = 0
    left: uint256 = features[0] >> samples.TOP
    # Where the first feature's counter is; without features this word stays as it is.
    place: uint256 = lanes._place(group, (features[0] << samples.LANE) >> samples.TOP)
    counters: uint256 = lanes.counters[place]
    if lanes.WARM_WORDS != 0:
        counters ^= lanes._filled(place)
    room: uint256 = samples.LANES - 1
    if parameters.SHARED:
        lane_bits: uint256 = (clone._layout() >> lanes.LANE_BITS) & lanes.LANE_BITS_MASK
        safe: uint256 = unsafe_sub(MOST, unsafe_sub(clone_table.BIT << lane_bits, 1))
    for words: uint256 in features:
        word: uint256 = words
        if room != samples.LANES:
            word = word << samples.LANE
        here: uint256 = min(left, room)
        for i: uint256 in range(here, bound=samples.LANES):
            index: uint256 = word >> samples.TOP
            word = word << samples.LANE
            at: uint256 = unsafe_add(first_place, unsafe_div(index, lanes.PER_WORD))
            if at != place:
                if lanes.WARM_WORDS != 0:
                    counters ^= lanes._filled(place)
                lanes.counters[place] = counters
                place = at
                counters = lanes.counters[at]
                if lanes.WARM_WORDS != 0:
                    counters ^= lanes._filled(at)
            bit: uint256 = unsafe_add(unsafe_mul(index % lanes.PER_WORD, lanes.WIDTH), counter_bit)
            count: uint256 = (counters >> bit) & lanes.COUNTER_MASK
            if count < safe or count < unsafe_sub(MOST, lanes._base(of, index)):
                counters = unsafe_add(counters, 1 << bit)
                seen = unsafe_add(seen, 1)
        left = unsafe_sub(left, here)
        room = samples.LANES
    if lanes.WARM_WORDS != 0:
        counters ^= lanes._filled(place)
    lanes.counters[place] = counters
    # Counts of 64 bits are never full; that of samples stops at its limit.
    bits: uint256 = unsafe_mul(of & 1, OF_CLASS)
    classes_: uint256 = self._classes[of >> 1]
    step: uint256 = seen << TOTAL
    if (classes_ >> bits) & MOST != MOST:
        step = unsafe_add(step, 1)
    self._classes[of >> 1] = unsafe_add(classes_, step << bits)
