"""How the local node grows: the time of transactions, calls and starts, as contracts and blocks pile up.

    python -m benchmarks.local_node 5000 200            contributions, contracts: through the supervisor
    python -m benchmarks.local_node 5000 1 --bare       anvil by itself, as a fork and not, with what it keeps

Every contribution writes two new storage slots and a log of 448 bytes; every contract has 12 KB of code.
"""

import hashlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from decai.chain.local_node import Anvil, anvil_path, ensure_running, status, stop
from decai.chain.local_node.anvil import rpc
from decai.paths import DATA_DIR_VARIABLE

__all__ = ["main"]

_SIZE: Final = 12_000
_KEEP_TWO_WORDS_AND_LOG_ALL: Final = "60015f3555600160203555365f5f376001365fa100"
_CODE: Final = _KEEP_TWO_WORDS_AND_LOG_ALL.ljust(2 * _SIZE, "f")
_DEPLOY: Final = f"0x61{_SIZE:04x}80600a5f395ff3{_CODE}"
_PARTS: Final = 4


class Load:
    """Contracts on a node, and contributions to them in turn."""

    def __init__(self, url: str, contracts: int) -> None:
        self.url = url
        self.sender = rpc(url, "eth_accounts")[0]
        self.contracts = [
            self._mined(data=_DEPLOY, gas=hex(8_000_000))["contractAddress"] for _ in range(contracts)
        ]
        self._words = _words()
        self._done = 0

    def contribute(self) -> float:
        """One contribution; its seconds."""
        data = "0x" + next(self._words) + next(self._words) + "ab" * 384
        to = self.contracts[self._done % len(self.contracts)]
        self._done += 1
        begin = perf_counter()
        receipt = self._mined(to=to, data=data, gas=hex(500_000))
        assert receipt["status"] == "0x1"
        return perf_counter() - begin

    def latencies(self) -> str:
        """How long reading takes now, in milliseconds."""
        call = {"to": self.contracts[0], "data": "0x" + "00" * 64}
        logs = {"fromBlock": "0x0", "toBlock": "latest", "address": self.contracts[0]}
        reads: dict[str, Callable[[], object]] = {
            "call": lambda: rpc(self.url, "eth_call", call, "latest"),
            "pending call": lambda: rpc(self.url, "eth_call", call, "pending"),
            "logs": lambda: rpc(self.url, "eth_getLogs", logs),
        }
        return ", ".join(f"{name} {1000 * min(map(_timed, [read] * 5)):.1f}" for name, read in reads.items())

    def _mined(self, **fields: str) -> dict[str, str]:
        sent = rpc(self.url, "eth_sendTransaction", {"from": self.sender, **fields})
        while (receipt := rpc(self.url, "eth_getTransactionReceipt", sent)) is None:
            pass
        return dict(receipt)


def _words() -> Iterator[str]:
    """Slots, spread out as those of mappings are."""
    number = 0
    while True:
        yield hashlib.sha256(number.to_bytes(8, "big")).hexdigest()
        number += 1


def _timed(act: Callable[[], object]) -> float:
    begin = perf_counter()
    act()
    return perf_counter() - begin


def _memory(pid: int) -> str:
    path = Path(f"/proc/{pid}/status")
    if not path.exists():
        return "?"
    line = next(line for line in path.read_text().splitlines() if line.startswith("VmRSS"))
    return f"{int(line.split()[1]) // 1024:,}"


def _grow(load: Load, contributions: int, pid: Callable[[], int]) -> None:
    for part in range(1, _PARTS + 1):
        seconds = [load.contribute() for _ in range(contributions // _PARTS)]
        print(
            f"  {part * contributions // _PARTS:>6,}: {1000 * sum(seconds) / len(seconds):.1f} ms each, "
            f"{1000 * max(seconds):.0f} at most; {load.latencies()} ms; {_memory(pid())} MB",
            flush=True,
        )


def supervised(contributions: int, contracts: int) -> None:
    """The node itself, in a data folder of its own."""
    with TemporaryDirectory(prefix="decai-bench-") as name:
        program = anvil_path()
        (Path(name) / "bin").mkdir()
        (Path(name) / "bin" / program.name).symlink_to(program)
        os.environ[DATA_DIR_VARIABLE] = name
        os.environ["DECAI_NODE_PORT"] = "0"

        def pid() -> int:
            running = status()
            return running.anvil_pid if running is not None else 0

        try:
            _grow(Load(ensure_running().url, contracts), contributions, pid)
            os.kill(ensure_running().pid, signal.SIGKILL)
            print(f"  start after kill -9: {_timed(ensure_running):.1f} s")
            print(f"  stop: {_timed(stop):.1f} s; start after it: {_timed(ensure_running):.1f} s")
        finally:
            stop()


def bare(contributions: int, contracts: int) -> None:
    """Anvil by itself, in the ways that the node could run it."""
    history = ("--prune-history", "16")
    for forked, flags in ((False, ("--prune-history", "500")), (False, history), (True, history)):
        with ExitStack() as running:
            print(f"{'forked' if forked else 'not forked'}, {flags[-1]} states of the past")
            if forked:
                empty = Anvil("--silent")
                running.callback(empty.stop)
                fork = ("--fork-url", empty.url, "--no-rate-limit", "--no-storage-caching")
            anvil = Anvil("--silent", *flags, *(fork if forked else ()))
            running.callback(anvil.stop)
            _grow(Load(anvil.url, contracts), contributions, lambda pid=anvil.pid: pid)  # type: ignore[misc]
            begin = perf_counter()
            state = rpc(anvil.url, "anvil_dumpState", timeout=600.0)
            print(f"  dump: {perf_counter() - begin:.2f} s, {len(state) / 2e6:.1f} MB")


def main() -> None:
    """What the command line asks for."""
    contributions, contracts = (int(word) for word in sys.argv[1:3])
    (bare if "--bare" in sys.argv else supervised)(contributions, contracts)


if __name__ == "__main__":
    main()
