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

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from decai.chain.local_node.anvil import CHAIN_ID, MNEMONIC, Anvil, hidden_host
from decai.chain.local_node.gate import REPLAYED, SENDS, is_read
from decai.chain.local_node.journal import Block, Call, Entry, Journal
from decai.dataset.storage import atomic_file
from decai.errors import ChainError, DecaiError, StorageError

__all__ = ["Supervisor"]

_BASE_FEE: Final = 10**9
_STATE_EVERY: Final = 500
"""Entries of the journal after which the state is kept, or more if keeping it takes long."""
_READS: Final = 3
_MINED_SECONDS: Final = 10.0
_RESTARTS: Final = 3
_REFUSED: Final = -32601
_FAILED: Final = -32000

logger = logging.getLogger("decai.node")


class _RpcError(Exception):
    """An answer that is an error, to be handed on as it is."""

    def __init__(self, error: Any) -> None:
        super().__init__(str(error))
        self.error = error


class _AnvilGoneError(Exception):
    """Anvil did not answer."""


class Supervisor:
    """The one process that runs a node in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.token = secrets.token_hex(16)
        self.journal = Journal(folder)
        self.stopping = asyncio.Event()
        self._anvil: Anvil | None = None
        self._session: ClientSession | None = None
        self._writing = asyncio.Lock()
        self._reviving = asyncio.Lock()
        self._clock = 0
        """How far the chain's clock is ahead of this machine's."""
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
        connector = TCPConnector(limit=64, force_close=False)
        self._session = ClientSession(connector=connector, timeout=ClientTimeout(total=300), trust_env=False)
        await self._revive()

    async def close(self) -> None:
        """Keep the state and end anvil."""
        async with self._writing:
            if self._anvil is not None and self._anvil.alive and self.journal.entries:
                with contextlib.suppress(_AnvilGoneError, _RpcError, DecaiError):
                    await self._keep_state()
            if self._session is not None:
                await self._session.close()
            if self._anvil is not None:
                self._anvil.stop()
            self.journal.close()

    async def _revive(self) -> None:
        """Start anvil, unless it runs, from the last state, and replay the journal at its own times."""
        async with self._reviving:
            if self._anvil is not None:
                if self._anvil.alive:
                    with contextlib.suppress(_AnvilGoneError, _RpcError):
                        await self._ask("eth_chainId")
                        return
                self._anvil.stop()
            for attempt in range(1, _RESTARTS + 1):
                try:
                    await self._start()
                    return
                except (_AnvilGoneError, ChainError) as error:
                    if attempt == _RESTARTS:
                        raise ChainError(f"the node could not be brought back: {error}") from None

    async def _start(self) -> None:
        flags = ["--silent", "--hardfork", "osaka", "--chain-id", str(CHAIN_ID), "--mnemonic", MNEMONIC]
        flags += ["--block-base-fee-per-gas", str(_BASE_FEE), "--timestamp", str(self._genesis())]
        flags += ["--max-persisted-states", "0"]
        # Whoever knows where anvil is could go around the gate and the journal.
        self._anvil = await asyncio.to_thread(Anvil, *flags, host=hidden_host())
        try:
            state = self.journal.state
            if state is not None:
                await self._ask("anvil_loadState", "0x" + state.hex())
            for entry in self.journal.entries:
                await self._replay(entry)
        except _RpcError as error:
            raise StorageError(f"{self.folder}: the state cannot be brought back ({error})") from None
        await self._set_clock()

    def _genesis(self) -> int:
        """The time of the first block, in seconds; the same at each start."""
        path = self.folder / "genesis"
        if not path.exists():
            self._put(path, int(time.time()))
        return int(path.read_text())

    @staticmethod
    def _put(path: Path, number: int) -> None:
        with atomic_file(path) as file:
            file.write(str(number).encode())
            file.flush()
            os.fsync(file.fileno())

    async def _replay(self, entry: Entry) -> None:
        if isinstance(entry, Call):
            await self._ask(entry.method, *entry.params)
            return
        await self._ask("evm_setNextBlockTimestamp", entry.time)
        await self._ask("anvil_setNextBlockBaseFeePerGas", hex(entry.base_fee))
        if entry.transaction is None:
            await self._ask("evm_mine")
        else:
            sent = await self._ask("eth_sendRawTransaction", entry.transaction)
            receipt = await self._receipt(sent)
            found = (sent, int(receipt["gasUsed"], 16), int(receipt["status"], 16))
            if found != (entry.hash, entry.gas, entry.status):
                raise StorageError(f"{self.folder}: block {entry.number} did not come out as it was")
        self._clock = entry.clock

    async def _set_clock(self) -> None:
        """Let the chain's clock go on as if it had never stood still."""
        entries = [entry for entry in self.journal.entries if isinstance(entry, Block)]
        clock = self.folder / "clock"
        if entries:
            self._clock = entries[-1].clock
        elif clock.exists():
            with contextlib.suppress(ValueError):
                self._clock = int(clock.read_text())
        latest = await self._ask("eth_getBlockByNumber", "latest", False)
        await self._ask("evm_setTime", max(int(time.time()) + self._clock, int(latest["timestamp"], 16)))

    async def _keep_state(self) -> None:
        started = time.monotonic()
        answer = await self._ask("anvil_dumpState")
        self._put(self.folder / "clock", self._clock)
        await asyncio.to_thread(self.journal.keep_state, bytes.fromhex(answer[2:]))
        # The longer it takes, the rarer it is.
        self._state_after = max(_STATE_EVERY, int(2_000 * (time.monotonic() - started)))

    # Requests

    async def answer(self, request: Any) -> dict[str, Any]:
        """One request of JSON-RPC, and its answer."""
        identity = request.get("id") if isinstance(request, dict) else None
        try:
            if not isinstance(request, dict) or not isinstance(request.get("method"), str):
                raise _RpcError({"code": -32600, "message": "this is no JSON-RPC request"})
            params = request.get("params", [])
            if not isinstance(params, list):
                raise _RpcError({"code": -32602, "message": "the parameters must be a list"})
            return {"jsonrpc": "2.0", "id": identity, "result": await self._handle(request["method"], params)}
        except _RpcError as error:
            return {"jsonrpc": "2.0", "id": identity, "error": error.error}
        except DecaiError as error:
            return {"jsonrpc": "2.0", "id": identity, "error": {"code": _FAILED, "message": str(error)}}

    async def _handle(self, method: str, params: list[Any]) -> Any:
        if method == "decai_status":
            return await self._status()
        if method == "decai_stop":
            if params != [self.token]:
                raise _RpcError({"code": _REFUSED, "message": "only decai stops its node"})
            self.stopping.set()
            return True
        if is_read(method):
            return await self._read(method, params)
        change = self._change(method, params)
        async with self._writing:
            self._changes += 1
            result = await self._persist(change)
            if len(self.journal.entries) >= self._state_after:
                with contextlib.suppress(_AnvilGoneError, StorageError):
                    await self._keep_state()
            return result

    async def _read(self, method: str, params: list[Any]) -> Any:
        """An answer that shows nothing which is not on the disk yet."""
        for _ in range(_READS):
            seen = self._changes
            if self._writing.locked():
                break
            result = await self._persist(lambda: self._ask(method, *params))
            if seen == self._changes:
                return result
        async with self._writing:
            return await self._persist(lambda: self._ask(method, *params))

    def _change(self, method: str, params: list[Any]) -> Callable[[], Awaitable[Any]]:
        if method in SENDS:
            return lambda: self._send(method, params)
        if method in REPLAYED:
            return lambda: self._call(method, params)
        if method in ("evm_mine", "anvil_mine") and len(params) <= 1:
            return lambda: self._mine(method, params)
        if method in ("evm_setNextBlockTimestamp", "evm_increaseTime"):
            return lambda: self._ask(method, *params)
        raise _RpcError(
            {
                "code": _REFUSED,
                "message": f"{method} is not served: what it does could not be kept",
            }
        )

    async def _persist(self, act: Callable[[], Awaitable[Any]]) -> Any:
        """Act, and if anvil has gone, bring it back and act again: nothing was acknowledged."""
        for attempt in range(1, _RESTARTS + 1):
            try:
                return await act()
            except _AnvilGoneError:
                if attempt == _RESTARTS:
                    raise ChainError("the node has died again and again; see its log") from None
                logger.warning("anvil has gone; starting it again")
                await self._revive()
        raise AssertionError

    async def _send(self, method: str, params: list[Any]) -> Any:
        await self._ask("anvil_setNextBlockBaseFeePerGas", hex(_BASE_FEE))
        before = int(await self._ask("eth_blockNumber"), 16)
        sent = await self._ask(method, *params)
        try:
            receipt = await self._receipt(sent)
        except TimeoutError:
            # Transactions go in one at a time, so it is the only one that waits.
            await self._ask("anvil_dropAllTransactions")
            raise _RpcError(
                {"code": _FAILED, "message": "the transaction cannot be mined now: its nonce leaves a gap"}
            ) from None
        if int(receipt["blockNumber"], 16) <= before:
            return sent
        raw = await self._ask("debug_getRawTransaction", sent)
        await self._write(
            await self._block(receipt["blockNumber"]),
            transaction=raw,
            hash=sent,
            gas=int(receipt["gasUsed"], 16),
            status=int(receipt["status"], 16),
        )
        return sent

    async def _mine(self, method: str, params: list[Any]) -> Any:
        if method == "anvil_mine" and params not in ([], ["0x1"], [1]):
            raise _RpcError({"code": _REFUSED, "message": "the local node mines one block at a time"})
        await self._ask("anvil_setNextBlockBaseFeePerGas", hex(_BASE_FEE))
        result = await self._ask("evm_mine", *(params if method == "evm_mine" else []))
        await self._write(await self._block("latest"))
        return result

    async def _call(self, method: str, params: list[Any]) -> Any:
        result = await self._ask(method, *params)
        await asyncio.to_thread(self.journal.append, Call(method, params))
        return result

    async def _block(self, number: str) -> dict[str, Any]:
        block: dict[str, Any] = await self._ask("eth_getBlockByNumber", number, False)
        return block

    async def _write(
        self,
        block: dict[str, Any],
        transaction: str | None = None,
        hash: str | None = None,
        gas: int = 0,
        status: int = 1,
    ) -> None:
        stamp = int(block["timestamp"], 16)
        self._clock = stamp - int(time.time())
        entry = Block(
            number=int(block["number"], 16),
            time=stamp,
            base_fee=int(block["baseFeePerGas"], 16),
            transaction=transaction,
            hash=hash,
            gas=gas,
            status=status,
            clock=self._clock,
        )
        try:
            await asyncio.to_thread(self.journal.append, entry)
        except StorageError:
            # What cannot be kept must not be seen either: back to what can.
            if self._anvil is not None:
                self._anvil.stop()
            raise

    async def _status(self) -> dict[str, Any]:
        block = await self._persist(lambda: self._ask("eth_getBlockByNumber", "latest", False))
        return {
            "token": self.token,
            "pid": os.getpid(),
            "anvil_pid": self._anvil.pid if self._anvil else 0,
            "chain_id": CHAIN_ID,
            "block": int(block["number"], 16),
            "time": max(int(time.time()) + self._clock, int(block["timestamp"], 16)),
        }

    # Anvil

    async def _receipt(self, sent: str) -> dict[str, Any]:
        deadline = time.monotonic() + _MINED_SECONDS
        pause = 0.0
        while True:
            receipt: dict[str, Any] | None = await self._ask("eth_getTransactionReceipt", sent)
            if receipt is not None:
                return receipt
            if time.monotonic() > deadline or (pause > 0.05 and await self._is_queued(sent)):
                raise TimeoutError
            await asyncio.sleep(pause)
            pause = min(0.1, pause + 0.005)

    async def _is_queued(self, sent: str) -> bool:
        """Whether it waits for others of its sender."""
        pool = await self._ask("txpool_content")
        return any(t["hash"] == sent for lot in pool["queued"].values() for t in lot.values())

    async def _ask(self, method: str, *params: Any) -> Any:
        if self._anvil is None or self._session is None:
            raise _AnvilGoneError
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            async with self._session.post(self._anvil.url, json=body) as response:
                answer = await response.json(content_type=None)
        except (TimeoutError, ClientError, OSError, ValueError):
            raise _AnvilGoneError from None
        if "error" in answer:
            raise _RpcError(answer["error"])
        return answer.get("result")
