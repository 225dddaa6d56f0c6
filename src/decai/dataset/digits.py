"""Digits: 1,797 handwritten digits of 8 x 8 shades of gray, as vectors of norm 1.

The file comes with scikit-learn; it is a part of the UCI set "Optical recognition of handwritten digits".
Each of 64 numbers counts the inked pixels, 0 to 16, of one block of 4 x 4. Digits are ordered by the
SHA-256 of their row; the first 1,437 (80%) are for training.
"""

import gzip
import hashlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from decai.dataset.base import Dataset, DatasetInfo, Split
from decai.dataset.storage import unreadable
from decai.dataset.unit_norm import unit_norm
from decai.errors import DatasetError, MissingError
from decai.samples import IntArray, Samples

__all__ = ["INFO", "drawings", "load"]

INFO: Final = DatasetInfo(
    name="digits",
    title="Handwritten digits",
    kind="numeric",
    form="dense",
    description="1,797 handwritten digits, 1,437 to train on and 360 to test on, as 8 x 8 shades of gray.",
    source="sklearn/datasets/data/digits.csv.gz in the PyPI package scikit-learn",
    license="CC BY 4.0 (UCI Machine Learning Repository)",
    citation="Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998",
    options={},
    fetch=None,
    encoder="digits 8x8",
)
NUM_TRAIN: Final = 1437
NUM_DIGITS: Final = 1797
SIDE: Final = 8

_SHA256: Final = "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8"
"""Of the rows, not of the archive, which another version of scikit-learn may have packed anew."""


def load(options: Mapping[str, int], *, dense: bool, cache: Path) -> Dataset:
    """Load the digits; see `decai.dataset.load`. It is quick: nothing is cached."""
    shades, labels = _read()
    samples = Samples.dense([unit_norm([float(n) for n in row]) for row in shades.tolist()])
    order = np.arange(NUM_DIGITS, dtype=np.int64)
    return Dataset(
        name=INFO.name,
        train=Split(samples.select(order[:NUM_TRAIN]), labels[:NUM_TRAIN]),
        test=Split(samples.select(order[NUM_TRAIN:]), labels[NUM_TRAIN:]),
        classes=tuple("0123456789"),
        features=tuple(
            f"row {row + 1}, column {column + 1}" for row in range(SIDE) for column in range(SIDE)
        ),
        num_features=SIDE * SIDE,
        info=INFO,
        options=dict(options),
    )


def drawings(part: str) -> IntArray:
    """The original shades of a split, 0 to 16, shape ``(count, 8, 8)``, in the order of its samples.

    Raises
    ------
    MissingError
        If scikit-learn is not installed.
    DatasetError
        If its file is not the expected one.
    """
    shades, _ = _read()
    rows = shades[:NUM_TRAIN] if part == "train" else shades[NUM_TRAIN:]
    return rows.reshape(-1, SIDE, SIDE)


def _read() -> tuple[IntArray, IntArray]:
    """All shades and labels, ordered by the SHA-256 of their row."""
    found = importlib.util.find_spec("sklearn")
    if found is None or not found.submodule_search_locations:
        raise MissingError("digits: come with scikit-learn; get it with: pip install scikit-learn")
    path = Path(found.submodule_search_locations[0], "datasets", "data", "digits.csv.gz")
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError) as error:
        if isinstance(error, gzip.BadGzipFile | EOFError):
            raise DatasetError(f"digits: {path} is damaged; install scikit-learn anew") from None
        raise unreadable(path, error) from None
    if hashlib.sha256(content).hexdigest() != _SHA256:
        raise DatasetError(f"digits: {path} holds other digits than the expected ones")
    lines = sorted(content.decode().split(), key=lambda line: hashlib.sha256(line.encode()).digest())
    table = np.array([[int(float(number)) for number in line.split(",")] for line in lines], dtype=np.int64)
    return table[:, :-1], table[:, -1]
