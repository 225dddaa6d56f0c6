"""The folder of a run: written whole or not at all.

::

    run.json               figures, seed, settings, versions, digest
    scenario.toml          the exact settings, to be simulated again
    series.parquet         accuracy, cost and money over time
    contributions.parquet  every contribution
    claims.parquet         every claim
    model.json             the final model

Money is in wei, as decimals of 38 digits, and time in seconds. All is written to a hidden folder beside
the final one, which takes its place at the end.
"""

import json
import os
import platform
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Final
from uuid import uuid4

import numba
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from decai import __version__
from decai.errors import InputError, ScenarioError, StorageError
from decai.model_file import write_model
from decai.protocols import Path as ClaimPath
from decai.simulation.engine import Simulation
from decai.simulation.result import RunResult
from decai.simulation.run_data import BALANCE_COLUMN, RUN_FORMAT, read_summary
from decai.simulation.scenario import Scenario, available, load
from decai.simulation.toml_text import toml_of

__all__ = ["check_folder", "default_folder", "save_run"]

_DIGITS: Final = 38
_MONEY: Final = pa.decimal128(_DIGITS, 0)
_FILES: Final = frozenset(
    {"run.json", "scenario.toml", "series.parquet", "contributions.parquet", "claims.parquet", "model.json"}
)


def default_folder(scenario: Scenario, seed: int) -> Path:
    """Where a run is kept unless the user says otherwise; settings that do not ship get their own."""
    text = scenario.canonical()
    shipped = scenario.name in available() and load(scenario.name).canonical() == text
    name = "".join(c if c.isalnum() or c in "-_" else "-" for c in scenario.name)
    suffix = "" if shipped else f"-{sha256(text.encode()).hexdigest()[:8]}"
    return Path("runs") / f"{name}-seed{seed}{suffix}"


def check_folder(folder: Path, scenario: Scenario, seed: int) -> Path:
    """Find out before a long run whether it can be kept in `folder`; leaves nothing behind.

    Returns
    -------
    Path
        The folder, absolute and without symbolic links.

    Raises
    ------
    StorageError
        If the folder cannot be made, or holds anything but an earlier run of this scenario and seed.
    ScenarioError
        If there is more money than the files can express.
    """
    if sum(spec.balance * spec.count for spec in scenario.agents.values()) >= 10**_DIGITS:
        raise ScenarioError(f"the agents own more than 10^{_DIGITS} wei, which is more than a run can record")
    with _writing(folder):
        folder = Path(os.path.realpath(folder))
        _require_replaceable(folder, scenario.name, seed)
        place = folder.parent
        while not place.exists():
            place = place.parent
        probe = place / _hidden_name(folder)
        probe.mkdir()
        probe.rmdir()
    return folder


def save_run(simulation: Simulation, result: RunResult, folder: Path) -> bool:
    """Write the folder of a run, in place of an earlier one of the same scenario and seed.

    Parameters
    ----------
    simulation
        Has run.
    result
        Its figures.
    folder
        As `check_folder` gave it.

    Returns
    -------
    bool
        Whether it was written: an interrupted run never replaces a complete one.

    Raises
    ------
    StorageError
        If it cannot be written, or something else has come into `folder`; nothing half-written is left.
    """
    fresh = folder.parent / _hidden_name(folder)
    try:
        with _writing(folder):
            fresh.mkdir(parents=True)
            _write(simulation, result, fresh)
            with _turn(folder.parent):
                earlier = _require_replaceable(folder, result.scenario, result.seed)
                if result.interrupted and earlier is not None and not earlier.interrupted:
                    return False
                _put_in_place(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return True


def _require_replaceable(folder: Path, scenario: str, seed: int) -> RunResult | None:
    """The run that is in `folder`; None if nothing is; `StorageError` if anything else is."""
    if not folder.exists():
        return None
    if not folder.is_dir():
        raise StorageError(f"{folder}: is not a folder")
    if not any(folder.iterdir()):
        return None
    try:
        result = read_summary(folder)[1]
    except InputError:
        raise StorageError(f"{folder}: holds something other than a run; choose another folder") from None
    if (result.scenario, result.seed) != (scenario, seed):
        raise StorageError(
            f"{folder}: holds another run ({result.scenario}, seed {result.seed}); choose another folder"
        )
    return result


def _write(simulation: Simulation, result: RunResult, folder: Path) -> None:
    _write_file(folder / "scenario.toml", toml_of(simulation.scenario).encode())
    _write_table(folder / "series.parquet", _series(simulation))
    _write_table(folder / "contributions.parquet", _contributions(simulation))
    _write_table(folder / "claims.parquet", _claims(simulation))
    _write_model(simulation, folder / "model.json")
    summary = {
        "format": RUN_FORMAT,
        "status": "interrupted" if result.interrupted else "complete",
        "title": simulation.scenario.title,
        **result.to_json(),
        "versions": {
            "decai": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "numba": numba.__version__,
        },
        "settings": json.loads(simulation.scenario.canonical()),
    }
    # Where a run is, is known to whoever reads it; the folder may be moved.
    del summary["run"]
    _write_file(folder / "run.json", (json.dumps(summary, indent=2) + "\n").encode())


def _write_model(simulation: Simulation, path: Path) -> None:
    try:
        write_model(simulation.classifier, path)
    except StorageError as error:
        # Its path is a hidden one, which means nothing to the user.
        raise OSError(str(error).removeprefix(f"{path}: ")) from None


def _series(simulation: Simulation) -> pa.Table:
    record, tested = simulation.record, len(simulation.dataset.test)
    columns = {
        "time": pa.array(record.series_time, pa.int64()),
        "correct": pa.array(record.series_correct, pa.int64()),
        "accuracy": pa.array([correct / tested for correct in record.series_correct], pa.float64()),
        "cost": pa.array(record.series_cost, _MONEY),
        "held": pa.array(record.series_held, _MONEY),
    }
    for number, group in enumerate(record.agents):
        amounts = [row[number] for row in record.series_balances]
        columns[BALANCE_COLUMN.format(group)] = pa.array(amounts, _MONEY)
    return pa.table(columns)


def _contributions(simulation: Simulation) -> pa.Table:
    record = simulation.record
    rows = np.asarray(record.contribution_row, dtype=np.int64)
    return pa.table(
        {
            "time": pa.array(record.contribution_time, pa.int64()),
            "agent": _names([agent.name for agent in simulation.agents], record.contribution_agent),
            "row": pa.array(rows),
            "label": pa.array(record.contribution_label, pa.int64()),
            "true_label": pa.array(simulation.dataset.train.labels[rows]),
            "cost": pa.array(record.contribution_cost, _MONEY),
        }
    )


def _claims(simulation: Simulation) -> pa.Table:
    record = simulation.record
    return pa.table(
        {
            "time": pa.array(record.claim_time, pa.int64()),
            "agent": _names([agent.name for agent in simulation.agents], record.claim_agent),
            "contribution": pa.array(record.claim_contribution, pa.int64()),
            "path": _names([path.name.lower() for path in ClaimPath], record.claim_path),
            "amount": pa.array(record.claim_amount, _MONEY),
        }
    )


def _names(names: Sequence[str], numbers: Sequence[int]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(numbers, pa.int32()), pa.array(names, pa.string()))


def _write_table(path: Path, table: pa.Table) -> None:
    buffer = BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    _write_file(path, buffer.getbuffer())


def _write_file(path: Path, content: bytes | memoryview) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        # Else a crash of the machine could leave a folder of empty files under the final name.
        os.fsync(file.fileno())


def _put_in_place(fresh: Path, folder: Path) -> None:
    """Give `fresh` its final name; the run that stood there goes, but for files that no run writes."""
    if not folder.exists():
        fresh.rename(folder)
        return
    old = folder.parent / _hidden_name(folder)
    folder.rename(old)
    try:
        fresh.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    for entry in old.iterdir():
        if entry.name not in _FILES:
            entry.rename(folder / entry.name)
    shutil.rmtree(old)


@contextmanager
def _turn(parent: Path) -> Iterator[None]:
    """Let one process at a time put runs into `parent`, where the system knows how."""
    descriptor = os.open(parent, os.O_RDONLY)
    try:
        with suppress(ImportError, OSError):
            from fcntl import LOCK_EX, flock

            flock(descriptor, LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _hidden_name(folder: Path) -> str:
    return f".{folder.name[:100]}.{uuid4().hex}.partial"


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        raise StorageError(f"{folder}: cannot be written ({error.strerror or error})") from None
