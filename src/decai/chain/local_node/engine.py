"""The anvil behind the local node: one life of it, from its start until it is ended or has died.

With every block anvil hashes the whole state anew, unless its chain is the fork of another one, whose state
it does not know. So it is forked from an empty chain, which a second anvil serves: a block takes the same
time however much was written before.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from decai.chain.local_node.anvil import CHAIN_ID, MNEMONIC, Anvil, hidden_host

__all__ = ["BASE_FEE", "Engine", "EngineGoneError", "FaultError"]

BASE_FEE: Final = 10**9
"""Of every block, in wei."""
_COMMON: Final = (
    *("--silent", "--hardfork", "osaka", "--chain-id", str(CHAIN_ID), "--mnemonic", MNEMONIC),
    *("--block-base-fee-per-gas", str(BASE_FEE)),
    # No block is ever taken back, so the latest one is safe and final.
    *("--slots-in-an-epoch", "0"),
)
_FORKED: Final = ("--no-rate-limit", "--no-storage-caching")
_MINED_SECONDS: Final = 10.0


class FaultError(Exception):
    """An answer of anvil's that is an error, to be handed on as it is."""

    def __init__(self, error: Any) -> None:
        super().__init__(str(error))
        self.error = error


class EngineGoneError(Exception):
    """Anvil did not answer."""


class Engine:
    """One life of the anvil behind the node; begins with `start`."""

    def __init__(self) -> None:
        self._empty: Anvil | None = None
        self._anvil: Anvil | None = None
        self._session = ClientSession(
            connector=TCPConnector(limit=64, force_close=False),
            timeout=ClientTimeout(total=300),
            trust_env=False,
        )

    @property
    def pid(self) -> int:
        """The process of the anvil that holds the chain; 0 before it is started."""
        return self._anvil.pid if self._anvil is not None else 0

    @property
    def alive(self) -> bool:
        """Whether all of it runs."""
        return all(anvil is not None and anvil.alive for anvil in (self._empty, self._anvil))

    async def start(self, genesis: int) -> None:
        """Start it.

        Parameters
        ----------
        genesis
            The time of the first block, in seconds.

        Raises
        ------
        MissingError
            If anvil has to be installed first.
        ChainError
            If it does not start.
        StorageError
            If there is no room for its temporary folders.
        """
        # Whoever knows where anvil is could go around the gate and the journal.
        self._empty = await asyncio.to_thread(
            Anvil, *_COMMON, "--timestamp", str(genesis), host=hidden_host()
        )
        self._anvil = await asyncio.to_thread(
            Anvil, *_COMMON, *_FORKED, "--fork-url", self._empty.url, host=hidden_host()
        )

    async def load(self, state: bytes) -> None:
        """Bring back what `dump` gave: accounts, blocks, transactions, receipts, and what BLOCKHASH says."""
        await self.ask("anvil_loadState", "0x" + state.hex())
        # Anvil forgets the hashes that BLOCKHASH looks up; going back by a block it gathers them anew.
        if int(await self.ask("eth_blockNumber"), 16):
            await self.ask("evm_mine")
            await self.ask("anvil_rollback", 1)

    async def dump(self) -> bytes:
        """The chain, for `load`; not how its clock goes, or what old states were."""
        return bytes.fromhex((await self.ask("anvil_dumpState"))[2:])

    async def stop(self) -> None:
        """End it, whether or not it has died; more than once does no harm."""
        await self._session.close()
        for anvil in (self._anvil, self._empty):
            if anvil is not None:
                await asyncio.to_thread(anvil.stop)

    async def ask(self, method: str, *params: Any) -> Any:
        """One request; its result.

        Raises
        ------
        FaultError
            If the answer is an error.
        EngineGoneError
            If there is none.
        """
        (result,) = await self.ask_each([(method, params)])
        if isinstance(result, FaultError):
            raise result
        return result

    async def ask_each(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Many requests in one; of each its result, or the `FaultError` that `ask` would raise.

        Raises
        ------
        EngineGoneError
            If there is no answer.
        """
        if self._anvil is None or self._empty is None or not self.alive:
            raise EngineGoneError
        bodies = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            for number, (method, params) in enumerate(calls)
        ]
        try:
            body = bodies if len(bodies) > 1 else bodies[0]
            async with self._session.post(self._anvil.url, json=body) as response:
                answer = await response.json(content_type=None)
            answers = answer if isinstance(answer, list) else [answer]
        except (TimeoutError, ClientError, OSError, ValueError, RuntimeError):
            raise EngineGoneError from None
        # Where it listened, another's anvil may have taken its place.
        if not self.alive:
            raise EngineGoneError
        told = [each for each in answers if isinstance(each, dict)]
        by_number = {each.get("id"): each for each in told}
        # One that it does not take as a whole is refused as a whole.
        of_all = told[0] if len(told) == 1 and "error" in told[0] else {}
        return [self._result(by_number.get(number, of_all)) for number in range(len(calls))]

    def _result(self, answer: dict[str, Any]) -> Any:
        if not answer:
            raise EngineGoneError
        if "error" not in answer:
            return answer.get("result")
        # Without the empty chain it cannot look up what it has not seen yet, and names it.
        if self._empty is None or self._empty.url in str(answer["error"]):
            raise EngineGoneError
        return FaultError(answer["error"])

    async def block(self, number: str = "latest") -> dict[str, Any]:
        """A block, without its transactions."""
        block: dict[str, Any] = await self.ask("eth_getBlockByNumber", number, False)
        return block

    async def receipt(self, sent: str) -> dict[str, Any]:
        """The receipt of a transaction that was just sent.

        Raises
        ------
        TimeoutError
            If it gets into no block.
        """
        deadline = time.monotonic() + _MINED_SECONDS
        pause = 0.0
        while True:
            receipt: dict[str, Any] | None = await self.ask("eth_getTransactionReceipt", sent)
            if receipt is not None:
                return receipt
            if time.monotonic() > deadline or (pause > 0.05 and await self._is_queued(sent)):
                raise TimeoutError
            await asyncio.sleep(pause)
            pause = min(0.1, pause + 0.005)

    async def _is_queued(self, sent: str) -> bool:
        """Whether it waits for others of its sender."""
        pool = await self.ask("txpool_content")
        return any(t["hash"] == sent for lot in pool["queued"].values() for t in lot.values())
