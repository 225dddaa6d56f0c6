"""Finding out whether the blocks that were read are still part of their chain."""

from time import monotonic
from typing import Final

from decai.catalog.scan import Scans
from decai.chain.headers import Header, headers
from decai.chain.jsonrpc import JsonRpc

__all__ = ["Forks"]

_BEHIND_SECONDS: Final = 10.0
"""How long a node may be behind: there may be several behind one URL."""


class Forks:
    """Looks for reorganisations of one chain.

    Parameters
    ----------
    node
        Of the chain.
    scans
        What was read of it.
    """

    def __init__(self, node: JsonRpc, scans: Scans) -> None:
        self._node = node
        self._scans = scans
        self._behind_since: float | None = None

    @property
    def waits(self) -> bool:
        """Whether the node is behind what was read, and may only need time."""
        return self._behind_since is not None

    def find(self, latest: Header) -> tuple[int, tuple[int, bytes]] | None:
        """The last block that is still part of the chain, if others came after it when it was read.

        Parameters
        ----------
        latest
            The latest block of the chain.

        Returns
        -------
        tuple or None
            Its number, -1 if there is none, and the last block that was known (for `Scans.roll_back`). None
            if nothing has to be taken back.

        Raises
        ------
        ChainError
            If the node does not answer.
        """
        stored = self._scans.last_stored()
        if stored is None:
            return None
        number, digest = stored
        if number > latest.number:
            return None if self._is_behind(latest) else (self._fork(), stored)
        self._behind_since = None
        if number == latest.number:
            return None if latest.hash == digest else (self._fork(), stored)
        (now,) = headers(self._node, [number])
        return None if now is not None and now.hash == digest else (self._fork(), stored)

    def _is_behind(self, latest: Header) -> bool:
        """Whether the node only has not got so far yet."""
        if self._scans.stored().get(latest.number) != latest.hash:
            return False
        if self._behind_since is None:
            self._behind_since = monotonic()
        return monotonic() - self._behind_since < _BEHIND_SECONDS

    def _fork(self) -> int:
        """By halving: if a block is part of the chain, so are all before it."""
        self._behind_since = None
        stored = self._scans.stored()
        numbers = list(stored)
        same, other = -1, len(numbers)
        while other - same > 1:
            middle = (same + other) // 2
            (header,) = headers(self._node, [numbers[middle]])
            if header is not None and header.hash == stored[numbers[middle]]:
                same = middle
            else:
                other = middle
        return -1 if same < 0 else numbers[same]
