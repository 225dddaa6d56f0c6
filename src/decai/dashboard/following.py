"""Keeping the catalog up while pages are served: what the chain tells, and what this machine knows."""

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from decai.catalog.catalog import Catalog
from decai.catalog.follower import Follower
from decai.chain.known import KnownModel, remember
from decai.errors import DecaiError
from decai.paths import data_dir
from decai.units import Address

if TYPE_CHECKING:
    from decai.catalog.records import Model
    from decai.dashboard.network import Network

__all__ = ["Following"]

_log: Final = logging.getLogger("decai.dashboard")
_LIST: Final = "models.json"
_END_SECONDS: Final = 3.0
_LOCAL_INTERVAL: Final = 1.0
_REMOTE_INTERVAL: Final = 4.0


class Following:
    """Follows one network for a catalog, from `begin` to `end`.

    Parameters
    ----------
    catalog
        What is kept up.
    network
        Where its models are.
    own
        Whether nobody but the people of this machine can reach the pages: then what they deploy is theirs.
    """

    def __init__(self, catalog: Catalog, network: "Network", *, own: bool) -> None:
        self.catalog = catalog
        self._own = own
        self._network = network
        interval = _LOCAL_INTERVAL if network.is_local else _REMOTE_INTERVAL
        self._follower = Follower(catalog, network.connect_apart, interval=interval)
        self._seen: tuple[object, ...] = ()
        self._block = -1

    def begin(self) -> None:
        """Follow from now on."""
        self._follower.start()

    def end(self) -> None:
        """Stop; waits a moment for what is being written."""
        self._follower.stop()
        self._follower.join(_END_SECONDS)

    @property
    def fault(self) -> str | None:
        """Why the catalog is not up to date, if so."""
        return self._follower.fault

    def look(self) -> None:
        """Take in models that were deployed or used from this machine meanwhile, and read new blocks at once.

        Blocks; never raises what a chain or a database may raise: it is tried again.
        """
        block = self._network.head.block
        if block != self._block:
            self._block = block
            self._follower.wake()
        seen = (_mark(data_dir() / _LIST), self._network.chain_id)
        if seen == self._seen:
            return
        try:
            for line in self.catalog.add_known(self._network.chain()):
                _log.info("not in the catalog: %s", line)
        except DecaiError as error:
            _log.warning("the catalog waits: %s", error)
            return
        self._seen = seen
        self._follower.wake()

    def model(self, address: Address) -> "Model | None":
        """What is known of a model, if it is in the catalog."""
        return self.catalog.models.at(self._network.chain_id, address)

    def add(self, address: Address) -> "Model":
        """Take in a model that somebody asks for; its texts stay hidden until it is on the allow-list.

        Raises
        ------
        ChainError
            If the chain does not confirm that it is one.
        StorageError
            If the database fails.
        """
        model = self.catalog.add_model(self._network.chain(), address)
        self._follower.wake()
        return model

    def deployed(self, model: KnownModel) -> None:
        """Take in a model that was deployed from a page; raises what `add` does."""
        self.catalog.add_model(self._network.chain(), model.address, model.first_block)
        if self._own:
            remember(model)
            self.catalog.models.allow([(model.chain_id, model.address)])
        self._follower.wake()


def _mark(path: Path) -> tuple[int, int] | None:
    """What changes when a file does."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
