"""The list of models."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple
from urllib.parse import urlencode

from nicegui import ui
from nicegui.events import GenericEventArguments

from decai.catalog.records import Model
from decai.catalog.records import Page as Found
from decai.dashboard import safety
from decai.dashboard.elements import PagedList, box, button, empty, heading, pair, pill, select, tag, text
from decai.dashboard.elements.html import Tag
from decai.dashboard.library import SORTS, Query
from decai.dashboard.shell import Page, fault_words
from decai.dashboard.words import clean, ether, percent, readable, short
from decai.errors import InputError

__all__ = ["CLASSIFIERS", "INCENTIVES", "build"]

_PAGE: Final = 12
_POLL: Final = 2.0
CLASSIFIERS: Final = {
    "sparse-perceptron": "Perceptron (words)",
    "dense-perceptron": "Perceptron (numbers)",
    "naive-bayes": "Naive Bayes",
    "sparse-centroid": "Nearest centroid (words)",
    "dense-centroid": "Nearest centroid (numbers)",
}
INCENTIVES: Final = {"stakeable": "Deposits", "points": "Points"}


class _Card(NamedTuple):
    """A model, and why its accuracy is not known, if so."""

    model: Model
    why_unknown: str


async def build(page: Page, query: Query) -> None:
    """Fill the page."""
    await _Models(page, query).build()


class _Models:
    def __init__(self, page: Page, query: Query) -> None:
        self.page = page
        self.query = query

    async def build(self) -> None:
        with box("dc-head"):
            heading("Shared models", 1)
            text(
                "Anyone may ask these models for free, and anyone may improve them: good contributions get "
                "their deposit back, bad ones lose it to the good.",
                "dc-muted",
            )
        with box("dc-filters", "search"):
            with tag("label", "", "dc-field"):
                tag("span", "Search", "dc-field-label")
                field = tag(
                    "input",
                    "",
                    "dc-input",
                    type="search",
                    defaultValue=self.query.search,
                    placeholder="Name or class",
                )
                field.on(
                    "input", self._search, js_handler="(event) => emit(event.target.value)", throttle=0.25,
                    leading_events=False,
                )  # fmt: skip
            select(
                "Classifier",
                {"": "All", **CLASSIFIERS},
                self.query.classifier,
                lambda it: self._ask(classifier=it),
            )
            select(
                "Incentive",
                {"": "All", **INCENTIVES},
                self.query.incentive,
                lambda it: self._ask(incentive=it),
            )
            select("Order", SORTS, self.query.sort or "new", lambda it: self._ask(sort=it))
        self.found = tag("p", "", "dc-unseen", role="status")
        self.list = PagedList("models", _PAGE, self.page.blocking, self._load, self._fill)
        await self._show()
        # New blocks change what the cards say, and so does the follower a moment later.
        ui.timer(_POLL, self.list.refresh)

    async def _search(self, event: GenericEventArguments) -> None:
        await self._ask(search=str(event.args)[:200])

    async def _ask(self, **changes: str) -> None:
        self.query = replace(self.query, **changes)
        asked = {
            key: value
            for key in ("search", "classifier", "incentive", "sort")
            if (value := getattr(self.query, key)) and (key, value) != ("sort", "new")
        }
        self.page.show_path("/" + (f"?{urlencode(asked)}" if asked else ""))
        await self._show()

    async def _show(self) -> None:
        try:
            await self.list.restart()
        except InputError as error:
            self.page.say(fault_words(error))

    def _load(self, after: str | None) -> Found[_Card]:
        dashboard = self.page.dashboard
        found = dashboard.library.find(self.query, after, _PAGE)
        # How far it was read is not shown, so no card changes with it.
        cards = (
            _Card(replace(each, scanned=None), dashboard.measuring.why_unknown(each)) for each in found.items
        )
        return Found(tuple(cards), found.total, found.next)

    def _fill(self, models: Sequence[_Card], total: int) -> None:
        self.found.text = f"{total:,} models found"
        if not models:
            self._nothing()
            return
        with box("dc-grid", "ul"):
            for model, why_unknown in models:
                with box(name="li"):
                    _show_card(self.page, model, why_unknown)

    def _nothing(self) -> None:
        if any((self.query.search, self.query.classifier, self.query.incentive)):
            empty("No model is like that", "Try fewer words, or take the filters away.", "search_off")
        else:
            empty(
                "There is no model on this network yet",
                "Deploy one with: decai deploy, or run: make demo",
                "hub",
            )


def _show_card(page: Page, model: Model, why_unknown: str) -> None:
    with box("dc-card dc-model", "article"):
        texts = box("dc-stack dc-tight")
        with texts:
            _texts(model, texts)
        with box("dc-row"):
            pill(CLASSIFIERS.get(model.classifier, "Another classifier"), "info")
            pill(INCENTIVES.get(model.incentive, "Rules of its own"))
            pill(page.dashboard.network.facts.name, "warn" if page.dashboard.network.is_play else "plain")
        with box("dc-facts", "dl"):
            pair("Accuracy", "unknown" if model.accuracy is None else percent(model.accuracy))
            pair("Contributions", f"{model.contributions:,}")
            pair("At stake", ether(model.at_stake))
        if why_unknown:
            tag("p", f"Accuracy unknown: {readable(why_unknown).rstrip('.')}.", "dc-help")


def _texts(model: Model, texts: Tag) -> None:
    with heading("", 2), tag("a", "", href=f"/model/{model.address}"):
        tag("span", safety.name_shown(model, model.address))
    if safety.is_shown(model, model.address):
        tag("p", clean(model.description) or "It does not say what it is for.", "dc-p dc-model-text")
        return

    def reveal() -> None:
        safety.show(model.address)
        texts.clear()
        with texts:
            _texts(model, texts)

    tag("p", "Nobody here has verified it, so its name and texts are hidden.", "dc-p dc-model-text")
    with box("dc-row"):
        button(safety.SHOW, reveal, kind="quiet", aria_label=f"{safety.SHOW}: model {short(model.address)}")
