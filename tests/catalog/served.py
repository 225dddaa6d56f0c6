"""A catalog that is served, over a chain with something on it."""

from dataclasses import dataclass
from typing import Any

from starlette.testclient import TestClient

from decai.catalog import Catalog, Follower, encoder_of
from decai.catalog.rest import Bounds, Service, create_app
from decai.chain.client import ChainTrainer
from decai.chain.rpc import RpcChain
from decai.classifier import SparsePerceptron
from tests.catalog.world import PAID, World

__all__ = ["GENEROUS", "TEXTS", "Served", "served"]

GENEROUS = Bounds(rate=1e9, burst=1e9)
"""For tests that ask much."""
TEXTS = ("A wonderful, superb film", "Dull; a waste of time")


@dataclass
class Served:
    """What is there: a model of texts with a good contribution and a bad one, of which somebody was paid."""

    client: TestClient
    catalog: Catalog
    world: World
    trainer: ChainTrainer
    model_id: int
    transactions: tuple[str, ...]
    follower: Follower

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        """What a path answers with."""
        return self._checked(self.client.get(f"/api{path}", params=query), status)

    def post(self, path: str, body: Any, status: int = 200) -> Any:
        """What a path answers to something sent."""
        return self._checked(self.client.post(f"/api{path}", json=body), status)

    def _checked(self, answer: Any, status: int) -> Any:
        assert answer.status_code == status, answer.text
        said = answer.json()
        if status >= 400:
            assert isinstance(said["error"], str)
            assert "\n" not in said["error"]
        return said


def served(catalog: Catalog, url: str, bounds: Bounds = GENEROUS) -> Served:
    """Deploy, contribute, claim, follow and serve."""
    world = World(url)
    model = SparsePerceptron(("negative", "positive"), {}, learning_rate=1)
    trainer = world.deploy("Reviews", model, encoder="MurmurHash3")
    entry = catalog.add_model(world.chain, trainer.address)
    encoder = encoder_of(entry)
    hashes = []
    for text, author, label in zip(TEXTS, (world.ada, world.bo), (1, 1), strict=True):
        world.later(1)
        hashes.append(trainer.submit(author, encoder.encode(text), label, PAID).transaction)
    world.later()
    ledger = trainer.replica.update().twin.ledger
    trainer.refund(world.ada, ledger.features[0], 1, ledger.added[0])
    world.later(600)
    trainer.report(world.owner, ledger.features[1], 1, ledger.added[1], world.bo)
    follower = Follower(catalog, lambda: RpcChain(url))
    follower.step()
    service = Service(catalog, lambda: RpcChain(url, timeout=5), follower, world.chain.chain_id)
    # Each look at the chain that the service asks for happens at once.
    follower.wake = follower.step  # type: ignore[method-assign]
    client = TestClient(create_app(service, bounds, hosts=["testserver"]), raise_server_exceptions=False)
    names = tuple("0x" + each.hex() for each in hashes)
    return Served(client, catalog, world, trainer, entry.id, names, follower)
