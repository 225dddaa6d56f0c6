"""How quick the pages are, alone and with many people, and how much memory their server takes.

    python -m benchmarks.dashboard            everything: about six minutes
    python -m benchmarks.dashboard --quick    fewer of everything: to see that it works
    python -m benchmarks.dashboard --json     one JSON object instead of the table

A real server, the local node with the three models of ``make demo``, and Chromium with nothing in its
cache. The fifty people are light clients (`benchmarks.people`): each loads a page, holds its websocket and
clicks and asks with pauses of two seconds on the average; Chromium is measured beside them.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, sleep
from typing import Final

import httpx
from playwright.sync_api import Page

from benchmarks.people import REVIEWS, Person, Spent, live
from benchmarks.shown import Shown, shown
from tests.browser.chromium import chromium

__all__ = ["main"]

PEOPLE: Final = 50
PAUSE: Final = 2.0
_SETTLED: Final = 12.0
"""Seconds after which a page whose browser has gone is forgotten, with some to spare."""
_AT_ONCE: Final = 4
_PAINT: Final = """() => new Promise((tell) => {
  new PerformanceObserver((list) => {
    for (const each of list.getEntries()) if (each.name === "first-contentful-paint") tell(each.startTime);
  }).observe({ type: "paint", buffered: true });
})"""
_ANSWERED: Final = """([what, wanted]) => new Promise((tell) => {
  const before = document.querySelector(wanted);
  const begin = performance.now();
  const watch = new MutationObserver(() => {
    const now = document.querySelector(wanted);
    if (now && now !== before) {
      watch.disconnect();
      tell(performance.now() - begin);
    }
  });
  watch.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  [...document.querySelectorAll("a, button")].find((each) => each.innerText === what).click();
})"""
"""From a click until what was wanted is in the page, by the browser's own clock."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Something that was measured."""

    name: str
    value: float
    unit: str
    bound: float | None = None
    """What it should stay below."""
    count: int = 1
    """Of how many."""


class Bench:
    """One run.

    Parameters
    ----------
    site
        What is measured.
    part
        Of the full numbers.
    """

    def __init__(self, site: Shown, part: float, told: Callable[[Figure], None]) -> None:
        self.site = site
        self.url = site.server.url
        self.part = part
        self.figures: list[Figure] = []
        self._told = told

    def note(self, name: str, value: float, unit: str, bound: float | None = None, count: int = 1) -> None:
        """Keep a figure."""
        self.figures.append(Figure(name, round(value, 1), unit, bound, count))
        self._told(self.figures[-1])

    def paint(self) -> None:
        """When something is seen first, and when the content is there; a fresh browser each time."""
        for name, path in (("models", "/"), ("a model", self.site.reviews_path)):
            painted, filled = [], []
            for _ in range(5):
                with chromium() as browser:
                    page = browser.new_page(viewport={"width": 1440, "height": 900})
                    begin = perf_counter()
                    page.goto(f"{self.url}{path}", wait_until="commit")
                    page.locator("#dc-content h1").wait_for()
                    filled.append(1_000 * (perf_counter() - begin))
                    painted.append(float(page.evaluate(_PAINT)))
            self.note(f"{name}: first contentful paint, median", median(painted), "ms", 1_500, 5)
            self.note(f"{name}: its content is there, median", median(filled), "ms", None, 5)

    def browse(self, who: str, begin: Callable[[], None] = lambda: None) -> None:
        """Click and ask in Chromium; `begin` is called when it is ready for that."""
        rounds = max(5, round(50 * self.part))
        with chromium() as browser:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(f"{self.url}{self.site.reviews_path}")
            page.get_by_label("Text").fill(REVIEWS[0])
            # Whatever is loaded once is loaded by then.
            for turn in range(3):
                _round(page, REVIEWS[turn])
            begin()
            spent = [_round(page, REVIEWS[turn % len(REVIEWS)]) for turn in range(rounds)]
        clicks = [each for once in spent for each in once.clicks]
        self._spent(f"{who}, Chromium", clicks, [each for once in spent for each in once.predictions])

    def crowd(self) -> None:
        """The same with many people, who are measured too."""
        spent = Spent()
        asyncio.run(self._crowd(spent, max(10.0, 60 * self.part)))
        self._spent(f"with {PEOPLE} people, themselves", spent.clicks, spent.predictions)
        self.note(f"with {PEOPLE} people: errors", len(spent.errors), "", 1, len(spent.clicks))
        for error in spent.errors[:3]:
            print(f"  {error}", file=sys.stderr)

    async def _crowd(self, spent: Spent, seconds: float) -> None:
        # Nobody is measured before all are there, the browser as well: its start would be measured too.
        there = asyncio.Barrier(PEOPLE + 1)
        loop = asyncio.get_running_loop()

        def begin() -> None:
            asyncio.run_coroutine_threadsafe(there.wait(), loop).result()

        with ThreadPoolExecutor(1) as thread:
            async with asyncio.TaskGroup() as group:
                for number in range(PEOPLE):
                    group.create_task(self._one(spent, there, seconds, number))
                await loop.run_in_executor(thread, self.browse, f"with {PEOPLE} people", begin)

    async def _one(self, spent: Spent, there: asyncio.Barrier, seconds: float, number: int) -> None:
        async with httpx.AsyncClient(timeout=60) as http, Person(self.url, http) as person:
            try:
                await asyncio.sleep(0.1 * number)
                await person.open(self.site.reviews_path)
                await person.has("textarea")
                await person.write(REVIEWS[number % len(REVIEWS)])
            except Exception as error:  # whatever it is, it is counted, and the others go on
                spent.errors.append(f"opening: {type(error).__name__}: {error}")
            await there.wait()
            await live(person, spent, perf_counter() + seconds, PAUSE, number)

    def _spent(self, who: str, clicks: list[float], predictions: list[float]) -> None:
        for name, each, bound in (("click", clicks, 50), ("prediction", predictions, 200)):
            if len(each) > 1:
                middle, high = 1_000 * median(each), 1_000 * quantiles(each, n=20)[-1]
                self.note(f"{who}: {name} answered, median", middle, "ms", None, len(each))
                self.note(f"{who}: {name} answered, 95th percentile", high, "ms", bound, len(each))

    def memory(self) -> None:
        """What pages that were opened and closed leave behind."""
        first, more, plain = (round(self.part * number) for number in (200, 2_000, 1_000))
        asyncio.run(self._open(first))
        after_some = self._settled_memory()
        self.note(f"memory of the server after {first:,} openings", after_some, "MB")
        asyncio.run(self._open(more))
        after_more = self._settled_memory()
        self.note(f"{more:,} more openings: growth", after_more - after_some, "MB", 10)
        with httpx.Client(timeout=60) as http:
            for _ in range(plain):
                http.get(self.url).raise_for_status()
        at_once = self._memory()
        self.note(f"{plain:,} plain GETs: growth", at_once - after_more, "MB", 50)

    async def _open(self, count: int) -> None:
        """Open pages in turn, a few at once, and close each when all of it is there."""
        model = self.site.reviews_path
        paths = ("/", model, f"{model}/history", "/account")
        waiting = iter([paths[number % len(paths)] for number in range(count)])
        async with httpx.AsyncClient(timeout=60) as http, asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(self._visit(http, waiting))

    async def _visit(self, http: httpx.AsyncClient, paths: Iterable[str]) -> None:
        for path in paths:
            async with Person(self.url, http) as person:
                await person.open(path)

    def _settled_memory(self) -> float:
        sleep(_SETTLED)
        return self._memory()

    def _memory(self) -> float:
        status = Path(f"/proc/{self.site.server.process.pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
        return int(line.split()[1]) / 1024


def _round(page: Page, review: str) -> Spent:
    """Look at the parts of a model's page, choose classes, and ask."""
    spent = Spent()

    def click(what: str, wanted: str) -> float:
        # So that what was said before is not taken for the answer.
        return float(page.evaluate(_ANSWERED, [what, wanted])) / 1_000

    for tab, path in (("Train", "train"), ("Predict", "predict")):
        spent.clicks.append(click(tab, f'.dc-tabs a[href$="/{path}"][aria-current="page"]'))
        page.wait_for_timeout(100)
        if tab == "Train":
            for place in (1, 2):
                name = page.locator(f".dc-class:nth-child({place})").inner_text()
                spent.clicks.append(click(name, f'.dc-class:nth-child({place})[aria-pressed="true"]'))
                page.wait_for_timeout(150)
    page.get_by_label("Text").fill(review)
    page.wait_for_timeout(500)
    spent.predictions.append(click("Ask, for free", ".dc-answer .dc-result"))
    return spent


def main() -> None:
    """Measure, and print."""
    as_json, quick = "--json" in sys.argv, "--quick" in sys.argv or bool(os.environ.get("QUICK"))

    def told(figure: Figure) -> None:
        if as_json:
            return
        bound = "" if figure.bound is None else f"below {figure.bound:g}"
        mark = "" if figure.bound is None or figure.value < figure.bound else "  MISSED"
        number = f"{figure.value:,.1f} {figure.unit}"
        print(f"{figure.name:<62}{number:>12}  {bound:<12}of {figure.count:,}{mark}", flush=True)

    load = os.getloadavg()[0]
    if not as_json:
        print(f"load of the machine before: {load:.2f} on {os.cpu_count()} processors")
    with shown() as site:
        bench = Bench(site, 0.05 if quick else 1.0, told)
        bench.paint()
        bench.browse("alone")
        bench.crowd()
        bench.memory()
        broken = "Traceback" in (site.server.folder / "serve.log").read_text()
    bench.note("unexpected errors in the server's log", int(broken), "", 1)
    if as_json:
        print(json.dumps({"load": load, "figures": [asdict(each) for each in bench.figures]}, indent=2))


if __name__ == "__main__":
    main()
