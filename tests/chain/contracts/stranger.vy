# pragma version 0.4.3
"""
@title Stranger
@license MIT
@notice Is no model, and answers a megabyte to the first thing that a client asks.
"""

# Numbers that are no text at all.
GARBAGE: constant(uint256) = 0
# A text of 2^60 bytes, of which a megabyte comes.
ENDLESS: constant(uint256) = 1
# A text of a megabyte.
MEGABYTE: constant(uint256) = 2
# A text that would do much to a terminal.
ESCAPES: constant(uint256) = 3
# Nothing, until all gas is gone.
FOREVER: constant(uint256) = 4

WORDS: constant(uint256) = 31_252
ESCAPED: constant(Bytes[14]) = b"decai 1: \x1b[2J\n"

manner: immutable(uint256)


@deploy
def __init__(how: uint256):
    """
    @param how It answers.
    """
    manner = how


@external
@view
def composition() -> uint256[WORDS]:
    """
    @return The words of what should be a text: where it begins, how long it is, and the text.
    """
    words: uint256[WORDS] = empty(uint256[WORDS])
    words[0] = 32
    if manner == GARBAGE:
        words[0] = max_value(uint256)
    elif manner == ENDLESS:
        words[1] = 2**60
    elif manner == MEGABYTE:
        words[1] = 1_000_000
    elif manner == ESCAPES:
        words[1] = len(ESCAPED)
        words[2] = convert(ESCAPED, uint256) << 144
    elif manner == FOREVER:
        for i: uint256 in range(2**60):
            words[1] = unsafe_add(words[1], i)
    return words


@external
@payable
def __default__():
    """
    @notice Refuses everything else.
    """
    raise
