"""Whether a known model is still where it was deployed: a chain for development may have been begun anew."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from decai.chain.abi import answer, call_data
from decai.chain.base import Chain
from decai.chain.jsonrpc import NoAnswer, NotDelivered, RpcError
from decai.chain.known import KnownModel
from decai.chain.revert import has_failed, refusal_of
from decai.chain.wire import bytes_of, hex_of
from decai.errors import ChainError, DecaiError

if TYPE_CHECKING:
    from decai.chain.rpc import RpcChain

__all__ = ["Presence", "presence_of", "presences_of"]


class Presence(StrEnum):
    """Where a known model is."""

    THERE = "there"
    GONE = "gone"
    """Its chain has nothing at its address, or something else."""
    UNKNOWN = "unknown"
    """Nobody was there to be asked, or the node does not say."""


def presence_of(chain: Chain, model: KnownModel) -> Presence:
    """Whether a chain still has a model; unknown if it is another chain.

    Raises
    ------
    ChainError
        If the node does not answer.
    """
    if chain.chain_id != model.chain_id:
        return Presence.UNKNOWN
    try:
        said = chain.call(model.address, call_data("name()"))
    except (NotDelivered, NoAnswer):
        raise
    except RpcError as error:
        return _judged(error, model)
    except DecaiError:
        return Presence.GONE
    return _judged(said, model)


def presences_of(chain: "RpcChain | None", models: Sequence[KnownModel]) -> list[Presence]:
    """The same for many models, in few requests; unknown as well if there is no chain to be asked."""
    if chain is None:
        return [Presence.UNKNOWN] * len(models)
    here = [model for model in models if model.chain_id == chain.chain_id]
    name = hex_of(call_data("name()"))
    calls = [("eth_call", [{"to": model.address, "data": name}, "latest"]) for model in here]
    said = dict(zip(here, chain.node.ask_each(calls), strict=True))
    return [_judged(said[model], model) if model in said else Presence.UNKNOWN for model in models]


def _judged(said: object, model: KnownModel) -> Presence:
    """What an answer to the question for its name means, or the node's error."""
    if isinstance(said, RpcError):
        # Else it is the node that cannot answer, and says nothing of the contract.
        is_its_own = refusal_of(said) is not None or has_failed(said)
        return Presence.GONE if is_its_own else Presence.UNKNOWN
    try:
        name = answer("string", said if isinstance(said, bytes) else bytes_of(said, "a name"))
    except ChainError:
        return Presence.GONE
    return Presence.THERE if name == model.name else Presence.GONE
