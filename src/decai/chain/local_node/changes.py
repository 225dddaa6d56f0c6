"""What changes the chain: each is made and written down, or undone.

One at a time, on an anvil that holds what the journal tells.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from decai.chain.local_node.engine import BASE_FEE, Engine, FaultError
from decai.chain.local_node.gate import CLOCK, REPLAYED, SENDS
from decai.chain.local_node.journal import Block, Call, Clock, Entry, Journal

__all__ = ["FAILED", "UNFIT", "Act", "Changes", "refusal"]

Act = Callable[[Engine], Awaitable[Any]]

UNFIT: Final = -32602
FAILED: Final = -32000
_REFUSED: Final = -32601
_END_OF_TIME: Final = 2**40
"""No block may have this time or a later one: contracts keep times in 40 bits."""


class Changes:
    """The requests that change a chain.

    Parameters
    ----------
    journal
        Where they are written down.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.clock = Clock(0)
        """How the chain's clock goes."""

    @property
    def now(self) -> int:
        """The time that the next block would have now, in seconds."""
        return int(time.time()) + self.clock.ahead if self.clock.next is None else self.clock.next

    def of(self, method: str, params: list[Any]) -> Act:
        """What a request does to an anvil, and to the journal.

        Raises
        ------
        FaultError
            If it cannot be served.
        """
        if method in SENDS:
            return lambda engine: self._send(engine, method, params)
        if method in REPLAYED:
            return lambda engine: self._call(engine, method, params)
        if method in CLOCK:
            number = _time(params)
            return lambda engine: self._move_clock(engine, method, number)
        if method == "evm_mine" and len(params) <= 1:
            stamp = [_time(params)] if params else []
            return lambda engine: self._mine(engine, *stamp)
        if method == "anvil_mine" and len(params) <= 1:
            if params not in ([], ["0x1"], [1]):
                raise refusal("the local node mines one block at a time")
            return self._mine
        if method == "decai_advance":
            seconds = _time(params)
            return lambda engine: self._advance(engine, seconds)
        if method == "decai_give":
            return lambda engine: self._give(engine, *_gift(params))
        raise refusal(f"{method} is not served: what it does could not be kept")

    @asynccontextmanager
    async def _kept_or_undone(self, engine: Engine) -> AsyncIterator[None]:
        """What changes the chain and writes it down: what cannot be kept must not be seen either."""
        try:
            yield
        except BaseException:
            await engine.stop()
            raise

    async def _send(self, engine: Engine, method: str, params: list[Any]) -> Any:
        self._check_time()
        await engine.ask("anvil_setNextBlockBaseFeePerGas", hex(BASE_FEE))
        before = int(await engine.ask("eth_blockNumber"), 16)
        sent = await engine.ask(method, *params)
        async with self._kept_or_undone(engine):
            try:
                receipt = await engine.receipt(sent)
            except TimeoutError:
                # Transactions go in one at a time, so it is the only one that waits.
                await engine.ask("anvil_dropAllTransactions")
                receipt = None
            if receipt is not None and int(receipt["blockNumber"], 16) > before:
                raw = await engine.ask("debug_getRawTransaction", sent)
                await self._keep_block(engine, await engine.block(receipt["blockNumber"]), raw, receipt)
        if receipt is None:
            raise refusal("the transaction cannot be mined now: its nonce leaves a gap", FAILED)
        return sent

    async def _mine(self, engine: Engine, *stamp: int) -> Any:
        self._check_time()
        await engine.ask("anvil_setNextBlockBaseFeePerGas", hex(BASE_FEE))
        result = await engine.ask("evm_mine", *stamp)
        async with self._kept_or_undone(engine):
            await self._keep_block(engine, await engine.block())
        return result

    async def _advance(self, engine: Engine, seconds: int) -> int:
        """Let time pass and make a block, or do neither; its time."""
        self._check_time(seconds)
        stamp = max(self.now, int((await engine.block())["timestamp"], 16)) + seconds
        await self._mine(engine, stamp)
        return stamp

    async def _give(self, engine: Engine, account: str, wei: int) -> str:
        """Add to what an account owns; what it owns then."""
        owned = hex(int(await engine.ask("eth_getBalance", account, "latest"), 16) + wei)
        await self._call(engine, "anvil_setBalance", [account, owned])
        return owned

    async def _call(self, engine: Engine, method: str, params: list[Any]) -> Any:
        result = await engine.ask(method, *params)
        async with self._kept_or_undone(engine):
            await self._keep(Call(method, params))
        return result

    async def _move_clock(self, engine: Engine, method: str, number: int) -> Any:
        how, clock, now = CLOCK[method], self.clock, int(time.time())
        if how == "by":
            clock = Clock(clock.ahead + number, clock.next)
        elif how == "next":
            clock = Clock(clock.ahead, number)
        else:
            clock = Clock(number - now)
        latest = int((await engine.block())["timestamp"], 16)
        if how == "to" and number < latest:
            raise refusal(f"time goes forward: the latest block is of {latest}", UNFIT)
        if now + clock.ahead >= _END_OF_TIME:
            raise _too_late()
        result = await engine.ask(method, number)
        async with self._kept_or_undone(engine):
            await self._keep(clock)
        self.clock = clock
        return result

    def _check_time(self, later: int = 0) -> None:
        if self.now + later >= _END_OF_TIME:
            raise _too_late()

    async def _keep_block(
        self,
        engine: Engine,
        block: dict[str, Any],
        transaction: str | None = None,
        receipt: dict[str, Any] | None = None,
    ) -> None:
        stamp = int(block["timestamp"], 16)
        clock = Clock(stamp - int(time.time()))
        entry = Block(
            number=int(block["number"], 16),
            time=stamp,
            base_fee=int(block["baseFeePerGas"], 16),
            transaction=transaction,
            hash=receipt["transactionHash"] if receipt else None,
            gas=int(receipt["gasUsed"], 16) if receipt else 0,
            status=int(receipt["status"], 16) if receipt else 1,
            clock=clock.ahead,
            block_hash=block["hash"],
        )
        await self._keep(entry)
        self.clock = clock

    async def _keep(self, entry: Entry) -> None:
        await asyncio.to_thread(self._journal.append, entry)


def refusal(message: str, code: int = _REFUSED) -> FaultError:
    """An answer of the node's own that says no; the chain is as it was."""
    return FaultError({"code": code, "message": message})


def _too_late() -> FaultError:
    return refusal(
        "no block can be of 2^40 seconds after 1970 or later: contracts keep times in 40 bits", UNFIT
    )


def _time(params: list[Any]) -> int:
    """The one parameter of a request that is about time, in seconds."""
    number = _integer(params[0]) if len(params) == 1 else None
    if number is None or number < 0:
        raise refusal("one whole number of seconds is needed, 0 or more", UNFIT)
    if number >= _END_OF_TIME:
        raise _too_late()
    return number


def _gift(params: list[Any]) -> tuple[str, int]:
    """Who is to get how many wei."""
    account, wei = params if len(params) == 2 else (None, None)
    number = _integer(wei)
    if not isinstance(account, str) or number is None or number < 0:
        raise refusal("an account and a number of wei are needed", UNFIT)
    return account, number


def _integer(given: Any) -> int | None:
    """A number, as such or as text in whatever base; None if it is none."""
    if isinstance(given, str):
        with contextlib.suppress(ValueError):
            return int(given, 0)
    return given if isinstance(given, int) and not isinstance(given, bool) else None
