"""What every chain owes its users: transactions that are sent once, calls, logs, and the time.

`decai.chain.evm.EvmChain` runs contracts in this process, `decai.chain.rpc.RpcChain` talks to any node. In
this package every address is in its EIP-55 checksummed form.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

from decai.units import Address, Seconds, Wei

__all__ = ["Chain", "Log", "Mined", "Reader", "Transaction"]


@dataclass(frozen=True, slots=True)
class Transaction:
    """What somebody asks a chain to do.

    Parameters
    ----------
    sender
        Who signs and pays.
    to
        The contract or account, or None to deploy `data`.
    data
        Calldata, or the code that deploys.
    value
        Wei sent along.
    gas
        The limit; None lets the chain estimate it.
    """

    sender: Address
    to: Address | None
    data: bytes
    value: Wei = Wei(0)
    gas: int | None = None


class Log(NamedTuple):
    """One event of a contract."""

    address: Address
    topics: tuple[bytes, ...]
    data: bytes
    block: int
    time: Seconds
    transaction: bytes
    """The hash of its transaction."""
    position: int
    """Its place among the logs of the block."""
    block_hash: bytes = b""
    """The hash of the block; empty on a chain in this process."""

    @property
    def place(self) -> tuple[int, int]:
        """Its block and position: what comes later is greater."""
        return self.block, self.position


@dataclass(frozen=True, slots=True)
class Mined:
    """A transaction that is in a block."""

    transaction: bytes
    """Its hash."""
    block: int
    time: Seconds
    """The time stamp of the block."""
    gas: int
    """What it used."""
    fee: Wei
    """What the sender paid for the gas."""
    contract: Address | None
    """Where the contract is that it deployed, if any."""
    logs: tuple[Log, ...]
    refusal: str | None = None
    """Why it was reverted, in the contract's own words; None if it was not."""


class Reader(Protocol):
    """Whatever a contract can be read through: a chain as it is now, or as it was after a block."""

    @property
    def chain_id(self) -> int:
        """The number of the chain."""
        ...

    def balance(self, address: Address) -> Wei:
        """What an account owns."""
        ...

    def code(self, address: Address) -> bytes:
        """The code at an address; empty if there is no contract."""
        ...

    def call(self, to: Address, data: bytes) -> bytes:
        """What a call returns; raises what `Chain.call` does."""
        ...


@runtime_checkable
class Chain(Protocol):
    """An Ethereum-compatible chain."""

    @property
    def chain_id(self) -> int:
        """The number that signatures are bound to (EIP-155)."""
        ...

    @property
    def accounts(self) -> Sequence[Address]:
        """Who this chain can send transactions for; the first is the default."""
        ...

    @property
    def now(self) -> Seconds:
        """The time that a call sees: of the block being made, where it is known, or of the latest."""
        ...

    @property
    def block(self) -> int:
        """The number of the latest block."""
        ...

    def advance_to(self, now: Seconds) -> None:
        """Let the next blocks have this time stamp, or a later one.

        Raises
        ------
        Refused
            If `now` lies in the past, or this chain's clock is not ours to move.
        """
        ...

    def balance(self, address: Address, *, block: int | None = None) -> Wei:
        """What an account owns now, or owned after a block."""
        ...

    def code(self, address: Address, *, block: int | None = None) -> bytes:
        """The code at an address, now or after a block; empty if there is no contract."""
        ...

    def call(
        self,
        to: Address,
        data: bytes,
        sender: Address | None = None,
        value: Wei = Wei(0),
        *,
        block: int | None = None,
    ) -> bytes:
        """What a call would return now, or would have returned after a block; nothing is changed.

        Raises
        ------
        Refused
            With the contract's own sentence, if it reverts.
        ChainError
            If there is no answer.
        """
        ...

    def send(self, transaction: Transaction) -> Mined:
        """Send a transaction, exactly once, and wait until it is in a block.

        Raises
        ------
        Refused
            With the contract's own sentence, if it is or would be reverted.
        ChainError
            If it could not be sent (then nothing was), or its fate is not known (then it says how to look).
        """
        ...

    def send_many(self, transactions: Sequence[Transaction], times: Sequence[Seconds]) -> list[Mined]:
        """Send transactions in this order, each at its time; a reverted one says so in its `refusal`.

        For chains whose clock is ours to move. `times` has one entry for each transaction and never falls.
        """
        ...

    def logs(self, address: Address, first_block: int, last_block: int | None = None) -> Iterator[Log]:
        """All events of a contract in these blocks (inclusive; None: up to the latest), in order."""
        ...
