"""Simulations that pages have begun: each a process of its own, its folder in the data directory."""

import asyncio
import contextlib
import json
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from decai.errors import ChainError, DecaiError, InputError
from decai.simulation.run_data import RunData, load_run, read_summary
from decai.simulation.scenario import Scenario, available, load

__all__ = ["MOST_RUNNING", "Kept", "Request", "Run", "Runs"]

MOST_RUNNING: Final = 2
_MOST_KEPT: Final = 200
_OFFERED: Final = re.compile(
    r"(agents\.[\w-]{1,64}\.(count|balance|deposit_mean|wait_mean|mistake|fee)"
    r"|incentive\.(cost_weight|refund_wait|owner_wait|any_wait)|data\.(initial|contributions))="
)
_LONGEST_NAME: Final = 200
_LONGEST_LINE: Final = 2**24
_PATIENCE: Final = 10.0


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be simulated: a scenario that ships, with changes."""

    scenario: str
    settings: tuple[str, ...]
    """As of the command line's ``--set``."""
    seed: int

    @property
    def command(self) -> str:
        """What gives the same run on the command line."""
        words = ["decai", "simulate", self.scenario, "--seed", str(self.seed)]
        for setting in self.settings:
            words += ["--set", setting]
        return shlex.join(words)

    def checked(self) -> Scenario:
        """The scenario.

        Raises
        ------
        InputError
            If there is none of this name, or a setting cannot be.
        """
        if self.scenario not in available():
            raise InputError("there is no such scenario")
        for setting in self.settings:
            # Others could name code of somebody's to run.
            if not _OFFERED.match(setting):
                raise InputError(f"{setting[:60]!r} is no setting that can be changed here")
        if not 0 <= self.seed < 2**63:
            raise InputError("a seed is a whole number from 0 to 2^63 - 1")
        return load(self.scenario, self.settings)

    @property
    def name(self) -> str:
        """Of the run's folder: the same for the same run."""
        key = json.dumps([self.scenario, sorted(self.settings), self.seed])
        return f"{self.scenario}-seed{self.seed}-{sha256(key.encode()).hexdigest()[:8]}"


@dataclass(slots=True)
class Run:
    """A run that is on its way, or has just ended."""

    request: Request
    folder: Path
    agents: list[str] = field(default_factory=list)
    start: list[int] = field(default_factory=list)
    """What each group owned at first, in wei."""
    tests: int = 0
    contributions: int = 0
    """The most there can be."""
    done: int = 0
    rows: list[list[int]] = field(default_factory=list)
    """Time in seconds, test samples that are right, what is held, and the money of each group."""
    result: dict[str, Any] | None = None
    stopped: str = ""
    """What is said of a run that was ended early."""
    fault: str = ""
    asked_to_stop: bool = False
    over: bool = False
    listeners: list[Callable[["Run"], None]] = field(default_factory=list)
    process: asyncio.subprocess.Process | None = None

    def tell(self) -> None:
        """Tell all who listen that there is something new."""
        for listener in list(self.listeners):
            with contextlib.suppress(Exception):
                listener(self)


@dataclass(frozen=True, slots=True)
class Kept:
    """A run that is in its folder."""

    name: str
    title: str
    scenario: str
    seed: int
    contributions: int
    initial_accuracy: float
    final_accuracy: float
    status: str
    digest: str


class Runs:
    """All runs of a server.

    Parameters
    ----------
    folder
        Where they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._active: dict[str, Run] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    @property
    def active(self) -> tuple[Run, ...]:
        """Those that are on their way."""
        return tuple(run for run in self._active.values() if not run.over)

    def find(self, name: str) -> Run | None:
        """One that is on its way, by its name."""
        run = self._active.get(name)
        return run if run is not None and not run.over else None

    def start(self, request: Request) -> Run:
        """Begin a run, unless the same one is on its way.

        Raises
        ------
        InputError
            If it cannot be, or too many are on their way.
        """
        request.checked()
        known = self.find(request.name)
        if known is not None:
            return known
        if len(self.active) >= MOST_RUNNING:
            raise InputError(f"{MOST_RUNNING} simulations are on their way; stop one, or wait for it")
        run = Run(request, self.folder / request.name)
        self._active[request.name] = run
        task = asyncio.get_running_loop().create_task(self._carry_out(run))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return run

    def stop(self, run: Run) -> None:
        """Let a run end; what was simulated until then is kept."""
        run.asked_to_stop = True
        if run.process is not None and run.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                run.process.terminate()

    async def close(self) -> None:
        """End all of them."""
        self._closing = True
        for run in self.active:
            self.stop(run)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_PATIENCE)
        for run in self.active:
            if run.process is not None and run.process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    run.process.kill()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def kept(self, page: int, size: int) -> tuple[list[Kept], int]:
        """A page of the runs in their folders, the newest first, and how many there are."""
        try:
            folders = sorted(
                (each for each in self.folder.iterdir() if (each / "run.json").is_file()),
                key=lambda each: (each / "run.json").stat().st_mtime_ns,
                reverse=True,
            )[:_MOST_KEPT]
        except OSError:
            folders = []
        found = []
        for each in folders[page * size : (page + 1) * size]:
            with contextlib.suppress(DecaiError):
                found.append(_kept(each))
        return found, len(folders)

    def kept_of(self, name: str) -> Kept | None:
        """A run in its folder, if it is there and whole."""
        if not self._is_there(name):
            return None
        try:
            return _kept(self.folder / name)
        except DecaiError:
            return None

    def load(self, names: Sequence[str]) -> list[RunData]:
        """Runs read back.

        Raises
        ------
        InputError
            If one is not there, or damaged.
        """
        for name in names:
            if not self._is_there(name):
                raise InputError("this run is not there any more")
        return [load_run(self.folder / name) for name in names]

    def _is_there(self, name: str) -> bool:
        # As bytes, which is how file systems count.
        is_name = (
            0 < len(name.encode(errors="replace")) <= _LONGEST_NAME and "/" not in name and "\0" not in name
        )
        return is_name and not name.startswith(".") and (self.folder / name / "run.json").is_file()

    async def _carry_out(self, run: Run) -> None:
        try:
            await self._follow(run)
        except (OSError, ValueError, KeyError, TypeError, ChainError) as error:
            run.fault = f"the simulation could not be carried out ({type(error).__name__})"
        finally:
            if not (run.result or run.stopped or run.fault):
                run.fault = "the simulation was ended from outside"
                if run.asked_to_stop:
                    run.fault = "stopped before anything was simulated"
            run.over = True
            run.tell()

    async def _follow(self, run: Run) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "decai.simulation.live"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=self.folder,
            limit=_LONGEST_LINE,
        )
        run.process = process
        if self._closing or run.asked_to_stop:
            self.stop(run)
        assert process.stdin is not None
        assert process.stdout is not None
        request = {
            "scenario": run.request.scenario,
            "settings": run.request.settings,
            "seed": run.request.seed,
            "out": str(run.folder),
        }
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.close()
        async for line in process.stdout:
            _take_in(run, json.loads(line))
            run.tell()
        await process.wait()


def _take_in(run: Run, told: dict[str, Any]) -> None:
    if "agents" in told:
        run.agents, run.tests = told["agents"], told["tests"]
        run.start = [int(amount) for amount in told["start"]]
        run.contributions = told["contributions"]
    elif "series" in told:
        run.rows += [[int(number) for number in row] for row in told["series"]]
        run.done = told["done"]
    else:
        run.result = told.get("result", run.result)
        run.stopped, run.fault = told.get("stopped", ""), told.get("fault", "")


def _kept(folder: Path) -> Kept:
    summary = read_summary(folder)
    result = summary.result
    return Kept(
        folder.name,
        summary.title,
        result.scenario,
        result.seed,
        result.contributions,
        result.initial_accuracy,
        result.final_accuracy,
        result.status,
        result.digest,
    )
