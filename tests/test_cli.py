"""The command as a user meets it: real processes, their exit codes, and what they say where."""

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from decai import __version__, dataset
from decai.cli import run
from decai.simulation import load_run

ROOT = Path(__file__).parents[1]
LONG = [
    "simulate",
    "tiny",
    "--set=data.dataset=synthetic-text",
    "--set=data.options.samples=200000",
    "--set=agents.good.balance=1000 ether",
]
"""A run of a minute or more."""

Done = subprocess.CompletedProcess[str]
Decai = Callable[..., Done]


@pytest.fixture
def decai(tmp_path: Path) -> Decai:
    """Runs ``decai`` in a folder of its own."""

    def call(*arguments: str, before: tuple[str, ...] = (), **variables: str) -> Done:
        return subprocess.run(
            [*before, sys.executable, "-m", "decai.cli", *arguments],
            cwd=tmp_path,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    return call


def answer(done: Done) -> dict[str, Any]:
    """The one JSON object that a command has printed, and nothing else."""
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert isinstance(told, dict)
    return told


def assert_one_line(done: Done, part: str, code: int = 2) -> None:
    assert done.returncode == code
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert part in done.stderr


class TestSimulate:
    def test_json_is_one_object_with_every_figure(self, decai: Decai, tmp_path: Path) -> None:
        told = answer(decai("simulate", "tiny", "--seed", "3", "--json"))
        assert {
            "scenario",
            "seed",
            "contributions",
            "events",
            "loop_cpu_seconds",
            "wall_seconds",
            "initial_accuracy",
            "final_accuracy",
            "baseline_accuracy",
            "balances",
            "digest",
            "run",
        } <= set(told)
        assert (told["scenario"], told["seed"], told["run"]) == ("tiny", 3, "runs/tiny-seed3")
        assert told["balances"]["bad"]["start"] == 2 * 10**18
        assert load_run(tmp_path / told["run"]).result.digest == told["digest"]

    def test_account_in_words(self, decai: Decai) -> None:
        done = decai("simulate", "tiny")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("tiny, seed 1: 240 contributions in ")
        for words in ("accuracy", "good", "10 ETH became", "claims", "runs/tiny-seed1"):
            assert words in done.stdout

    def test_settings_and_folder(self, decai: Decai, tmp_path: Path) -> None:
        done = decai(
            "simulate",
            "tiny",
            "--set",
            "agents.bad.balance=1 ether",
            "--set",
            "data.contributions=50",
            "--out",
            "a/b",
            "--json",
        )
        told = answer(done)
        assert told["contributions"] == 50
        assert told["balances"]["bad"]["start"] == 10**18
        assert told["run"] == "a/b"
        assert load_run(tmp_path / "a" / "b").result.contributions == 50

    def test_same_seed_same_digest_in_any_process(self, decai: Decai) -> None:
        digests = {
            answer(done)["digest"]
            for done in (
                decai("simulate", "tiny", "--json"),
                decai("simulate", "tiny", "--json", "--plot", "a.png"),
                decai("simulate", "tiny", "--json", "--out", "elsewhere", PYTHONHASHSEED="7"),
            )
        }
        assert len(digests) == 1

    @pytest.mark.skipif(
        shutil.which("taskset") is None or (os.cpu_count() or 1) < 2, reason="needs taskset and 2 processors"
    )
    def test_same_seed_same_digest_on_one_processor_or_two(self, decai: Decai) -> None:
        digests = {
            answer(decai("simulate", "tiny", "--json", before=("taskset", "-c", cores)))["digest"]
            for cores in ("0", "0,1")
        }
        assert len(digests) == 1

    def test_on_the_real_contracts(self, decai: Decai, tmp_path: Path) -> None:
        in_memory = answer(decai("simulate", "tiny", "--json"))
        told = answer(decai("simulate", "tiny", "--on", "evm", "--json"))
        assert (told["on"], told["run"]) == ("evm", "runs/tiny-seed1-evm")
        assert (in_memory["on"], in_memory["run"]) == ("memory", "runs/tiny-seed1")
        assert told["digest"] == in_memory["digest"]

    def test_plot_is_written_and_named(self, decai: Decai, tmp_path: Path) -> None:
        assert answer(decai("simulate", "tiny", "--json", "--plot", "p/a.svg"))["plot"] == "p/a.svg"
        assert (tmp_path / "p" / "a.svg").stat().st_size > 10_000

    def test_scenario_file(self, decai: Decai, tmp_path: Path) -> None:
        text = decai("scenario", "show", "tiny").stdout
        (tmp_path / "mine.toml").write_text(text)
        told = answer(decai("simulate", "mine.toml", "--json"))
        assert told["scenario"] == "mine"
        assert told["run"].startswith("runs/mine-seed1-")


class TestInterruption:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_leaves_a_readable_run(self, tmp_path: Path, number: signal.Signals) -> None:
        # The progress bar, which a terminal gets, tells when the loop has begun.
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "decai.cli", *LONG, "--out", "run"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=theirs,
        )
        os.close(theirs)
        shown = b""
        while b"contributions" not in shown:
            shown += os.read(ours, 4096)
        process.send_signal(number)
        shown = b""
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:
            pass  # Linux's way to say that the other end is closed
        output, _ = process.communicate()
        os.close(ours)
        assert process.returncode == 130
        assert output == b""
        result = load_run(tmp_path / "run").result
        count = result.contributions
        assert result.status == "interrupted"
        plural = "" if count == 1 else "s"
        line = f"error: interrupted after {count:,} contribution{plural}; the run so far is kept in run"
        assert line.encode() in shown
        assert b"Traceback" not in shown

    def test_second_one_ends_a_run_whose_agent_hangs(self, tmp_path: Path) -> None:
        """The first one asks for an end after this turn, which never comes."""
        (tmp_path / "hanging.py").write_text(
            "import os\n"
            "from decai.simulation import Agent\n"
            "class Hanging(Agent):\n"
            "    def wants_to_contribute(self, view):\n"
            "        self.turns = getattr(self, 'turns', 0) + 1\n"
            "        if self.turns == 3:\n"
            "            os.write(1, b'hangs\\n')\n"
            "            while True:\n"
            "                pass\n"
            "        return True\n"
        )
        custom = ["--set=agents.bad.kind=custom", "--set=agents.bad.strategy=hanging:Hanging"]
        process = subprocess.Popen(
            [sys.executable, "-m", "decai.cli", "simulate", "tiny", *custom, "--out", "run"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"hangs\n"
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (130, b"error: interrupted\n")
        assert not (tmp_path / "run").exists()


class TestBadInput:
    @pytest.mark.parametrize(
        ("arguments", "part"),
        [
            ("simulate tinny", "unknown scenario 'tinny'; there are imdb-naive-bayes"),
            ("simulate missing.toml", "missing.toml: cannot be read: No such file or directory"),
            ("simulate tiny --seed -1", "--seed"),
            ("simulate tiny --seed x", "--seed"),
            ("simulate tiny --seed 1.5", "--seed"),
            ("simulate", "SCENARIO"),
            ("simulate tiny tiny", "tiny"),
            ("simulate tiny --sed 1", "--sed"),
            ("simulate tiny --set colour=red", "unknown key 'colour'"),
            ("simulate tiny --set agents.bad.colour=red", "unknown key 'agents.bad.colour'"),
            ("simulate tiny --set agents", "write it as key=value"),
            ("simulate tiny --set agents.bad.deposit_mean=-1", "agents.bad.deposit_mean"),
            ("simulate tiny --set agents.bad.deposit_mean=-1ether", "agents.bad.deposit_mean"),
            ("simulate tiny --set agents.bad.wait_mean=0", "agents.bad.wait_mean"),
            ("simulate tiny --set evaluate_every=0", "evaluate_every"),
            ("simulate tiny --set agents.bad.mistake=1.2", "agents.bad.mistake"),
            ("simulate tiny --set agents.bad.mistake=-0.1", "agents.bad.mistake"),
            ("simulate tiny --set agents.bad.mistake=nan", "agents.bad.mistake"),
            ("simulate tiny --set data.dataset=nope", "data.dataset: must be one of digits, imdb, "),
            ("simulate tiny --set data.initial=1", "leaves none to contribute"),
            (
                "simulate tiny --set model.classifier=dense-perceptron",
                "model.classifier: dense-perceptron cannot learn from the sparse features of tiny",
            ),
            (
                "simulate tiny --set data.dataset=tiny-dense",
                "model.classifier: sparse-perceptron cannot learn from the dense features of tiny-dense",
            ),
            (
                "simulate tiny --set data.dataset=synthetic-text --set data.options.words=5",
                "data.options.words: synthetic-text: words must be from 10 to 100,000, not 5",
            ),
            (
                "simulate tiny --set agents.bad.kind=custom --set agents.bad.strategy=nowhere_at_all:X",
                "agents.bad.strategy: 'nowhere_at_all:X' cannot be imported: ModuleNotFoundError",
            ),
            ("simulate tiny --out file", "file: is not a folder"),
            ("simulate tiny --out file/run", "file/run: cannot be written (Not a directory)"),
            ("simulate tiny --out mine", "mine: holds something other than a run"),
            ("simulate tiny --out /proc/run", "/proc/run: cannot be written"),
            ("simulate tiny --plot a.gif", "a.gif: a picture's name ends in .png or .svg"),
            ("simulate tiny --plot file/a.png", "file/a.png: cannot be written"),
            ("plot -o a.png", "RUN"),
            ("plot mine", "-o"),
            ("plot mine -o a.png", "mine: is not a run"),
            ("plot mine -o a.gif", "a.gif"),
            ("scenario", "see decai scenario --help"),
            ("scenario show nope", "unknown scenario 'nope'"),
            ("dataset info nope", "there is no data set 'nope'"),
            ("dataset fetch", "name one data set, or give --all"),
            ("dataset fetch tiny --all", "name one data set, or give --all"),
            ("dataset fetch tiny", "tiny: there is nothing to fetch"),
            ("nope", "No such command 'nope'"),
            ("--nope", "--nope"),
        ],
    )
    def test_is_one_clear_line(
        self,
        arguments: str,
        part: str,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "file").touch()
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "notes.txt").touch()
        code = run(arguments.split())
        output, errors = capfd.readouterr()
        assert_one_line(subprocess.CompletedProcess([], code, output, errors), part)
        assert sorted(os.listdir(tmp_path)) == ["file", "mine"]

    def test_in_a_real_process(self, decai: Decai, tmp_path: Path) -> None:
        done = decai("simulate", "tiny", "--set", "agents.bad.mistake=1.2", "--json")
        assert_one_line(done, "agents.bad.mistake")
        assert not os.listdir(tmp_path)

    def test_data_that_was_not_fetched(self, decai: Decai, tmp_path: Path) -> None:
        done = decai("simulate", "titanic-naive-bayes", DECAI_DATA_DIR=str(tmp_path))
        assert_one_line(done, "get them with: decai dataset fetch titanic")

    @pytest.mark.parametrize(
        ("name", "scenario"), [("titanic", "titanic-naive-bayes"), ("imdb", "imdb-perceptron")]
    )
    def test_truncated_csv(self, decai: Decai, tmp_path: Path, name: str, scenario: str) -> None:
        source = dataset.fetch(name)
        copy = tmp_path / "datasets" / name / source.name
        copy.parent.mkdir(parents=True)
        copy.write_bytes(source.read_bytes()[:60_000])
        done = decai("simulate", scenario, DECAI_DATA_DIR=str(tmp_path))
        assert_one_line(done, f"{copy} is damaged: expected ")
        assert done.stderr.endswith(f"; get it anew with: decai dataset fetch {name}\n")
        assert os.listdir(tmp_path) == ["datasets"] or not any((tmp_path / "prepared").iterdir())

    def test_csv_that_was_truncated_after_it_was_prepared(self, decai: Decai, tmp_path: Path) -> None:
        source = dataset.fetch("imdb")
        dataset.load("imdb", cache=tmp_path / "prepared")
        copy = tmp_path / "datasets" / "imdb" / source.name
        copy.parent.mkdir(parents=True)
        copy.write_bytes(b"text,label,source\n")
        done = decai("simulate", "imdb-perceptron", DECAI_DATA_DIR=str(tmp_path))
        assert_one_line(done, f"{copy} is damaged: expected ")

    def test_label_outside_the_classes_in_a_csv(self, decai: Decai, tmp_path: Path) -> None:
        source = dataset.fetch("titanic")
        copy = tmp_path / "datasets" / "titanic" / source.name
        copy.parent.mkdir(parents=True)
        content = source.read_bytes()
        # of the same size, so that only its content tells
        copy.write_bytes(content.replace(b",0,", b",2,", 1))
        assert copy.read_bytes() != content
        done = decai("simulate", "titanic-naive-bayes", DECAI_DATA_DIR=str(tmp_path))
        assert_one_line(done, f"{copy} is damaged: expected ")

    @pytest.mark.parametrize(
        ("method", "line"),
        [
            (
                "choose_label(self, view, features, label): return 2",
                "agent bad: choose_label gave 2; it must give the number of a class, from 0 to 1, after ",
            ),
            (
                # the first wait is drawn before there is a run
                "next_wait(self): self.waits = getattr(self, 'waits', 0) + 1; return 600 * (self.waits < 4)",
                "agent bad: next_wait gave 0; it must give a whole number of seconds, from 1 to ",
            ),
            (
                "next_deposit(self): return -1",
                "agent bad: next_deposit gave -1; it must give a whole number of wei, at least 0, after ",
            ),
            (
                "choose_label(self, view, features, label): return 1 // 0",
                "agent bad: choose_label failed: ZeroDivisionError: integer division or modulo by zero "
                "(strategies.py, line 3), after ",
            ),
            ("wants_claim(self, view, offer): exit()", "agent bad: wants_claim failed: SystemExit: None"),
        ],
    )
    def test_of_an_agent_of_ones_own_keeps_the_run_so_far(
        self, decai: Decai, tmp_path: Path, method: str, line: str
    ) -> None:
        (tmp_path / "strategies.py").write_text(
            f"from decai.simulation import Agent\nclass Own(Agent):\n    def {method}\n"
        )
        custom = ["--set=agents.bad.kind=custom", "--set=agents.bad.strategy=strategies:Own"]
        done = decai("simulate", "tiny", *custom, "--out", "run")
        assert_one_line(done, line)
        assert done.stderr.endswith("; the run so far is kept in run\n")
        assert load_run(tmp_path / "run").result.status == "failed"
        told = decai("simulate", "tiny", *custom, DECAI_DEBUG="1")
        assert "Traceback" in told.stderr

    def test_other_settings_do_not_replace_a_run_unasked(self, decai: Decai, tmp_path: Path) -> None:
        first = answer(decai("simulate", "tiny", "--out", "run", "--json"))
        again = answer(decai("simulate", "tiny", "--out", "run", "--json"))
        assert again["digest"] == first["digest"]
        other = ["simulate", "tiny", "--out", "run", "--json", "--set=agents.bad.balance=1 ether"]
        done = decai(*other)
        assert_one_line(
            done,
            f'{tmp_path / "run"}: holds another run (agents.bad.balance is "2 ETH" there and "1 ETH" here); '
            "choose another folder, or let it go with --replace",
        )
        assert load_run(tmp_path / "run").result.digest == first["digest"]
        told = answer(decai(*other, "--replace"))
        assert load_run(tmp_path / "run").result.digest == told["digest"] != first["digest"]

    def test_mistake_of_ours_is_one_line_too(
        self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        def broken(name: str) -> None:
            raise ZeroDivisionError("of ours")

        monkeypatch.setattr("decai.simulation.scenario.load", broken)
        code = run(["scenario", "show", "tiny"])
        done = subprocess.CompletedProcess([], code, *capfd.readouterr())
        line = "unexpected ZeroDivisionError: of ours; DECAI_DEBUG=1 shows where it came from"
        assert_one_line(done, line, code=1)
        monkeypatch.setenv("DECAI_DEBUG", "1")
        with pytest.raises(ZeroDivisionError):
            run(["scenario", "show", "tiny"])

    def test_too_little_memory(
        self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        def greedy(name: str) -> None:
            raise MemoryError

        monkeypatch.setattr("decai.simulation.scenario.load", greedy)
        code = run(["scenario", "show", "tiny"])
        assert_one_line(subprocess.CompletedProcess([], code, *capfd.readouterr()), "not enough memory")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
    def test_output_that_goes_nowhere(self, tmp_path: Path) -> None:
        command = f"{sys.executable} -m decai.cli scenario list > /dev/full"
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
        assert_one_line(done, "output: No space left on device")

    def test_reader_that_has_enough(self, tmp_path: Path) -> None:
        command = f"{sys.executable} -m decai.cli scenario list | true"
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
        assert (done.stdout, done.stderr) == ("", "")


class TestLooking:
    def test_scenarios(self, decai: Decai) -> None:
        told = answer(decai("scenario", "list", "--json"))["scenarios"]
        names = {
            "imdb-perceptron",
            "imdb-naive-bayes",
            "imdb-nearest-centroid",
            "titanic-naive-bayes",
            "tiny",
        }
        assert names <= set(told)
        listed = decai("scenario", "list").stdout.splitlines()
        assert [line.split()[0] for line in listed] == sorted(told)

    def test_scenario(self, decai: Decai) -> None:
        shown = decai("scenario", "show", "tiny").stdout
        assert tomllib.loads(shown)["agents"]["bad"]["balance"] == "2 ether"
        told = answer(decai("scenario", "show", "tiny", "--json"))
        assert told["agents"]["bad"]["balance"] == 2 * 10**18
        assert told["title"] == tomllib.loads(shown)["title"]

    def test_datasets(self, decai: Decai) -> None:
        told = answer(decai("dataset", "list", "--json"))["datasets"]
        assert [about["name"] for about in told] == list(dataset.available())
        listed = decai("dataset", "list").stdout.splitlines()
        assert [line.split()[0] for line in listed] == list(dataset.available())

    def test_dataset(self, decai: Decai) -> None:
        told = answer(decai("dataset", "info", "imdb", "--json"))
        assert told["options"] == {"words": 1000}
        shown = decai("dataset", "info", "imdb").stdout
        for key in ("description", "source", "license", "citation", "fetch"):
            assert told[key] in shown

    def test_fetching(self, decai: Decai) -> None:
        path = answer(decai("dataset", "fetch", "titanic", "--json"))["fetched"]["titanic"]
        assert Path(path) == dataset.fetch("titanic")
        assert "is there and intact" in decai("dataset", "fetch", "titanic").stdout

    def test_plot_of_several_runs(self, decai: Decai, tmp_path: Path) -> None:
        for seed in ("1", "2"):
            answer(decai("simulate", "tiny", "--seed", seed, "--json"))
        done = decai("plot", "runs/tiny-seed1", "runs/tiny-seed2", "-o", "both.svg")
        assert (done.returncode, done.stdout, done.stderr) == (0, "both.svg\n", "")
        assert (tmp_path / "both.svg").exists()

    def test_version_is_the_project_s(self, decai: Decai) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        assert __version__ == project["version"]
        assert decai("version").stdout == decai("--version").stdout == f"decai {__version__}\n"

    @pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
    def test_help(self, decai: Decai, arguments: tuple[str, ...]) -> None:
        done = decai(*arguments)
        assert (done.returncode, done.stderr) == (0, "")
        for command in ("simulate", "scenario", "dataset", "plot", "demo", "version"):
            assert command in done.stdout

    def test_help_imports_nothing_heavy(self) -> None:
        code = """if True:
            import sys
            from decai.cli import run
            assert run(["--help"]) == 0
            heavy = {"numpy", "numba", "pydantic", "pyarrow", "matplotlib", "rich"} & set(sys.modules)
            assert not heavy, heavy
            """
        subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)

    def test_importing_decai_imports_nothing_heavy(self) -> None:
        code = """if True:
            import sys
            import decai, decai.simulation
            assert not {"numpy", "numba", "pydantic", "pyarrow", "matplotlib"} & set(sys.modules)
            for module in (decai, decai.simulation):
                for name in module.__all__:
                    assert getattr(module, name) is not None
                    assert name in dir(module)
            """
        subprocess.run([sys.executable, "-c", code], check=True)


class TestCompletion:
    @pytest.fixture
    def offered(self, decai: Decai) -> Callable[[str], list[str]]:
        def complete(line: str) -> list[str]:
            words = line.split(" ")
            variables = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
            done = decai(_DECAI_COMPLETE="complete_bash", **variables)
            assert done.stderr == ""
            return done.stdout.split()

        return complete

    def test_commands(self, offered: Callable[[str], list[str]]) -> None:
        assert offered("decai sim") == ["simulate"]

    def test_scenarios(self, offered: Callable[[str], list[str]], tmp_path: Path) -> None:
        (tmp_path / "tin.toml").touch()
        assert offered("decai simulate ti") == ["tiny", "titanic-naive-bayes", "tin.toml"]
        assert offered("decai scenario show tiny") == ["tiny"]

    def test_datasets(self, offered: Callable[[str], list[str]]) -> None:
        assert offered("decai dataset info im") == ["imdb"]
        assert offered("decai dataset fetch im") == ["imdb"]

    def test_runs(self, offered: Callable[[str], list[str]], tmp_path: Path) -> None:
        for name in ("runs/tiny-seed1", "runs/tiny-seed2", "other"):
            (tmp_path / name).mkdir(parents=True)
            (tmp_path / name / "run.json").touch()
        (tmp_path / "runs" / "no-run").mkdir()
        assert offered("decai plot ") == ["other", "runs/tiny-seed1", "runs/tiny-seed2"]
        assert offered("decai plot runs/t") == ["runs/tiny-seed1", "runs/tiny-seed2"]


def test_demo_answers_the_three_questions_and_tells_the_story(
    decai: Decai, tmp_path: Path, data_folder: Path
) -> None:
    dataset.fetch("imdb")
    done = decai("demo")
    assert (done.returncode, done.stderr) == (0, "")
    result = load_run(tmp_path / "runs" / "imdb-perceptron-seed1").result
    for question in ("Did the model stay good? ", "(good) profit? ", "(bad) go broke? "):
        assert question in done.stdout
    assert f"{result.initial_accuracy:.1%}" in done.stdout
    assert f"{result.final_accuracy:.1%}" in done.stdout
    picture = tmp_path / "runs" / "imdb-perceptron-seed1.png"
    assert "runs/imdb-perceptron-seed1.png" in done.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")
    # the deposits: Ada's comes back, and Mal's becomes hers
    for line in ("Ada contributes", "Mal contributes", "Ada is refunded", "Ada reports Mal"):
        assert line in done.stdout
    assert "Ada +0.003 ETH · Mal -0.003 ETH · model 0 ETH" in done.stdout
    # Where nobody can press Ctrl-C, the dashboard is not begun.
    assert "Open the dashboard with: decai serve" in done.stdout
    for name in ("Film reviews", "Who survived the Titanic?", "Handwritten digits"):
        assert f"  {name}: 0x" in done.stdout
