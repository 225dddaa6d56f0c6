"""The data folder follows the environment, at the time of asking."""

import sys
from pathlib import Path

import pytest

from decai.paths import data_dir


def test_own_variable_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/xdg")
    monkeypatch.setenv("DECAI_DATA_DIR", "/mine")
    assert data_dir() == Path("/mine")


def test_own_variable_may_be_relative_or_start_at_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("DECAI_DATA_DIR", "here")
    assert data_dir() == tmp_path / "here"
    monkeypatch.setenv("DECAI_DATA_DIR", "~/there")
    assert data_dir() == Path("/home/someone/there")


@pytest.mark.parametrize(
    ("platform", "xdg", "folder"),
    [
        ("linux", None, "/home/someone/.local/share/decai"),
        ("linux", "/xdg", "/xdg/decai"),
        ("linux", "relative", "/home/someone/.local/share/decai"),
        ("darwin", None, "/home/someone/Library/Application Support/decai"),
        ("darwin", "/xdg", "/xdg/decai"),
    ],
)
def test_default_is_where_the_system_keeps_data(
    monkeypatch: pytest.MonkeyPatch, platform: str, xdg: str | None, folder: str
) -> None:
    monkeypatch.setenv("DECAI_DATA_DIR", "")
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    if xdg is not None:
        monkeypatch.setenv("XDG_DATA_HOME", xdg)
    monkeypatch.setattr(sys, "platform", platform)
    assert data_dir() == Path(folder)
