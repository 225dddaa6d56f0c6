"""A run read back from its folder, as far as a picture or a later run needs it."""

import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from decai.errors import InputError, StorageError
from decai.simulation.result import RunResult
from decai.units import DAY, ETHER

__all__ = ["BALANCE_COLUMN", "RUN_FORMAT", "RunData", "Summary", "load_run", "read_summary"]

RUN_FORMAT: Final = "decai run 1"
BALANCE_COLUMN: Final = "balance_{}"
"""Of ``series.parquet``, by group of agents."""


@dataclass(frozen=True, slots=True, eq=False)
class RunData:
    """A run read back, as far as a picture needs it."""

    path: Path
    title: str
    """What the scenario says of itself."""
    result: RunResult
    days: NDArray[np.float64]
    """When the series was taken."""
    accuracy: NDArray[np.float64]
    balances: dict[str, NDArray[np.float64]]
    """In ETH, by group of agents."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What ``run.json`` says."""

    title: str
    """What the scenario says of itself."""
    settings: dict[str, Any]
    """All settings of the scenario, in wei and seconds."""
    result: RunResult


def load_run(path: Path | str) -> RunData:
    """Read the folder of a run.

    Raises
    ------
    InputError
        If it is not the folder of a run, or a file in it is damaged.
    StorageError
        If it cannot be read.
    """
    folder = Path(path)
    summary = read_summary(folder)
    result = summary.result
    try:
        # In this thread: worker threads that are still busy when the process ends can abort it.
        table = pq.read_table(BytesIO((folder / "series.parquet").read_bytes()), use_threads=False)
        columns = {name: table[name] for name in table.column_names}
        return RunData(
            path=folder,
            title=summary.title,
            result=result,
            days=columns["time"].to_numpy() / DAY,
            accuracy=columns["accuracy"].to_numpy(),
            balances={group: _in_eth(columns[BALANCE_COLUMN.format(group)]) for group in result.balances},
        )
    except FileNotFoundError:
        raise InputError(f"{folder}: is incomplete: it has no series.parquet") from None
    except (pa.ArrowException, KeyError, TypeError, ValueError):
        raise InputError(f"{folder}: series.parquet is damaged") from None
    except OSError as error:
        # Arrow reports damaged pages as OSError without a number.
        if error.errno is None:
            raise InputError(f"{folder}: series.parquet is damaged") from None
        raise StorageError(f"{folder}: cannot be read ({error.strerror})") from None


def _in_eth(amounts: pa.ChunkedArray) -> NDArray[np.float64]:
    return np.array([int(wei) / ETHER for wei in amounts.to_pylist()], dtype=np.float64)


def read_summary(folder: Path) -> Summary:
    """Read ``run.json``.

    Raises
    ------
    InputError
        If there is none, or it is damaged.
    StorageError
        If it cannot be read.
    """
    try:
        summary = json.loads((folder / "run.json").read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{folder}: is not a run: there is no run.json in it") from None
    except OSError as error:
        raise StorageError(f"{folder}: cannot be read ({error.strerror})") from None
    except ValueError:
        raise InputError(f"{folder}: run.json is damaged") from None
    if not isinstance(summary, dict) or summary.get("format") != RUN_FORMAT:
        raise InputError(f"{folder}: run.json is not of the form {RUN_FORMAT!r}")
    try:
        return TypeAdapter(Summary).validate_python(
            {"title": "", "settings": {}, **summary, "result": {**summary, "run": str(folder)}}
        )
    except ValidationError as error:
        key = ".".join(map(str, error.errors()[0]["loc"])).removeprefix("result.")
        raise InputError(f"{folder}: run.json is damaged: {key}") from None
