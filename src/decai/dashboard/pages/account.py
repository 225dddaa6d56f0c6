"""My account: what I gave, what came of it and what may still come, over all models; and what I have sent."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from nicegui import background_tasks, ui

from decai.catalog.records import Account, Model, Standing
from decai.catalog.records import Page as Found
from decai.dashboard import safety
from decai.dashboard.contribution_table import Fated, contribution_table, fated, transaction_cell
from decai.dashboard.elements import (
    PagedList,
    Pager,
    box,
    copyable,
    empty,
    heading,
    link,
    pairs,
    pill,
    table,
    tag,
    text,
)  # fmt: skip
from decai.dashboard.elements.html import Tag
from decai.dashboard.elements.tables import Cell
from decai.dashboard.opened import Claims
from decai.dashboard.outbox import Entry, Fate
from decai.dashboard.session import Actor
from decai.dashboard.shell import Page, PageGone, fault_words
from decai.dashboard.words import count, date, ether, gain
from decai.errors import DecaiError

__all__ = ["build"]

_POLL: Final = 2.0
_CLAIMS_EVERY: Final = 30
"""Seconds after which it is looked again what can be claimed, though there is no new block."""
_MODELS: Final = 8
_CONTRIBUTIONS: Final = 10
_SENT: Final = 10
_STATES: Final = {
    Fate.ASKED: ("asked", "info"),
    Fate.SENT: ("sent", "info"),
    Fate.DONE: ("done", "good"),
    Fate.REFUSED: ("refused", "bad"),
    Fate.FAILED: ("failed", "bad"),
    Fate.REJECTED: ("rejected", "warn"),
    Fate.REPLACED: ("replaced", "warn"),
    Fate.DROPPED: ("dropped", "warn"),
}


class _Share(NamedTuple):
    """What somebody has to do with a model."""

    standing: Standing
    model: Model


async def build(page: Page) -> None:
    """Fill the page."""
    await _AccountPage(page).build()


class _AccountPage:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.catalog = page.dashboard.catalog
        self.actor: Actor | None = None
        self.total: Account | None = None
        self.sent: tuple[Entry, ...] | None = None
        self.cells: list[tuple[Model, Tag, Tag]] = []
        self.looked: tuple[object, ...] = ()
        self.is_looking = False

    async def build(self) -> None:
        heading("My account", 1)
        self.body = box("dc-stack")
        await self._of_actor()
        self.page.session.listeners.append(self._changed)
        # A wallet may have told of itself meanwhile.
        self._changed()
        ui.timer(_POLL, self._refresh)

    def _changed(self) -> None:
        if self.page.session.actor != self.actor:
            background_tasks.create(self._of_actor(), name="account")

    async def _of_actor(self) -> None:
        self.actor, self.total, self.sent = self.page.session.actor, None, None
        self.body.clear()
        with self.body:
            if self.actor is None:
                empty("Whose account?", "Choose one at the top of the page.", "person_search")
            else:
                self._frame(self.actor)
            self._transactions()
        await self._refresh()

    def _frame(self, actor: Actor) -> None:
        with box("dc-card", "section"):
            with box("dc-head-row"):
                heading(actor.name, 2)
                copyable(actor.address, "address of your account")
            self.summary = box("dc-stack")
        with box("dc-card", "section"):
            heading("Models, and what you can claim", 2)
            self.shares = PagedList(
                "models", _MODELS, self.page.blocking, self._load_shares, self._fill_shares
            )
        with box("dc-card", "section"):
            heading("Contributions", 2)
            self.made = PagedList(
                "contributions", _CONTRIBUTIONS, self.page.blocking, self._load_made, self._fill_made
            )

    def _transactions(self) -> None:
        with box("dc-card", "section"):
            heading("Transactions from this browser", 2)
            self.outbox = box("dc-stack")
            self.pager = Pager("transactions", _SENT, self._show_sent)

    async def _refresh(self) -> None:
        page, actor = self.page, self.actor
        await self._show_sent(self.pager.page)
        if actor is None:
            return
        total = await page.blocking(self.catalog.accounts.account, actor.address)
        if actor != self.actor:
            return
        if total != self.total:
            self.total = total
            self._summarize(total)
        await self.shares.refresh()
        await self.made.refresh()
        head = page.dashboard.head
        looked = (actor, self.cells, head.block, head.now // _CLAIMS_EVERY)
        if looked != self.looked and not self.is_looking:
            self.looked, self.is_looking = looked, True
            background_tasks.create(self._look_for_claims(actor, self.cells), name="claims of an account")

    def _summarize(self, total: Account) -> None:
        self.summary.clear()
        with self.summary:
            with box("dc-stack dc-tight"):
                tag("span", gain(total.profit), "dc-figure")
                tag(
                    "span",
                    "won for good less what is lost for good; fees of the network are not in it",
                    "dc-muted",
                )
            pairs(
                (
                    ("Contributions", f"{total.contributions:,}, {total.valid:,} validated"),
                    ("Deposited", ether(total.deposited)),
                    ("Returned", ether(total.refunded)),
                    ("Rewards", ether(total.rewarded)),
                    ("Lost", ether(total.lost)),
                    ("At stake", ether(total.at_stake)),
                )
            )

    # Models

    def _load_shares(self, after: str | None) -> Found[_Share]:
        assert self.actor is not None
        found = self.catalog.accounts.standings(self.actor.address, after=after, limit=_MODELS)
        shares = tuple(_Share(each, self.catalog.models.get(each.model_id)) for each in found.items)
        return Found(shares, found.total, found.next)

    def _fill_shares(self, shares: Sequence[_Share], total: int) -> None:
        if not total:
            text("You have not contributed to any model yet.", "dc-muted")
            return
        cells: list[tuple[Model, Tag, Tag]] = []
        rows: list[tuple[Cell, ...]] = []
        for standing, model in shares:

            def name(model: Model = model) -> None:
                link(safety.name_shown(model, model.address), f"/model/{model.address}/claims")

            def claims(model: Model = model) -> None:
                now, later = tag("div", "looking…", "dc-strong"), tag("div", "", "dc-muted dc-small")
                cells.append((model, now, later))

            rows.append(
                (
                    name,
                    f"{standing.contributions:,}, {standing.valid:,} validated",
                    ether(standing.at_stake),
                    gain(standing.profit),
                    claims,
                )
            )
        table(
            "Models that you have to do with",
            ("Model", "Gave", "At stake", "Gain", "To claim"),
            rows,
            numeric=(2, 3),
        )
        self.cells = cells

    async def _look_for_claims(self, actor: Actor, cells: Sequence[tuple[Model, Tag, Tag]]) -> None:
        """One model after the other: the first look at one may take a while."""
        try:
            for model, now, later in cells:
                if actor != self.actor or now.is_deleted:
                    return
                now.text, later.text = await self._claims_of(actor, model)
        except PageGone:
            return
        finally:
            self.is_looking = False

    async def _claims_of(self, actor: Actor, model: Model) -> tuple[str, str]:
        """What can be claimed of a model now, and what later, in a few words."""
        try:
            opened = await self.page.blocking(self.page.dashboard.shelf.open, model.address)
            claims: Claims = await self.page.blocking(opened.claims, actor.address)
        except DecaiError as error:
            return "not known", fault_words(error)
        most: dict[int, int] = {}
        for each in claims.later:
            most[each.contribution] = max(each.amount, most.get(each.contribution, 0))
        later = f"up to {ether(sum(most.values()))} later" if most else ""
        if not claims.now:
            return "nothing now", later
        amount = sum(offer.amount for offer in claims.now)
        return f"{ether(amount)} now, {count(len(claims.now), 'claim')}", later

    # Contributions

    def _load_made(self, after: str | None) -> Found[Fated]:
        assert self.actor is not None
        found = self.catalog.history.contributions(
            author=self.actor.address, after=after, limit=_CONTRIBUTIONS
        )
        return fated(self.catalog, found)

    def _fill_made(self, made: Sequence[Fated], total: int) -> None:
        if total:
            contribution_table(self.page, made, with_model=True)
        else:
            text("None yet.", "dc-muted")

    # Transactions

    async def _show_sent(self, number: int) -> None:
        outbox, visitor = self.page.dashboard.outbox, self.page.session.visitor
        total = await self.page.blocking(outbox.count, visitor)
        part = min(number, max(0, (total - 1) // _SENT))
        sent = tuple(await self.page.blocking(outbox.of, visitor, _SENT, part * _SENT))
        if number != self.pager.page:
            # Meanwhile another part was asked for.
            return
        self.pager.page = part
        if sent == self.sent:
            return
        self.sent = None
        self.outbox.clear()
        with self.outbox:
            if not sent:
                text("Nothing was sent from this browser.", "dc-muted")
            else:
                columns = ("When", "What", "By", "State", "Transaction", "Fee")
                table(
                    "Transactions from this browser",
                    columns,
                    [self._row(each) for each in sent],
                    numeric=(5,),
                )
        self.pager.show(part, total)
        self.sent = sent

    def _row(self, entry: Entry) -> tuple[Cell, ...]:
        network = self.page.dashboard.network

        def state() -> None:
            words, tone = _STATES[entry.fate]
            pill(words, tone)  # type: ignore[arg-type]
            if entry.told:
                tag("div", entry.told, "dc-muted dc-small")

        def where() -> None:
            if entry.hash is None:
                tag("span", "none", "dc-muted")
            else:
                transaction_cell(network.transaction_url(entry.hash), entry.hash)

        return (
            date(int(entry.created)),
            entry.title,
            self.page.session.name_of(entry.transaction.sender),
            state,
            where,
            ether(entry.outcome["fee"]) if entry.outcome else "",
        )
