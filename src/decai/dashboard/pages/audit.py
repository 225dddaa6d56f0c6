"""Audit: replay all that ever happened to a model by the rules, and compare every word of its state."""

from typing import Final

from decai.chain.audit import Audit, audit
from decai.dashboard.elements import box, button, heading, note, tag, text
from decai.dashboard.elements.controls import icon
from decai.dashboard.model_view import ModelView
from decai.dashboard.opened import OpenModel
from decai.dashboard.shell import fault_words
from decai.dashboard.words import clean, count, ether, readable
from decai.errors import DecaiError

__all__ = ["build"]

_NAMES: Final = {
    "events": "Contributions and claims",
    "code": "Code",
    "model": "What it has learned",
    "ledger": "Contributions as they are kept",
    "accounts": "Accounts",
    "money": "Money",
    "features": "Features",
    "owner": "Owner",
}


async def build(view: ModelView) -> None:
    """Fill the tab."""
    _AuditTab(view).build()


class _AuditTab:
    def __init__(self, view: ModelView) -> None:
        self.view = view

    def build(self) -> None:
        with box("dc-card", "section"):
            heading("Is this model what it says?", 2)
            text(
                "This replays every contribution and every claim since the model was deployed, by the "
                "rules in Python, and compares the code, all that was learned, every deposit and all the "
                "money with what the contract says. Anybody can do the same with: decai model verify",
                "dc-muted",
            )
            with box("dc-row"):
                self.start = button("Verify", self.verify, kind="primary")
            self.result = box("dc-stack", role="status", aria_live="polite")

    async def verify(self) -> None:
        """Do it, and show what was found."""
        self.start.set(disabled=True)
        self.result.clear()
        with self.result, box("dc-waiting"):
            box("dc-spinner")
            tag("span", "Replaying…")
        try:
            found = await self.view.page.blocking(_audited, self.view.model)
        except DecaiError as error:
            self.result.clear()
            with self.result:
                note(fault_words(error), "bad")
        else:
            self._show(found)
        finally:
            self.start.set(disabled=None)

    def _show(self, found: Audit) -> None:
        self.result.clear()
        with self.result:
            if found.holds:
                note("Model, ledger and money are what the rules say, bit for bit.", "good")
            else:
                note("This model is NOT what the rules say. Do not put money into it.", "bad")
            text(
                f"Up to block {found.block:,}: {count(found.contributions, 'contribution')}, "
                f"{count(found.claims, 'claim')}, {ether(found.held)} at stake."
            )
            with box("dc-checks", "ul"):
                for check in found.checks:
                    with box(f"dc-check {'dc-good' if check.holds else 'dc-bad'}", "li"):
                        icon("check_circle" if check.holds else "cancel")
                        with box():
                            word = "equal" if check.holds else "differs"
                            tag("div", f"{_NAMES.get(check.name, check.name)}: {word}", "dc-strong")
                            tag("div", readable(clean(check.detail)), "dc-muted dc-small")


def _audited(model: OpenModel) -> Audit:
    trainer = model.trainer
    return audit(trainer.chain, trainer.address, trainer.first_block)
