"""The clock, the accounts and the blocks of a node for development are ours to move."""

import json
from collections.abc import Iterator

import pytest

from decai.chain.base import Mined, Transaction
from decai.chain.evm import EvmChain
from decai.chain.keystore import Keystore
from decai.chain.rpc import RpcChain
from decai.errors import ChainError, Refused
from decai.units import ETHER, Address, Seconds, Wei
from tests.chain.conftest import running_anvil
from tests.chain.counter import add, count, data, deploy, seen_time
from tests.chain.proxy import Answer, Proxy, error, proxied, result

SOMEBODY = Address("0x1111111111111111111111111111111111111111")
OTHER = Address("0x2222222222222222222222222222222222222222")


@pytest.fixture
def chain(anvil: str) -> RpcChain:
    """A node that others might use as well."""
    return RpcChain(anvil)


@pytest.fixture
def sandbox(anvil: str) -> RpcChain:
    """A node of our own, where two people own something."""
    chain = RpcChain(anvil, sandbox=True)
    for person in (SOMEBODY, OTHER):
        chain.set_balance(person, ETHER)
    return chain


@pytest.fixture
def fast_sandbox() -> Iterator[RpcChain]:
    """A sandbox on an anvil that begins where another one stands, which spares it the roots of its states."""
    with (
        running_anvil() as base,
        running_anvil("--fork-url", base, "--prune-history") as url,
    ):
        chain = RpcChain(url, sandbox=True)
        chain.set_balance(SOMEBODY, ETHER)
        yield chain


class WithoutSync(Proxy):
    """A node that sends transactions, but does not wait for their blocks."""

    def handle(self, body: bytes) -> Answer:
        requests = json.loads(body)
        if not (isinstance(requests, list) and requests[-1]["method"].endswith("Sync")):
            return super().handle(body)
        self.seen.append(("batch", requests))
        refused = {"code": -32601, "message": "method is not served"}
        answers = [{"id": requests[0]["id"], "result": None}, {"id": requests[1]["id"], "error": refused}]
        return Answer(json.dumps(answers).encode())


class TestClock:
    def test_the_next_block_calls_and_now_have_exactly_the_time_that_was_set(self, chain: RpcChain) -> None:
        counter = deploy(chain)
        then = Seconds(chain.now + 1_000_000)
        chain.advance_to(then)
        assert chain.now == then
        assert seen_time(chain, counter) == then
        assert chain.block == 1
        assert chain.send(add(chain.accounts[0], counter, 1)).time == then
        assert chain.now >= then

    def test_what_has_to_wait_is_judged_by_the_time_of_its_block(self, chain: RpcChain) -> None:
        counter = deploy(chain)
        opened = chain.now
        wait = Transaction(chain.accounts[0], counter, data("wait(uint256)", 10_000))
        chain.advance_to(Seconds(opened + 9_000))
        with pytest.raises(Refused, match=r"^counter: not enough time has passed$"):
            chain.send(wait)
        with pytest.raises(Refused, match=r"^counter: not enough time has passed$"):
            chain.call(counter, wait.data)
        chain.advance_to(Seconds(opened + 10_000))
        chain.call(counter, wait.data)
        assert chain.send(wait).time == opened + 10_000

    def test_the_same_time_may_be_set_again_but_none_before(self, chain: RpcChain) -> None:
        counter = deploy(chain)
        then = Seconds(chain.now + 100)
        for _ in range(2):
            chain.advance_to(then)
            assert chain.send(add(chain.accounts[0], counter, 1)).time == then
        with pytest.raises(Refused, match=r"^chain: time never goes back$"):
            chain.advance_to(Seconds(then - 1))

    def test_other_processes_see_the_time_that_was_set(self, chain: RpcChain, anvil: str) -> None:
        then = Seconds(chain.now + 500)
        chain.advance_to(then)
        assert RpcChain(anvil).now == then

    @pytest.mark.parametrize("version", ["Geth/v1.16.0-stable/linux-amd64/go1.24", "erigon/3.0.0", ""])
    def test_the_clock_of_other_nodes_is_not_ours(self, proxy: Proxy, version: str) -> None:
        proxy.always("web3_clientVersion", result(version))
        chain = RpcChain(proxy.url)
        for call in (
            lambda: chain.advance_to(Seconds(2**33)),
            lambda: chain.set_balance(SOMEBODY, ETHER),
            lambda: chain.send_many([], []),
        ):
            with pytest.raises(Refused) as refusal:
                call()
            assert str(refusal.value) == "chain: its clock is not ours to move"
        latest = chain.node.ask("eth_getBlockByNumber", "latest", False)
        assert chain.now == int(latest["timestamp"], 16)
        assert proxy.parameters("eth_getBlockByNumber")[-1] == ["latest", False]

    def test_a_node_that_does_not_tell_its_version_is_none_for_development(self, proxy: Proxy) -> None:
        proxy.always("web3_clientVersion", error(-32601, "the method does not exist"))
        with pytest.raises(Refused, match=r"^chain: its clock is not ours to move$"):
            RpcChain(proxy.url).advance_to(Seconds(2**33))


class TestSandbox:
    def test_anybody_sends_and_gas_costs_nothing(self, sandbox: RpcChain) -> None:
        counter = deploy(sandbox)
        mined = sandbox.send(add(SOMEBODY, counter, 3, value=5))
        assert mined.fee == 0
        assert mined.gas > 21_000
        assert sandbox.balance(SOMEBODY) == ETHER - 5
        assert sandbox.balance(counter) == 5
        with pytest.raises(
            ChainError, match=r"^0x2{40} has 1 ETH, and this takes up to 2 ETH: 1 ETH are missing"
        ):
            sandbox.send(add(OTHER, counter, 3, value=2 * ETHER))

    def test_the_clock_stands_still_until_it_is_moved(self, sandbox: RpcChain) -> None:
        counter = deploy(sandbox)
        begin = sandbox.now
        sandbox.advance_to(Seconds(begin + 100))
        times = [sandbox.send(add(SOMEBODY, counter, 1)).time for _ in range(5)]
        assert times == [begin + 100] * 5
        assert sandbox.now == seen_time(sandbox, counter) == begin + 100

    def test_gas_stays_free_after_blocks_full_of_it(self, sandbox: RpcChain) -> None:
        counter = deploy(sandbox)
        heavy = Transaction(SOMEBODY, counter, data("spend(uint256)", 20_000))
        for _ in range(2):
            assert sandbox.send(heavy).gas > 4_000_000
        assert sandbox.balance(SOMEBODY) == ETHER

    def test_only_an_anvil_can_be_one(self, proxy: Proxy) -> None:
        proxy.always("web3_clientVersion", result("HardhatNetwork/2.22.0"))
        with pytest.raises(ChainError, match=r"only an anvil can be a sandbox$"):
            RpcChain(proxy.url, sandbox=True)
        assert "anvil_autoImpersonateAccount" not in {method for method, _ in proxy.seen}


class TestSendMany:
    @pytest.fixture(params=["sandbox", "fast_sandbox"])
    def own(self, request: pytest.FixtureRequest) -> RpcChain:
        chain = request.getfixturevalue(request.param)
        assert isinstance(chain, RpcChain)
        chain.set_balance(OTHER, ETHER)
        return chain

    def test_each_has_a_block_of_exactly_its_time_in_order(self, own: RpcChain) -> None:
        counter = deploy(own)
        begin = own.now + 10
        times = [Seconds(begin + offset) for offset in (0, 0, 1, 1, 1, 60, 10**6, 10**6)]
        senders = [SOMEBODY, OTHER, SOMEBODY, SOMEBODY, OTHER, OTHER, SOMEBODY, OTHER]
        transactions = [add(sender, counter, 10 + n, value=n) for n, sender in enumerate(senders)]
        done: list[tuple[int, int]] = []
        mined = own.send_many(transactions, times, lambda *step: done.append(step))
        assert [one.time for one in mined] == times
        assert [one.block for one in mined] == list(range(mined[0].block, mined[0].block + 8))
        assert [one.refusal for one in mined] == [None] * 8
        assert done == [(8, 8)]
        logs = list(own.logs(counter, 0))
        assert [int.from_bytes(log.data) for log in logs] == list(range(10, 18))
        assert [log.time for log in logs] == times
        assert logs == [log for one in mined for log in one.logs]
        assert own.now == times[-1]
        assert own.balance(counter) == sum(range(8))

    def test_a_refused_one_says_why_and_the_others_go_on(self, own: RpcChain) -> None:
        counter = deploy(own)
        now = own.now
        calls = ["silent()", "panic()", "custom()"]
        transactions = [
            add(SOMEBODY, counter, 1),
            add(SOMEBODY, counter, 7),
            *(Transaction(SOMEBODY, counter, data(call)) for call in calls),
            Transaction(SOMEBODY, counter, data("spend(uint256)", 100_000), gas=100_000),
            add(SOMEBODY, counter, 2),
        ]
        mined = own.send_many(transactions, [now] * len(transactions))
        assert [one.refusal for one in mined] == [
            None,
            "counter: seven is refused",
            "the contract refuses without a word",
            "the contract panics (0x11: an integer left its range)",
            "the contract refuses with error 0xcf479181 and 64 bytes of details",
            "ran out of gas: 100,000 were not enough",
            None,
        ]
        assert count(own, counter) == 2

    def test_a_refusal_is_that_of_its_own_moment(self, own: RpcChain) -> None:
        # Afterwards, the second call would be refused for another reason, and the third for none.
        counter = deploy(own)
        now = own.now
        once = Transaction(SOMEBODY, counter, data("once()"))
        wait = Transaction(SOMEBODY, counter, data("wait(uint256)", 1_000))
        mined = own.send_many([once, once, wait, wait], [Seconds(now + t) for t in (0, 0, 999, 1_000)])
        assert [one.refusal for one in mined] == [
            None,
            "counter: only once",
            "counter: not enough time has passed",
            None,
        ]

    def test_it_gives_what_the_chain_in_this_process_gives(self, own: RpcChain) -> None:
        def played(chain: RpcChain | EvmChain) -> list[tuple[object, ...]]:
            counter = deploy(chain)
            begin = chain.now + 5
            transactions = [add(SOMEBODY if n % 3 else OTHER, counter, n % 9, value=n) for n in range(30)]
            mined = chain.send_many(transactions, [Seconds(begin + n // 4) for n in range(30)])
            return [(one.time - begin, one.refusal, [log.data for log in one.logs]) for one in mined]

        ours = EvmChain({own.accounts[0]: ETHER, SOMEBODY: ETHER, OTHER: ETHER}, Seconds(1_700_000_000))
        assert played(own) == played(ours)

    def test_nothing_to_send(self, own: RpcChain) -> None:
        before = own.block
        assert own.send_many([], []) == []
        assert own.block == before

    def test_times_that_fall_or_lie_in_the_past_are_refused(self, own: RpcChain) -> None:
        counter = deploy(own)
        now = own.now
        two = [add(SOMEBODY, counter, 1)] * 2
        with pytest.raises(Refused, match=r"^chain: time never goes back$"):
            own.send_many(two, [Seconds(now + 9), Seconds(now + 8)])
        with pytest.raises(Refused, match=r"^chain: time never goes back$"):
            own.send_many(two, [Seconds(now - 1), now])
        with pytest.raises(ValueError, match=r"^2 transactions need as many times, not 1$"):
            own.send_many(two, [now])
        assert count(own, counter) == 0

    def test_one_that_cannot_get_into_a_block_ends_it(self, own: RpcChain) -> None:
        counter = deploy(own)
        now = own.now
        many = [
            add(SOMEBODY, counter, 1),
            add(SOMEBODY, counter, 2, value=2 * ETHER),
            add(SOMEBODY, counter, 3),
        ]
        with pytest.raises(ChainError, match=r"Insufficient funds.*; 1 of 3 were sent before$"):
            own.send_many(many, [now] * 3)
        assert count(own, counter) == 1

    def test_accounts_of_a_shared_node_pay_for_their_gas(self, chain: RpcChain) -> None:
        counter = deploy(chain)
        first, second = chain.accounts[:2]
        before = chain.balance(second)
        then = Seconds(chain.now + 1_000)
        mined: list[Mined] = chain.send_many(
            [add(first, counter, 1), add(second, counter, 2), add(second, counter, 3)],
            [then, then, Seconds(then + 1)],
        )
        assert [one.time for one in mined] == [then, then, then + 1]
        assert mined[1].fee > 0
        assert chain.balance(second) == before - mined[1].fee - mined[2].fee

    def test_keys_of_this_machine_sign_as_well(self, anvil: str) -> None:
        key = Keystore(iterations=2).create("word")
        chain = RpcChain(anvil, account=key, password=lambda _: "word")
        chain.set_balance(key, ETHER)
        counter = deploy(chain)
        then = Seconds(chain.now + 1_000)
        mined = chain.send_many([add(key, counter, 6), add(key, counter, 7)], [then, Seconds(then + 1)])
        assert [(one.time, one.refusal) for one in mined] == [
            (then, None),
            (then + 1, "counter: seven is refused"),
        ]
        assert chain.nonce(key) == 3

    def test_a_node_that_does_not_wait_for_blocks_is_asked_for_each(self, anvil: str) -> None:
        with proxied(WithoutSync(anvil)) as proxy:
            chain = RpcChain(proxy.url)
            counter = deploy(chain)
            then = Seconds(chain.now + 1_000)
            times = [Seconds(then + n // 2) for n in range(4)]
            mined = chain.send_many([add(chain.accounts[n % 2], counter, 6 + n) for n in range(4)], times)
        assert [one.time for one in mined] == times
        assert [one.refusal for one in mined] == [None, "counter: seven is refused", None, None]
        # Once for transactions, once for the reasons of the reverted ones.
        assert proxy.count("batch") == 2

    def test_a_node_where_somebody_else_makes_blocks_is_found_out(self, proxy: Proxy, anvil: str) -> None:
        chain = RpcChain(proxy.url, sandbox=True)
        counter = deploy(chain)
        other = RpcChain(anvil)
        then = Seconds(chain.now + 10)

        def in_between(forward: object) -> None:
            other.node.ask("evm_mine", {"timestamp": hex(then + 5)})

        proxy.play("batch", in_between)
        with pytest.raises(ChainError, match=r"; 0 of 1 were sent before$"):
            chain.send_many([add(chain.accounts[0], counter, 1)], [then])


def test_wei_of_anybody_can_be_set(chain: RpcChain) -> None:
    chain.set_balance(SOMEBODY, Wei(7))
    assert chain.balance(SOMEBODY) == 7
