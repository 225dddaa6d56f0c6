"""Bringing an anvil to where another one was: the state that was kept, then each block at its own time."""

import time

from decai.chain.local_node.engine import Engine, FaultError
from decai.chain.local_node.journal import Block, Call, Clock, Entry, Journal
from decai.errors import StorageError

__all__ = ["brought_back"]


async def brought_back(engine: Engine, journal: Journal) -> Clock:
    """Have a fresh anvil hold what a journal tells; returns how its clock goes.

    Every block comes out as it was, to its hash.

    Raises
    ------
    StorageError
        If it cannot, or the journal cannot be read.
    EngineGoneError
        If anvil does not answer.
    """
    try:
        state = journal.state
        if state is not None:
            await engine.load(state)
        clock = Clock(0)
        for entry in journal.entries:
            await _replay(engine, entry, journal)
            if isinstance(entry, Block):
                clock = Clock(entry.clock)
            elif isinstance(entry, Clock):
                clock = entry
        await _set_clock(engine, clock)
    except FaultError as error:
        raise StorageError(f"{journal.folder}: the state cannot be brought back ({error})") from None
    return clock


async def _replay(engine: Engine, entry: Entry, journal: Journal) -> None:
    if isinstance(entry, Clock):
        return
    if isinstance(entry, Call):
        await engine.ask(entry.method, *entry.params)
        return
    await engine.ask("evm_setNextBlockTimestamp", entry.time)
    await engine.ask("anvil_setNextBlockBaseFeePerGas", hex(entry.base_fee))
    if entry.transaction is None:
        await engine.ask("evm_mine")
        block = await engine.block()
        same = (int(block["number"], 16), block["hash"]) == (entry.number, entry.block_hash or block["hash"])
    else:
        receipt = await engine.ask("eth_sendRawTransactionSync", entry.transaction)
        found = (receipt["transactionHash"], int(receipt["gasUsed"], 16), int(receipt["status"], 16))
        same = found == (entry.hash, entry.gas, entry.status)
        same = same and receipt["blockHash"] == (entry.block_hash or receipt["blockHash"])
    if not same:
        raise StorageError(f"{journal.folder}: block {entry.number} did not come out as it was")


async def _set_clock(engine: Engine, clock: Clock) -> None:
    """Let the chain's clock go on as if it had never stood still."""
    latest = int((await engine.block())["timestamp"], 16)
    if clock.next is None:
        await engine.ask("evm_setTime", max(int(time.time()) + clock.ahead, latest))
        return
    # The clock goes on from the time that the next block is to have, and must not be past it before.
    await engine.ask("evm_setTime", latest)
    await engine.ask("evm_setNextBlockTimestamp", clock.next)
