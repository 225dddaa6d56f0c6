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
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from decai.chain.local_node.anvil import CHAIN_ID
from decai.chain.local_node.changes import FAILED, UNFIT, Act, Changes, refusal
from decai.chain.local_node.engine import Engine, EngineGoneError, FaultError
from decai.chain.local_node.gate import is_read
from decai.chain.local_node.journal import Clock, Journal
from decai.chain.local_node.origin import genesis_of, name_of
from decai.chain.local_node.replay import brought_back
from decai.errors import ChainError, DecaiError

__all__ = ["Supervisor"]

_STATE_EVERY: Final = 500
"""Entries of the journal after which the state is kept, or more if keeping it takes long."""
_STATE_AT_LAST: Final = 2_000
_READS: Final = 3
_RESTARTS: Final = 3

logger = logging.getLogger("decai.node")


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
        self.name: Final = name_of(folder)
        """Of the chain: what a URL ends in that is for this chain alone."""
        self.stopping = asyncio.Event()
        self._engine: Engine | None = None
        self._changes = Changes(self.journal)
        self._writing = asyncio.Lock()
        """Held while the chain is changed, and while its state is kept."""
        self._unsettled = asyncio.Lock()
        """Held while chain and journal do not say the same: few readers need to wait for it."""
        self._state_after = _STATE_EVERY
        self._begun = 0
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
                with contextlib.suppress(EngineGoneError, FaultError, OSError):
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
                await engine.start(genesis_of(self.folder))
                self._changes.clock = await brought_back(engine, self.journal)
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

    async def _keep_state(self) -> None:
        """Put the state in place of the journal; while anvil makes it, others may read."""
        engine = self._engine
        if engine is None:
            return
        started = time.monotonic()
        state = await engine.dump()
        async with self._unsettled:
            await asyncio.to_thread(self.journal.keep_state, state, self._changes.clock)
        # The longer it takes, the rarer it is; but all that came after has to be done again after a kill.
        self._state_after = min(max(_STATE_EVERY, int(1_000 * (time.monotonic() - started))), _STATE_AT_LAST)

    # Requests

    async def answer(self, request: Any) -> dict[str, Any]:
        """One request of JSON-RPC, and its answer."""
        identity = request.get("id") if isinstance(request, dict) else None
        try:
            if not isinstance(request, dict) or not isinstance(request.get("method"), str):
                raise refusal("this is no JSON-RPC request", -32600)
            params = request.get("params", [])
            if not isinstance(params, list):
                raise refusal("the parameters must be a list", UNFIT)
            result = await self._handle(request["method"], params)
        except Exception as error:
            result = self._fault(error)
        return _told(identity, result)

    async def answer_many(self, requests: Sequence[Any]) -> list[dict[str, Any]]:
        """A batch, each after the one before; reads that follow on each other are one request to anvil."""
        answers: list[dict[str, Any]] = []
        for are_reads, together in groupby(requests, _is_read):
            part = list(together)
            if are_reads and len(part) > 1:
                answers += await self._answer_reads(part)
            else:
                answers += [await self.answer(request) for request in part]
        return answers

    async def _answer_reads(self, requests: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        calls = [(request["method"], request.get("params", [])) for request in requests]
        try:
            results = await self._read(lambda engine: engine.ask_each(calls))
        except Exception as error:
            results = [self._fault(error)] * len(requests)
        return [
            _told(request.get("id"), _without_fork(request["method"], result))
            for request, result in zip(requests, results, strict=True)
        ]

    def _fault(self, error: Exception) -> FaultError:
        """What is answered to a request that failed."""
        if isinstance(error, FaultError):
            return error
        if isinstance(error, DecaiError):
            return refusal(str(error), FAILED)
        if isinstance(error, OSError):
            logger.error("%s", error)
            return refusal(f"{error.filename or self.folder}: {error.strerror or error}", FAILED)
        logger.error("a request has failed", exc_info=error)
        return refusal(f"the node has failed: {type(error).__name__}: {error}", FAILED)

    async def _handle(self, method: str, params: list[Any]) -> Any:
        if method == "decai_status":
            return await self._read(self._status)
        if method == "decai_stop":
            if params != [self.token]:
                raise refusal("only decai stops its node")
            self.stopping.set()
            return True
        if is_read(method):
            return _without_fork(method, await self._read(lambda engine: engine.ask(method, *params)))
        change = self._changes.of(method, params)
        async with self._writing:
            async with self._unsettled:
                self._begun += 1
                result = await self._persist(change)
            if len(self.journal.entries) >= self._state_after:
                try:
                    await self._keep_state()
                except (EngineGoneError, FaultError, OSError):
                    # The journal has all of it; where there is no room now, there is none at once.
                    self._state_after = len(self.journal.entries) + _STATE_EVERY
            return result

    async def _read(self, act: Act) -> Any:
        """An answer that shows nothing which is not on the disk yet."""
        for _ in range(_READS):
            seen, engine = self._begun, self._engine
            if self._unsettled.locked() or engine is None:
                break
            try:
                result = await act(engine)
            except EngineGoneError:
                break
            if seen == self._begun:
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
        return {
            "token": self.token,
            "pid": os.getpid(),
            "anvil_pid": engine.pid,
            "chain_id": CHAIN_ID,
            "block": int(block["number"], 16),
            "time": max(self._changes.now, int(block["timestamp"], 16)),
        }


def _is_read(request: Any) -> bool:
    """Whether a request only asks anvil something."""
    if not isinstance(request, dict) or not isinstance(request.get("params", []), list):
        return False
    method = request.get("method")
    return isinstance(method, str) and is_read(method)


def _told(identity: Any, result: Any) -> dict[str, Any]:
    said = {"error": result.error} if isinstance(result, FaultError) else {"result": result}
    return {"jsonrpc": "2.0", "id": identity, **said}


def _without_fork(method: str, answer: Any) -> Any:
    """What anvil says of itself, but not what its chain began from: that is nobody's to meddle with."""
    if not isinstance(answer, dict):
        return answer
    if method == "anvil_nodeInfo":
        return {**answer, "forkConfig": dict.fromkeys(answer.get("forkConfig", {}))}
    if method.endswith("_metadata"):
        return {key: value for key, value in answer.items() if key != "forkedNetwork"}
    return answer
