"""A local node for tests, with a data folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from decai.chain.local_node import NodeInfo, ensure_running, stop


@pytest.fixture
def node(data_folder: Path) -> Iterator[NodeInfo]:
    yield ensure_running()
    stop()
