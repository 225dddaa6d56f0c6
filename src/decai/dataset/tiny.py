"""Tiny: 400 generated texts of 30 words, for tests and examples."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from decai.dataset.base import Dataset, DatasetInfo
from decai.dataset.synthetic_text import generate

__all__ = ["INFO", "load"]

INFO: Final = DatasetInfo(
    name="tiny",
    title="Tiny texts",
    kind="generated",
    form="sparse",
    description="300 generated texts to train on and 100 to test on, in two classes, of 30 words.",
    source="generated",
    license="none needed",
    citation="decai",
    options={},
    fetch=None,
)

_NUM_WORDS: Final = 30
_RECIPE: Final = {"samples": 300, "test": 100, "words": _NUM_WORDS, "length": 8, "noise": 5, "seed": 1}


def load(options: Mapping[str, int], *, dense: bool, cache: Path) -> Dataset:
    """Generate it; see `decai.dataset.load`."""
    generated = generate(INFO, _RECIPE, tuple(f"word{j}" for j in range(_NUM_WORDS)))
    return replace(generated, options=dict(options))
