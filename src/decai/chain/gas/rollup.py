"""What a transaction costs on a rollup of the OP Stack: execution there, and data on Ethereum.

The formula for data is that of the Fjord upgrade. It judges a transaction by how well FastLZ compresses it.
"""

from dataclasses import dataclass
from typing import Final

__all__ = ["DATA_COEFFICIENT", "DATA_INTERCEPT", "LEAST_SIZE", "RollupPrices", "compressed_size", "signed"]

DATA_INTERCEPT: Final = -42_585_600
DATA_COEFFICIENT: Final = 836_500
LEAST_SIZE: Final = 100_000_000
"""All three in millionths of a byte."""

_LEAST_MATCH: Final = 3
"""Bytes."""
_REACH: Final = 8_192
"""Bytes that a reference can go back; also the size of the table of what was seen."""
_LONGEST: Final = 262
"""Bytes of a match beyond its first two that one reference covers."""
_SHORT: Final = 6
"""A reference that covers fewer bytes after the third takes two bytes, any other three."""
_RUN: Final = 32
"""Literal bytes behind one byte that says how many."""
_NO_MATCH: Final = 14
"""Bytes at the end where no match begins."""
_TAIL: Final = 5
"""Bytes at the end that no match reaches."""
_HASH: Final = 2_654_435_769
_HASH_SHIFT: Final = 19
_CHAIN_ID: Final = 10
_KEY: Final = b"\1" * 32
_GWEI: Final = 10**9
_GAS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class RollupPrices:
    """What a rollup charges by.

    Examples
    --------
    A compressed size of 202 counts as ``836500 * 202 - 42585600 = 126387400`` millionths of a byte:

    >>> RollupPrices(1, 1000, 1000, base_fee_scalar=1000, blob_base_fee_scalar=1000).data_fee(202)
    2148
    """

    gas_price: int
    """Of execution, in wei."""
    base_fee: int
    """Of Ethereum, in wei."""
    blob_base_fee: int
    """Of Ethereum, in wei."""
    base_fee_scalar: int
    """In millionths, like the next one."""
    blob_base_fee_scalar: int

    def execution_fee(self, gas: int) -> int:
        """The wei for gas."""
        return gas * self.gas_price

    def data_fee(self, compressed: int) -> int:
        """The wei for the data of one transaction of this compressed size."""
        size = max(LEAST_SIZE, DATA_INTERCEPT + DATA_COEFFICIENT * compressed)
        per_byte = 16 * self.base_fee_scalar * self.base_fee + self.blob_base_fee_scalar * self.blob_base_fee
        return size * per_byte // 10**12


def signed(to: str | None, data: bytes, value: int) -> bytes:
    """A transaction as it would go out, signed by a key of nobody's; it is never sent.

    Parameters
    ----------
    to
        The contract, or None to deploy `data`.
    data
        Calldata.
    value
        In wei.
    """
    from eth_account import Account

    fields = {
        "type": 2,
        "chainId": _CHAIN_ID,
        "nonce": 7,
        "maxFeePerGas": _GWEI,
        "maxPriorityFeePerGas": _GWEI // 1_000,
        "gas": _GAS,
        "to": to or "",
        "value": value,
        "data": data,
    }
    return bytes(Account.sign_transaction(fields, _KEY).raw_transaction)


def compressed_size(data: bytes) -> int:
    """How many bytes FastLZ at its first level makes of these.

    Examples
    --------
    Three literals behind their count; and 1,000 equal bytes: two literals behind theirs, references to 993
    more in four times three bytes, and the last five behind their count.

    >>> compressed_size(b"abc"), compressed_size(bytes(1000))
    (4, 21)
    """
    size, literal, at = 0, 0, 2
    table = [0] * _REACH
    while at < len(data) - _NO_MATCH:
        found = _looked_up(table, data, at)
        if at - found >= _REACH or data[found : found + _LEAST_MATCH] != data[at : at + _LEAST_MATCH]:
            at += 1
            continue
        beyond = _equal_bytes(data, found + _LEAST_MATCH, at + _LEAST_MATCH)
        size += _literals(at - literal) + _references(beyond)
        # The last two positions of the match are remembered, the others are not.
        for last in (at + beyond + 1, at + beyond + 2):
            _looked_up(table, data, last)
        at = literal = at + beyond + _LEAST_MATCH
    return size + _literals(len(data) - literal)


def _looked_up(table: list[int], data: bytes, at: int) -> int:
    """Where the three bytes here, or others of the same hash, were seen last; now they are seen here."""
    word = int.from_bytes(data[at : at + _LEAST_MATCH], "little")
    slot = (word * _HASH % 2**32) >> _HASH_SHIFT
    found, table[slot] = table[slot], at
    return found


def _equal_bytes(data: bytes, earlier: int, later: int) -> int:
    """How many bytes are equal from two places on, but for the tail."""
    end = len(data) - _TAIL
    count = 0
    while later + count < end and data[earlier + count] == data[later + count]:
        count += 1
    return count


def _literals(count: int) -> int:
    """The bytes of so many literal ones."""
    return count + -(-count // _RUN)


def _references(beyond: int) -> int:
    """The bytes of references to a match with so many bytes after the third."""
    full, rest = divmod(beyond, _LONGEST)
    return 3 * full + (2 if rest < _SHORT else 3)
