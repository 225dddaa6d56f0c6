"""A run: its figures, its digest, its folder, and what an interruption or a failure leaves of it.

Figures are held to the Parquet files, and those to the data set and to each other.
"""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pyarrow.parquet as pq
import pytest
from pydantic import BaseModel

from decai import dataset
from decai.errors import InputError, Interrupted, MissingError, ScenarioError, StorageError
from decai.simulation import RunResult, Scenario, load_run, load_scenario, run_folder, scenario, simulate
from decai.simulation import run as run_module
from decai.simulation.engine import Simulation
from decai.simulation.result import digest_of, result_of
from decai.simulation.run_folder import save_run
from decai.simulation.run_place import check_folder, default_folder
from decai.simulation.toml_text import toml_of

FILES = {
    "run.json",
    "scenario.toml",
    "series.parquet",
    "contributions.parquet",
    "claims.parquet",
    "model.json",
}


@pytest.fixture(scope="module")
def tiny() -> Scenario:
    return load_scenario("tiny")


@pytest.fixture(scope="module")
def done(tiny: Scenario, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunResult, Path]:
    """One run of tiny, and its folder; not to be changed."""
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    return simulate(tiny, 1, out=folder), folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    command = [str(mount), "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(place)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a file system")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def rows_of(folder: Path, name: str) -> list[dict[str, Any]]:
    return list(pq.read_table(folder / f"{name}.parquet").to_pylist())


def simulated(scenario: Scenario, seed: int = 1) -> Simulation:
    simulation = Simulation(scenario, run_module.load_dataset(scenario), seed)
    simulation.run()
    return simulation


class TestFigures:
    def test_money_is_conserved(self, done: tuple[RunResult, Path]) -> None:
        result, _ = done
        starts = sum(balance.start for balance in result.balances.values())
        assert sum(balance.end for balance in result.balances.values()) + result.held == starts

    def test_balances_start_where_the_scenario_says(self, done: tuple[RunResult, Path]) -> None:
        starts = {name: balance.start for name, balance in done[0].balances.items()}
        assert starts == {"good": 10 * 10**18, "bad": 2 * 10**18, "owner": 0}

    def test_accuracies_are_those_of_the_series(self, done: tuple[RunResult, Path]) -> None:
        result, folder = done
        series = rows_of(folder, "series")
        last = series[-(len(series) // 10) :]
        assert result.initial_accuracy == series[0]["correct"] / 100
        assert result.final_accuracy == pytest.approx(sum(row["correct"] for row in last) / len(last) / 100)
        assert [row["accuracy"] for row in series] == [row["correct"] / 100 for row in series]

    def test_final_accuracy_of_a_short_run_is_its_last(self, tiny: Scenario) -> None:
        rare = load_scenario("tiny", ["evaluate_every='20 days'"])
        simulation = simulated(rare)
        assert len(simulation.record.series_correct) < 10
        assert result_of(simulation).final_accuracy == simulation.record.series_correct[-1] / 100

    def test_baseline_has_seen_all_true_data(self, tiny: Scenario, done: tuple[RunResult, Path]) -> None:
        data = dataset.load("tiny")
        from decai.simulation.build import build_classifier, train_initially

        classifier = build_classifier(tiny.model, data)
        train_initially(classifier, tiny.model, data.train.samples, data.train.labels)
        right = sum(
            classifier.predict(data.test.samples[row]) == label for row, label in enumerate(data.test.labels)
        )
        assert done[0].baseline_accuracy == right / len(data.test)

    def test_events_are_contributions_and_claims(self, done: tuple[RunResult, Path]) -> None:
        result, folder = done
        assert result.contributions == len(rows_of(folder, "contributions")) == 240
        assert result.events == result.contributions + len(rows_of(folder, "claims"))

    def test_every_kind_of_claim_occurs_in_tiny(self, done: tuple[RunResult, Path]) -> None:
        result, folder = done
        claims = rows_of(folder, "claims")
        assert set(result.claims) == {"refund", "report", "owner", "anyone"}
        for path, total in result.claims.items():
            amounts = [int(claim["amount"]) for claim in claims if claim["path"] == path]
            assert (total.count, total.amount) == (len(amounts), sum(amounts))
            assert total.count > 0

    def test_json_holds_every_figure(self, done: tuple[RunResult, Path]) -> None:
        result, folder = done
        told = json.loads(json.dumps(result.to_json()))
        kept = json.loads((folder / "run.json").read_text())
        assert told.pop("run") == str(folder)
        assert told.items() <= kept.items()
        assert kept["status"] == "complete"
        assert set(kept["versions"]) == {"decai", "python", "numpy", "numba"}


class TestFiles:
    def test_folder_holds_these_files_and_no_other(self, done: tuple[RunResult, Path]) -> None:
        assert {entry.name for entry in done[1].iterdir()} == FILES
        assert [entry.name for entry in done[1].parent.iterdir()] == [done[1].name]

    def test_contributions_tell_who_lied(self, done: tuple[RunResult, Path]) -> None:
        labels = dataset.load("tiny").train.labels
        rows = rows_of(done[1], "contributions")
        assert len({row["row"] for row in rows}) == len(rows)
        for row in rows:
            assert row["true_label"] == labels[row["row"]]
            assert (row["label"] == row["true_label"]) == (row["agent"] == "good")

    def test_money_in_is_money_out(self, done: tuple[RunResult, Path]) -> None:
        result, folder = done
        costs = [int(row["cost"]) for row in rows_of(folder, "contributions")]
        claims = rows_of(folder, "claims")
        assert sum(costs) == sum(int(claim["amount"]) for claim in claims) + result.held
        for number, cost in enumerate(costs):
            assert sum(int(c["amount"]) for c in claims if c["contribution"] == number) <= cost

    def test_series_accounts_for_all_money(self, done: tuple[RunResult, Path]) -> None:
        for row in rows_of(done[1], "series"):
            owned = row["balance_good"] + row["balance_bad"] + row["balance_owner"]
            assert owned + row["held"] == 12 * 10**18

    def test_like_agents_have_names_of_their_own(self, tmp_path: Path) -> None:
        crowd = load_scenario("tiny", ["agents.good.count=3", "agents.bad.count=2"])
        simulate(crowd, 1, out=tmp_path / "crowd")
        rows = rows_of(tmp_path / "crowd", "contributions")
        assert {row["agent"] for row in rows} == {"good-1", "good-2", "good-3", "bad-1", "bad-2"}
        assert set(load_run(tmp_path / "crowd").balances) == {"good", "bad", "owner"}

    def test_kept_scenario_gives_the_same_run_again(self, done: tuple[RunResult, Path]) -> None:
        result, folder = done
        again = simulate(load_scenario(str(folder / "scenario.toml")), result.seed)
        assert again.digest == result.digest

    def test_amounts_beyond_64_bits_are_kept_exactly(self, tmp_path: Path) -> None:
        rich = load_scenario("tiny", [f"agents.good.balance={10**37 + 1}"])
        result = simulate(rich, 1, out=tmp_path / "rich")
        last = rows_of(tmp_path / "rich", "series")[-1]
        assert int(last["balance_good"]) == result.balances["good"].end > 10**36

    def test_more_money_than_the_files_can_hold_is_refused_before_the_run(self, tmp_path: Path) -> None:
        richer = load_scenario("tiny", ["agents.good.count=2", f"agents.good.balance={10**38 - 1}"])
        with pytest.raises(ScenarioError, match=r"^agents: together they own 10\^38 wei or more"):
            simulate(richer, 1, out=tmp_path / "run")


class TestToml:
    @pytest.mark.parametrize("name", list(scenario.available()))
    def test_every_scenario_that_ships_is_read_back_equal(self, name: str, tmp_path: Path) -> None:
        first = load_scenario(name)
        (tmp_path / "again.toml").write_text(toml_of(first))
        again = load_scenario(str(tmp_path / "again.toml"))
        assert again == first

    def test_every_single_setting_is_read_back_equal(self, tmp_path: Path) -> None:
        first = load_scenario("tiny")
        changed = first.model_copy(
            update={
                "title": 'a "title" with \\, ü and \x7f',
                "data": _odd(first.data, options={"samples": 7}),
                "model": _odd(first.model),
                "incentive": _odd(first.incentive),
                "agents": {"jo-é_1": _odd(first.agents["good"]), **first.agents},
                "duration": 12_345_678,
            }
        )
        (tmp_path / "again.toml").write_text(toml_of(changed))
        assert load_scenario(str(tmp_path / "again.toml")) == changed


def _odd(spec: BaseModel, **more: object) -> BaseModel:
    """The same settings, with every number another one than its default."""
    numbers: dict[str, object] = {}
    for place, (name, about) in enumerate(type(spec).model_fields.items()):
        kinds = {about.annotation, *get_args(about.annotation)}
        if int in kinds:
            numbers[name] = 987 + place
        elif float in kinds:
            numbers[name] = 0.123
    return spec.model_copy(update={**numbers, **more})


class TestDigest:
    def test_same_seed_same_digest(self, tiny: Scenario, done: tuple[RunResult, Path]) -> None:
        assert simulate(tiny, 1).digest == done[0].digest

    @pytest.mark.parametrize(
        "override",
        ["evaluate_every='2 days'", "agents.bad.balance='1 ether'", "model.smoothing=2", "name='other'"],
    )
    def test_another_setting_another_digest(self, override: str, done: tuple[RunResult, Path]) -> None:
        assert simulate(load_scenario("tiny", [override]), 1).digest != done[0].digest

    def test_another_seed_another_digest(self, tiny: Scenario, done: tuple[RunResult, Path]) -> None:
        assert simulate(tiny, 2).digest != done[0].digest

    def test_title_is_no_part_of_it(self, done: tuple[RunResult, Path]) -> None:
        assert simulate(load_scenario("tiny", ["title='other'"]), 1).digest == done[0].digest

    @pytest.mark.parametrize(
        "column",
        [
            "contribution_time",
            "contribution_agent",
            "contribution_row",
            "contribution_label",
            "contribution_cost",
            "claim_time",
            "claim_agent",
            "claim_contribution",
            "claim_path",
            "claim_amount",
            "series_time",
            "series_correct",
            "series_cost",
            "series_held",
        ],
    )
    def test_every_column_is_part_of_it(self, tiny: Scenario, column: str) -> None:
        simulation = simulated(tiny)
        before = digest_of(simulation)
        getattr(simulation.record, column)[3] += 1
        assert digest_of(simulation) != before

    def test_balances_are_part_of_it(self, tiny: Scenario) -> None:
        simulation = simulated(tiny)
        before = digest_of(simulation)
        simulation.record.series_balances[3][1] += 1
        assert digest_of(simulation) != before

    def test_model_is_part_of_it(self, tiny: Scenario) -> None:
        simulation = simulated(tiny)
        before = digest_of(simulation)
        features = simulation.dataset.test.samples[0]
        simulation.classifier.update(features, 1 - simulation.classifier.predict(features))
        assert digest_of(simulation) != before


class TestFolder:
    def test_default_is_named_after_scenario_and_seed(self, tiny: Scenario) -> None:
        assert default_folder(tiny, 7) == Path("runs/tiny-seed7")

    def test_other_settings_get_a_folder_of_their_own(self) -> None:
        names = [
            default_folder(load_scenario("tiny", [f"agents.bad.balance='{n} ether'"]), 7).name for n in (3, 4)
        ]
        assert names[0] != names[1]
        for name in names:
            assert name.startswith("tiny-seed7-")
            assert len(name) == len("tiny-seed7-") + 8

    def test_name_cannot_lead_out_of_it(self) -> None:
        folder = default_folder(load_scenario("tiny", ["name='../../x'"]), 1)
        assert folder.parent == Path("runs")

    def test_same_run_takes_the_place_of_the_earlier_one(self, tiny: Scenario, tmp_path: Path) -> None:
        out = tmp_path / "run"
        simulate(tiny, 1, out=out)
        before = out.stat().st_ino
        simulate(tiny, 1, out=out)
        assert out.stat().st_ino != before
        assert {entry.name for entry in out.iterdir()} == FILES
        assert os.listdir(tmp_path) == ["run"]

    def test_what_the_user_put_there_stays(self, tiny: Scenario, tmp_path: Path) -> None:
        out = tmp_path / "run"
        simulate(tiny, 1, out=out)
        (out / "notes.txt").write_text("mine")
        (out / "pictures").mkdir()
        simulate(tiny, 1, out=out)
        assert {entry.name for entry in out.iterdir()} == {*FILES, "notes.txt", "pictures"}
        assert (out / "notes.txt").read_text() == "mine"

    @pytest.mark.parametrize(
        ("settings", "seed", "difference"),
        [
            ([], 2, "tiny, seed 1"),
            (["name=other"], 1, "tiny, seed 1"),
            (["agents.bad.balance=1 ether"], 1, 'agents.bad.balance is "2 ETH" there and "1 ETH" here'),
            (["model.learning_rate=0.06"], 1, "model.learning_rate is 0.05 there and 0.06 here"),
            (["data.contributions=9"], 1, "data.contributions is not set there and 9 here"),
            (["agents.good.wait_mean=1 h"], 1, "agents.good.wait_mean is 7200 there and 3600 here"),
            (
                ["model.epochs=5", "agents.good.balance=1 gwei"],
                1,
                'agents.good.balance is "10 ETH" there and "1 gwei" here, and 1 more',
            ),
        ],
    )
    def test_another_run_is_replaced_only_when_asked(
        self, done: tuple[RunResult, Path], tmp_path: Path, settings: list[str], seed: int, difference: str
    ) -> None:
        shutil.copytree(done[1], tmp_path / "run")
        other = load_scenario("tiny", settings)
        with pytest.raises(StorageError) as error:
            simulate(other, seed, out=tmp_path / "run")
        told = f"{tmp_path / 'run'}: holds another run ({difference}); choose another folder, or let it go"
        assert str(error.value) == f"{told} with --replace"
        assert load_run(tmp_path / "run").result.digest == done[0].digest
        result = simulate(other, seed, out=tmp_path / "run", replace=True)
        assert load_run(tmp_path / "run").result.digest == result.digest != done[0].digest

    def test_the_same_settings_in_other_words_are_the_same_run(self, tmp_path: Path) -> None:
        simulate(load_scenario("tiny"), 1, out=tmp_path / "run")
        words = ["agents.bad.balance=2000 finney", "agents.good.wait_mean=120 min", "title=Fancy"]
        simulate(load_scenario("tiny", words), 1, out=tmp_path / "run")
        assert load_run(tmp_path / "run").title == "Fancy"

    def test_what_is_no_run_is_never_replaced(self, tiny: Scenario, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("mine")
        with pytest.raises(StorageError, match="holds something other than a run"):
            simulate(tiny, 1, out=tmp_path, replace=True)
        assert os.listdir(tmp_path) == ["notes.txt"]

    def test_default_avoids_a_run_of_other_settings(
        self, tiny: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        usual = default_folder(tiny, 1)
        simulate(load_scenario("tiny", ["model.epochs=5"]), 1, out=usual)
        other = default_folder(tiny, 1)
        assert other.name.startswith("tiny-seed1-")
        simulate(tiny, 1, out=other)
        assert default_folder(tiny, 1) == other
        simulate(tiny, 1, out=usual, replace=True)
        assert default_folder(tiny, 1) == usual

    def test_current_folder_is_refused(
        self, tiny: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # It would be renamed away, and the user's shell would be left in a folder that is gone.
        monkeypatch.chdir(tmp_path)
        for out in (Path("."), tmp_path):
            with pytest.raises(
                StorageError, match=r"is the current folder; choose another, such as one in it$"
            ):
                simulate(tiny, 1, out=out)
        assert not os.listdir(tmp_path)

    def test_mount_point_is_refused_before_the_run(
        self, tiny: Scenario, small_disk: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(run_module, "Simulation", None)
        with pytest.raises(StorageError, match=r"disk: is a mount point; choose a folder in it$"):
            simulate(tiny, 1, out=small_disk)

    @pytest.mark.parametrize("content", ["notes.txt", "run.json"])
    def test_folder_that_is_no_run_is_left_alone(self, tiny: Scenario, tmp_path: Path, content: str) -> None:
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / content).write_text("{}")
        with pytest.raises(StorageError, match="holds something other than a run"):
            simulate(tiny, 1, out=tmp_path / "mine")
        assert (tmp_path / "mine" / content).read_text() == "{}"

    def test_empty_folder_is_used(self, tiny: Scenario, tmp_path: Path) -> None:
        (tmp_path / "run").mkdir()
        simulate(tiny, 1, out=tmp_path / "run")
        assert load_run(tmp_path / "run").result.seed == 1

    def test_link_to_a_folder_stays_a_link(self, tiny: Scenario, tmp_path: Path) -> None:
        (tmp_path / "there").mkdir()
        (tmp_path / "link").symlink_to("there")
        simulate(tiny, 1, out=tmp_path / "link")
        assert (tmp_path / "link").is_symlink()
        assert load_run(tmp_path / "there").result.seed == 1

    def test_file_in_its_place_is_refused(self, tiny: Scenario, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        for out in (tmp_path / "file", tmp_path / "file" / "run"):
            with pytest.raises(StorageError):
                simulate(tiny, 1, out=out)

    def test_unwritable_folder_is_told_before_the_run(
        self, tiny: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(path: Path, *args: object, **options: object) -> None:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

        monkeypatch.setattr(Path, "mkdir", refuse)  # root may write everywhere
        monkeypatch.setattr(run_module, "Simulation", None)
        with pytest.raises(StorageError, match=r"cannot be written \(Permission denied\)"):
            simulate(tiny, 1, out=tmp_path / "run")

    def test_asking_leaves_nothing_behind(self, tiny: Scenario, tmp_path: Path) -> None:
        assert check_folder(tmp_path / "a" / "b", tiny, 1) == tmp_path / "a" / "b"
        assert not any(tmp_path.iterdir())

    def test_two_at_once_leave_one_whole_run(self, tiny: Scenario, tmp_path: Path) -> None:
        simulation = simulated(tiny)
        result = result_of(simulation)
        errors: list[BaseException] = []

        def save() -> None:
            try:
                for _ in range(10):
                    save_run(simulation, result, tmp_path / "run")
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=save) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors
        assert os.listdir(tmp_path) == ["run"]
        assert load_run(tmp_path / "run").result.digest == result.digest


class TestAllOrNothing:
    @pytest.mark.parametrize("earlier", [False, True])
    @pytest.mark.parametrize("nth", range(5))
    def test_full_disk_leaves_nothing_half_written(
        self, tiny: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int, earlier: bool
    ) -> None:
        out = tmp_path / "run"
        if earlier:
            simulate(tiny, 1, out=out)
        write, written = run_folder._write_file, []

        def fail(path: Path, content: bytes) -> None:
            written.append(path)
            if len(written) > nth:
                path.write_bytes(content[: len(content) // 2])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            write(path, content)

        monkeypatch.setattr(run_folder, "_write_file", fail)
        with pytest.raises(StorageError, match=r"run: cannot be written \(No space left on device\)"):
            simulate(tiny, 1, out=out)
        assert os.listdir(tmp_path) == (["run"] if earlier else [])
        if earlier:
            assert load_run(out).result.seed == 1

    def test_disk_that_cannot_be_written(self, tiny: Scenario, small_disk: Path) -> None:
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
        with pytest.raises(StorageError) as error:
            simulate(tiny, 1, out=small_disk / "run")
        assert str(error.value) == f"{small_disk / 'run'}: cannot be written (Read-only file system)"

    def test_disk_that_is_really_full(self, tiny: Scenario, small_disk: Path) -> None:
        with pytest.raises(StorageError, match="No space left on device") as error:
            simulate(tiny, 1, out=small_disk / "run")
        assert str(error.value).startswith(f"{small_disk / 'run'}: cannot be written (")
        assert not os.listdir(small_disk)

    def test_model_that_cannot_be_written(
        self, tiny: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(classifier: object, path: Path) -> None:
            raise StorageError(f"{path}: cannot be written (No space left on device)")

        monkeypatch.setattr(run_folder, "write_model", fail)
        with pytest.raises(StorageError) as error:
            simulate(tiny, 1, out=tmp_path / "run")
        assert "partial" not in str(error.value)
        assert "No space left on device" in str(error.value)
        assert not os.listdir(tmp_path)

    @pytest.mark.parametrize("earlier", [False, True])
    @pytest.mark.parametrize("nth", [1, 3, 5])
    def test_killed_while_writing(self, tiny: Scenario, tmp_path: Path, nth: int, earlier: bool) -> None:
        out = tmp_path / "run"
        if earlier:
            simulate(tiny, 1, out=out)
        code = f"""if True:
            import os, signal
            from pathlib import Path
            from decai.simulation import load_scenario, run_folder, simulate
            left = {nth}
            write = run_folder._write_file
            def die(path, content):
                global left
                left -= 1
                if not left:
                    path.write_bytes(content[:10])
                    os.kill(os.getpid(), signal.SIGKILL)
                write(path, content)
            run_folder._write_file = die
            simulate(load_scenario("tiny"), 1, out=Path("run"))
            """
        killed = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False)
        assert killed.returncode == -signal.SIGKILL
        assert out.exists() == earlier
        assert [name for name in os.listdir(tmp_path) if not name.startswith(".")] == ["run"] * earlier
        if earlier:
            assert load_run(out).result.seed == 1
        assert simulate(tiny, 1, out=out).run == str(out)


def interrupting(number: signal.Signals, at: int) -> Callable[[int, int], None]:
    """A progress callback that sends this process a signal at a contribution."""

    def progress(contributed: int, most: int) -> None:
        if contributed >= at:
            os.kill(os.getpid(), number)

    return progress


class TestInterruption:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_keeps_what_there_is_and_says_so(
        self, tiny: Scenario, tmp_path: Path, number: signal.Signals
    ) -> None:
        out = tmp_path / "run"
        with pytest.raises(Interrupted) as error:
            simulate(tiny, 1, out=out, progress=interrupting(number, at=100))
        run = load_run(out)
        count = run.result.contributions
        assert 100 <= count < 240
        line = f"interrupted after {count} contributions; the run so far is kept in {out}"
        assert str(error.value) == line
        assert run.result.status == "interrupted"
        assert json.loads((out / "run.json").read_text())["status"] == "interrupted"
        assert len(rows_of(out, "contributions")) == count
        assert sum(balance.end for balance in run.result.balances.values()) + run.result.held == 12 * 10**18

    def test_at_the_very_beginning(self, tiny: Scenario, tmp_path: Path) -> None:
        with pytest.raises(Interrupted, match="after 1 contribution;"):
            simulate(tiny, 1, out=tmp_path / "run", progress=interrupting(signal.SIGINT, at=0))
        run = load_run(tmp_path / "run")
        assert run.result.contributions == 1
        assert len(run.accuracy) == 2

    def test_without_a_folder_nothing_is_kept(
        self, tiny: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        with pytest.raises(Interrupted, match=r"after \d+ contributions$"):
            simulate(tiny, 1, progress=interrupting(signal.SIGINT, at=100))
        assert not os.listdir(tmp_path)

    def test_never_replaces_a_complete_run(self, tiny: Scenario, tmp_path: Path) -> None:
        out = tmp_path / "run"
        simulate(tiny, 1, out=out)
        with pytest.raises(Interrupted, match=r"the complete run in .* is left as it was"):
            simulate(tiny, 1, out=out, progress=interrupting(signal.SIGINT, at=100))
        assert load_run(out).result.contributions == 240

    def test_is_replaced_by_a_complete_run(self, tiny: Scenario, tmp_path: Path) -> None:
        out = tmp_path / "run"
        with pytest.raises(Interrupted):
            simulate(tiny, 1, out=out, progress=interrupting(signal.SIGINT, at=100))
        simulate(tiny, 1, out=out)
        assert load_run(out).result.contributions == 240

    def test_signals_mean_what_they_meant_before(self, tiny: Scenario) -> None:
        before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        simulate(tiny, 1)
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before

    def test_a_run_in_another_thread_works(self, tiny: Scenario, done: tuple[RunResult, Path]) -> None:
        results: list[RunResult] = []
        thread = threading.Thread(target=lambda: results.append(simulate(tiny, 1)))
        thread.start()
        thread.join()
        assert results[0].digest == done[0].digest


class TestReading:
    @pytest.fixture
    def copy(self, done: tuple[RunResult, Path], tmp_path: Path) -> Path:
        return Path(shutil.copytree(done[1], tmp_path / "copy"))

    def test_gives_what_was_written(self, done: tuple[RunResult, Path]) -> None:
        result, folder = done
        run = load_run(folder)
        series = rows_of(folder, "series")
        assert run.result == result
        assert run.title == load_scenario("tiny").title
        assert run.days.tolist() == [row["time"] / 86_400 for row in series]
        assert run.accuracy.tolist() == [row["accuracy"] for row in series]
        assert run.balances["bad"][-1] == result.balances["bad"].end / 10**18

    def test_moved_folder_is_still_a_run(self, copy: Path) -> None:
        assert load_run(copy).result.run == str(copy)

    def test_folder_that_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        for path in (tmp_path, tmp_path / "missing", tmp_path / "file"):
            with pytest.raises(InputError, match=r"is not a run: there is no run\.json in it"):
                load_run(path)

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "run.json is damaged"),
            ("\xff", "run.json is damaged"),
            ("[]", "run.json is not of the form 'decai run 1'"),
            ('{"format": "decai run 99"}', "run.json is not of the form 'decai run 1'"),
            ('{"format": "decai run 1"}', "run.json is damaged: scenario"),
        ],
    )
    def test_summary_that_is_damaged(self, copy: Path, text: str, reason: str) -> None:
        (copy / "run.json").write_bytes(text.encode("latin-1"))
        with pytest.raises(InputError) as error:
            load_run(copy)
        assert str(error.value) == f"{copy}: {reason}"

    def test_series_that_is_missing(self, copy: Path) -> None:
        (copy / "series.parquet").unlink()
        with pytest.raises(InputError, match=r"is incomplete: it has no series\.parquet"):
            load_run(copy)

    def test_series_that_is_damaged_anywhere(self, copy: Path) -> None:
        path = copy / "series.parquet"
        whole = path.read_bytes()
        size = len(whole)
        for content in (b"", whole[: size // 2], whole[:100] + bytes(200) + whole[300:], whole[: size - 400]):
            path.write_bytes(content)
            with pytest.raises(InputError, match=r"series\.parquet is damaged"):
                load_run(copy)

    def test_series_without_a_column(self, copy: Path) -> None:
        table = pq.read_table(copy / "series.parquet")
        pq.write_table(table.drop_columns(["balance_bad"]), copy / "series.parquet")
        with pytest.raises(InputError, match=r"series\.parquet is damaged"):
            load_run(copy)


class TestData:
    @pytest.mark.parametrize("option", ["cache=1", "dense=1", "wrods=5"])
    def test_option_that_the_data_set_has_not(self, option: str) -> None:
        key = option.partition("=")[0]
        line = rf"^unknown key 'data\.options\.{key}' for tiny; it has no options$"
        with pytest.raises(ScenarioError, match=line):
            simulate(load_scenario("tiny", [f"data.options.{option}"]), 1)

    def test_dense_classifier_gets_dense_data(self) -> None:
        overrides = ["data.dataset=tiny-dense", "model.classifier=dense-centroid"]
        result = simulate(load_scenario("tiny", overrides), 1)
        assert result.contributions > 100

    def test_data_that_was_not_fetched(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DECAI_DATA_DIR", str(tmp_path))
        with pytest.raises(MissingError, match="decai dataset fetch titanic"):
            simulate(load_scenario("titanic-naive-bayes"), 1)

    def test_negative_seed(self, tiny: Scenario, tmp_path: Path) -> None:
        with pytest.raises(ScenarioError, match="must not be negative"):
            simulate(tiny, -1, out=tmp_path / "run")
        assert not os.listdir(tmp_path)
