"""The chain in this process: what a rehearsal leaves behind, which is nothing."""

import pytest

from decai.chain.base import Transaction
from decai.chain.evm import EvmChain
from decai.errors import ChainError
from decai.units import Address, Seconds, Wei
from tests.chain.contract import ADA, BO, OWNER, Contract

STRANGER = Address("0x" + "9" * 40)


def observed(one: Contract) -> object:
    chain = one.chain
    return one.state(), chain.now, chain.block, chain.balance(STRANGER)


def test_a_rehearsal_leaves_nothing_behind() -> None:
    one = Contract()
    one.add(ADA, 1, 2)
    before = observed(one)
    for _ in range(2):
        with one.chain.rehearsal():
            one.add(BO, 3, label=0)
            one.tell(OWNER, "transferOwnership(address)", ADA)
            one.chain.send(Transaction(BO, STRANGER, b"", Wei(5)))
            one.later(10**6)
            assert observed(one) != before
        assert observed(one) == before
    # And what is done afterwards is done as if there had been none.
    one.add(ADA, 4)
    assert one.ask("totalSubmitted()", "uint256") == 2


def test_rehearsals_within_rehearsals_end_one_by_one() -> None:
    chain = EvmChain({ADA: Wei(10)}, Seconds(5))
    with chain.rehearsal():
        chain.send(Transaction(ADA, BO, b"", Wei(3)))
        with chain.rehearsal():
            chain.send(Transaction(ADA, BO, b"", Wei(7)))
            chain.advance_to(Seconds(9))
            assert (chain.balance(ADA), chain.balance(BO), chain.now) == (0, 10, 9)
        assert (chain.balance(ADA), chain.balance(BO), chain.now) == (7, 3, 5)
    assert (chain.balance(ADA), chain.balance(BO)) == (10, 0)


def test_no_balance_is_set_that_nothing_would_undo() -> None:
    chain = EvmChain({ADA: Wei(10)})
    with (
        chain.rehearsal(),
        pytest.raises(ChainError, match=r"^balances are set before a rehearsal, or after it$"),
    ):
        chain.set_balance(ADA, Wei(5))
    chain.set_balance(ADA, Wei(5))
    assert chain.balance(ADA) == 5


def test_a_rehearsal_that_fails_is_undone_too() -> None:
    chain = EvmChain({ADA: Wei(10)})
    try:
        with chain.rehearsal():
            chain.send(Transaction(ADA, BO, b"", Wei(3)))
            raise LookupError
    except LookupError:
        pass
    assert chain.balance(ADA) == 10


def test_thousands_of_rehearsals_are_no_deeper_than_one() -> None:
    # An EVM goes no deeper than 1,024 calls.
    one = Contract()
    for _ in range(2_000):
        with one.chain.rehearsal():
            pass
    one.add(ADA, 1)
