"""The list of models."""

from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from nicegui import ui
from nicegui.events import GenericEventArguments

from decai.dashboard.elements import Pager, box, empty, heading, pair, pill, select, tag, text
from decai.dashboard.library import SORTS, Card, Query
from decai.dashboard.shell import Page
from decai.dashboard.words import clean, ether, percent

__all__ = ["CLASSIFIERS", "INCENTIVES", "build", "model_card"]

_PAGE: Final = 12
CLASSIFIERS: Final = {
    "sparse-perceptron": "Perceptron (words)",
    "dense-perceptron": "Perceptron (numbers)",
    "naive-bayes": "Naive Bayes",
    "sparse-centroid": "Nearest centroid (words)",
    "dense-centroid": "Nearest centroid (numbers)",
}
INCENTIVES: Final = {"stakeable": "Deposits", "points": "Points"}


async def build(page: Page, query: Query) -> None:
    """Fill the page."""
    await _Models(page, query).build()


class _Models:
    def __init__(self, page: Page, query: Query) -> None:
        self.page = page
        self.query = query
        self.seen = 0

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
        self.list = box("dc-grid", "ul")
        self.none = box()
        self.pager = Pager("models", _PAGE, self._show)
        await self._show(0)
        # New blocks change what the cards say.
        ui.timer(3.0, self._refresh)

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
        await self._show(0)

    async def _refresh(self) -> None:
        if self.page.dashboard.head.block != self.seen:
            await self._show(self.pager.page)

    async def _show(self, number: int) -> None:
        query, self.seen = self.query, self.page.dashboard.head.block
        library = self.page.dashboard.library
        total, cards = await self.page.blocking(library.find, query, number * _PAGE, _PAGE)
        if query != self.query:
            # Meanwhile something else was asked for.
            return
        self.list.clear()
        with self.list:
            for card in cards:
                with box(name="li"):
                    model_card(self.page, card)
        self.list.visible = bool(cards)
        self.none.clear()
        if not cards:
            with self.none:
                self._nothing()
        self.found.text = f"{total:,} models found"
        self.pager.show(number, total)

    def _nothing(self) -> None:
        if any((self.query.search, self.query.classifier, self.query.incentive)):
            empty("No model is like that", "Try fewer words, or take the filters away.", "search_off")
        else:
            empty(
                "There is no model on this network yet",
                "Deploy one with: decai deploy, or run: make demo",
                "hub",
            )


def model_card(page: Page, card: Card) -> None:
    """A model in a list."""
    info, standing = card.info, card.standing
    with box("dc-card dc-model", "article"):
        with box("dc-stack dc-tight"):
            with heading("", 2), tag("a", "", href=f"/model/{info.address}"):
                tag("span", clean(info.name) or "Without a name")
            tag("p", clean(info.description) or "It does not say what it is for.", "dc-p dc-model-text")
        with box("dc-row"):
            pill(CLASSIFIERS.get(info.classifier, clean(info.classifier)[:40]), "info")
            pill(INCENTIVES.get(info.incentive, clean(info.incentive)[:40]))
            pill(page.dashboard.network.facts.name, "warn" if page.dashboard.network.is_play else "plain")
        with box("dc-facts", "dl"):
            pair("Accuracy", "not measured" if card.accuracy is None else percent(card.accuracy))
            pair("Contributions", f"{standing.contributions:,}")
            pair("At stake", ether(standing.held))
