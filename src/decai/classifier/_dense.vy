# pragma version 0.4.3
"""
@title Dense samples
@license MIT
@notice Vectors of unit norm in fixed point, and sums of them: lanes of 64 bits, four to a word, from the lowest bits
    on. A sum in its lane is raised by 2^63, so that it is never negative.
@dev Specified in docs/mechanism.md#vectors-on-a-chain; the twin of classifier/_dense.py.
"""

import parameters
import refusals
import samples

SIZE: constant(uint256) = parameters.MAX_FEATURES
ONE: constant(uint256) = 10**9
TOLERANCE: constant(uint256) = 100 * ONE

LANE: constant(uint256) = 64
LANE_MASK: constant(uint256) = 2**LANE - 1
ROWS: constant(uint256) = (SIZE + 3) // 4
ONES: constant(uint256) = max_value(uint256) // LANE_MASK
ZERO: constant(uint256) = 2**63
ZEROS: constant(uint256) = ZERO * ONES

# A sum stops at 2^(bits - 1) - 1 in size. Below 2^(bits - 2) one more number, of 32 bits, cannot bring it there.
LIMIT: constant(uint256) = 2**(parameters.SUM_BITS - 1) - 1
LOWEST: constant(uint256) = ZERO - LIMIT
HIGHEST: constant(uint256) = ZERO + LIMIT
SAFE: constant(uint256) = 2**(parameters.SUM_BITS - 2)
SAFE_LOWEST: constant(uint256) = (ZERO - SAFE) * ONES
UNSAFE_BITS: constant(uint256) = (2**LANE - 2 * SAFE) * ONES


@external
@pure
def norm(data: DynArray[int64, parameters.MAX_FEATURES]) -> uint256:
    """
    @param data A vector, fixed point.
    @return Its length, fixed point, rounded down.
    """
    squares: uint256 = 0
    for item: int64 in data:
        value: int256 = convert(item, int256)
        # At most 1,024 squares of 126 bits.
        squares = unsafe_add(squares, convert(unsafe_mul(value, value), uint256))
    return isqrt(squares)


@internal
@pure
def _numbers(features: DynArray[uint256, samples.MAX_WORDS], fits: bool) -> uint256[SIZE]:
    """
    @notice Takes a sample apart, and refuses it unless it is as long as it must be and has a norm of 1.
    @param features Packed.
    @param fits Whether each number has room in its lane.
    @return Its numbers, as two's complements.
    """
    word: uint256 = features[0]
    if word >> samples.TOP != SIZE:
        refusals._refuse(parameters.WRONG_SIZE)
    numbers: uint256[SIZE] = empty(uint256[SIZE])
    squares: uint256 = 0
    for j: uint256 in range(SIZE):
        if j & 7 == 7:
            word = features[unsafe_add(j, 1) >> 3]
        else:
            # The length comes before the first number.
            word = word << samples.LANE
        number: uint256 = unsafe_sub(word >> samples.TOP, samples.OFFSET)
        squares = unsafe_add(squares, unsafe_mul(number, number))
        numbers[j] = number
    if not fits or squares <= ONE * ONE - TOLERANCE or squares >= ONE * ONE + TOLERANCE:
        refusals._refuse(parameters.WRONG_NORM)
    return numbers


@internal
@pure
def _moved(sums: uint256, step: uint256) -> uint256:
    """
    @notice Adds four numbers to four sums, each of which stops at its limit.
    @param sums In their lanes.
    @param step The numbers, each times 2^(64 * lane), added up; below 2^31 in size.
    @return The new sums.
    """
    if unsafe_sub(sums, SAFE_LOWEST) & UNSAFE_BITS == 0:
        # No sum leaves its lane, so that all can be added at once.
        return unsafe_add(sums, step)
    moved: uint256 = 0
    left: uint256 = step
    for lane: uint256 in range(4):
        # What is left is a number, and 2^64 times what the lanes above gain.
        number: uint256 = unsafe_sub((left & LANE_MASK) ^ ZERO, ZERO)
        left = unsafe_sub(left, number) >> LANE
        # Raised by 2^64 once more, for it may be below 0.
        total: uint256 = unsafe_add(unsafe_add((sums >> unsafe_mul(lane, LANE)) & LANE_MASK, number), 2**LANE)
        total = unsafe_sub(min(max(total, 2**LANE + LOWEST), 2**LANE + HIGHEST), 2**LANE)
        moved |= total << unsafe_mul(lane, LANE)
    return moved
