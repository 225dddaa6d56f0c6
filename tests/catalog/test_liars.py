"""Contracts that lie are not taken in, or no longer followed, and harm no other model."""

import tracemalloc
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from decai.catalog import Catalog, Follower, ModelState
from decai.chain.base import Transaction
from decai.chain.client import ChainTrainer
from decai.chain.compose import Texts, compose
from decai.chain.deploy import deploy
from decai.chain.rpc import RpcChain
from decai.errors import ChainError
from decai.incentive import Stakeable
from decai.units import Address, Wei
from tests.catalog.world import WAITS, World, follow, perceptron
from tests.chain.conftest import running_anvil

STRANGER = Path(__file__).parent.parent / "chain" / "contracts" / "stranger.vy"


@pytest.fixture(scope="module")
def node() -> Iterator[str]:
    with running_anvil() as url:
        yield url


@pytest.fixture
def world(node: str) -> World:
    return World(node)


def sent(world: World, code: bytes) -> Address:
    address = world.chain.send(Transaction(world.eve, None, code)).contract
    assert address is not None
    return address


@pytest.mark.parametrize("manner", range(5))
def test_a_contract_that_is_no_model_is_not_taken_in(manner: int, catalog: Catalog, world: World) -> None:
    from vyper import compile_code

    code = bytes.fromhex(compile_code(STRANGER.read_text())["bytecode"][2:])
    address = sent(world, code + manner.to_bytes(32))
    with pytest.raises(ChainError, match=rf"^{address}: "):
        catalog.add_model(world.chain, address)
    assert catalog.models.find().total == 0


def test_neither_is_one_that_reverts_or_is_not_there(catalog: Catalog, world: World) -> None:
    reverts = sent(world, bytes.fromhex("600580600b6000396000f360006000fd"))
    for address in (reverts, world.ada):
        with pytest.raises(ChainError, match=rf"^{address}: "):
            catalog.add_model(world.chain, address)
    assert catalog.models.find().total == 0


def liar(world: World, name: str, old: str, new: str) -> ChainTrainer:
    """A model with one thing in it that is not true."""
    honest = compose(perceptron(), Stakeable(Wei(10), *WAITS), Texts("liar"), max_features=64)
    text = honest.sources[name]
    assert text.count(old) == 1, name
    false = replace(honest, sources={**honest.sources, name: text.replace(old, new)})
    mined = deploy(world.chain, false, world.owner)
    assert mined.contract is not None
    return ChainTrainer(world.chain, mined.contract, mined.block, packed=False)


_ADDED = "log AddData(d=data, c=classification, t=block.timestamp, sender=msg.sender, cost=cost)"
_CLAIMED = "path=path, amount=amount)"
LIES: Mapping[str, tuple[str, str, str, str]] = {
    "a deposit that nobody has": (
        "trainer.vy",
        _ADDED,
        _ADDED.replace("cost=cost", "cost=max_value(uint256)"),
        "it tells of a deposit that nobody has",
    ),
    "a class that there is not": (
        "trainer.vy",
        _ADDED,
        _ADDED.replace("c=classification", "c=max_value(uint64)"),
        "it tells of a contribution of a class that it does not have",
    ),
    "features that there are not": (
        "trainer.vy",
        _ADDED,
        _ADDED.replace("d=data", "d=[min_value(int64), max_value(int64)]"),
        "it tells of a contribution whose features it does not take",
    ),
    "another time": (
        "trainer.vy",
        _ADDED,
        _ADDED.replace("t=block.timestamp", "t=max_value(uint256)"),
        "it tells of a contribution at another time than that of its block",
    ),
    "everything twice": (
        "trainer.vy",
        _ADDED,
        f"{_ADDED}\n    {_ADDED}",
        "it tells of the same contribution twice",
    ),
    "a path that there is not": (
        "data_handler.vy",
        _CLAIMED,
        "path=9, amount=amount)",
        "a contract tells of a claim on path 9, which there is not",
    ),
    "somebody else's path": (
        "data_handler.vy",
        _CLAIMED,
        "path=1, amount=amount)",
        "it tells of a claim by somebody who cannot make it",
    ),
    "more than there is": (
        "data_handler.vy",
        _CLAIMED,
        "path=path, amount=max_value(uint256))",
        "it tells of a claim that paid more than there was",
    ),
    "a contribution that nobody made": (
        "data_handler.vy",
        "log Claimed(key=key,",
        "log Claimed(key=empty(bytes32),",
        "it tells of a claim on what nobody contributed",
    ),
    "no beginning": (
        "ownable.vy",
        "    log OwnershipTransferred(previousOwner=empty(address), newOwner=owner)\n",
        "",
        "its events do not begin with its deployment",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_model_whose_events_are_not_true_is_no_longer_followed(
    lie: str, catalog: Catalog, world: World
) -> None:
    name, old, new, reason = LIES[lie]
    false, honest = liar(world, name, old, new), world.deploy("honest")
    for trainer in (false, honest):
        catalog.add_model(world.chain, trainer.address)
    added = world.add(false, world.ada, 0)
    world.later()
    world.tell(false.address, world.ada, "refund(int64[],uint64,uint256)", [0], 1, added)
    world.add(honest, world.bo, 0)
    follower = follow(catalog, world.url)
    world.add(false, world.eve, 1)
    world.add(honest, world.bo, 1)
    follower.step()
    broken = catalog.models.at(world.chain.chain_id, false.address)
    good = catalog.models.at(world.chain.chain_id, honest.address)
    assert broken is not None
    assert good is not None
    assert (broken.state, broken.fault) == (ModelState.BROKEN, reason)
    assert broken.contributions <= 1
    assert catalog.accounts.account(world.eve).contributions == 0
    assert (good.state, good.contributions) == (ModelState.FOLLOWED, 2)


_FLOOD = """words: uint256[9_000] = empty(uint256[9_000])
    words[0] = 128
    words[2] = block.timestamp
    words[4] = 8_995
    raw_log(
        [keccak256("AddData(int64[],uint64,uint256,address,uint256)"), convert(msg.sender, bytes32)],
        abi_encode(words),
    )"""


@pytest.mark.usefixtures("impatient")
def test_a_model_that_tells_without_end_does_not_fill_the_memory(catalog: Catalog, world: World) -> None:
    false, honest = liar(world, "trainer.vy", _ADDED, _FLOOD), world.deploy("honest")
    for trainer in (false, honest):
        catalog.add_model(world.chain, trainer.address)
    for turn in range(40):
        world.add(false, world.ada, 0)
        if turn % 10 == 0:
            world.add(honest, world.bo, 0)
    # All of it is 24 MB; one event is 0.6 MB.
    follower = Follower(catalog, lambda: RpcChain(world.url, most_bytes=1_000_000))
    tracemalloc.start()
    try:
        follower.step()
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
    assert catalog.history.contributions().total == 4
    broken = catalog.models.at(world.chain.chain_id, false.address)
    assert broken is not None
    assert broken.fault == "it tells of a contribution with more features than it takes"


@pytest.mark.usefixtures("impatient")
def test_a_model_one_event_of_which_is_too_much_is_given_up(catalog: Catalog, world: World) -> None:
    false, honest = liar(world, "trainer.vy", _ADDED, _FLOOD), world.deploy("honest")
    for trainer in (false, honest):
        catalog.add_model(world.chain, trainer.address)
    world.add(false, world.ada, 0)
    follower = Follower(catalog, lambda: RpcChain(world.url, most_bytes=200_000))
    for turn in range(1, 6):
        world.add(honest, world.bo, 0)
        follower.step()
        assert catalog.history.contributions().total == turn
    broken = catalog.models.at(world.chain.chain_id, false.address)
    assert broken is not None
    assert broken.state is ModelState.BROKEN
    assert str(broken.fault).endswith("gave an answer of more than 200,000 bytes")
