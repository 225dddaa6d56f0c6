"""The events of a model, a line each."""

import json
from typing import TYPE_CHECKING

from decai.cli.show import clean
from decai.cli.words import eth
from decai.protocols import Path

if TYPE_CHECKING:
    from decai.chain.abi import Event
    from decai.chain.base import Log
    from decai.chain.model import ModelInfo

__all__ = ["told"]

_PATHS = {
    Path.REFUND: "was refunded",
    Path.REPORT: "reported and got",
    Path.OWNER: "as the owner took",
    Path.ANYONE: "after the last wait took",
}


def told(event: "Event", log: "Log", info: "ModelInfo", as_json: bool) -> str:
    """What happened, for a person or as one JSON object."""
    from decai.chain.abi import path_of

    if as_json:
        values = {
            key: value.hex() if isinstance(value, bytes) else value for key, value in event.values.items()
        }
        place = {"block": log.block, "time": log.time, "transaction": f"0x{log.transaction.hex()}"}
        return json.dumps({"event": event.name, **place, **values}, default=list)
    values = event.values
    if event.name in ("AddData", "AddDataPacked"):
        label = values["c"]
        name = clean(info.classes[label]) if label < len(info.classes) else label
        text = f"{values['sender']} contributed a sample as {name}, deposit {eth(values['cost'])}"
    elif event.name == "Claimed":
        text = f"{values['claimer']} {_PATHS[path_of(event)]} {eth(values['amount'])}"
    elif event.name == "OwnershipTransferred":
        text = f"{values['newOwner']} owns the model"
    elif event.name == "Credited":
        text = f"{values['recipient']} refused {eth(values['amount'])}, which is kept for withdrawal"
    elif event.name == "Withdrawn":
        text = f"{values['account']} withdrew {eth(values['amount'])}"
    elif event.name == "FeatureIndicesAdded":
        text = f"{len(values['indices']):,} feature indices were added"
    else:
        text = f"{values['recipient']}: {event.name.lower()} of {eth(values['amount'])}"
    return f"block {log.block:,}  {text}"
