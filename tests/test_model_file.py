"""Model files: the original's types, exact round trips, and one clear line for whatever is wrong."""

import copy
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decai.classifier import DenseCentroid, DensePerceptron, NaiveBayes, SparseCentroid, SparsePerceptron
from decai.errors import InputError, ModelFileError, StorageError
from decai.model_file import model_from_dict, model_to_dict, read_model, write_model
from decai.protocols import Classifier
from decai.samples import Samples

F = 10**9
U32 = 2**32 - 1
MISSING = object()

SPARSE_PERCEPTRON = """{"classifications": ["Negative", "Positive"], "type": "sparse perceptron",
  "weights": [0.5370804116506004, 4.011610317918982, -0.6990593946953555], "bias": 5.0}"""
HASHED_PERCEPTRON = """{"type": "sparse perceptron", "classifications": ["OK", "SPAM"], "weights": null,
  "sparseWeights": {"12": 2.5, "4294967295": -1, "3000000000": 1e-9},
  "intercept": -0.1, "learningRate": 0.01}"""
CHOSEN_PERCEPTRON = """{"type": "sparse perceptron", "classifications": ["a", "b"], "weights": [1, -2],
  "featureIndices": [40, 7], "intercept": 0}"""
PERCEPTRON = """{"weights": [-0.25, 1.5], "bias": 0, "type": "perceptron", "classifications": ["HOT", "NOT"],
  "featureIndices": [3, 950], "learningRate": 0.5}"""
DENSE_PERCEPTRON = (
    """{"type": "dense perceptron", "classifications": ["A", "B"], "weights": [1, -1], "intercept": 0}"""
)
NAIVE_BAYES = """{"classifications": ["ALARM", "WEATHER"], "classCounts": [2, 3.0], "type": "naive bayes",
  "featureCounts": [[[0, 2], [1, 1]], [[1, 3], [2, 2]]], "totalNumFeatures": 9, "smoothingFactor": 1.0}"""
CENTROIDS = """{"intents": {"WEATHER_GET": {"centroid": [-0.0174035038799, 0.6], "dataCount": 2000},
  "MUSIC_PLAY": {"centroid": [0.5, -0.6], "dataCount": 1500}}, "type": "nearest centroid classifier"}"""
DENSE_CENTROIDS = """{"type": "dense nearest centroid classifier",
  "centroids": {"AA": {"centroid": [-1, -1], "dataCount": 2}, "BB": {"centroid": [1, 1], "dataCount": 2}}}"""
SPARSE_CENTROIDS = """{"type": "sparse nearest centroid classifier", "centroids":
  {"AA": {"centroid": {"1": 1, "70": 0.25}, "dataCount": 2}, "BB": {"centroid": [1, 0], "dataCount": 4}}}"""
ORIGINALS = [
    SPARSE_PERCEPTRON,
    HASHED_PERCEPTRON,
    CHOSEN_PERCEPTRON,
    PERCEPTRON,
    DENSE_PERCEPTRON,
    NAIVE_BAYES,
    CENTROIDS,
    DENSE_CENTROIDS,
    SPARSE_CENTROIDS,
]


def read(text: str | bytes, folder: Path) -> Any:
    path = folder / "model.json"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_model(path)


class TestOriginalFiles:
    def test_sparse_perceptron(self, tmp_path: Path) -> None:
        model = read(SPARSE_PERCEPTRON, tmp_path)
        assert isinstance(model, SparsePerceptron)
        assert model.classes == ("Negative", "Positive")
        assert model.weights() == {0: 537_080_412, 1: 4_011_610_318, 2: -699_059_395}
        assert (model.intercept, model.learning_rate) == (5 * F, F // 2)

    def test_sparse_weights_by_index(self, tmp_path: Path) -> None:
        model = read(HASHED_PERCEPTRON, tmp_path)
        assert {j: w for j, w in model.weights().items() if w} == {12: 2_500_000_000, 3 * F: 1, U32: -F}
        assert (model.intercept, model.learning_rate) == (-100_000_000, 10_000_000)

    def test_sparse_weights_count_over_those_in_the_list(self, tmp_path: Path) -> None:
        text = SPARSE_PERCEPTRON.replace('"bias"', '"sparseWeights": {"1": 7, "5": 8}, "bias"')
        assert read(text, tmp_path).weights() == {
            0: 537_080_412,
            1: 7 * F,
            2: -699_059_395,
            3: 0,
            4: 0,
            5: 8 * F,
        }

    def test_weights_belong_to_the_feature_indices(self, tmp_path: Path) -> None:
        model = read(CHOSEN_PERCEPTRON, tmp_path)
        assert {j: w for j, w in model.weights().items() if w} == {40: F, 7: -2 * F}

    def test_a_plain_perceptron_is_dense_unless_its_weights_have_indices(self, tmp_path: Path) -> None:
        model = read(PERCEPTRON, tmp_path)
        assert isinstance(model, DensePerceptron)
        assert model.weights() == [-250_000_000, 1_500_000_000]
        assert isinstance(
            read(HASHED_PERCEPTRON.replace("sparse perceptron", "perceptron"), tmp_path), SparsePerceptron
        )
        by_index = PERCEPTRON.replace("[-0.25, 1.5]", '{"3": 1, "9": 2}')
        assert isinstance(
            read(by_index.replace('"featureIndices": [3, 950],', ""), tmp_path), SparsePerceptron
        )

    def test_dense_perceptron(self, tmp_path: Path) -> None:
        model = read(DENSE_PERCEPTRON, tmp_path)
        assert (model.weights(), model.intercept, model.learning_rate) == ([F, -F], 0, F // 2)

    def test_naive_bayes(self, tmp_path: Path) -> None:
        model = read(NAIVE_BAYES, tmp_path)
        assert isinstance(model, NaiveBayes)
        assert [model.counts(label) for label in range(2)] == [{0: 2, 1: 1}, {1: 3, 2: 2}]
        assert [model.num_samples(label) for label in range(2)] == [2, 3]
        assert (model.vocabulary, model.smoothing) == (9, F)
        assert read(NAIVE_BAYES.replace(', "smoothingFactor": 1.0', ""), tmp_path).smoothing == F

    @pytest.mark.parametrize("text", [CENTROIDS, CENTROIDS.replace('"nearest', '"Dense Nearest')])
    def test_nearest_centroids_also_as_intents(self, text: str, tmp_path: Path) -> None:
        model = read(text, tmp_path)
        assert isinstance(model, DenseCentroid)
        assert model.classes == ("WEATHER_GET", "MUSIC_PLAY")
        assert [model.centroid(label) for label in range(2)] == [
            [-17_403_504, 600_000_000],
            [F // 2, -600_000_000],
        ]
        assert [model.num_samples(label) for label in range(2)] == [2000, 1500]

    def test_dense_centroids(self, tmp_path: Path) -> None:
        model = read(DENSE_CENTROIDS, tmp_path)
        assert [model.centroid(label) for label in range(2)] == [[-F, -F], [F, F]]

    def test_sparse_centroids_also_as_lists(self, tmp_path: Path) -> None:
        model = read(SPARSE_CENTROIDS, tmp_path)
        assert isinstance(model, SparseCentroid)
        assert [model.centroid(label) for label in range(2)] == [{1: F, 70: F // 4}, {0: F}]
        assert [model.num_samples(label) for label in range(2)] == [2, 4]
        by_index = CENTROIDS.replace("[-0.0174035038799, 0.6]", '{"3": 1}').replace("[0.5, -0.6]", "{}")
        assert isinstance(read(by_index, tmp_path), SparseCentroid)

    @pytest.mark.parametrize("text", ORIGINALS)
    def test_reads_the_same_from_entries_of_json_types(self, text: str, tmp_path: Path) -> None:
        model = read(text, tmp_path)
        entries = json.loads(text)
        assert model_to_dict(model_from_dict(entries, "entries")) == model_to_dict(model)
        assert model_to_dict(model_from_dict(model_to_dict(model), "entries")) == model_to_dict(model)

    def test_a_byte_order_mark_and_names_in_any_script(self, tmp_path: Path) -> None:
        text = DENSE_PERCEPTRON.replace('"A"', '"好"')
        assert read(b"\xef\xbb\xbf" + text.encode(), tmp_path).classes == ("好", "B")
        write_model(read(text, tmp_path), tmp_path / "again.json")
        assert read_model(tmp_path / "again.json").classes == ("好", "B")


@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        ("0.0000000005", 0),
        ("0.0000000015", 2),
        ("-0.0000000015", -2),
        ("0.00000000149999999999999999999999999999", 1),
        ("0.1", 100_000_000),
        ("1E-1", 100_000_000),
        ("140737.488355327", 2**47 - 1),
        ("140737.4883553274999", 2**47 - 1),
        ("-140737.488355327", -(2**47) + 1),
        ("1e-999999999999", 0),
        ("0e999999999999", 0),
        ("-0.0", 0),
    ],
)
def test_a_literal_means_its_exact_decimal(literal: str, expected: int, tmp_path: Path) -> None:
    assert read(SPARSE_PERCEPTRON.replace("4.011610317918982", literal), tmp_path).weight(1) == expected


def edited(text: str, path: str, value: object) -> str:
    """`text` with the entry at `path` (keys and positions, by dots) replaced or removed."""
    root = json.loads(text)
    *way, last = path.split(".")
    place = root
    for step in way:
        place = place[int(step) if isinstance(place, list) else step]
    key = int(last) if isinstance(place, list) else last
    if value is MISSING:
        del place[key]
    else:
        place[key] = value
    return json.dumps(root)


NUMBERS = "every weight must be a finite number between -140737.48 and 140737.48"
COUNTS = "every count must be a whole number from 0 to 4294967295"
EXACT = {"format": 1}


@pytest.mark.parametrize(
    ("text", "path", "value", "line"),
    [
        (SPARSE_PERCEPTRON, "weights.1", float("nan"), f"weights[1] is NaN; {NUMBERS}"),
        (SPARSE_PERCEPTRON, "weights.1", float("-inf"), f"weights[1] is -Infinity; {NUMBERS}"),
        (SPARSE_PERCEPTRON, "weights.0", "1", f"weights[0] is '1'; {NUMBERS}"),
        (SPARSE_PERCEPTRON, "weights.0", True, f"weights[0] is true; {NUMBERS}"),
        (SPARSE_PERCEPTRON, "weights.0", None, f"weights[0] is null; {NUMBERS}"),
        (SPARSE_PERCEPTRON, "weights.0", [1, 2], f"weights[0] is a list of 2; {NUMBERS}"),
        (SPARSE_PERCEPTRON, "weights.0", 140737.5, f"weights[0] is 140737.5; {NUMBERS}"),
        (SPARSE_PERCEPTRON, "weights.0", -(10**60), f"weights[0] is -{10**60!s:.36}...; {NUMBERS}"),
        (
            SPARSE_PERCEPTRON,
            "weights",
            {"x": 1},
            "a key of weights is 'x'; a feature index must be a whole number",
        ),
        (
            SPARSE_PERCEPTRON,
            "weights",
            {"4294967296": 1},
            "a key of weights is '4294967296'; a feature index must",
        ),
        (SPARSE_PERCEPTRON, "weights", {"01": 1}, "a key of weights is '01'; a feature index must be"),
        (
            SPARSE_PERCEPTRON,
            "weights",
            MISSING,
            "weights is missing; it must be a list of weights, or an object",
        ),
        (SPARSE_PERCEPTRON, "weights", 5, "weights is 5; it must be a list of weights, or an object"),
        (SPARSE_PERCEPTRON, "name", 5, "name is 5; it must be a text"),
        (DENSE_PERCEPTRON, "description", ["x"], "description is a list of 1; it must be a text"),
        (NAIVE_BAYES, "encoder", False, "encoder is false; it must be a text"),
        (
            SPARSE_PERCEPTRON,
            "featureIndices",
            [7, 9, 7],
            "featureIndices[2]: 7 stands twice; every weight needs an index of its own",
        ),
        (SPARSE_PERCEPTRON, "bias", {}, f"bias is an object; {NUMBERS}"),
        (SPARSE_PERCEPTRON, "bias", 150000, f"bias is 150000; {NUMBERS}"),
        (
            SPARSE_PERCEPTRON,
            "intercept",
            4,
            "bias is 5.0; it is another name of the intercept, which differs",
        ),
        (
            SPARSE_PERCEPTRON,
            "learningRate",
            0,
            "learningRate is 0; the learning rate must be a number from 0.00",
        ),
        (
            SPARSE_PERCEPTRON,
            "learningRate",
            4.294967296,
            "learningRate is 4.294967296; the learning rate must",
        ),
        (
            SPARSE_PERCEPTRON,
            "classifications",
            ["a"],
            "classifications is a list of 1; it must be a list of 2 names",
        ),
        (SPARSE_PERCEPTRON, "classifications", "ab", "classifications is 'ab'; it must be a list of 2 names"),
        (SPARSE_PERCEPTRON, "classifications.1", "", "classifications[1] is ''; every class needs a name"),
        (SPARSE_PERCEPTRON, "classifications.1", 7, "classifications[1] is 7; every class needs a name"),
        (
            SPARSE_PERCEPTRON,
            "classifications",
            MISSING,
            "classifications is missing; it names the two classes",
        ),
        (
            SPARSE_PERCEPTRON,
            "type",
            MISSING,
            "type is missing; it must be one of 'sparse perceptron', 'dense",
        ),
        (
            SPARSE_PERCEPTRON,
            "type",
            "forest",
            "type is 'forest'; it must be one of 'sparse perceptron', 'dense",
        ),
        (SPARSE_PERCEPTRON, "type", 3, "type is 3; it must be one of 'sparse perceptron', 'dense"),
        (SPARSE_PERCEPTRON, "decai", 3, "decai is 3; it must be an object"),
        (
            SPARSE_PERCEPTRON,
            "decai",
            {"counters": {}},
            "decai.format is missing; this version of decai reads 1",
        ),
        (SPARSE_PERCEPTRON, "decai", {"format": 2}, "decai.format is 2; this version of decai reads 1"),
        (
            SPARSE_PERCEPTRON,
            "decai",
            {**EXACT, "counters": {"9": 1}},
            "decai.counters['9'] is 1; there is no weight for this feature",
        ),
        (
            SPARSE_PERCEPTRON,
            "decai",
            {**EXACT, "counters": {"1": 32768}},
            "decai.counters['1'] is 32768; every counter must be a whole number from -32768 to 32767",
        ),
        (
            SPARSE_PERCEPTRON,
            "decai",
            {**EXACT, "counterBits": 8, "counters": {"1": -129}},
            "decai.counters['1'] is -129; every counter must be a whole number from -128 to 127",
        ),
        *(
            (
                SPARSE_PERCEPTRON,
                "decai",
                {**EXACT, "counterBits": bits},
                f"decai.counterBits is {shown}; counters have 8, 16 or 32 bits",
            )
            for bits, shown in ((24, "24"), (64, "64"), (8.5, "8.5"), ("8", "'8'"), (True, "true"))
        ),
        (
            CHOSEN_PERCEPTRON,
            "featureIndices.0",
            -1,
            "featureIndices[0] is -1; a feature index must be a whole",
        ),
        (
            CHOSEN_PERCEPTRON,
            "featureIndices",
            [1],
            "featureIndices is a list of 1; it must be a list of 2 feature",
        ),
        (
            CHOSEN_PERCEPTRON,
            "featureIndices",
            [1, 1],
            "featureIndices[1]: 1 stands twice; every weight needs an",
        ),
        (
            PERCEPTRON,
            "featureIndices",
            [1],
            "featureIndices is a list of 1; there must be one for each weight, 2",
        ),
        (
            DENSE_PERCEPTRON,
            "weights.1",
            4611686019,
            "weights[1] is 4611686019; every weight must be a finite number between -4611686018.42 and ",
        ),
        (
            DENSE_PERCEPTRON,
            "weights",
            [],
            "weights is a list of 0; it must be a list of weights, at least one",
        ),
        (DENSE_PERCEPTRON, "weights", {}, "weights is an object; it must be a list of weights, at least one"),
        (
            DENSE_PERCEPTRON,
            "sparseWeights",
            {"1": 1},
            "sparseWeights is an object; a dense perceptron has none",
        ),
        (
            DENSE_PERCEPTRON,
            "decai",
            {**EXACT, "sums": [1]},
            "decai.sums is a list of 1; it must be a list of 2 sums",
        ),
        (
            DENSE_PERCEPTRON,
            "decai",
            {**EXACT, "sums": [0, 2**55]},
            f"decai.sums[1] is {2**55}; every sum must be a whole number below 2^55 in size",
        ),
        (NAIVE_BAYES, "classCounts.0", 1.5, f"classCounts[0] is 1.5; {COUNTS}"),
        (NAIVE_BAYES, "classCounts.0", -1, f"classCounts[0] is -1; {COUNTS}"),
        (NAIVE_BAYES, "classCounts.0", 2**32, f"classCounts[0] is 4294967296; {COUNTS}"),
        (
            NAIVE_BAYES,
            "classCounts",
            [1],
            "classCounts is a list of 1; it must be a list of 2, one for each class",
        ),
        (NAIVE_BAYES, "classCounts", MISSING, "classCounts is missing; it must be a list of 2"),
        (NAIVE_BAYES, "featureCounts", [[]], "featureCounts is a list of 1; it must be a list of 2"),
        (NAIVE_BAYES, "featureCounts.1.0", [1], "featureCounts[1][0] is a list of 1; it must be a pair of a"),
        (NAIVE_BAYES, "featureCounts.1.0.0", 1e300, "featureCounts[1][0][0] is 1E+300; a feature index must"),
        (NAIVE_BAYES, "featureCounts.1.0.1", "x", f"featureCounts[1][0][1] is 'x'; {COUNTS}"),
        (
            NAIVE_BAYES,
            "featureCounts.1.0.0",
            2,
            "featureCounts[1][1][0] is 2; the class has a count for this",
        ),
        (NAIVE_BAYES, "totalNumFeatures", 0, "totalNumFeatures is 0; the number of features must be a whole"),
        (
            NAIVE_BAYES,
            "totalNumFeatures",
            MISSING,
            "totalNumFeatures is missing; the number of features must be",
        ),
        (
            NAIVE_BAYES,
            "smoothingFactor",
            0,
            "smoothingFactor is 0; the smoothing factor must be a number from",
        ),
        (
            NAIVE_BAYES,
            "classifications",
            ["a"],
            "classifications is a list of 1; it must be a list of at least two",
        ),
        (
            CENTROIDS,
            "centroids",
            {},
            "intents is an object; it is another name of 'centroids', which is there too",
        ),
        (
            CENTROIDS,
            "intents",
            MISSING,
            "centroids is missing; it must be an object with a centroid for each of at",
        ),
        (
            CENTROIDS,
            "intents.MUSIC_PLAY",
            MISSING,
            "intents is an object; it must be an object with a centroid for",
        ),
        (
            CENTROIDS,
            "intents.MUSIC_PLAY",
            3,
            "intents['MUSIC_PLAY'] is 3; it must have a centroid and a dataCount",
        ),
        (
            CENTROIDS,
            "intents.",
            {"centroid": [1, 1], "dataCount": 1},
            "intents[''] is an object; every class needs a",
        ),
        (
            CENTROIDS,
            "intents.MUSIC_PLAY.centroid",
            MISSING,
            "intents['MUSIC_PLAY'].centroid is missing; it must have a centroid and a dataCount",
        ),
        (CENTROIDS, "intents.MUSIC_PLAY.dataCount", -2, f"intents['MUSIC_PLAY'].dataCount is -2; {COUNTS}"),
        (
            CENTROIDS,
            "intents.MUSIC_PLAY.centroid",
            [1],
            "intents['MUSIC_PLAY'].centroid is a list of 1; every centroid must have as many values as",
        ),
        (
            CENTROIDS,
            "intents.MUSIC_PLAY.centroid.1",
            -1.000000001,
            "intents['MUSIC_PLAY'].centroid[1] is -1.000000001; every centroid value must be a number",
        ),
        (
            CENTROIDS,
            "classifications",
            ["WEATHER_GET", "X"],
            "classifications is a list of 2; it must list the names",
        ),
        (
            SPARSE_CENTROIDS,
            "centroids.AA.centroid.1",
            1.1,
            "centroids['AA'].centroid['1'] is 1.1; every centroid value must be a number from 0 to 1",
        ),
        (
            SPARSE_CENTROIDS,
            "centroids.AA.centroid",
            "x",
            "centroids['AA'].centroid is 'x'; it must be an object of",
        ),
        (
            SPARSE_CENTROIDS,
            "centroids.AA.centroid.-3",
            1,
            "a key of centroids['AA'].centroid is '-3'; a feature",
        ),
    ],
)
def test_what_is_wrong_is_one_line_with_file_field_and_reason(
    text: str, path: str, value: object, line: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelFileError, match="^" + re.escape(f"{tmp_path}/model.json: {line}")) as caught:
        read(edited(text, path, value), tmp_path)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON (line 1, column 1: "),
        (b'{"type": "naive bayes"', "not JSON (line 1, column "),
        (b'{"type": 1, "type": 2}', "'type' stands twice in one object"),
        (b"\xff\xfe{}", "not UTF-8 text (byte 0)"),
        (b"[1]", "the file is a list of 1; it must be an object"),
        (b"null", "the file is null; it must be an object"),
        (b"1e99999999999999999999999", "the file is NaN; it must be an object"),
        (b"[" * 200_000, "nested too deeply"),
        (b"{}", "type is missing; it must be one of "),
    ],
)
def test_what_is_no_model_file_at_all(content: bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="^" + re.escape(f"{tmp_path}/model.json: {reason}")):
        read(content, tmp_path)


def test_tables_that_would_not_fit_into_memory_are_refused() -> None:
    names = [f"class {label}" for label in range(1_000)]
    bayes = {
        "type": "naive bayes",
        "classifications": names,
        "classCounts": [1] * 1_000,
        "featureCounts": [[[1_000_000, 1]]] + [[]] * 999,
        "totalNumFeatures": 5,
    }
    with pytest.raises(
        ModelFileError, match=r"big\.json: 1,000 classes of 1,000,001 features take more room"
    ):
        model_from_dict(bayes, "big.json")
    centroids: dict[str, Any] = {name: {"centroid": {}, "dataCount": 1} for name in names}
    centroids["class 7"]["centroid"] = {"4294967295": 1}
    with pytest.raises(ModelFileError, match="1,000 classes of 1,048,577 features take more room"):
        model_from_dict({"type": "sparse nearest centroid classifier", "centroids": centroids}, "big.json")


# Round trips.

SIZE = 3
VECTORS = [
    [F, 0, 0],
    [0, -F, 0],
    [600_000_000, 800_000_000, 0],
    [0, 600_000_000, -800_000_000],
    [F + 40, 0, 0],
]
SMALL = [0, 1, 2, 5, 30]
HASHED = [0, 1, 2**20, 2**31, U32]
counts = st.one_of(st.sampled_from([0, 1, U32 - 1, U32]), st.integers(0, U32))
rates = st.one_of(st.sampled_from([1, 10**7, U32]), st.integers(1, U32))
weights = st.one_of(st.sampled_from([0, 1, 2**47 - 1, 1 - 2**47]), st.integers(1 - 2**47, 2**47 - 1))
long_weights = st.one_of(st.sampled_from([0, 1, 2**62, -(2**62)]), st.integers(-(2**62), 2**62))
unit_values = st.one_of(st.sampled_from([0, 1, F]), st.integers(0, F))
names = st.lists(st.text(min_size=1, max_size=4), min_size=2, max_size=2, unique=True)


@st.composite
def models(draw: st.DrawFn) -> tuple[Classifier, list[int]]:
    """A model of any kind before it learns, and the feature indices that it will see."""
    pool = HASHED if draw(st.integers(0, 5)) == 5 else SMALL
    indices = st.sampled_from(pool)
    return draw(st.sampled_from(KINDS))(draw, draw(names), indices), pool


def sparse_perceptron(draw: st.DrawFn, classes: list[str], indices: st.SearchStrategy[int]) -> Classifier:
    base = draw(st.dictionaries(indices, weights, max_size=5))
    return SparsePerceptron(classes, base, draw(weights), draw(rates))


def dense_perceptron(draw: st.DrawFn, classes: list[str], _: st.SearchStrategy[int]) -> Classifier:
    base = [draw(long_weights) for _ in range(SIZE)]
    return DensePerceptron(classes, base, draw(long_weights), draw(rates))


def naive_bayes(draw: st.DrawFn, classes: list[str], indices: st.SearchStrategy[int]) -> Classifier:
    tables = [draw(st.dictionaries(indices, counts, max_size=4)) for _ in classes]
    return NaiveBayes(classes, draw(st.integers(1, U32)), draw(rates), [draw(counts), draw(counts)], tables)


def sparse_centroid(draw: st.DrawFn, classes: list[str], indices: st.SearchStrategy[int]) -> Classifier:
    means = [draw(st.dictionaries(indices, unit_values, max_size=4)) for _ in classes]
    return SparseCentroid(classes, means, [draw(counts), draw(counts)])


def dense_centroid(draw: st.DrawFn, classes: list[str], _: st.SearchStrategy[int]) -> Classifier:
    signed = st.builds(lambda value, sign: value * sign, unit_values, st.sampled_from([1, -1]))
    means = [[draw(signed) for _ in range(SIZE)] for _ in classes]
    return DenseCentroid(classes, SIZE, means, [draw(counts), draw(counts)])


KINDS = [sparse_perceptron, dense_perceptron, naive_bayes, sparse_centroid, dense_centroid]


def sample(model: Classifier, pool: list[int], rng: random.Random) -> Any:
    if model.kind.startswith("dense"):
        return np.array(rng.choice(VECTORS), dtype=np.int64)
    row = rng.choices(pool, k=rng.randrange(0, 5))
    return np.array(sorted(set(row)) if model.kind == "sparse-centroid" else row, dtype=np.int64)


def learn(model: Classifier, pool: list[int], seed: int, times: int) -> None:
    rng = random.Random(seed)
    for _ in range(times):
        model.update(sample(model, pool, rng), rng.randrange(2))


def predictions(model: Classifier, pool: list[int]) -> list[int]:
    rng = random.Random(1)
    return [model.predict(sample(model, pool, rng)) for _ in range(15)]


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=models(), seed=st.integers(0, 2**32), times=st.integers(0, 12))
def test_what_is_written_and_read_predicts_and_learns_like_the_original(
    tmp_path: Path, drawn: tuple[Classifier, list[int]], seed: int, times: int
) -> None:
    model, pool = drawn
    learn(model, pool, seed, times)
    path, again = tmp_path / "model.json", tmp_path / "again.json"
    write_model(model, path)
    other = read_model(path)
    write_model(other, again)
    assert path.read_bytes() == again.read_bytes()
    assert (type(other), other.classes) == (type(model), model.classes)
    for step in range(3):
        assert predictions(other, pool) == predictions(model, pool)
        assert model_to_dict(other) == model_to_dict(model)
        learn(model, pool, seed + step, 6)
        learn(other, pool, seed + step, 6)


def test_a_counter_at_its_limit_and_a_weight_beyond_the_base_survive(tmp_path: Path) -> None:
    model = SparsePerceptron(("a", "b"), {0: 2**47 - 1, 1: 1 - 2**47, 2: 1 - 2**47}, 0, U32)
    for _ in range(4):
        model.update(np.array([0] * 8_000 + [1] * 8_000 + [2] * 384, dtype=np.int32), 1)
    model = SparsePerceptron(("a", "b"), {0: 2**47 - 1, 2: 5}, 0, U32, {0: 32_767, 2: -32_768})
    assert model.weight(0) > 2**47
    write_model(model, tmp_path / "model.json")
    other = read_model(tmp_path / "model.json")
    assert isinstance(other, SparsePerceptron)
    assert (other.weights(), other.counters()) == (model.weights(), {0: 32_767, 2: -32_768})
    for row, label in [([0, 2, 2], 0), ([2, 0], 1), ([2], 1)]:
        for either in (model, other):
            either.update(np.array(row, dtype=np.int32), label)
        assert (other.weights(), other.counters()) == (model.weights(), model.counters())


def test_a_perceptron_after_training_is_a_plain_file_of_the_original(tmp_path: Path) -> None:
    model = SparsePerceptron(("bad", "good"), learning_rate=10_000_000)
    model.train(Samples.sparse([[0, 1], [1, 2], [0]]), np.array([1, 0, 1]), step=F // 3)
    write_model(
        model, tmp_path / "model.json", extra={"name": "é", "encoder": "none", "x": {"y": [1, None, 0.5]}}
    )
    assert (tmp_path / "model.json").read_text() == (
        "{\n"
        '  "type": "sparse perceptron",\n'
        '  "classifications": ["bad", "good"],\n'
        '  "weights": [0.333333333, 0.111111111, -0.222222222],\n'
        '  "intercept": 0,\n'
        '  "learningRate": 0.01,\n'
        '  "name": "\\u00e9",\n'
        '  "encoder": "none",\n'
        '  "x": {"y": [1, null, 0.5]}\n'
        "}\n"
    )


def test_exact_decimals_are_written_whatever_their_size(tmp_path: Path) -> None:
    model = DensePerceptron(("a", "b"), [2**62 - 1, -1, 10**18], 1 - 2**62)
    write_model(model, tmp_path / "model.json")
    text = (tmp_path / "model.json").read_text()
    assert '"weights": [4611686018.427387903, -0.000000001, 1000000000]' in text
    assert '"intercept": -4611686018.427387903' in text
    json.dumps(model_to_dict(model))


def test_centroids_keep_the_order_of_their_labels_and_their_sums(tmp_path: Path) -> None:
    model = SparseCentroid(("10", "2"))
    for row, label in [([1, 2], 0), ([2], 1), ([1], 0), ([1, 3], 0)]:
        model.update(np.array(row, dtype=np.int32), label)
    write_model(model, tmp_path / "model.json")
    entries = json.loads((tmp_path / "model.json").read_text())
    assert entries["centroids"]["10"] == {
        "centroid": {"1": 1, "2": 0.333333333, "3": 0.333333333},
        "dataCount": 3,
    }
    entries["centroids"] = dict(reversed(entries["centroids"].items()))
    other = model_from_dict(entries, "reordered")
    assert isinstance(other, SparseCentroid)
    assert [other.learned(label) for label in range(2)] == [(3, {1: 3, 2: 1, 3: 1}), (1, {2: 1})]
    assert other.classes == ("10", "2")


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("centroids.a.centroid.0", 0.5, "decai.sums"),
        ("centroids.b.dataCount", 2, "decai.sums"),
        ("decai.sums", [[1, 2]], "decai.sums"),
        ("decai.sums", 7, "decai.sums"),
        ("decai.sums.0.0", 2**63, r"decai.sums\[0\]\[0\]"),
        ("decai.sums.0", "x", r"decai.sums\[0\]"),
    ],
)
def test_dense_sums_that_do_not_fit_the_centroids(path: str, value: object, field: str) -> None:
    model = DenseCentroid(("a", "b"), 2)
    for row in ([600_000_000, 800_000_000], [F, 0], [F, 0]):
        model.update(np.array(row), 0)
        model.update(np.array(row), 1)
    entries = json.loads(edited(json.dumps(model_to_dict(model)), path, value))
    with pytest.raises(ModelFileError, match=f"^x: {field} is "):
        model_from_dict(entries, "x")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("centroids.a.centroid.1", 0.5),
        ("centroids.b.dataCount", 1),
        ("decai.classes.0.learned", 2),
        ("decai.classes.0.counts.1", 4),
        ("decai.classes.0.counts.7", 1),
        ("decai.classes.0.initial", {"1": 5}),
        ("decai.classes.0.samples", MISSING),
        ("decai.classes.0.counts", []),
        ("decai.classes.1", None),
        ("decai.classes", []),
        ("decai.classes", 0),
    ],
)
def test_sparse_counts_that_do_not_fit_the_centroids(path: str, value: object) -> None:
    model = SparseCentroid(("a", "b"), [{1: F // 2}, {}], [1, 1])
    for row, label in [([1, 2], 0), ([2], 1), ([1], 0), ([1, 3], 0)]:
        model.update(np.array(row, dtype=np.int32), label)
    entries = json.loads(edited(json.dumps(model_to_dict(model)), path, value))
    with pytest.raises(ModelFileError, match=r"^x: "):
        model_from_dict(entries, "x")


def test_a_mean_a_little_above_1_survives_though_no_original_file_may_have_it() -> None:
    model = DenseCentroid(("a", "b"), 2)
    model.update(np.array([F + 40, 0]), 0)
    other = model_from_dict(model_to_dict(model), "x")
    assert isinstance(other, DenseCentroid)
    assert (other.sums(0), other.num_samples(0)) == ([F + 40, 0], 1)


def test_two_centroids_of_one_name_cannot_be_written() -> None:
    with pytest.raises(InputError, match="a model file tells centroids apart by name, and two are the same"):
        model_to_dict(SparseCentroid(("a", "a")))


# Whatever stands in a file, it is read or refused in one line.

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.sampled_from([0, 1, 2**32, 1048576, -1, 10**400]),
    st.floats(),
    st.text(max_size=3),
    st.just([]),
    st.just({}),
    st.just([[]]),
    st.just({"1": 1}),
    st.just({"centroid": {}, "dataCount": 1}),
)


def places(node: Any) -> list[tuple[Any, Any]]:
    """Every container and key of a tree."""
    found: list[tuple[Any, Any]] = []
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in items:
        found += [(node, key), *places(child)]
    return found


def learned_files() -> list[dict[str, Any]]:
    models: list[Classifier] = [
        SparsePerceptron(("a", "b"), [1, -2, 3]),
        DensePerceptron(("a", "b"), [1, -2, 3]),
        NaiveBayes(("a", "b"), 7),
        SparseCentroid(("a", "b"), [{1: F // 2}, {2: 3}], [3, 2]),
        DenseCentroid(("a", "b"), SIZE),
    ]
    for model in models:
        learn(model, SMALL, 2, 8)
    return [model_to_dict(model) for model in models]


VALID = [*map(json.loads, ORIGINALS), *learned_files()]


@settings(deadline=None, max_examples=400)
@given(data=st.data(), which=st.integers(0, len(VALID) - 1), edits=st.integers(1, 3))
def test_no_change_to_the_entries_gives_anything_but_a_model_or_one_line(
    data: st.DataObject, which: int, edits: int
) -> None:
    root = copy.deepcopy(VALID[which])
    for _ in range(edits):
        node, key = data.draw(st.sampled_from([(i, place) for i, place in enumerate(places(root))]))[1]
        if data.draw(st.booleans()):
            node[key] = copy.deepcopy(data.draw(values))
        elif isinstance(node, dict):
            moved = node.pop(key)
            if data.draw(st.booleans()):
                node[
                    data.draw(st.sampled_from(["", "7", "-1", "weights", "decai", "centroids", str(2**32)]))
                ] = moved
        else:
            del node[key]
        if not places(root):
            break
    read_or_refused(root)


def read_or_refused(root: object) -> None:
    model, complaint = model_or_complaint(lambda: model_from_dict(root, "changed.json"))
    if model is None:
        assert complaint.startswith("changed.json: ")
        assert "\n" not in complaint
    else:
        assert model_to_dict(model_from_dict(model_to_dict(model), "again")) == model_to_dict(model)


def model_or_complaint(build: Callable[[], Classifier]) -> tuple[Classifier | None, str]:
    try:
        return build(), ""
    except ModelFileError as error:
        return None, str(error)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.sampled_from(ORIGINALS),
    cuts=st.lists(
        st.tuples(st.integers(0, 300), st.integers(0, 4), st.binary(max_size=4)), min_size=1, max_size=3
    ),
)
def test_no_change_to_the_bytes_gives_anything_but_a_model_or_one_line(
    text: str, cuts: list[tuple[int, int, bytes]], tmp_path: Path
) -> None:
    content = text.encode()
    for place, length, put in cuts:
        content = content[:place] + put + content[place + length :]
    assert "\n" not in model_or_complaint(lambda: read(content, tmp_path))[1]


# The disk.


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"none.json: cannot be read \(No such file or directory\)"):
        read_model(tmp_path / "none.json")
    with pytest.raises(StorageError, match=r"cannot be read \(Is a directory\)"):
        read_model(str(tmp_path))


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    model = NaiveBayes(("a", "b"), 3)
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        write_model(model, tmp_path / "file" / "model.json")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError, match="cannot be written"):
        write_model(model, tmp_path / "folder")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ({"weights": []}, "extra: 'weights' belongs to the model itself"),
        ({"decai": 1}, "extra: 'decai' belongs to the model itself"),
        ({"bias": 1}, "extra: 'bias' belongs to the model itself"),
        ({"name": 5}, "extra: 'name' must be a text"),
        ({"x": {1, 2}}, "extra: not JSON"),
        ({"x": float("nan")}, "extra: not JSON"),
    ],
)
def test_extra_entries_never_change_the_model_or_leave_half_a_file(
    extra: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "model.json"
    path.write_text("before")
    with pytest.raises(InputError, match=reason):
        write_model(SparsePerceptron(("a", "b"), [1]), path, extra=extra)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
