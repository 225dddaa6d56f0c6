"""Where a shared model can live, with what the tests do to it beyond what every trainer can do."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from functools import cache
from typing import Any

import numpy as np

from decai.chain.base import Transaction
from decai.chain.client import ChainTrainer
from decai.chain.compose import compose
from decai.chain.deploy import deploy
from decai.chain.evm import EvmChain
from decai.chain.model import read
from decai.errors import Refused
from decai.incentive import Points, Stakeable
from decai.protocols import IncentiveMechanism
from decai.samples import Features, Samples
from decai.trainer import LocalTrainer
from decai.units import Address, Seconds, Wei
from tests.stateful.models import ModelName, model
from tests.stateful.paper import (
    ANY_WAIT,
    EVERYBODY,
    MONEY,
    OWNER,
    OWNER_WAIT,
    REFUND_WAIT,
    START,
    Entry,
    Mechanism,
)

__all__ = ["EvmPlace", "LocalPlace", "Place", "array"]

BALANCES = {person: Wei(amount) for person, amount in MONEY.items()}


def array(x: Sequence[int]) -> Features:
    """A sample."""
    return np.array(x, dtype=np.int32)


def terms(mechanism: Mechanism, cost_weight: int) -> IncentiveMechanism:
    """A mechanism on the tests' terms."""
    if mechanism == "points":
        return Points(Seconds(REFUND_WAIT), Seconds(START))
    waits = (Seconds(REFUND_WAIT), Seconds(OWNER_WAIT), Seconds(ANY_WAIT))
    return Stakeable(Wei(cost_weight), *waits, Seconds(START), shares=mechanism)


class Place(ABC):
    """A shared model somewhere, owned by `OWNER`, at `START`."""

    trainer: LocalTrainer | ChainTrainer

    @abstractmethod
    def held(self) -> int:
        """What the model holds."""

    @abstractmethod
    def left(self, entries: Sequence[Entry]) -> list[int]:
        """What is left of each contribution."""

    @abstractmethod
    def valid(self) -> dict[Address, int]:
        """Validated contributions of each author that has any."""

    @abstractmethod
    def pay(self, sender: Address, recipient: Address, amount: int) -> None:
        """Move money between two people."""

    @abstractmethod
    def rehearsal(self) -> Any:
        """A context: whatever happens in it is undone at its end."""

    @abstractmethod
    def close(self) -> None:
        """Nothing more happens here."""

    def can_add_class(self, kind: str) -> bool:
        """Whether everybody can ask for a further class here, be it refused."""
        return True

    def add_class(self, sender: Address, name: str, rows: Sequence[tuple[int, ...]]) -> int:
        """Give the model a further class."""
        return self.trainer.add_class(sender, name, Samples.sparse(rows))


class LocalPlace(Place):
    """In memory."""

    trainer: LocalTrainer

    def __init__(self, name: ModelName, mechanism: Mechanism, cost_weight: int) -> None:
        classifier, incentive = model(name)[0], terms(mechanism, cost_weight)
        self.trainer = LocalTrainer(classifier, incentive, owner=OWNER, balances=BALANCES, now=Seconds(START))

    def close(self) -> None:
        """It is forgotten."""

    def held(self) -> int:
        """What the model holds, which is the sum of all that its ledger says is left."""
        assert self.trainer.held == sum(self.trainer.ledger.left)
        return self.trainer.held

    def left(self, entries: Sequence[Entry]) -> list[int]:
        """By the ledger."""
        ledger = self.trainer.ledger
        keys = [(array(entry.x), entry.label, Seconds(entry.added), entry.author) for entry in entries]
        return [int(ledger.left[ledger.find(*key)]) for key in keys]

    def valid(self) -> dict[Address, int]:
        """By the mechanism."""
        return self.trainer.incentive.valid_contributions()

    def pay(self, sender: Address, recipient: Address, amount: int) -> None:
        """Move money between two people."""
        self.trainer.pay(sender, recipient, Wei(amount))

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """By a checkpoint."""
        before = self.trainer.checkpoint()
        try:
            yield
        finally:
            self.trainer.restore(before)


class EvmPlace(Place):
    """A contract, on an EVM in this process."""

    trainer: ChainTrainer

    def __init__(self, name: ModelName, mechanism: Mechanism, cost_weight: int) -> None:
        stage = _deployed(name, mechanism, cost_weight)
        assert isinstance(stage.chain, EvmChain)
        self.chain = stage.chain
        # As nobody has used it.
        self.all = self.chain.rehearsal()
        self.all.__enter__()
        self.trainer = copy(stage)

    def close(self) -> None:
        """Leave the contract to the next one as it was."""
        self.all.__exit__(None, None, None)

    def can_add_class(self, kind: str) -> bool:
        """No call asks a perceptron for another class."""
        return kind != "sparse-perceptron"

    def held(self) -> int:
        """What the contract owns."""
        return self.trainer.held

    def left(self, entries: Sequence[Entry]) -> list[int]:
        """By the original's view."""
        view = "getClaimableAmount(int64[],uint64,uint256,address)"
        keys = [(list(entry.x), entry.label, entry.added, entry.author) for entry in entries]
        return [read(self.chain, self.trainer.address, view, "uint256", *key) for key in keys]

    def valid(self) -> dict[Address, int]:
        """By the original's view."""
        view = "numValidForAddress(address)"
        counts = {p: read(self.chain, self.trainer.address, view, "uint128", p) for p in EVERYBODY}
        return {person: count for person, count in counts.items() if count}

    def pay(self, sender: Address, recipient: Address, amount: int) -> None:
        """Move money between two people, past the contract."""
        if amount > self.chain.balance(sender):
            raise Refused("trainer: insufficient funds")
        self.chain.send(Transaction(sender, recipient, b"", Wei(amount)))

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """The EVM's; a client that has not seen what happens in it comes out of it."""
        before = self.trainer
        with self.chain.rehearsal():
            self.trainer = copy(before)
            self.trainer.__dict__.pop("replica", None)
            try:
                yield
            finally:
                self.trainer = before


@cache
def _deployed(name: ModelName, mechanism: Mechanism, cost_weight: int) -> ChainTrainer:
    chain = EvmChain(BALANCES, Seconds(START))
    contract = deploy(chain, compose(model(name)[0], terms(mechanism, cost_weight)), OWNER).contract
    assert contract is not None
    return ChainTrainer(chain, contract)
