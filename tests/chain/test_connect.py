"""From what a user names to a chain and a model on it."""

import pytest

from decai.chain.compose import Texts, compose
from decai.chain.connect import connect, default_sender, open_model
from decai.chain.deploy import deploy
from decai.chain.evm import EvmChain
from decai.chain.known import KnownModel, remember
from decai.chain.rpc import RpcChain
from decai.classifier import SparsePerceptron
from decai.errors import ChainError, InputError
from decai.incentive import Points
from decai.units import Address, Seconds
from tests.chain.proxy import Proxy

NOBODY = Address("0x00000000000000000000000000000000DeaDBeef")


def deployed(chain: RpcChain) -> tuple[Address, int]:
    """A model and the block in which it was deployed."""
    what = compose(SparsePerceptron(("no", "yes"), [1]), Points(Seconds(0)), Texts("m"))
    mined = deploy(chain, what, chain.accounts[0])
    assert mined.contract is not None
    return mined.contract, mined.block


def test_a_url_leads_to_its_node(node: str) -> None:
    chain = connect(node)
    assert chain.chain_id == 31337
    assert default_sender(chain) == chain.accounts[0]


def test_an_account_that_is_named_sends(node: str) -> None:
    third = connect(node).accounts[2]
    assert default_sender(connect(node, third.lower())) == third


@pytest.mark.parametrize("account", ["me", "0x12", NOBODY])
def test_an_account_that_cannot_send_is_one_line(node: str, account: str) -> None:
    with pytest.raises((InputError, ChainError), match=account):
        connect(node, account)


def test_without_a_url_the_local_node_is_started(data_folder: object) -> None:
    chain = connect()
    assert chain.is_development
    assert default_sender(chain) == chain.accounts[0]
    assert connect().block == chain.block


def test_a_chain_without_accounts_says_how_to_make_one() -> None:
    with pytest.raises(ChainError, match="make a key with: decai account create"):
        default_sender(EvmChain())


def test_a_model_by_its_address_begins_where_it_was_deployed(node: str) -> None:
    chain = RpcChain(node)
    address, block = deployed(chain)
    for text in (address, address.lower(), f" {address} "):
        trainer = open_model(chain, text)
        assert (trainer.address, trainer.first_block) == (address, block)


def test_nobody_looks_for_the_first_block_before_it_is_needed(anvil: str, proxy: Proxy) -> None:
    chain = RpcChain(proxy.url)
    address, block = deployed(chain)
    asked = proxy.count("eth_getCode")
    trainer = open_model(chain, address)
    assert proxy.count("eth_getCode") == asked + 1
    assert trainer.first_block == block


def test_a_known_model_by_name_or_the_beginning_of_its_address(node: str) -> None:
    chain = RpcChain(node)
    address, block = deployed(chain)
    remember(KnownModel(address, chain.chain_id, block - 1, "Reviews"))
    for text in ("Reviews", "reviews", address[:8], address):
        trainer = open_model(chain, text)
        assert (trainer.address, trainer.first_block) == (address, block - 1)


def test_a_first_block_that_is_named_is_taken(node: str) -> None:
    chain = RpcChain(node)
    address, block = deployed(chain)
    assert open_model(chain, address, 0).first_block == 0
    remember(KnownModel(address, chain.chain_id, block, "Reviews"))
    assert open_model(chain, "Reviews", 1).first_block == 1
    latest = chain.block
    with pytest.raises(
        InputError, match=rf"^there is no block {latest + 1} yet; the latest of this chain is"
    ):
        open_model(chain, "Reviews", latest + 1)


def test_a_model_of_another_chain_is_not_meant(node: str) -> None:
    remember(KnownModel(NOBODY, 1, 0, "Reviews"))
    with pytest.raises(InputError, match="and no known model on chain 31337 has this name"):
        open_model(RpcChain(node), "Reviews")


def test_an_address_without_a_contract_is_one_line(node: str) -> None:
    with pytest.raises(ChainError, match=f"^{NOBODY}: there is no contract at this address on chain 31337$"):
        open_model(RpcChain(node), NOBODY)
