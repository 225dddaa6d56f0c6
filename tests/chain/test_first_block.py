"""Where a model's events begin is found out by where there is code."""

import pytest

from decai.chain.base import Transaction
from decai.chain.first_block import first_block_of
from decai.chain.rpc import RpcChain
from decai.units import Address
from tests.chain.conftest import running_anvil
from tests.chain.proxy import Proxy

CODE = bytes.fromhex("600580600b6000396000f360006000fd")

GENESIS = Address("0x4e59b44847b379578588920cA78FbF26c0B4956C")
"""Anvil has a contract that deploys others there from the beginning."""


def contracts(chain: RpcChain, count: int) -> list[tuple[Address, int]]:
    """Contracts and the blocks in which each was deployed."""
    made = []
    for _ in range(count):
        mined = chain.send(Transaction(chain.accounts[0], None, CODE))
        assert mined.contract is not None
        made.append((mined.contract, mined.block))
    return made


@pytest.mark.parametrize("later", [0, 1, 2, 5, 30])
def test_is_the_block_of_the_deployment(anvil: str, proxy: Proxy, later: int) -> None:
    chain = RpcChain(proxy.url)
    made = contracts(chain, 5)
    chain.node.ask("anvil_mine", hex(later))
    for address, block in made:
        asked = proxy.count("eth_getCode")
        assert first_block_of(chain, address) == block
        assert proxy.count("eth_getCode") - asked <= 6


def test_is_the_first_block_of_all_for_a_contract_of_the_genesis(anvil: str) -> None:
    """Which has been there before any block."""
    chain = RpcChain(anvil)
    contracts(chain, 3)
    assert chain.code(GENESIS, block=0)
    assert first_block_of(chain, GENESIS) == 0


def test_is_any_before_where_the_node_has_forgotten() -> None:
    with running_anvil("--prune-history") as url:
        chain = RpcChain(url)
        (address, _), *_ = contracts(chain, 4)
        assert first_block_of(chain, address) == 0
        # Here it has not: the block before the deployment is asked for last, and known to be too old.
        assert first_block_of(chain, contracts(chain, 1)[0][0]) == 0
