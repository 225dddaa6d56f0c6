"""The events of a model, a line each."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from decai.cli.show import clean, counted
from decai.cli.words import eth
from decai.protocols import Path

if TYPE_CHECKING:
    from decai.chain.abi import Event
    from decai.chain.base import Log

__all__ = ["told"]

_PATHS = {
    Path.REFUND: "was refunded",
    Path.REPORT: "reported and got",
    Path.OWNER: "as the owner took",
    Path.ANYONE: "after the last wait took",
}


def told(event: "Event", log: "Log", classes: Sequence[str], as_json: bool) -> str:
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
        name = clean(classes[label]) if label < len(classes) else f"class {label:,}"
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
        number = len(values["indices"])
        text = (
            f"{counted(number, 'feature index', 'feature indices')} {'was' if number == 1 else 'were'} added"
        )
    elif event.name == "ClassStart":
        text = f"class {values['index']:,} is to start from {counted(values['samples'], 'sample')}"
    elif event.name == "AddClass":
        text = f"class {values['index']:,} was added: {clean(values['name'])}"
    else:
        text = f"{values['recipient']}: {event.name.lower()} of {eth(values['amount'])}"
    return f"block {log.block:,}  {text}"
