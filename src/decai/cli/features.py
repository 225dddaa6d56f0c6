"""Samples as people write them: lists of numbers, files of lists, texts."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from decai.errors import InputError, Refused, StorageError
from decai.samples import Features, Samples

__all__ = ["label_of", "parse_features", "read_samples", "rows_of", "text_features"]

_LIMIT: Final = 2**32
_DIGITS: Final = 20
_BULK_LIMIT: Final = 2**31


def parse_features(text: str, where: str = "the features") -> Features:
    """Feature indices from ``1,5,9`` or a JSON list.

    Raises
    ------
    InputError
        If it is no list of whole numbers from 0 to 2^32 - 1.

    Examples
    --------
    >>> parse_features("3, 1,4").tolist(), parse_features("[2]").tolist(), parse_features("").tolist()
    ([3, 1, 4], [2], [])
    """
    inner = text.strip().removeprefix("[").removesuffix("]").strip()
    words = [word.strip() for word in inner.split(",")] if inner else []
    for word in words:
        if not (word.isascii() and word.isdigit() and len(word) <= _DIGITS and int(word) < _LIMIT):
            raise InputError(f"{where}: {word[:40]!r} is no feature index; give a list such as 1,5,9")
    numbers = [int(word) for word in words]
    if max(numbers, default=0) < 2**31:
        return np.array(numbers, dtype=np.int32)
    return np.array(numbers, dtype=np.int64)


def read_samples(path: Path, check: Callable[[Features], None]) -> Samples:
    """The samples in a file, one list a line, as JSON or as numbers with commas between.

    Parameters
    ----------
    path
        Of the file.
    check
        Raises `Refused` for a sample that the model cannot take.

    Raises
    ------
    StorageError
        If the file cannot be read.
    InputError
        If a line is no list of feature indices, or none that the model takes; says which.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise StorageError(f"{path}: cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is no text") from None
    rows = []
    for number, line in enumerate(lines, 1):
        where = f"{path}, line {number}"
        row = parse_features(line, where)
        try:
            check(row)
        except Refused as refusal:
            raise InputError(f"{where}: {refusal}") from None
        if len(row) and int(row.max()) >= _BULK_LIMIT:
            raise InputError(
                f"{where}: a feature index is above {_BULK_LIMIT - 1:,}, which bulk prediction cannot take"
            )
        rows.append(row)
    return Samples.sparse(rows)


def text_features(text: str, encoder: str, size: int) -> Features:
    """The features of a text, for a model whose encoder is the vocabulary of a data set.

    Raises
    ------
    InputError
        If its encoder takes no text.
    """
    if encoder != "imdb words":
        raise InputError(f"the encoder of this model is {encoder!r}, which takes no text; give --features")
    from decai.dataset import imdb

    return imdb.encode(text, size)


def rows_of(text: str, size: int) -> range:
    """Rows such as ``7``, ``0:100`` or ``:``, of so many.

    Raises
    ------
    InputError
        If it is none of these or lies outside.

    Examples
    --------
    >>> rows_of("2:4", 10), rows_of("7", 10), rows_of(":", 3)
    (range(2, 4), range(7, 8), range(0, 3))
    """
    first, colon, last = text.partition(":")
    try:
        begin = int(first or 0)
        end = int(last or size) if colon else begin + 1
    except ValueError:
        raise InputError(f"{text!r} names no rows; give one such as 7, or several such as 0:100") from None
    if not 0 <= begin <= end <= size:
        raise InputError(f"rows {text} lie outside; there are {size:,}")
    return range(begin, end)


def label_of(text: str, classes: tuple[str, ...]) -> int:
    """A label from a class's name or number.

    Raises
    ------
    InputError
        If there is no such class.
    """
    if text in classes:
        return classes.index(text)
    if text.isascii() and text.isdigit() and len(text) <= _DIGITS and int(text) < len(classes):
        return int(text)
    names = ", ".join(f"{name} ({number})" for number, name in enumerate(classes[:20]))
    raise InputError(f"{text[:80]!r} is no class of this model; it has {names}")
