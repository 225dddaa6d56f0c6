"""Calls, answers and events as bytes: the contract ABI once more, in plain Python and quick.

Comparing twins says the same few things a million times, for which a codec of all types takes too long; and
whatever our client says of an event or an answer is held to a second reading here.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from decai.chain.abi import EVENTS, Event, selector, topic
from decai.chain.base import Chain
from decai.units import Address

__all__ = ["call_bytes", "class_names", "decoded", "encoded", "event_bytes", "read"]

WORD: Final = 32
SIZE: Final = 2**256


def call_bytes(signature: str, *arguments: Any) -> bytes:
    """A call of ``name(type,...)`` with these arguments.

    Examples
    --------
    >>> call_bytes("weights(uint64)", 3).hex()[-8:], len(call_bytes("norm(int64[])", [1, -1]))
    ('00000003', 132)
    """
    return selector(signature) + encoded(kinds_of(signature[signature.index("(") :]), arguments)


def read(chain: Chain, address: Address, signature: str, kinds: str, *arguments: Any) -> Any:
    """One view of a contract; raises what `Chain.call` does."""
    return decoded(kinds, chain.call(address, call_bytes(signature, *arguments)))


def class_names(chain: Chain, address: Address) -> tuple[str, ...]:
    """The names of a model's classes."""
    count = read(chain, address, "getNumClassifications()", "uint256")
    return tuple(read(chain, address, "classifications(uint256)", "string", n) for n in range(count))


def encoded(kinds: Sequence[str], values: Sequence[Any]) -> bytes:
    """Values of these types: fixed ones in place, and for the others where they are further behind.

    Raises
    ------
    OverflowError
        If a number does not fit its type.
    """
    head, tail = b"", b""
    behind = WORD * len(kinds)
    for kind, value in zip(kinds, values, strict=True):
        if _is_fixed(kind):
            head += _fixed(kind, value)
        else:
            head += (behind + len(tail)).to_bytes(WORD, "big")
            tail += _behind(kind, value)
    return head + tail


def decoded(kinds: str, data: bytes) -> Any:
    """What a call has returned: a text, a list of numbers, or one or several numbers, truths and addresses.

    Examples
    --------
    >>> decoded("int64", (-5 % 2**256).to_bytes(32, "big"))
    -5
    """
    if kinds.endswith("[]"):
        number = int.from_bytes(data[WORD : 2 * WORD], "big")
        assert data[:WORD] == WORD.to_bytes(WORD, "big")
        assert len(data) == (2 + number) * WORD
        return tuple(_number(kinds[:-2], data, at) for at in range(2 * WORD, len(data), WORD))
    if kinds == "string":
        number = int.from_bytes(data[WORD : 2 * WORD], "big")
        assert len(data) == 2 * WORD + number + -number % WORD
        return data[2 * WORD : 2 * WORD + number].decode()
    listed = kinds.split(",")
    assert len(data) == WORD * len(listed)
    values = tuple(_number(kind, data, WORD * place) for place, kind in enumerate(listed))
    return values[0] if len(values) == 1 else values


def event_bytes(event: Event) -> tuple[tuple[bytes, ...], bytes]:
    """The topics and the data of an event."""
    shape = EVENTS[event.name]
    topics = [_fixed(kind, event.values[key]) for key, kind, is_topic in shape if is_topic]
    rest = [(kind, event.values[key]) for key, kind, is_topic in shape if not is_topic]
    assert len(event.values) == len(shape)
    return (topic(event.name), *topics), encoded([kind for kind, _ in rest], [value for _, value in rest])


@lru_cache(maxsize=256)
def kinds_of(listed: str) -> tuple[str, ...]:
    """The types in ``(type,...)``."""
    kinds, depth, begin = [], 0, 1
    for at, sign in enumerate(listed):
        depth += (sign == "(") - (sign == ")")
        if (sign == "," and depth == 1) or (sign == ")" and not depth):
            kinds.append(listed[begin:at])
            begin = at + 1
    return tuple(filter(None, kinds))


def _is_fixed(kind: str) -> bool:
    """Whether it is one word; each tuple of our calls has a list in it."""
    return not kind.endswith(("[]", ")")) and kind != "string"


def _fixed(kind: str, value: Any) -> bytes:
    if kind == "bytes32":
        assert len(value) == WORD
        return bytes(value)
    if kind == "address":
        return int(value, 16).to_bytes(WORD, "big")
    low, high = _range(kind)
    if not low <= value < high:
        raise OverflowError(f"{value} is no {kind}")
    return (int(value) % SIZE).to_bytes(WORD, "big")


def _behind(kind: str, value: Any) -> bytes:
    if kind == "string":
        data: bytes = value.encode()
        return len(data).to_bytes(WORD, "big") + data + bytes(-len(data) % WORD)
    if kind.endswith("[]"):
        return len(value).to_bytes(WORD, "big") + _items(kind[:-2], value)
    return encoded(kinds_of(kind), value)


def _items(kind: str, values: Sequence[Any]) -> bytes:
    if not values or kind == "address" or kind == "bytes32" or not _is_fixed(kind):
        return encoded([kind] * len(values), values)
    low, high = _range(kind)
    if not (low <= min(values) and max(values) < high):
        raise OverflowError(f"a list of {kind} with {min(values)} or {max(values)} in it")
    return b"".join([(int(value) % SIZE).to_bytes(WORD, "big") for value in values])


@lru_cache(maxsize=64)
def _range(kind: str) -> tuple[int, int]:
    if kind == "bool":
        return 0, 2
    if kind.startswith("uint"):
        return 0, 1 << int(kind[4:])
    bits = int(kind.removeprefix("int"))
    return -(1 << bits - 1), 1 << bits - 1


def _number(kind: str, data: bytes, at: int) -> Any:
    number = int.from_bytes(data[at : at + WORD], "big")
    if kind == "address":
        assert number < 1 << 160
        return f"0x{number:040x}"
    low, high = _range(kind)
    if low and number >= SIZE // 2:
        number -= SIZE
    assert low <= number < high
    return bool(number) if kind == "bool" else number
