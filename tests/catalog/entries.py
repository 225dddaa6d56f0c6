"""Models for tests of lists, as if a chain had confirmed them."""

from typing import Any

from decai.catalog import Catalog, Model
from decai.catalog.register import Confirmed, enter
from decai.chain.address import checksummed
from decai.chain.model import ModelInfo
from decai.chain.sample_form import SampleForm
from decai.units import Address, Seconds, Wei

__all__ = ["HOSTILE", "address", "entered"]

HOSTILE = (
    "'; DROP TABLE models; --",
    '" OR 1=1 --',
    "<script>alert(1)</script>",
    "a\0b",
    "half a pair: \ud800",
    "%_\\",
    "\N{RIGHT-TO-LEFT OVERRIDE}txt.exe",
    "e\N{COMBINING ACUTE ACCENT}" * 50,
    "{{7*7}} ${7*7} %s %(x)s",
)
"""Texts that somebody could do harm with."""


def address(number: int) -> Address:
    """Some address."""
    return checksummed(f"0x{number:040x}")


def entered(catalog: Catalog, number: int = 1, *, chain_id: int = 31_337, **terms: Any) -> Model:
    """Enter a model whose address has this number; `terms` are those of `ModelInfo` that matter."""
    said: dict[str, Any] = {
        "address": address(number),
        "classifier": "sparse-perceptron",
        "incentive": "stakeable",
        "name": f"Model {number}",
        "description": "",
        "encoder": "none",
        "classes": ("no", "yes"),
        "max_features": 64,
        "form": SampleForm.indices(16),
        "refund_wait": Seconds(60),
        "owner_wait": Seconds(120),
        "any_wait": Seconds(180),
        "cost_weight": Wei(10),
        "shares": "count",
        **terms,
    }
    enter(catalog.database, chain_id, Confirmed(ModelInfo(**said), 1_000, 5))
    model = catalog.models.at(chain_id, address(number))
    assert model is not None
    return model
