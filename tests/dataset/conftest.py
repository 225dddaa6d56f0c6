"""The source files are fetched once into the data folder of this machine; caches are per run."""

from collections.abc import Callable
from functools import cache as remember
from pathlib import Path

import pytest

from decai import dataset
from decai.dataset import Dataset

Load = Callable[..., Dataset]


@pytest.fixture(scope="session")
def fetched() -> None:
    for name in dataset.available():
        if dataset.info(name).fetch is not None:
            dataset.fetch(name)


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prepared")


@pytest.fixture(scope="session")
def loaded(fetched: None, cache: Path) -> Load:
    """`decai.dataset.load`, once for each set of arguments, from the cache of this run."""

    @remember
    def load(name: str, *, dense: bool = False, **options: int) -> Dataset:
        return dataset.load(name, cache=cache, dense=dense, **options)

    return load
