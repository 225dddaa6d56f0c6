"""``decai simulate``, ``plot`` and ``demo``: run scenarios and look at the result."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from decai.cli import complete

if TYPE_CHECKING:
    from decai.simulation.result import Place, RunResult
    from decai.simulation.scenario import Scenario

__all__ = ["demo", "plot", "simulate"]

_DEMO: str = "imdb-perceptron"


def simulate(
    name: Annotated[
        str,
        typer.Argument(metavar="SCENARIO", autocompletion=complete.scenarios, help="A name or a .toml file."),
    ],
    seed: Annotated[int, typer.Option(min=0, help="Decides every draw.")] = 1,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Override a setting, such as agents.bad.balance='1 ether'."
        ),
    ] = None,
    on: Annotated[
        Literal["memory", "evm", "node"],
        typer.Option(
            help="Decide in memory, or on the real contracts: an EVM in this process, a node of its own."
        ),
    ] = "memory",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The run's folder, by default runs/SCENARIO-seedN.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the place of whatever other run is in DIR.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    picture: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw the run: a .png or .svg file.")
    ] = None,
) -> None:
    """Run a scenario and keep the result in a folder."""
    from decai.simulation.scenario import load

    if picture is not None:
        _check_picture(picture)
    result = _run(load(name, settings or ()), seed, out, on=on, replace=replace, quiet=as_json)
    if picture is not None:
        _draw([Path(str(result.run))], picture)
    if as_json:
        print(json.dumps({**result.to_json(), "plot": None if picture is None else str(picture)}))
        return
    from decai.cli.words import account

    print(account(result))
    if picture is not None:
        print(f"  picture   {picture}")


def plot(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", autocompletion=complete.run_folders, help="Folders of runs."),
    ],
    file: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="A .png or .svg file.")],
) -> None:
    """Draw one or more runs into one picture."""
    _check_picture(file)
    _draw(runs, file)
    print(file)


def demo() -> None:
    """See who gains and who loses, on real film reviews: simulated, on a chain, and in a browser."""
    from decai.cli.chain_story import open_dashboard, play
    from decai.cli.words import story
    from decai.simulation.run_data import load_run
    from decai.simulation.run_place import default_folder
    from decai.simulation.scenario import load

    scenario = load(_DEMO)
    folder = default_folder(scenario, seed=1)
    picture = folder.with_name(f"{folder.name}.png")
    _run(scenario, 1, folder, quiet=False)
    _draw([folder], picture)
    print(story(load_run(folder), scenario))
    print(f"\nThe picture: {picture}\nThe run:     {folder}\n", flush=True)
    play()
    open_dashboard()


def _run(
    scenario: "Scenario",
    seed: int,
    out: Path | None,
    *,
    on: "Place" = "memory",
    replace: bool = False,
    quiet: bool,
) -> "RunResult":
    from decai.simulation.run import simulate as run_scenario
    from decai.simulation.run_place import default_folder

    with _bar(shown=not quiet and sys.stderr.isatty()) as progress:
        folder = out or default_folder(scenario, seed, on)
        return run_scenario(scenario, seed, on=on, out=folder, replace=replace, progress=progress)


def _check_picture(file: Path) -> None:
    """Find out before a long run whether the picture can be written."""
    from decai.simulation.plot import checked_file

    checked_file(file)


def _draw(runs: list[Path], file: Path) -> None:
    from decai.simulation.plot import plot_runs
    from decai.simulation.run_data import load_run

    plot_runs([load_run(run) for run in runs], file)


@contextmanager
def _bar(*, shown: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on stderr."""
    if not shown:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # Without a thread of its own, the bar takes nothing from the loop between two updates.
    with Progress(*columns, console=Console(stderr=True), auto_refresh=False, transient=True) as bars:
        task = bars.add_task("loading", total=None)
        bars.refresh()
        due = 0.0

        def update(done: int, total: int) -> None:
            nonlocal due
            if (now := monotonic()) >= due:
                due = now + 0.1
                bars.update(task, description="contributions", completed=done, total=total, refresh=True)

        yield update
