"""Models on a real node, used by several people; and all that a catalog says of them."""

from typing import Any

from sqlalchemy import select

from decai.catalog import Catalog
from decai.catalog.follower import Follower
from decai.catalog.tables import METADATA
from decai.chain.abi import call_data
from decai.chain.base import Mined, Transaction
from decai.chain.client import ChainTrainer
from decai.chain.compose import Texts, compose
from decai.chain.deploy import deploy
from decai.chain.local_node.anvil import rpc
from decai.chain.rpc import RpcChain
from decai.classifier import NaiveBayes, SparsePerceptron
from decai.incentive import Points, Stakeable
from decai.protocols import Classifier, IncentiveMechanism
from decai.units import Address, Seconds, Wei
from tests.conformance.twin_state import array

__all__ = ["World", "differences", "everything", "follow", "perceptron"]

WAITS = Seconds(60), Seconds(600), Seconds(1_200)
PAID = Wei(10**9)


def perceptron() -> SparsePerceptron:
    """Feature 0 says yes, feature 1 no, and every mistake turns it."""
    return SparsePerceptron(("no", "yes"), [3, -3, 1, 2], learning_rate=1)


class World:
    """A node, and who uses it.

    Parameters
    ----------
    url
        Of an anvil that nobody else uses.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.chain = RpcChain(url)
        self.owner, self.ada, self.bo, self.eve = self.chain.accounts[:4]

    def deploy(
        self,
        name: str = "model",
        model: Classifier | None = None,
        incentive: IncentiveMechanism | None = None,
        encoder: str = "none",
    ) -> ChainTrainer:
        """A model of one's own, which costs 36,000 wei / isqrt(seconds)."""
        mechanism = incentive or Stakeable(Wei(10), *WAITS)
        composition = compose(model or perceptron(), mechanism, Texts(name, "", encoder), max_features=64)
        mined = deploy(self.chain, composition, self.owner)
        assert mined.contract is not None
        return ChainTrainer(self.chain, mined.contract, mined.block)

    def naive_bayes(self, name: str = "bayes") -> ChainTrainer:
        """One that takes further classes."""
        model = NaiveBayes(("no", "yes"), 16, 10**9, (1, 1), ({0: 1}, {1: 1}))
        return self.deploy(name, model, Points(Seconds(60)))

    def later(self, seconds: int = 60) -> None:
        """Let time pass."""
        self.chain.advance_to(Seconds(self.chain.now + seconds))

    def add(self, trainer: ChainTrainer, author: Address, *features: int, label: int = 1) -> int:
        """Contribute; returns when."""
        self.later(1)
        trainer.submit(author, array(list(features)), label, PAID)
        block = rpc(self.url, "eth_getBlockByNumber", "latest", False)
        return int(block["timestamp"], 16)

    def tell(
        self, address: Address, sender: Address, signature: str, *arguments: Any, value: int = 0
    ) -> Mined:
        """Send a transaction."""
        return self.chain.send(Transaction(sender, address, call_data(signature, *arguments), Wei(value)))

    def mine(self, blocks: int) -> None:
        """Make empty blocks."""
        rpc(self.url, "anvil_mine", hex(blocks))

    def snapshot(self) -> str:
        """What `revert` goes back to."""
        return str(rpc(self.url, "evm_snapshot"))

    def revert(self, snapshot: str) -> None:
        """Undo blocks."""
        assert rpc(self.url, "evm_revert", snapshot)


def follow(catalog: Catalog, url: str, **options: Any) -> Follower:
    """A follower that has read everything."""
    follower = Follower(catalog, lambda: RpcChain(url), **options)
    follower.step()
    return follower


def everything(catalog: Catalog) -> dict[str, Any]:
    """All that is in a catalog, but for when it was written, and what differs by how it was found out."""
    said = {}
    with catalog.database.reading() as connection:
        for table in METADATA.sorted_tables:
            if table.name in ("blocks", "chains"):
                continue
            kept = [
                each
                for each in table.c
                # Of a contribution, it is said by the chain. A node may have forgotten the first block.
                if each.name not in ("added", "first_block") or table.name == "contributions"
            ]
            rows = connection.execute(select(*kept).order_by(*table.primary_key)).all()
            said[table.name] = [
                {column.name: value for column, value in zip(kept, row, strict=True)} for row in rows
            ]
    return said


def differences(some: dict[str, Any], others: dict[str, Any]) -> list[str]:
    """What two catalogs do not have in common, in few words."""
    found = []
    for table, rows in some.items():
        if len(rows) != len(others[table]):
            found.append(f"{table}: {len(rows)} rows, not {len(others[table])}")
        for row, other in zip(rows, others[table], strict=False):
            found += [
                f"{table}: {key} {row[key]!r}, not {other[key]!r}" for key in row if row[key] != other[key]
            ]
    return found
