"""Pictures: what is drawn is what was recorded, nothing covers it, and the same runs give the same file."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from decai.errors import InputError, StorageError
from decai.simulation import RunData, load_run, load_scenario, plot_runs, simulate
from decai.simulation.plot import figure_of


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[RunData]:
    folder = tmp_path_factory.mktemp("runs")
    for seed in (1, 2, 3):
        simulate(load_scenario("tiny"), seed, out=folder / str(seed))
    return [load_run(folder / str(seed)) for seed in (1, 2, 3)]


def many(run: RunData, count: int) -> list[RunData]:
    return [replace(run, result=replace(run.result, seed=seed)) for seed in range(count)]


def heights(line: Line2D) -> list[float]:
    return [float(y) for y in np.asarray(line.get_ydata())]


def texts(figure: Figure) -> list[str]:
    legends = [axes.get_legend() for axes in figure.axes]
    return [text.get_text() for legend in legends if legend for text in legend.get_texts()]


def test_lines_are_the_recorded_numbers(runs: list[RunData]) -> None:
    accuracy, money, from_nothing = figure_of(runs[:1]).axes
    model, baseline, start = accuracy.get_lines()
    assert np.asarray(model.get_xdata()).tolist() == runs[0].days.tolist()
    assert heights(model) == runs[0].accuracy.tolist()
    assert set(heights(baseline)) == {runs[0].result.baseline_accuracy}
    assert set(heights(start)) == {runs[0].result.initial_accuracy}
    good, bad = money.get_lines()[:2]
    assert heights(good) == pytest.approx(runs[0].balances["good"] / 10)
    assert heights(bad) == pytest.approx(runs[0].balances["bad"] / 2)
    assert heights(from_nothing.get_lines()[0]) == runs[0].balances["owner"].tolist()


def test_one_run_tells_its_figures(runs: list[RunData]) -> None:
    result = runs[0].result
    shown = texts(figure_of(runs[:1]))
    assert f"the model, {result.final_accuracy:.1%} at the end" in shown
    assert f"bad: 2 to {result.balances['bad'].end / 10**18:.2f} ETH" in shown


def test_runs_of_one_scenario_are_named_by_seed(runs: list[RunData]) -> None:
    assert texts(figure_of(runs))[:3] == ["seed 1", "seed 2", "seed 3"]


def test_runs_of_several_scenarios_are_named_by_scenario(runs: list[RunData]) -> None:
    other = replace(runs[0], result=replace(runs[0].result, scenario="other"))
    assert texts(figure_of([runs[0], other]))[:2] == ["tiny", "other"]


def test_runs_that_differ_in_settings_only_are_named_by_folder(runs: list[RunData]) -> None:
    other = replace(runs[0], path=Path("runs/dear"))
    assert texts(figure_of([runs[0], other]))[:2] == ["1", "dear"]


def test_a_crowd_of_runs_is_counted_not_named(runs: list[RunData]) -> None:
    shown = texts(figure_of(many(runs[0], 30)))
    assert "30 runs" in shown
    assert len(shown) < 8


@pytest.mark.parametrize(
    ("stopped_by", "told"),
    [("interrupt", "(seed 1, interrupted)"), ("failure", "(seed 1, failed)"), ("money", "(seed 1)")],
)
def test_run_that_was_cut_short_says_so(runs: list[RunData], stopped_by: str, told: str) -> None:
    run = replace(runs[0], result=replace(runs[0].result, stopped_by=stopped_by))
    title = figure_of([run])._suptitle  # type: ignore[attr-defined]
    assert title.get_text().endswith(told)


@pytest.mark.parametrize("count", [1, 3, 12, 40])
def test_nothing_covers_the_data_or_leaves_the_page(runs: list[RunData], count: int) -> None:
    figure = figure_of(many(runs[0], count))
    figure.draw_without_rendering()
    places = [axes.get_window_extent() for axes in figure.axes]
    for axes in figure.axes:
        legend = axes.get_legend()
        assert legend is not None
        places.append(legend.get_window_extent())
    for first, second in combinations(places, 2):
        assert not first.overlaps(second)
    for place in places:
        assert place.x0 >= 0
        assert place.y0 >= 0
        assert place.x1 <= figure.bbox.x1
        assert place.y1 <= figure.bbox.y1


def test_no_two_groups_look_alike(runs: list[RunData]) -> None:
    money, from_nothing = figure_of(runs[:1]).axes[1:]
    lines = [*money.get_lines()[:2], *from_nothing.get_lines()]
    assert len({line.get_color() for line in lines}) == 3
    assert len({str(line.get_linestyle()) + str(line.is_dashed()) for line in lines}) >= 2


@pytest.mark.parametrize("name", ["a.png", "a.svg", "A.PNG"])
def test_same_runs_give_the_same_file(runs: list[RunData], tmp_path: Path, name: str) -> None:
    digests = []
    for _ in range(2):
        plot_runs(runs, tmp_path / name)
        digests.append(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert digests[0] == digests[1]


def test_files_are_what_their_names_say(runs: list[RunData], tmp_path: Path) -> None:
    plot_runs(runs[:1], tmp_path / "new" / "a.png")
    plot_runs(runs[:1], tmp_path / "a.svg")
    assert (tmp_path / "new" / "a.png").read_bytes().startswith(b"\x89PNG\r\n")
    assert b"<svg" in (tmp_path / "a.svg").read_bytes()[:1000]


def test_settings_of_matplotlib_stay_as_they_were(runs: list[RunData], tmp_path: Path) -> None:
    before = dict(matplotlib.rcParams)
    plot_runs(runs, tmp_path / "a.svg")
    assert dict(matplotlib.rcParams) == before


def test_pyplot_is_never_imported(runs: list[RunData], tmp_path: Path) -> None:
    code = f"""if True:
        import sys
        from pathlib import Path
        from decai.simulation import load_run, plot_runs
        plot_runs([load_run({str(runs[0].path)!r})], Path("a.png"))
        assert "matplotlib.pyplot" not in sys.modules
        """
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


@pytest.mark.parametrize("name", ["a.gif", "a", "png", ".svg", "a.png.txt"])
def test_other_endings_are_refused(runs: list[RunData], tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"a picture's name ends in \.png or \.svg"):
        plot_runs(runs, tmp_path / name)


def test_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run to draw"):
        plot_runs([], tmp_path / "a.png")


def test_place_that_cannot_be_written(runs: list[RunData], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.png").mkdir()
    for file in (tmp_path / "file" / "a.png", tmp_path / "folder.png"):
        with pytest.raises(StorageError):
            plot_runs(runs, file)
    assert not any((tmp_path / "folder.png").iterdir())
