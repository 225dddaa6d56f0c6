"""The server's side of `wallet.js`: which wallets a page's browser has, and what they are asked and answer.

Whatever a browser says is only its visitor's word: the chain decides (`fates`).
"""

import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from nicegui import Client, ui
from nicegui.events import GenericEventArguments

from decai.chain.address import checksummed
from decai.chain.wire import hex_of
from decai.dashboard.context import Dashboard
from decai.dashboard.fates import SENT_AGAIN
from decai.dashboard.outbox import Entry, Fate, Via
from decai.dashboard.prepare import fields_of
from decai.units import Address

__all__ = ["Bridge", "WalletState"]

REJECTED: Final = 4001
UNKNOWN_CHAIN: Final = 4902
_PENDING: Final = -32002
_GONE: Final = 4900
_WRONG_NETWORK: Final = -1
_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_HASH: Final = re.compile(r"0x[0-9a-fA-F]{64}")
_NUMBER: Final = re.compile(r"0x[0-9a-fA-F]{1,16}")


@dataclass(frozen=True, slots=True)
class WalletState:
    """What a page's chosen wallet says."""

    rdns: str | None = None
    account: Address | None = None
    """None if it has not been connected to this page."""
    chain_id: int | None = None


@dataclass(slots=True)
class Bridge:
    """Between one page and the wallets of its browser.

    Parameters
    ----------
    dashboard, client, visitor
        Whose page it is.
    """

    dashboard: Dashboard
    client: Client
    visitor: str
    wallets: dict[str, str] = field(default_factory=dict)
    """Names of the wallets that were found, by their reverse domain name."""
    state: WalletState = field(default_factory=WalletState)
    listeners: list[Callable[[], None]] = field(default_factory=list)
    """Called when wallets or state have changed."""
    _waiting: dict[str, Callable[[Any, dict[str, Any] | None], None]] = field(default_factory=dict)

    def attach(self) -> None:
        """Listen to the page; within its client."""
        ui.on("decai_wallets", self._on_wallets)
        ui.on("decai_wallet", self._on_wallet)
        ui.on("decai_reply", self._on_reply)
        ui.on("decai_lost", self._on_lost)
        self.client.on_connect(lambda: self._run("hello"))

    def choose(self, rdns: str | None) -> None:
        """Look through the eyes of a wallet, without asking it for anything; None for none."""
        self._run("choose", rdns)

    def connect(self, rdns: str, done: Callable[[str | None], None]) -> None:
        """Ask a wallet whether this page may know its account; `done` is told what went wrong, if so."""

        def answered(_: Any, error: dict[str, Any] | None) -> None:
            done(_explained(error) if error else None)

        self._run("connect", rdns, self._expect(answered))

    def switch(self, done: Callable[[str | None], None]) -> None:
        """Ask the wallet to go to this dashboard's network; adds it where we know how."""
        chain_id = hex_of(self.dashboard.network.chain_id)

        def answered(_: Any, error: dict[str, Any] | None) -> None:
            if error is not None and error["code"] == UNKNOWN_CHAIN:
                self._add_chain(chain_id, done)
            else:
                done(_explained(error) if error else None)

        self._ask(self._expect(answered), "wallet_switchEthereumChain", [{"chainId": chain_id}])

    def _add_chain(self, chain_id: str, done: Callable[[str | None], None]) -> None:
        network = self.dashboard.network
        url, facts = network.wallet_url, network.facts
        if url is None:
            done(f"The wallet does not know {facts.name}; add this network there, and try again.")
            return
        description = {
            "chainId": chain_id,
            "chainName": f"decai {facts.name.lower()}",
            "nativeCurrency": {"name": "Ether", "symbol": facts.currency, "decimals": 18},
            "rpcUrls": [url],
        }

        def answered(_: Any, error: dict[str, Any] | None) -> None:
            done(_explained(error) if error else None)

        self._ask(self._expect(answered), "wallet_addEthereumChain", [description])

    def send(self, entry: Entry, gas: int) -> None:
        """Ask the wallet to sign and send an entry that was written down."""
        chain = hex_of(entry.chain_id)
        fields = {**fields_of(entry.transaction), "gas": hex_of(gas), "chainId": chain}
        self._ask(entry.id, "eth_sendTransaction", [fields], chain)

    def _expect(self, answered: Callable[[Any, dict[str, Any] | None], None]) -> str:
        """An id for a request that changes nothing on a chain, so that nobody needs to write it down."""
        key = f"~{secrets.token_urlsafe(8)}"
        self._waiting[key] = answered
        return key

    def _ask(self, key: str, method: str, params: list[Any], chain: str | None = None) -> None:
        self._run("ask", key, self.state.rdns, method, params, chain)

    def _run(self, function: str, *arguments: Any) -> None:
        # Not awaited: a wallet takes as long as its owner thinks.
        given = ", ".join(json.dumps(argument) for argument in arguments)
        self.client.run_javascript(f"window.decaiWallet?.{function}({given})")

    def _changed(self) -> None:
        for listener in list(self.listeners):
            listener()

    def _on_wallets(self, event: GenericEventArguments) -> None:
        found = event.args if isinstance(event.args, list) else []
        self.wallets = {
            str(each.get("rdns"))[:200]: str(each.get("name"))[:60]
            for each in found[:12]
            if isinstance(each, dict)
        }
        self._changed()

    def _on_wallet(self, event: GenericEventArguments) -> None:
        given = event.args if isinstance(event.args, dict) else {}
        accounts, chain = given.get("accounts"), str(given.get("chain") or "")
        first = accounts[0] if isinstance(accounts, list) and accounts else None
        self.state = WalletState(
            str(given["rdns"])[:200] if given.get("rdns") else None,
            checksummed(first) if isinstance(first, str) and _ADDRESS.fullmatch(first) else None,
            int(chain, 16) if _NUMBER.fullmatch(chain) else None,
        )
        self._changed()

    def _on_reply(self, event: GenericEventArguments) -> None:
        given = event.args if isinstance(event.args, dict) else {}
        key = str(given.get("id"))
        error = given.get("error") if isinstance(given.get("error"), dict) else None
        if error is not None:
            code = error.get("code")
            error = {"code": code if isinstance(code, int) else 0, "message": str(error.get("message"))[:200]}
        answered = self._waiting.pop(key, None)
        if answered is not None:
            answered(given.get("result"), error)
        elif not key.startswith("~"):
            self._sent(key, given.get("result"), error)
        self._run("acknowledge", key)

    def _on_lost(self, event: GenericEventArguments) -> None:
        """The page was reloaded while the wallet was thinking; the chain tells what came of it."""
        given = event.args if isinstance(event.args, dict) else {}
        entry = self._entry(str(given.get("id")))
        if entry is None or not entry.fate.is_open:
            self._run("acknowledge", str(given.get("id")))
        elif not entry.told:
            self.dashboard.outbox.change(
                entry.id,
                told="The page was reloaded while the wallet was asked. If you sign there, it is found on "
                "the chain; if you do not, nothing happens.",
            )

    def _sent(self, key: str, result: Any, error: dict[str, Any] | None) -> None:
        entry = self._entry(key)
        if entry is None or entry.fate is not Fate.ASKED:
            return
        if error is not None:
            fate = Fate.REJECTED if error["code"] == REJECTED else Fate.FAILED
            self.dashboard.outbox.change(entry.id, fate=fate, told=_explained(error))
        elif isinstance(result, str) and _HASH.fullmatch(result):
            digest = bytes.fromhex(result[2:])
            self._take_over(digest, entry)
            self.dashboard.outbox.change(entry.id, fate=Fate.SENT, hash=digest, told="")
        # Anything else is no answer; it is looked for by its nonce.

    def _take_over(self, digest: bytes, entry: Entry) -> None:
        """A transaction is this entry's alone, though it may have been taken for that of one just like it."""
        outbox = self.dashboard.outbox
        other = outbox.holder(digest, entry)
        if other is None:
            return
        if other.fate is Fate.DROPPED:
            outbox.change(other.id, fate=Fate.REPLACED, hash=None, told=SENT_AGAIN)
        else:
            outbox.change(other.id, fate=Fate.ASKED, hash=None, told="", outcome={}, is_seen=False)

    def _entry(self, key: str) -> Entry | None:
        """An entry of this visitor, for nobody may answer for another."""
        try:
            entry = self.dashboard.outbox.get(key)
        except KeyError:
            return None
        return entry if entry.visitor == self.visitor and entry.via is Via.WALLET else None


def _explained(error: dict[str, Any]) -> str:
    """What went wrong in a wallet, for its owner."""
    code = error["code"]
    if code == REJECTED:
        return "You have rejected it in the wallet. Nothing has happened."
    if code == _PENDING:
        return "The wallet is still asking something; open it, and answer there first."
    if code == _GONE:
        return "The wallet has gone; is its extension still there?"
    if code == _WRONG_NETWORK:
        return "The wallet is on another network; switch it first. Nothing has happened."
    said = " ".join(str(error["message"]).split())
    return f"The wallet says: {said[:200].rstrip('.')}. Nothing has been sent."
