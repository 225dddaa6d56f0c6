"""A chain behind a real node: what it tells, whom it sends for, and one line for all that goes wrong."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from decai.chain.base import Chain, Transaction
from decai.chain.keystore import Keystore
from decai.chain.rpc import RpcChain
from decai.errors import ChainError, InputError, Refused
from decai.units import ETHER, Address, Seconds, Wei
from tests.chain.conftest import running_anvil
from tests.chain.counter import add, count, data, deploy, init_code
from tests.chain.proxy import Answer, Proxy, Trick, answer, error, lose_request, proxied, result

pytestmark = pytest.mark.usefixtures("impatient")

NOBODY = Address("0x1111111111111111111111111111111111111111")


@pytest.fixture
def chain(anvil: str) -> RpcChain:
    return RpcChain(anvil)


@pytest.fixture
def keystore() -> Keystore:
    """In the data folder, as by default."""
    return Keystore(iterations=2)


def unfriendly(proxy: Proxy) -> None:
    """Let the node seem to be one of a public network: no accounts of its own, no clock to move."""
    proxy.always("eth_accounts", error(-32601, "the method eth_accounts does not exist"))
    proxy.always("web3_clientVersion", result("Geth/v1.16.0"))


class TestConnecting:
    def test_it_is_a_chain(self, chain: RpcChain, anvil: str) -> None:
        assert isinstance(chain, Chain)
        assert chain.chain_id == 31337
        assert repr(chain) == f"RpcChain('{anvil}', chain_id=31337)"
        assert RpcChain(anvil, chain_id=31337).block == 0

    def test_no_url(self) -> None:
        with pytest.raises(InputError, match=r"^'localhost' is no URL of a node; write it like http://127"):
            RpcChain("localhost")

    def test_another_chain_than_expected(self, anvil: str) -> None:
        with pytest.raises(ChainError) as told:
            RpcChain(anvil, chain_id=1)
        assert str(told.value) == f"{anvil}: is a node of chain 31337, not of chain 1"

    @pytest.mark.parametrize(
        ("trick", "line"),
        [
            (error(-32601, "method not found"), ": is no Ethereum node: method not found"),
            (answer("<html>hello</html>"), " answers, but not as an Ethereum node does"),
            (answer("", 401), " refuses access (HTTP 401); it wants a key or a password in its URL"),
            (answer("", 429), " asks for fewer requests (HTTP 429); try again later"),
            (lose_request, " broke the connection off"),
        ],
    )
    def test_what_is_no_node_that_answers_is_one_line(self, trick: Trick, line: str) -> None:
        with proxied("http://127.0.0.1:9") as proxy:
            proxy.always("eth_chainId", trick)
            with pytest.raises(ChainError) as told:
                RpcChain(f"{proxy.url}/secret")
            assert str(told.value) == f"{proxy.url}{line}"

    def test_a_chain_id_that_makes_no_sense(self) -> None:
        with proxied("http://127.0.0.1:9") as proxy:
            proxy.always("eth_chainId", result("main"))
            with pytest.raises(ChainError, match=r"makes no sense: the chain id is missing or malformed$"):
                RpcChain(proxy.url)

    def test_a_node_that_dies_is_one_line(self) -> None:
        with running_anvil() as url:
            chain = RpcChain(url)
            counter = deploy(chain)
        actions: list[Callable[[], object]] = [
            lambda: chain.block,
            lambda: chain.now,
            lambda: chain.balance(NOBODY),
            lambda: chain.call(counter, data("count()")),
            lambda: chain.send(add(chain.accounts[0], counter, 1)),
            lambda: list(chain.logs(counter, 0)),
            lambda: chain.advance_to(Seconds(2**33)),
        ]
        for action in actions:
            with pytest.raises(ChainError) as told:
                action()
            assert str(told.value) == f"{url}: nobody listens there; is the node running?"


class TestAccounts:
    def test_a_nodes_own_accounts_come_first(self, chain: RpcChain, keystore: Keystore) -> None:
        key = keystore.create("word")
        assert len(chain.accounts) == 11
        assert chain.accounts[0] == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
        assert chain.accounts[-1] == key

    def test_public_nodes_have_none_so_the_oldest_key_is_first(
        self, proxy: Proxy, keystore: Keystore
    ) -> None:
        unfriendly(proxy)
        keys = [keystore.create("word") for _ in range(2)]
        assert list(RpcChain(proxy.url).accounts) == keys

    def test_a_chosen_account_is_first(self, anvil: str, keystore: Keystore) -> None:
        key = keystore.create("word")
        chain = RpcChain(anvil, account=key)
        assert chain.accounts[0] == key
        assert len(chain.accounts) == len(set(chain.accounts)) == 11

    def test_an_account_whose_key_nobody_has(self, anvil: str, chain: RpcChain, keystore: Keystore) -> None:
        line = f"{NOBODY}: its key is neither in {keystore.folder} nor with {anvil}"
        with pytest.raises(ChainError) as told:
            RpcChain(anvil, account=NOBODY)
        assert str(told.value) == line
        with pytest.raises(ChainError) as told:
            chain.send(Transaction(NOBODY, chain.accounts[0], b""))
        assert str(told.value) == line

    def test_a_password_is_asked_for_once_and_only_to_send(self, anvil: str, keystore: Keystore) -> None:
        key = keystore.create("word")
        asked: list[Address] = []

        def password(address: Address) -> str:
            asked.append(address)
            return "word"

        chain = RpcChain(anvil, account=key, keystore=keystore, password=password)
        chain.set_balance(key, ETHER)
        counter = deploy(chain)
        assert asked == [key]
        chain.send(add(key, counter, 1))
        assert asked == [key]

    def test_a_wrong_password_is_one_line_and_nothing_is_sent(self, anvil: str, keystore: Keystore) -> None:
        key = keystore.create("word")
        chain = RpcChain(anvil, account=key, password=lambda _: "ward")
        chain.set_balance(key, ETHER)
        with pytest.raises(InputError, match=r": wrong password$"):
            chain.send(Transaction(key, NOBODY, b"", Wei(1)))
        assert chain.balance(NOBODY) == 0

    def test_another_folder_of_keys(self, anvil: str, tmp_path: Path) -> None:
        other = Keystore(tmp_path / "elsewhere", iterations=2)
        assert RpcChain(anvil, keystore=other).accounts[-1] != (key := other.create("word"))
        assert RpcChain(anvil, keystore=other).accounts[-1] == key


class TestSending:
    def test_what_was_done_is_told(self, chain: RpcChain) -> None:
        sender = chain.accounts[0]
        before = chain.balance(sender)
        deployed = chain.send(Transaction(sender, None, init_code()))
        assert deployed.contract == "0x5FbDB2315678afecb367f032d93F642f64180aa3"
        assert chain.code(deployed.contract) != b""
        assert deployed.block == chain.block == 1
        mined = chain.send(add(sender, deployed.contract, 5, value=3))
        assert (mined.contract, mined.refusal, mined.block) == (None, None, 2)
        assert chain.balance(sender) == before - deployed.fee - mined.fee - 3
        assert chain.balance(deployed.contract) == 3
        (log,) = mined.logs
        assert log.address == deployed.contract
        assert int.from_bytes(log.data) == 5
        assert log.topics[1][12:].hex() == sender[2:].lower()
        assert (log.block, log.time, log.transaction, log.position) == (2, mined.time, mined.transaction, 0)
        assert list(chain.logs(deployed.contract, 0)) == [log]
        assert list(chain.logs(deployed.contract, 0, 1)) == []
        assert chain.nonce(sender) == 2
        assert chain.code(NOBODY) == b""

    @pytest.mark.parametrize(
        ("function", "arguments", "sentence"),
        [
            ("add(uint256)", [7], "counter: seven is refused"),
            ("silent()", [], "the contract refuses without a word"),
            ("panic()", [], "the contract panics (0x11: an integer left its range)"),
            ("custom()", [], "the contract refuses with error 0xcf479181 and 64 bytes of details"),
        ],
    )
    @pytest.mark.parametrize("gas", [None, 200_000])
    def test_what_would_be_refused_is_not_sent(
        self, function: str, arguments: list[int], sentence: str, gas: int | None, chain: RpcChain
    ) -> None:
        counter = deploy(chain)
        call = data(function, *arguments)
        with pytest.raises(Refused) as refusal:
            chain.send(Transaction(chain.accounts[0], counter, call, gas=gas))
        assert str(refusal.value) == sentence
        with pytest.raises(Refused) as refusal:
            chain.call(counter, call)
        assert str(refusal.value) == sentence
        assert chain.block == 1

    def test_a_deployment_that_would_be_refused_is_not_sent(self, chain: RpcChain) -> None:
        # PUSH0 PUSH0 REVERT
        with pytest.raises(Refused, match=r"^the contract refuses without a word$"):
            chain.send(Transaction(chain.accounts[0], None, bytes.fromhex("5f5ffd")))
        assert chain.block == 0

    @pytest.mark.parametrize("version", ["anvil/v1.7.1", "Geth/v1.16.0"])
    def test_what_is_refused_only_in_its_block_says_why(
        self, version: str, chain: RpcChain, proxy: Proxy
    ) -> None:
        counter = deploy(chain)
        once = Transaction(chain.accounts[1], counter, data("once()"))

        def somebody_was_faster(forward: object) -> None:
            chain.send(Transaction(chain.accounts[2], counter, data("once()")))

        proxy.always("web3_clientVersion", result(version))
        proxy.play("eth_sendTransaction", somebody_was_faster)
        with pytest.raises(Refused) as refusal:
            RpcChain(proxy.url).send(once)
        assert str(refusal.value) == "counter: only once"
        assert chain.block == 3
        assert count(chain, counter) == 1

    def test_gas_that_runs_out_in_the_block_is_told(self, chain: RpcChain, proxy: Proxy) -> None:
        counter = deploy(chain)
        proxy.play("eth_estimateGas", result(hex(60_000)))
        with pytest.raises(Refused) as refusal:
            RpcChain(proxy.url).send(Transaction(chain.accounts[0], counter, data("spend(uint256)", 10_000)))
        # A quarter more than the estimate.
        assert str(refusal.value) == "ran out of gas: 75,000 were not enough"

    @pytest.mark.parametrize("by_key", [True, False])
    def test_too_little_money_says_how_much_is_missing(
        self, by_key: bool, anvil: str, chain: RpcChain, keystore: Keystore
    ) -> None:
        sender = keystore.create("word") if by_key else chain.accounts[3]
        chain.set_balance(sender, Wei(ETHER // 4))
        poor = RpcChain(anvil, account=sender, password=lambda _: "word")
        counter = deploy(chain)
        with pytest.raises(ChainError) as told:
            poor.send(add(sender, counter, 1, value=2 * ETHER))
        assert str(told.value) == (
            f"{sender} has 0.25 ETH, and this takes up to 2 ETH: 1.75 ETH are missing; nothing was sent"
        )
        with pytest.raises(ChainError) as told:
            poor.send(add(sender, counter, 1, value=ETHER // 4))
        found = re.fullmatch(
            rf"{sender} has 0\.25 ETH, and this takes up to 0\.250(\d+) ETH: 0\.000(\d+) ETH are missing; "
            r"nothing was sent",
            str(told.value),
        )
        assert found is not None
        assert found[1] == found[2]
        assert count(chain, counter) == 0

    def test_a_chain_without_base_fees_takes_transactions_of_the_old_kind(self, keystore: Keystore) -> None:
        with running_anvil(hardfork="berlin") as url:
            key = keystore.create("word")
            chain = RpcChain(url, account=key, password=lambda _: "word")
            chain.set_balance(key, ETHER)
            for sender in (key, chain.accounts[1]):
                mined = chain.send(Transaction(sender, NOBODY, b"", Wei(1)))
                assert (
                    chain.node.ask("eth_getTransactionByHash", f"0x{mined.transaction.hex()}")["type"]
                    == "0x0"
                )
            assert chain.balance(key) == ETHER - 1 - mined.fee
            assert chain.balance(NOBODY) == 2

    def test_fees_are_those_of_eip_1559(self, anvil: str, keystore: Keystore) -> None:
        key = keystore.create("word")
        chain = RpcChain(anvil, account=key, password=lambda _: "word")
        chain.set_balance(key, ETHER)
        base = int(chain.node.ask("eth_getBlockByNumber", "latest", False)["baseFeePerGas"], 16)
        tip = int(chain.node.ask("eth_maxPriorityFeePerGas"), 16)
        mined = chain.send(Transaction(key, NOBODY, b"", Wei(1)))
        sent = chain.node.ask("eth_getTransactionByHash", f"0x{mined.transaction.hex()}")
        assert sent["type"] == "0x2"
        assert int(sent["maxFeePerGas"], 16) == 2 * base + tip
        assert int(sent["maxPriorityFeePerGas"], 16) == tip
        assert int(sent["chainId"], 16) == 31337

    def test_a_limit_of_ones_own_is_kept(self, chain: RpcChain) -> None:
        counter = deploy(chain)
        mined = chain.send(add(chain.accounts[0], counter, 1, gas=123_456))
        sent = chain.node.ask("eth_getTransactionByHash", f"0x{mined.transaction.hex()}")
        assert int(sent["gas"], 16) == 123_456


class TestCalls:
    def test_calls_know_their_sender_and_value_and_change_nothing(self, chain: RpcChain) -> None:
        counter = deploy(chain)
        chain.call(counter, data("add(uint256)", 3), sender=chain.accounts[1], value=Wei(5))
        assert count(chain, counter) == 0
        assert chain.balance(counter) == 0
        assert chain.call(NOBODY, b"\x01") == b""

    def test_a_call_that_the_node_cannot_make_is_no_refusal(self, chain: RpcChain, proxy: Proxy) -> None:
        proxy.always("eth_call", error(-32000, "header not found"))
        with pytest.raises(ChainError) as told:
            RpcChain(proxy.url).call(NOBODY, b"")
        assert str(told.value) == f"{proxy.url}: eth_call: header not found"

    def test_logs_come_in_order_with_the_times_of_their_blocks(self, chain: RpcChain, proxy: Proxy) -> None:
        counter = deploy(chain)
        sender = chain.accounts[0]
        begin = chain.now
        times = [Seconds(begin + 10 + 3 * n) for n in range(20)]
        chain.send_many([add(sender, counter, n + 100) for n in range(20)], times)

        def without_times(forward: Callable[[], bytes]) -> Answer:
            """Most nodes give logs without the times of their blocks."""
            given = json.loads(forward())
            for log in given["result"]:
                del log["blockTimestamp"]
            return Answer(json.dumps(given).encode())

        proxy.always("eth_getLogs", without_times)
        logs = list(RpcChain(proxy.url).logs(counter, 5, 15))
        assert [log.block for log in logs] == list(range(5, 16))
        assert [log.time for log in logs] == times[3:14]
        assert [int.from_bytes(log.data) for log in logs] == list(range(103, 114))
