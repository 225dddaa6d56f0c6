"""The map behind the defaults: learning rate x cost weight, the reference set-up, 30 seeds.

    make sweep

writes ``docs/sweep.md`` (which ``docs/mechanism.md`` argues from) and ``docs/sweep.svg``. Takes about 20
minutes on two cores; what is done is kept in ``benchmarks/sweep.json``, and an interrupted campaign goes on.
"""

import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from decai.simulation.engine import Simulation
from decai.simulation.run import load_dataset
from decai.simulation.scenario import load

__all__ = ["main", "one_run"]

SCENARIO = "imdb-perceptron"
RATES = ("0.01", "0.02", "0.035", "0.05", "0.08")
COST_WEIGHTS = ("0.00001", "0.000015", "0.00002", "0.00003", "0.00004")
"""In ether."""
SEEDS = range(1, 31)
KEPT = Path(__file__).with_name("sweep.json")
DOCS = Path(__file__).parents[1] / "docs"
FIGURES = (("change", "change in accuracy, points"), ("good", "end of good, %"), ("bad", "end of bad, %"))


def one_run(rate: str, weight: str, seed: int) -> dict[str, float]:
    """Change in accuracy (points, the last tenth of the evaluations against the start), ends (% of start)."""
    scenario = load(SCENARIO, [f"model.learning_rate={rate}", f"incentive.cost_weight={weight} ether"])
    data = load_dataset(scenario)
    simulation = Simulation(scenario, data, seed)
    record = simulation.run()
    last = record.series_correct[-max(1, len(record.series_correct) // 10) :]
    start = {name: spec.balance for name, spec in scenario.agents.items()}
    end = dict(zip(scenario.agents, simulation.money, strict=True))
    return {
        "change": 100 * (mean(last) - record.series_correct[0]) / len(data.test.labels),
        "good": 100 * end["good"] / start["good"],
        "bad": 100 * end["bad"] / start["bad"],
    }


def _campaign() -> dict[str, dict[str, float]]:
    settings = load(SCENARIO).canonical()
    kept: dict[str, Any] = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    results = kept.get("results", {}) if kept.get("scenario") == settings else {}
    points = [(rate, weight, seed) for rate in RATES for weight in COST_WEIGHTS for seed in SEEDS]
    missing = [point for point in points if " ".join(map(str, point)) not in results]
    with ProcessPoolExecutor() as pool:
        running = {pool.submit(one_run, *point): point for point in missing}
        for done, future in enumerate(as_completed(running), 1):
            results[" ".join(map(str, running[future]))] = future.result()
            if done % 30 == 0 or done == len(missing):
                print(f"\r{done} of {len(missing)} runs", end="", file=sys.stderr, flush=True)
                temporary = KEPT.with_suffix(".tmp")
                temporary.write_text(
                    json.dumps({"scenario": settings, "results": dict(sorted(results.items()))})
                )
                os.replace(temporary, KEPT)
    print(file=sys.stderr)
    return dict(results)


def _table(results: dict[str, dict[str, float]], figure: str) -> list[str]:
    lines = ["| rate \\ cost weight | " + " | ".join(f"{float(w) * 1e6:g}" for w in COST_WEIGHTS) + " |"]
    lines.append("|---" * (len(COST_WEIGHTS) + 1) + "|")
    for rate in RATES:
        cells = []
        for weight in COST_WEIGHTS:
            values = [results[f"{rate} {weight} {seed}"][figure] for seed in SEEDS]
            sign = "+" if figure == "change" else ""
            cells.append(
                f"{mean(values):{sign}.1f} ± {stdev(values):.1f} ({min(values):.1f} … {max(values):.1f})"
            )
        lines.append(f"| {rate} | " + " | ".join(cells) + " |")
    return lines


def _picture(results: dict[str, dict[str, float]]) -> None:
    figure = Figure(figsize=(11, 3.8), layout="constrained")
    FigureCanvasSVG(figure)
    for axes, (key, title) in zip(figure.subplots(1, 3), FIGURES, strict=True):
        grid = [[mean(results[f"{r} {w} {s}"][key] for s in SEEDS) for w in COST_WEIGHTS] for r in RATES]
        middle = 0.0 if key == "change" else 100.0
        reach = max(abs(value - middle) for row in grid for value in row)
        axes.imshow(grid, cmap="RdBu", vmin=middle - reach, vmax=middle + reach, aspect="auto")
        for row, values in enumerate(grid):
            for column, value in enumerate(values):
                colour = "white" if abs(value - middle) > 0.6 * reach else "black"
                axes.text(column, row, f"{value:.1f}", ha="center", va="center", color=colour, fontsize=9)
        axes.set_xticks(range(len(COST_WEIGHTS)), [f"{float(w) * 1e6:g}" for w in COST_WEIGHTS])
        axes.set_yticks(range(len(RATES)), RATES)
        axes.set_title(title)
        axes.set_xlabel("cost weight, millionths of an ether")
        axes.set_ylabel("learning rate")
    # Neither a date nor a random name, so that equal results give an equal file.
    with matplotlib.rc_context({"svg.hashsalt": "decai"}):
        figure.savefig(DOCS / "sweep.svg", metadata={"Date": None})


def document(results: dict[str, dict[str, float]]) -> str:
    """The text of ``docs/sweep.md``."""
    lines = [
        "# Learning rate x cost weight",
        "",
        f"Scenario `{SCENARIO}`, {len(SEEDS)} seeds a cell; written by `make sweep`. Each cell: mean ±",
        "standard deviation (lowest … highest) over the seeds. Cost weights in millionths of an ether.",
        "",
        "![The three maps](sweep.svg)",
    ]
    for key, title in FIGURES:
        lines += ["", f"## {title[0].upper()}{title[1:]}", "", *_table(results, key)]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run what is missing of the campaign and write the map."""
    results = _campaign()
    (DOCS / "sweep.md").write_text(document(results), encoding="utf-8")
    _picture(results)
    print(f"wrote {DOCS / 'sweep.md'} and {DOCS / 'sweep.svg'}")


if __name__ == "__main__":
    main()
