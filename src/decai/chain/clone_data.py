"""What is a clone's own: terms, numbers, texts and start, as bytes of its code that ``clone.vy`` reads.

Of a contract with code of its own these are values in ``parameters.vy`` and arguments of the constructor. A
clone's code is that of an implementation, which many share, so they have no place there: what stands in
``parameters.vy`` of an implementation in their place says nothing. Specified in ``docs/mechanism.md#clones``.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from decai.chain.data_contract import CODE_LIMIT
from decai.chain.parts import Constant
from decai.errors import InputError

__all__ = [
    "MOST_STATE_WORDS",
    "OWN_AT",
    "clone_data",
    "clone_size",
    "like_constants",
    "piece_bytes",
    "shared_constants",
]

OWN_AT: Final = 77
"""Where in the code of a clone what is its own begins, behind the proxy and the word of the factory."""
MOST_STATE_WORDS: Final = 512
_LONGEST_TEXT: Final = 1_024
_PIECE: Final = 2_048
_SMALL_PIECE: Final = 256
_LITTLE: Final = 32
_NARROW_LIMIT: Final = 2**15
"""How far a counter of 16 bits goes, whatever the learning rate."""

_ROOM: Final[Mapping[str, int]] = MappingProxyType(
    {
        **dict.fromkeys(("NAME_LENGTH", "DESCRIPTION_LENGTH", "ENCODER_LENGTH"), _LITTLE),
        "CLASS_LENGTH": _LONGEST_TEXT,
        "NUM_CLASSES": 2,
        "STATE_WORDS": 1,
        "MOST_STATE_WORDS": MOST_STATE_WORDS,
    }
)
"""The room that an implementation has for what its constructor is given, and for what clones tell."""
_NUMBERS: Final[Mapping[str, int | bool]] = MappingProxyType(
    {
        "START_WORDS": 1,
        "START_IN_CODE": True,
        **dict.fromkeys(("REFUND_WAIT", "COST_WEIGHT"), 0),
        # What `_phase` of stakeable.vy has in their place.
        "OWNER_WAIT": 1,
        "ANY_WAIT": 2,
        **dict.fromkeys(("BASE_ENTRIES", "BASE_KEY_BITS", "BASE_ROWS", "BASE_COUNT_BITS", "HASH_SEED"), 0),
        **dict.fromkeys(("BASE_VALUE_BITS", "BASE_ENTRY_BITS", "BASE_LANE_BITS"), 16),
        **dict.fromkeys(("BASE_WORDS", "BASE_GROUPS", "BASE_FEATURES"), 1),
        "BASES_HASHED": False,
        **dict.fromkeys(("INTERCEPT", "RAISED_INTERCEPT", "SCORE_OF_NOTHING"), 0),
        **dict.fromkeys(("LEARNING_RATE", "RATE", "SMOOTHING", "ALPHA", "VOCABULARY"), 1),
    }
)
"""What an implementation has in place of the numbers that its clones have in their own code."""

_TERMS: Final = (("COST_WEIGHT", 0), ("REFUND_WAIT", 96), ("OWNER_WAIT", 128), ("ANY_WAIT", 160))
_LAYOUT: Final = (
    ("BASE_WORDS", 80),
    ("BASE_ENTRIES", 104),
    ("BASE_VALUE_BITS", 136),
    ("BASE_KEY_BITS", 152),
    ("BASE_LANE_BITS", 168),
    ("BASE_ROWS", 176),
    ("BASE_GROUPS", 208),
)
"""From which bit on each is in its word."""
_IN_CONTRACTS: Final = 160
_NUM_HEADERS: Final = 3


def like_constants(constants: Mapping[str, Constant]) -> dict[str, Constant]:
    """A ``parameters.vy`` that contracts of a kind could have in common, if each had its code for itself.

    To compile them tells how large their code is, but for the base table, without compiling each.
    """
    return {name: Constant(kept.type, _in_place_of(name, kept)) for name, kept in constants.items()}


def shared_constants(constants: Mapping[str, Constant], piece: int) -> dict[str, Constant]:
    """The ``parameters.vy`` of the implementation for a model with these numbers.

    Parameters
    ----------
    constants
        What would be in it if the contract had code of its own.
    piece
        How many bytes of its base table a clone reads at once, `piece_bytes`.
    """
    alike = like_constants(constants)
    room = {name: Constant(alike[name].type, size) for name, size in _ROOM.items()}
    return alike | room | {"PIECE_BYTES": Constant("uint256", piece)}


def _in_place_of(name: str, kept: Constant) -> int | bool | str:
    if name == "BASE_FALLBACK":
        # Whether there is one; which, follows from the bits of a value.
        return int(kept.value != 0)
    if name == "COUNTER_LIMIT":
        # That of wide counters follows from the learning rate.
        return min(int(kept.value), _NARROW_LIMIT)
    return _NUMBERS.get(name, kept.value)


def piece_bytes(size: int) -> int:
    """How many bytes are best read at once of a clone, or of a table in data contracts, of this size."""
    return _PIECE if size >= _PIECE else _SMALL_PIECE


def clone_size(constants: Mapping[str, Constant], texts: Sequence[str], state: int, table: int) -> int:
    """How many bytes of code a clone has, or would have.

    Parameters
    ----------
    constants, texts
        As for `clone_data`.
    state, table
        How many words they are.
    """
    words = state + table + bool(constants["BASES_HASHED"].value)
    size = _directory_end(len(texts)) + sum(len(text.encode()) for text in texts) + 32 * words
    # No piece is longer than the code.
    return max(size, _SMALL_PIECE)


def _directory_end(texts: int) -> int:
    """Where so many texts begin."""
    return OWN_AT + 32 * _NUM_HEADERS + 2 * (texts + 1)


def clone_data(
    constants: Mapping[str, Constant],
    numbers: int,
    texts: Sequence[str],
    state: Sequence[int],
    table: Sequence[int],
) -> bytes:
    """What the code of a clone has from `OWN_AT` on.

    Parameters
    ----------
    constants
        What would be its ``parameters.vy`` if it had code of its own.
    numbers
        Of its classifier, in one word.
    texts
        Its name, description and encoder, and the names of its classes.
    state
        The words that the classifier begins with in storage.
    table
        Its base table, or the addresses of the data contracts that hold it.

    Raises
    ------
    InputError
        If it is larger than a chain takes.
    """
    if len(state) > MOST_STATE_WORDS:
        raise InputError(
            f"a clone begins with at most {MOST_STATE_WORDS} words of its classes, not {len(state)}"
        )
    size = clone_size(constants, texts, len(state), len(table))
    if size > CODE_LIMIT:
        raise InputError(f"the clone would have {size:,} bytes of code; at most {CODE_LIMIT:,} may be")
    encoded = [text.encode() for text in texts]
    begins, place = [], _directory_end(len(encoded))
    for text in [*encoded, b""]:
        begins.append(place.to_bytes(2, "big"))
        place += len(text)
    seed = [int(constants["HASH_SEED"].value)] if constants["BASES_HASHED"].value else []
    table_at = size - 32 * len(table)
    filling = table_at - 32 * len(seed) - 32 * len(state) - place
    terms = _packed(constants, _TERMS)
    layout = (
        size
        | table_at << 16
        | place << 32
        | len(state) << 48
        | (len(texts) - _NUM_HEADERS) << 64
        | (not constants["START_IN_CODE"].value) << _IN_CONTRACTS
        | _packed(constants, _LAYOUT)
    )
    words = (word.to_bytes(32, "big") for word in (terms, layout, numbers))
    return b"".join(
        [*words, *begins, *encoded, *_bytes_of(state), bytes(filling), *_bytes_of([*seed, *table])]
    )


def _packed(constants: Mapping[str, Constant], fields: Sequence[tuple[str, int]]) -> int:
    return sum(int(constants[name].value) << bit for name, bit in fields if name in constants)


def _bytes_of(words: Sequence[int]) -> list[bytes]:
    return [word.to_bytes(32, "big") for word in words]
