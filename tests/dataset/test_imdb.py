"""IMDB: the file, the split, the vocabulary and the way back to the texts."""

import hashlib
import shutil
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import Perceptron

from decai import dataset
from decai.dataset import Dataset, imdb
from decai.dataset.bag_of_words import TOKEN_PATTERN, clean
from decai.errors import DatasetError, MissingError, StorageError

pytestmark = pytest.mark.usefixtures("fetched")

HEADER = b"text,label,source\n"


@pytest.fixture(scope="module")
def data(loaded: Callable[..., Dataset]) -> Dataset:
    return loaded("imdb")


@pytest.fixture(scope="module")
def texts(fetched: None) -> dict[str, tuple[str, ...]]:
    return {"train": imdb.texts("train"), "test": imdb.texts("test")}


@pytest.fixture
def moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The source file in a data folder of its own, to be damaged."""
    original = dataset.fetch("imdb")
    monkeypatch.setenv("DECAI_DATA_DIR", str(tmp_path))
    copy = tmp_path / "datasets" / "imdb" / original.name
    copy.parent.mkdir(parents=True)
    shutil.copy(original, copy)
    return copy


def test_numbers_of_reviews_and_words(data: Dataset) -> None:
    assert (len(data.train), len(data.test), data.num_features) == (20_000, 4_904, 1000)
    assert data.classes == ("negative", "positive")


def test_split_is_by_the_hash_of_the_text(texts: dict[str, tuple[str, ...]]) -> None:
    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in texts["train"] + texts["test"]]
    assert hashes == sorted(set(hashes))


def test_vocabulary_and_bags_agree_with_scikit_learn(
    data: Dataset, texts: dict[str, tuple[str, ...]]
) -> None:
    oracle = CountVectorizer(binary=True, preprocessor=clean, lowercase=False, token_pattern=TOKEN_PATTERN)
    train = oracle.fit_transform(texts["train"])
    column = oracle.vocabulary_
    counts = train.sum(axis=0).A1
    words = sorted(column, key=lambda word: (-counts[column[word]], word))[:1000]
    assert data.features == tuple(words)
    for matrix, split in ((train, data.train), (oracle.transform(texts["test"]), data.test)):
        rows = matrix[:, [column[word] for word in words]]
        rows.sort_indices()
        first, last = split.samples.starts[0], split.samples.ends[-1]
        assert np.array_equal(rows.indices, split.samples.values[first:last])
        assert np.array_equal(rows.indptr, np.append(split.samples.starts, last) - first)


def test_fewer_words_are_a_prefix_of_more(data: Dataset, loaded: Callable[..., Dataset]) -> None:
    few = loaded("imdb", words=50)
    assert data.features is not None
    assert few.features == data.features[:50]
    for i in range(100):
        assert few.test.samples[i].tolist() == [j for j in data.test.samples[i].tolist() if j < 50]


def test_perceptron_learns_it(data: Dataset) -> None:
    rows = []
    for split in (data.train, data.test):
        matrix = np.zeros((len(split), data.num_features), dtype=np.float32)
        for i in range(len(split)):
            matrix[i, split.samples[i]] = 1
        rows.append(matrix)
    model = Perceptron(random_state=0).fit(rows[0], data.train.labels)
    assert model.score(rows[1], data.test.labels) > 0.78


@pytest.mark.parametrize(("part", "index"), [("train", 0), ("train", 19_999), ("test", 0), ("test", 4_903)])
def test_text_behind_a_sample(
    data: Dataset, texts: dict[str, tuple[str, ...]], cache: Path, part: imdb.Part, index: int
) -> None:
    text = imdb.review_text(part, index, cache=cache)
    assert text == texts[part][index]
    sample = getattr(data, part).samples[index]
    assert imdb.encode(text, cache=cache).tolist() == sample.tolist()


def test_text_of_any_review_is_found(texts: dict[str, tuple[str, ...]], cache: Path) -> None:
    for index in range(0, 4_904, 50):
        assert imdb.review_text("test", index, cache=cache) == texts["test"][index]


@pytest.mark.parametrize("index", [-1, 4_904])
def test_review_that_is_not_there(index: int) -> None:
    with pytest.raises(DatasetError, match=f"^imdb: there is no test review {index}; there are 4,904$"):
        imdb.review_text("test", index)


def test_missing_file_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECAI_DATA_DIR", str(tmp_path))
    line = "^imdb: the reviews are not on this machine yet; get them with: decai dataset fetch imdb$"
    with pytest.raises(MissingError, match=line):
        dataset.load("imdb")
    with pytest.raises(MissingError, match=line):
        imdb.review_text("train", 0)


def test_truncated_file_is_one_line(moved: Path) -> None:
    content = moved.read_bytes()[:1_000_000]
    moved.write_bytes(content)
    with pytest.raises(DatasetError) as error:
        dataset.load("imdb")
    assert str(error.value) == (
        f"imdb: {moved} is damaged: expected 34,592,250 bytes with SHA-256 d4acac55fe7f..., "
        f"found 1,000,000 bytes with SHA-256 {hashlib.sha256(content).hexdigest()[:12]}...; "
        "get it anew with: decai dataset fetch imdb"
    )


def test_prepared_reviews_load_without_the_file(
    data: Dataset, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DECAI_DATA_DIR", str(tmp_path))
    assert np.array_equal(dataset.load("imdb", cache=cache).train.labels, data.train.labels)


@pytest.mark.parametrize("size", [0, 1_000_000])
def test_text_from_a_file_that_was_damaged_later(moved: Path, cache: Path, size: int) -> None:
    imdb.review_text("train", 0, cache=cache)
    moved.write_bytes(b'"' * size)
    with pytest.raises(DatasetError, match=r"is damaged: .* get it anew with: decai dataset fetch imdb$"):
        imdb.review_text("train", 0, cache=cache)


def test_text_from_a_file_that_was_removed_later(moved: Path, cache: Path) -> None:
    imdb.review_text("train", 0, cache=cache)
    moved.unlink()
    with pytest.raises(MissingError, match=r"decai dataset fetch imdb$"):
        imdb.review_text("train", 0, cache=cache)


def test_cache_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(
        StorageError, match=r"^\S+/file/imdb-\S+\.npz: cannot be written \(its folder is a file\)$"
    ):
        dataset.load("imdb", cache=tmp_path / "file")


def test_other_sources_and_repeated_texts_are_dropped() -> None:
    content = HEADER + b'"good, ""very""\nindeed",1,imdb\nbad,0,imdb\nfine,1,rotten_tomatoes\nbad,0,imdb\n'
    reviews = imdb.parse_reviews(BytesIO(content))
    assert sorted((review.text, review.label) for review in reviews) == [
        ("bad", 0),
        ('good, "very"\nindeed', 1),
    ]
    for review in reviews:
        assert review.text.split(",")[0].encode() in content[review.begin : review.end]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"review,stars\n", "imdb: the columns must be text, label, source, not review, stars"),
        (HEADER + b"good,1\n", "imdb: row 1 has 2 columns, not 3"),
        (
            HEADER + b"bad,0,imdb\ngood,2,imdb\n",
            "imdb: row 2 has label '2'; it must be 0 (negative) or 1 (positive)",
        ),
        (HEADER + b"good,1,imdb\ngood,0,imdb\n", "imdb: row 2 repeats an earlier text with another label"),
        (
            HEADER + b'"good,1,imdb\n',
            "imdb: the source file is no CSV in UTF-8 at byte 18 (unexpected end of data)",
        ),
    ],
)
def test_malformed_file_is_one_line(content: bytes, line: str) -> None:
    with pytest.raises(DatasetError) as error:
        imdb.parse_reviews(BytesIO(content))
    assert str(error.value) == line
