"""Headers of blocks: by their hashes one chain is told from another."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from decai.chain.jsonrpc import JsonRpc
from decai.chain.wire import hash_of, hex_of, integer_of, object_of
from decai.errors import ChainError
from decai.units import Seconds

__all__ = ["Header", "headers", "latest_header"]

_MOST: Final = 2**63 - 1


class Header(NamedTuple):
    """What matters of a block."""

    number: int
    hash: bytes
    parent: bytes
    """The hash of the block before."""
    time: Seconds


def latest_header(node: JsonRpc) -> Header:
    """Of the latest block.

    Raises
    ------
    ChainError
        If the node does not answer, or its answer makes no sense.
    """
    return _header(node.ask("eth_getBlockByNumber", "latest", False))


def headers(node: JsonRpc, numbers: Sequence[int]) -> list[Header | None]:
    """Of blocks by their numbers; None for one that the node does not have. Raises like `latest_header`."""
    answers = node.ask_many([("eth_getBlockByNumber", [hex_of(number), False]) for number in numbers])
    found = [None if answer is None else _header(answer) for answer in answers]
    for number, header in zip(numbers, found, strict=True):
        if header is not None and header.number != number:
            raise ChainError(f"the node's answer makes no sense: asked for block {number:,}, it gave another")
    return found


def _header(answer: Any) -> Header:
    block = object_of(answer, "a block")
    header = Header(
        integer_of(block.get("number"), "the number of a block"),
        hash_of(block.get("hash"), "the hash of a block"),
        hash_of(block.get("parentHash"), "the hash of the block before"),
        Seconds(integer_of(block.get("timestamp"), "the time of a block")),
    )
    if max(header.number, header.time) > _MOST:
        raise ChainError("the node's answer makes no sense: the number or the time of a block")
    return header
