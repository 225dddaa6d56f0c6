"""Names, options and forms: what does not exist is told in one line."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from decai import dataset
from decai.errors import DatasetError

NAMES = "digits, imdb, synthetic-text, tiny, tiny-dense, titanic"


def test_available_names_are_sorted() -> None:
    assert ", ".join(dataset.available()) == NAMES


@pytest.mark.parametrize("act", [dataset.info, dataset.load, dataset.fetch])
def test_unknown_name_lists_the_names_and_the_closest(act: Any) -> None:
    with pytest.raises(DatasetError) as error:
        act("imbd")
    assert str(error.value) == f"there is no data set 'imbd' (did you mean 'imdb'?); there are {NAMES}"


def test_name_like_no_other_gets_no_suggestion() -> None:
    with pytest.raises(DatasetError) as error:
        dataset.info("xyzzy")
    assert str(error.value) == f"there is no data set 'xyzzy'; there are {NAMES}"


@pytest.mark.parametrize(
    ("name", "options", "line"),
    [
        ("imdb", {"word": 5}, "imdb: unknown option 'word' (did you mean 'words'?); there are words"),
        ("titanic", {"zzz": 5}, "titanic: unknown option 'zzz'; it has no options"),
        ("imdb", {"words": 0}, "imdb: words must be from 1 to 50,000, not 0"),
        ("imdb", {"words": 2.5}, "imdb: words must be a whole number, not 2.5"),
        ("imdb", {"words": True}, "imdb: words must be a whole number, not True"),
        ("imdb", {"dense": True}, "imdb: has no dense form"),
        ("synthetic-text", {"noise": 51}, "synthetic-text: noise must be from 0 to 50, not 51"),
        ("synthetic-text", {"words": 100}, "synthetic-text: length must be from 1 to 50, not 91"),
        ("synthetic-text", {"samples": -1}, "synthetic-text: samples must be from 1 to 10,000,000, not -1"),
        (
            "synthetic-text",
            {"samples": 10_000_000, "length": 400},
            "synthetic-text: 10,025,000 texts of 400 words are too much for memory; "
            "samples and test together must be at most 5,000,000",
        ),
    ],
)
def test_option_that_cannot_be_is_one_line(name: str, options: dict[str, Any], line: str) -> None:
    with pytest.raises(DatasetError) as error:
        dataset.load(name, **options)
    assert str(error.value) == line


@pytest.mark.parametrize("name", ["digits", "synthetic-text", "tiny", "tiny-dense"])
def test_data_that_are_here_need_no_fetching(name: str) -> None:
    with pytest.raises(DatasetError, match=f"^{name}: there is nothing to fetch$"):
        dataset.fetch(name)


def test_data_set_with_only_a_dense_form_is_loaded_in_it() -> None:
    assert not dataset.load("tiny-dense").is_sparse


def test_import_touches_no_file(tmp_path: Path) -> None:
    code = f"import os; os.environ['DECAI_DATA_DIR'] = {str(tmp_path / 'data')!r}; import decai.dataset"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert list(tmp_path.iterdir()) == []


def test_generated_data_touch_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECAI_DATA_DIR", str(tmp_path / "data"))
    dataset.load("tiny")
    dataset.load("tiny-dense")
    dataset.load("synthetic-text", samples=10, test=10)
    assert list(tmp_path.iterdir()) == []
