"""What the REST API does beyond looking things up: asks the chain, and waits for the follower."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from decai.catalog.catalog import Catalog
from decai.catalog.follower import Follower
from decai.catalog.records import Measurement, Model, SampleRecord
from decai.chain.headers import headers
from decai.encoder import Sample
from decai.errors import DecaiError, InputError
from decai.units import Address

if TYPE_CHECKING:
    from decai.chain.rpc import RpcChain

__all__ = ["BusyError", "Service"]

_AT_ONCE: Final = 4
_WAIT_SECONDS: Final = 5.0
_POLL: Final = 0.1


class BusyError(DecaiError):
    """Others are being served; to be tried again soon."""


@dataclass(frozen=True, slots=True)
class Service:
    """A catalog that is served, and the chain that confirms what people say.

    Parameters
    ----------
    catalog
        What is known.
    connect
        Gives the chain, or None if the catalog is only to be read. Give it a short time limit, and a bound
        on answers: what people name may be anything.
    follower
        Follows that chain, if there is one here.
    chain_id
        Of the chain.
    """

    catalog: Catalog
    connect: "Callable[[], RpcChain] | None" = None
    follower: Follower | None = None
    chain_id: int | None = None
    _turns: threading.BoundedSemaphore = field(
        default_factory=lambda: threading.BoundedSemaphore(_AT_ONCE), repr=False
    )

    def add_model(self, address: Address, first_block: int | None = None) -> Model:
        """Take a model of the chain in; one that is there already is only looked up.

        Raises
        ------
        InputError
            If there is no chain to ask.
        ChainError
            If the chain does not confirm it.
        BusyError
            If too many are being served.
        StorageError
            If the database fails.
        """
        if self.chain_id is not None:
            known = self.catalog.models.at(self.chain_id, address)
            if known is not None:
                return known
        with self._turn():
            model = self.catalog.add_model(self._chain(), address, first_block)
        if self.follower is not None:
            self.follower.wake()
        return model

    def add_sample(self, transaction: bytes, sample: Sample, model_id: int | None = None) -> SampleRecord:
        """Take a sample in; waits a little for a transaction that has only just happened.

        Raises
        ------
        InputError, MissingError, StorageError
            As `Samples.add`.
        BusyError
            If too many are being served.
        """
        with self._turn():
            self._wait_for(transaction)
            return self.catalog.samples.add(transaction, sample, model_id=model_id)

    def report_accuracy(
        self, model_id: int, value: float, transaction: bytes, block: int | None
    ) -> Measurement:
        """Write down what somebody says of a model, after one of its contributions.

        Raises
        ------
        InputError
            If this is no contribution to the model, or came in another block.
        StorageError
            If the database fails.
        """
        made = [one for one in self.catalog.history.contributions_of(transaction) if one.model_id == model_id]
        if not made:
            raise InputError("the catalog knows of no contribution to this model in this transaction")
        if block is not None and block != made[0].block:
            raise InputError("the contribution came in another block")
        return self.catalog.accuracy.record(
            model_id,
            value,
            block=made[0].block,
            time=made[0].added,
            transaction=transaction,
            measured=False,
        )

    def report_first_accuracy(self, model: Model, value: float) -> None:
        """Write down what somebody says of a model when it was deployed; nothing if it is said already."""
        if self.catalog.accuracy.page(model.id, measured=False, limit=1).total:
            return
        with self._turn():
            (header,) = headers(self._chain().node, [model.first_block])
        if header is not None:
            self.catalog.accuracy.record(
                model.id, value, block=header.number, time=header.time, measured=False
            )

    def _chain(self) -> "RpcChain":
        if self.connect is None:
            raise InputError("this catalog is only to be read")
        return self.connect()

    def _wait_for(self, transaction: bytes) -> None:
        if self.follower is None:
            return
        pause = threading.Event()
        for _ in range(round(_WAIT_SECONDS / _POLL)):
            if self.catalog.history.contributions_of(transaction):
                return
            self.follower.wake()
            pause.wait(_POLL)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """A few at a time: each may take long, or much memory."""
        if not self._turns.acquire(blocking=False):
            raise BusyError("others are being served; try again in a few seconds")
        try:
            yield
        finally:
            self._turns.release()
