"""The strip that says that money is play money here, with a faucet and a clock that can be moved."""

from typing import Final

from nicegui import ui

from decai.dashboard.context import Dashboard
from decai.dashboard.elements import box, button, icon, tag
from decai.dashboard.elements.controls import select
from decai.dashboard.elements.dialogs import Dialog
from decai.dashboard.network import Head
from decai.dashboard.session import Session
from decai.dashboard.words import duration, ether
from decai.units import Seconds, Wei

__all__ = ["PlayStrip"]

_GIFT: Final = Wei(10 * 10**18)
_LEAPS: Final = {
    "600": "10 minutes",
    "3600": "1 hour",
    "86400": "1 day",
    "604800": "1 week",
    "777600": "9 days",
    "2592000": "30 days",
}


_MOST_WRONG: Final = 1.5
"""Seconds by which the clock may be wrong that is shown."""


class PlayStrip:
    """A strip below the header; there is none where money is real.

    Parameters
    ----------
    dashboard, session
        Of the page.
    """

    def __init__(self, dashboard: Dashboard, session: Session) -> None:
        self._dashboard = dashboard
        self._session = session
        self._shown: tuple[object, ...] = ()
        self._ahead = float("inf")
        """Seconds by which the chain's clock was ahead of ours, when the browser was told."""
        self._strip = box("dc-play")
        self._strip.visible = False
        with self._strip, box("dc-bar"):
            with box("dc-play-text"):
                icon("toys")
                self._name = tag("strong", "")
                self._block = tag("span", "")
                self._clock = tag("span", "", data_clock="")
            with box("dc-play-tools"):
                button("10 ETH", self._give, title="Get 10 ETH of play money", aria_label="Get 10 ETH")
                button("Time", self._open, title="Let time pass", aria_label="Let time pass")
        ui.timer(1.0, self._refresh)
        session.listeners.append(self._refresh)

    def _refresh(self) -> None:
        head = self._dashboard.head
        # The ready-made accounts are those of a node of play money, and of no other.
        visible = bool(self._session.ready)
        shown = (visible, head.block, head.fault)
        if visible:
            self._set_clock(head)
        if shown == self._shown:
            return
        self._shown = shown
        self._strip.visible = visible
        if not visible:
            return
        if head.fault is not None:
            self._name.text = "The node does not answer; it is looked for."
            return
        self._name.text = f"Play money · {self._dashboard.network.facts.name}"
        self._block.text = f"block {head.block:,}"

    def _set_clock(self, head: Head) -> None:
        """Tell the browser what the chain's clock says, unless it goes as it was told."""
        ahead = head.clock - head.seen
        if head.clock and abs(ahead - self._ahead) > _MOST_WRONG:
            self._ahead = ahead
            self._session.client.run_javascript(f"window.decaiPage?.clock({head.now})")

    async def _give(self) -> None:
        actor = self._session.actor
        if actor is None:
            ui.notify("Choose an account first, at the top.")
            return
        balance = await self._dashboard.blocking(self._dashboard.network.give, actor.address, _GIFT)
        ui.notify(f"{actor.name} got {ether(_GIFT)} and has {ether(balance)}.")
        self._session.changed()

    def _open(self) -> None:
        dialog = Dialog("Let time pass")
        with dialog.body:
            tag(
                "p",
                "The clock of this node can be moved forward, so that nobody has to wait for a refund. It "
                "moves for everybody who uses this node, and never back.",
                "dc-p",
            )
            leap = select("How long", _LEAPS, "86400")

            async def go() -> None:
                seconds = Seconds(int(leap.value))
                try:
                    await self._dashboard.blocking(self._dashboard.network.let_pass, seconds)
                finally:
                    dialog.close()
                ui.notify(f"The clock was moved by {duration(seconds)}.")
                self._refresh()
                self._session.changed()

            button("Move the clock", go, kind="primary")
        dialog.open()
