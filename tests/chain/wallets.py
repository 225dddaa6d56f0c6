"""A wallet that is a contract, ``contracts/wallet.vy``: it refuses payments, burns gas, or calls back."""

from enum import IntEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from decai.chain.abi import answer, call_data
from decai.chain.base import Mined, Transaction
from decai.chain.evm import EvmChain
from decai.chain.rpc import RpcChain
from decai.units import Address, Wei

__all__ = ["Manner", "Wallet", "compiled"]


class Manner(IntEnum):
    """What a wallet does when it is paid."""

    ACCEPT = 0
    REFUSE = 1
    BURN = 2
    RETURN_MUCH = 3
    REVERT_WITH_MUCH = 4
    CALL_BACK = 5


@lru_cache(maxsize=8)
def compiled(name: str) -> bytes:
    """The code that deploys a contract of ``tests/chain/contracts``."""
    from vyper.compiler import compile_code

    source = (Path(__file__).parent / "contracts" / name).read_text(encoding="utf-8")
    return bytes.fromhex(compile_code(source, output_formats=("bytecode",))["bytecode"].removeprefix("0x"))


class Wallet:
    """A wallet on a chain.

    Parameters
    ----------
    chain, driver
        Where to deploy it, and who tells it what to do.
    manner
        What it does when it is paid.
    """

    def __init__(self, chain: EvmChain | RpcChain, driver: Address, manner: Manner = Manner.ACCEPT) -> None:
        self.chain, self.driver = chain, driver
        contract = chain.send(Transaction(driver, None, compiled("wallet.vy"))).contract
        assert contract is not None
        self.address = contract
        self.choose(manner)

    def choose(self, manner: Manner) -> None:
        """Decide what it does when it is paid."""
        self._tell("choose(uint256)", manner)

    def call_back(self, callee: Address, data: bytes, amount: int = 0) -> None:
        """Let it call back the next time that it is paid."""
        self._tell("call_back(address,bytes,uint256)", callee, data, amount)

    def execute(self, callee: Address, data: bytes, amount: int = 0, gas: int | None = None) -> Mined:
        """Let it call, with so much gas; it pays the amount out of its own pocket."""
        return self._tell("execute(address,bytes,uint256)", callee, data, amount, gas=gas)

    def what_came_of_it(self) -> tuple[int, bool, bytes]:
        """How often it has called back, whether that succeeded, and what was answered."""
        kinds = {"calls_back": "uint256", "came_back": "bool", "answer": "bytes"}
        times, succeeded, said = (
            answer(kind, self.chain.call(self.address, call_data(f"{name}()")))
            for name, kind in kinds.items()
        )
        return times, succeeded, said

    def grant(self, amount: int) -> None:
        """Give it so much, in wei."""
        self.chain.set_balance(self.address, Wei(amount))

    def _tell(self, signature: str, *arguments: Any, gas: int | None = None) -> Mined:
        data = call_data(signature, *arguments)
        return self.chain.send(Transaction(self.driver, self.address, data, gas=gas))
