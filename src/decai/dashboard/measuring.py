"""How good models are after each contribution, measured on the test part of the data set that they are of.

The test part is named by its hash: whoever has the same data set finds the same one, and can measure again.
"""

import hashlib
import json
import logging
from collections.abc import Iterator
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from decai import dataset
from decai.catalog.catalog import Catalog
from decai.chain.headers import Header, headers
from decai.chain.replica import Replica
from decai.dashboard.words import part
from decai.dataset import Dataset
from decai.errors import DecaiError, MissingError
from decai.units import Seconds

if TYPE_CHECKING:
    from decai.catalog.records import Contributed, Model
    from decai.chain.rpc import RpcChain
    from decai.dashboard.network import Network

__all__ = ["Measuring", "digest_of", "test_set_for"]

_log: Final = logging.getLogger("decai.dashboard")
_MOST: Final = 200
"""So many contributions are measured of a model that was not looked at before: the latest."""
_PAGE: Final = 50
_MOST_REPLICAS: Final = 16
_AGAIN_SECONDS: Final = 15.0
_NO_DATA: Final = "none"
_NO_DATA_SET: Final = "no data set on this server goes with its encoder, features and classes"


_Mark = tuple[int, int, int | None]
"""What has changed if a model has to be looked at again."""


class _Point(NamedTuple):
    block: int
    time: Seconds
    transaction: bytes | None


class Measuring:
    """Keeps the accuracies of the verified models of one network up.

    Parameters
    ----------
    catalog
        Where they are written down, and which contributions there are.
    network
        Where the models are.
    """

    def __init__(self, catalog: Catalog, network: "Network") -> None:
        self._catalog = catalog
        self._network = network
        self._chain: RpcChain | None = None
        self._seen: dict[int, _Mark] = {}
        self._later: dict[int, float] = {}
        """When those are tried again that could not be measured."""
        self._replicas: dict[int, tuple[Replica, Header | None]] = {}
        """What was replayed of models, and the last block that it was replayed to."""
        self._unmeasured: dict[int, str] = {}
        """Why models are not measured, in a few words."""
        self._data: dict[str, tuple[Dataset, bytes]] = {}

    def why_unknown(self, model: "Model") -> str:
        """Why nobody here knows how accurate a model is, in a few words; nothing if it is known."""
        if model.accuracy is not None:
            return ""
        if not model.verified:
            return "only verified models are measured"
        return self._unmeasured.get(model.id, "it has not been measured yet")

    def step(self) -> None:
        """Measure whatever has changed; blocks. A model that cannot be measured now is left for later."""
        try:
            chain = self._network.chain()
            if chain is not self._chain:
                self._chain = chain
                self._replicas.clear()
            for model, mark in self._changed(chain.chain_id):
                if self._measure(chain, model):
                    self._seen[model.id] = mark
        except DecaiError as error:
            _log.warning("accuracies wait: %s", error)

    def _changed(self, chain_id: int) -> Iterator[tuple["Model", _Mark]]:
        after: str | None = None
        while True:
            page = self._catalog.models.find(chain_id=chain_id, verified=True, after=after, limit=_PAGE)
            for model in page.items:
                # The last is another one if blocks that were measured are no longer part of the chain.
                mark = model.contributions, len(model.classes), model.accuracy_block
                if model.deployed is not None and self._is_due(model.id, mark):
                    yield model, mark
            if page.next is None:
                return
            after = page.next

    def _is_due(self, model_id: int, mark: _Mark) -> bool:
        return self._seen.get(model_id) != mark and monotonic() >= self._later.get(model_id, 0.0)

    def _measure(self, chain: "RpcChain", model: "Model") -> bool:
        """Measure one model; whether nothing has to be tried again before something changes."""
        try:
            found = test_set_for(model, self._data)
            if found is None:
                self._unmeasured[model.id] = _NO_DATA_SET
                return True
            self._record(chain, model, *found)
        except DecaiError as error:
            self._unmeasured[model.id] = part(error)
            _log.warning("%s is not measured: %s", model.address, error)
            self._later[model.id] = monotonic() + _AGAIN_SECONDS
            return False
        self._unmeasured.pop(model.id, None)
        return True

    def _record(self, chain: "RpcChain", model: "Model", data: Dataset, digest: bytes) -> None:
        for point, value in self._measured(chain, model, data, digest):
            self._catalog.accuracy.record(
                model.id, value, block=point.block, time=point.time, tests=len(data.test), test_hash=digest,
                transaction=point.transaction,
            )  # fmt: skip

    def _measured(
        self, chain: "RpcChain", model: "Model", data: Dataset, digest: bytes
    ) -> Iterator[tuple[_Point, float]]:
        """What there is to be told of a model since it was measured last."""
        points = self._points(model, digest)
        if not points:
            return
        replica, read = self._replicas.pop(model.id, (None, None))
        # The hash is asked for first: of what is replayed of another chain meanwhile, it is not the hash.
        before, now = headers(chain.node, [0 if read is None else read.number, points[-1].block])
        if replica is None or before != read:
            # Nothing was replayed, or what was is no longer part of the chain.
            replica = Replica(chain, model.address, model.first_block)
        samples, labels = data.test.samples, data.test.labels
        if samples.is_sparse:
            # Of a sample that is too long the contract says nothing, so it is not right.
            short = np.flatnonzero(samples.ends - samples.starts <= model.max_features)
            samples, labels = samples.gather(short), labels[short]
        for point in points:
            classifier = replica.update(point.block).twin.classifier
            right = int(np.count_nonzero(classifier.predict_many(samples) == labels))
            yield point, right / len(data.test)
        self._replicas[model.id] = replica, now
        while len(self._replicas) > _MOST_REPLICAS:
            del self._replicas[next(iter(self._replicas))]

    def _points(self, model: "Model", digest: bytes) -> list[_Point]:
        """After which blocks it is to be measured, the oldest first; the first is that of its deployment."""
        last = self._catalog.accuracy.page(model.id, measured=True, limit=1).items
        done = last[0].block if last and last[0].test_hash == digest else -1
        found: dict[int, _Point] = {}
        for made in self._newest(model, done):
            # Of several contributions in a block the last one counts, which comes first here.
            found.setdefault(made.block, _Point(made.block, made.added, made.transaction))
        if done < 0 and len(found) < _MOST:
            # Not by the model's first block, which may be any before the one in which it was deployed.
            for event in self._catalog.history.events(model.id, limit=1, oldest_first=True).items:
                found.setdefault(event.block, _Point(event.block, event.time, None))
        return [found[block] for block in sorted(found)]

    def _newest(self, model: "Model", done: int) -> Iterator["Contributed"]:
        after, count = None, 0
        while count < _MOST:
            page = self._catalog.history.contributions(model.id, after=after, limit=_PAGE)
            for made in page.items:
                if made.block <= done:
                    return
                yield made
            count += len(page.items)
            if page.next is None:
                return
            after = page.next


def test_set_for(model: "Model", loaded: dict[str, tuple[Dataset, bytes]]) -> tuple[Dataset, bytes] | None:
    """The data set that a model is of, by its encoder, features and classes, and the hash of its test part.

    Parameters
    ----------
    model
        What is to be measured.
    loaded
        Those that were loaded before; what is loaded now comes in.

    Raises
    ------
    MissingError
        If it has to be fetched first.
    """
    for name in dataset.available():
        about = dataset.info(name)
        if about.encoder == _NO_DATA or about.encoder != model.encoder:
            continue
        dense = not model.form.is_sparse
        if about.form != "both" and dense != (about.form == "dense"):
            continue
        key = f"{name} {dense}"
        if key not in loaded:
            try:
                data = dataset.load(name, dense=dense)
            except MissingError:
                if about.fetch is None:
                    raise
                raise MissingError(
                    f"its data set is not on this server; get it with: {about.fetch}"
                ) from None
            loaded[key] = data, digest_of(data)
        data, digest = loaded[key]
        room = model.max_features if dense else model.vocabulary
        # A class that was added later has no tests, and those of the others are as good as before.
        if data.num_features == room and data.classes == model.classes[: len(data.classes)]:
            return data, digest
    return None


def digest_of(data: Dataset) -> bytes:
    """The SHA-256 of a test part: of a line of JSON that names classes and form, then of all its numbers.

    The numbers are 64 bits each, the lower byte first: where each sample ends, the samples, the labels.
    """
    samples = data.test.samples
    head = {"classes": data.classes, "features": data.num_features, "sparse": samples.is_sparse}
    digest = hashlib.sha256(json.dumps(head, separators=(",", ":"), sort_keys=True).encode() + b"\n")
    lengths = (samples.ends - samples.starts).cumsum()
    digest.update(lengths.astype("<i8").tobytes())
    for start, end in zip(samples.starts.tolist(), samples.ends.tolist(), strict=True):
        digest.update(samples.values[start:end].astype("<i8").tobytes())
    digest.update(data.test.labels.astype("<i8").tobytes())
    return digest.digest()
