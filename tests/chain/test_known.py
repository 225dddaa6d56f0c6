"""The list of known models: what is on it is found by name or address, and it is never half-written."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from decai.chain.known import KnownModel, find, known_models, remember
from decai.errors import InputError, StorageError
from decai.units import Address

A = Address("0xAa00000000000000000000000000000000000001")
B = Address("0xaA00000000000000000000000000000000000002")
C = Address("0xBb00000000000000000000000000000000000003")


@pytest.fixture
def models() -> list[KnownModel]:
    """Two on one chain, one on another."""
    models = [
        KnownModel(A, 1, 10, "Reviews"),
        KnownModel(B, 1, 20, "Spam"),
        KnownModel(C, 5, 30, "Reviews"),
    ]
    for model in models:
        remember(model)
    return models


def test_nothing_is_known_at_first() -> None:
    assert known_models() == []
    assert find("Reviews", 1) is None


def test_lists_all_or_those_of_a_chain_in_order(models: list[KnownModel]) -> None:
    assert known_models() == models
    assert known_models(1) == models[:2]
    assert known_models(7) == []


def test_a_new_entry_takes_the_place_of_one_of_the_same_address_and_chain(models: list[KnownModel]) -> None:
    again = KnownModel(A, 1, 11, "Other reviews")
    elsewhere = KnownModel(A, 5, 12, "Reviews")
    remember(again)
    remember(elsewhere)
    assert known_models() == [*models[1:], again, elsewhere]


@pytest.mark.parametrize(
    ("text", "chain", "found"),
    [
        ("Reviews", 1, 0),
        ("reviews", 1, 0),
        ("Reviews", 5, 2),
        ("Spam", 5, None),
        ("0xBb00", 5, 2),
        ("0xbb00", 5, 2),
        ("0xBb0", 5, None),
        (A.lower(), 1, 0),
        ("", 1, None),
    ],
)
def test_finds_by_name_and_by_the_beginning_of_an_address(
    text: str, chain: int, found: int | None, models: list[KnownModel]
) -> None:
    assert find(text, chain) == (None if found is None else models[found])


def test_a_name_in_its_own_letters_comes_before_the_same_in_others(models: list[KnownModel]) -> None:
    small = KnownModel(C, 1, 40, "reviews")
    remember(small)
    assert find("reviews", 1) == small
    assert find("Reviews", 1) == models[0]
    with pytest.raises(InputError, match="'REVIEWS' may be any of 2 models"):
        find("REVIEWS", 1)


def test_what_may_be_several_is_asked_for_by_address(models: list[KnownModel]) -> None:
    with pytest.raises(InputError, match=rf"^'0xaa00' may be any of 2 models; give the address: {A}, {B}$"):
        find("0xaa00", 1)


def test_of_many_the_latest_are_named_and_the_others_counted() -> None:
    addresses = [Address(f"0xCc0000000000000000000000000000000000000{n}") for n in range(7)]
    for block, address in enumerate(addresses):
        remember(KnownModel(address, 1, block, "Bad"))
    line = f"'bad' may be any of 7 models; give the address: {', '.join(addresses[4:])} and 4 more"
    with pytest.raises(InputError, match=f"^{line}$"):
        find("bad", 1)


@pytest.mark.parametrize("content", ["", "{", "[1]", '[{"address": 1}]', '{"a": 1}', '[{"name": "x"}]'])
def test_a_damaged_list_is_one_line(content: str, data_folder: Path) -> None:
    (data_folder / "models.json").write_text(content)
    with pytest.raises(StorageError, match=r"models\.json: is damaged; remove it"):
        known_models()
    with pytest.raises(StorageError, match="is damaged"):
        remember(KnownModel(A, 1, 10, "x"))
    assert (data_folder / "models.json").read_text() == content


def test_a_folder_that_cannot_be_written_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DECAI_DATA_DIR", str(tmp_path / "file"))
    with pytest.raises(StorageError, match="file: cannot be written"):
        remember(KnownModel(A, 1, 10, "x"))


def test_processes_that_remember_at_once_lose_nothing(data_folder: Path) -> None:
    code = (
        "import sys; from decai.chain.known import KnownModel, remember\n"
        "for i in range(10): remember(KnownModel(f'{sys.argv[1]}{i}', 1, i, 'x'))"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, name]) for name in "abc"]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert len({model.address for model in known_models()}) == 30
    assert len(json.loads((data_folder / "models.json").read_bytes())) == 30
