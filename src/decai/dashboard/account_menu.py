"""The button at the top that says who acts, and the dialog where that is chosen."""

from typing import Final

from nicegui import background_tasks, ui

from decai.dashboard.context import Dashboard
from decai.dashboard.elements import box, button, copyable, heading, note, pill, tag, text
from decai.dashboard.elements.dialogs import Dialog
from decai.dashboard.outbox import Via
from decai.dashboard.session import Session
from decai.dashboard.words import ether
from decai.errors import ChainError
from decai.units import Address, Wei

__all__ = ["AccountMenu"]

_POLL: Final = 3.0


class AccountMenu:
    """Who acts, and what that account owns.

    Parameters
    ----------
    dashboard, session
        Of the page.
    """

    def __init__(self, dashboard: Dashboard, session: Session) -> None:
        self._dashboard = dashboard
        self._session = session
        self._seen: tuple[Address | None, int] = (None, -1)
        self._dialog: Dialog | None = None
        with tag("button", "", "dc-who", type="button").on("click", self.open) as self._button:
            self._face = tag("span", "", "dc-face", aria_hidden="true")
            self._name = tag("span", "", "dc-who-name")
            self._money = tag("span", "", "dc-who-money")
        self._show(None)
        session.listeners.append(self._changed)
        ui.timer(_POLL, self._poll)

    def _changed(self) -> None:
        self._show(None)
        self._seen = (None, -1)
        background_tasks.create(self._poll(), name="balance")
        if self._dialog is not None:
            self._fill(self._dialog)

    def _show(self, balance: Wei | None) -> None:
        actor = self._session.actor
        wrong = self._session.is_on_wrong_network if actor is not None else False
        self._face.text = "?" if actor is None else actor.name[:1].upper()
        self._name.text = "Wrong network" if wrong else "Choose an account" if actor is None else actor.name
        self._money.text = "" if balance is None or wrong else ether(balance)
        label = "Choose an account" if actor is None else f"Account: {actor.name}. Choose another"
        self._button.set(aria_label=label)

    async def _poll(self) -> None:
        actor, block = self._session.actor, self._dashboard.head.block
        if actor is None or self._seen == (actor.address, block):
            return
        try:
            chain = await self._dashboard.blocking(self._dashboard.network.chain)
            balance = await self._dashboard.blocking(chain.balance, actor.address)
        except ChainError:
            # The strip and the page say what is wrong with the node.
            return
        self._seen = (actor.address, block)
        if actor == self._session.actor:
            self._show(balance)

    def open(self) -> None:
        """Let the account be chosen."""
        if self._dialog is None:
            self._dialog = Dialog("Who are you?")
        self._fill(self._dialog)
        self._dialog.open()

    def _fill(self, dialog: Dialog) -> None:
        dialog.body.clear()
        with dialog.body:
            if self._session.ready:
                self._ready_made(dialog)
            self._wallets()
            if self._session.actor is not None and self._session.actor.via is Via.WALLET:
                button("Let go of the wallet", lambda: self._session.bridge.choose(None), kind="quiet")
            text(
                "Predicting is free and needs no account. Your keys stay in your wallet: this server never "
                "sees them.",
                "dc-muted dc-small",
            )

    def _ready_made(self, dialog: Dialog) -> None:
        actor = self._session.actor

        def take(address: Address) -> None:
            self._session.choose(address)
            dialog.close()

        with box("dc-stack dc-tight"):
            with box("dc-row"):
                heading("Ready-made accounts", 3)
                pill("play money", "warn")
            text(
                "Everybody who uses this node may use them: their keys are known to all.", "dc-muted dc-small"
            )
        with box("dc-choices", "ul"):
            for place, address in enumerate(self._session.ready):
                name = self._session.name_of(address)
                mine = actor is not None and actor.via is Via.NODE and actor.address == address
                with (
                    box(name="li"),
                    tag(
                        "button", "", "dc-choice", type="button", aria_pressed="true" if mine else "false"
                    ).on("click", lambda address=address: take(address)),
                ):
                    tag("span", name[:1], "dc-face", aria_hidden="true")
                    tag("span", name)
                    role = ("owns the demo's models", "helps", "harms")[place] if place < 3 else ""
                    tag("span", role, "dc-choice-end")

    def _wallets(self) -> None:
        bridge = self._session.bridge
        heading("Your own wallet", 3)
        if bridge.state.account is not None:
            with box("dc-row"):
                tag("span", "Connected:")
                copyable(bridge.state.account, "address of your account")
            if self._session.is_on_wrong_network:
                name = self._dashboard.network.facts.name
                note(
                    f"The wallet is on another network than these pages, which show {name}.",
                    "warn",
                    live=True,
                )
                button(f"Switch to {name}", lambda: bridge.switch(self._told), kind="primary")
            return
        if not bridge.wallets:
            text(
                "None was found in this browser. With an extension such as a wallet for Ethereum, you can "
                "contribute from your own account.",
                "dc-muted",
            )
            return
        for rdns, name in bridge.wallets.items():
            button(f"Connect {name}", lambda rdns=rdns: bridge.connect(rdns, self._told))

    def _told(self, fault: str | None) -> None:
        if fault is not None and self._dialog is not None:
            self._fill(self._dialog)
            with self._dialog.body:
                note(fault, "warn", live=True)
