# pragma version 0.4.3
"""
@title Base table of a clone
@license MIT
@notice What base_table.vy is, for a contract that shares its code: the table and what it looks like stand in the
    contract's own code.
@dev Specified in docs/mechanism.md#clones. Each reading of code costs more than what is read, so samples are
    looked up in pieces of the table.
"""

import clone
import parameters

WORDS_IN_CONTRACT: constant(uint256) = 767
# A data contract of this many bytes is full.
FULL: constant(uint256) = 32 * WORDS_IN_CONTRACT + 1
LOW: constant(uint256) = 2**32 - 1
BIT: constant(uint256) = 1

# Of the layout: words of the table (24 bits), entries (32), bits of a value (16) and of a key (8), and whether data
# contracts hold it.
WORDS: constant(uint256) = 80
ENTRIES: constant(uint256) = 104
VALUE_BITS: constant(uint256) = 136
KEYS: constant(uint256) = 152
IN_CONTRACTS: constant(uint256) = 160
WORDS_MASK: constant(uint256) = 2**24 - 1
BITS_MASK: constant(uint256) = 2**16 - 1
KEYS_MASK: constant(uint256) = 2**8 - 1

PIECE: constant(uint256) = parameters.PIECE_BYTES
# A word that begins no further behind the beginning of a piece is in it.
LAST: constant(uint256) = PIECE - 32
# So that the first one is read.
NOWHERE: constant(uint256) = 2**255
# Whether values are raised by half of their range.
RAISED: constant(uint256) = parameters.BASE_FALLBACK


@internal
@view
def _data_contract(number: uint256, layout: uint256) -> address:
    """
    @param number Of a data contract.
    @param layout Of the clone.
    @return Where it is; the zero address if there is none.
    """
    if (layout >> IN_CONTRACTS) & 1 == 0 or number * WORDS_IN_CONTRACT >= ((layout >> WORDS) & WORDS_MASK):
        return empty(address)
    return self._holder(number, layout)


@internal
@view
def _holder(number: uint256, layout: uint256) -> address:
    """
    @param number Of a data contract that there is.
    @param layout Of a clone with data contracts.
    @return Where it is.
    """
    return convert(convert(clone._at(unsafe_add((layout >> clone.TABLE) & clone.PLACE_MASK, number << 5)), uint160), address)


@internal
@pure
def _listed(layout: uint256) -> uint256:
    """
    @param layout Of a clone.
    @return How many keys its table lists: those below this one; 0 if they are hashed.
    """
    if (layout >> KEYS) & KEYS_MASK != 0:
        return 0
    return (layout >> ENTRIES) & LOW


@internal
@view
def _seed(layout: uint256) -> uint256:
    """
    @param layout Of a clone.
    @return What the places in its table follow from, if it is hashed.
    """
    if (layout >> KEYS) & KEYS_MASK == 0:
        return 0
    return clone._at(unsafe_sub((layout >> clone.TABLE) & clone.PLACE_MASK, 32))


@internal
@view
def _value(key: uint256, layout: uint256, seed: uint256) -> uint256:
    """
    @param key Below 2 to the power of the key bits.
    @param layout Of the clone.
    @param seed Of its table.
    @return Its value.
    """
    bits: uint256 = (layout >> VALUE_BITS) & BITS_MASK
    key_bits: uint256 = (layout >> KEYS) & KEYS_MASK
    mask: uint256 = unsafe_sub(BIT << bits, 1)
    per_word: uint256 = unsafe_div(256, unsafe_add(bits, key_bits))
    if key < self._listed(layout):
        word: uint256 = self._word(unsafe_div(key, per_word), layout)
        return (word >> unsafe_mul(key % per_word, bits)) & mask
    if key_bits != 0:
        # As in base_table.vy.
        product: uint256 = unsafe_mul(unsafe_add(key, 1), seed)
        places: uint256[2] = [product >> 224, (product >> 96) & LOW]
        for place: uint256 in places:
            word: uint256 = self._word(unsafe_mul(place, ((layout >> WORDS) & WORDS_MASK)) >> 32, layout)
            for _: uint256 in range(per_word, bound=16):
                if word & unsafe_sub(BIT << key_bits, 1) == key:
                    return (word >> key_bits) & mask
                word = word >> unsafe_add(bits, key_bits)
    return RAISED << unsafe_sub(bits, 1)


@internal
@view
def _word(at: uint256, layout: uint256) -> uint256:
    """
    @param at Which word, below their number.
    @param layout Of the clone.
    @return The word, from its code or from a data contract.
    """
    if (layout >> IN_CONTRACTS) & 1 == 0:
        return clone._at(unsafe_add((layout >> clone.TABLE) & clone.PLACE_MASK, at << 5))
    holder: address = self._holder(unsafe_div(at, WORDS_IN_CONTRACT), layout)
    return convert(slice(holder.code, unsafe_add((at % WORDS_IN_CONTRACT) << 5, 1), 32), uint256)


@internal
@view
def _piece(at: uint256, layout: uint256) -> (address, uint256, uint256):
    """
    @notice Where to read a piece of the table. It begins with the byte that is asked for, if as many follow.
    @param at A byte of the table, where a word begins.
    @param layout Of the clone.
    @return Whose code it is in, where in that code, and with which byte of the table it begins, modulo 2^256.
    """
    table: uint256 = (layout >> clone.TABLE) & clone.PLACE_MASK
    if (layout >> IN_CONTRACTS) & 1 == 0:
        # The table is the end of the code.
        place: uint256 = min(unsafe_add(table, at), unsafe_sub(layout & clone.PLACE_MASK, PIECE))
        return self, place, unsafe_sub(place, table)
    number: uint256 = unsafe_div(at, FULL - 1)
    skipped: uint256 = unsafe_mul(number, FULL - 1)
    # The last one is filled up to a piece.
    size: uint256 = min(FULL, max(PIECE, unsafe_sub(unsafe_add(((layout >> WORDS) & WORDS_MASK) << 5, 1), skipped)))
    place: uint256 = min(unsafe_sub(unsafe_add(at, 1), skipped), unsafe_sub(size, PIECE))
    return self._holder(number, layout), place, unsafe_sub(unsafe_add(place, skipped), 1)
