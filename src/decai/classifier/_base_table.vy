# pragma version 0.4.3
"""
@title Base table
@license MIT
@notice What a model was deployed with: values that never change, packed into words, in the contract's own code
    where they fit, and else in data contracts, whose code is a STOP byte and up to 767 words.
@dev Specified in docs/mechanism.md#base-tables-on-a-chain; decai.chain.base_table packs them. A value has
    BASE_VALUE_BITS; a key that the table does not know has the value BASE_FALLBACK.

    A contract that shares its code has both in its own (clone_table.vy).

    Listed: key j is entry j, from the lowest bits of each word on. Hashed, for few keys far apart: an entry
    is a key and, above it, its value, in one of the two words that `_value` looks into. What is left over in
    a word repeats an entry of the table, so that whatever is found is right.
"""

import clone
import clone_table
import parameters

FALLBACK: constant(uint256) = parameters.BASE_FALLBACK
BITS: constant(uint256) = parameters.BASE_ENTRY_BITS
PER_WORD: constant(uint256) = 256 // BITS
# Values may be of 256 bits.
MASK: constant(uint256) = 2 * (2 ** (parameters.BASE_VALUE_BITS - 1) - 1) + 1
KEY_BITS: constant(uint256) = parameters.BASE_KEY_BITS
KEY_MASK: constant(uint256) = 2**KEY_BITS - 1
LOW: constant(uint256) = 2**32 - 1
WORDS_IN_CONTRACT: constant(uint256) = 767
PAGE: constant(uint256) = 256

if not parameters.SHARED:
    # Each reading of a data contract costs more than what is read, so the table is read in pieces.
    PIECE: constant(uint256) = parameters.PIECE_BYTES
    WORDS_IN_PIECE: constant(uint256) = PIECE // 32
    # So that the first piece is read, whatever is asked for.
    NOWHERE: constant(uint256) = 2**255
    # The words, or the addresses of the contracts that hold them.
    words: immutable(uint256[parameters.START_WORDS])


@deploy
def __init__(start: uint256[parameters.START_WORDS]):
    """
    @notice Keeps the values for good.
    @param start The packed values, or the addresses of the data contracts that hold them.
    """
    if parameters.SHARED:
        pass
    else:
        words = start


@external
@view
def numBaseEntries() -> uint256:
    """
    @return How many entries there are: if listed, of the keys below this one.
    """
    if parameters.SHARED:
        return (clone._layout() >> clone_table.ENTRIES) & clone_table.LOW
    return parameters.BASE_ENTRIES


@external
@view
def baseValueBits() -> uint256:
    """
    @return The bits of a value in a base word.
    """
    if parameters.SHARED:
        return (clone._layout() >> clone_table.VALUE_BITS) & clone_table.BITS_MASK
    return parameters.BASE_VALUE_BITS


@external
@view
def baseKeyBits() -> uint256:
    """
    @return The bits of the key below each value of a hash table; 0 if the values are listed.
    """
    if parameters.SHARED:
        return (clone._layout() >> clone_table.KEYS) & clone_table.KEYS_MASK
    return unsafe_sub(BITS, parameters.BASE_VALUE_BITS)


@external
@view
def numBaseWords() -> uint256:
    """
    @return How many base words there are.
    """
    if parameters.SHARED:
        return (clone._layout() >> clone_table.WORDS) & clone_table.WORDS_MASK
    return parameters.BASE_WORDS


@external
@view
def dataContract(i: uint256) -> address:
    """
    @param i The number of a data contract, from 0 on.
    @return Where it is; the zero address if there is none.
    """
    if parameters.SHARED:
        return clone_table._data_contract(i, clone._layout())
    if parameters.START_IN_CODE or i >= parameters.START_WORDS:
        return empty(address)
    return convert(words[i], address)


@external
@view
def baseWords(first: uint256, count: uint256) -> DynArray[uint256, PAGE]:
    """
    @notice A page of the base table as it is kept.
    @param first From which word on.
    @param count How many words, at most 256.
    @return The words.
    """
    page: DynArray[uint256, PAGE] = []
    for i: uint256 in range(count, bound=PAGE):
        page.append(self._word(first + i))
    return page


@internal
@view
def _value(key: uint256) -> uint256:
    """
    @param key Below 2 to the power of the key bits.
    @return Its value.
    """
    if parameters.SHARED:
        layout: uint256 = clone._layout()
        return clone_table._value(key, layout, clone_table._seed(layout))
    if parameters.BASES_HASHED:
        # Two words that follow from independent parts of a product; no sum or product of these parts wraps.
        product: uint256 = unsafe_mul(unsafe_add(key, 1), parameters.HASH_SEED)
        places: uint256[2] = [product >> 224, (product >> 96) & LOW]
        for place: uint256 in places:
            word: uint256 = self._word(unsafe_mul(place, parameters.BASE_WORDS) >> 32)
            for _: uint256 in range(PER_WORD):
                if word & KEY_MASK == key:
                    return (word >> KEY_BITS) & MASK
                word = word >> BITS
        return FALLBACK
    if key >= parameters.BASE_ENTRIES:
        return FALLBACK
    # The remainder is below PER_WORD.
    return (self._word(unsafe_div(key, PER_WORD)) >> unsafe_mul(key % PER_WORD, BITS)) & MASK


@internal
@view
def _word(at: uint256) -> uint256:
    """
    @param at Which word, below their number.
    @return The word, from the code or from a data contract.
    """
    if parameters.SHARED:
        return clone_table._word(at, clone._layout())
    if parameters.START_IN_CODE:
        return words[at]
    holder: address = convert(words[unsafe_div(at, WORDS_IN_CONTRACT)], address)
    # Behind the STOP byte.
    start: uint256 = unsafe_add(unsafe_mul(at % WORDS_IN_CONTRACT, 32), 1)
    return convert(slice(holder.code, start, 32), uint256)


@internal
@view
def _piece(at: uint256) -> (address, uint256, uint256):
    """
    @notice Where to read a piece of a table in data contracts. It begins with the word that is asked for, if as
        many follow in the same contract.
    @param at Which word, below their number.
    @return Whose code it is in, where in that code, and which word of the table it begins with.
    """
    assert not parameters.SHARED
    number: uint256 = unsafe_div(at, WORDS_IN_CONTRACT)
    skipped: uint256 = unsafe_mul(number, WORDS_IN_CONTRACT)
    size: uint256 = min(WORDS_IN_CONTRACT, unsafe_sub(parameters.BASE_WORDS, skipped))
    begin: uint256 = min(unsafe_sub(at, skipped), unsafe_sub(size, WORDS_IN_PIECE))
    # Behind the STOP byte.
    return convert(words[number], address), unsafe_add(begin << 5, 1), unsafe_add(skipped, begin)
