"""A deployment is complete or goes on; it fits into what chains take; nothing is deployed twice."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from decai.chain.address import checksummed
from decai.chain.client import ChainTrainer
from decai.chain.compose import Composition, Texts, compose
from decai.chain.deploy import init_code
from decai.chain.deployment import deploy_model, deploying
from decai.chain.evm import EvmChain
from decai.chain.fees import MAX_GAS
from decai.chain.kinds import read_parameters
from decai.chain.model import read
from decai.chain.plan import INIT_CODE_LIMIT, MODEL, Plan, Step, plan_deployment
from decai.chain.rpc import RpcChain
from decai.classifier import SparsePerceptron
from decai.errors import ChainError, InputError
from decai.incentive import Points, Stakeable
from decai.units import Address, Seconds, Wei
from tests.chain.conftest import running_anvil
from tests.chain.proxy import Answer, HangUp, Proxy, Trick, lose_answer, lose_request, proxied

pytestmark = pytest.mark.usefixtures("impatient")

PARTS = [f"base weights, part {number}" for number in (1, 2, 3)]
INDICES = list(range(7, 7 + 600))
"""Two transactions beside the contract's."""
CHILD = """
import sys
from decai.chain.rpc import RpcChain
from decai.chain.deployment import deploying
from decai.chain.plan import plan_deployment
from tests.chain.test_deployment import INDICES, composition
chain = RpcChain(sys.argv[1])
with deploying(chain, plan_deployment(composition(sys.argv[2]), INDICES), chain.accounts[0]):
    chain.node.ask("web3_sha3", "0x00")  # where a test may kill it
"""


def composition(name: str = "") -> Composition:
    model = SparsePerceptron(("no", "yes"), [1_000, -1_000, 2], learning_rate=1)
    return compose(model, Points(Seconds(20)), Texts(name))


def large() -> Composition:
    """With three data contracts."""
    return compose(SparsePerceptron(("no", "yes"), [i << 33 for i in range(8_000)]), Points(), Texts("large"))


@pytest.fixture
def proxy(node: str) -> Iterator[Proxy]:
    with proxied(node) as one:
        yield one


@pytest.fixture
def chain(node: str) -> RpcChain:
    return RpcChain(node)


def contracts_since(chain: RpcChain, block: int) -> list[Address]:
    """Every contract that was deployed after a block."""
    found = []
    for number in range(block + 1, chain.block + 1):
        for transaction in chain.node.ask("eth_getBlockByNumber", hex(number), True)["transactions"]:
            if transaction["to"] is None:
                receipt = chain.node.ask("eth_getTransactionReceipt", transaction["hash"])
                found.append(checksummed(receipt["contractAddress"]))
    return found


def indices_of(chain: RpcChain, address: Address) -> list[int]:
    """The feature indices of a model, out of its events."""
    return list(ChainTrainer(chain, address).replica.update().feature_indices)


class TestPlan:
    def test_one_transaction_for_a_model_that_uses_all_features(self) -> None:
        plan = plan_deployment(composition())
        assert [(step.title, step.to) for step in plan.steps] == [(MODEL, None)]
        assert plan.steps[0].data({}) == init_code(composition())

    def test_feature_indices_come_in_pieces(self) -> None:
        plan = plan_deployment(composition(), list(range(1_025)))
        assert [step.title for step in plan.steps] == [
            "contract",
            "feature indices 1 to 512",
            "feature indices 513 to 1,024",
            "feature indices 1,025 to 1,025",
        ]
        assert {step.to for step in plan.steps[1:]} == {MODEL}

    def test_content_is_the_same_for_the_same_and_another_for_any_other(self) -> None:
        plans = [
            plan_deployment(composition("a"), [1]),
            plan_deployment(composition("a"), [2]),
            plan_deployment(composition("a"), []),
            plan_deployment(composition("b"), [1]),
        ]
        assert len({plan.content for plan in plans}) == 4
        assert plan_deployment(composition("a"), [1]).content == plans[0].content

    def test_more_gas_than_a_transaction_may_use(self) -> None:
        step = Step("contract", lambda _: b"", None, MAX_GAS + 1)
        with pytest.raises(
            InputError, match=r"^the contract takes 16,777,217 gas; at most 16,777,216 may be$"
        ):
            Plan((step,))

    def test_more_bytes_than_may_deploy(self) -> None:
        step = Step("contract", lambda _: bytes(INIT_CODE_LIMIT + 1), None, 0)
        with pytest.raises(InputError, match=r"^to deploy the contract takes 49,153 bytes; 49,152 may be$"):
            Plan((step,))
        Plan((Step("contract", lambda _: bytes(INIT_CODE_LIMIT), None, MAX_GAS),))

    def test_weights_that_do_not_fit_into_the_contract_come_first(self) -> None:
        plan = plan_deployment(large())
        assert [step.title for step in plan.steps] == [*PARTS, MODEL]
        places = dict(zip(PARTS, [Address(f"0x{digit * 40}") for digit in "123"], strict=True))
        others = dict(zip(PARTS, reversed(places.values()), strict=True))
        assert plan.steps[-1].data(places) != plan.steps[-1].data(others)

    @pytest.mark.parametrize("weights", [0, 3, 1_000, 8_000])
    def test_gas_is_estimated_a_little_above_what_is_used(self, chain: RpcChain, weights: int) -> None:
        model = SparsePerceptron(("no", "yes"), [10**9 + 7 * i for i in range(weights)])
        what = compose(model, Stakeable(Wei(1)), Texts("estimated"))
        plan = plan_deployment(what, INDICES)
        done = deploy_model(chain, what, chain.accounts[0], feature_indices=INDICES)
        for step, used in zip(plan.steps, done.steps, strict=True):
            assert used.gas <= step.gas <= 1.1 * used.gas, step.title


class TestDeploying:
    def test_gives_where_what_and_for_how_much(self, chain: RpcChain) -> None:
        before, sender = chain.balance(chain.accounts[0]), chain.accounts[0]
        said: list[str] = []
        done = deploy_model(chain, composition("x"), sender, feature_indices=INDICES, progress=said.append)
        assert said == [
            "contract (1 of 3)",
            "feature indices 1 to 512 (2 of 3)",
            "feature indices 513 to 600 (3 of 3)",
        ]
        assert indices_of(chain, done.address) == INDICES
        assert (done.first_block, done.resumed) == (chain.block - 2, False)
        assert before - chain.balance(sender) == done.fee == sum(step.fee for step in done.steps)
        assert done.gas == sum(step.gas for step in done.steps)
        assert {step.address for step in done.steps} == {done.address}
        assert read_parameters(chain, ChainTrainer(chain, done.address).info).start.weights() == {
            0: 1_000,
            1: -1_000,
            2: 2,
        }

    def test_to_an_evm_in_this_process(self) -> None:
        owner = Address("0x" + "11" * 20)
        chain = EvmChain({owner: Wei(10**18)})
        done = deploy_model(chain, composition(), owner, feature_indices=INDICES)
        assert len(done.steps) == 3
        assert read(chain, done.address, "featureIndices(uint256)", "uint32", 599) == 606

    def test_base_weights_in_contracts_of_their_own(self, chain: RpcChain) -> None:
        done = deploy_model(chain, large(), chain.accounts[0])
        assert len({step.address for step in done.steps}) == 4
        model = read_parameters(chain, ChainTrainer(chain, done.address).info).start
        assert isinstance(model, SparsePerceptron)
        assert model.weights() == {i: i << 33 for i in range(8_000)}

    def test_twice_makes_two(self, chain: RpcChain) -> None:
        """Who was told of the first one wants another."""
        begin = chain.block
        done = [deploy_model(chain, composition("two"), chain.accounts[0]) for _ in range(2)]
        assert [each.address for each in done] == contracts_since(chain, begin)
        assert not any(each.resumed for each in done)

    def test_too_little_ether(self, chain: RpcChain) -> None:
        poor = chain.accounts[9]
        chain.set_balance(poor, Wei(10**12))
        with pytest.raises(
            ChainError, match=rf"^{poor} has 0.000001 ETH, and this takes up to .* nothing was"
        ):
            deploy_model(chain, composition(), poor)


def kill(processes: "list[subprocess.Popen[bytes]]", *, forwarded: bool) -> Trick:
    def trick(forward: Callable[[], bytes]) -> Answer:
        if forwarded:
            forward()
        processes[0].send_signal(signal.SIGKILL)
        processes[0].wait()
        raise HangUp

    return trick


class TestInterrupted:
    @pytest.mark.parametrize(
        ("method", "skip", "forwarded", "deployed"),
        [
            ("eth_sendTransaction", 0, False, 0),
            ("eth_sendTransaction", 0, True, 1),
            ("eth_getTransactionReceipt", 0, True, 1),
            ("eth_sendTransaction", 1, False, 1),
            ("eth_sendTransaction", 2, True, 1),
            ("web3_sha3", 0, True, 1),
        ],
        ids=[
            "before the contract is sent",
            "after the contract was sent",
            "at the contract's receipt",
            "before the first indices",
            "after the last indices",
            "when all is done and nobody told",
        ],
    )
    def test_kill_9(
        self, proxy: Proxy, chain: RpcChain, method: str, skip: int, forwarded: bool, deployed: int
    ) -> None:
        name, begin = f"killed at {method} {skip} {forwarded}", chain.block
        processes: list[subprocess.Popen[bytes]] = []
        passes: list[Trick] = [lambda _: None] * skip
        proxy.play(method, *passes, kill(processes, forwarded=forwarded))
        root = Path(__file__).parents[2]
        processes.append(
            subprocess.Popen(
                [sys.executable, "-c", CHILD, proxy.url, name],
                cwd=root,
                env={**os.environ, "PYTHONPATH": "."},
            )
        )
        assert processes[0].wait(120) == -signal.SIGKILL
        before = contracts_since(chain, begin)
        assert len(before) == deployed
        done = deploy_model(chain, composition(name), chain.accounts[0], feature_indices=INDICES)
        after = contracts_since(chain, begin)
        assert len(after) == 1
        assert after[: len(before)] == before
        assert done.address == after[0]
        assert done.resumed == bool(deployed)
        assert indices_of(chain, done.address) == INDICES
        assert done.first_block == begin + 1

    def test_by_a_failure_to_tell(self, chain: RpcChain) -> None:
        plan, sender, begin = plan_deployment(composition("untold")), chain.accounts[0], chain.block
        with pytest.raises(BrokenPipeError), deploying(chain, plan, sender) as first:
            raise BrokenPipeError
        with deploying(chain, plan, sender) as second:
            assert (second.address, second.resumed) == (first.address, True)
        assert [first.address] == contracts_since(chain, begin)

    @pytest.mark.parametrize("trick", [lose_answer, lose_request])
    def test_by_a_node_that_dies(self, proxy: Proxy, chain: RpcChain, trick: Trick) -> None:
        begin, what = chain.block, composition(f"node {trick.__name__}")
        lost = RpcChain(proxy.url, timeout=0.5)
        proxy.play("eth_sendTransaction", lambda _: None, trick)

        def die(forward: Callable[[], bytes]) -> Answer:
            if proxy.count("eth_sendTransaction") >= 2:
                raise HangUp
            return Answer(forward())

        for method in ("eth_getTransactionCount", "eth_sendTransaction", "eth_getTransactionReceipt"):
            proxy.always(method, die)
        with pytest.raises(ChainError) as told:
            deploy_model(lost, what, lost.accounts[0], feature_indices=INDICES)
        assert re.search(r"may have been sent: look for", str(told.value))
        done = deploy_model(chain, what, chain.accounts[0], feature_indices=INDICES)
        assert done.resumed
        assert len(contracts_since(chain, begin)) == 1
        assert indices_of(chain, done.address) == INDICES

    def test_on_a_chain_that_began_anew(self, chain: RpcChain) -> None:
        """A node for development has the same chain id each time, and forgets all."""
        plan, sender = plan_deployment(composition("anew")), chain.accounts[0]
        with pytest.raises(BrokenPipeError), deploying(chain, plan, sender):
            raise BrokenPipeError
        with running_anvil() as url:
            fresh = RpcChain(url)
            done = deploy_model(fresh, composition("anew"), sender)
            assert (done.resumed, done.first_block) == (False, 1)
            assert fresh.code(done.address)

    def test_constructor_that_refuses_leaves_nothing_behind(self, chain: RpcChain, data_folder: Path) -> None:
        revert = bytes.fromhex("60006000fd")
        with (
            pytest.raises(Exception, match="without a word"),
            deploying(chain, Plan((Step(MODEL, lambda _: revert, None, 100_000),)), chain.accounts[0]),
        ):
            pass
        assert not list((data_folder / "journal").iterdir())
