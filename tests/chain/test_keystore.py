"""Keys: other wallets' files are read, own ones are for the owner alone, and no key is ever shown."""

import json
import logging
import os
import stat
from pathlib import Path

import pytest

from decai.chain.keystore import Keystore
from decai.errors import InputError, MissingError, StorageError
from decai.units import Address

# The two test vectors of the Web3 Secret Storage Definition.
KEY = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d"
ADDRESS = Address("0x008AeEda4D805471dF9b2A5B0f38A0C3bCBA786b")
PASSWORD = "testpassword"
VECTORS = {
    "pbkdf2": {
        "crypto": {
            "cipher": "aes-128-ctr",
            "cipherparams": {"iv": "6087dab2f9fdbbfaddc31a909735c1e6"},
            "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
            "kdf": "pbkdf2",
            "kdfparams": {
                "c": 262144,
                "dklen": 32,
                "prf": "hmac-sha256",
                "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
            },
            "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
        },
        "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
        "version": 3,
    },
    "scrypt": {
        "crypto": {
            "cipher": "aes-128-ctr",
            "cipherparams": {"iv": "83dbcc02d8ccb40e466191a123791e0e"},
            "ciphertext": "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
            "kdf": "scrypt",
            "kdfparams": {
                "dklen": 32,
                "n": 262144,
                "p": 8,
                "r": 1,
                "salt": "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19",
            },
            "mac": "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097",
        },
        "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
        "version": 3,
    },
}


@pytest.fixture
def keystore() -> Keystore:
    """Its keys are derived quickly, by few rounds."""
    return Keystore(iterations=2)


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A file of another wallet, which does not even tell the address."""
    path = tmp_path / "other.json"
    path.write_text(json.dumps(VECTORS["pbkdf2"]))
    return path


def files(keystore: Keystore) -> list[Path]:
    return sorted(keystore.folder.iterdir())


@pytest.mark.parametrize("kind", VECTORS)
def test_files_of_other_wallets_are_imported(keystore: Keystore, other: Path, kind: str) -> None:
    other.write_text(json.dumps(VECTORS[kind]))
    assert keystore.import_file(other, PASSWORD) == ADDRESS
    assert keystore.accounts() == [ADDRESS]
    assert keystore.unlock(ADDRESS, PASSWORD).key.hex() == KEY


def test_a_new_key_is_its_owners_alone(keystore: Keystore, data_folder: Path) -> None:
    os.umask(before := os.umask(0))
    address = keystore.create("word")
    (file,) = files(keystore)
    assert keystore.folder == data_folder / "keystore"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(keystore.folder.stat().st_mode) == 0o700 & ~before
    account = keystore.unlock(address, "word")
    assert str(account.address) == address
    assert account.key.hex() not in file.read_text()


def test_accounts_come_in_the_order_in_which_they_were_made(keystore: Keystore) -> None:
    made = [keystore.create("word") for _ in range(4)]
    assert keystore.accounts() == made
    assert keystore.create("word") not in made


@pytest.mark.parametrize("text", [KEY, f"0x{KEY}", f" {KEY.upper()}\n"])
def test_a_key_in_digits_is_imported(keystore: Keystore, text: str) -> None:
    assert keystore.import_key(text, "word") == ADDRESS
    assert keystore.unlock(ADDRESS, "word").key.hex() == KEY


@pytest.mark.parametrize("text", ["", KEY[:-1], KEY[:-2], KEY + "00", "zz" * 32, "0" * 64, "f" * 64])
def test_what_is_no_key_is_told_without_repeating_it(keystore: Keystore, text: str) -> None:
    with pytest.raises(InputError) as error:
        keystore.import_key(text, "word")
    assert str(error.value) == "that is no private key; one is 64 hexadecimal digits"
    assert error.value.__suppress_context__
    assert not keystore.folder.exists()


def test_the_same_key_is_not_kept_twice(keystore: Keystore, other: Path) -> None:
    keystore.import_key(KEY, "word")
    with pytest.raises(InputError, match=rf"^{ADDRESS}: its key is in .* already$"):
        keystore.import_file(other, PASSWORD)
    assert len(files(keystore)) == 1


def test_a_wrong_password_is_one_line(keystore: Keystore, other: Path) -> None:
    keystore.import_key(KEY, "word")
    (file,) = files(keystore)
    with pytest.raises(InputError) as error:
        keystore.unlock(ADDRESS, "Word")
    assert str(error.value) == f"{file.name}: wrong password"
    with pytest.raises(InputError, match=r"^other\.json: wrong password$"):
        keystore.import_file(other, "")


def test_an_empty_password_is_none(keystore: Keystore) -> None:
    with pytest.raises(InputError, match=r"^a key needs a password that is not empty$"):
        keystore.create("")


def test_a_key_that_is_not_there(keystore: Keystore) -> None:
    with pytest.raises(MissingError) as error:
        keystore.unlock(ADDRESS, "word")
    assert str(error.value) == f"{ADDRESS}: there is no key of it in {keystore.folder}"


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"[]", b'{"version": 1}', b'{"version": 3, "crypto": 7}', b"[" * 100_000]
)
def test_a_file_that_is_none_of_a_wallet(keystore: Keystore, other: Path, content: bytes) -> None:
    other.write_bytes(content)
    with pytest.raises(InputError) as error:
        keystore.import_file(other, PASSWORD)
    assert str(error.value) == f"{other}: is no keystore file (Web3 Secret Storage, version 3)"


@pytest.mark.parametrize("change", [{"kdf": "md5"}, {"kdfparams": {}}, {"ciphertext": "0x"}])
def test_a_damaged_file(keystore: Keystore, other: Path, change: dict[str, object]) -> None:
    vector = VECTORS["pbkdf2"]
    crypto = vector["crypto"]
    assert isinstance(crypto, dict)
    other.write_text(json.dumps({**vector, "crypto": {**crypto, **change}}))
    with pytest.raises(InputError, match=r"(is a damaged keystore file|wrong password)$"):
        keystore.import_file(other, PASSWORD)
    assert keystore.accounts() == []


def test_a_file_with_the_key_of_somebody_else_is_found_out(keystore: Keystore) -> None:
    keystore.import_key(KEY, "word")
    (file,) = files(keystore)
    content = json.loads(file.read_text())
    file.write_text(json.dumps({**content, "address": "11" * 20}))
    with pytest.raises(InputError, match=rf"is damaged: its key belongs to {ADDRESS}$"):
        keystore.unlock(Address("0x" + "11" * 20), "word")


def test_other_files_in_the_folder_do_no_harm(keystore: Keystore) -> None:
    keystore.import_key(KEY, "word")
    (keystore.folder / "notes.txt").write_text("remember")
    (keystore.folder / "UTC--0--bad").write_bytes(b"\xff\x00")
    (keystore.folder / "UTC--0--list").write_text("[]")
    (keystore.folder / "UTC--0--number").write_text('{"address": 7}')
    assert keystore.accounts() == [ADDRESS]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    keystore = Keystore(tmp_path / "file" / "keystore", iterations=2)
    with pytest.raises(StorageError, match=r"keystore: cannot be (made|read) \(Not a directory\)$"):
        keystore.create("word")


def test_nothing_shows_a_key(keystore: Keystore, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    keystore.import_key(KEY, "secret word")
    account = keystore.unlock(ADDRESS, "secret word")
    shown = f"{account!r}{account}{keystore!r}{caplog.text}".lower()
    assert KEY not in shown
    assert "secret word" not in shown
