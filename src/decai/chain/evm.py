"""A chain in this process: real contracts on revm, as fast as a simulation needs.

Time is what the caller says. There are no fees, and no limits of block or transaction, so the gas that it
reports is not what a transaction costs (`decai gas` measures that on a node).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from decai.chain.address import checksummed
from decai.chain.base import Log, Mined, Transaction
from decai.chain.revert import reason
from decai.errors import ChainError, MissingError, Refused
from decai.units import Address, Seconds, Wei

if TYPE_CHECKING:
    from pyrevm import EVM

__all__ = ["EvmChain"]

_RULES: Final = "PRAGUE"
_OUTPUT: Final = re.compile(r"Revert \{.*output: 0x([0-9a-fA-F]*)")
_NOBODY: Final = Address("0x0000000000000000000000000000000000000000")


class EvmChain:
    """An EVM of one's own.

    Parameters
    ----------
    balances
        What each account owns at the start, in wei; the first one is the default sender.
    now
        The time of the first block, in seconds.

    Raises
    ------
    MissingError
        If there is no in-process EVM for this Python.
    """

    def __init__(self, balances: Mapping[Address, Wei] | None = None, now: Seconds = Seconds(1)) -> None:
        evm = _load()
        self._evm: EVM = evm.EVM(spec_id=_RULES)
        # Without a checkpoint below it, each call would be written through to the database at once.
        self._evm.snapshot()
        self._block_env = evm.BlockEnv
        self._accounts: list[Address] = []
        self._logs: list[Log] = []
        self._sent = 0
        self._now = now
        self._block = 1
        self._rehearsals = 0
        self._enter_block()
        for account, amount in (balances or {}).items():
            self.set_balance(account, amount)

    @property
    def chain_id(self) -> int:
        """The number of a chain for tests."""
        return 31337

    @property
    def accounts(self) -> Sequence[Address]:
        """Whoever was given a balance; everybody else may send too."""
        return tuple(self._accounts)

    @property
    def now(self) -> Seconds:
        """The time of the block being made."""
        return self._now

    @property
    def block(self) -> int:
        """The number of the block being made: one for each transaction."""
        return self._block

    def advance_to(self, now: Seconds) -> None:
        """Let the next transactions have this time stamp.

        Raises
        ------
        Refused
            If it lies in the past.
        """
        if now < self._now:
            raise Refused("chain: time never goes back")
        if now != self._now:
            self._now = now
            self._enter_block()

    def _enter_block(self) -> None:
        self._evm.set_block_env(self._block_env(number=self._block, timestamp=self._now))

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Whatever is sent meanwhile is undone at the end: state, events, balances and time.

        Examples
        --------
        >>> ada, bo = (Address("0x00000000000000000000000000000000000000" + end) for end in ("AD", "B0"))
        >>> chain = EvmChain({ada: Wei(5)})
        >>> with chain.rehearsal():
        ...     _ = chain.send(Transaction(ada, bo, b"", Wei(2)))
        ...     chain.balance(ada)
        3
        >>> chain.balance(ada)
        5
        """
        logs, sent, now, block = len(self._logs), self._sent, self._now, self._block
        checkpoint = self._evm.snapshot()
        self._rehearsals += 1
        try:
            yield
        finally:
            self._evm.revert(checkpoint)
            self._rehearsals -= 1
            del self._logs[logs:]
            self._sent, self._now, self._block = sent, now, block
            self._enter_block()

    def set_balance(self, account: Address, amount: Wei) -> None:
        """Give an account so much; for the start of a simulation or test.

        Raises
        ------
        ChainError
            During a rehearsal: no transaction gives it, so that nothing would take it back.
        """
        if self._rehearsals:
            raise ChainError("balances are set before a rehearsal, or after it")
        if account not in self._accounts:
            self._accounts.append(account)
        self._evm.set_balance(account, amount)

    def balance(self, address: Address, *, block: int | None = None) -> Wei:
        """What an account owns."""
        self._check_block(block)
        return Wei(self._evm.get_balance(address))

    def code(self, address: Address, *, block: int | None = None) -> bytes:
        """The code at an address."""
        self._check_block(block)
        return bytes(self._evm.get_code(address) or b"").rstrip(b"\x00")

    def call(
        self,
        to: Address,
        data: bytes,
        sender: Address | None = None,
        value: Wei = Wei(0),
        *,
        block: int | None = None,
    ) -> bytes:
        """What a call would return now; nothing is changed.

        Raises
        ------
        Refused
            With the contract's own sentence, if it reverts.
        ChainError
            If it is asked about another block than the one being made: no other state is kept.
        """
        self._check_block(block)
        checkpoint = self._evm.snapshot()
        try:
            return self._execute(sender or _NOBODY, to, data, value)
        finally:
            self._evm.revert(checkpoint)

    def _check_block(self, block: int | None) -> None:
        if block not in (None, self._block):
            raise ChainError(f"the state after block {block} is not kept; the EVM is at block {self._block}")

    def send(self, transaction: Transaction) -> Mined:
        """Execute a transaction in a block of its own.

        Raises
        ------
        Refused
            With the contract's own sentence, if it reverts; nothing has changed then.
        ChainError
            If the sender has too little.
        """
        if self._evm.get_balance(transaction.sender) < transaction.value:
            raise ChainError(f"{transaction.sender} has too little ether")
        self._sent += 1
        contract = None
        if transaction.to is None:
            contract = self._deploy(transaction)
        else:
            self._execute(transaction.sender, transaction.to, transaction.data, transaction.value)
        mined = self._mined(contract)
        self._logs += mined.logs
        self._block += 1
        self._enter_block()
        return mined

    def send_many(self, transactions: Sequence[Transaction], times: Sequence[Seconds]) -> list[Mined]:
        """Execute transactions in this order, each at its time; a reverted one says so in its `refusal`."""
        mined = []
        for transaction, time in zip(transactions, times, strict=True):
            self.advance_to(time)
            try:
                mined.append(self.send(transaction))
            except (Refused, ChainError) as refusal:
                mined.append(
                    Mined(self._hash(), self._block, self._now, 0, Wei(0), None, (), refusal=str(refusal))
                )
        return mined

    def logs(self, address: Address, first_block: int, last_block: int | None = None) -> Iterator[Log]:
        """All events of a contract in these blocks."""
        last = self._block if last_block is None else last_block
        for log in self._logs:
            if log.address == address and first_block <= log.block <= last:
                yield log

    def _execute(self, sender: Address, to: Address, data: bytes, value: Wei) -> bytes:
        self._evm.reset_transient_storage()
        try:
            return bytes(self._evm.message_call(sender, to, calldata=data, value=value))
        except RuntimeError as error:
            raise _refusal(error) from None

    def _deploy(self, transaction: Transaction) -> Address:
        self._evm.reset_transient_storage()
        try:
            address = self._evm.deploy(transaction.sender, transaction.data, value=transaction.value)
        except RuntimeError as error:
            raise _refusal(error) from None
        return checksummed(address)

    def _hash(self) -> bytes:
        return self._sent.to_bytes(32, "big")

    def _mined(self, contract: Address | None) -> Mined:
        result = self._evm.result
        transaction = self._hash()
        logs: list[Log] = []
        for log in result.logs if result is not None else ():
            topics, data = log.data
            place = len(logs)
            logs.append(
                Log(
                    checksummed(log.address),
                    tuple(bytes(topic) for topic in topics),
                    bytes(data),
                    self._block,
                    self._now,
                    transaction,
                    place,
                )
            )
        gas = 0 if result is None else int(result.gas_used)
        return Mined(transaction, self._block, self._now, gas, Wei(0), contract, tuple(logs))


def _load() -> Any:
    try:
        import pyrevm
    except ModuleNotFoundError:
        raise MissingError(
            "the in-process EVM is missing; on Python 3.11 and 3.12 get it with: pip install 'decai[evm]'; "
            "others use a node"
        ) from None
    return pyrevm


def _refusal(error: RuntimeError) -> Refused | ChainError:
    """pyrevm tells what happened in the text of its error alone."""
    found = _OUTPUT.search(str(error))
    if found is not None:
        return Refused(reason(bytes.fromhex(found[1])))
    return ChainError(f"the EVM stopped: {' '.join(str(error).split())[:200]}")
