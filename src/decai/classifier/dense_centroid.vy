# pragma version 0.4.3
"""
@title Dense centroid
@license MIT
@notice The nearest mean of vectors of unit norm, exact: the sum of the samples of each class and their number. A sum
    stops at 2^63 - 1 in size, a number of samples at 2^32 - 1.
@dev Specified in docs/mechanism.md#dense-centroid; the twin of classifier/dense_centroid.py.

    The base table holds the words of the sums at deployment, class by class. Storage holds each word XOR that of
    the base table, which of a class that was added is the word of nothing: what was never touched is 0.
"""

import base_table as bases
import classes
import clone
import clone_table
import dense
import incentive_base
import ownable
import parameters
import refusals
import samples

initializes: bases
initializes: classes
uses: incentive_base
uses: ownable
exports: bases.__interface__
exports: classes.__interface__
exports: dense.__interface__

PAGE: constant(uint256) = 256
SIZE: constant(uint256) = dense.SIZE
ROWS: constant(uint256) = dense.ROWS
ONE: constant(int64) = 10**9
MOST: constant(uint256) = 2**32 - 1
MOST_CLASSES: constant(uint256) = 2**8

# Samples of seven classes to a word; above them, in the first one, the number of classes.
COUNTS: constant(uint256) = 7
NUMBER: constant(uint256) = 224
_counts: uint256[MOST_CLASSES // COUNTS + 1]
_sums: uint256[MOST_CLASSES * ROWS]


@deploy
def __init__(
    names: DynArray[String[parameters.CLASS_LENGTH], parameters.NUM_CLASSES],
    state: uint256[parameters.STATE_WORDS],
    start: uint256[parameters.START_WORDS],
):
    """
    @notice Takes over what the model has seen before.
    @param names Of the classes.
    @param state The words of the numbers of samples.
    @param start What base_table.vy takes.
    """
    classes.__init__(names, state)
    bases.__init__(start)
    if not parameters.SHARED:
        for i: uint256 in range(parameters.STATE_WORDS):
            self._counts[i] = state[i]


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
    return self._nearest(dense._numbers(features, fits))


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
    self._require_class(label)
    return classes._name(label)


@external
@view
def getNumClassifications() -> uint256:
    """
    @return How many classes there are.
    """
    return self._counts[0] >> NUMBER


@external
@view
def centroids(label: uint256, index: uint256) -> int64:
    """
    @param label Of a class.
    @param index Of a number of the vectors.
    @return Its mean, fixed point, toward zero; 0 for a class without samples.
    """
    return self._centroid(label, index)


@external
@view
def getCentroidValue(label: uint256, index: uint256) -> int64:
    """
    @param label Of a class.
    @param index Of a number of the vectors.
    @return Its mean, fixed point, toward zero; 0 for a class without samples.
    """
    return self._centroid(label, index)


@external
@view
def dataCounts(label: uint256) -> uint256:
    """
    @param label Of a class.
    @return Of how many samples its centroid is the mean.
    """
    self._require_class(label)
    return self._count(label)


@external
@view
def getNumSamples(label: uint256) -> uint256:
    """
    @param label Of a class.
    @return Of how many samples its centroid is the mean.
    """
    self._require_class(label)
    return self._count(label)


@external
@view
def sumWords(first: uint256, count: uint256) -> DynArray[uint256, PAGE]:
    """
    @notice A page of the sums as they are kept: what they are XOR what they were at deployment.
    @param first From which word on.
    @param count How many words, at most 256.
    @return The words.
    """
    words: DynArray[uint256, PAGE] = []
    for i: uint256 in range(count, bound=PAGE):
        words.append(self._sums[first + i])
    return words


@external
@view
def classWords(first: uint256, count: uint256) -> DynArray[uint256, PAGE]:
    """
    @notice A page of the numbers of samples as they are kept.
    @param first From which word on.
    @param count How many words, at most 256.
    @return The words.
    """
    words: DynArray[uint256, PAGE] = []
    for i: uint256 in range(count, bound=PAGE):
        words.append(self._counts[first + i])
    return words


@external
def addClass(
    centroid: DynArray[int64, parameters.MAX_FEATURES],
    classification: String[parameters.CLASS_LENGTH],
    dataCount: uint256,
):
    """
    @notice Gives the model a further class. For the owner.
    @param centroid The mean of its samples, fixed point.
    @param classification The name of the class.
    @param dataCount Of how many samples.
    """
    ownable._require_owner()
    incentive_base._require_time()
    label: uint256 = self._counts[0] >> NUMBER
    if classification == "":
        refusals._refuse("dense-centroid: every class needs a name")
    if label >= MOST_CLASSES:
        refusals._refuse("dense-centroid: too many classes")
    if dataCount > MOST:
        refusals._refuse("dense-centroid: a number of samples is out of range")
    if len(centroid) != SIZE:
        refusals._refuse(parameters.WRONG_CENTROID)
    step: uint256 = 0
    for j: uint256 in range(SIZE):
        value: int256 = convert(centroid[j], int256)
        if abs(value) > convert(ONE, int256):
            refusals._refuse("dense-centroid: every centroid value must be between -1 and 1")
        total: int256 = unsafe_mul(value, convert(dataCount, int256))
        # Below 2^62 in size, so that no sum leaves its lane.
        step = unsafe_add(step, convert(convert(total, bytes32), uint256) << ((j & 3) << 6))
        if j & 3 == 3 or j == SIZE - 1:
            place: uint256 = unsafe_add(unsafe_mul(label, ROWS), j >> 2)
            self._sums[place] = unsafe_add(dense.ZEROS, step) ^ dense.ZEROS
            step = 0
    self._counts[unsafe_div(label, COUNTS)] |= dataCount << ((label % COUNTS) << 5)
    self._counts[0] = unsafe_add(self._counts[0], 1 << NUMBER)
    incentive_base._settle_change()
    features: DynArray[uint256, samples.MAX_WORDS] = []
    fits: bool = False
    features, fits = samples._pack(centroid)
    log classes.ClassStart(index=label, samples=dataCount, values=features)
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
        self._counts[i] = clone._state_word(i, layout)


@internal
@view
def _require_class(label: uint256):
    """
    @notice Refuses a label without a class.
    @param label What may be one.
    """
    if label >= self._counts[0] >> NUMBER:
        refusals._refuse("dense-centroid: no such class")


@internal
@view
def _count(label: uint256) -> uint256:
    """
    @param label Of a class.
    @return How many samples it has.
    """
    return (self._counts[unsafe_div(label, COUNTS)] >> ((label % COUNTS) << 5)) & MOST


@internal
@view
def _start(place: uint256) -> uint256:
    """
    @param place Of a word of sums.
    @return The word at deployment.
    """
    if parameters.SHARED:
        layout: uint256 = clone._layout()
        if place >= (layout >> clone_table.WORDS) & clone_table.WORDS_MASK:
            return dense.ZEROS
        return clone_table._word(place, layout)
    if place >= parameters.NUM_CLASSES * ROWS:
        return dense.ZEROS
    return bases._word(place)


@internal
@view
def _centroid(label: uint256, index: uint256) -> int64:
    """
    @param label Of a class.
    @param index Of a number of the vectors.
    @return Its mean, fixed point, toward zero; 0 for a class without samples.
    """
    self._require_class(label)
    if index >= SIZE:
        refusals._refuse("dense-centroid: no such centroid value")
    count: uint256 = self._count(label)
    if count == 0:
        return 0
    place: uint256 = unsafe_add(unsafe_mul(label, ROWS), index >> 2)
    total: uint256 = ((self._sums[place] ^ self._start(place)) >> ((index & 3) << 6)) & dense.LANE_MASK
    return convert((convert(total, int256) - convert(dense.ZERO, int256)) // convert(count, int256), int64)


@internal
@view
def _nearest(numbers: uint256[SIZE]) -> uint64:
    """
    @param numbers Of a vector of unit norm, as two's complements.
    @return The label of the class whose centroid is nearest to it.
    """
    answer: uint256 = 0
    # Squares of distances without what all have in common, times the square of the number of samples.
    least: int256 = 0
    of_count: int256 = 0
    if parameters.SHARED:
        layout: uint256 = clone._layout()
        known: uint256 = (layout >> clone_table.WORDS) & clone_table.WORDS_MASK
        begin: uint256 = clone_table.NOWHERE
        piece: Bytes[clone_table.PIECE] = b""
    for label: uint256 in range(self._counts[0] >> NUMBER, bound=MOST_CLASSES):
        count: uint256 = self._count(label)
        if count == 0:
            continue
        place: uint256 = unsafe_mul(label, ROWS)
        squares: uint256 = 0
        product: uint256 = 0
        sums: uint256 = 0
        for j: uint256 in range(SIZE):
            if j & 3 == 0:
                if parameters.SHARED:
                    sums = self._sums[place] ^ dense.ZEROS
                    if place < known:
                        at: uint256 = place << 5
                        if unsafe_sub(at, begin) > clone_table.LAST:
                            holder: address = empty(address)
                            start: uint256 = 0
                            holder, start, begin = clone_table._piece(at, layout)
                            piece = slice(holder.code, start, clone_table.PIECE)
                        base: uint256 = convert(extract32(piece, unsafe_sub(at, begin)), uint256)
                        sums = self._sums[place] ^ base
                else:
                    sums = self._sums[place] ^ self._start(place)
                place = unsafe_add(place, 1)
            total: uint256 = unsafe_sub(sums & dense.LANE_MASK, dense.ZERO)
            sums = sums >> dense.LANE
            # Factors of 64 and 32 bits, signed, and at most 1,024 of them.
            squares = unsafe_add(squares, unsafe_mul(total, total))
            product = unsafe_add(product, unsafe_mul(total, numbers[j]))
        distance: int256 = convert(
            convert(unsafe_sub(squares, unsafe_mul(unsafe_mul(2, count), product)), bytes32), int256
        )
        samples_: int256 = convert(count, int256)
        # At most 2^140 times 2^64.
        if of_count == 0 or unsafe_mul(distance, unsafe_mul(of_count, of_count)) < unsafe_mul(
            least, unsafe_mul(samples_, samples_)
        ):
            answer = label
            least = distance
            of_count = samples_
    return convert(answer, uint64)


@internal
@view
def _predict(features: DynArray[uint256, samples.MAX_WORDS]) -> uint64:
    """
    @param features Packed.
    @return The label that the model gives them.
    """
    return self._nearest(dense._numbers(features, True))


@internal
def _update(features: DynArray[uint256, samples.MAX_WORDS], fits: bool, label: uint64):
    """
    @notice Takes a sample into the mean of its class.
    @param features Packed.
    @param fits Whether each number has room in its lane.
    @param label What they are said to be.
    """
    of: uint256 = convert(label, uint256)
    self._require_class(of)
    numbers: uint256[SIZE] = dense._numbers(features, fits)
    place: uint256 = unsafe_mul(of, ROWS)
    step: uint256 = 0
    if parameters.SHARED:
        layout: uint256 = clone._layout()
        known: uint256 = (layout >> clone_table.WORDS) & clone_table.WORDS_MASK
        begin: uint256 = clone_table.NOWHERE
        piece: Bytes[clone_table.PIECE] = b""
    for j: uint256 in range(SIZE):
        step = unsafe_add(step, numbers[j] << ((j & 3) << 6))
        if j & 3 == 3 or j == SIZE - 1:
            if parameters.SHARED:
                base: uint256 = dense.ZEROS
                if place < known:
                    at: uint256 = place << 5
                    if unsafe_sub(at, begin) > clone_table.LAST:
                        holder: address = empty(address)
                        start: uint256 = 0
                        holder, start, begin = clone_table._piece(at, layout)
                        piece = slice(holder.code, start, clone_table.PIECE)
                    base = convert(extract32(piece, unsafe_sub(at, begin)), uint256)
            else:
                base: uint256 = self._start(place)
            self._sums[place] = dense._moved(self._sums[place] ^ base, step) ^ base
            place = unsafe_add(place, 1)
            step = 0
    if self._count(of) != MOST:
        number: uint256 = unsafe_div(of, COUNTS)
        self._counts[number] = unsafe_add(self._counts[number], 1 << ((of % COUNTS) << 5))
