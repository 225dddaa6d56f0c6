"""The examples of these pages run in a data folder of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from decai.chain.local_node import anvil_path, stop
from decai.paths import DATA_DIR_VARIABLE


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    program = anvil_path()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / program.name).symlink_to(program)
    monkeypatch.setenv(DATA_DIR_VARIABLE, str(tmp_path))
    monkeypatch.setenv("DECAI_NODE_PORT", "0")
    yield
    stop()
