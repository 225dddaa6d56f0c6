"""Reading a chain's events for many models in few requests, and none of it twice."""

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from decai.catalog.facts import TOPICS
from decai.catalog.scan import WINDOW, MovedError, Range, Scans, next_range
from decai.chain.base import Log
from decai.chain.headers import Header, headers
from decai.chain.jsonrpc import JsonRpc, RpcError, TooLong
from decai.chain.log_reader import LogReader
from decai.errors import ChainError

__all__ = ["Reading"]

_log: Final = logging.getLogger("decai.catalog")


class Reading:
    """Reads one chain for a catalog.

    Parameters
    ----------
    node
        Of the chain.
    scans
        How far it was read.
    is_over
        Whether to end as soon as possible.
    """

    def __init__(self, node: JsonRpc, scans: Scans, is_over: Callable[[], bool]) -> None:
        self._node = node
        self._scans = scans
        self._is_over = is_over
        self._reader = LogReader(node)

    def read(self, head: int) -> dict[int, ChainError]:
        """Read everything up to a block.

        Returns
        -------
        dict
            The models whose events the node refuses to give, in one block at least, and in which words.

        Raises
        ------
        MovedError
            If the chain is reorganised meanwhile.
        ChainError
            If the node does not answer, or gives nothing to anybody.
        """
        refused: dict[int, ChainError] = {}
        has_read = False
        while not self._is_over():
            cursors = [cursor for cursor in self._scans.cursors() if cursor.model_id not in refused]
            wanted = next_range(cursors, head)
            if wanted is None:
                break
            has_read |= self._read(wanted, head, refused)
        if refused and not has_read:
            raise next(iter(refused.values()))
        return refused

    def _read(self, wanted: Range, head: int, refused: dict[int, ChainError]) -> bool:
        """Read a range, and find out because of which model a node refuses; whether it gave anything."""
        cursors, begin, has_read = wanted.cursors, wanted.first, False
        pieces = self._pieces(wanted)
        while True:
            try:
                last, logs = next(pieces, (begin - 1, []))
            except (RpcError, TooLong) as error:
                if len(cursors) == 1:
                    refused[cursors[0].model_id] = error
                    return has_read
                middle = len(cursors) // 2
                for part in (cursors[:middle], cursors[middle:]):
                    has_read |= self._read(Range(part, begin, wanted.last), head, refused)
                return has_read
            if last < begin:
                return has_read
            done = Range(cursors, begin, last)
            known = self._headers(done, logs, head)
            faults = self._scans.write(done, logs, known, head)
            for model_id, fault in faults.items():
                _log.warning("model %d is no longer followed: %s", model_id, fault)
            if faults or self._is_over():
                return True
            has_read, begin = True, last + 1
            cursors = tuple(cursor._replace(scanned=last) for cursor in cursors)

    def _pieces(self, wanted: Range) -> Iterator[tuple[int, list[Log]]]:
        addresses = [cursor.address for cursor in wanted.cursors]
        return self._reader.pieces(addresses, wanted.first, wanted.last, TOPICS)

    def _headers(self, done: Range, logs: Sequence[Log], head: int) -> list[Header]:
        """Of the last blocks of a range; `MovedError` if they, or the events, are not of one chain."""
        first = min(max(done.first, head - WINDOW + 1), done.last)
        found = [header for header in headers(self._node, range(first, done.last + 1)) if header is not None]
        if len(found) != done.last - first + 1:
            raise MovedError
        hashes = {header.number: header.hash for header in found}
        before = self._scans.last_stored()
        if before is not None and hashes.setdefault(*before) != before[1]:
            raise MovedError
        if any(hashes.get(header.number - 1, header.parent) != header.parent for header in found):
            raise MovedError
        if any(hashes.setdefault(log.block, log.block_hash) != log.block_hash for log in logs):
            raise MovedError
        return found
