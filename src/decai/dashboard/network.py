"""The chain behind the pages: one node, found again when it was restarted, and what its clock says."""

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from decai.chain.wire import integer_of, object_of
from decai.errors import ChainError, DecaiError, InputError, Refused
from decai.units import Address, Seconds, Wei, format_seconds

if TYPE_CHECKING:
    from decai.chain.rpc import RpcChain

__all__ = ["Head", "Network", "NetworkFacts"]

LATEST: Final = 253_402_300_799
"""The last second of the year 9999; no clock is moved beyond it."""
_MOST_ANSWER: Final = 64 * 2**20
MOST_GIFT: Final = Wei(1_000 * 10**18)
LONGEST_LEAP: Final = Seconds(366 * 86_400)


class NetworkFacts(NamedTuple):
    """What people call a network, and where its transactions can be looked at."""

    name: str
    currency: str
    explorer: str | None


_KNOWN: Final = {
    1: NetworkFacts("Ethereum", "ETH", "https://etherscan.io"),
    10: NetworkFacts("OP Mainnet", "ETH", "https://optimistic.etherscan.io"),
    100: NetworkFacts("Gnosis", "xDAI", "https://gnosisscan.io"),
    137: NetworkFacts("Polygon", "POL", "https://polygonscan.com"),
    8453: NetworkFacts("Base", "ETH", "https://basescan.org"),
    42161: NetworkFacts("Arbitrum One", "ETH", "https://arbiscan.io"),
    84532: NetworkFacts("Base Sepolia", "ETH", "https://sepolia.basescan.org"),
    560048: NetworkFacts("Hoodi", "ETH", "https://hoodi.etherscan.io"),
    11155111: NetworkFacts("Sepolia", "ETH", "https://sepolia.etherscan.io"),
}


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain, as it was seen last."""

    block: int = 0
    clock: Seconds = Seconds(0)
    """What the chain's clock says."""
    seen: float = field(default_factory=time.time)
    """When that was, by the clock of this machine."""
    fault: str | None = None
    """Why nothing was seen, if so."""

    @property
    def now(self) -> Seconds:
        """What the chain's clock says now, if it goes like ours."""
        return Seconds(self.clock + max(0, int(time.time() - self.seen)))


class _Identity(NamedTuple):
    chain_id: int
    is_play: bool
    place: str


class Network:
    """One network, through one node.

    Parameters
    ----------
    rpc
        The URL of its node; None for the local one, which is started if it does not run.
    """

    def __init__(self, rpc: str | None = None) -> None:
        self._rpc = rpc
        self._chain: RpcChain | None = None
        self._lock = threading.Lock()
        self._known: _Identity | None = None
        self.head = Head(fault="not asked yet")

    @property
    def is_local(self) -> bool:
        """Whether it is the node that decai runs."""
        return self._rpc is None

    def chain(self) -> "RpcChain":
        """The chain; blocks while it is looked for.

        Raises
        ------
        ChainError
            If its node does not answer, or it is another chain than before.
        MissingError
            If the local node has to be installed first.
        """
        with self._lock:
            if self._chain is None:
                self._chain = self._connected()
            return self._chain

    def _connected(self, most_bytes: int | None = None) -> "RpcChain":
        from decai.chain.local_node import ensure_running
        from decai.chain.rpc import RpcChain

        url = ensure_running().url if self._rpc is None else self._rpc
        known = None if self._known is None else self._known.chain_id
        chain = RpcChain(url, timeout=20.0, chain_id=known, most_bytes=most_bytes)
        self._known = _Identity(chain.chain_id, chain.is_development, chain.node.place)
        return chain

    def connect_apart(self) -> "RpcChain":
        """A connection for who reads all that happens: no answer can fill the memory. Raises like `chain`."""
        return self._connected(_MOST_ANSWER)

    @property
    def _identity(self) -> "_Identity":
        """What never changes, so that nobody has to wait for it twice."""
        if self._known is None:
            self.chain()
        assert self._known is not None
        return self._known

    @property
    def chain_id(self) -> int:
        """The number of the chain."""
        return self._identity.chain_id

    @property
    def facts(self) -> NetworkFacts:
        """What it is called."""
        chain_id = self.chain_id
        if self.is_local:
            return NetworkFacts("Local node", "ETH", None)
        if self.is_play:
            return NetworkFacts(f"Test node, chain {chain_id}", "ETH", None)
        return _KNOWN.get(chain_id, NetworkFacts(f"Chain {chain_id}", "ETH", None))

    @property
    def is_play(self) -> bool:
        """Whether money is play money and the clock is ours: the node is one for development."""
        return self._identity.is_play

    @property
    def wallet_url(self) -> str | None:
        """Where a wallet on this machine finds the node; None if its URL is nobody else's business."""
        return self._identity.place if self.is_local else None

    @property
    def ready_made(self) -> tuple[Address, ...]:
        """Accounts that everybody may use: those of a node of play money, and no others."""
        chain = self.chain()
        if not chain.is_development:
            return ()
        from decai.chain.wire import address_of

        return tuple(address_of(each, "an account") for each in chain.node.ask("eth_accounts") or ())

    def look(self) -> Head:
        """See where the chain is; finds the local node again, or starts it, if it is gone."""
        try:
            chain = self.chain()
            tag = "pending" if chain.is_development else "latest"
            number, block = chain.node.ask_many(
                [("eth_blockNumber", []), ("eth_getBlockByNumber", [tag, False])]
            )
            clock = integer_of(object_of(block, "the block").get("timestamp"), "the time of the block")
            self.head = Head(integer_of(number, "the number of the latest block"), Seconds(clock))
        except DecaiError as error:
            self.head = Head(self.head.block, self.head.clock, self.head.seen, str(error))
            if self.is_local:
                # It may come back on another port.
                with self._lock:
                    self._chain = None
        return self.head

    def give(self, account: Address, amount: Wei) -> Wei:
        """Give an account play money; returns what it has then, in wei.

        Raises
        ------
        Refused
            If money is real here, or this is more than is given.
        ChainError
            If the node does not answer.
        """
        if not self.is_play:
            raise Refused("Money is real on this network: nobody gives it away.")
        if not 0 < amount <= MOST_GIFT:
            raise Refused("At most 1,000 ETH of play money are given at once.")
        chain = self.chain()
        balance = Wei(chain.balance(account) + amount)
        chain.set_balance(account, balance)
        return balance

    def let_pass(self, seconds: Seconds) -> Head:
        """Let time pass, where the clock is ours.

        Raises
        ------
        Refused
            If it is not.
        InputError
            If it is no time, or too long.
        ChainError
            If the node does not answer.
        """
        if not self.is_play:
            raise Refused("Time is real on this network: nobody moves its clock.")
        if not 0 < seconds <= LONGEST_LEAP:
            raise InputError(f"The clock goes forward, by at most {format_seconds(LONGEST_LEAP)} at once.")
        chain = self.chain()
        if chain.now + seconds > LATEST:
            raise InputError("The clock cannot be moved beyond the year 9999.")
        # Once each: a repetition after a lost answer would move it twice.
        chain.node.once("evm_increaseTime", seconds)
        chain.node.once("evm_mine")
        return self.look()

    def transaction_url(self, transaction: bytes) -> str | None:
        """Where people can look at a transaction, if there is such a place."""
        try:
            explorer = self.facts.explorer
        except ChainError:
            return None
        return None if explorer is None else f"{explorer}/tx/0x{transaction.hex()}"
