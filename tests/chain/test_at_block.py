"""What is read of one block is of that block alone, whatever happens meanwhile."""

from collections.abc import Callable

import pytest

from decai.chain.at_block import AtBlock, at_one_block
from decai.chain.audit import audit
from decai.chain.base import Transaction
from decai.chain.client import ChainTrainer
from decai.chain.compose import compose
from decai.chain.current import current_classifier
from decai.chain.deploy import deploy
from decai.chain.evm import EvmChain
from decai.chain.jsonrpc import RpcError
from decai.chain.rpc import RpcChain
from decai.classifier import SparsePerceptron
from decai.errors import ChainError
from decai.incentive import Points
from decai.units import Address, Seconds, Wei
from tests.chain.conftest import running_anvil
from tests.chain.proxy import Answer, Proxy, Trick, error, proxied
from tests.conformance.twin_state import array

LAST_WORD = 16 * 255
"""A feature whose counter is on another page than that of feature 0."""


def deployed(chain: RpcChain, index_bits: int = 16) -> ChainTrainer:
    model = SparsePerceptron(("no", "yes"), [1, 1], learning_rate=10)
    mined = deploy(chain, compose(model, Points(Seconds(0)), index_bits=index_bits), chain.accounts[0])
    assert mined.contract is not None
    return ChainTrainer(chain, mined.contract, mined.block)


def teach(trainer: ChainTrainer) -> None:
    """Move the weights of two features that are on different pages."""
    label = 1 - trainer.predict(array([0, 65_535]))
    trainer.submit(trainer.chain.accounts[0], array([0, 65_535]), label, Wei(0))


def teach_before(trainer: ChainTrainer, answers: int) -> list[Trick]:
    """Let so many requests pass, and teach before the next."""

    def trick(forward: Callable[[], bytes]) -> Answer:
        teach(trainer)
        return Answer(forward())

    return [*[lambda _: None] * answers, trick]


@pytest.mark.parametrize("index_bits", [16, 32])
@pytest.mark.parametrize("answers", [0, 2, 6, 8, 12])
def test_parameters_are_of_one_block(anvil: str, proxy: Proxy, index_bits: int, answers: int) -> None:
    writer = deployed(RpcChain(anvil), index_bits)
    teach(writer)
    reader = ChainTrainer(RpcChain(proxy.url), writer.address, writer.first_block)
    weights: dict[int, dict[int, int]] = {}

    def keep() -> None:
        model, block = current_classifier(writer)
        assert isinstance(model, SparsePerceptron)
        weights[block] = {index: weight for index, weight in model.weights().items() if weight}

    keep()
    proxy.play("eth_call", *teach_before(writer, answers))
    model, block = current_classifier(reader)
    keep()
    assert isinstance(model, SparsePerceptron)
    assert {index: weight for index, weight in model.weights().items() if weight} == weights[block]


def test_audit_of_a_model_that_is_in_use_holds(anvil: str, proxy: Proxy) -> None:
    writer = deployed(RpcChain(anvil))
    teach(writer)
    reader = RpcChain(proxy.url)
    asked = len(proxy.seen)
    assert audit(reader, writer.address).holds
    calls = sum(method == "eth_call" for method, _ in proxy.seen[asked:])
    for at in range(0, calls, 5):
        proxy.play("eth_call", *teach_before(writer, at))
        found = audit(reader, writer.address)
        assert found.holds, (at, found)


def test_goes_to_a_newer_block_if_the_node_has_forgotten_one() -> None:
    """With a node that keeps the latest state alone."""
    with running_anvil("--prune-history") as url, proxied(url) as proxy:
        writer = deployed(RpcChain(url))
        reader = ChainTrainer(RpcChain(proxy.url), writer.address, writer.first_block)
        begin = reader.chain.block
        proxy.play("eth_call", *teach_before(writer, 5))
        model, block = current_classifier(reader)
        assert block == begin + 1
        assert model.predict(array([0, 65_535])) == 0


def test_gives_up_on_a_node_that_never_has_it(
    anvil: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("decai.chain.at_block._PAUSES", (0.0, 0.0, 0.0))
    reader = deployed(RpcChain(proxy.url))
    proxy.always("eth_call", error(-32000, "missing trie node"))
    with pytest.raises(RpcError, match="eth_call: missing trie node"):
        current_classifier(reader)
    assert len({params[1] for params in proxy.parameters("eth_call")[-4:]}) == 1
    assert proxy.count("eth_blockNumber") >= 4


def test_sees_code_money_and_events_up_to_its_block(anvil: str) -> None:
    chain = RpcChain(anvil)
    before = AtBlock(chain, chain.block)
    trainer = deployed(chain)
    then = AtBlock(chain, chain.block)
    teach(trainer)
    person = Address("0x" + "22" * 20)
    chain.send(Transaction(chain.accounts[0], person, b"", Wei(5)))
    assert (before.code(trainer.address), then.code(trainer.address)) == (b"", chain.code(trainer.address))
    assert (then.balance(person), chain.balance(person)) == (0, 5)
    assert len(list(then.logs(trainer.address, 0))) == 1 < len(list(chain.logs(trainer.address, 0)))
    assert then.chain_id == chain.chain_id


def test_an_evm_in_this_process_has_one_block() -> None:
    chain = EvmChain()
    address = Address("0x" + "11" * 20)
    assert at_one_block(chain, lambda view: view.code(address)) == b""
    with pytest.raises(ChainError, match="the state after block 0 is not kept"):
        chain.code(address, block=0)
