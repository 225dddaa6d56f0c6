"""A model: what it is, and tabs to ask it, teach it, claim, and check it."""

from collections.abc import Awaitable, Callable
from typing import Final

from nicegui import ui

from decai.catalog.records import Model
from decai.chain.address import parse_address
from decai.dashboard import safety
from decai.dashboard.elements import box, button, copyable, heading, link, note, pair, pill, tag, text
from decai.dashboard.elements.html import Tag
from decai.dashboard.elements.sample_input import SampleInput
from decai.dashboard.model_view import ModelView
from decai.dashboard.opened import OpenModel
from decai.dashboard.pages import audit, claims, history, predict, train
from decai.dashboard.pages.models import CLASSIFIERS, INCENTIVES
from decai.dashboard.samples import encoder_of
from decai.dashboard.shell import Page, fault_words
from decai.dashboard.words import clean, ether, is_silence
from decai.errors import DecaiError, InputError

__all__ = ["build"]

Panel = Callable[[ModelView], Awaitable[None]]
_TABS: Final[dict[str, tuple[str, Panel]]] = {
    "predict": ("Predict", predict.build),
    "train": ("Train", train.build),
    "claims": ("Refund and reward", claims.build),
    "history": ("History", history.build),
    "audit": ("Audit", audit.build),
}
_WITH_SAMPLE: Final = frozenset({"predict", "train"})


async def build(page: Page, address: str, tab: str) -> None:
    """Fill the page."""
    if tab not in _TABS:
        raise InputError("there is no such part of a model")
    parsed = parse_address(address)
    model: OpenModel = await page.blocking(page.dashboard.shelf.open, parsed)
    # It may have been deployed from this machine a moment ago.
    await page.blocking(page.dashboard.following.look)
    record = await page.blocking(page.dashboard.following.model, parsed)
    if safety.is_shown(record, parsed):
        await _ModelPage(page, model, record).build(tab)
    else:
        _hidden(page, model, record, tab)


def _hidden(page: Page, model: OpenModel, record: Model | None, tab: str) -> None:
    """What stands in place of a stranger's model until somebody asks for it."""

    async def reveal() -> None:
        safety.show(model.address)
        page.content.clear()
        with page.content:
            await _ModelPage(page, model, record).build(tab)

    with box("dc-head"):
        heading(safety.name_shown(record, model.address), 1)
        with box("dc-row"):
            network = page.dashboard.network
            pill(network.facts.name, "warn" if network.is_play else "plain")
            copyable(model.address, "address of the model")
    note(
        "Nobody who runs these pages has verified this model. What strangers have written may be anything: "
        "its name, its texts, its classes and its samples are hidden.",
        "warn",
    )
    with box("dc-row"):
        button(safety.SHOW, reveal)
        link("Back to the models", "/", "dc-button dc-button-quiet")


class _ModelPage:
    def __init__(self, page: Page, model: OpenModel, record: Model | None) -> None:
        self.page = page
        self.panels: dict[str, Tag] = {}
        self.links: dict[str, Tag] = {}
        self.view = ModelView(page, model, record, show=self._show)
        self.block = -1

    async def build(self, tab: str) -> None:
        info = self.view.model.info
        self.page.client.title = f"{clean(info.name)} · decai"
        ui.page_title(f"{clean(info.name)} · decai")
        with box("dc-head"):
            heading(clean(info.name) or "Without a name", 1)
            if info.description:
                text(clean(info.description), "dc-muted")
            with box("dc-row"):
                if self.view.record is None or not self.view.record.verified:
                    pill("not verified", "warn")
                pill(CLASSIFIERS.get(info.classifier, clean(info.classifier)[:40]), "info")
                pill(INCENTIVES.get(info.incentive, clean(info.incentive)[:40]))
                network = self.page.dashboard.network
                pill(network.facts.name, "warn" if network.is_play else "plain")
                copyable(info.address, "address of the model")
        with box("dc-card"):
            facts = box("dc-pairs", "dl")
        await self._facts(facts)
        with box("dc-tabs", "nav", aria_label="What to do with this model"):
            for key, (words, _) in _TABS.items():
                # A real address each, to be kept or opened beside; a plain click stays on the page.
                self.links[key] = tag("a", words, href=f"/model/{info.address}/{key}").on(
                    "click", lambda key=key: self._show(key), js_handler=_STAY
                )
        with box("dc-halves") as self.halves:
            self.left = box("dc-card", "section", aria_label="Sample")
            self.right = box("dc-stack")
        await self._show(tab)
        ui.timer(2.0, lambda: self._watch(facts))
        await self.page.fill(self.left, self._sample)

    async def _sample(self) -> None:
        view = self.view
        heading("Sample", 2)
        waiting = box("dc-waiting", role="status")
        with waiting:
            box("dc-spinner")
            tag("span", "Loading the encoder…")
        try:
            model = view.model
            view.encoder = await self.page.blocking(encoder_of, model.trainer.chain, model.info)
        except DecaiError as error:
            if is_silence(error):
                raise
            view.encoder_fault = fault_words(error)
        waiting.delete()
        if view.encoder is None:
            note(view.encoder_fault or "", "warn")
            return
        view.input = SampleInput(
            view.encoder.info, view.model.info.form.is_sparse, view.entered, view.sample_changed
        )
        text(f"Encoder: {view.encoder.info.title}. {view.encoder.info.description}", "dc-help")

    async def _show(self, key: str) -> None:
        for each, tab in self.links.items():
            tab.set(aria_current="page" if each == key else None)
        self.page.show_path(f"/model/{self.view.model.address}/{key}")
        self.left.visible = key in _WITH_SAMPLE
        self.halves.classes(replace="dc-halves" if key in _WITH_SAMPLE else "dc-stack")
        self.view.tab = key
        for each, panel in self.panels.items():
            panel.visible = each == key
        if key not in self.panels:
            with self.right:
                panel = self.panels[key] = box("dc-stack")
            try:
                await self.page.fill(panel, lambda: _TABS[key][1](self.view))
            except DecaiError as error:
                with panel:
                    note(fault_words(error), "bad", live=True)
        else:
            self.view.shown(key)

    async def _watch(self, facts: Tag) -> None:
        """Keep up what is shown, with whichever node it is now."""
        network, view = self.page.dashboard.network, self.view
        if network.head.fault is not None:
            return
        # What was opened through a node that was restarted would never be answered again.
        if view.model.trainer.chain is not await self.page.blocking(network.chain):
            view.model = await self.page.blocking(self.page.dashboard.shelf.open, view.model.address)
            self.block = -1
        await self._facts(facts)

    async def _facts(self, facts: Tag) -> None:
        block = self.page.dashboard.head.block
        if block == self.block:
            return
        self.block = block
        standing = await self.page.blocking(self.view.model.standing, block)
        info = self.view.model.info
        listed: list[tuple[str, str]] = [
            ("Classes", ", ".join(map(clean, info.classes))),
            ("Contributions", f"{standing.contributions:,}, {standing.valid:,} validated"),
            ("At stake", ether(standing.held)),
            ("Owner", self.page.session.name_of(standing.owner)),
        ]
        facts.clear()
        with facts:
            for name, value in listed:
                pair(name, value)


_STAY: Final = """(event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  emit();
}"""
