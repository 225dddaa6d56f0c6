# pragma version 0.4.3
"""
@title Clone
@license MIT
@notice What a contract knows that shares its code with others of its kind: the terms, the texts and the start of the
    model, which stand in its own code, behind the 45 bytes that hand every call on to the shared code.
@dev Specified in docs/mechanism.md#clones; decai.chain.clone_data writes it. Only with parameters.SHARED is any of
    it in use. `self.code` would be the shared code, so all reading goes by the address in a variable.

    From byte 45 on: what makes the address its own (32 bytes, from the factory), the terms, the layout, the numbers of
    the classifier (a word each), where the texts begin (2 bytes each, and where the last one ends), the texts, the
    words of the state, and, last of all, the base table or the addresses of the data contracts that hold it.
"""

import parameters
import refusals

HEADER: constant(uint256) = 45
TERMS: constant(uint256) = HEADER + 32
LAYOUT: constant(uint256) = HEADER + 64
DIRECTORY: constant(uint256) = HEADER + 128

# Of the layout, from the lowest bits on: bytes of the code, where the table begins, where the state does (16 each),
# words of the state, classes (16 each), and what base_table.vy and lanes.vy say.
TABLE: constant(uint256) = 16
STATE: constant(uint256) = 32
STATE_WORDS: constant(uint256) = 48
CLASSES: constant(uint256) = 64
PLACE_MASK: constant(uint256) = 2**16 - 1

# Of a text: name, description, encoder, and then the names of the classes.
LONGEST: constant(uint256) = parameters.LONGEST_TEXT
FIRST_CLASS: constant(uint256) = 3


@internal
@view
def _at(place: uint256) -> uint256:
    """
    @param place In the code of this contract.
    @return The 32 bytes that begin there.
    """
    here: address = self
    return convert(slice(here.code, place, 32), uint256)


@internal
@view
def _terms() -> uint256:
    """
    @return The terms: cost weight (84 bits), from bit 96 on the waits for a refund, the owner and anybody (32 each),
        and whether shares are by deposit.
    """
    return self._at(TERMS)


@internal
@view
def _settings() -> (uint256, uint256):
    """
    @return The layout, and the numbers of the classifier.
    """
    here: address = self
    return abi_decode(slice(here.code, LAYOUT, 64), (uint256, uint256))


@internal
@view
def _layout() -> uint256:
    """
    @return What is where.
    """
    return self._at(LAYOUT)


@internal
@view
def _numbers() -> uint256:
    """
    @return The numbers of the classifier.
    """
    return self._at(LAYOUT + 32)


@internal
@pure
def _num_state_words(layout: uint256) -> uint256:
    """
    @param layout Of the clone.
    @return How many words the classifier began with in storage.
    """
    return (layout >> STATE_WORDS) & PLACE_MASK


@internal
@view
def _state_word(i: uint256, layout: uint256) -> uint256:
    """
    @param i Below their number.
    @param layout Of the clone.
    @return A word that the classifier began with in storage.
    """
    return self._at(unsafe_add((layout >> STATE) & PLACE_MASK, i << 5))


@internal
@view
def _class_name(label: uint256) -> String[LONGEST]:
    """
    @param label Of a class that there was at deployment.
    @return Its name.
    """
    return self._text(unsafe_add(label, FIRST_CLASS))


@internal
@view
def _text(i: uint256) -> String[LONGEST]:
    """
    @param i Which text.
    @return The text.
    """
    here: address = self
    if self._layout() & PLACE_MASK != here.codesize:
        refusals._refuse("clone: this code is for clones alone")
    ends: uint256 = convert(slice(here.code, unsafe_add(DIRECTORY, i << 1), 4), uint256)
    begin: uint256 = ends >> 16
    size: uint256 = (ends & PLACE_MASK) - begin
    # There is a word behind each text at least.
    words: uint256[LONGEST // 32] = empty(uint256[LONGEST // 32])
    for at: uint256 in range(unsafe_add(size, 31) >> 5, bound=LONGEST // 32):
        words[at] = self._at(unsafe_add(begin, at << 5))
    return convert(slice(abi_encode(words), 0, size), String[LONGEST])
