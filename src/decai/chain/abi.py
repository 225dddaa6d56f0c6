"""Calls, answers and events of a shared model, as bytes.

The functions of the original framework's clients and ours beside them; ``trainer.vy`` and its parts say
what each does. A sample travels packed (``samples.vy``), in half the gas of a list of numbers.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from decai.errors import ChainError
from decai.protocols import Path
from decai.units import Address, Seconds

__all__ = [
    "EVENTS",
    "Event",
    "answer",
    "call_data",
    "decode_event",
    "key_of",
    "path_of",
    "selector",
    "topic",
]


_NO_TEXT: Final = re.compile("[\\udc80-\\udcff]")


class Event(NamedTuple):
    """An event of a contract: its name and its values by name."""

    name: str
    values: dict[str, Any]


EVENTS: Final = {
    "AddData": (
        ("d", "int64[]", 0),
        ("c", "uint64", 0),
        ("t", "uint256", 0),
        ("sender", "address", 1),
        ("cost", "uint256", 0),
    ),
    "AddDataPacked": (
        ("d", "uint256[]", 0),
        ("c", "uint64", 0),
        ("t", "uint256", 0),
        ("sender", "address", 1),
        ("cost", "uint256", 0),
    ),
    "Claimed": (
        ("key", "bytes32", 1),
        ("claimer", "address", 1),
        ("path", "uint8", 0),
        ("amount", "uint256", 0),
    ),
    "Refund": (("recipient", "address", 0), ("amount", "uint256", 0)),
    "Report": (("recipient", "address", 0), ("amount", "uint256", 0)),
    "OwnershipTransferred": (("previousOwner", "address", 1), ("newOwner", "address", 1)),
    "Credited": (("recipient", "address", 1), ("amount", "uint256", 0)),
    "Withdrawn": (("account", "address", 1), ("recipient", "address", 1), ("amount", "uint256", 0)),
    "FeatureIndicesAdded": (("indices", "uint32[]", 0),),
    "AddClass": (("name", "string", 0), ("index", "uint256", 0)),
    "ClassStart": (("index", "uint256", 1), ("samples", "uint256", 0), ("values", "uint256[]", 0)),
}
"""The events of a model: names, types, and which values are topics."""


@lru_cache(maxsize=256)
def selector(signature: str) -> bytes:
    """The four bytes that a call of ``name(type,...)`` begins with."""
    return _keccak(signature.encode())[:4]


@lru_cache(maxsize=64)
def topic(name: str) -> bytes:
    """What marks an event of `EVENTS`."""
    return _keccak(f"{name}({','.join(kind for _, kind, _ in EVENTS[name])})".encode())


def call_data(signature: str, *arguments: Any) -> bytes:
    """A call of ``name(type,...)`` with these arguments.

    Examples
    --------
    >>> call_data("costWeight()").hex(), call_data("weights(uint64)", 3).hex()[-2:]
    ('a85ed4c8', '03')
    """
    from eth_abi.abi import encode

    types = _types(signature)
    return selector(signature) + (encode(types, arguments) if types else b"")


def answer(kinds: str, data: bytes) -> Any:
    """What a call has returned: one value, or a tuple of several.

    Raises
    ------
    ChainError
        If it is not of these kinds, as when there is another contract.
    """
    if kinds == "uint256[]" and (words := _plain_words(data)) is not None:
        return words
    if kinds == "string" and (content := _plain_content(data)) is not None:
        return _text(content)
    from eth_abi.exceptions import DecodingError

    try:
        values = _decoded(_types(f"({kinds})"), data)
    except (DecodingError, OverflowError, ValueError):
        raise ChainError("the contract's answer makes no sense; it is no decai model") from None
    return values[0] if len(values) == 1 else values


def _decoded(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """As the codec of everything; contracts take any bytes for a text, so it is read whatever they are."""
    from eth_abi.abi import decode

    values = decode(["bytes" if kind == "string" else kind for kind in types], data)
    return tuple(
        _text(value) if kind == "string" else value for kind, value in zip(types, values, strict=True)
    )


def _text(content: bytes) -> str:
    """A text in UTF-8, with a question mark for each byte that is none: so it is no longer than its bytes."""
    return _NO_TEXT.sub("?", content.decode("utf-8", "surrogateescape"))


def _plain_words(data: bytes) -> tuple[int, ...] | None:
    """A list of words, read far faster than by a codec of everything; None if it is laid out otherwise."""
    count = int.from_bytes(data[32:64], "big")
    if int.from_bytes(data[:32], "big") != 32 or len(data) != 64 + 32 * count:
        return None
    return tuple([int.from_bytes(data[at : at + 32], "big") for at in range(64, len(data), 32)])


def _plain_content(data: bytes) -> bytes | None:
    """The bytes of a text, as quickly; None if it is laid out otherwise."""
    size = int.from_bytes(data[32:64], "big")
    if int.from_bytes(data[:32], "big") != 32 or len(data) != 64 + -(-size // 32) * 32:
        return None
    content, padding = data[64 : 64 + size], data[64 + size :]
    return None if any(padding) else content


def decode_event(topics: Sequence[bytes], data: bytes) -> Event | None:
    """One of `EVENTS`, or None for any other; `ChainError` if the log is none of the kind that it says."""
    from eth_abi.exceptions import DecodingError
    from eth_utils.address import to_checksum_address

    name = _names().get(bytes(topics[0])) if topics else None
    if name is None:
        return None
    shape = EVENTS[name]
    indexed = [(key, kind) for key, kind, is_topic in shape if is_topic]
    plain = [(key, kind) for key, kind, is_topic in shape if not is_topic]
    try:
        values = dict(
            zip((key for key, _ in plain), _decoded([kind for _, kind in plain], data), strict=True)
        )
        for (key, kind), word in zip(indexed, topics[1:], strict=True):
            values[key] = _decoded([kind], word)[0]
    except (DecodingError, OverflowError, ValueError):
        raise ChainError(f"the event {name} of this contract makes no sense; it is no decai model") from None
    for key, kind, _ in shape:
        if kind == "address":
            values[key] = Address(to_checksum_address(values[key]))
    return Event(name, values)


def path_of(event: Event) -> Path:
    """On which path a claim was made that an event tells of; `ChainError` if there is no such path."""
    number = event.values["path"]
    try:
        return Path(number)
    except ValueError:
        raise ChainError(f"a contract tells of a claim on path {number}, which there is not") from None


def key_of(words: Sequence[int], label: int, added: Seconds, author: Address) -> bytes:
    """What a contribution is known by, ``data_handler.vy``."""
    from eth_abi.abi import encode

    return _keccak(encode(["uint256[]", "uint64", "uint256", "address"], [words, label, added, author]))


@lru_cache(maxsize=256)
def _types(signature: str) -> list[str]:
    inner = signature[signature.index("(") + 1 : -1]
    types, depth, begin = [], 0, 0
    for at, sign in enumerate(inner):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and not depth:
            types.append(inner[begin:at])
            begin = at + 1
    return [*types, inner[begin:]] if inner else []


@lru_cache(maxsize=1)
def _names() -> dict[bytes, str]:
    return {topic(name): name for name in EVENTS}


def _keccak(data: bytes) -> bytes:
    from eth_utils.crypto import keccak

    return keccak(data)
