"""The base table of a contract, and the data contracts that may hold it."""

from collections.abc import Collection
from typing import Final

from decai.chain.base import Reader
from decai.chain.base_table import BaseTable
from decai.chain.kinds.base import MOST_TABLE_WORDS
from decai.chain.kinds.lanes import LANES, LaneBases, Lanes, unpack_lanes
from decai.chain.kinds.reading import read_range
from decai.chain.model import ModelInfo
from decai.chain.model import read_state as read
from decai.errors import ChainError
from decai.units import Address

__all__ = ["read_data_contracts", "read_lanes", "read_start_words", "read_table"]

_MOST_CONTRACTS: Final = 256
"""More data contracts no contract has; one that says so lies."""


def read_table(
    chain: Reader, info: ModelInfo, *, most_value_bits: int, key_bits: Collection[int]
) -> BaseTable:
    """What a model was deployed with.

    Parameters
    ----------
    chain, info
        Of the model.
    most_value_bits, key_bits
        Widths that a contract of its kind can have.

    Raises
    ------
    ChainError
        If the contract's answers make no sense, or there are none.
    """
    address = info.address
    value, key, entries, size = (
        read(chain, address, f"{view}()", "uint256")
        for view in ("baseValueBits", "baseKeyBits", "numBaseEntries", "numBaseWords")
    )
    if not 1 <= value <= most_value_bits or key not in key_bits or not 1 <= size <= MOST_TABLE_WORDS:
        raise ChainError(f"{address}: the contract describes a base table that no model has")
    if entries > size * (256 // (value + key)):
        raise ChainError(f"{address}: the contract says {entries:,} base values and has no room for them")
    return BaseTable(read_range(chain, address, "baseWords", size), entries, value, key)


def read_data_contracts(chain: Reader, address: Address) -> list[Address]:
    """Where the data contracts are that hold what a model started from; none if its own code does.

    Raises
    ------
    ChainError
        If it is no decai model, or there is no answer.
    """
    from eth_utils.address import to_checksum_address

    found: list[Address] = []
    while int(where := read(chain, address, "dataContract(uint256)", "address", len(found)), 16):
        found.append(Address(to_checksum_address(where)))
        if len(found) > _MOST_CONTRACTS:
            raise ChainError(
                f"{address}: the contract says that it has more than {_MOST_CONTRACTS} data contracts"
            )
    return found


def read_lanes(
    chain: Reader, info: ModelInfo, classes: int, most_bits: int
) -> tuple[Lanes, list[dict[int, int]]]:
    """How classes share words, and what the features of the first classes were deployed with.

    Parameters
    ----------
    chain, info
        Of the model.
    classes
        How many it was deployed with.
    most_bits
        Of a number for a class, that a contract of its kind can have.

    Raises
    ------
    ChainError
        If the contract's answers make no sense, or there are none.
    """
    address = info.address
    lanes, bits, rows = (
        read(chain, address, f"{view}()", "uint256") for view in ("classLanes", "baseLaneBits", "baseRows")
    )
    index_bits = info.form.lane_bits
    if lanes not in LANES or not 1 <= bits <= most_bits:
        raise ChainError(
            f"{address}: the contract says that {lanes} classes share words of {bits}-bit numbers"
        )
    groups = -(-classes // lanes)
    key_bits = index_bits + (groups - 1).bit_length()
    table = read_table(chain, info, most_value_bits=lanes * bits, key_bits=(0, key_bits))
    bases = LaneBases(table, lanes, bits, rows, groups)
    return Lanes(lanes), unpack_lanes(bases, classes, index_bits)


def read_start_words(chain: Reader, info: ModelInfo, shift: int) -> tuple[int, list[int]]:
    """How many classes a model was deployed with, and the words of them that it began with.

    Parameters
    ----------
    chain, info
        Of the model.
    shift
        Above which bit of the first word their number is.

    Raises
    ------
    ChainError
        If the contract's answers make no sense, or there are none.
    """
    words = list(read(chain, info.address, "startWords()", "uint256[]"))
    number = words[0] >> shift if words else 0
    if not 2 <= number <= len(info.classes):
        raise ChainError(f"{info.address}: the contract says that it was deployed with {number:,} classes")
    return number, words
