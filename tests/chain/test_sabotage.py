"""Kills at random moments of deploying and contributing lose nothing, and nothing is done twice."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.xdist_group("local node")
def test_ten_rounds_lose_nothing(data_folder: Path) -> None:
    command = [sys.executable, "-m", "tests.chain.sabotage", "--rounds", "10", "--seed", "7"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = re.search(
        r"(\d+) commands were given again, .* nothing is lost, nothing was done twice$", done.stdout
    )
    assert told is not None, done.stdout
    # Else nothing was ever killed in the middle of its work.
    assert int(told[1]) > 0
