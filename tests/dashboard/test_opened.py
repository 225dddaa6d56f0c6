"""Models that pages have open are read anew when what was read of them is no longer part of the chain."""

import pytest

from decai.chain.abi import call_data
from decai.chain.client import ChainTrainer
from decai.chain.local_node.anvil import rpc
from decai.chain.rpc import RpcChain
from decai.dashboard.opened import OpenModel
from decai.errors import BrokenRulesError
from tests.catalog.world import World
from tests.chain.conftest import anvil
from tests.chain.proxy import proxied

__all__ = ["anvil"]


@pytest.fixture
def world(data_folder: object, anvil: str) -> World:
    """A node of the test's own."""
    return World(anvil)


def _labels(model: OpenModel) -> list[int]:
    """Of all contributions, the newest first."""
    return [each.label for each in model.contributed(0, 50)[1]]


def test_contributions_of_blocks_that_are_gone_are_gone_and_those_in_their_place_are_there(
    world: World,
) -> None:
    trainer = world.deploy()
    world.add(trainer, world.ada, 0, label=1)
    model = OpenModel(trainer, world.chain.node)
    assert _labels(model) == [1]
    snapshot = world.snapshot()
    world.add(trainer, world.bo, 1, label=1)
    world.add(trainer, world.bo, 2, label=1)
    assert _labels(model) == [1, 1, 1]
    world.revert(snapshot)
    # The same numbers of blocks, with something else in them.
    world.add(trainer, world.bo, 1, label=0)
    world.add(trainer, world.bo, 2, label=0)
    world.add(trainer, world.bo, 3, label=0)
    assert _labels(model) == [0, 0, 0, 1]


def test_a_shorter_chain_takes_contributions_back(world: World) -> None:
    trainer = world.deploy()
    snapshot = world.snapshot()
    world.add(trainer, world.ada, 0)
    model = OpenModel(trainer, world.chain.node)
    assert len(_labels(model)) == 1
    world.revert(snapshot)
    assert _labels(model) == []


def test_what_seems_broken_is_read_once_more_from_the_beginning(world: World) -> None:
    trainer = world.deploy()
    world.add(trainer, world.ada, 0)
    model = OpenModel(trainer, world.chain.node)
    assert _labels(model) == [1]
    first = model.trainer.replica
    # What was read wrongly makes the next contribution look too cheap or too dear.
    model.with_twin(lambda twin: setattr(twin.incentive, "last_update", 0))
    world.add(trainer, world.ada, 1)
    assert _labels(model) == [1, 1]
    assert model.trainer.replica is not first


def test_a_contract_that_breaks_its_rules_is_not_read_again_for_every_visitor(world: World) -> None:
    trainer = world.deploy()
    world.add(trainer, world.ada, 0)
    _make_it_cheap(world, trainer.address)
    world.add(trainer, world.ada, 1)
    model = OpenModel(trainer, world.chain.node)
    with proxied(world.url) as proxy:
        watched = OpenModel(ChainTrainer(RpcChain(proxy.url), trainer.address), RpcChain(proxy.url).node)
        for _ in range(3):
            with pytest.raises(BrokenRulesError, match="contribution 1 should have been refused"):
                watched.contributed(0, 1)
        read = [method for method, _ in proxy.seen if method == "eth_getLogs"]
    assert 1 <= len(read) <= 2
    with pytest.raises(BrokenRulesError):
        _labels(model)


def _make_it_cheap(world: World, address: str) -> None:
    """Make a contract believe that its last contribution was eleven days ago."""
    call = {"to": address, "data": "0x" + call_data("lastUpdateTimeS()").hex()}
    touched = rpc(world.url, "eth_createAccessList", call)["accessList"]
    ((slot,),) = (each["storageKeys"] for each in touched if each["address"].lower() == address.lower())
    # The time is in the lower bits of the word.
    word = int(rpc(world.url, "eth_getStorageAt", address, slot, "latest"), 16) - 950_400
    rpc(world.url, "anvil_setStorageAt", address, slot, f"0x{word:064x}")
