"""The process behind the local node: starts anvil, brings back its state, hands requests on, writes down.

Requests that change the chain are made one after the other; each is in the journal, on the disk, before its
answer goes out. If anvil dies it is started again and brought to where it was, while requests wait.
"""

import asyncio
import contextlib
import logging
import os
import secrets
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from decai.chain.local_node.anvil import CHAIN_ID
from decai.chain.local_node.engine import BASE_FEE, Engine, EngineGoneError, FaultError
from decai.chain.local_node.gate import CLOCK, REPLAYED, SENDS, is_read
from decai.chain.local_node.journal import Block, Call, Clock, Entry, Journal
from decai.chain.local_node.replay import brought_back
from decai.dataset.storage import atomic_file
from decai.errors import ChainError, DecaiError, StorageError

__all__ = ["Supervisor"]

_STATE_EVERY: Final = 500
"""Entries of the journal after which the state is kept, or more if keeping it takes long."""
_STATE_AT_LAST: Final = 2_000
_READS: Final = 3
_RESTARTS: Final = 3
_LATEST_TIME: Final = 2**40
"""Beyond it, clocks and calendars give up."""
_REFUSED: Final = -32601
_UNFIT: Final = -32602
_FAILED: Final = -32000

logger = logging.getLogger("decai.node")

Act = Callable[[Engine], Awaitable[Any]]


class Supervisor:
    """The one process that runs a node in a folder.

    Parameters
    ----------
    folder
        Of the node's state; no other process uses it.

    Raises
    ------
    StorageError
        If the folder cannot be written or a file in it cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.token = secrets.token_hex(16)
        self.journal = Journal(folder)
        self.stopping = asyncio.Event()
        self._engine: Engine | None = None
        self._clock = Clock(0)
        self._writing = asyncio.Lock()
        """Held while the chain is changed, and while its state is kept."""
        self._unsettled = asyncio.Lock()
        """Held while chain and journal do not say the same: few readers need to wait for it."""
        self._state_after = _STATE_EVERY
        self._changes = 0
        """How many changes were begun."""

    # Life

    async def open(self) -> None:
        """Start anvil and bring it to where it was.

        Raises
        ------
        DecaiError
            If that fails.
        """
        async with self._unsettled:
            await self._revive(None)

    async def close(self) -> None:
        """Keep the state and end anvil."""
        async with self._writing:
            if any(not isinstance(entry, Clock) for entry in self.journal.entries):
                with contextlib.suppress(EngineGoneError, FaultError, DecaiError):
                    await self._keep_state()
            if self._engine is not None:
                await self._engine.stop()
            self.journal.close()

    async def _revive(self, gone: Engine | None) -> Engine:
        """The anvil that runs, or in place of the one that has gone a new one, brought to where it was.

        Nobody meets it before it is there, and the journal stays as it is meanwhile: `_unsettled` is held.
        """
        if self._engine is not None:
            if self._engine is not gone:
                return self._engine
            self._engine = None
            await gone.stop()
        for attempt in range(1, _RESTARTS + 1):
            engine = Engine()
            try:
                await engine.start(self._genesis())
                self._clock = await brought_back(engine, self.journal)
                self._engine = engine
                return engine
            except (EngineGoneError, ChainError) as error:
                if attempt == _RESTARTS:
                    reason = str(error) or "anvil does not answer"
                    raise ChainError(f"the node could not be brought back: {reason}") from None
            finally:
                if self._engine is not engine:
                    await engine.stop()
        raise AssertionError

    def _genesis(self) -> int:
        """The time of the first block, in seconds; the same at each start."""
        path = self.folder / "genesis"
        try:
            return int(path.read_text())
        except FileNotFoundError:
            now = int(time.time())
            with atomic_file(path) as file:
                file.write(str(now).encode())
            return now
        except (OSError, ValueError):
            raise StorageError(
                f"{path}: is damaged; a copy of it, or removing {self.folder}, helps"
            ) from None

    async def _keep_state(self) -> None:
        """Put the state in place of the journal; while anvil makes it, others may read."""
        engine = self._engine
        if engine is None:
            return
        started = time.monotonic()
        state = await engine.dump()
        async with self._unsettled:
            await asyncio.to_thread(self.journal.keep_state, state, self._clock)
        # The longer it takes, the rarer it is; but all that came after has to be done again after a kill.
        self._state_after = min(max(_STATE_EVERY, int(1_000 * (time.monotonic() - started))), _STATE_AT_LAST)

    # Requests

    async def answer(self, request: Any) -> dict[str, Any]:
        """One request of JSON-RPC, and its answer."""
        identity = request.get("id") if isinstance(request, dict) else None
        try:
            if not isinstance(request, dict) or not isinstance(request.get("method"), str):
                raise _refusal("this is no JSON-RPC request", -32600)
            params = request.get("params", [])
            if not isinstance(params, list):
                raise _refusal("the parameters must be a list", _UNFIT)
            return {"jsonrpc": "2.0", "id": identity, "result": await self._handle(request["method"], params)}
        except FaultError as error:
            return {"jsonrpc": "2.0", "id": identity, "error": error.error}
        except DecaiError as error:
            return {"jsonrpc": "2.0", "id": identity, "error": {"code": _FAILED, "message": str(error)}}

    async def _handle(self, method: str, params: list[Any]) -> Any:
        if method == "decai_status":
            return await self._read(self._status)
        if method == "decai_stop":
            if params != [self.token]:
                raise _refusal("only decai stops its node")
            self.stopping.set()
            return True
        if is_read(method):
            return _without_fork(method, await self._read(lambda engine: engine.ask(method, *params)))
        change = self._change(method, params)
        async with self._writing:
            async with self._unsettled:
                self._changes += 1
                result = await self._persist(change)
            if len(self.journal.entries) >= self._state_after:
                with contextlib.suppress(EngineGoneError, FaultError, StorageError):
                    await self._keep_state()
            return result

    async def _read(self, act: Act) -> Any:
        """An answer that shows nothing which is not on the disk yet."""
        for _ in range(_READS):
            seen, engine = self._changes, self._engine
            if self._unsettled.locked() or engine is None:
                break
            try:
                result = await act(engine)
            except EngineGoneError:
                break
            if seen == self._changes:
                return result
        async with self._unsettled:
            return await self._persist(act)

    async def _persist(self, act: Act) -> Any:
        """Act, and if anvil has gone, bring it back and act again: nothing was acknowledged."""
        for attempt in range(1, _RESTARTS + 1):
            engine = self._engine or await self._revive(None)
            try:
                return await act(engine)
            except EngineGoneError:
                if attempt == _RESTARTS:
                    raise ChainError("the node has died again and again; see its log") from None
                logger.warning("anvil has gone; starting it again")
                await self._revive(engine)
        raise AssertionError

    async def _status(self, engine: Engine) -> dict[str, Any]:
        block = await engine.block()
        now = max(int(time.time()) + self._clock.ahead, int(block["timestamp"], 16))
        return {
            "token": self.token,
            "pid": os.getpid(),
            "anvil_pid": engine.pid,
            "chain_id": CHAIN_ID,
            "block": int(block["number"], 16),
            "time": now if self._clock.next is None else self._clock.next,
        }

    # Changes

    def _change(self, method: str, params: list[Any]) -> Act:
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
                raise _refusal("the local node mines one block at a time")
            return self._mine
        raise _refusal(f"{method} is not served: what it does could not be kept")

    async def _send(self, engine: Engine, method: str, params: list[Any]) -> Any:
        await engine.ask("anvil_setNextBlockBaseFeePerGas", hex(BASE_FEE))
        before = int(await engine.ask("eth_blockNumber"), 16)
        sent = await engine.ask(method, *params)
        try:
            receipt = await engine.receipt(sent)
        except TimeoutError:
            # Transactions go in one at a time, so it is the only one that waits.
            await engine.ask("anvil_dropAllTransactions")
            raise _refusal("the transaction cannot be mined now: its nonce leaves a gap", _FAILED) from None
        if int(receipt["blockNumber"], 16) > before:
            raw = await engine.ask("debug_getRawTransaction", sent)
            await self._keep_block(engine, await engine.block(receipt["blockNumber"]), raw, receipt)
        return sent

    async def _mine(self, engine: Engine, *stamp: int) -> Any:
        await engine.ask("anvil_setNextBlockBaseFeePerGas", hex(BASE_FEE))
        result = await engine.ask("evm_mine", *stamp)
        await self._keep_block(engine, await engine.block())
        return result

    async def _call(self, engine: Engine, method: str, params: list[Any]) -> Any:
        result = await engine.ask(method, *params)
        await self._keep(engine, Call(method, params))
        return result

    async def _move_clock(self, engine: Engine, method: str, number: int) -> Any:
        how, clock, now = CLOCK[method], self._clock, int(time.time())
        if how == "by":
            clock = Clock(clock.ahead + number, clock.next)
        elif how == "next":
            clock = Clock(clock.ahead, number)
        else:
            clock = Clock(number - now)
        latest = int((await engine.block())["timestamp"], 16)
        if how == "to" and number < latest:
            raise _refusal(f"time goes forward: the latest block is of {latest}", _UNFIT)
        if now + clock.ahead > _LATEST_TIME:
            raise _refusal(f"no time is after {_LATEST_TIME}", _UNFIT)
        result = await engine.ask(method, number)
        await self._keep(engine, clock)
        self._clock = clock
        return result

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
        await self._keep(engine, entry)
        self._clock = clock

    async def _keep(self, engine: Engine, entry: Entry) -> None:
        try:
            await asyncio.to_thread(self.journal.append, entry)
        except StorageError:
            # What cannot be kept must not be seen either: back to what can.
            await engine.stop()
            raise


def _refusal(message: str, code: int = _REFUSED) -> FaultError:
    return FaultError({"code": code, "message": message})


def _time(params: list[Any]) -> int:
    """The one parameter of a request that is about time, in seconds."""
    number = params[0] if len(params) == 1 else None
    if isinstance(number, str):
        with contextlib.suppress(ValueError):
            number = int(number, 0)
    if not isinstance(number, int) or not 0 <= number <= _LATEST_TIME:
        raise _refusal(f"one whole number of seconds is needed, at most {_LATEST_TIME}", _UNFIT)
    return number


def _without_fork(method: str, answer: Any) -> Any:
    """What anvil says of itself, but not what its chain began from: that is nobody's to meddle with."""
    if method == "anvil_nodeInfo":
        return {**answer, "forkConfig": dict.fromkeys(answer.get("forkConfig", {}))}
    if method.endswith("_metadata"):
        return {key: value for key, value in answer.items() if key != "forkedNetwork"}
    return answer
