"""Refund and reward: what I can claim of a model now, in one batch, and what later."""

from typing import Final

from nicegui import background_tasks, ui

from decai.dashboard.elements import box, button, empty, heading, note, pill, table, tag, text
from decai.dashboard.elements.steps import Steps
from decai.dashboard.model_view import ModelView
from decai.dashboard.opened import Claims
from decai.dashboard.outbox import Entry
from decai.dashboard.shell import fault_words
from decai.dashboard.words import clean, count, ether, short, until
from decai.errors import DecaiError, InputError
from decai.protocols import Path
from decai.units import Address

__all__ = ["PATHS", "build"]

_POLL: Final = 2.0
_SHOWN: Final = 25
PATHS: Final = {
    Path.REFUND: "Refund",
    Path.REPORT: "Reward",
    Path.OWNER: "Left over, as the owner",
    Path.ANYONE: "Left over",
}
_CONDITIONS: Final = {
    Path.REFUND: "if the model agrees then",
    Path.REPORT: "if the model disagrees with it then",
}


async def build(view: ModelView) -> None:
    """Fill the tab."""
    await _ClaimsTab(view).build()


class _ClaimsTab:
    def __init__(self, view: ModelView) -> None:
        self.view = view
        self.shown: tuple[object, ...] = ()
        self.is_busy = False

    async def build(self) -> None:
        self.now = box("dc-card", "section")
        self.progress = box("dc-stack")
        self.later = box("dc-card", "section")
        await self._refresh()
        ui.timer(_POLL, self._refresh)
        self.view.page.session.listeners.append(self._again)
        self.view.on_show["claims"] = self._again

    def _again(self) -> None:
        self.shown = ()
        background_tasks.create(self._refresh(), name="claims")

    async def _refresh(self) -> None:
        page = self.view.page
        actor, head = page.session.actor, page.dashboard.head
        due = self.shown[3] if len(self.shown) > 3 else 0
        seen = (actor, head.block, head.clock if head.now >= due else None)  # type: ignore[operator]
        if self.view.tab != "claims" or seen == self.shown[:3]:
            return
        if actor is None:
            self.shown = (*seen, 2**63)
            self._nobody()
            return
        try:
            claims: Claims = await page.blocking(self.view.model.claims, actor.address)
        except DecaiError as error:
            self.now.clear()
            self.later.clear()
            with self.now:
                note(fault_words(error), "bad", live=True)
            return
        ahead = [each.since for each in claims.later if each.since > claims.time]
        self.shown = (actor, head.block, None, min(ahead, default=2**63))
        self._show_now(claims, actor.address)
        self._show_later(claims)

    def _nobody(self) -> None:
        self.now.clear()
        self.later.clear()
        with self.now:
            empty("Whose claims?", "Choose an account at the top of the page.", "person_search")
        self.later.visible = False

    def _show_now(self, claims: Claims, claimer: Address) -> None:
        self.now.clear()
        with self.now:
            with box("dc-head-row"):
                heading("Now", 2)
                pill(f"{claims.num_valid:,} validated", "good" if claims.num_valid else "plain")
            if not claims.now:
                text("There is nothing to claim at the moment.", "dc-muted")
                return
            total = sum(offer.amount for offer in claims.now)
            with box("dc-row dc-between"):
                with box("dc-stack dc-tight"):
                    tag("span", ether(total), "dc-figure")
                    tag("span", f"in {count(len(claims.now), 'claim')}", "dc-muted")
                button("Claim all of it", lambda: self.claim(claimer), kind="primary")
            table(
                "What can be claimed now",
                ("Contribution", "Kind", "Class", "By", "Amount"),
                [
                    self._row(claims, offer.contribution, PATHS[offer.path], ether(offer.amount))
                    for offer in claims.now[:_SHOWN]
                ],
                numeric=(4,),
            )
            if len(claims.now) > _SHOWN:
                text(f"And {len(claims.now) - _SHOWN:,} more.", "dc-muted")

    def _show_later(self, claims: Claims) -> None:
        self.later.clear()
        self.later.visible = True
        with self.later:
            heading("Later", 2)
            if not claims.later:
                text("Nothing is waiting. Contribute something, and it will be here.", "dc-muted")
                return
            most = {
                each.contribution: each.amount for each in sorted(claims.later, key=lambda each: each.amount)
            }
            text(f"Up to {ether(sum(most.values()))}, if nobody else is quicker.", "dc-muted")
            rows = []
            for each in claims.later[:_SHOWN]:
                condition = _CONDITIONS.get(each.path, "")

                def due(since: int = each.since, condition: str = condition) -> None:
                    if since > claims.time:
                        tag("span", until(since, claims.time), "dc-strong", data_due=str(since))
                        tag("span", f" {condition}" if condition else "", "dc-muted")
                    else:
                        tag(
                            "span",
                            f"as soon as it does: {condition.removesuffix(' then')}" if condition else "now",
                        )

                row = self._row(claims, each.contribution, PATHS[each.path], ether(each.amount))
                rows.append((*row, due))
            table(
                "What may be claimed later",
                ("Contribution", "Kind", "Class", "By", "Amount", "When"),
                rows,
                numeric=(4,),
            )
            if len(claims.later) > _SHOWN:
                text(f"And {len(claims.later) - _SHOWN:,} more.", "dc-muted")

    def _row(self, claims: Claims, number: int, kind: str, amount: str) -> tuple[str, str, str, str, str]:
        made = claims.contributions[number]
        classes = self.view.model.info.classes
        name = clean(classes[made.label]) if made.label < len(classes) else str(made.label)
        who = self.view.page.session.name_of(made.author)
        return f"#{number:,}", kind, name, who or short(made.author), amount

    async def claim(self, claimer: Address) -> None:
        """Make the claims of now, as many as fit in one transaction."""
        if self.is_busy:
            return
        self.is_busy = True
        try:
            entry = await self._begin(claimer)
        except DecaiError as error:
            self.progress.clear()
            with self.progress:
                note(fault_words(error), "warn", live=True)
        else:
            self.progress.clear()
            with self.progress, box("dc-card"):
                Steps(self.view.page.dashboard, entry, _told, self._ended)
        finally:
            self.is_busy = False

    async def _begin(self, claimer: Address) -> Entry:
        view = self.view
        built = await view.page.blocking(view.model.claim, claimer)
        if built is None:
            raise InputError("there is nothing to claim any more; somebody else was quicker")
        transaction, offers = built
        facts = {
            "kind": "claim",
            "model": view.model.address,
            "contributions": [offer.contribution for offer in offers],
        }
        return await view.page.session.begin(transaction, f"Make {count(len(offers), 'claim')}", facts)

    def _ended(self, _: Entry) -> None:
        self._again()
        self.view.page.session.changed()


def _told(entry: Entry) -> str:
    paid = entry.outcome.get("paid", [])
    total = sum(each["amount"] for each in paid)
    refunds = sum(each["path"] == int(Path.REFUND) for each in paid)
    rest = len(paid) - refunds
    parts = [count(refunds, "refund")] * bool(refunds) + [count(rest, "reward")] * bool(rest)
    return f"You got {ether(total)}: {' and '.join(parts)}."
