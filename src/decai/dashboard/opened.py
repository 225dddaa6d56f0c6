"""Models that are being looked at: each with its trainer, and its twin that one thread at a time keeps up."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from decai.chain.base import Transaction
from decai.chain.claiming import best_order
from decai.chain.client import MOST_CLAIMS, ChainTrainer
from decai.chain.connect import open_model
from decai.chain.headers import Header, headers, latest_header
from decai.chain.jsonrpc import JsonRpc
from decai.chain.model import ModelInfo, read_state
from decai.chain.prospects import Prospect, prospects
from decai.dashboard.brief import Brief
from decai.errors import BrokenRulesError
from decai.protocols import Classifier, Offer, Path
from decai.samples import Features
from decai.trainer import LocalTrainer
from decai.units import Address, Seconds, Wei

if TYPE_CHECKING:
    from decai.chain.rpc import RpcChain
    from decai.dashboard.network import Network

__all__ = ["Claims", "Contributed", "CostCurve", "OpenModel", "Shelf", "Standing"]

T = TypeVar("T")
_MOST_OPEN: Final = 64
_BROKEN_SECONDS: Final = 60.0
"""So long it is believed that a contract breaks its rules, before all of it is read again."""
_LATER: Final = (600, 3_600, 21_600, 86_400)


class Standing(NamedTuple):
    """How a model stands now."""

    contributions: int
    valid: int
    held: Wei
    owner: Address


class CostCurve(NamedTuple):
    """What a contribution costs now, and what later if nobody contributes before."""

    now: Wei
    later: tuple[tuple[Seconds, Wei], ...]
    """After so many seconds."""


class Contributed(NamedTuple):
    """One contribution, as its claimers see it."""

    number: int
    features: Features
    label: int
    author: Address
    added: Seconds
    deposit: Wei
    left: Wei
    block: int
    transaction: bytes


class Claims(NamedTuple):
    """What somebody can claim of a model."""

    now: tuple[Offer, ...]
    """In the order that pays most."""
    later: tuple[Prospect, ...]
    contributions: dict[int, Contributed]
    """Those that the two speak of, by number."""
    num_valid: int
    """Validated contributions of the claimer."""
    time: Seconds


class OpenModel:
    """One model; its methods block, and may be called from any thread.

    Parameters
    ----------
    trainer
        The model on its chain.
    node
        Of the chain.
    """

    def __init__(self, trainer: ChainTrainer, node: JsonRpc) -> None:
        self.trainer = trainer
        self._node = node
        self.standing: Final = Brief(self._standing)
        """How it stands, as of a second ago at most."""
        self.costs: Final = Brief(self._costs)
        """What a contribution costs, as of a second ago at most."""
        self._lock = threading.RLock()
        self._read: Header | None = None
        """The last block that the twin was brought up to."""
        self._broken: tuple[float, BrokenRulesError] | None = None

    @property
    def info(self) -> ModelInfo:
        """Its terms."""
        return self.trainer.info

    @property
    def address(self) -> Address:
        """Where it is."""
        return self.trainer.address

    def _standing(self) -> Standing:
        chain, address = self.trainer.chain, self.address
        submitted, valid = (
            int(read_state(chain, address, f"{view}()", "uint256"))
            for view in ("totalSubmitted", "totalGoodDataCount")
        )
        return Standing(submitted, valid, self.trainer.held, self.trainer.owner)

    def predict(self, features: Features) -> int:
        """What the contract says of a sample; raises what `ChainTrainer.predict` does."""
        return self.trainer.predict(features)

    def _costs(self) -> CostCurve:
        chain, address = self.trainer.chain, self.address
        now = self.trainer.now

        def at(later: int) -> Wei:
            signature = "getNextAddDataCost(uint256)"
            return Wei(int(read_state(chain, address, signature, "uint256", now + later)))

        return CostCurve(at(0), tuple((Seconds(later), at(later)) for later in _LATER))

    def contribution(self, sender: Address, features: Features, label: int, most: Wei) -> Transaction:
        """The transaction that contributes, paying at most `most`; `Refused` for what cannot be sent."""
        self.trainer.calls.check_features(features)
        return self.trainer.calls.add_data(sender, features, label, most)

    def with_twin(self, use: Callable[[LocalTrainer], T]) -> T:
        """What `use` makes of the twin in memory, as of now; it must leave it as it was.

        Raises
        ------
        BrokenRulesError
            If the contract has done what its rules do not allow.
        ChainError
            If it has no twin, or there is no answer.
        """
        with self._lock:
            twin = self._updated()
            twin.advance_to(Seconds(max(self.trainer.now, twin.now)))
            return use(twin)

    def with_classifier(self, use: Callable[[Classifier], T]) -> T:
        """What `use` makes of the twin's classifier, which knows no time; as `with_twin`, and quicker."""
        with self._lock:
            return use(self._updated().classifier)

    def _updated(self) -> LocalTrainer:
        """The twin as of the latest block; read anew if what was read is no longer part of the chain."""
        if self._broken is not None and monotonic() - self._broken[0] < _BROKEN_SECONDS:
            raise self._broken[1]
        latest = latest_header(self._node)
        if self._read is not None:
            if latest.hash == self._read.hash:
                return self.trainer.replica.twin
            self._check(self._read)
        try:
            twin = self.trainer.replica.update(latest.number).twin
        except BrokenRulesError:
            # So it seems as well if the chain was reorganised while it was read.
            self._forget()
            try:
                twin = self.trainer.replica.update(latest.number).twin
            except BrokenRulesError as error:
                self._forget()
                self._broken = monotonic(), error
                raise
        self._read, self._broken = latest, None
        return twin

    def _check(self, read: Header) -> None:
        """Forget what was read if it is no longer part of the chain."""
        (now,) = headers(self._node, [read.number])
        if now is None or now.hash != read.hash:
            self._forget()

    def _forget(self) -> None:
        self._read = None
        self.trainer.__dict__.pop("replica", None)

    def claims(self, claimer: Address) -> Claims:
        """What somebody can claim now, and what later; raises like `with_twin`."""

        def collect(twin: LocalTrainer) -> Claims:
            offers = best_order(twin, claimer, Wei(1))
            later = prospects(twin, claimer, twin.now)
            numbers = {offer.contribution for offer in offers} | {each.contribution for each in later}
            return Claims(
                tuple(offers),
                tuple(later),
                {number: self._contributed(twin, number) for number in numbers},
                twin.incentive.valid_contributions().get(claimer, 0),
                twin.now,
            )

        return self.with_twin(collect)

    def _contributed(self, twin: LocalTrainer, number: int) -> Contributed:
        ledger, replica = twin.ledger, self.trainer.replica
        return Contributed(
            number,
            ledger.features[number],
            ledger.label[number],
            ledger.author[number],
            ledger.added[number],
            ledger.deposit[number],
            ledger.left[number],
            replica.blocks[number],
            replica.transactions[number],
        )

    def contributed(self, newest: int, count: int) -> tuple[int, list[Contributed]]:
        """How many contributions there are, and a page of them, the newest first; raises like `with_twin`."""

        def page(twin: LocalTrainer) -> tuple[int, list[Contributed]]:
            size = len(twin.ledger)
            numbers = range(size - 1 - newest, max(-1, size - 1 - newest - count), -1)
            return size, [self._contributed(twin, number) for number in numbers if number >= 0]

        return self.with_twin(page)

    def claim(self, claimer: Address) -> tuple[Transaction, list[Offer]] | None:
        """The transaction that makes as many claims as fit in one, and what they pay; None if there are none.

        Raises
        ------
        BrokenRulesError
            If the contract has done what its rules do not allow.
        ChainError
            If it has no twin, or there is no answer.
        """

        def build(twin: LocalTrainer) -> tuple[Transaction, list[Offer]] | None:
            offers = best_order(twin, claimer, Wei(1))[:MOST_CLAIMS]
            if not offers:
                return None
            numbers = [offer.contribution for offer in offers]
            return self.trainer.claim_many_transaction(claimer, numbers), offers

        return self.with_twin(build)


def reward_of(offers: tuple[Offer, ...]) -> Wei:
    """What offers pay beyond one's own deposits."""
    return Wei(sum(offer.amount for offer in offers if offer.path is not Path.REFUND))


class Shelf:
    """The models that are open, the least recently used of which make room for others.

    Parameters
    ----------
    network
        Where they are.
    """

    def __init__(self, network: "Network") -> None:
        self._network = network
        self._lock = threading.Lock()
        self._open: OrderedDict[Address, OpenModel] = OrderedDict()
        self._chain: RpcChain | None = None

    def open(self, address: Address) -> OpenModel:
        """A model; blocks while it is read.

        Raises
        ------
        ChainError
            If there is no decai model at this address, or no answer.
        """
        chain = self._network.chain()
        with self._lock:
            if chain is not self._chain:
                # The node was restarted; whatever was read may be of another state.
                self._open.clear()
                self._chain = chain
            found = self._open.get(address)
            if found is not None:
                self._open.move_to_end(address)
                return found
        made = OpenModel(open_model(chain, address), chain.node)
        with self._lock:
            kept = self._open.setdefault(address, made)
            while len(self._open) > _MOST_OPEN:
                self._open.popitem(last=False)
        return kept

    def forget(self, address: Address) -> None:
        """Read a model anew the next time."""
        with self._lock:
            self._open.pop(address, None)
