"""The base table of a contract, and the data contracts that may hold it."""

from collections.abc import Collection
from typing import Final

from decai.chain.base import Reader
from decai.chain.base_table import BaseTable
from decai.chain.kinds.base import MOST_TABLE_WORDS
from decai.chain.kinds.reading import read_range
from decai.chain.model import ModelInfo, read
from decai.errors import ChainError
from decai.units import Address

__all__ = ["read_data_contracts", "read_table"]

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
