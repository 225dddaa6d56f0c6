"""The follower brings everything that happens into the catalog, once, and takes back what did not last."""

import random
import threading
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from decai.catalog import Catalog, ModelState
from decai.catalog.follower import Follower
from decai.chain.client import ChainTrainer
from decai.chain.rpc import RpcChain
from decai.errors import ChainError, Refused
from decai.protocols import Path as ClaimPath
from decai.units import Address, Seconds
from tests.catalog.world import World, differences, everything, follow
from tests.chain.proxy import Answer, Forward, Proxy, Trick, answer, error, proxied, result


@pytest.fixture
def world(anvil: str) -> World:
    return World(anvil)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Any]:
    """Makes catalogs that read everything from the beginning: what the others are compared with."""
    made: list[Catalog] = []

    def make(like: Catalog, url: str) -> dict[str, Any]:
        catalog = Catalog(f"sqlite:///{tmp_path / f'fresh{len(made)}.sqlite'}")
        made.append(catalog)
        for model in reversed(like.models.find(limit=200).items):
            catalog.add_model(RpcChain(url), model.address)
        follow(catalog, url)
        return everything(catalog)

    yield make
    for catalog in made:
        catalog.close()


def test_what_happened_to_a_model_is_what_its_twin_says(catalog: Catalog, world: World) -> None:
    trainer = world.deploy()
    model = catalog.add_model(world.chain, trainer.address, trainer.first_block)
    packed = ChainTrainer(world.chain, trainer.address, trainer.first_block, packed=False)
    times = [
        world.add(trainer, world.ada, 0),
        world.add(packed, world.bo, 1, 2),
        world.add(trainer, world.eve, 0, label=0),
    ]
    world.later()
    world.add(trainer, world.ada, 0)
    world.later(1)
    packed.refund(world.ada, trainer.replica.update().twin.ledger.features[0], 1, Seconds(times[0]))
    world.later(600)
    twin = trainer.replica.update().twin
    for sender, number in ((world.ada, 2), (world.owner, 1)):
        ledger = twin.ledger
        trainer.report(
            sender, ledger.features[number], ledger.label[number], ledger.added[number], ledger.author[number]
        )
    follow(catalog, world.url)

    ledger = trainer.replica.update().twin.ledger
    found = catalog.history.contributions(model.id, oldest_first=True).items
    assert [each.number for each in found] == [0, 1, 2, 3]
    assert [each.features.tolist() for each in found] == [each.tolist() for each in ledger.features]
    assert (
        [each.author for each in found] == list(ledger.author) == [world.ada, world.bo, world.eve, world.ada]
    )
    assert [each.label for each in found] == list(ledger.label)
    assert [each.added for each in found] == list(ledger.added)
    assert [each.deposit for each in found] == list(ledger.deposit)
    assert [each.left for each in found] == list(ledger.left)
    assert [each.key for each in found] == trainer.replica.keys
    assert [each.transaction for each in found] == trainer.replica.transactions

    paid = catalog.history.claims(model.id, oldest_first=True).items
    assert [(each.number, each.claimer, each.path) for each in paid] == [
        (0, world.ada, ClaimPath.REFUND),
        (2, world.ada, ClaimPath.REPORT),
        (1, world.owner, ClaimPath.OWNER),
    ]
    deposits = ledger.deposit
    assert [each.amount for each in paid] == [deposits[0], deposits[2], deposits[1]]

    ada = catalog.accounts.account(world.ada)
    assert (ada.contributions, ada.valid, ada.claims, ada.models) == (2, 1, 2, 1)
    assert (ada.deposited, ada.refunded, ada.rewarded) == (
        deposits[0] + deposits[3],
        deposits[0],
        deposits[2],
    )
    assert (ada.lost, ada.at_stake, ada.profit) == (0, deposits[3], deposits[2])
    assert catalog.accounts.account(world.bo).profit == -deposits[1]
    (eve,) = catalog.accounts.standings(world.eve).items
    assert (eve.lost, eve.at_stake, eve.profit) == (deposits[2], 0, -deposits[2])

    now = catalog.models.get(model.id)
    assert (now.contributions, now.valid, now.claims, now.owner) == (4, 1, 3, world.owner)
    assert now.at_stake == sum(ledger.left) == trainer.held
    deployed = world.chain.node.ask("eth_getBlockByNumber", hex(trainer.first_block), False)
    assert now.deployed == int(deployed["timestamp"], 16)
    assert now.scanned == world.chain.block
    assert catalog.models.find(sort="at_stake").items == (now,)


def test_every_kind_of_event_is_in_the_index(catalog: Catalog, world: World) -> None:
    trainer = world.naive_bayes()
    model = catalog.add_model(world.chain, trainer.address)
    trainer.add_class(world.owner, "perhaps")
    world.tell(trainer.address, world.owner, "addFeatureIndices(uint32[])", [7, 2**32 - 1])
    world.add(trainer, world.ada, 2, label=2)
    trainer.transfer_ownership(world.owner, world.bo)
    follow(catalog, world.url)
    found = catalog.history.events(model.id, oldest_first=True)
    assert [event.name for event in found.items] == [
        "OwnershipTransferred",
        "ClassStart",
        "AddClass",
        "FeatureIndicesAdded",
        "AddDataPacked",
        "OwnershipTransferred",
    ]
    assert found.items[2].values == {"name": "perhaps", "index": 2}
    assert found.items[3].values == {"indices": [7, 2**32 - 1]}
    assert found.items[4].account == world.ada
    assert (found.items[4].values["number"], found.items[4].values["c"]) == (0, 2)
    assert "d" not in found.items[4].values
    now = catalog.models.get(model.id)
    assert (now.classes, now.owner) == (("no", "yes", "perhaps"), world.bo)
    named = catalog.history.events(model.id, names=["OwnershipTransferred"], limit=1)
    assert (named.total, named.items[0].account) == (2, world.bo)
    last = catalog.history.events(model.id, names=["OwnershipTransferred"], limit=1, after=named.next)
    assert (last.items[0].account, last.next) == (world.owner, None)


class Ranges(Proxy):
    """Notes which blocks of which contract are asked for."""

    def __init__(self, target: str) -> None:
        super().__init__(target)
        self.asked: dict[str, list[tuple[int, int]]] = defaultdict(list)

    def handle(self, body: bytes) -> Answer:
        given = super().handle(body)
        method, parameters = self.seen[-1]
        if method == "eth_getLogs":
            wanted = parameters[0]
            addresses = wanted["address"] if isinstance(wanted["address"], list) else [wanted["address"]]
            for address in addresses:
                self.asked[address].append((int(wanted["fromBlock"], 16), int(wanted["toBlock"], 16)))
        return given

    def check(self, address: str, first: int, last: int) -> None:
        """All blocks from `first` to `last` were asked for, each once."""
        spans = sorted(self.asked[address])
        assert spans[0][0] <= first
        assert spans[-1][1] == last
        assert all(left[1] + 1 == right[0] for left, right in pairwise(spans))


def test_no_block_is_read_twice_whoever_comes_and_goes(
    catalog: Catalog, world: World, catalog_url: str
) -> None:
    early = world.deploy("early")
    catalog.add_model(world.chain, early.address)
    with proxied(Ranges(world.url)) as proxy:
        assert isinstance(proxy, Ranges)
        follower = follow(catalog, proxy.url)
        follower.step()
        world.add(early, world.ada, 0)
        world.mine(300)
        late = world.deploy("late")
        follower.step()
        with Catalog(catalog_url) as again:
            again.add_model(world.chain, late.address)
            restarted = follow(again, proxy.url)
            world.add(late, world.ada, 0)
            world.add(early, world.bo, 0)
            restarted.step()
            restarted.step()
        head = world.chain.block
        proxy.check(early.address, early.first_block, head)
        proxy.check(late.address, late.first_block, head)
    assert catalog.models.find().total == 2
    assert catalog.history.contributions().total == 3


def test_many_models_take_as_many_requests_as_one(catalog: Catalog, world: World) -> None:
    for number in range(6):
        catalog.add_model(world.chain, world.deploy(f"model {number}").address)
    with proxied(world.url) as proxy:
        follower = follow(catalog, proxy.url)
        # The chain's number, its end, all events, and the hashes at its end.
        assert [method for method, _ in proxy.seen] == [
            "eth_chainId",
            "eth_getBlockByNumber",
            "eth_getLogs",
            "batch",
        ]
        proxy.seen.clear()
        follower.step()
        assert [method for method, _ in proxy.seen] == ["eth_getBlockByNumber"]


def test_long_histories_are_written_down_piece_by_piece(
    catalog: Catalog, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("decai.chain.log_reader._FIRST_SPAN", 2)
    trainer = world.deploy()
    model = catalog.add_model(world.chain, trainer.address)
    for _ in range(12):
        world.add(trainer, world.ada, 0)
    with proxied(world.url) as proxy:
        # Of 2, 4 and 8 blocks; the third fails at first.
        proxy.play("eth_getLogs", lambda forward: None, lambda forward: None, answer("", 401))
        with pytest.raises(ChainError, match="401"):
            follow(catalog, proxy.url)
        assert catalog.models.get(model.id).scanned == trainer.first_block + 5
        assert 0 < catalog.history.contributions(model.id).total < 12
        follow(catalog, proxy.url)
    assert catalog.history.contributions(model.id).total == 12


class TestAReorganisation:
    def test_takes_back_what_did_not_last(self, catalog: Catalog, world: World, fresh: Any) -> None:
        trainer = world.naive_bayes()
        points = catalog.add_model(world.chain, trainer.address)
        other = world.deploy()
        catalog.add_model(world.chain, other.address)
        added = world.add(other, world.ada, 0)
        follower = follow(catalog, world.url)
        before, snapshot = everything(catalog), world.snapshot()
        trainer.add_class(world.owner, "perhaps")
        trainer.transfer_ownership(world.owner, world.bo)
        world.later()
        world.add(trainer, world.eve, 0)
        world.later(1)
        other.refund(world.ada, other.replica.update().twin.ledger.features[0], 1, Seconds(added))
        world.add(other, world.bo, 1)
        follower.step()
        assert catalog.models.get(points.id).classes == ("no", "yes", "perhaps")
        assert everything(catalog) != before
        world.revert(snapshot)
        world.mine(20)
        follower.step()
        said = everything(catalog)
        assert differences(said, fresh(catalog, world.url)) == []
        assert {table: rows for table, rows in said.items() if table != "models"} == {
            table: rows for table, rows in before.items() if table != "models"
        }
        assert catalog.models.get(points.id).owner == world.owner

    def test_puts_other_things_in_their_place(self, catalog: Catalog, world: World, fresh: Any) -> None:
        trainer = world.deploy()
        model = catalog.add_model(world.chain, trainer.address)
        follower = follow(catalog, world.url)
        snapshot = world.snapshot()
        world.add(trainer, world.ada, 0)
        world.add(trainer, world.bo, 1)
        follower.step()
        world.revert(snapshot)
        for _ in range(2):
            world.add(trainer, world.eve, 2)
        follower.step()
        assert [each.author for each in catalog.history.contributions(model.id).items] == [world.eve] * 2
        assert catalog.accounts.account(world.ada).models == 0
        assert differences(everything(catalog), fresh(catalog, world.url)) == []

    def test_may_take_a_whole_model_and_bring_it_back(
        self, catalog: Catalog, world: World, fresh: Any
    ) -> None:
        snapshot = world.snapshot()
        world.mine(5)
        trainer = world.deploy()
        model = catalog.add_model(world.chain, trainer.address)
        world.add(trainer, world.ada, 0)
        follower = follow(catalog, world.url)
        assert catalog.models.get(model.id).contributions == 1
        world.revert(snapshot)
        world.mine(50)
        follower.step()
        now = catalog.models.get(model.id)
        assert (now.state, now.contributions, now.owner) == (ModelState.MISSING, 0, None)
        assert now.fault == "its contract is not on the chain"
        assert catalog.history.events(model.id).total == 0
        # The same sender with the same nonce: the same address, in an earlier block than before.
        again = world.deploy()
        assert again.address == trainer.address
        world.add(again, world.bo, 1)
        follower.step()
        now = catalog.models.get(model.id)
        assert (now.state, now.fault, now.contributions) == (ModelState.FOLLOWED, None, 1)
        follower.step()
        assert [each.author for each in catalog.history.contributions(model.id).items] == [world.bo]

    def test_of_everything_is_another_chain(self, catalog: Catalog, world: World) -> None:
        trainer = world.deploy()
        model = catalog.add_model(world.chain, trainer.address)
        world.add(trainer, world.ada, 0)
        follow(catalog, world.url)
        with_others = Proxy(world.url)
        with proxied(with_others) as proxy:
            from tests.chain.conftest import running_anvil

            with running_anvil() as other:
                RpcChain(other)
                other_world = World(other)
                other_world.mine(100)
                proxy._target = ("127.0.0.1", int(other.rpartition(":")[2]))
                follow(catalog, proxy.url)
        now = catalog.models.get(model.id)
        assert (now.state, now.contributions, now.scanned) == (ModelState.MISSING, 0, None)

    def test_that_makes_a_chain_shorter_is_seen_when_it_stays_so(
        self, catalog: Catalog, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        trainer = world.deploy()
        model = catalog.add_model(world.chain, trainer.address)
        snapshot = world.snapshot()
        world.add(trainer, world.ada, 0)
        follower = follow(catalog, world.url)
        world.revert(snapshot)
        # One node of several may be a block behind: that takes nothing back.
        follower.step()
        assert catalog.history.contributions(model.id).total == 1
        monkeypatch.setattr("decai.catalog.fork._BEHIND_SECONDS", 0.0)
        follower.step()
        assert catalog.history.contributions(model.id).total == 0

    @pytest.mark.parametrize("seed", range(4))
    def test_never_leaves_anything_else_than_a_first_reading(
        self, seed: int, catalog: Catalog, world: World, fresh: Any
    ) -> None:
        """Anything happens, and is undone, in any order; after each look the catalog is as if just made."""
        chance = random.Random(seed)
        trainers = [world.deploy("stakes"), world.naive_bayes()]
        for trainer in trainers:
            catalog.add_model(world.chain, trainer.address)
        follower = follow(catalog, world.url)
        snapshots: list[str] = []
        for _ in range(8):
            for _ in range(chance.randrange(1, 6)):
                happen(world, chance.choice(trainers), chance)
            follower.step()
            if chance.random() < 0.5:
                snapshots.append(world.snapshot())
            if snapshots and chance.random() < 0.6:
                kept = chance.randrange(len(snapshots))
                world.revert(snapshots[kept])
                del snapshots[kept:]
                world.mine(chance.randrange(1, 300))
                for trainer in trainers:
                    del trainer.__dict__["replica"]
                follower.step()
        assert differences(everything(catalog), fresh(catalog, world.url)) == []
        for trainer in trainers:
            model = catalog.models.at(world.chain.chain_id, trainer.address)
            assert model is not None
            assert model.at_stake == trainer.held


def happen(world: World, trainer: ChainTrainer, chance: random.Random) -> None:
    """Something, if the contract lets it."""
    who = chance.choice([world.owner, world.ada, world.bo, world.eve])
    twin = trainer.replica.update().twin
    try:
        match chance.randrange(5):
            case 0 | 1:
                world.add(trainer, who, chance.randrange(4), label=chance.randrange(2))
            case 2:
                world.later(chance.choice([60, 700, 1_500]))
                world.mine(1)
                trainer.claim_all(who)
            case 3:
                trainer.add_class(twin.owner, f"class {chance.random()}")
            case 4:
                trainer.transfer_ownership(twin.owner, who)
    except Refused:
        pass


def test_two_followers_of_one_catalog_do_not_disturb_each_other(
    catalog: Catalog, world: World, fresh: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("decai.chain.log_reader._FIRST_SPAN", 2)
    trainer = world.deploy()
    catalog.add_model(world.chain, trainer.address)
    for turn in range(20):
        world.add(trainer, (world.ada, world.bo)[turn % 2], 0)
    followers = [Follower(catalog, lambda: RpcChain(world.url), interval=0.01) for _ in range(2)]
    for follower in followers:
        follower.start()
    for _ in range(10):
        world.add(trainer, world.eve, 1)
    head = world.chain.block
    done = threading.Event()
    for _ in range(2_000):
        if catalog.models.find().items[0].scanned == head:
            break
        done.wait(0.01)
    for follower in followers:
        follower.stop()
    assert all(follower.join(30) for follower in followers)
    assert differences(everything(catalog), fresh(catalog, world.url)) == []
    assert catalog.history.contributions().total == 30


def test_what_is_not_confirmed_by_enough_blocks_waits(catalog: Catalog, world: World) -> None:
    trainer = world.deploy()
    catalog.add_model(world.chain, trainer.address)
    world.mine(3)
    follower = follow(catalog, world.url, confirmations=3)
    world.add(trainer, world.ada, 0)
    for blocks, seen in ((0, 0), (2, 0), (1, 1)):
        if blocks:
            world.mine(blocks)
        follower.step()
        assert catalog.history.contributions().total == seen


class TestInItsThread:
    def test_it_follows_and_tells_how_far_it_is(self, catalog: Catalog, world: World) -> None:
        trainer = world.deploy()
        catalog.add_model(world.chain, trainer.address)
        follower = Follower(catalog, lambda: RpcChain(world.url), interval=0.02)
        follower.start()
        world.add(trainer, world.ada, 0)
        follower.wake()
        until(lambda: catalog.history.contributions().total == 1)
        until(lambda: catalog.status() != () and catalog.status()[0].head == world.chain.block)
        follower.stop()
        assert follower.join(30)
        (status,) = catalog.status()
        assert (status.chain_id, status.models, status.behind, status.fault) == (31_337, 1, 0, None)

    @pytest.mark.usefixtures("impatient")
    def test_it_says_what_is_wrong_and_goes_on_when_that_is_over(
        self, catalog: Catalog, world: World
    ) -> None:
        trainer = world.deploy()
        catalog.add_model(world.chain, trainer.address)
        with proxied(world.url) as proxy:
            follower = Follower(catalog, lambda: RpcChain(proxy.url), interval=0.02)
            follower.start()
            until(lambda: catalog.status() != ())
            proxy.always("eth_getBlockByNumber", answer("", 403))
            until(lambda: follower.fault is not None)
            assert str(follower.fault).endswith("refuses access (HTTP 403)")
            until(lambda: catalog.status()[0].fault == follower.fault)
            world.add(trainer, world.ada, 0)
            proxy.always("eth_getBlockByNumber", lambda forward: None)
            until(lambda: catalog.history.contributions().total == 1)
            until(lambda: catalog.status()[0].fault is None)
            follower.stop()
            assert follower.join(30)

    def test_it_is_stopped_without_waiting_for_the_node(self, catalog: Catalog, world: World) -> None:
        answered = threading.Event()

        def wait(forward: Forward) -> None:
            answered.wait(60)

        with proxied(world.url) as proxy:
            proxy.always("eth_getBlockByNumber", wait)
            follower = Follower(catalog, lambda: RpcChain(proxy.url))
            follower.start()
            until(lambda: proxy.count("eth_getBlockByNumber") == 1)
            follower.stop()
            # The request is still under way.
            assert not follower.join(0)
            answered.set()
            assert follower.join(30)


def until(holds: Any) -> None:
    """Wait for something; a minute at most."""
    pause = threading.Event()
    for _ in range(3_000):
        if holds():
            return
        pause.wait(0.02)
    raise AssertionError("it never was so")


class TestANode:
    """That lies, or refuses, harms nothing but itself."""

    BAD: tuple[tuple[str, Trick], ...] = (
        ("eth_getBlockByNumber", result(None)),
        ("eth_getBlockByNumber", result({})),
        ("eth_getBlockByNumber", result("0x")),
        ("eth_getLogs", result(7)),
        ("eth_getLogs", result([{"address": "0x", "blockHash": "0x" + "11" * 32, "blockTimestamp": "0x1"}])),
        ("eth_getLogs", result([[]])),
        ("batch", result([])),
        ("batch", answer("[]")),
        ("eth_getLogs", answer("x" * 100)),
    )

    @pytest.mark.usefixtures("impatient")
    def test_that_answers_with_nonsense(self, catalog: Catalog, world: World) -> None:
        trainer = world.deploy()
        catalog.add_model(world.chain, trainer.address)
        world.add(trainer, world.ada, 0)
        empty = everything(catalog)
        with proxied(world.url) as proxy:
            for method, trick in self.BAD:
                proxy.always(method, trick)
                with pytest.raises(ChainError):
                    follow(catalog, proxy.url)
                assert everything(catalog) == empty
                proxy.always(method, lambda forward: None)
            follow(catalog, proxy.url)
        assert catalog.history.contributions().total == 1

    def test_that_gives_events_of_another_chain_than_its_blocks(self, catalog: Catalog, world: World) -> None:
        trainer = world.deploy()
        catalog.add_model(world.chain, trainer.address)
        world.add(trainer, world.ada, 0)
        empty = everything(catalog)

        def other_hash(forward: Forward) -> Answer:
            block = world.chain.node.ask("eth_getBlockByNumber", "latest", False)["hash"]
            return Answer(forward().replace(block.encode(), b"0x" + b"99" * 32))

        with proxied(world.url) as proxy:
            proxy.always("eth_getLogs", other_hash)
            with pytest.raises(ChainError, match="the chain is being reorganised"):
                follow(catalog, proxy.url)
        assert everything(catalog) == empty

    @pytest.mark.usefixtures("impatient")
    def test_that_refuses_the_events_of_one_model_gives_those_of_others(
        self, catalog: Catalog, world: World
    ) -> None:
        bad, *good = [world.deploy(f"model {number}") for number in range(5)]
        for trainer in (bad, *good):
            catalog.add_model(world.chain, trainer.address)
        with proxied(Picky(world.url, bad.address)) as proxy:
            follower = follow(catalog, proxy.url)
            for turn in range(1, 6):
                states = {model.address: model.state for model in catalog.models.find().items}
                assert states[bad.address] is (ModelState.FOLLOWED if turn < 5 else ModelState.BROKEN)
                for trainer in good:
                    world.add(trainer, world.ada, 0)
                follower.step()
                assert catalog.history.contributions().total == 4 * turn
        model = catalog.models.at(world.chain.chain_id, bad.address)
        assert model is not None
        assert str(model.fault).endswith("eth_getLogs: too much at once")

    @pytest.mark.usefixtures("impatient")
    def test_that_gives_nothing_to_anybody_breaks_no_model(self, catalog: Catalog, world: World) -> None:
        for number in range(2):
            catalog.add_model(world.chain, world.deploy(f"model {number}").address)
        with proxied(world.url) as proxy:
            proxy.always("eth_getLogs", error(-32601, "no such method"))
            for _ in range(7):
                with pytest.raises(ChainError, match="no such method"):
                    follow(catalog, proxy.url)
        assert catalog.models.find(state=ModelState.FOLLOWED).total == 2


class Picky(Proxy):
    """Gives no events of one contract."""

    def __init__(self, target: str, address: Address) -> None:
        super().__init__(target)
        self.address = address

    def handle(self, body: bytes) -> Answer:
        if b"eth_getLogs" in body and self.address.encode() in body:
            given = error(-32005, "too much at once")(lambda: b"")
            assert given is not None
            return given
        return super().handle(body)
