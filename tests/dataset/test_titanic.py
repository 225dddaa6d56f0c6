"""Titanic: bins by hand, vectors against numpy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from decai import dataset
from decai.dataset import Dataset, titanic
from decai.errors import DatasetError, MissingError
from decai.units import SCALE

SOMEBODY = {
    "pclass": "1",
    "sex": "female",
    "age": "29",
    "sibsp": "0",
    "parch": "2",
    "fare": "211.3375",
    "embarked": "S",
    "name": "Somebody, Miss. Anna",
}


@pytest.fixture(scope="module")
def names(loaded: Callable[..., Dataset]) -> tuple[str, ...]:
    features = loaded("titanic").features
    assert features is not None
    return features


def test_numbers_of_passengers(loaded: Callable[..., Dataset]) -> None:
    for dense in (False, True):
        data = loaded("titanic", dense=dense)
        assert (len(data.train), len(data.test)) == (1047, 262)
        # 500 of 1,309 survived, says the source file
        assert int(data.train.labels.sum() + data.test.labels.sum()) == 500


def test_bins_of_a_passenger(names: tuple[str, ...]) -> None:
    assert [names[j] for j in titanic.encode(SOMEBODY)] == [
        "class 1",
        "sex female",
        "age 16 to 32",
        "siblings and spouses below 1",
        "parents and children 2 to 3",
        "fare from 100",
        "port Southampton",
        "title Miss",
    ]


@pytest.mark.parametrize(
    ("column", "value", "name"),
    [
        ("age", "?", "age unknown"),
        ("age", "0.9167", "age below 6"),
        ("age", "6", "age 6 to 16"),
        ("age", "48", "age from 48"),
        ("sibsp", "8", "siblings and spouses from 3"),
        ("fare", "?", "fare unknown"),
        ("fare", "0", "fare below 8"),
        ("embarked", "?", "port unknown"),
        ("embarked", "C", "port Cherbourg"),
        ("name", "Somebody, Mme. Anna", "title Mrs"),
        ("name", "Somebody, the Countess. of X", "title other"),
        ("name", "no comma", "title other"),
    ],
)
def test_bin_of_a_value(names: tuple[str, ...], column: str, value: str, name: str) -> None:
    assert name in [names[j] for j in titanic.encode({**SOMEBODY, column: value})]


@pytest.mark.parametrize(
    ("column", "value", "line"),
    [
        ("pclass", "4", "titanic: '4' is no class; use one of 1, 2, 3"),
        ("sex", "", "titanic: '' is no sex; use one of female, male"),
        ("age", "old", "titanic: age must be a number from 0 or '?', not 'old'"),
        ("fare", "nan", "titanic: fare must be a number from 0 or '?', not 'nan'"),
        ("parch", "-1", "titanic: parch must be a number from 0 or '?', not '-1'"),
    ],
)
def test_value_that_cannot_be_is_one_line(column: str, value: str, line: str) -> None:
    with pytest.raises(DatasetError) as error:
        titanic.encode({**SOMEBODY, column: value})
    assert str(error.value) == line


def test_each_passenger_has_eight_features_and_each_feature_a_passenger(
    loaded: Callable[..., Dataset],
) -> None:
    data = loaded("titanic")
    assert set((data.train.samples.ends - data.train.samples.starts).tolist()) == {8}
    present = set(data.train.samples.values.tolist())
    assert {data.features[j] for j in range(data.num_features) if j not in present} <= {  # type: ignore[index]
        "siblings and spouses unknown",
        "parents and children unknown",
    }


def test_samples_belong_to_the_passengers(loaded: Callable[..., Dataset]) -> None:
    data = loaded("titanic")
    for part, split in (("train", data.train), ("test", data.test)):
        for i, passenger in enumerate(titanic.passengers(part)):  # type: ignore[arg-type]
            assert split.labels[i] == int(passenger["survived"])
            assert split.samples[i].tolist() == titanic.encode(passenger).tolist()


def test_vectors_are_standardised_by_the_training_part(loaded: Callable[..., Dataset]) -> None:
    data = loaded("titanic", dense=True)
    rows = titanic.passengers("train") + titanic.passengers("test")

    def column(read: Callable[[dict[str, str]], float]) -> Any:
        values = np.array([read(row) for row in rows])
        train = values[:1047]
        scaled = (values - np.nanmean(train)) / np.nanstd(train)
        return np.nan_to_num(scaled, nan=0.0)

    def number(text: str) -> float:
        return float("nan") if text == "?" else float(text)

    matrix = np.column_stack(
        [
            column(lambda row: number(row["pclass"])),
            column(lambda row: row["sex"] == "female"),
            column(lambda row: number(row["age"])),
            column(lambda row: row["age"] == "?"),
            column(lambda row: number(row["sibsp"])),
            column(lambda row: number(row["parch"])),
            column(lambda row: number(row["fare"]) ** 0.5),
            column(lambda row: row["embarked"] == "C"),
            column(lambda row: row["embarked"] == "Q"),
            column(lambda row: ", Master." in row["name"]),
            column(lambda row: ", Mr." in row["name"]),
            column(lambda row: row["sibsp"] == row["parch"] == "0"),
        ]
    )
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    for first, split in ((0, data.train), (1047, data.test)):
        for i in range(len(split)):
            assert split.samples[i] / SCALE == pytest.approx(matrix[first + i], abs=2e-9)


def test_missing_file_names_the_command(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECAI_DATA_DIR", str(tmp_path))
    with pytest.raises(MissingError) as error:
        dataset.load("titanic")
    assert str(error.value) == (
        "titanic: the passenger records are not on this machine yet; "
        "get them with: decai dataset fetch titanic"
    )
