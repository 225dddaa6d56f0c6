"""How far a transaction is, step by step, and what came of it."""

from collections.abc import Callable
from typing import Any, Final

from nicegui import ui

from decai.dashboard.context import Dashboard
from decai.dashboard.elements.controls import icon
from decai.dashboard.elements.html import Tag, box, link, tag
from decai.dashboard.elements.notes import copyable, note
from decai.dashboard.outbox import Entry, Fate, Via
from decai.dashboard.words import ether, short_hash

__all__ = ["Steps"]

_POLL: Final = 0.2
_SIGNED: Final = {Via.NODE: "Signed and sent", Via.WALLET: "Signed in your wallet"}
_TONES: Final = {
    Fate.DONE: "good",
    Fate.REFUSED: "bad",
    Fate.FAILED: "bad",
    Fate.REJECTED: "warn",
    Fate.REPLACED: "warn",
    Fate.DROPPED: "warn",
}


class Steps(Tag):
    """One transaction's way into a block; follows it by itself.

    Parameters
    ----------
    dashboard
        Of the page.
    entry
        The transaction.
    told
        What it has done, in a sentence, once it is done.
    on_end
        Called with the entry once nothing more will come, and again if something did.
    """

    def __init__(
        self,
        dashboard: Dashboard,
        entry: Entry,
        told: Callable[[Entry], str],
        on_end: Callable[[Entry], Any] | None = None,
    ) -> None:
        super().__init__("div", "", "dc-stack", role="status", aria_live="polite")
        self._dashboard = dashboard
        self._entry = entry
        self._told = told
        self._on_end = on_end
        self._shown: tuple[Any, ...] = ()
        self._ended: Fate | None = None
        with self:
            self._body = box("dc-stack")
            self._timer = ui.timer(_POLL, self._look)
        self._show(entry)

    @property
    def is_open(self) -> bool:
        """Whether more may come."""
        return self._entry.fate.is_open

    async def _look(self) -> None:
        entry = self._entry = self._dashboard.outbox.get(self._entry.id)
        self._show(entry)
        if not entry.is_looked_for:
            self._timer.deactivate()
        if entry.fate.is_open or entry.fate is self._ended:
            return
        self._ended = entry.fate
        if self._on_end is not None:
            result = self._on_end(entry)
            if result is not None:
                await result

    def _show(self, entry: Entry) -> None:
        shown = (entry.fate, entry.told, entry.hash)
        if shown == self._shown:
            return
        self._shown = shown
        self._body.clear()
        with self._body:
            tag("h3", entry.title, "dc-h3")
            with box("dc-steps", "ol"):
                self._steps(entry)
            if entry.told:
                note(entry.told, _TONES.get(entry.fate, "info"))  # type: ignore[arg-type]
            if entry.fate is Fate.DONE:
                note(self._told(entry), "good")
            if entry.hash is not None:
                self._where(entry)

    def _steps(self, entry: Entry) -> None:
        fate = entry.fate
        ended = not fate.is_open
        went_out = entry.hash is not None
        _step("Written down", "done")
        if went_out:
            _step(_SIGNED[entry.via], "done")
        elif ended:
            _step(_SIGNED[entry.via].replace("Signed", "Not signed"), "bad")
            return
        else:
            waiting = "Sign it in your wallet" if entry.via is Via.WALLET else "Signing and sending"
            _step(waiting, "now")
        if fate is Fate.DONE:
            _step(f"In block {entry.outcome['block']:,}", "done")
        elif fate is Fate.REFUSED and entry.outcome:
            _step(f"In block {entry.outcome['block']:,}, and refused", "bad")
        elif ended:
            _step("Not in a block", "bad")
        else:
            _step("In a block", "now" if went_out else "")

    def _where(self, entry: Entry) -> None:
        assert entry.hash is not None
        with box("dc-row dc-small dc-muted"):
            tag("span", "Transaction")
            copyable(f"0x{entry.hash.hex()}", "hash of the transaction")
            url = self._dashboard.network.transaction_url(entry.hash)
            if url is not None:
                link("Look at it", url, aria_label=f"Look at transaction {short_hash(entry.hash)}")
            if entry.outcome:
                tag("span", f"{entry.outcome['gas']:,} gas, fee {ether(entry.outcome['fee'])}")


def _step(words: str, state: str) -> None:
    with box(f"dc-step dc-step-{state or 'later'}", "li", aria_current="step" if state == "now" else None):
        with box("dc-step-dot", "span"):
            if state in ("done", "bad"):
                icon("check" if state == "done" else "close")
        tag("span", words)
