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
import incentive_base
import lanes
import ownable
import parameters
import refusals
import samples

initializes: bases
initializes: classes
initializes: lanes[base_table := bases]
uses: incentive_base
uses: ownable
exports: bases.__interface__
exports: classes.__interface__
exports: lanes.__interface__

PAGE: constant(uint256) = 256
MOST: constant(uint256) = 2**32 - 1
# Below it a counter has room whatever the count was at deployment.
SAFE: constant(uint256) = MOST - lanes.BASE_MASK
NOWHERE: constant(uint256) = max_value(uint256)
ONE: constant(uint256) = 10**9
NORMAL: constant(uint256) = 2**128

# Of two classes: samples (32 bits) and occurrences of features (64) of each; above them, in the first word,
# the number of classes.
OF_CLASS: constant(uint256) = 96
TOTAL: constant(uint256) = 32
TOTAL_MASK: constant(uint256) = 2**64 - 1
NUMBER: constant(uint256) = 192

smoothingFactor: public(constant(uint32)) = parameters.SMOOTHING
totalNumFeatures: public(constant(uint256)) = parameters.VOCABULARY
ALPHA: constant(uint256) = parameters.ALPHA
ALL_ALPHA: constant(uint256) = parameters.ALPHA * parameters.VOCABULARY
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
    for i: uint256 in range(parameters.STATE_WORDS):
        self._classes[i] = state[i]


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
def classifications(label: uint256) -> String[parameters.CLASS_LENGTH]:
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
    label: uint256 = self._classes[0] >> NUMBER
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
def _require_class(label: uint256):
    """
    @notice Refuses a label without a class.
    @param label What may be one.
    """
    if label >= self._classes[0] >> NUMBER:
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
    number: uint256 = self._classes[0] >> NUMBER
    answer: uint256 = 0
    # A product P with s shifts stands for P / 2^(64 s); a product of 0 is no candidate.
    most: uint256 = 0
    fewest: uint256 = max_value(uint256)
    for group: uint256 in range(unsafe_div(unsafe_add(number, lanes.LANES - 1), lanes.LANES), bound=lanes.MOST_GROUPS):
        products: uint256[lanes.LANES] = empty(uint256[lanes.LANES])
        divisors: uint256[lanes.LANES] = empty(uint256[lanes.LANES])
        shifts: uint256[lanes.LANES] = empty(uint256[lanes.LANES])
        for lane: uint256 in range(lanes.LANES):
            label: uint256 = unsafe_add(unsafe_mul(group, lanes.LANES), lane)
            if label < number:
                word: uint256 = self._classes[label >> 1] >> unsafe_mul(label & 1, OF_CLASS)
                products[lane] = (word & MOST) << 128
                divisors[lane] = unsafe_add(unsafe_mul((word >> TOTAL) & TOTAL_MASK, ONE), ALL_ALPHA)
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
                if unsafe_div(index, lanes.PER_WORD) != place:
                    place = unsafe_div(index, lanes.PER_WORD)
                    counters = lanes.counters[(group << lanes.GROUP) | place]
                    if lanes.WARM_WORDS != 0:
                        counters ^= lanes._filled((group << lanes.GROUP) | place)
                counts: uint256 = counters >> unsafe_mul(index % lanes.PER_WORD, lanes.WIDTH)
                old: uint256 = lanes._bases(group, index)
                for lane: uint256 in range(lanes.LANES):
                    product: uint256 = products[lane]
                    if product != 0:
                        # Factors below 2^192 and 2^62, and the divisor is not below the second.
                        count: uint256 = unsafe_add(counts & lanes.COUNTER_MASK, old & lanes.BASE_MASK)
                        product = unsafe_div(
                            unsafe_mul(product, unsafe_add(unsafe_mul(count, ONE), ALPHA)), divisors[lane]
                        )
                        for _: uint256 in range(2):
                            if product >= NORMAL:
                                break
                            product = product << 64
                            shifts[lane] = unsafe_add(shifts[lane], 1)
                        products[lane] = product
                    counts = counts >> lanes.COUNTER
                    old = old >> lanes.BASE
            left = unsafe_sub(left, here)
            room = samples.LANES
        for lane: uint256 in range(lanes.LANES):
            if products[lane] != 0 and (
                shifts[lane] < fewest or (shifts[lane] == fewest and products[lane] > most)
            ):
                most = products[lane]
                fewest = shifts[lane]
                answer = unsafe_add(unsafe_mul(group, lanes.LANES), lane)
    return convert(answer, uint64)


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
    lane: uint256 = of % lanes.LANES
    seen: uint256 = 0
    left: uint256 = features[0] >> samples.TOP
    # Where the first feature's counter is; without features this word stays as it is.
    place: uint256 = lanes._place(group, (features[0] << samples.LANE) >> samples.TOP)
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
            at: uint256 = (group << lanes.GROUP) | unsafe_div(index, lanes.PER_WORD)
            if at != place:
                if lanes.WARM_WORDS != 0:
                    counters ^= lanes._filled(place)
                lanes.counters[place] = counters
                place = at
                counters = lanes.counters[place]
                if lanes.WARM_WORDS != 0:
                    counters ^= lanes._filled(place)
            bit: uint256 = unsafe_add(unsafe_mul(index % lanes.PER_WORD, lanes.WIDTH), unsafe_mul(lane, lanes.COUNTER))
            count: uint256 = (counters >> bit) & lanes.COUNTER_MASK
            if count < SAFE or count < unsafe_sub(MOST, lanes._base(of, index)):
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
