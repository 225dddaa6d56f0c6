"""Processes that send from the same account take turns, and none that dies keeps its turn."""

import subprocess
import sys
from pathlib import Path

import pytest

from decai.chain.account_lock import account_turn
from decai.errors import ChainError, StorageError
from decai.units import Address

ADDRESS = Address("0x008AeEda4D805471dF9b2A5B0f38A0C3bCBA786b")
OTHER = Address("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")

HOLD = f"""
import sys, time
from decai.chain.account_lock import account_turn
with account_turn(1, {ADDRESS!r}) as turn:
    turn.record(41, "0xab")
    print("mine", flush=True)
    sys.stdin.read()
"""
COUNT = f"""
import sys, time
from pathlib import Path
from decai.chain.account_lock import account_turn
file = Path(sys.argv[1])
for _ in range(25):
    with account_turn(1, {ADDRESS!r}):
        number = int(file.read_text())
        time.sleep(0.001)
        file.write_text(str(number + 1))
"""


@pytest.fixture
def holder() -> subprocess.Popen[str]:
    """Another process that has its turn until it is told to end, or killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "mine\n"
    return process


def test_two_do_not_send_at_once(holder: subprocess.Popen[str]) -> None:
    with pytest.raises(ChainError) as error, account_turn(1, ADDRESS, timeout=0.05):
        pass
    assert str(error.value) == (
        f"{ADDRESS}: another decai process has been sending for 0.05 s; nothing was sent"
    )
    holder.communicate("")
    with account_turn(1, ADDRESS, timeout=5):
        pass


def test_other_accounts_and_chains_do_not_wait(holder: subprocess.Popen[str]) -> None:
    with account_turn(1, OTHER, timeout=0), account_turn(2, ADDRESS, timeout=0):
        pass
    holder.communicate("")


def test_a_process_that_is_killed_gives_its_turn_back(holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.communicate()
    with account_turn(1, ADDRESS, timeout=5) as turn:
        assert turn.last() == (41, "0xab")


def test_nobody_overtakes_in_a_crowd(tmp_path: Path) -> None:
    file = tmp_path / "number"
    file.write_text("0")
    crowd = [subprocess.Popen([sys.executable, "-c", COUNT, str(file)]) for _ in range(4)]
    assert [process.wait() for process in crowd] == [0] * 4
    assert file.read_text() == "100"


def test_the_next_one_learns_what_was_sent(data_folder: Path) -> None:
    with account_turn(1, ADDRESS) as turn:
        assert turn.last() is None
        turn.record(1_000, "0x" + "ab" * 32)
        turn.record(7, "0x" + "cd" * 32)
    with account_turn(1, ADDRESS) as turn:
        assert turn.last() == (7, "0x" + "cd" * 32)
    (file,) = (data_folder / "locks").iterdir()
    for content in ("", "[", "7", "[1]", '["a", "b"]'):
        file.write_text(content)
        with account_turn(1, ADDRESS) as turn:
            assert turn.last() is None


def test_a_folder_that_cannot_be_written_is_one_line(data_folder: Path) -> None:
    (data_folder / "locks").write_bytes(b"")
    with pytest.raises(StorageError, match=r"\.lock: cannot be written \(File exists\)$"):
        account_turn(1, ADDRESS).__enter__()
