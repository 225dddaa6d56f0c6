"""The command line: ``decai``.

Whatever goes wrong on the user's side is one line on stderr and exit code 2, or 130 if the user stopped
the work. Nothing heavy is imported before a command needs it.
"""

import os
import sys
from collections.abc import Sequence
from typing import Final

from decai.errors import DecaiError, Interrupted

__all__ = ["main", "run"]

DEBUG_VARIABLE: Final = "DECAI_DEBUG"
_EXTRAS: Final = frozenset(
    {
        "eth_account",
        "eth_utils",
        "matplotlib",
        "pip",
        "pyarrow",
        "pydantic",
        "requests",
        "rich",
        "typer",
        "web3",
    }
)
_UNEXPECTED: Final = 1
_BAD_INPUT: Final = 2
_INTERRUPTED: Final = 130


def main() -> None:
    """Run the command that the process was started with, and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit code."""
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
        return 1
    except Interrupted as error:
        return _fail(str(error), _INTERRUPTED)
    except KeyboardInterrupt:
        return _fail("interrupted", _INTERRUPTED)
    except DecaiError as error:
        if error.__cause__ is not None and os.environ.get(DEBUG_VARIABLE):
            raise
        return _fail(str(error), _BAD_INPUT)
    except OSError as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        _drop_output()
        return _fail(f"{error.filename or 'output'}: {error.strerror or error}", _BAD_INPUT)
    except MemoryError as error:
        return _fail(f"not enough memory ({error})" if str(error) else "not enough memory", _BAD_INPUT)
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        if isinstance(error, ModuleNotFoundError) and error.name in _EXTRAS:
            return _fail(f"{error.name} is missing; install it with: pip install 'decai[cli]'", _BAD_INPUT)
        line = f"unexpected {type(error).__name__}: {error}; {DEBUG_VARIABLE}=1 shows where it came from"
        return _fail(line, _UNEXPECTED)
    return code


def _run(arguments: Sequence[str]) -> int:
    import typer

    from decai.cli.app import app

    try:
        code: int | None = app(list(arguments), prog_name="decai", standalone_mode=False)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        hint = f"; see {context.command_path} --help" if context else ""
        return _fail(error.format_message().rstrip(".") + hint, _BAD_INPUT)
    if code == _INTERRUPTED:
        raise KeyboardInterrupt
    return code or 0


def _drop_output() -> None:
    """Forget what stdout could not take, or Python would complain once more when it closes it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str, code: int) -> int:
    line = " ".join(line.strip() for line in message.splitlines())
    print(f"error: {line}", file=sys.stderr)
    return code
