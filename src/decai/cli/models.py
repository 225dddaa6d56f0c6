"""``decai model list`` and ``forget``: the models that were deployed from this machine."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from decai.cli import complete
from decai.cli.options import Json, Rpc
from decai.cli.show import clean, hint

if TYPE_CHECKING:
    from decai.chain.rpc import RpcChain

__all__ = ["forget", "list_models"]

ChainId = Annotated[
    int | None, typer.Option("--chain-id", metavar="N", help="Of its chain, if it is known on several.")
]


def list_models(rpc: Rpc = None, as_json: Json = False) -> None:
    """List the models that were deployed from this machine, and tell which of them are gone.

    Only the node at --rpc is asked, or else the local one if it runs; of other chains it is not known.
    """
    from decai.chain.known import known_models
    from decai.chain.presence import Presence, presences_of

    chain = _chain(rpc)
    models = known_models()
    states = presences_of(chain, models)
    if as_json:
        listed = [{**asdict(m), "state": state.value} for m, state in zip(models, states, strict=True)]
        print(json.dumps({"models": listed}))
        return
    for model, state in zip(models, states, strict=True):
        gone = "  (gone)" if state is Presence.GONE else ""
        print(f"{model.address}  chain {model.chain_id}  {clean(model.name)}{gone}")
    if not models:
        print("no model was deployed from here yet; see decai deploy --help")
    if Presence.GONE in states:
        hint("gone: the chain does not have it any more; decai model forget ADDRESS takes it off this list")


def _chain(rpc: str | None) -> "RpcChain | None":
    """Of the node at a URL, or of the local one if it runs."""
    from decai.chain.connect import connect
    from decai.chain.local_node import status

    return connect(rpc) if rpc is not None or status() is not None else None


def forget(
    model: Annotated[
        str,
        typer.Argument(
            metavar="ADDRESS",
            autocompletion=complete.models,
            help="Its address, the beginning of it, or its name.",
        ),
    ],
    chain_id: ChainId = None,
    as_json: Json = False,
) -> None:
    """Take a model off the list of known ones; on its chain it stays as it is."""
    from decai.chain.known import forget as forget_model

    forgotten = forget_model(model, chain_id)
    if as_json:
        print(json.dumps({"forgotten": asdict(forgotten)}))
    else:
        print(f"forgot “{clean(forgotten.name)}” at {forgotten.address} on chain {forgotten.chain_id}")
