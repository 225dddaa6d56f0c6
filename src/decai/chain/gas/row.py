"""A line of the gas report, and the report as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from decai.chain.gas.subjects import SUBJECTS
from decai.errors import InputError

__all__ = ["GasRow", "json_text", "rows_in"]


@dataclass(frozen=True, slots=True)
class GasRow:
    """One action and its gas."""

    classifier: str
    incentive: str
    features: int
    """How many the sample has."""
    action: str
    gas: int
    """Of the whole transactions; of predictions, that of the execution alone."""
    transactions: int
    lower_bound: int
    """The least that this design could take, ``bounds.py``."""
    max_features: int
    index_bits: int
    variant: str
    """What was chosen at deployment; empty for what is usual."""
    parts: dict[str, int]
    """The summands of the lower bound that are not 0."""
    signed_bytes: int
    """Of the signed transactions; 0 for predictions."""
    compressed_bytes: int
    """The same compressed by FastLZ, each by itself, as rollups reckon it."""

    @property
    def ratio(self) -> float:
        """The gas as a multiple of its lower bound."""
        return self.gas / self.lower_bound

    @property
    def payload(self) -> str | None:
        """How the sample travels, if one does: ``packed`` or ``int64``."""
        if self.action.startswith("deploy"):
            return None
        return "int64" if self.action == "predict" or self.action.endswith("_int64") else "packed"

    @property
    def original(self) -> Sequence[int] | None:
        """The original framework's gas for the like of it, if known: as shipped, and with the optimizer."""
        subject = SUBJECTS[self.classifier]
        if self.features != subject.lengths[0] or self.incentive != "stakeable":
            return None
        return subject.original.get(self.action.removesuffix("_int64"))

    def to_json(self) -> dict[str, Any]:
        """All of it, as one JSON object."""
        return {**asdict(self), "payload": self.payload, "original": self.original}


def json_text(rows: Sequence[GasRow]) -> str:
    """A report as a JSON list, a line for each row."""
    return "[\n" + ",\n".join(json.dumps(row.to_json()) for row in rows) + "\n]"


def rows_in(text: str) -> list[GasRow]:
    """The inverse of `json_text`.

    Raises
    ------
    InputError
        If the text is no report.
    """
    try:
        return [
            GasRow(**{field.name: row[field.name] for field in fields(GasRow)}) for row in json.loads(text)
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"this is no gas report ({error!r})") from None
