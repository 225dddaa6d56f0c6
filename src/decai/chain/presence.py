"""Whether a known model is still where it was deployed: a chain for development may have been begun anew."""

from enum import StrEnum

from decai.chain.base import Chain
from decai.chain.known import KnownModel
from decai.chain.model import read
from decai.errors import ChainError, Refused

__all__ = ["Presence", "presence_of"]


class Presence(StrEnum):
    """Where a known model is."""

    THERE = "there"
    GONE = "gone"
    """Its chain has nothing at its address, or something else."""
    UNKNOWN = "unknown"
    """Nobody was there to be asked."""


def presence_of(chain: Chain | None, model: KnownModel) -> Presence:
    """Whether a chain still has a model; unknown if it is another chain, or none.

    Raises
    ------
    ChainError
        If the node does not answer.
    """
    if chain is None or chain.chain_id != model.chain_id:
        return Presence.UNKNOWN
    if not chain.code(model.address):
        return Presence.GONE
    try:
        name = read(chain, model.address, "name()", "string")
    except Refused:
        return Presence.GONE
    except ChainError:
        # No answer at all would have been none to the question for its code.
        return Presence.GONE
    return Presence.THERE if name == model.name else Presence.GONE
