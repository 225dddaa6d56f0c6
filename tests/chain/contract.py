"""A shared model on an EVM in this process, for tests of the contract itself."""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest

from decai.chain.abi import Event, call_data, decode_event, key_of
from decai.chain.base import Mined, Transaction
from decai.chain.compose import Composition, Texts, compose
from decai.chain.deploy import deploy
from decai.chain.evm import EvmChain
from decai.chain.model import read
from decai.classifier import SparsePerceptron
from decai.errors import Refused
from decai.incentive import Stakeable
from decai.protocols import IncentiveMechanism
from decai.units import Address, Seconds, Wei

__all__ = [
    "ADA",
    "BO",
    "EVE",
    "IS_CLONE",
    "OWNER",
    "PEOPLE",
    "RICH",
    "START",
    "WAITS",
    "Contract",
    "composition",
    "events",
    "packed_words",
]

ADA, BO, EVE, OWNER = PEOPLE = tuple(Address("0x" + digit * 40) for digit in "1234")
RICH = 10**24
START = 1_700_000_000
WAITS = (Seconds(20), Seconds(60), Seconds(100))
"""For refunds, the owner, anybody."""
CONTRIBUTE = "addDataPacked(uint256[],uint64)"
IS_CLONE: ContextVar[bool] = ContextVar("is_clone", default=False)
"""Whether compositions share their code; the fixture ``either_code`` has a test run both ways."""


def composition(
    weights: Sequence[int] | Mapping[int, int] = (1_000, -1_000, 2, -2),
    incentive: IncentiveMechanism | None = None,
    texts: Texts | None = None,
    *,
    intercept: int = 0,
    max_features: int = 64,
    index_bits: int = 16,
    own_parts: Mapping[str, str | Path] | None = None,
) -> Composition:
    """A sparse perceptron with the classes no and yes and steps of 1; deposits of 36,000 wei // isqrt(s)."""
    return compose(
        SparsePerceptron(("no", "yes"), weights, intercept, learning_rate=1),
        incentive or Stakeable(Wei(10), *WAITS),
        texts,
        max_features=max_features,
        index_bits=index_bits,
        own_parts=own_parts,
        clone=IS_CLONE.get() and not own_parts,
    )


class Contract:
    """A contract, owned by `OWNER`, and its chain, on which `PEOPLE` are rich."""

    def __init__(self, what: Composition | None = None) -> None:
        self.chain = EvmChain({person: Wei(RICH) for person in PEOPLE}, Seconds(START))
        contract = deploy(self.chain, what or composition(), OWNER).contract
        assert contract is not None
        self.address = contract

    def ask(self, signature: str, kinds: str, *arguments: Any) -> Any:
        """One view."""
        return read(self.chain, self.address, signature, kinds, *arguments)

    def tell(self, sender: Address, signature: str, *arguments: Any, value: int = 0) -> Mined:
        """Send a transaction."""
        data = call_data(signature, *arguments)
        return self.chain.send(Transaction(sender, self.address, data, Wei(value)))

    def refuses(
        self, sender: Address, sentence: str, signature: str, *arguments: Any, value: int = 0
    ) -> None:
        """It is refused with this sentence, and changes nothing."""
        before = self.state()
        with pytest.raises(Refused) as refusal:
            self.tell(sender, signature, *arguments, value=value)
        assert str(refusal.value) == sentence
        assert self.state() == before

    def later(self, seconds: int) -> "Contract":
        """Let time pass."""
        self.chain.advance_to(Seconds(self.chain.now + seconds))
        return self

    def add(self, sender: Address, *features: int, label: int = 1, value: int = 10**6) -> int:
        """Contribute an hour later, which costs 600 wei; returns the time."""
        self.later(3_600).tell(sender, CONTRIBUTE, packed_words(features), label, value=value)
        return self.chain.now

    def state(self) -> tuple[Any, ...]:
        """What a refused call must not change, as far as one contract can be looked through."""
        return (
            [self.chain.balance(address) for address in (*PEOPLE, self.address)],
            self.ask("owner()", "address"),
            self.ask("totals()", "uint256"),
            self.ask("accountWords(address[])", "uint256[]", PEOPLE),
            self.ask("counterWords(uint256,uint256)", "uint256[]", 0, 64),
            [self.ask("credits(address)", "uint256", person) for person in PEOPLE],
            self.ask("getNumFeatureIndices()", "uint256"),
            [log.data for log in self.chain.logs(self.address, 0)],
        )

    def word(self, features: Sequence[int], label: int, added: int, author: Address) -> int:
        """A word of the ledger."""
        key = key_of(packed_words(features), label, Seconds(added), author)
        return int(self.ask("contributions(bytes32)", "uint256", key))


def packed_words(features: Sequence[int], bits: int = 16) -> list[int]:
    """A sample in its packed form, by shifts."""
    lanes = 256 // bits
    numbers = [len(features), *features] + [0] * (-(len(features) + 1) % lanes)
    return [
        sum(number << bits * (lanes - 1 - lane) for lane, number in enumerate(numbers[at : at + lanes]))
        for at in range(0, len(numbers), lanes)
    ]


def events(mined: Mined) -> list[Event | None]:
    """What a transaction tells."""
    return [decode_event(log.topics, log.data) for log in mined.logs]
