"""What tests of the local node say to it."""

import os
import time
from typing import Any

from decai.chain.local_node.anvil import rpc

__all__ = ["block_of", "ended", "transfer"]


def transfer(url: str, **changed: Any) -> str:
    first, second = rpc(url, "eth_accounts")[:2]
    fields = {"from": first, "to": second, "value": "0x5", "gas": "0x5208", **changed}
    return str(rpc(url, "eth_sendTransaction", fields))


def block_of(url: str, transaction: str) -> dict[str, Any]:
    receipt = rpc(url, "eth_getTransactionReceipt", transaction)
    assert receipt is not None, "an acknowledged transaction is lost"
    block: dict[str, Any] = rpc(url, "eth_getBlockByNumber", receipt["blockNumber"], False)
    return block


def ended(pid: int) -> bool:
    for _ in range(500):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False
