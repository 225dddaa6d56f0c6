"""Pictures of runs: how good the model was, and what everybody owned."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

from decai.dataset.storage import atomic_file
from decai.errors import InputError, StorageError
from decai.simulation.result import Balance
from decai.simulation.run_data import RunData
from decai.units import ETHER

__all__ = ["FORMATS", "checked_file", "figure_of", "plot_runs"]

FORMATS: Final = (".png", ".svg")

_COLORS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's, which people with any colour vision tell apart."""
_STYLES: Final[tuple[Any, ...]] = (
    "-",
    (0, (5, 1.6)),
    (0, (1.2, 1.2)),
    (0, (6, 1.5, 1.2, 1.5)),
    (0, (9, 2, 2, 2, 2, 2)),
)
_INK: Final = "#333333"
_LEAST_SPAN: Final = 0.1
_MOST_NAMES: Final = 12
"""More runs than this are not named one by one."""
_STYLE: Final[dict[Any, Any]] = {
    "axes.edgecolor": "#888888",
    "axes.grid": True,
    "axes.labelcolor": _INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "figure.dpi": 150,
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "svg.hashsalt": "decai",
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}


def checked_file(file: Path) -> Path:
    """`file`, if a picture can have this name; to be asked before a long run.

    Raises
    ------
    InputError
        If its ending is not one of `FORMATS`.
    StorageError
        If its folder cannot be written.
    """
    if file.suffix.lower() not in FORMATS:
        raise InputError(f"{file}: a picture's name ends in {' or '.join(FORMATS)}")
    if file.is_dir():
        raise StorageError(f"{file}: is a folder")
    place = file.absolute().parent
    while not place.exists():
        place = place.parent
    try:
        with TemporaryFile(dir=place):
            return file
    except OSError as error:
        raise StorageError(f"{file}: cannot be written ({error.strerror or error})") from None


def plot_runs(runs: Sequence[RunData], file: Path) -> None:
    """Draw one or more runs into one picture; the same runs give the same file.

    Parameters
    ----------
    runs
        At least one.
    file
        Ends in ``.png`` or ``.svg``.

    Raises
    ------
    InputError
        If there is no run, or the name ends otherwise.
    StorageError
        If the file cannot be written.
    """
    checked_file(file)
    if not runs:
        raise InputError("there is no run to draw")
    kind = file.suffix.lower().removeprefix(".")
    buffer = BytesIO()
    with matplotlib.rc_context(_STYLE):
        # A date would make each SVG another one.
        figure_of(runs).savefig(buffer, format=kind, metadata={"Date": None} if kind == "svg" else None)
    with atomic_file(file) as output:
        output.write(buffer.getbuffer())


def figure_of(runs: Sequence[RunData]) -> Figure:
    """The picture as a matplotlib figure, for whoever wants to draw on."""
    from_nothing = any(not balance.start for run in runs for balance in run.result.balances.values())
    heights = [1.0, 1.15, 0.6][: 3 if from_nothing else 2]
    figure = Figure(
        figsize=(10, 1.0 + 2.6 * sum(heights)), layout=ConstrainedLayoutEngine(h_pad=0.08, hspace=0.03)
    )
    axes = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights, squeeze=False)[:, 0]
    figure.suptitle(_title(runs), x=0.008, ha="left", fontsize=13)
    _draw_accuracy(axes[0], runs)
    _draw_money(axes[1], runs, of_start=True)
    if from_nothing:
        _draw_money(axes[2], runs, of_start=False)
    axes[-1].set_xlabel("days")
    axes[-1].set_xlim(0, max(float(run.days[-1]) for run in runs) or 1.0)
    figure.align_ylabels()
    return figure


def _title(runs: Sequence[RunData]) -> str:
    titles = {run.title or run.result.scenario for run in runs}
    text = titles.pop() if len(titles) == 1 else f"{len(runs)} runs compared"
    if len(runs) > 1:
        return text
    result = runs[0].result
    return f"{text} (seed {result.seed}{'' if result.status == 'complete' else f', {result.status}'})"


def _names(runs: Sequence[RunData]) -> list[str]:
    """The shortest name of each run that tells it from the others."""
    for name in ("{0.scenario}", "seed {0.seed}", "{0.scenario}, seed {0.seed}"):
        names = [name.format(run.result) for run in runs]
        if len(set(names)) == len(runs):
            return names
    return [run.path.name for run in runs]


def _color(number: int, of: int) -> Any:
    if of <= len(_COLORS):
        return _COLORS[number]
    return matplotlib.colormaps["viridis"](number / (of - 1))


def _draw_accuracy(axes: Axes, runs: Sequence[RunData]) -> None:
    axes.set_title("How often the model is right on test data")
    axes.set_ylabel("right")
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    key = _draw_one_accuracy(axes, runs[0]) if len(runs) == 1 else _draw_accuracies(axes, runs)
    low, high = axes.get_ylim()
    # Noise of a point or two must not look like a landslide.
    missing = max(0.0, _LEAST_SPAN - (high - low)) / 2
    axes.set_ylim(max(-0.02, low - missing), min(1.02, high + missing))
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], min_n_ticks=3))
    _legend(axes, key)


def _draw_one_accuracy(axes: Axes, run: RunData) -> list[Line2D]:
    result = run.result
    label = f"the model, {result.final_accuracy:.1%} at the end"
    axes.plot(run.days, run.accuracy, color=_INK, label=label)
    for style, value, label in (
        (_STYLES[1], result.baseline_accuracy, "trained on all true data"),
        (_STYLES[2], result.initial_accuracy, "before contributions"),
    ):
        axes.axhline(value, color=_INK, linestyle=style, linewidth=1.2, label=f"{label}, {value:.1%}")
    return list(axes.get_lines())


def _draw_accuracies(axes: Axes, runs: Sequence[RunData]) -> list[Line2D]:
    key: list[Line2D] = []
    colors: dict[float, Any] = {}
    for number, (run, name) in enumerate(zip(runs, _names(runs), strict=True)):
        color, baseline = _color(number, len(runs)), run.result.baseline_accuracy
        key += axes.plot(run.days, run.accuracy, color=color, label=name, alpha=_alpha(runs))
        axes.plot(run.days[:1], run.accuracy[:1], color=color, marker="o", markersize=5, clip_on=False)
        # One line in nobody's color for all the runs that share a baseline.
        colors[baseline] = _INK if baseline in colors else color
    for baseline, color in colors.items():
        axes.axhline(baseline, color=color, linestyle=_STYLES[1], linewidth=1.2)
    if len(key) > _MOST_NAMES:
        key = [Line2D([], [], color=key[0].get_color(), label=f"{len(key)} runs")]
    dashes = Line2D([], [], color=_INK, linewidth=1.2, linestyle=_STYLES[1], label="trained on all true data")
    dot = Line2D([], [], color=_INK, linewidth=0, marker="o", markersize=5, label="before contributions")
    return [*key, dashes, dot]


def _draw_money(axes: Axes, runs: Sequence[RunData], *, of_start: bool) -> None:
    """Draw what the groups own: in % of their start, or in ETH for those who started with nothing."""
    groups = list(dict.fromkeys(group for run in runs for group in run.balances))
    shown: dict[str, Line2D] = {}
    for number, run in enumerate(runs):
        for place, group in enumerate(groups):
            balance = run.result.balances.get(group)
            if balance is None or bool(balance.start) != of_start:
                continue
            style = _STYLES[place % len(_STYLES)]
            color = _color(place, len(groups)) if len(runs) == 1 else _color(number, len(runs))
            values = run.balances[group] * (ETHER / balance.start if of_start else 1.0)
            axes.plot(run.days, values, color=color, linestyle=style, alpha=_alpha(runs))
            label = f"{group}: {_change(balance)}" if len(runs) == 1 else group
            key_color = color if len(runs) == 1 else _INK
            shown.setdefault(group, Line2D([], [], color=key_color, linestyle=style, label=label))
    if of_start:
        axes.set_title("Money outside of the model, as a share of each one's start")
        axes.set_ylabel("of the start")
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.axhline(1.0, color="#999999", linewidth=0.9, zorder=1)
    else:
        axes.set_title("Money of those who started with nothing")
        axes.set_ylabel("ETH")
    top = float(axes.dataLim.ymax)
    # A line at 0 has its whole width.
    axes.set_ylim(-0.02 * top, 1.08 * top or 1.0)
    _legend(axes, list(shown.values()))


def _change(balance: Balance) -> str:
    end = f"{balance.end / ETHER:,.2f} ETH"
    return f"{balance.start / ETHER:,.4g} to {end}" if balance.start else end


def _alpha(runs: Sequence[RunData]) -> float:
    return 1.0 if len(runs) <= _MOST_NAMES else 0.5


def _legend(axes: Axes, lines: Sequence[Line2D]) -> None:
    # Beside the data, never on it.
    axes.legend(
        handles=lines,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.03),
        borderaxespad=0,
        handlelength=2.6,
        fontsize=9,
    )
