"""Files are whole or not there, and a damaged cache is never noticed."""

import os
import stat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decai.dataset.storage import Arrays, atomic_file, prepared
from decai.errors import DatasetError, DecaiError, StorageError

NAMES = ("numbers", "bytes")


def build() -> Arrays:
    return {"numbers": np.arange(40).reshape(5, 8), "bytes": np.frombuffer(b"film", dtype=np.uint8)}


def never() -> Arrays:
    raise AssertionError("must come from the cache")


def same(one: Arrays, other: Arrays) -> bool:
    return all(one[n].dtype == other[n].dtype and np.array_equal(one[n], other[n]) for n in NAMES)


def test_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def write_half() -> None:
        with atomic_file(path) as file:
            file.write(b"ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize(("mode", "expected"), [(0o666, 0o644), (0o600, 0o600), (0o777, 0o755)])
def test_files_have_the_permissions_that_were_asked_for(tmp_path: Path, mode: int, expected: int) -> None:
    before = os.umask(0o022)
    try:
        with atomic_file(tmp_path / "file", mode=mode) as file:
            file.write(b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == expected


def test_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    path = tmp_path / "file" / "inside"
    with pytest.raises(StorageError) as error, atomic_file(path):
        pass
    assert str(error.value) == f"{path}: cannot be written (its folder is a file)"


def test_folder_that_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match=r"cannot be written \(its folder is a file\)$"):
        prepared(tmp_path / "file", "toy", {}, NAMES, never)


@pytest.mark.parametrize("error", [StorageError("source: cannot be read"), DatasetError("damaged")])
def test_error_of_the_work_is_told_as_it_is(tmp_path: Path, error: DecaiError) -> None:
    def fail() -> Arrays:
        raise error

    with pytest.raises(type(error), match=f"^{error}$"):
        prepared(tmp_path, "toy", {}, NAMES, fail)
    assert list(tmp_path.iterdir()) == []


def test_second_time_comes_from_the_cache(tmp_path: Path) -> None:
    first = prepared(tmp_path, "toy", {"words": 1}, NAMES, build)
    assert same(first, prepared(tmp_path, "toy", {"words": 1}, NAMES, never))
    assert [path.name[:4] for path in tmp_path.iterdir()] == ["toy-"]


def test_key_tells_caches_apart(tmp_path: Path) -> None:
    for words in (1, 2):
        prepared(tmp_path, "toy", {"words": words}, NAMES, build)
    assert len(list(tmp_path.iterdir())) == 2


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_damaged_cache_is_built_anew(tmp_path: Path, data: st.DataObject) -> None:
    prepared(tmp_path, "toy", {}, NAMES, build)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    position = data.draw(st.integers(0, len(whole) - 1))
    change = data.draw(st.integers(0, 255))
    cut = data.draw(st.booleans())
    path.write_bytes(whole[:position] + (b"" if cut else bytes([change]) + whole[position + 1 :]))
    assert same(prepared(tmp_path, "toy", {}, NAMES, build), build())
    assert same(prepared(tmp_path, "toy", {}, NAMES, never), build())


@pytest.mark.parametrize("other", ["pickle", "array", "fewer", "folder"])
def test_file_of_another_make_is_built_anew_or_told(tmp_path: Path, other: str) -> None:
    prepared(tmp_path, "toy", {}, NAMES, build)
    (path,) = tmp_path.iterdir()
    with path.open("wb") as file:
        if other == "pickle":
            np.savez(file, numbers=np.array([{}], dtype=object), bytes=np.array([None]))
        elif other == "array":
            np.save(file, np.arange(3))
        else:
            np.savez(file, numbers=np.arange(3))
    if other == "folder":
        path.unlink()
        path.mkdir()
        with pytest.raises(StorageError, match="cannot be written"):
            prepared(tmp_path, "toy", {}, NAMES, build)
    else:
        assert same(prepared(tmp_path, "toy", {}, NAMES, build), build())
