"""Simulations that pages begin: the command line's own runs, each in a process that can be stopped."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from decai.dashboard.runs import MOST_RUNNING, Request, Run, Runs
from decai.errors import InputError, ScenarioError
from decai.simulation.run import simulate
from decai.simulation.scenario import load

TINY = Request("tiny", ('agents.bad.balance="1 ETH"',), 7)
LONGEST = Request("imdb-perceptron", (), 1)
LONG = Request("titanic-naive-bayes", ('agents.good.wait_mean="30 d"',), 1)


async def over(run: Run) -> Run:
    """The run, once it has ended."""
    while not run.over:
        await asyncio.sleep(0.02)
    return run


def carry_out(folder: Path, act: Callable[[Runs], Awaitable[object]]) -> None:
    """Act on the runs of a server that then ends."""

    async def all_of_it() -> None:
        runs = Runs(folder)
        try:
            await act(runs)
        finally:
            await runs.close()

    asyncio.run(all_of_it())


def test_a_run_is_that_of_the_command_line_to_the_digest(tmp_path: Path) -> None:
    async def act(runs: Runs) -> None:
        run = await over(runs.start(TINY))
        assert run.fault == ""
        assert run.result is not None
        expected = simulate(load("tiny", list(TINY.settings)), 7)
        assert run.result["digest"] == expected.digest
        assert run.done == expected.contributions
        # What was told on the way is the whole series, from what everybody began with.
        assert run.rows[0][3:] == run.start == [b.start for b in expected.balances.values()]
        assert run.rows[-1][3:] == [b.end for b in expected.balances.values()]
        assert run.rows[0][1] / run.tests == expected.initial_accuracy

    carry_out(tmp_path / "runs", act)


def test_the_command_that_gives_the_same_run_can_be_pasted_into_a_shell() -> None:
    import shlex

    words = shlex.split(Request("tiny", ('agents.bad.balance="1 ETH; $(x)"',), 7).command)
    assert words == ["decai", "simulate", "tiny", "--seed", "7", "--set", 'agents.bad.balance="1 ETH; $(x)"']


def test_a_stopped_run_is_kept_as_far_as_it_came(tmp_path: Path) -> None:
    async def act(runs: Runs) -> None:
        run = runs.start(LONG)
        while not run.rows and not run.over:
            await asyncio.sleep(0.02)
        runs.stop(run)
        await over(run)
        assert run.fault == ""
        if run.result is None:
            assert run.stopped.startswith("interrupted after ")
        kept, total = runs.kept(0, 8)
        assert total == 1
        assert kept[0].contributions == run.done

    carry_out(tmp_path / "runs", act)


def test_a_killed_run_says_so_and_the_next_one_goes_on(tmp_path: Path) -> None:
    async def act(runs: Runs) -> None:
        run = runs.start(LONG)
        while run.process is None or not run.agents:
            await asyncio.sleep(0.02)
        os.kill(run.process.pid, signal.SIGKILL)
        await over(run)
        assert run.result is not None or run.fault == "the simulation was ended from outside"
        assert (await over(runs.start(TINY))).result is not None

    carry_out(tmp_path / "runs", act)


def test_a_run_whose_server_was_killed_is_kept_as_far_as_it_came(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / LONGEST.name
    folder.parent.mkdir()
    request = {
        "scenario": LONGEST.scenario,
        "settings": LONGEST.settings,
        "seed": LONGEST.seed,
        "out": str(folder),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "decai.simulation.live"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.close()
        process.stdout.readline()
        # As when the server ends that read it.
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (0, "")
    kept = Runs(tmp_path / "runs").kept_of(LONGEST.name)
    assert kept is not None
    assert kept.status == "interrupted"
    assert kept.contributions < 18_400


@pytest.mark.parametrize(
    "name", ["", "../runs/tiny-seed7-00000000", "tiny-seed7-00000000", "€" * 200, "\0", "\ud800"]
)
def test_no_other_run_is_kept(tmp_path: Path, name: str) -> None:
    assert Runs(tmp_path / "runs").kept_of(name) is None


def test_the_same_run_is_begun_once_and_only_a_few_at_a_time(tmp_path: Path) -> None:
    async def act(runs: Runs) -> None:
        first = runs.start(LONG)
        assert runs.start(LONG) is first
        for seed in range(2, MOST_RUNNING + 1):
            runs.start(Request(LONG.scenario, LONG.settings, seed))
        with pytest.raises(InputError, match=r"simulations are on their way; stop one, or wait for it"):
            runs.start(TINY)

    carry_out(tmp_path / "runs", act)


@pytest.mark.parametrize(
    "request_",
    [
        Request("/etc/passwd", (), 1),
        Request("../tiny.toml", (), 1),
        Request("tiny", (), -1),
        Request("tiny", (), 2**70),
        Request("tiny", ("agents.bad.balance=much",), 1),
        Request("tiny", ("agents.bad.kind=custom", "agents.bad.strategy=os:system"), 1),
        Request("tiny", ("nonsense",), 1),
    ],
    ids=str,
)
def test_what_cannot_be_simulated_is_told_before_anything_runs(tmp_path: Path, request_: Request) -> None:
    async def act(runs: Runs) -> None:
        with pytest.raises((InputError, ScenarioError)):
            runs.start(request_)
        assert runs.active == ()

    carry_out(tmp_path / "runs", act)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "gone"])
def test_only_runs_that_are_there_are_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"^this run is not there any more$"):
        Runs(tmp_path).load([name])


def test_a_folder_that_is_no_run_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("{")
    assert Runs(tmp_path).kept(0, 8) == ([], 1)
