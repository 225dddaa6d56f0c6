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
from io import BytesIO
from pathlib import Path
from typing import Final

import numba
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from decai import __version__
from decai.errors import StorageError
from decai.model_file import write_model
from decai.protocols import Path as ClaimPath
from decai.simulation.engine import Simulation
from decai.simulation.result import RunResult
from decai.simulation.run_data import BALANCE_COLUMN, RUN_FORMAT
from decai.simulation.run_place import MONEY_DIGITS, hidden_name, require_replaceable, writing_to
from decai.simulation.toml_text import toml_of

__all__ = ["save_run"]

_MONEY: Final = pa.decimal128(MONEY_DIGITS, 0)
_FILES: Final = frozenset(
    {"run.json", "scenario.toml", "series.parquet", "contributions.parquet", "claims.parquet", "model.json"}
)


def save_run(simulation: Simulation, result: RunResult, folder: Path, *, replace: bool = False) -> bool:
    """Write the folder of a run, in place of an earlier one of the same settings and seed.

    Parameters
    ----------
    simulation
        Has run.
    result
        Its figures.
    folder
        As `decai.simulation.run_place.check_folder` gave it.
    replace
        Whether it may take the place of any other run, too.

    Returns
    -------
    bool
        Whether it was written: a run that was cut short never replaces a complete one.

    Raises
    ------
    StorageError
        If it cannot be written, or something else has come into `folder`; nothing half-written is left.
    """
    fresh = folder.parent / hidden_name(folder)
    try:
        with writing_to(folder):
            fresh.mkdir(parents=True)
            _write(simulation, result, fresh)
            with _turn(folder.parent):
                earlier = require_replaceable(folder, simulation.scenario, result.seed, replace=replace)
                if result.status != "complete" and earlier is not None and earlier.status == "complete":
                    return False
                _put_in_place(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return True


def _write(simulation: Simulation, result: RunResult, folder: Path) -> None:
    _write_file(folder / "scenario.toml", toml_of(simulation.scenario).encode())
    _write_table(folder / "series.parquet", _series(simulation))
    _write_table(folder / "contributions.parquet", _contributions(simulation))
    _write_table(folder / "claims.parquet", _claims(simulation))
    _write_model(simulation, folder / "model.json")
    summary = {
        "format": RUN_FORMAT,
        "status": result.status,
        **({"failure": str(simulation.failure)} if simulation.failure is not None else {}),
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
    old = folder.parent / hidden_name(folder)
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
