"""The journal gives back exactly what it acknowledged, whatever happened to the process in between."""

import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decai.chain.local_node.journal import Block, Call, Clock, Entry, Journal
from decai.errors import StorageError

blocks = st.builds(
    Block,
    number=st.integers(1, 10**6),
    time=st.integers(0, 2**40),
    base_fee=st.integers(0, 10**12),
    transaction=st.none() | st.binary(max_size=40).map(bytes.hex),
    hash=st.none() | st.binary(max_size=32).map(bytes.hex),
    gas=st.integers(0, 10**7),
    status=st.integers(0, 1),
    clock=st.integers(-(10**6), 10**9),
    block_hash=st.none() | st.binary(max_size=32).map(bytes.hex),
)
clocks = st.builds(Clock, st.integers(-(10**6), 10**9), st.none() | st.integers(0, 2**40))
calls = st.builds(Call, st.sampled_from(["anvil_setBalance"]), st.lists(st.text(max_size=5), max_size=3))
entries = st.lists(blocks | calls | clocks, max_size=8)


def fresh(tmp_path: Path) -> Path:
    shutil.rmtree(tmp_path, ignore_errors=True)
    return tmp_path


def reopened(folder: Path) -> Journal:
    """As another process finds it."""
    journal = Journal(folder)
    journal.close()
    return journal


quick = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)


@given(st.lists(entries, max_size=4))
@quick
def test_gives_back_what_several_processes_wrote(tmp_path: Path, lots: list[list[Entry]]) -> None:
    folder = fresh(tmp_path / "node")
    expected: list[Entry] = []
    for lot in lots:
        journal = Journal(folder)
        assert journal.entries == expected
        journal.append(*lot)
        journal.close()
        expected += lot
    assert reopened(folder).entries == expected


@given(entries.filter(len), entries, st.data())
@quick
def test_a_file_cut_anywhere_loses_only_what_was_never_acknowledged(
    tmp_path: Path, first: list[Entry], last: list[Entry], data: st.DataObject
) -> None:
    folder = fresh(tmp_path / "node")
    journal = Journal(folder)
    journal.append(*first)
    (path,) = folder.glob("journal-*")
    acknowledged = path.stat().st_size
    journal.append(*last)
    journal.close()
    cut = data.draw(st.integers(acknowledged, path.stat().st_size))
    path.write_bytes(path.read_bytes()[:cut])
    found = reopened(folder).entries
    assert found[: len(first)] == first
    assert found == [*first, *last][: len(found)]
    # and it goes on from there
    again = Journal(folder)
    again.append(Call("anvil_setBalance", ["x"]))
    again.close()
    assert reopened(folder).entries == [*found, Call("anvil_setBalance", ["x"])]


@given(entries.filter(len), st.binary(min_size=1, max_size=50), entries, entries)
@quick
def test_a_state_takes_the_place_of_what_led_to_it(
    tmp_path: Path, before: list[Entry], state: bytes, still: list[Entry], after: list[Entry]
) -> None:
    folder = fresh(tmp_path / "node")
    journal = Journal(folder)
    journal.append(*before)
    journal.keep_state(state, *still)
    journal.append(*after)
    journal.close()
    found = reopened(folder)
    assert (found.state, found.entries) == (state, still + after)
    assert len(list(folder.glob("state-*"))) == 1


@pytest.mark.parametrize("step", ["new journal", "state", "old files"])
def test_a_crash_while_a_state_is_kept_loses_nothing(tmp_path: Path, step: str) -> None:
    folder, copy = tmp_path / "node", tmp_path / "copy"
    entry = Call("anvil_setBalance", ["a", "1"])
    journal = Journal(folder)
    journal.append(entry, entry)
    shutil.copytree(folder, copy)
    journal.keep_state(b"state")
    journal.close()
    # the folder as it is after this step of keeping
    if step in ("new journal", "state", "old files"):
        (copy / "journal-2").touch()
    if step in ("state", "old files"):
        shutil.copy(folder / "state-2", copy)
    if step == "old files":
        (copy / "journal-0").unlink()
    found = reopened(copy)
    assert (found.state, found.entries) in [(None, [entry, entry]), (b"state", [])]
    assert found.state == (None if step == "new journal" else b"state")


def test_a_damaged_state_is_one_line_and_not_forgotten(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(Call("anvil_setBalance", []))
    journal.keep_state(b"state")
    journal.close()
    (tmp_path / "state-1").write_bytes(b"other")
    found = reopened(tmp_path)
    with pytest.raises(StorageError, match="is damaged"):
        _ = found.state


def test_a_missing_part_is_one_line(tmp_path: Path) -> None:
    for _ in range(2):
        journal = Journal(tmp_path)
        journal.append(Call("anvil_setBalance", []))
        journal.close()
    (tmp_path / "journal-0").unlink()
    with pytest.raises(StorageError, match="a part of the journal is missing"):
        Journal(tmp_path)


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The system writes what still fits and refuses the rest, as it does when a disk is full."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def test_a_full_disk_is_one_line_and_nothing_counts(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(Call("anvil_setBalance", ["kept"]))
    used = (tmp_path / "journal-0").stat().st_size
    with files_of_at_most(used + 10), pytest.raises(StorageError, match="cannot be written"):
        journal.append(Call("anvil_setBalance", ["lost"]))
    journal.append(Call("anvil_setBalance", ["kept too"]))
    journal.close()
    expected = [Call("anvil_setBalance", ["kept"]), Call("anvil_setBalance", ["kept too"])]
    assert reopened(tmp_path).entries == expected


@pytest.mark.parametrize("room", [10, 200], ids=["for no new journal", "for no state"])
def test_what_comes_after_a_state_that_found_no_room_is_not_lost(tmp_path: Path, room: int) -> None:
    journal = Journal(tmp_path)
    expected: list[Entry] = [Call("anvil_setBalance", ["before"])]
    journal.append(*expected)
    with files_of_at_most(room), pytest.raises(StorageError, match="cannot be written"):
        journal.keep_state(b"state" * 100, Clock(5))
    later = Call("anvil_setBalance", ["after"])
    journal.append(later)
    journal.close()
    expected += [Clock(5), later] if room == 200 else [later]
    found = reopened(tmp_path)
    assert (found.state, found.entries) == (None, expected)
    found = Journal(tmp_path)
    found.keep_state(b"state", Clock(6))
    found.close()
    assert (reopened(tmp_path).state, reopened(tmp_path).entries) == (b"state", [Clock(6)])
