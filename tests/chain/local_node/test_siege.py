"""Whatever is killed when, nothing acknowledged is lost, and the next command goes on."""

from pathlib import Path

import pytest

from tests.chain.local_node.siege import Siege

pytestmark = pytest.mark.xdist_group("local node")


def test_nothing_acknowledged_is_lost_under_siege(data_folder: Path) -> None:
    siege = Siege(data_folder, seed=7)
    siege.run(rounds=8)
    models, contributions = siege.check()
    assert models >= 1
    assert contributions >= 1
    assert sum(siege.kills.values()) >= 8
