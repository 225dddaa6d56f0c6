"""In which block a contract was deployed, found out by where it has code."""

from decai.chain.base import Chain
from decai.chain.jsonrpc import RpcError
from decai.units import Address

__all__ = ["first_block_of"]


def first_block_of(chain: Chain, address: Address) -> int:
    """A block before which a contract has no events: that of its deployment, if the node can tell.

    Most nodes keep the state of recent blocks only. Where one has forgotten what would tell, the answer is
    0, which is right for every contract.

    Raises
    ------
    ChainError
        If the node does not answer.
    """
    # Code is at `last`; at `first` it is not, or the node does not say.
    first, last, is_told = -1, chain.block, True
    while last - first > 1:
        middle = (first + last) // 2
        has_code = _has_code(chain, address, middle)
        if has_code:
            last = middle
        else:
            first, is_told = middle, has_code is not None
    return last if is_told else 0


def _has_code(chain: Chain, address: Address, block: int) -> bool | None:
    """None if the node has forgotten."""
    try:
        return bool(chain.code(address, block=block))
    except RpcError:
        return None
