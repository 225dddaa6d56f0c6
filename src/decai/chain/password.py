"""The password of a key: out of a file, out of the environment, or from whoever sits at the terminal."""

import os
import sys
from getpass import getpass
from pathlib import Path
from typing import Final

from decai.dataset.storage import unreadable
from decai.errors import InputError
from decai.units import Address

__all__ = ["PASSWORD_VARIABLE", "ask_password", "new_password"]

PASSWORD_VARIABLE: Final = "DECAI_PASSWORD"


def ask_password(address: Address, file: Path | None = None) -> str:
    """The password of the key of an account.

    Parameters
    ----------
    address
        Whose key it is; the prompt says so.
    file
        Whose first line is the password.

    Raises
    ------
    InputError
        If there is no file, no variable and no terminal to ask at, or the file is empty.
    StorageError
        If the file cannot be read.
    """
    return _given(file) or _prompted(f"Password of {address}: ", f"the key of {address} has a password")


def new_password(file: Path | None = None) -> str:
    """A password for a new key, which whoever is asked types twice; raises what `ask_password` does."""
    if given := _given(file):
        return given
    password = _prompted("Password of the new key: ", "a new key needs a password")
    if getpass("The same again: ") != password:
        raise InputError("the two passwords differ")
    return password


def _given(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get(PASSWORD_VARIABLE)
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise unreadable(file, error) from None
    except UnicodeDecodeError:
        raise InputError(f"{file}: is no text, so it holds no password") from None
    if not lines or not lines[0]:
        raise InputError(f"{file}: holds no password in its first line")
    return lines[0]


def _prompted(prompt: str, need: str) -> str:
    if not sys.stdin.isatty():
        raise InputError(f"{need}: give it in ${PASSWORD_VARIABLE} or by a file, or use a terminal")
    password = getpass(prompt)
    if not password:
        raise InputError("the password is empty")
    return password
