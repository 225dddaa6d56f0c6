"""Reading the events of contracts in pieces that nodes are willing to give."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from decai.chain.base import Log
from decai.chain.jsonrpc import METHOD_NOT_FOUND, JsonRpc, NoAnswer, RpcError
from decai.chain.wire import hash_of, hex_of, integer_of, log_of, object_of
from decai.errors import ChainError
from decai.units import Address, Seconds

__all__ = ["LogReader"]

Json = Any

_FIRST_SPAN: Final = 10_000
_AT_ONCE: Final = 100
"""Contracts that are asked for in one request."""
_GROW_AFTER: Final = 50
"""Pieces that a node has to give after it refused one, before it is asked for a larger one."""
_MAX_TIMES: Final = 200_000


class LogReader:
    """Events of a chain, and the times of its blocks.

    What a node gives at once is found out by trying: nodes limit blocks, events or bytes, and each says
    so in its own way.
    """

    def __init__(self, node: JsonRpc) -> None:
        self._node = node
        self._span = _FIRST_SPAN
        self._given = _GROW_AFTER
        """Pieces since the last refusal."""
        self._times: dict[str, Seconds] = {}

    def read(self, address: Address, first_block: int, last_block: int) -> Iterator[Log]:
        """All events of a contract in these blocks (inclusive), in order.

        Raises
        ------
        ChainError
            If the node does not give them.
        """
        for _, logs in self.pieces([address], first_block, last_block):
            yield from logs

    def pieces(
        self,
        addresses: Sequence[Address],
        first_block: int,
        last_block: int,
        topics: Sequence[bytes] = (),
    ) -> Iterator[tuple[int, list[Log]]]:
        """The events of many contracts in these blocks (inclusive), piece by piece.

        Parameters
        ----------
        addresses
            Of the contracts.
        first_block, last_block
            From where to where.
        topics
            Of the events, if only some kinds are wanted.

        Yields
        ------
        tuple
            The last block of a piece, and all events up to it that came not before, in order.

        Raises
        ------
        ChainError
            If the node does not give them.
        """
        begin = first_block
        while begin <= last_block:
            end = min(begin + self._span - 1, last_block)
            try:
                answer = self._asked(addresses, begin, end, topics)
            except (RpcError, NoAnswer) as error:
                if begin == end or (isinstance(error, RpcError) and error.code == METHOD_NOT_FOUND):
                    raise
                self._span = (end - begin + 1) // 2
                self._given = 0
                continue
            yield end, self._in_order(object_of(item, "a log") for item in answer)
            begin = end + 1
            self._given += 1
            if self._given >= _GROW_AFTER:
                self._span *= 2

    def _asked(
        self, addresses: Sequence[Address], begin: int, end: int, topics: Sequence[bytes]
    ) -> list[Json]:
        found: list[Json] = []
        for first in range(0, len(addresses), _AT_ONCE):
            part = list(addresses[first : first + _AT_ONCE])
            wanted: dict[str, Json] = {
                "address": part[0] if len(part) == 1 else part,
                "fromBlock": hex_of(begin),
                "toBlock": hex_of(end),
            }
            if topics:
                wanted["topics"] = [[hex_of(topic) for topic in topics]]
            answer = self._node.ask("eth_getLogs", wanted)
            if not isinstance(answer, list):
                raise ChainError("the node's answer makes no sense: its logs are no list")
            found += answer
        return found

    def time_of(self, block_hash: Json) -> Seconds:
        """The time stamp of a block, which a node gave by its hash.

        Raises
        ------
        ChainError
            If the node does not have the block.
        """
        self._learn_times([block_hash])
        return self._times[block_hash]

    def _in_order(self, answer: Iterable[Mapping[str, Json]]) -> list[Log]:
        """The logs of blocks; what waits for one, or fell out of one, is not an event."""
        items = [item for item in answer if not item.get("removed") and item.get("blockHash") is not None]
        for item in items:
            hash_of(item["blockHash"], "the block of a log")
            if item.get("blockTimestamp") is not None:
                self._times[item["blockHash"]] = Seconds(
                    integer_of(item["blockTimestamp"], "the time of a log")
                )
        self._learn_times([item["blockHash"] for item in items])
        logs = [log_of(item, self._times[item["blockHash"]]) for item in items]
        return sorted(logs, key=lambda log: (log.block, log.position))

    def _learn_times(self, blocks: Iterable[str]) -> None:
        needed = set(blocks)
        if len(self._times) > _MAX_TIMES:
            self._times = {block: time for block, time in self._times.items() if block in needed}
        missing = sorted(needed - self._times.keys())
        calls = [("eth_getBlockByHash", [block, False]) for block in missing]
        for block, header in zip(missing, self._node.ask_many(calls), strict=True):
            what = f"block {block}"
            self._times[block] = Seconds(integer_of(object_of(header, what).get("timestamp"), what))
