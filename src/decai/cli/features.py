"""Samples as people write them: lists of numbers, and files of lists."""

import csv
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from decai.errors import InputError, StorageError
from decai.samples import Features

__all__ = [
    "Row",
    "label_of",
    "parse_features",
    "parse_numbers",
    "parse_vector",
    "read_rows",
    "rows_of",
]

_LIMIT: Final = 2**32
_DIGITS: Final = 20
_LARGEST: Final = 2**31
_LONGEST_LINE: Final = 2**20


def parse_features(text: str) -> Features:
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
    words = _words(text)
    for word in words:
        if not (word.isascii() and word.isdigit() and len(word) <= _DIGITS and int(word) < _LIMIT):
            raise InputError(f"{word[:40]!r} is no feature index; give a list such as 1,5,9")
    numbers = [int(word) for word in words]
    if max(numbers, default=0) < 2**31:
        return np.array(numbers, dtype=np.int32)
    return np.array(numbers, dtype=np.int64)


def parse_vector(text: str) -> Features:
    """A vector in fixed point, where 1 is 1000000000, such as ``600000000,-800000000``.

    Raises
    ------
    InputError
        If it is no list of whole numbers between -2^31 and 2^31.

    Examples
    --------
    >>> parse_vector("600000000, -800000000").tolist()
    [600000000, -800000000]
    """
    numbers = []
    for word in _words(text):
        digits = word.removeprefix("-")
        whole = digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS
        if not whole or int(digits) >= _LARGEST:
            raise InputError(
                f"{word[:40]!r} is no number of a vector in fixed point, where 1 is 1000000000; "
                "give such, or --numbers for any others"
            )
        numbers.append(int(word))
    return np.array(numbers, dtype=np.int64)


def parse_numbers(text: str) -> list[float]:
    """Numbers of any size from ``1, 2.5,-3e2`` or a JSON list.

    Raises
    ------
    InputError
        If one of them is no number, or not finite.

    Examples
    --------
    >>> parse_numbers("[1, 2.5]"), parse_numbers("-3e2")
    ([1.0, 2.5], [-300.0])
    """
    return [_number(word) for word in _words(text)]


def _words(text: str) -> list[str]:
    inner = text.strip().removeprefix("[").removesuffix("]").strip()
    return [word.strip() for word in inner.split(",")] if inner else []


def _number(word: str) -> float:
    try:
        number = float(word)
    except ValueError:
        raise InputError(f"{word[:40]!r} is no number; give numbers such as 1,2.5") from None
    if not math.isfinite(number):
        raise InputError(f"{word[:40]!r} is not finite, or far too large")
    return number


class Row(NamedTuple):
    """A line of a file of samples."""

    where: str
    """The file and the line."""
    text: str
    cells: tuple[str, ...]
    """The same, cut at the commas that stand in no quotation marks."""


def read_rows(path: Path) -> list[Row]:
    """The lines of a file, one for each sample.

    Raises
    ------
    StorageError
        If the file cannot be read.
    InputError
        If it is no text, or a line is far too long.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise StorageError(f"{path}: cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is no text") from None
    return list(_rows(path, lines))


def _rows(path: Path, lines: Sequence[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        where = f"{path}, line {number}"
        if len(line) > _LONGEST_LINE:
            raise InputError(f"{where}: has {len(line):,} characters; at most {_LONGEST_LINE:,} may be")
        try:
            cells = next(csv.reader([line], skipinitialspace=True), [])
        except csv.Error as error:
            raise InputError(f"{where}: is no line of a table ({error})") from None
        yield Row(where, line, tuple(cell.strip() for cell in cells))


def rows_of(text: str, size: int) -> range:
    """Rows such as ``7``, ``0:100`` or ``:``, of so many.

    Raises
    ------
    InputError
        If it is none of these, ends before it begins, or lies outside.

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
    if last and 0 <= end < begin:
        raise InputError(f"rows {text} end before they begin; write the lower number first")
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
