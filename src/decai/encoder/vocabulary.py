"""Encoders of texts by a list of known words; unknown words are left out."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from decai.dataset.bag_of_words import BagOfWords
from decai.encoder.base import (
    EncoderInfo,
    ExactMatch,
    ModelShape,
    Progress,
    Sample,
    require_sparse,
    require_text,
)
from decai.errors import InputError, MissingError, StorageError
from decai.paths import data_dir
from decai.samples import Features

__all__ = ["ImdbVocab", "ImdbWords", "vocabulary_path"]

_LARGEST_FILE: Final = 64 * 2**20


class ImdbWords(ExactMatch):
    """``imdb words``: which of the most frequent words of film reviews a text has.

    Parameters
    ----------
    shape
        Of the model, which has as many words as features.
    """

    info = EncoderInfo(
        name="imdb words",
        title="Words of film reviews",
        takes="text",
        forms=("sparse",),
        description="Which of the words that are the most frequent in film reviews a text has.",
        source="the training part of the data set imdb",
        license="words alone",
        fetch="decai dataset fetch imdb",
    )

    def __init__(self, shape: ModelShape) -> None:
        require_sparse(self.info, shape)
        if not shape.size:
            raise InputError("imdb words: the model knows no words")
        self._size = shape.size
        self._bag: BagOfWords | None = None

    def load(self, progress: Progress | None = None) -> None:
        """Read the words, or find them in the reviews the first time."""
        self._words(progress)

    def encode(self, sample: Sample) -> Features:
        """The features of a text, strictly increasing."""
        return self._words().encode(require_text(self.info, sample))

    def feature_name(self, index: int) -> str | None:
        """The word."""
        words = self._words().words
        return words[index] if 0 <= index < len(words) else None

    def _words(self, progress: Progress | None = None) -> BagOfWords:
        if self._bag is None:
            from decai.dataset import imdb

            if progress is not None:
                progress("reading the words of film reviews")
            self._bag = imdb.encoder(min(self._size, imdb.MAX_WORDS))
        return self._bag


class ImdbVocab(ExactMatch):
    """``IMDB vocab``: the original framework's words, from its own file of words and their numbers.

    A text is cut at spaces and put in lower case, as its page does; words that are not in the file are
    left out, where the page takes them all for one.
    """

    info = EncoderInfo(
        name="IMDB vocab",
        title="The original framework's words of film reviews",
        takes="text",
        forms=("sparse",),
        description="Words by their numbers in the original framework's imdb.json.",
        source="imdb.json of the original framework's page, which has to be at hand",
        license="the file's own",
        fetch='decai encoder install "IMDB vocab" imdb.json',
    )

    def __init__(self, shape: ModelShape) -> None:
        require_sparse(self.info, shape)
        self._limit = 1 << shape.index_bits

    def load(self, progress: Progress | None = None) -> None:
        """Read the file."""
        self._numbers()

    def encode(self, sample: Sample) -> Features:
        """The numbers of the text's known words, strictly increasing."""
        words = require_text(self.info, sample).lower().split(" ")
        numbers = self._numbers()
        known = {numbers[word] for word in words if word in numbers}
        return np.array(sorted(number for number in known if number < self._limit), dtype=np.int32)

    def feature_name(self, index: int) -> str | None:
        """The word."""
        return next((word for word, number in self._numbers().items() if number == index), None)

    def _numbers(self) -> dict[str, int]:
        path = vocabulary_path()
        try:
            changed = path.stat().st_mtime_ns
        except OSError:
            raise MissingError(
                f"{self.info.name}: its words are not here yet; put them here with: {self.info.fetch}"
            ) from None
        return read_vocabulary(path, changed)


def vocabulary_path() -> Path:
    """Where the words of ``IMDB vocab`` are kept; they need not be there yet."""
    return data_dir() / "encoders" / "imdb-vocab.json"


@lru_cache(maxsize=2)
def read_vocabulary(path: Path, changed: int = 0) -> dict[str, int]:
    """Words and their numbers, from a JSON object.

    Parameters
    ----------
    path
        Of the file.
    changed
        When; a file that has changed is read again.

    Raises
    ------
    StorageError
        If it cannot be read.
    InputError
        If it is no such file.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise InputError(f"{path}: is too large for a list of words")
        words = json.loads(path.read_bytes())
    except OSError as error:
        raise StorageError(f"{path}: cannot be read ({error.strerror or error})") from None
    except (ValueError, RecursionError):
        raise InputError(f"{path}: is no JSON") from None
    if not isinstance(words, dict) or not all(type(n) is int and 0 <= n < 2**31 for n in words.values()):
        raise InputError(f"{path}: must be an object of words, each with its number from 0 to 2^31 - 1")
    return words
