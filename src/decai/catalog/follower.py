"""Following a chain: whatever happens to the models of a catalog is in it soon after."""

import logging
import threading
from collections.abc import Callable, Mapping
from time import time
from typing import TYPE_CHECKING, Final, NamedTuple

from decai.catalog.catalog import Catalog
from decai.catalog.fork import Forks
from decai.catalog.reading import Reading
from decai.catalog.records import ModelState
from decai.catalog.scan import MovedError, Scans
from decai.chain.headers import Header, latest_header
from decai.chain.wire import bytes_of
from decai.errors import ChainError, DecaiError

if TYPE_CHECKING:
    from decai.chain.jsonrpc import JsonRpc
    from decai.chain.rpc import RpcChain

__all__ = ["Follower"]

_log: Final = logging.getLogger("decai.catalog")
_LONGEST_PAUSE: Final = 30.0
_LOOK_EVERY: Final = 15.0
"""Seconds after which it is written down again that nothing was new."""
_PATIENCE: Final = 5
"""How often a node may refuse the events of one model in one block until the model is given up."""
_MOST_MISSING: Final = 100
_ATTEMPTS: Final = 3
_LONGEST_FAULT: Final = 500


class Follower:
    """Follows one chain for the models of a catalog, in a thread of its own.

    It may be stopped, killed and started at any moment, and several may follow the same chain. Blocks that
    fall out of the chain are taken back; no range of blocks is read twice.

    Parameters
    ----------
    catalog
        Where it writes.
    connect
        Gives the chain; asked again after the node was out of reach. Chains with a bound on answers
        (`RpcChain.most_bytes`) keep a node, or a contract, from filling the memory.
    interval
        Seconds between two looks at the chain.
    confirmations
        How many blocks have to follow on a block until it counts.
    """

    def __init__(
        self,
        catalog: Catalog,
        connect: "Callable[[], RpcChain]",
        *,
        interval: float = 1.0,
        confirmations: int = 0,
    ) -> None:
        self._catalog = catalog
        self._connect = connect
        self._interval = interval
        self._confirmations = confirmations
        self._link: _Link | None = None
        self._last_scans: Scans | None = None
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._looked = 0.0
        self._seen: tuple[int, bytes] | None = None
        self._refused: dict[int, int] = {}
        self.fault: str | None = None
        """What was wrong at the last look; None if nothing was."""

    def start(self) -> None:
        """Follow from now on, until `stop`; once."""
        if self._thread is not None:
            raise RuntimeError("a follower is started once")
        self._thread = threading.Thread(target=self._run, name="decai-follower", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End soon. Waits for nothing: what is being written is written as a whole or not at all."""
        self._stop.set()
        self._wake.set()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until it has ended, `timeout` seconds at most; returns whether it has."""
        if self._thread is not None:
            self._thread.join(timeout)
        return self._thread is None or not self._thread.is_alive()

    def wake(self) -> None:
        """Look at the chain now: something has just happened there."""
        self._wake.set()

    def _run(self) -> None:
        pause = self._interval
        while not self._stop.is_set():
            self._wake.clear()
            try:
                self.step()
                pause = self._interval
            except DecaiError as error:
                self._note(str(error))
                pause = min(2 * pause, _LONGEST_PAUSE)
            except Exception:
                # One fault of ours must not end all following.
                _log.exception("the follower failed")
                self._note("the follower failed; the log says how")
                pause = _LONGEST_PAUSE
            self._wake.wait(pause)

    def step(self) -> None:
        """Read everything up to the end of the chain, once.

        Raises
        ------
        ChainError
            If the node does not answer, or its answers make no sense; what was read before is kept.
        StorageError
            If the database fails.
        """
        try:
            self._step()
        except ChainError:
            # It may come back elsewhere.
            self._drop()
            raise

    def _drop(self) -> None:
        if self._link is not None:
            self._last_scans, self._link = self._link.scans, None

    def _step(self) -> None:
        link = self._linked()
        for _ in range(_ATTEMPTS):
            latest = latest_header(link.node)
            is_new = (latest.number, latest.hash) != self._seen
            if is_new:
                self._check(link, latest)
            try:
                refused = link.reading.read(latest.number - self._confirmations)
            except MovedError:
                self._seen = None
                continue
            self._give_up(link.scans, refused)
            if is_new or self.fault is not None or time() - self._looked > _LOOK_EVERY:
                self._looked = time()
                link.scans.look(latest, self._looked)
            # A node that is behind is looked at again, although it has nothing new.
            self._seen = None if link.forks.waits else (latest.number, latest.hash)
            self.fault = None
            return
        raise ChainError("the chain is being reorganised; it will be read when that is over")

    def _linked(self) -> "_Link":
        if self._link is None:
            chain = self._connect()
            scans = Scans(self._catalog.database, chain.chain_id)
            reading = Reading(chain.node, scans, self._stop.is_set)
            self._link = _Link(chain.node, scans, reading, Forks(chain.node, scans))
            self._seen = None
        return self._link

    def _check(self, link: "_Link", latest: Header) -> None:
        """Take back what is no longer part of the chain; follow models again that have come back."""
        found = link.forks.find(latest)
        if found is not None:
            fork, stored = found
            _log.info("the chain was reorganised after block %d", fork)
            link.scans.roll_back(fork, stored)
        missing = link.scans.missing()[:_MOST_MISSING]
        codes = link.node.ask_many([("eth_getCode", [address, "latest"]) for _, address in missing])
        back = [one for (one, _), code in zip(missing, codes, strict=True) if bytes_of(code, "code")]
        link.scans.set_state(back, ModelState.FOLLOWED, None)

    def _give_up(self, scans: Scans, refused: Mapping[int, ChainError]) -> None:
        """Do not follow a model for ever whose events a node does not give, while it gives others'."""
        self._refused = {model_id: self._refused.get(model_id, 0) + 1 for model_id in refused}
        for model_id, error in refused.items():
            if self._refused[model_id] >= _PATIENCE:
                fault = f"its events cannot be read: {error}"[:_LONGEST_FAULT]
                scans.set_state([model_id], ModelState.BROKEN, fault)

    def _note(self, fault: str) -> None:
        self.fault = fault
        self._drop()
        if self._last_scans is not None:
            try:
                self._last_scans.set_fault(fault, time())
            except DecaiError as error:
                _log.warning("%s", error)


class _Link(NamedTuple):
    """All that belongs to one connection."""

    node: "JsonRpc"
    scans: Scans
    reading: Reading
    forks: Forks
