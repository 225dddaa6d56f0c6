"""One life of the anvil behind the node."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from decai.chain.local_node.engine import Engine, EngineGoneError, FaultError

pytestmark = pytest.mark.xdist_group("local node")
NOBODY = "0x" + "12" * 20


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(test)


@asynccontextmanager
async def running() -> AsyncIterator[Engine]:
    engine = Engine()
    try:
        await engine.start(genesis=1_700_000_000)
        yield engine
    finally:
        await engine.stop()


def test_begins_at_its_genesis_and_hands_faults_on() -> None:
    async def test() -> None:
        async with running() as engine:
            block = await engine.block()
            assert (int(block["number"], 16), int(block["timestamp"], 16)) == (0, 1_700_000_000)
            with pytest.raises(FaultError, match="Method not found"):
                await engine.ask("eth_noSuchThing")
            assert engine.alive

    run(test())


def test_of_many_requests_each_has_its_own_answer_in_order() -> None:
    async def test() -> None:
        async with running() as engine:
            calls: list[tuple[str, list[Any]]] = [
                ("eth_chainId", []), ("eth_noSuchThing", []), ("eth_getBalance", [NOBODY, "latest"]),
            ]  # fmt: skip
            first, second, third = await engine.ask_each(calls)
            assert (first, third) == ("0x7a69", "0x0")
            assert isinstance(second, FaultError)
            assert second.error["code"] == -32601
            many = await engine.ask_each(calls * 300)
            assert many[::3] == ["0x7a69"] * 300
            assert many[2::3] == ["0x0"] * 300

    run(test())


def test_a_block_does_not_hash_the_state() -> None:
    """Which would take the longer, the more there is: a campaign of 20,000 contributions would not end."""

    async def test() -> None:
        async with running() as engine:
            await engine.ask("evm_mine")
            assert int((await engine.block())["stateRoot"], 16) == 0

    run(test())


@pytest.mark.parametrize("which", ["the one with the chain", "the empty one"])
def test_either_anvil_s_death_is_the_engine_s(which: str) -> None:
    async def test() -> None:
        async with running() as engine:
            assert engine._empty is not None
            os.kill(engine.pid if which == "the one with the chain" else engine._empty.pid, signal.SIGKILL)
            while engine.alive:
                # Either what it says is right, or it says nothing; never that something is amiss.
                with suppress(EngineGoneError):
                    assert (
                        await engine.ask("eth_getBalance", f"0x{random.getrandbits(160):040x}", "latest")
                        == "0x0"
                    )
            with pytest.raises(EngineGoneError):
                await engine.ask("eth_chainId")

    run(test())


def test_what_never_started_or_was_stopped_is_gone() -> None:
    async def test() -> None:
        engine = Engine()
        with pytest.raises(EngineGoneError):
            await engine.ask("eth_chainId")
        await engine.start(genesis=5)
        for _ in range(2):
            await engine.stop()
            assert not engine.alive
            with pytest.raises(EngineGoneError):
                await engine.ask("eth_chainId")

    run(test())
