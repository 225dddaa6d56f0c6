"""The node that decai runs by itself: anvil, on loopback only, its state in the data directory.

A small process of ours starts anvil, hands requests on to it and writes down what it acknowledges
(`supervisor`), so that neither a crash nor a kill loses an acknowledged transaction. Several decai
processes, and browser wallets, share it.
"""

from decai.chain.local_node.anvil import Anvil, ephemeral_anvil
from decai.chain.local_node.control import NodeInfo, ensure_running, status, stop
from decai.chain.local_node.install import anvil_path, install

__all__ = [
    "Anvil",
    "NodeInfo",
    "anvil_path",
    "ensure_running",
    "ephemeral_anvil",
    "install",
    "status",
    "stop",
]
