"""Reading much of a chain as of one block, whatever happens meanwhile."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import sleep
from typing import Final, TypeVar

from decai.chain.base import Chain, Log
from decai.chain.jsonrpc import RpcError
from decai.units import Address, Wei

__all__ = ["AtBlock", "at_one_block"]

T = TypeVar("T")

_PAUSES: Final = (0.0, 0.2, 1.0)
"""Seconds before each further attempt: the nodes behind one URL may be a block apart."""


@dataclass(frozen=True, slots=True)
class AtBlock:
    """A chain as it was after a block; a `Reader`.

    Parameters
    ----------
    chain
        The chain.
    block
        The number of the block.
    """

    chain: Chain
    block: int

    @property
    def chain_id(self) -> int:
        """The number of the chain."""
        return self.chain.chain_id

    def balance(self, address: Address) -> Wei:
        """What an account owned."""
        return self.chain.balance(address, block=self.block)

    def code(self, address: Address) -> bytes:
        """The code at an address."""
        return self.chain.code(address, block=self.block)

    def call(self, to: Address, data: bytes) -> bytes:
        """What a call would have returned; raises what `Chain.call` does."""
        return self.chain.call(to, data, block=self.block)

    def logs(self, address: Address, first_block: int) -> Iterator[Log]:
        """All events of a contract from a block on, in order."""
        return self.chain.logs(address, first_block, self.block)


def at_one_block(chain: Chain, take: Callable[[AtBlock], T]) -> T:
    """What `take` reads of the latest block; of a newer one, if the node has forgotten its state meanwhile.

    Raises
    ------
    ChainError
        If the node refuses again and again, or does not answer; whatever `take` raises besides.
    """
    for pause in _PAUSES:
        try:
            return take(AtBlock(chain, chain.block))
        except RpcError:
            sleep(pause)
    return take(AtBlock(chain, chain.block))
