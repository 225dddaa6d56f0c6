"""Passwords come from a file, the environment or a real terminal, and from nowhere else."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from decai.chain.password import ask_password, new_password
from decai.errors import InputError, StorageError
from decai.units import Address

ADDRESS = Address("0x008AeEda4D805471dF9b2A5B0f38A0C3bCBA786b")


def test_the_first_line_of_a_file_is_the_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECAI_PASSWORD", "from the environment")
    file = tmp_path / "password"
    file.write_text("  spaces count \r\nnot this", newline="")
    assert ask_password(ADDRESS, file) == "  spaces count "
    assert new_password(file) == "  spaces count "


def test_the_environment_has_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECAI_PASSWORD", "wörd")
    assert ask_password(ADDRESS) == new_password() == "wörd"


@pytest.mark.parametrize("content", [b"", b"\nlater"])
def test_an_empty_file_holds_no_password(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)
    with pytest.raises(InputError) as error:
        ask_password(ADDRESS, file)
    assert str(error.value) == f"{file}: holds no password in its first line"


def test_a_file_that_is_no_text_or_not_there(tmp_path: Path) -> None:
    file = tmp_path / "password"
    with pytest.raises(StorageError, match=r"password: cannot be read \(No such file or directory\)$"):
        ask_password(ADDRESS, file)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=r"password: is no text, so it holds no password$"):
        ask_password(ADDRESS, file)


def at_a_terminal(call: str, *typed: str) -> tuple[str, str]:
    """What a call gives and shows in a process with a terminal, where somebody types."""
    program = f"""
from decai.chain.password import ask_password, new_password
from decai.errors import DecaiError
try:
    print("given", {call})
except DecaiError as error:
    print("error", error)
"""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = ""
    for line in typed:
        while not shown.endswith(": "):
            shown += os.read(ours, 1024).decode()
        os.write(ours, f"{line}\n".encode())
        shown += "|"
    output, _ = process.communicate()
    os.close(ours)
    return output.decode().strip(), shown


def test_whoever_sits_at_the_terminal_is_asked() -> None:
    given, shown = at_a_terminal(f"ask_password({ADDRESS!r})", "open sesame")
    assert given == "given open sesame"
    assert shown == f"Password of {ADDRESS}: |"


def test_a_new_password_is_typed_twice() -> None:
    assert at_a_terminal("new_password()", "word", "word")[0] == "given word"
    assert at_a_terminal("new_password()", "word", "ward")[0] == "error the two passwords differ"
    assert at_a_terminal("new_password()", "")[0] == "error the password is empty"


def test_without_a_terminal_nobody_is_asked() -> None:
    program = f"from decai.chain.password import ask_password; ask_password({ADDRESS!r})"
    done = subprocess.run(
        [sys.executable, "-c", program], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.stderr.splitlines()[-1] == (
        f"decai.errors.InputError: the key of {ADDRESS} has a password: give it in $DECAI_PASSWORD or by a "
        "file, or use a terminal"
    )
