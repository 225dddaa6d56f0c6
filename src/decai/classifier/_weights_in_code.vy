# pragma version 0.4.3
"""
@title Base weights in the contract's own code
@license MIT
@notice Fixed at deployment, packed; to read one costs next to nothing.
@dev From the lowest bits of each word. A weight w is kept as w + 2^(bits - 1), so that it is never negative.
"""

import parameters

BITS: constant(uint256) = parameters.WEIGHT_BITS
PER_WORD: constant(uint256) = 256 // BITS
MASK: constant(uint256) = 2**BITS - 1
ZERO: constant(uint256) = 2 ** (BITS - 1)

_words: immutable(uint256[parameters.START_WORDS])


@deploy
def __init__(words: uint256[parameters.START_WORDS]):
    """
    @param words The packed weights.
    """
    _words = words


@internal
@view
def _raised(index: uint256) -> uint256:
    """
    @param index Of a feature.
    @return Its base weight, fixed point, plus ZERO; ZERO alone for a feature without one.
    """
    if index >= parameters.NUM_WEIGHTS:
        return ZERO
    # The divisor is not 0, the remainder below PER_WORD.
    word: uint256 = _words[unsafe_div(index, PER_WORD)]
    return (word >> unsafe_mul(index % PER_WORD, BITS)) & MASK
