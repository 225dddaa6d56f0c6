"""Simulations: choose a scenario, change its agents, watch who gains and who loses, compare runs."""

from typing import Final

from nicegui import ui

from decai.dashboard.elements import Pager, box, button, empty, heading, note, pair, select, table, tag, text
from decai.dashboard.elements.chart import Chart, Line
from decai.dashboard.elements.fields import Field
from decai.dashboard.elements.tables import Cell
from decai.dashboard.runs import Kept, Request, Run
from decai.dashboard.scenario_form import ScenarioForm
from decai.dashboard.shell import Page, fault_words
from decai.dashboard.words import clean, count, percent
from decai.errors import DecaiError, InputError
from decai.simulation.scenario import available
from decai.units import DAY

__all__ = ["build"]

_PAGE: Final = 8
_MOST_COMPARED: Final = 4
_MOST_SETTINGS: Final = 20
_AXES: Final = (("Accuracy", "%"), ("Money", "%"))
_ENDS: Final = {
    "complete": "Complete.",
    "interrupted": "Ended early; what was simulated until then is kept.",
}
_LABEL: Final = "Accuracy of the model, and what each group owns of its first money, by day"


async def build(page: Page, run: str = "") -> None:
    """Fill the page; it goes on with a run, by its name."""
    await _Simulate(page).build(run)


class _Simulate:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.runs = page.dashboard.runs
        self.run: Run | None = None
        self.shown = 0
        """Rows of the run that the chart has."""
        self.chosen: list[str] = []

    async def build(self, wanted: str) -> None:
        with box("dc-head"):
            heading("Simulate", 1)
            text(
                "See beforehand who gains and who loses when people teach a shared model. Everything is "
                "computed by the contracts' own rules, to the wei; the same scenario and seed give the same "
                "run on the command line.",
                "dc-muted",
            )
        with box("dc-wide-left"):
            with box("dc-card", "section", aria_label="The run"):
                self.state = box("dc-stack")
                self.chart = Chart(_LABEL, "days", _AXES)
                self.facts = box("dc-stack")
            with box("dc-card", "section", aria_label="What to simulate"):
                self._form()
        with box("dc-card", "section"):
            heading("Earlier runs")
            text("Choose up to four to see them in one picture.", "dc-muted")
            self.list = box("dc-stack")
            self.pager = Pager("runs", _PAGE, self._list)
            with box("dc-row"):
                self.compare = button("Compare", self._compare, kind="primary", disabled=True)
        self._tell("Nothing runs yet", "Choose a scenario and start it.")
        await self._list(0)
        active = self.runs.find(wanted)
        for run in self.runs.active[-1:] if active is None else (active,):
            self._watch(run)
        if wanted and self.run is None:
            await self._show_kept(wanted)
        ui.timer(0.2, self._refresh)

    async def _show_kept(self, name: str) -> None:
        """What became of a run that was begun before the page was loaded."""
        kept = await self.page.blocking(self.runs.kept_of, name)
        if kept is None:
            self._tell("This run is not here", "It ended before anything was simulated; start it again.")
            return
        self.chosen = [name]
        await self._compare()
        self._tell(f"{clean(kept.scenario)}, seed {kept.seed}", _ENDS.get(kept.status, kept.status))
        self._choose(name, True)
        await self._list(0)

    # What to simulate

    def _form(self) -> None:
        heading("Scenario")
        names = available()
        first = "tiny" if "tiny" in names else next(iter(names))
        self.scenario = first
        select("Scenario", {name: name for name in names}, first, self._chosen)
        self.title = text(names[first], "dc-muted dc-small")
        self.seed = Field("Seed", "1", help_="Decides every draw.", longest=19, inputmode="numeric")
        self.form_box = box("dc-stack")
        with self.form_box:
            self.form = ScenarioForm(first)
        with box("dc-row"):
            self.begin = button("Start", self._start, kind="primary")
            self.end = button("Stop", self._stop, kind="danger", disabled=True)

    def _chosen(self, name: str) -> None:
        self.scenario = name
        self.title.text = available()[name]
        self.form_box.clear()
        with self.form_box:
            self.form = ScenarioForm(name)

    def _request(self) -> Request:
        seed = self.seed.value.strip()
        if not (seed.isascii() and seed.isdigit()):
            raise InputError("the seed must be a whole number")
        settings = self.form.settings()
        if len(settings) > _MOST_SETTINGS * 5:
            raise InputError("that are too many changes")
        return Request(self.scenario, settings, int(seed))

    def _start(self) -> None:
        try:
            run = self.runs.start(self._request())
        except DecaiError as error:
            self._say_fault(error)
            return
        # Whatever happens to server or browser, the page comes back to it.
        self.page.show_path(f"/simulate?run={run.request.name}")
        self._watch(run)

    def _stop(self) -> None:
        if self.run is not None:
            self.runs.stop(self.run)
            self.end.set(disabled=True)

    # The run

    def _watch(self, run: Run) -> None:
        self.run, self.shown = run, -1
        self.facts.clear()
        self.chart.begin([])
        self.begin.set(disabled=True)
        self.end.set(disabled=None)
        self._tell_progress(run)

    async def _refresh(self) -> None:
        run = self.run
        if run is None:
            return
        if self.shown < 0 and run.agents:
            self.shown = 0
            self.chart.begin(_lines(run.agents))
        if self.shown >= 0 and len(run.rows) > self.shown:
            self.chart.add(_points(run, self.shown))
            self.shown = len(run.rows)
        if not run.over:
            self._tell_progress(run)
            return
        self.run = None
        self.begin.set(disabled=None)
        self.end.set(disabled=True)
        self._tell_end(run)
        await self._list(0)

    def _tell(self, title: str, words: str) -> None:
        self.state.clear()
        with self.state:
            heading(title)
            text(words, "dc-muted")

    def _tell_progress(self, run: Run) -> None:
        day = run.rows[-1][0] // DAY if run.rows else 0
        part = min(1.0, run.done / run.contributions) if run.contributions else 0.0
        words = f"Day {day:,}: {count(run.done, 'contribution')} of at most {run.contributions:,}"
        self.state.clear()
        with self.state:
            heading(f"{run.request.scenario}, seed {run.request.seed}")
            text(words if run.contributions else "Loading the data…", "dc-muted", aria_live="polite")
            meter = box(
                "dc-meter", role="progressbar", aria_label="Contributions", aria_valuemin=0, aria_valuemax=100
            )
            meter.set(aria_valuenow=round(100 * part))
            with meter:
                tag("span", "", style=f"width: {100 * part:.1f}%")

    def _tell_end(self, run: Run) -> None:
        title = f"{run.request.scenario}, seed {run.request.seed}"
        if run.fault:
            self._tell(title, "")
            with self.state:
                note(f"{run.fault[:1].upper()}{run.fault[1:]}", "bad", live=True)
            return
        self._tell(title, _ENDS["interrupted" if run.stopped else "complete"])
        self.facts.clear()
        with self.facts:
            with box("dc-pairs", "dl"):
                first, last = run.rows[0], run.rows[-1]
                pair(
                    "Accuracy", f"{percent(first[1] / run.tests)}, in the end {percent(last[1] / run.tests)}"
                )
                pair("Contributions", f"{run.done:,} in {last[0] // DAY:,} days")
                for place, name in enumerate(run.agents):
                    if run.start[place]:
                        pair(name, f"{percent(last[3 + place] / run.start[place])} of its money")
                if run.result:
                    pair("Digest", str(run.result["digest"])[:16], str(run.result["digest"]))
            text("The same run on the command line:", "dc-muted dc-small")
            tag("code", run.request.command, "dc-code", tabindex="0")
        self.chart.describe(f"{_LABEL}: the model is right on {percent(last[1] / run.tests)} in the end")

    # Earlier runs

    async def _list(self, number: int) -> None:
        kept, total = await self.page.blocking(self.runs.kept, number, _PAGE)
        self.list.clear()
        with self.list:
            if not kept:
                empty("No runs yet", "Whatever you simulate is kept here.", "query_stats")
            else:
                columns = (
                    "Compare",
                    "Scenario",
                    "Seed",
                    "Contributions",
                    "Accuracy at first",
                    "in the end",
                    "",
                )
                table("Earlier runs", columns, [self._row(run) for run in kept], numeric=(2, 3, 4, 5))
        self.pager.show(number, total)

    def _row(self, run: Kept) -> list[Cell]:
        def choice() -> None:
            field = tag(
                "input", "", "dc-check-box", type="checkbox", aria_label=f"Compare {run.name}",
                defaultChecked=True if run.name in self.chosen else None,
            )  # fmt: skip
            field.on(
                "change", lambda event: self._choose(run.name, bool(event.args)),
                js_handler="(event) => emit(event.target.checked)",
            )  # fmt: skip

        return [
            choice,
            clean(run.title or run.scenario),
            f"{run.seed:,}",
            f"{run.contributions:,}",
            percent(run.initial_accuracy),
            percent(run.final_accuracy),
            {"complete": "", "interrupted": "ended early"}.get(run.status, run.status),
        ]

    def _choose(self, name: str, wanted: bool) -> None:
        self.chosen = [each for each in self.chosen if each != name] + ([name] if wanted else [])
        self.compare.set(disabled=None if 0 < len(self.chosen) <= _MOST_COMPARED else True)

    async def _compare(self) -> None:
        if self.run is not None:
            self.page.say("A simulation is on its way; compare when it is over.")
            return
        try:
            loaded = await self.page.blocking(self.runs.load, tuple(self.chosen[:_MOST_COMPARED]))
        except DecaiError as error:
            self._say_fault(error)
            return
        lines, points = [], []
        for data in loaded:
            prefix = f"{data.result.scenario} {data.result.seed}"
            lines.append(Line(f"{prefix}: accuracy"))
            points.append(
                [(float(d), round(100 * float(a), 2)) for d, a in zip(data.days, data.accuracy, strict=True)]
            )
            for group, owned in data.balances.items():
                if owned[0] > 0:
                    lines.append(Line(f"{prefix}: {group}", 1, dashed=True))
                    points.append(
                        [
                            (float(d), round(100 * float(o / owned[0]), 2))
                            for d, o in zip(data.days, owned, strict=True)
                        ]
                    )
        self.chart.begin(lines)
        self.chart.add(points)
        self.facts.clear()
        self._tell("Comparison", " · ".join(clean(data.title) for data in loaded))

    def _say_fault(self, error: DecaiError) -> None:
        self.state.clear()
        with self.state:
            heading("This cannot be simulated")
            note(fault_words(error), "bad", live=True)


def _lines(agents: list[str]) -> list[Line]:
    return [Line("accuracy"), *(Line(name, 1, dashed=True) for name in agents)]


def _points(run: Run, first: int) -> list[list[tuple[float, float]]]:
    """What came since, for each line, in days and percent."""
    rows = run.rows[first:]
    accuracy = [(row[0] / DAY, round(100 * row[1] / run.tests, 2)) for row in rows]
    money = [
        [(row[0] / DAY, round(100 * row[3 + place] / run.start[place], 2)) for row in rows]
        if run.start[place]
        else []
        for place in range(len(run.agents))
    ]
    return [accuracy, *money]
