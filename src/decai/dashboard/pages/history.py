"""History: how good a model was when, who gave and got what, and every contribution."""

from collections.abc import Sequence
from typing import Final

from nicegui import ui

from decai.catalog.records import Measurement, Model, Page, Standing
from decai.dashboard.contribution_table import Fated, contribution_table, fated
from decai.dashboard.elements import PagedList, box, button, copyable, heading, note, table, tag, text
from decai.dashboard.elements.chart import Chart, Line
from decai.dashboard.elements.html import Tag
from decai.dashboard.model_view import ModelView
from decai.dashboard.shell import fault_words
from decai.dashboard.words import NO_ANSWER, date, ether, gain, percent, readable
from decai.errors import DecaiError
from decai.units import DAY

__all__ = ["build"]

_POLL: Final = 2.0
_ACCURACIES: Final = 8
_PEOPLE: Final = 10
_CONTRIBUTIONS: Final = 15
_POINTS: Final = 300


async def build(view: ModelView) -> None:
    """Fill the tab."""
    await _History(view).build()


class _History:
    def __init__(self, view: ModelView) -> None:
        self.view = view
        self.catalog = view.page.dashboard.catalog
        self.unknown: Tag | None = None

    async def build(self) -> None:
        self.body = box("dc-stack")
        with self.body:
            if self.view.record is None:
                self._unknown()
            else:
                await self._known(self.view.record)

    def _unknown(self) -> None:
        """It is on the chain, but nobody here has read what happened to it."""
        with box("dc-card", "section"):
            heading("Not followed yet", 2)
            text(
                "These pages keep the history of the models they follow, and this one is not among them. "
                "It can be taken in: then it is in the list of models too, with its texts hidden."
            )
            fault = box(role="status")

            async def follow() -> None:
                try:
                    address = self.view.model.address
                    record = await self.view.page.blocking(self.view.page.dashboard.following.add, address)
                except DecaiError as error:
                    fault.clear()
                    with fault:
                        note(fault_words(error), "warn")
                    return
                self.view.record = record
                self.body.clear()
                with self.body:
                    await self._known(record)

            with box("dc-row"):
                button("Follow it", follow, kind="primary")

    async def _known(self, model: Model) -> None:
        history, accounts, blocking = self.catalog.history, self.catalog.accounts, self.view.page.blocking
        self.fault = box(role="status")

        def people(after: str | None) -> Page[Standing]:
            return accounts.people(model.id, after=after, limit=_PEOPLE)

        def contributions(after: str | None) -> Page[Fated]:
            page = history.contributions(model.id, after=after, limit=_CONTRIBUTIONS)
            return fated(self.catalog, page, model)

        def accuracies(after: str | None) -> Page[Measurement]:
            return self.catalog.accuracy.page(model.id, measured=True, after=after, limit=_ACCURACIES)

        with box("dc-card", "section"):
            heading("Accuracy over time", 2)
            self.curve = Chart("Accuracy over time", "days since it was deployed", (("accuracy", "%"),))
            self.curve.visible = False
            self.drawn = 0
            accuracy = PagedList("measurements", _ACCURACIES, blocking, accuracies, self._accuracies)
        with box("dc-card", "section"):
            heading("Money of the participants", 2)
            money = PagedList("participants", _PEOPLE, blocking, people, self._people)
        with box("dc-card", "section"):
            heading("Contributions", 2)
            made = PagedList("contributions", _CONTRIBUTIONS, blocking, contributions, self._contributions)
        self.lists = (accuracy, money, made)
        await self._refresh()
        ui.timer(_POLL, self._refresh)

    async def _refresh(self) -> None:
        if self.view.tab != "history":
            return
        for each in self.lists:
            await each.refresh()
        await self._draw()
        self._say_unknown()
        self._say_fault()

    async def _draw(self) -> None:
        """Draw what was measured; one point is no line."""
        model = self.view.record
        assert model is not None
        measured = await self.view.page.blocking(self.catalog.accuracy.series, model.id, _POINTS)
        drawn = measured[-1].id if measured else 0
        if drawn == self.drawn:
            return
        self.drawn = drawn
        self.curve.visible = len(measured) > 1
        if self.curve.visible:
            first = measured[0].time
            self.curve.begin([Line("accuracy")])
            self.curve.add(
                [[((each.time - first) / DAY, round(100 * each.accuracy, 2)) for each in measured]]
            )
            self.curve.describe(
                f"Accuracy over time: {percent(measured[0].accuracy)} at first, "
                f"{percent(measured[-1].accuracy)} now"
            )

    def _say_unknown(self) -> None:
        """Why there is no accuracy, which may become known a moment later."""
        if self.unknown is None or self.unknown.is_deleted:
            return
        assert self.view.record is not None
        why = self.view.page.dashboard.measuring.why_unknown(self.view.record)
        self.unknown.text = f"Accuracy unknown: {readable(why).rstrip('.')}." if why else ""

    def _say_fault(self) -> None:
        dashboard = self.view.page.dashboard
        fault = dashboard.following.fault if dashboard.head.fault is None else NO_ANSWER
        self.fault.clear()
        if fault is not None:
            with self.fault:
                note(f"This may not be up to date: {fault.rstrip('.')}.", "warn")

    def _accuracies(self, measured: Sequence[Measurement], total: int) -> None:
        if not total:
            self.unknown = text("", "dc-muted")
            self._say_unknown()
            return
        rows = [
            (
                date(each.time),
                f"{each.block:,}",
                percent(each.accuracy),
                "" if each.tests is None else f"{each.tests:,}",
                lambda each=each: _hash_cell(each.test_hash, "hash of the test set"),
            )
            for each in measured
        ]
        columns = ("When", "After block", "Accuracy", "Tests", "Test set")
        table("Accuracy over time", columns, rows, numeric=(1, 2, 3))
        text(
            "Measured on this server, with the test part of the model's data set, which its hash names.",
            "dc-help",
        )

    def _people(self, people: Sequence[Standing], total: int) -> None:
        if not total:
            text("Nobody has contributed yet.", "dc-muted")
            return
        name_of = self.view.page.session.name_of
        rows = [
            (
                name_of(each.address),
                f"{each.contributions:,}, {each.valid:,} validated",
                ether(each.deposited),
                ether(each.refunded),
                ether(each.rewarded),
                ether(each.lost),
                ether(each.at_stake),
                gain(each.profit),
            )
            for each in people
        ]
        columns = (
            "Account",
            "Contributions",
            "Deposited",
            "Came back",
            "Rewards",
            "Lost",
            "At stake",
            "Gain",
        )
        table("Money of the participants", columns, rows, numeric=(2, 3, 4, 5, 6, 7))
        text("Fees of the network are not in it.", "dc-help")

    def _contributions(self, made: Sequence[Fated], total: int) -> None:
        if total:
            contribution_table(self.view.page, made)
        else:
            text("Nobody has contributed yet.", "dc-muted")


def _hash_cell(digest: bytes | None, what: str) -> None:
    if digest is None:
        tag("span", "not committed", "dc-muted")
    else:
        copyable(f"0x{digest.hex()}", what)
