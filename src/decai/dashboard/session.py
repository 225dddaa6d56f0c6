"""Who looks at a page: the visitor, and the account that he acts for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from nicegui import Client, app

from decai.chain.base import Transaction
from decai.dashboard.context import Dashboard
from decai.dashboard.outbox import Entry, Via
from decai.dashboard.prepare import prepared
from decai.dashboard.wallet import Bridge
from decai.dashboard.words import short
from decai.errors import Refused
from decai.units import Address

__all__ = ["READY_NAMES", "Actor", "Session"]

READY_NAMES: Final = ("Olga", "Ada", "Mal", "Bea", "Carl", "Dina", "Emil", "Fay", "Gus", "Hana")
"""Of the ready-made accounts, in order; the first three are those of the framework's story."""
_DEFAULT: Final = 1
_KEY: Final = "actor"
_NOBODY: Final = "nobody"


@dataclass(frozen=True, slots=True)
class Actor:
    """An account that somebody acts for."""

    address: Address
    name: str
    via: Via


@dataclass(slots=True)
class Session:
    """One open page."""

    dashboard: Dashboard
    client: Client
    visitor: str
    bridge: Bridge
    ready: tuple[Address, ...] = ()
    """The ready-made accounts of the network, if it has any."""
    listeners: list[Callable[[], None]] = field(default_factory=list)
    """Called when the account has changed."""
    _chosen: Address | None = None

    @classmethod
    def of(cls, dashboard: Dashboard, client: Client) -> "Session":
        """The session of a page that is being built."""
        visitor = str(app.storage.browser["id"])
        session = cls(dashboard, client, visitor, Bridge(dashboard, client, visitor))
        session.bridge.listeners.append(session.changed)
        session.bridge.attach()
        return session

    async def connected(self) -> None:
        """Wait for the browser, and find out who acts.

        Raises
        ------
        ChainError
            If the node does not answer.
        """
        await self.client.connected()
        self.ready = await self.dashboard.blocking(lambda: self.dashboard.network.ready_made)
        self._chosen = self._remembered()
        self.changed()

    @property
    def actor(self) -> Actor | None:
        """Who acts; None if the page is for reading only."""
        state = self.bridge.state
        if state.account is not None:
            name = self.bridge.wallets.get(str(state.rdns), "Wallet")
            return Actor(state.account, f"{name} {short(state.account)}", Via.WALLET)
        return None if self._chosen is None else Actor(self._chosen, self.name_of(self._chosen), Via.NODE)

    @property
    def is_on_wrong_network(self) -> bool:
        """Whether the wallet that acts is on another network than the pages."""
        state = self.bridge.state
        return state.account is not None and state.chain_id != self.dashboard.network.chain_id

    def name_of(self, address: Address) -> str:
        """What an account is called here."""
        if address in self.ready[: len(READY_NAMES)]:
            return READY_NAMES[self.ready.index(address)]
        return short(address)

    def choose(self, address: Address | None) -> None:
        """Act for a ready-made account, or for nobody; a wallet is let go of."""
        assert address is None or address in self.ready
        self._chosen = address
        for storage in (app.storage.tab, app.storage.user):
            storage[_KEY] = address or _NOBODY
        if self.bridge.state.rdns is not None:
            self.bridge.choose(None)
        self.changed()

    async def begin(self, transaction: Transaction, title: str, facts: dict[str, Any] | None = None) -> Entry:
        """Try a transaction of the actor out, write it down, and have it signed and sent.

        Raises
        ------
        Refused
            With the contract's own sentence, or because nobody here can sign; nothing was sent.
        ChainError
            If the actor cannot pay for it, or the node does not answer; nothing was sent.
        StorageError
            If it cannot be written down; nothing was sent.
        """
        actor, dashboard = self.actor, self.dashboard
        if actor is None or actor.address != transaction.sender:
            raise Refused("page: choose an account first")
        if self.is_on_wrong_network:
            raise Refused("page: the wallet is on another network")
        chain = await dashboard.blocking(dashboard.network.chain)
        tried = await dashboard.blocking(prepared, chain, transaction)
        nonce = await dashboard.blocking(chain.nonce, actor.address) if actor.via is Via.WALLET else None
        block = await dashboard.blocking(lambda: chain.block)
        entry = dashboard.outbox.add(
            self.visitor, actor.via, chain.chain_id, transaction, title, facts, nonce=nonce, block=block
        )
        if actor.via is Via.WALLET:
            self.bridge.send(entry, tried.gas)
        else:
            dashboard.send(entry)
        return entry

    def _remembered(self) -> Address | None:
        given = app.storage.tab.get(_KEY) or app.storage.user.get(_KEY)
        if given == _NOBODY or not self.ready:
            return None
        if given in self.ready:
            return Address(str(given))
        return self.ready[min(_DEFAULT, len(self.ready) - 1)]

    def changed(self) -> None:
        """Tell the page's parts that the account, or what it owns, has changed."""
        for listener in list(self.listeners):
            listener()
