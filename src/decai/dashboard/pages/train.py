"""Train: contribute a sample, knowing what it costs and what may come of it."""

import time
from typing import Final

from nicegui import ui

from decai.dashboard.contributing import most_to_pay, prospects_in_words, waits
from decai.dashboard.elements import box, button, heading, note, table, tag, text
from decai.dashboard.elements.steps import Steps
from decai.dashboard.keeping import kept
from decai.dashboard.model_view import ModelView
from decai.dashboard.opened import CostCurve
from decai.dashboard.outbox import Entry
from decai.dashboard.pages.predict import ask
from decai.dashboard.shell import fault_words
from decai.dashboard.words import clean, date, duration, ether
from decai.errors import DecaiError, InputError

__all__ = ["build"]

_POLL: Final = 3.0
_NEWS_SECONDS: Final = 300.0
"""So long it is said again what became of the last contribution."""


async def build(view: ModelView) -> None:
    """Fill the tab."""
    await _Train(view).build()


class _Train:
    def __init__(self, view: ModelView) -> None:
        self.view = view
        self.label: int | None = None
        self.costs: CostCurve | None = None
        self.is_busy = False
        self.followed: Steps | None = None

    async def build(self) -> None:
        with box("dc-card", "section"):
            heading("Which class is it?", 2)
            self._classes()
            self.opinion = box(role="status")
        with box("dc-card", "section"):
            heading("What it costs", 2)
            self.cost = box("dc-stack")
        with box("dc-card", "section"):
            heading("What you could win or lose", 2)
            self.prospects = box("dc-list", "ul")
        with box("dc-card", "section"):
            self.send = button("Contribute", self.contribute, kind="primary")
            text(
                "It goes on a public chain and stays there for ever. This server keeps the sample itself "
                "too, for whoever asks to see it. Contribute nothing private.",
                "dc-help",
            )
            self.fault = box(role="status")
            self.progress = box("dc-stack")
        self._earlier()
        await self._refresh()
        ui.timer(_POLL, self._refresh)
        self.view.on_change.append(self._another)

    def _classes(self) -> None:
        names = [clean(name) for name in self.view.model.info.classes]
        with box("dc-classes", role="group", aria_label="Class"):
            self.choices = [
                tag("button", name, "dc-class", type="button", aria_pressed="false").on(
                    "click", lambda label=label: self._choose(label)
                )
                for label, name in enumerate(names)
            ]

    async def _choose(self, label: int) -> None:
        self.label = label
        for each, choice in enumerate(self.choices):
            choice.set(aria_pressed="true" if each == label else "false")
        self.fault.clear()
        await self._say_opinion(label)

    async def _say_opinion(self, label: int) -> None:
        """What the contract says now, which is what a later refund depends on."""
        view = self.view
        try:
            encoded = await view.encoded()
            said, _ = await view.page.blocking(ask, view.model, encoded.features)
        except DecaiError:
            # There is no sample yet; the button will say so.
            return
        self.opinion.clear()
        with self.opinion:
            name = clean(view.model.info.classes[said])
            if said == label:
                note(f"The contract says {name} too, as things stand.", "good")
            else:
                note(
                    f"The contract says {name} now. If you are right, you teach it something; you get the "
                    f"deposit back only if it has come to agree with you by then.",
                    "warn",
                )

    def _another(self) -> None:
        """The sample is another one: what was said of the last one is over."""
        self.opinion.clear()
        if self.followed is None or not self.followed.is_open:
            self.progress.clear()

    async def _refresh(self) -> None:
        if self.view.tab != "train" and self.costs is not None:
            return
        page = self.view.page
        costs = await page.blocking(self.view.model.costs, page.dashboard.head.block)
        if costs == self.costs:
            return
        self.costs = costs
        info = self.view.model.info
        self.cost.clear()
        with self.cost:
            with box("dc-stack dc-tight"):
                tag("span", ether(costs.now), "dc-figure")
                tag("span", f"now; {waits(info)}" if costs.now else "nothing is deposited", "dc-muted")
            if costs.now:
                table(
                    "What it costs later, if nobody contributes before",
                    ("If you wait", "Deposit"),
                    [(duration(later), ether(cost)) for later, cost in costs.later],
                    numeric=(1,),
                )
        self.prospects.clear()
        with self.prospects:
            for words in prospects_in_words(info, costs):
                tag("li", words)
        most = most_to_pay(costs.now)
        self.send.text = f"Contribute, for at most {ether(most)}" if most else "Contribute"

    async def contribute(self) -> None:
        """Send it, if all is there that has to be."""
        if self.is_busy:
            return
        self.is_busy = True
        self.send.set(disabled=True)
        self.fault.clear()
        try:
            entry = await self._begin()
        except DecaiError as error:
            with self.fault:
                note(fault_words(error), "warn")
        else:
            self._follow(entry)
        finally:
            self.is_busy = False
            self.send.set(disabled=None)

    async def _begin(self) -> Entry:
        view = self.view
        actor = view.page.session.actor
        if actor is None:
            raise InputError("choose an account first, at the top of the page")
        encoded = await view.encoded()
        if self.label is None:
            raise InputError("choose the class that it belongs to")
        cost = await view.page.blocking(view.model.trainer.cost)
        transaction = view.model.contribution(actor.address, encoded.features, self.label, most_to_pay(cost))
        name = clean(view.model.info.classes[self.label])
        facts = {
            "kind": "contribution",
            "model": view.model.address,
            "label": self.label,
            "features": encoded.features.tolist(),
        }
        title = f"Contribute a sample as {name}"
        return await view.page.session.begin(transaction, title, facts, kept(encoded.sample))

    def _earlier(self) -> None:
        """What was begun on this page before it was loaded anew, be it that the server was killed."""
        outbox, session = self.view.page.dashboard.outbox, self.view.page.session
        for entry in outbox.of(session.visitor, 5):
            facts = entry.facts
            if facts.get("kind") != "contribution" or facts.get("model") != self.view.model.address:
                continue
            if entry.fate.is_open or time.time() - entry.changed < _NEWS_SECONDS:
                self._follow(entry)
            return

    def _follow(self, entry: Entry) -> None:
        self.progress.clear()
        with self.progress:
            self.followed = Steps(
                self.view.page.dashboard, entry, self._told, lambda _: self.view.page.session.changed()
            )

    def _told(self, entry: Entry) -> str:
        outcome = entry.outcome
        if "cost" not in outcome:
            return "Done."
        due = outcome["time"] + self.view.model.info.refund_wait
        deposit = f"The deposit is {ether(outcome['cost'])}. " if outcome["cost"] else ""
        return f"The model has it. {deposit}From {date(due)} on you can claim it back, if the model agrees."
