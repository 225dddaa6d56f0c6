"""Private keys on this machine: one encrypted file each (Web3 Secret Storage), as other wallets keep them.

A key leaves this module only as an account that signs; no message, log or ``repr`` shows one.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from decai.chain.address import checksummed
from decai.dataset.storage import atomic_file, unreadable
from decai.errors import InputError, MissingError, StorageError
from decai.nesting import limited_recursion
from decai.paths import data_dir
from decai.units import Address

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

__all__ = ["Keystore"]

_ADDRESS: Final = re.compile(r"(?:0x)?([0-9a-fA-F]{40})")
_OWNER_ONLY: Final = 0o600


class Keystore:
    """A folder of encrypted keys.

    Parameters
    ----------
    folder
        Where the files are; by default ``keystore`` in `decai.paths.data_dir`. It need not exist yet.
    iterations
        The work of deriving the key of a new file from its password; None for the usual second of it.
    """

    def __init__(self, folder: Path | None = None, *, iterations: int | None = None) -> None:
        self.folder: Final = data_dir() / "keystore" if folder is None else folder
        self._iterations = iterations

    def __repr__(self) -> str:
        return f"Keystore({str(self.folder)!r})"

    def accounts(self) -> list[Address]:
        """The accounts that have a file here, the oldest file first.

        Raises
        ------
        StorageError
            If the folder cannot be read.
        """
        return list(dict.fromkeys(address for address, _ in self._files()))

    def create(self, password: str) -> Address:
        """Make a new key, and keep it.

        Raises
        ------
        InputError
            If `password` is empty.
        StorageError
            If the folder cannot be written.
        """
        from eth_account import Account

        return self._keep(Account.create(), password)

    def import_key(self, key: str, password: str) -> Address:
        """Keep a key that somebody has as 64 hexadecimal digits.

        Raises
        ------
        InputError
            If `key` is none or is here already, or `password` is empty.
        StorageError
            If the folder cannot be written.
        """
        from eth_account import Account

        try:
            account = Account.from_key(bytes.fromhex(key.strip().removeprefix("0x")))
        except Exception:  # what it raises repeats the key, and is of several kinds
            raise InputError("that is no private key; one is 64 hexadecimal digits") from None
        return self._keep(account, password)

    def import_file(self, path: Path, password: str) -> Address:
        """Keep a key out of another wallet's file, under the same password.

        Raises
        ------
        InputError
            If the file is no keystore file, the password is wrong, or the key is here already.
        StorageError
            If the file cannot be read or the folder cannot be written.
        """
        try:
            content = path.read_bytes()
        except OSError as error:
            raise unreadable(path, error) from None
        return self._keep(_decrypted(path, _parsed(path, content), password), password)

    def unlock(self, address: Address, password: str) -> "LocalAccount":
        """The account that signs for an address.

        Raises
        ------
        MissingError
            If there is no key for it here.
        InputError
            If the password is wrong, or the file is damaged.
        StorageError
            If the folder cannot be read.
        """
        for found, path in self._files():
            if found == address:
                try:
                    content = path.read_bytes()
                except OSError as error:
                    raise unreadable(path, error) from None
                account = _decrypted(path, _parsed(path, content), password)
                if Address(account.address) != address:
                    raise InputError(f"{path}: is damaged: its key belongs to {account.address}")
                return account
        raise MissingError(f"{address}: there is no key of it in {self.folder}")

    def _files(self) -> Iterator[tuple[Address, Path]]:
        """Keystore files, by name, which begins with the time; whatever else lies there is left alone."""
        try:
            paths = sorted(path for path in self.folder.iterdir() if path.name.startswith("UTC--"))
        except FileNotFoundError:
            return
        except OSError as error:
            raise unreadable(self.folder, error) from None
        for path in paths:
            try:
                with limited_recursion():
                    address = json.loads(path.read_bytes())["address"]
            except (OSError, ValueError, TypeError, KeyError, RecursionError):
                continue
            if isinstance(address, str) and (match := _ADDRESS.fullmatch(address)):
                yield checksummed(f"0x{match[1]}"), path

    def _keep(self, account: "LocalAccount", password: str) -> Address:
        address = Address(account.address)
        if not password:
            raise InputError("a key needs a password that is not empty")
        if address in self.accounts():
            raise InputError(f"{address}: its key is in {self.folder} already")
        encrypted = account.encrypt(password, iterations=self._iterations)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S.%fZ")
        path = self.folder / f"UTC--{now}--{address[2:].lower()}"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{self.folder}: cannot be made ({error.strerror or error})") from None
        with atomic_file(path, mode=_OWNER_ONLY) as file:
            file.write(json.dumps({**encrypted, "address": address[2:].lower()}).encode())
        return address


def _parsed(path: Path, content: bytes) -> Mapping[str, Any]:
    try:
        with limited_recursion():
            keyfile = json.loads(content)
        is_keyfile = keyfile["version"] == 3 and isinstance(keyfile["crypto"], dict)
    except (ValueError, TypeError, KeyError, RecursionError):
        is_keyfile = False
    if not is_keyfile:
        raise InputError(f"{path}: is no keystore file (Web3 Secret Storage, version 3)")
    return dict(keyfile)


def _decrypted(path: Path, keyfile: Mapping[str, Any], password: str) -> "LocalAccount":
    from eth_account import Account

    try:
        account: LocalAccount = Account.from_key(Account.decrypt(dict(keyfile), password))
    except Exception as error:  # of many kinds, where a file is damaged; and they may hold the key
        if "MAC mismatch" in str(error):
            raise InputError(f"{path.name}: wrong password") from None
        raise InputError(f"{path}: is a damaged keystore file") from None
    return account
