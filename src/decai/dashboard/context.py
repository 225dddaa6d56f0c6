"""What all pages share: the network, the outbox, the open models; and the threads in which they may block."""

import asyncio
import gc
import logging
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

from decai.catalog.catalog import Catalog
from decai.dashboard.crowd import Tidy
from decai.dashboard.drafts import Drafts
from decai.dashboard.fates import look, send_by_node
from decai.dashboard.following import Following
from decai.dashboard.keeping import keep_samples
from decai.dashboard.library import Library
from decai.dashboard.measuring import Measuring
from decai.dashboard.network import Head, Network
from decai.dashboard.opened import Shelf
from decai.dashboard.options import Options
from decai.dashboard.outbox import Entry, Fate, Outbox
from decai.dashboard.runs import Runs
from decai.errors import DecaiError

__all__ = ["Dashboard", "current", "install"]

P = ParamSpec("P")
T = TypeVar("T")
_log: Final = logging.getLogger("decai.dashboard")
_THREADS: Final = 16
_LOCAL_PULSE: Final = 1.0
_REMOTE_PULSE: Final = 4.0
_GARBAGE: Final = (700, 10, 40)
_MEASURE_EVERY: Final = 2.0
_TIDY_EVERY: Final = 8
"""In pulses."""
_WALLET_EVERY: Final = 3
"""In pulses: how often it is looked for what wallets have not answered, and for what was dropped."""


class Dashboard:
    """One server's state.

    Parameters
    ----------
    options
        How it serves.
    folder
        Where it keeps what must survive it.

    Raises
    ------
    InputError
        If the database's URL is none.
    MissingError
        If the database's driver is not installed.
    StorageError
        If the folder or the database cannot be used.
    """

    def __init__(self, options: Options, folder: Path) -> None:
        self.options = options
        self.folder = folder
        self.network = Network(options.rpc)
        self.outbox = Outbox(folder / "outbox.sqlite")
        self.shelf = Shelf(self.network)
        self.catalog = Catalog(options.database)
        self.catalog.models.allow(options.allowed_models)
        self.following = Following(self.catalog, self.network, own=options.is_loopback)
        self.measuring = Measuring(self.catalog, self.network)
        self.library = Library(self.catalog, self.network)
        self.runs = Runs(folder / "runs")
        self.drafts = Drafts(folder / "drafts")
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="decai")
        self._sending: set[str] = set()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def blocking(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a call that may block gives, without blocking anybody."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(call, *args, **kwargs))

    @property
    def head(self) -> Head:
        """The end of the chain, as it was seen last."""
        return self.network.head

    def begin(self) -> None:
        """Watch the chain and the outbox, from now on."""
        self.following.begin()
        self._spawn(self._pulse())
        self._spawn(self._measure())
        self._spawn(self.blocking(_warm_up))

    async def end(self) -> None:
        """Let go of everything; what is on its way is in the outbox."""
        await self.runs.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self.following.end)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Close files and database."""
        self.outbox.close()
        self.catalog.close()

    def send(self, entry: Entry) -> None:
        """Have the node sign and send an entry; it says by itself what becomes of it."""
        self._sending.add(entry.id)
        self._spawn(self._sent(entry))

    async def _sent(self, entry: Entry) -> None:
        try:
            await self.blocking(send_by_node, self.network, self.outbox, entry)
        except DecaiError:
            _log.exception("transaction %s", entry.id)
        finally:
            self._sending.discard(entry.id)

    async def _pulse(self) -> None:
        beat, tidy = 0, Tidy()
        while True:
            try:
                await self._beat(also_unanswered=beat % _WALLET_EVERY == 0)
            except Exception:
                # One fault of ours must not end all watching.
                _log.exception("the pulse failed")
            if beat % _TIDY_EVERY == 0:
                tidy.step()
            beat += 1
            await asyncio.sleep(_LOCAL_PULSE if self.network.is_local else _REMOTE_PULSE)

    async def _beat(self, *, also_unanswered: bool) -> None:
        await self.blocking(self.network.look)
        if self.head.fault is None:
            await self.blocking(self.following.look)
            await self._look(also_unanswered)
            await self._keep()

    async def _measure(self) -> None:
        while True:
            await asyncio.sleep(_MEASURE_EVERY)
            if self.head.fault is None:
                try:
                    await self.blocking(self.measuring.step)
                except Exception:
                    # It is for show alone, and tried again.
                    _log.exception("accuracies")

    async def _look(self, also_unanswered: bool) -> None:
        """Look for what became of open transactions that nobody else is busy with."""
        try:
            for entry in await self.blocking(self.outbox.open):
                if entry.id in self._sending or (entry.fate is not Fate.SENT and not also_unanswered):
                    continue
                await self.blocking(look, self.network, self.outbox, entry)
        except DecaiError as error:
            _log.warning("the outbox waits: %s", error)

    async def _keep(self) -> None:
        try:
            await self.blocking(keep_samples, self.catalog, self.outbox)
        except DecaiError as error:
            _log.warning("samples wait: %s", error)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _warm_up() -> None:
    """Load what takes long, before the first visitor waits for it."""
    import decai.chain.audit
    import decai.encoder  # noqa: F401

    # All that is there now stays: to look through it for garbage would let everybody wait for half a second.
    gc.collect()
    gc.freeze()
    # Nor is all of many people's pages looked through more often than so many new objects are worth it.
    gc.set_threshold(*_GARBAGE)


_current: Dashboard | None = None


def install(dashboard: Dashboard) -> None:
    """Let pages of this process use a dashboard."""
    global _current
    _current = dashboard


def current() -> Dashboard:
    """The dashboard of this process."""
    assert _current is not None, "no dashboard is installed"
    return _current
