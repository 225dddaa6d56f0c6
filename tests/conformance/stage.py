"""Where twins play: each case's contract, deployed once and used by one play after the other."""

from copy import copy
from dataclasses import dataclass
from functools import cache
from typing import Final

from decai.chain.client import ChainTrainer
from decai.chain.deploy import deploy
from decai.chain.evm import EvmChain
from decai.units import Address, Wei
from tests.chain.wallets import Manner, Wallet
from tests.conformance.twin_case import START, Case

__all__ = [
    "ADA",
    "CONTRIBUTORS",
    "CREDITED",
    "DRIVER",
    "EVERYBODY",
    "MONEY",
    "NOBODY",
    "OWNER",
    "STRANGER",
    "WALLET",
    "Stage",
    "stage_of",
]

ADA, BO, EVE, OWNER = (Address("0x" + digit * 40) for digit in "1234")
POOR = Address("0x" + "5" * 40)
"""Owns nothing at first."""
STRANGER = Address("0x" + "6" * 40)
"""Contributes nothing, so that nothing is denied to it as an author."""
DRIVER = Address("0x" + "7" * 40)
"""Tells the wallet what to do, and takes part in nothing."""
NOBODY = Address("0x" + "0" * 40)
"""Owns the model once somebody has handed it on to the zero address."""
WALLET = Address("wallet")
"""Stands for a wallet that is a contract and refuses every payment."""
CREDITED = Address("credited to the wallet")
"""Where the twin in memory keeps what the wallet was credited."""
CONTRIBUTORS = (ADA, BO, EVE, OWNER, POOR, WALLET)
EVERYBODY = (*CONTRIBUTORS, STRANGER)
MONEY: Final = {
    ADA: 2**120,
    BO: 10**6,
    EVE: 2**120,
    OWNER: 2**120,
    POOR: 0,
    WALLET: 2**120,
    STRANGER: 0,
}


@dataclass(frozen=True, slots=True)
class Stage:
    """A chain with a model on it that nobody has used; plays are rehearsals, so that it stays so."""

    chain: EvmChain
    address: Address
    wallet: Wallet
    _clients: dict[bool, ChainTrainer]

    def clients(self) -> dict[bool, ChainTrainer]:
        """Clients that have seen nothing yet: one that sends samples packed, and one that does not."""
        return {way: copy(client) for way, client in self._clients.items()}


@cache
def stage_of(case: Case) -> Stage:
    """The one of a case."""
    chain = EvmChain({who: Wei(m) for who, m in MONEY.items() if who != WALLET}, START)
    contract = deploy(chain, case.composition, OWNER).contract
    assert contract is not None
    wallet = Wallet(chain, DRIVER, Manner.REFUSE)
    wallet.grant(MONEY[WALLET])
    clients = {way: ChainTrainer(chain, contract, packed=way) for way in (True, False)}
    return Stage(chain, contract, wallet, clients)
