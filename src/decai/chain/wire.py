"""What nodes answer, converted strictly: hexadecimal text to integers, bytes, addresses, receipts."""

import re
from collections.abc import Mapping
from typing import Any, Final

from decai.chain.address import checksummed
from decai.chain.base import Log, Mined
from decai.errors import ChainError
from decai.units import Address, Seconds, Wei

__all__ = [
    "address_of",
    "bytes_of",
    "call_of",
    "has_succeeded",
    "hash_of",
    "hex_of",
    "integer_of",
    "log_of",
    "mined_of",
    "object_of",
]

Json = Any

_QUANTITY: Final = re.compile(r"0x[0-9a-fA-F]{1,64}")
# A group would take a hundred times the memory of what it matches.
_DATA: Final = re.compile(r"0x[0-9a-fA-F]*")
_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_HASH: Final = re.compile(r"0x[0-9a-fA-F]{64}")


def integer_of(value: Json, what: str) -> int:
    """A quantity: hexadecimal text, or the number that some nodes give instead.

    Raises
    ------
    ChainError
        If it is neither; `what` says of what.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and _QUANTITY.fullmatch(value):
        return int(value, 16)
    raise _malformed(what)


def bytes_of(value: Json, what: str) -> bytes:
    """Data of any length; raises what `integer_of` does."""
    if isinstance(value, str) and len(value) % 2 == 0 and _DATA.fullmatch(value):
        return bytes.fromhex(value[2:])
    raise _malformed(what)


def hash_of(value: Json, what: str) -> bytes:
    """A hash of 32 bytes; raises what `integer_of` does."""
    if isinstance(value, str) and _HASH.fullmatch(value):
        return bytes.fromhex(value[2:])
    raise _malformed(what)


def address_of(value: Json, what: str) -> Address:
    """An address in its checksummed form; raises what `integer_of` does."""
    if isinstance(value, str) and _ADDRESS.fullmatch(value):
        return checksummed(value)
    raise _malformed(what)


def object_of(value: Json, what: str) -> Mapping[str, Json]:
    """An object with named parts; raises what `integer_of` does."""
    if isinstance(value, dict):
        return value
    raise _malformed(what)


def hex_of(value: int | bytes) -> str:
    """A quantity or data, as nodes want it.

    Examples
    --------
    >>> hex_of(10), hex_of(bytes(2))
    ('0xa', '0x0000')
    """
    return "0x" + value.hex() if isinstance(value, bytes) else hex(value)


def log_of(value: Json, time: Seconds) -> Log:
    """One log of a block with this time stamp; raises what `integer_of` does."""
    log = object_of(value, "a log")
    topics = log.get("topics")
    if not isinstance(topics, list):
        raise _malformed("the topics of a log")
    return Log(
        address=address_of(log.get("address"), "the address of a log"),
        topics=tuple(hash_of(topic, "a topic of a log") for topic in topics),
        data=bytes_of(log.get("data"), "the data of a log"),
        block=integer_of(log.get("blockNumber"), "the block of a log"),
        time=time,
        transaction=hash_of(log.get("transactionHash"), "the transaction of a log"),
        position=integer_of(log.get("logIndex"), "the position of a log"),
        block_hash=hash_of(log.get("blockHash"), "the block hash of a log"),
    )


def has_succeeded(receipt: Mapping[str, Json]) -> bool:
    """Whether a transaction was not reverted; raises what `integer_of` does."""
    return integer_of(receipt.get("status"), "the status of a receipt") == 1


def call_of(sent: Mapping[str, Json]) -> dict[str, str]:
    """A transaction that a node gave, as the fields of a call that does the same."""
    fields = {"from": "from", "to": "to", "data": "input", "gas": "gas", "value": "value"}
    return {field: str(sent[name]) for field, name in fields.items() if sent.get(name) is not None}


def mined_of(receipt: Mapping[str, Json], time: Seconds, refusal: str | None) -> Mined:
    """A receipt from a block with this time stamp; raises what `integer_of` does."""
    gas = integer_of(receipt.get("gasUsed"), "the gas of a receipt")
    # A receipt of before EIP-1559, and some of today's, do not tell the price.
    price = integer_of(receipt.get("effectiveGasPrice", 0), "the gas price of a receipt")
    # What a rollup asks besides, for its data on the chain below.
    extra = integer_of(receipt.get("l1Fee") or 0, "the data fee of a receipt")
    contract = receipt.get("contractAddress")
    logs = receipt.get("logs")
    if not isinstance(logs, list):
        raise _malformed("the logs of a receipt")
    return Mined(
        transaction=hash_of(receipt.get("transactionHash"), "the hash of a receipt"),
        block=integer_of(receipt.get("blockNumber"), "the block of a receipt"),
        time=time,
        gas=gas,
        fee=Wei(gas * price + extra),
        contract=None if contract is None else address_of(contract, "the contract of a receipt"),
        logs=tuple(log_of(log, time) for log in logs),
        refusal=refusal,
    )


def _malformed(what: str) -> ChainError:
    return ChainError(f"the node's answer makes no sense: {what} is missing or malformed")
