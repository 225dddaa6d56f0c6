"""Tiny-dense: 400 generated vectors of norm 1 around three directions, for tests and examples."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.random import PCG64

from decai.dataset.base import Dataset, DatasetInfo, Split
from decai.dataset.unit_norm import unit_norm
from decai.samples import Samples

__all__ = ["INFO", "load"]

INFO: Final = DatasetInfo(
    name="tiny-dense",
    title="Tiny vectors",
    kind="generated",
    form="dense",
    description="300 generated vectors to train on and 100 to test on, in three classes, of 8 components.",
    source="generated",
    license="none needed",
    citation="decai",
    options={},
    fetch=None,
)

_NUM_TRAIN: Final = 300
_NUM_TEST: Final = 100
_SIZE: Final = 8
_SEED: Final = 1


def load(options: Mapping[str, int], *, dense: bool, cache: Path) -> Dataset:
    """Generate it: class c leans towards components 2c and 2c + 1; see `decai.dataset.load`."""
    count = _NUM_TRAIN + _NUM_TEST
    # 0 to 99, from the raw stream, which is the same in every version of numpy
    vectors = (PCG64(_SEED).random_raw(count * _SIZE) % 100).astype(np.int64).reshape(count, _SIZE) - 50
    labels = np.arange(count, dtype=np.int64) % 3
    for component in (2 * labels, 2 * labels + 1):
        vectors[np.arange(count), component] += 50
    samples = Samples.dense([unit_norm(vector.tolist()) for vector in vectors])
    order = np.arange(count, dtype=np.int64)
    return Dataset(
        name=INFO.name,
        train=Split(samples.select(order[:_NUM_TRAIN]), labels[:_NUM_TRAIN]),
        test=Split(samples.select(order[_NUM_TRAIN:]), labels[_NUM_TRAIN:]),
        classes=("red", "green", "blue"),
        features=None,
        num_features=_SIZE,
        info=INFO,
        options=dict(options),
    )
