"""A small contract to send to: it counts, and it refuses in every way in which contracts refuse."""

from functools import cache

from eth_utils.crypto import keccak

from decai.chain.base import Chain, Transaction
from decai.units import Address, Seconds, Wei

SOURCE = """
# pragma version 0.4.3

event Added:
    sender: indexed(address)
    amount: uint256

count: public(uint256)
total: public(uint256)
opened: uint256

@deploy
def __init__():
    self.opened = block.timestamp

@external
@payable
def add(amount: uint256):
    assert amount != 7, "counter: seven is refused"
    self.count += 1
    self.total += amount
    log Added(sender=msg.sender, amount=amount)

@external
def wait(seconds: uint256):
    assert block.timestamp - self.opened >= seconds, "counter: not enough time has passed"
    self.count += 1

@external
@view
def now() -> uint256:
    return block.timestamp

@external
def silent():
    raw_revert(b"")

@external
def panic():
    raw_revert(concat(0x4e487b71, convert(17, bytes32)))

@external
def custom():
    raw_revert(concat(0xcf479181, convert(1, bytes32), convert(2, bytes32)))

@external
def spend(rounds: uint256):
    for i: uint256 in range(rounds, bound=100000):
        self.total += 1

@external
def once():
    assert self.count == 0, "counter: only once"
    self.count += 1
"""


@cache
def init_code() -> bytes:
    """What deploys the contract."""
    import vyper

    compiled = vyper.compile_code(SOURCE, output_formats=["bytecode"])
    return bytes.fromhex(str(compiled["bytecode"])[2:])


def data(function: str, *arguments: int) -> bytes:
    """Calldata, such as ``data("add(uint256)", 3)``."""
    return keccak(text=function)[:4] + b"".join(argument.to_bytes(32) for argument in arguments)


def deploy(chain: Chain) -> Address:
    """A new counter, from the chain's first account."""
    contract = chain.send(Transaction(chain.accounts[0], None, init_code())).contract
    assert contract is not None
    return contract


def add(
    sender: Address, counter: Address, amount: int, value: int = 0, gas: int | None = None
) -> Transaction:
    """A transaction that counts one."""
    return Transaction(sender, counter, data("add(uint256)", amount), Wei(value), gas)


def count(chain: Chain, counter: Address) -> int:
    """How many transactions have counted."""
    return int.from_bytes(chain.call(counter, data("count()")))


def seen_time(chain: Chain, counter: Address) -> Seconds:
    """The time that a call sees."""
    return Seconds(int.from_bytes(chain.call(counter, data("now()"))))
