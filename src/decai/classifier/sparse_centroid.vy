# pragma version 0.4.3
"""
@title Sparse centroid
@license MIT
@notice The nearest mean of samples that list the features present, exact: sums in place of means, and one word of
    sums for each class.
@dev Specified in docs/mechanism.md#sparse-centroid; the twin of classifier/sparse_centroid.py. How classes and
    features share words is written down in docs/mechanism.md#counters-on-a-chain.
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

# Of a class: K (32 bits), B (96) and C (96) of the rule; in the first word, above them, the number of classes.
SUM_B: constant(uint256) = 32
SUM_C: constant(uint256) = 128
NUMBER: constant(uint256) = 224
SUM_MASK: constant(uint256) = 2**96 - 1
# Of a class: n0 (32 bits) and A of the rule.
SUM_A: constant(uint256) = 32
# Every second lane of counters.
PAIRS: constant(uint256) = (lanes.LANES + 1) // 2
COUNTERS_MASK: constant(uint256) = 2 ** (2 * lanes.COUNTER) - 1
EVEN_COUNTERS: constant(uint256) = max_value(uint256) // COUNTERS_MASK * lanes.COUNTER_MASK

if not parameters.SHARED:
    # Where code is shared, functions have variables of these names.
    known: constant(uint256) = parameters.NUM_CLASSES
    lane_bits: constant(uint256) = lanes.BASE
    # Of a feature and a class at deployment: how often it was learned, and above it the initial mean.
    old_bits: constant(uint256) = parameters.BASE_COUNT_BITS
    old_mask: constant(uint256) = 2**old_bits - 1
    mean_mask: constant(uint256) = 2 ** (lanes.BASE - old_bits) - 1
    # Of every second lane of the base table, and of the two parts of its numbers.
    pair_bits: constant(uint256) = 2 * lanes.BASE
    pair_mask: constant(uint256) = 2**pair_bits - 1
    even_bases: constant(uint256) = (2 * (2 ** (pair_bits * PAIRS - 1) - 1) + 1) // pair_mask
    even_olds: constant(uint256) = even_bases * old_mask
    even_means: constant(uint256) = even_bases * mean_mask
    # Of the classes at deployment.
    _starts: immutable(uint256[parameters.NUM_CLASSES])
# Of those that were added.
_added: HashMap[uint256, uint256]
_classes: uint256[lanes.MOST_CLASSES]
# The initial means of classes that were added: where their counters are, as wide.
_means: HashMap[uint256, uint256]


@deploy
def __init__(
    names: DynArray[String[parameters.CLASS_LENGTH], parameters.NUM_CLASSES],
    state: uint256[parameters.STATE_WORDS],
    start: uint256[parameters.START_WORDS],
):
    """
    @notice Takes over what the model has seen before.
    @param names Of the classes.
    @param state The words of the classes, and then their starts.
    @param start What base_table.vy takes.
    """
    classes.__init__(names, state)
    bases.__init__(start)
    lanes.__init__()
    if parameters.SHARED:
        return
    starts: uint256[parameters.NUM_CLASSES] = empty(uint256[parameters.NUM_CLASSES])
    for label: uint256 in range(parameters.NUM_CLASSES):
        self._classes[label] = state[label]
        starts[label] = state[label + parameters.NUM_CLASSES]
    _starts = starts


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
    raise "sparse-centroid: samples are not normalized"


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
    return self._classes[0] >> NUMBER


@external
@view
def getNumSamples(label: uint256) -> uint64:
    """
    @param label Of a class.
    @return How many samples its centroid is the mean of.
    """
    self._require_class(label)
    return convert(self._num_samples(label), uint64)


@external
@view
def getCentroidValue(label: uint256, index: uint32) -> uint64:
    """
    @param label Of a class.
    @param index Of a feature.
    @return The mean of the feature in the class, fixed point, rounded down; 0 without samples.
    """
    self._require_class(label)
    feature: uint256 = convert(index, uint256)
    number: uint256 = self._num_samples(label)
    if feature >> parameters.INDEX_BITS != 0 or number == 0:
        return 0
    old: uint256 = 0
    mean: uint256 = 0
    old, mean = self._base(label, feature)
    total: uint256 = mean * (self._start(label) & MOST) + (old + lanes._counter(label, feature)) * ONE
    return convert(total // number, uint64)


@external
@view
def getSquaredMagnitude(label: uint256) -> uint256:
    """
    @param label Of a class.
    @return The squared length of its centroid, scale 10^18, rounded down; 0 without samples.
    """
    self._require_class(label)
    number: uint256 = self._num_samples(label)
    if number == 0:
        return 0
    return self._square(self._start(label), self._classes[label]) // number**2


@external
@view
def baseCountBits() -> uint256:
    """
    @return How many of them, the lowest, say how often the feature was learned before deployment.
    """
    if parameters.SHARED:
        return clone._numbers()
    return old_bits


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
@view
def addedWords(first: uint256, count: uint256) -> DynArray[uint256, PAGE]:
    """
    @notice A page of n0 and A of the classes that were added.
    @param first From which label on.
    @param count How many words, at most 256.
    @return The words.
    """
    words: DynArray[uint256, PAGE] = []
    for i: uint256 in range(count, bound=PAGE):
        words.append(self._added[first + i])
    return words


@external
@view
def meanWords(first: uint256, count: uint256) -> DynArray[uint256, PAGE]:
    """
    @notice A page of the initial means of the classes that were added.
    @param first From which word on.
    @param count How many words, at most 256.
    @return The words.
    """
    words: DynArray[uint256, PAGE] = []
    for i: uint256 in range(count, bound=PAGE):
        words.append(self._means[first + i])
    return words


@external
def addClass(
    centroid: DynArray[DynArray[uint64, 2], classes.MOST_VALUES],
    classification: String[parameters.CLASS_LENGTH],
    dataCount: uint64,
):
    """
    @notice Gives the model a further class. For the owner.
    @param centroid Pairs of a feature, each above the one before, and its mean, fixed point.
    @param classification The name of the class.
    @param dataCount Of how many samples the centroid is the mean.
    """
    ownable._require_owner()
    incentive_base._require_time()
    label: uint256 = self._classes[0] >> NUMBER
    if classification == "":
        refusals._refuse("sparse-centroid: every class needs a name")
    if label >= lanes.MOST_CLASSES:
        refusals._refuse("sparse-centroid: too many classes")
    samples_: uint256 = convert(dataCount, uint256)
    if samples_ > MOST:
        refusals._refuse("sparse-centroid: a number of samples is out of range")
    group: uint256 = unsafe_div(label, lanes.LANES)
    lane: uint256 = label % lanes.LANES
    sum: uint256 = 0
    lowest: uint256 = 0
    values: DynArray[uint256, classes.MOST_VALUES] = []
    for pair: DynArray[uint64, 2] in centroid:
        if len(pair) != 2:
            refusals._refuse("sparse-centroid: a feature and its value are needed")
        index: uint256 = convert(pair[0], uint256)
        mean: uint256 = convert(pair[1], uint256)
        self._require_fits(index >> parameters.INDEX_BITS == 0)
        if index < lowest:
            self._refuse_order()
        if mean > ONE:
            refusals._refuse("sparse-centroid: every centroid value must be from 0 to 1")
        lowest = unsafe_add(index, 1)
        sum = unsafe_add(sum, unsafe_mul(mean, mean))
        self._means[lanes._place(group, index)] |= mean << lanes._bit(index, lane)
        values.append((index << 64) | mean)
    self._added[label] = (sum << SUM_A) | samples_
    self._classes[0] = unsafe_add(self._classes[0], 1 << NUMBER)
    incentive_base._settle_change()
    log classes.ClassStart(index=label, samples=samples_, values=values)
    classes._add(label, classification)


@internal
def _begin():
    """
    @notice Takes over what the model has seen before.
    """
    assert parameters.SHARED
    classes._begin()
    layout: uint256 = clone._layout()
    for label: uint256 in range(((layout >> clone.CLASSES) & clone.PLACE_MASK), bound=parameters.MOST_STATE_WORDS):
        self._classes[label] = clone._state_word(label, layout)


@internal
@view
def _base(label: uint256, index: uint256) -> (uint256, uint256):
    """
    @param label Of a class.
    @param index Of a feature.
    @return How often it was learned before deployment, and the initial mean.
    """
    if parameters.SHARED:
        known: uint256 = (clone._layout() >> clone.CLASSES) & clone.PLACE_MASK
        old_bits: uint256 = clone._numbers()
        old_mask: uint256 = unsafe_sub(clone_table.BIT << old_bits, 1)
    if label >= known:
        word: uint256 = self._means[lanes._place(unsafe_div(label, lanes.LANES), index)]
        return 0, (word >> lanes._bit(index, label % lanes.LANES)) & MOST
    numbers: uint256 = lanes._base(label, index)
    return numbers & old_mask, numbers >> old_bits


@internal
@view
def _start(label: uint256) -> uint256:
    """
    @param label Of a class.
    @return Its n0 and A.
    """
    if parameters.SHARED:
        return self._start_of_clone(label, clone._layout())
    if label < known:
        return _starts[label]
    return self._added[label]


@internal
@view
def _start_of_clone(label: uint256, layout: uint256) -> uint256:
    """
    @param label Of a class.
    @param layout Of the clone.
    @return Its n0 and A.
    """
    assert parameters.SHARED
    known: uint256 = (layout >> clone.CLASSES) & clone.PLACE_MASK
    if label < known:
        return clone._state_word(unsafe_add(known, label), layout)
    return self._added[label]


@internal
@view
def _num_samples(label: uint256) -> uint256:
    """
    @param label Of a class.
    @return How many samples its centroid is the mean of: n = n0 + K.
    """
    return unsafe_add(self._start(label) & MOST, self._classes[label] & MOST)


@internal
@pure
def _square(start: uint256, sums: uint256) -> uint256:
    """
    @param start n0 and A of a class.
    @param sums Its K, B and C.
    @return Q of the rule: n0^2 A + 2 n0 F B + F^2 C.
    """
    # Less than 2^32 features have a part in it, each S_j is below 2^62 + 2^62: Q is below 2^159.
    first: uint256 = start & MOST
    square: uint256 = unsafe_mul(unsafe_mul(first, first), start >> SUM_A)
    square = unsafe_add(square, unsafe_mul(2 * ONE, unsafe_mul(first, (sums >> SUM_B) & SUM_MASK)))
    return unsafe_add(square, unsafe_mul(ONE**2, (sums >> SUM_C) & SUM_MASK))


@internal
@view
def _require_class(label: uint256):
    """
    @notice Refuses a label without a class.
    @param label What may be one.
    """
    if not parameters.SHARED:
        # There are never fewer than at deployment.
        if label < known:
            return
    if label >= self._classes[0] >> NUMBER:
        refusals._refuse("sparse-centroid: no such class")


@internal
@pure
def _require_fits(fits: bool):
    """
    @notice Refuses a feature that no model can have.
    @param fits Whether each feature index is in range.
    """
    if not fits:
        refusals._refuse("sparse-centroid: a feature index is out of range")


@internal
@pure
def _refuse_order():
    """
    @notice Refuses a feature that is listed twice or out of order.
    """
    refusals._refuse("sparse-centroid: the features must be strictly increasing")


@internal
@view
def _added_means(features: DynArray[uint256, samples.MAX_WORDS], first_place: uint256) -> uint256[2]:
    """
    @param features Packed.
    @param first_place Of a group of classes.
    @return The sums of the initial means of classes that were added, in all even lanes, and in all odd ones.
    """
    assert not parameters.SHARED
    means: uint256[2] = [0, 0]
    left: uint256 = features[0] >> samples.TOP
    room: uint256 = samples.LANES - 1
    for words: uint256 in features:
        word: uint256 = words
        if room != samples.LANES:
            word = word << samples.LANE
        here: uint256 = min(left, room)
        for i: uint256 in range(here, bound=samples.LANES):
            index: uint256 = word >> samples.TOP
            word = word << samples.LANE
            of_feature: uint256 = self._means[unsafe_add(first_place, unsafe_div(index, lanes.PER_WORD))] >> unsafe_mul(
                index % lanes.PER_WORD, lanes.WIDTH
            )
            means[0] = unsafe_add(means[0], of_feature & EVEN_COUNTERS)
            means[1] = unsafe_add(means[1], (of_feature >> lanes.COUNTER) & EVEN_COUNTERS)
        left = unsafe_sub(left, here)
        room = samples.LANES
    return means


@internal
@view
def _predict(features: DynArray[uint256, samples.MAX_WORDS]) -> uint64:
    """
    @param features Packed.
    @return The label that the model gives them.
    """
    if parameters.SHARED:
        layout: uint256 = 0
        old_bits: uint256 = 0
        layout, old_bits = clone._settings()
        known: uint256 = (layout >> clone.CLASSES) & clone.PLACE_MASK
        lane_bits: uint256 = (layout >> lanes.LANE_BITS) & lanes.LANE_BITS_MASK
        pair_bits: uint256 = lane_bits << 1
        pair_mask: uint256 = unsafe_sub(clone_table.BIT << pair_bits, 1)
        even_bases: uint256 = unsafe_div(unsafe_sub(clone_table.BIT << unsafe_mul(pair_bits, PAIRS), 1), pair_mask)
        even_olds: uint256 = unsafe_mul(even_bases, unsafe_sub(clone_table.BIT << old_bits, 1))
        mean_mask: uint256 = unsafe_sub(clone_table.BIT << unsafe_sub(lane_bits, old_bits), 1)
        even_means: uint256 = unsafe_mul(even_bases, mean_mask)
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
    first_sums: uint256 = self._classes[0]
    number: uint256 = first_sums >> NUMBER
    answer: uint256 = 0
    least: int256 = 0
    # The number of samples of the nearest class so far, 0 before there is one.
    of: int256 = 0
    for group: uint256 in range(unsafe_div(unsafe_add(number, lanes.LANES - 1), lanes.LANES), bound=lanes.MOST_GROUPS):
        first_place: uint256 = group << lanes.GROUP
        if parameters.SHARED:
            first_base: uint256 = unsafe_mul(group, rows)
        else:
            first_base: uint256 = unsafe_mul(group, parameters.BASE_ROWS)
            num_bases: uint256 = 0
            if group < parameters.BASE_GROUPS:
                num_bases = parameters.BASE_FEATURES
        # Sums of what stands in all even lanes, and in all odd ones: each has the room of two lanes.
        counts_even: uint256 = 0
        counts_odd: uint256 = 0
        olds_even: uint256 = 0
        olds_odd: uint256 = 0
        means_even: uint256 = 0
        means_odd: uint256 = 0
        added: uint256[2] = [0, 0]
        if not parameters.SHARED:
            if number > known:
                added = self._added_means(features, first_place)
        left: uint256 = features[0] >> samples.TOP
        last: uint256 = 0
        # The place after that of `counters`.
        after: uint256 = 0
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
                if at >= after:
                    after = unsafe_add(at, 1)
                    counters = lanes.counters[at]
                    if lanes.WARM_WORDS != 0:
                        counters ^= lanes._filled(at)
                elif index <= last:
                    self._refuse_order()
                last = index
                counts: uint256 = counters >> unsafe_mul(index % lanes.PER_WORD, lanes.WIDTH)
                counts_even = unsafe_add(counts_even, counts & EVEN_COUNTERS)
                counts_odd = unsafe_add(counts_odd, (counts >> lanes.COUNTER) & EVEN_COUNTERS)
                base: uint256 = 0
                if parameters.SHARED:
                    if number > known:
                        counts = self._means[at] >> unsafe_mul(index % lanes.PER_WORD, lanes.WIDTH)
                        added[0] = unsafe_add(added[0], counts & EVEN_COUNTERS)
                        added[1] = unsafe_add(added[1], (counts >> lanes.COUNTER) & EVEN_COUNTERS)
                    if index >= rows:
                        base = lanes._hashed(group, index, layout, seed)
                    else:
                        index = unsafe_add(first_base, index)
                        if index < listed:
                            at_byte: uint256 = unsafe_div(index, per_word) << 5
                            if unsafe_sub(at_byte, begin) > clone_table.LAST:
                                holder: address = empty(address)
                                start: uint256 = 0
                                holder, start, begin = clone_table._piece(at_byte, layout)
                                piece = slice(holder.code, start, clone_table.PIECE)
                            base = convert(extract32(piece, unsafe_sub(at_byte, begin)), uint256) >> unsafe_mul(
                                index % per_word, value_bits
                            )
                else:
                    if index < num_bases:
                        if parameters.BASES_HASHED:
                            base = lanes._bases(group, index)
                        else:
                            if parameters.BASE_GROUPS > 1:
                                index = unsafe_add(first_base, index)
                            if parameters.START_IN_CODE:
                                base = bases.words[unsafe_div(index, bases.PER_WORD)] >> unsafe_mul(
                                    index % bases.PER_WORD, bases.BITS
                                )
                            else:
                                at_word: uint256 = unsafe_div(index, bases.PER_WORD)
                                if unsafe_sub(at_word, begin) >= bases.WORDS_IN_PIECE:
                                    holder: address = empty(address)
                                    at_byte: uint256 = 0
                                    holder, at_byte, begin = bases._piece(at_word)
                                    piece = slice(holder.code, at_byte, bases.PIECE)
                                base = convert(extract32(piece, unsafe_sub(at_word, begin) << 5), uint256) >> unsafe_mul(
                                    index % bases.PER_WORD, bases.BITS
                                )
                if old_bits != 0:
                    olds_even = unsafe_add(olds_even, base & even_olds)
                    olds_odd = unsafe_add(olds_odd, (base >> lane_bits) & even_olds)
                if mean_mask != 0:
                    means_even = unsafe_add(means_even, (base >> old_bits) & even_means)
                    means_odd = unsafe_add(means_odd, (base >> unsafe_add(lane_bits, old_bits)) & even_means)
            left = unsafe_sub(left, here)
            room = samples.LANES
        for lane: uint256 in range(lanes.LANES):
            label: uint256 = unsafe_add(unsafe_mul(group, lanes.LANES), lane)
            if label >= number:
                break
            bit: uint256 = unsafe_mul(lane >> 1, 2 * lanes.COUNTER)
            base_bit: uint256 = unsafe_mul(lane >> 1, pair_bits)
            k: uint256 = counts_even
            old: uint256 = olds_even
            mean: uint256 = means_even
            if lane & 1 == 1:
                k = counts_odd
                old = olds_odd
                mean = means_odd
            k = (k >> bit) & COUNTERS_MASK
            first: uint256 = 0
            if label < known:
                if parameters.SHARED:
                    first = clone._state_word(unsafe_add(known, label), layout)
                else:
                    first = _starts[label]
                if old_bits != 0:
                    k = unsafe_add(k, (old >> base_bit) & pair_mask)
                if mean_mask != 0:
                    mean = (mean >> base_bit) & pair_mask
            else:
                first = self._added[label]
                mean = (added[lane & 1] >> bit) & COUNTERS_MASK
            sums: uint256 = first_sums
            if label != 0:
                sums = self._classes[label]
            n: uint256 = unsafe_add(first & MOST, sums & MOST)
            if n == 0:
                continue
            # T is below 2^78, and Q below 2^159: products with squares of numbers of samples fit.
            total: uint256 = unsafe_add(unsafe_mul(mean, first & MOST), unsafe_mul(k, ONE))
            distance: uint256 = unsafe_sub(self._square(first, sums), unsafe_mul(unsafe_mul(2 * ONE, total), n))
            far: int256 = convert(convert(distance, bytes32), int256)
            samples_: int256 = convert(convert(n, bytes32), int256)
            if of == 0 or unsafe_mul(far, unsafe_mul(of, of)) < unsafe_mul(least, unsafe_mul(samples_, samples_)):
                answer = label
                least = far
                of = samples_
    return convert(answer, uint64)


@internal
def _update(features: DynArray[uint256, samples.MAX_WORDS], fits: bool, label: uint64):
    """
    @notice Takes the sample into the mean of a class.
    @param features Packed.
    @param fits Whether they are features at all.
    @param label What they are said to be.
    """
    of: uint256 = convert(label, uint256)
    self._require_class(of)
    self._require_fits(fits)
    group: uint256 = unsafe_div(of, lanes.LANES)
    lane: uint256 = of % lanes.LANES
    first_place: uint256 = group << lanes.GROUP
    counter_bit: uint256 = unsafe_mul(lane, lanes.COUNTER)
    if parameters.SHARED:
        layout: uint256 = 0
        old_bits: uint256 = 0
        layout, old_bits = clone._settings()
        known: uint256 = (layout >> clone.CLASSES) & clone.PLACE_MASK
        lane_bits: uint256 = (layout >> lanes.LANE_BITS) & lanes.LANE_BITS_MASK
        old_mask: uint256 = unsafe_sub(clone_table.BIT << old_bits, 1)
        mean_mask: uint256 = unsafe_sub(clone_table.BIT << unsafe_sub(lane_bits, old_bits), 1)
        value_bits: uint256 = (layout >> clone_table.VALUE_BITS) & clone_table.BITS_MASK
        per_word: uint256 = unsafe_div(256, value_bits)
        rows: uint256 = (layout >> lanes.ROWS) & clone_table.LOW
        first_base: uint256 = unsafe_mul(group, rows)
        listed: uint256 = clone_table._listed(layout)
        seed: uint256 = clone_table._seed(layout)
        begin: uint256 = clone_table.NOWHERE
        piece: Bytes[clone_table.PIECE] = b""
    else:
        first_base: uint256 = unsafe_mul(group, parameters.BASE_ROWS)
        num_bases: uint256 = parameters.BASE_FEATURES
        if of >= known:
            num_bases = 0
        begin: uint256 = bases.NOWHERE
        piece: Bytes[bases.PIECE] = b""
    base_bit: uint256 = unsafe_mul(lane, lane_bits)
    is_added: bool = of >= known
    # Of the features that are counted: how many they are, and the sums of their k and of their means.
    counted: uint256 = features[0] >> samples.TOP
    learned: uint256 = 0
    means: uint256 = 0
    left: uint256 = counted
    # One more is 0.
    last: uint256 = max_value(uint256)
    # Where the first feature's counter is; without features this word stays as it is.
    place: uint256 = unsafe_add(first_place, unsafe_div((features[0] << samples.LANE) >> samples.TOP, lanes.PER_WORD))
    counters: uint256 = lanes.counters[place]
    if lanes.WARM_WORDS != 0:
        counters ^= lanes._filled(place)
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
            if at > place:
                if lanes.WARM_WORDS != 0:
                    counters ^= lanes._filled(place)
                lanes.counters[place] = counters
                place = at
                counters = lanes.counters[at]
                if lanes.WARM_WORDS != 0:
                    counters ^= lanes._filled(at)
            elif index < unsafe_add(last, 1):
                self._refuse_order()
            last = index
            bit: uint256 = unsafe_add(unsafe_mul(index % lanes.PER_WORD, lanes.WIDTH), counter_bit)
            # The lowest bits say how often it was learned before deployment, those above the mean.
            base: uint256 = 0
            if parameters.SHARED:
                if not is_added:
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
                elif (counters >> bit) & lanes.COUNTER_MASK != MOST:
                    means = unsafe_add(means, (self._means[at] >> bit) & lanes.COUNTER_MASK)
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
                elif is_added and (counters >> bit) & lanes.COUNTER_MASK != MOST:
                    means = unsafe_add(means, (self._means[at] >> bit) & lanes.COUNTER_MASK)
            k: uint256 = unsafe_add((counters >> bit) & lanes.COUNTER_MASK, base & old_mask)
            if k < MOST:
                counters = unsafe_add(counters, 1 << bit)
                learned = unsafe_add(learned, k)
                if mean_mask != 0:
                    means = unsafe_add(means, (base >> old_bits) & mean_mask)
            else:
                counted = unsafe_sub(counted, 1)
        left = unsafe_sub(left, here)
        room = samples.LANES
    if lanes.WARM_WORDS != 0:
        counters ^= lanes._filled(place)
    lanes.counters[place] = counters
    # C grows by 2 k + 1 with each, and B by the mean. B is below 2^30 * 2^32 * 2^32, and C below 2^64 * 2^32: neither
    # reaches the next field.
    growth: uint256 = unsafe_add(unsafe_add(unsafe_mul(2, learned), counted) << SUM_C, means << SUM_B)
    sums: uint256 = unsafe_add(self._classes[of], growth)
    if parameters.SHARED:
        first: uint256 = self._start_of_clone(of, layout)
    else:
        first: uint256 = 0
        if is_added:
            first = self._added[of]
        else:
            first = _starts[of]
    if unsafe_add(first & MOST, sums & MOST) != MOST:
        sums = unsafe_add(sums, 1)
    self._classes[of] = sums
