"""Where a run may be put: in a new folder, or in place of an earlier run of the same settings and seed."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from decai.errors import InputError, ScenarioError, StorageError
from decai.simulation.result import Place, RunResult
from decai.simulation.run_data import Summary, read_summary
from decai.simulation.scenario import Scenario, available, load
from decai.simulation.toml_text import value_text

__all__ = [
    "MONEY_DIGITS",
    "check_folder",
    "default_folder",
    "hidden_name",
    "require_replaceable",
    "writing_to",
]

MONEY_DIGITS: Final = 38
"""The files of a run hold less than 10 to the power of this, in wei."""


def default_folder(scenario: Scenario, seed: int, on: Place = "memory") -> Path:
    """Where a run is kept unless the user says otherwise.

    Settings that do not ship get a folder of their own, and so do those that do if the usual one holds a
    run of others, as another version of decai may have left it. Runs on contracts stay beside
    those in memory.
    """
    text = scenario.canonical()
    name = "".join(c if c.isalnum() or c in "-_" else "-" for c in scenario.name)
    usual = Path("runs") / (f"{name}-seed{seed}" + ("" if on == "memory" else f"-{on}"))
    if scenario.name in available() and load(scenario.name).canonical() == text:
        with suppress(OSError):
            require_replaceable(usual, scenario, seed)
            return usual
    return usual.with_name(f"{usual.name}-{sha256(text.encode()).hexdigest()[:8]}")


def check_folder(folder: Path, scenario: Scenario, seed: int, *, replace: bool = False) -> Path:
    """Find out before a long run whether it can be kept in `folder`; leaves nothing behind.

    Parameters
    ----------
    folder, scenario, seed
        The run and its place.
    replace
        Whether it may take the place of a run of other settings or another seed.

    Returns
    -------
    Path
        The folder, absolute and without symbolic links.

    Raises
    ------
    StorageError
        If the folder cannot be made, or holds anything but an earlier run of these settings and this seed.
    ScenarioError
        If there is more money than the files can express.
    """
    if sum(spec.balance * spec.count for spec in scenario.agents.values()) >= 10**MONEY_DIGITS:
        raise ScenarioError(
            f"agents: together they own 10^{MONEY_DIGITS} wei or more, which is more than a run can record"
        )
    with writing_to(folder):
        folder = Path(os.path.realpath(folder))
        # A run takes its place by renaming, and neither of these can be renamed away.
        if folder.is_mount():
            raise StorageError(f"{folder}: is a mount point; choose a folder in it")
        if folder.exists() and folder.samefile(Path.cwd()):
            raise StorageError(f"{folder}: is the current folder; choose another, such as one in it")
        require_replaceable(folder, scenario, seed, replace=replace)
        place = folder.parent
        while not place.exists():
            place = place.parent
        probe = place / hidden_name(folder)
        probe.mkdir()
        probe.rmdir()
    return folder


def require_replaceable(
    folder: Path, scenario: Scenario, seed: int, *, replace: bool = False
) -> RunResult | None:
    """The run that is in `folder` and may be replaced; None if nothing is there.

    Raises
    ------
    StorageError
        If something else is there.
    """
    if not folder.exists():
        return None
    if not folder.is_dir():
        raise StorageError(f"{folder}: is not a folder")
    if not any(folder.iterdir()):
        return None
    try:
        summary = read_summary(folder)
    except InputError:
        raise StorageError(f"{folder}: holds something other than a run; choose another folder") from None
    other = _difference(summary, scenario, seed)
    if other and not replace:
        raise StorageError(
            f"{folder}: holds another run ({other}); choose another folder, or let it go with --replace"
        )
    return summary.result


def _difference(there: Summary, scenario: Scenario, seed: int) -> str:
    """What tells the run that is there from a new one; empty if nothing does."""
    if (there.result.scenario, there.result.seed) != (scenario.name, seed):
        return f"{there.result.scenario}, seed {there.result.seed}"
    old, new = dict(_leaves(there.settings)), dict(_leaves(json.loads(scenario.canonical())))
    keys = [key for key in {**new, **old} if old.get(key) != new.get(key)]
    if not keys:
        return ""
    more = f", and {len(keys) - 1} more" if len(keys) > 1 else ""
    return f"{keys[0]} is {_told(keys[0], old)} there and {_told(keys[0], new)} here{more}"


def _leaves(settings: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{path}{key}.")
        elif value is not None:
            yield f"{path}{key}", value


def _told(key: str, settings: Mapping[str, Any]) -> str:
    return value_text(key.rpartition(".")[2], settings[key]) if key in settings else "not set"


def hidden_name(folder: Path) -> str:
    """A name, beside `folder`, for what is not yet or no longer in place."""
    return f".{folder.name[:100]}.{uuid4().hex}.partial"


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """While it lasts, what the system refuses is a `StorageError` that names `folder`."""
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        raise StorageError(f"{folder}: cannot be written ({error.strerror or error})") from None
