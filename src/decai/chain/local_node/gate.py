"""Who may talk to the node, and what it lets through.

Everybody on this machine may, and nobody else: a page of the web in the user's browser must not reach
accounts whose keys everybody knows, so the headers that browsers send are looked at.
"""

from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

__all__ = ["CLOCK", "READS", "REPLAYED", "SENDS", "is_local_host", "is_read", "is_trusted_origin"]

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_EXTENSIONS: Final = frozenset({"chrome-extension", "moz-extension", "safari-web-extension"})

SENDS: Final = frozenset({"eth_sendTransaction", "eth_sendRawTransaction"})
"""What puts a transaction into a block."""
REPLAYED: Final = frozenset({"anvil_setBalance", "hardhat_setBalance"})
"""What changes the state without a block; it is written down and made again as it was."""
CLOCK: Final = MappingProxyType(
    {
        "evm_increaseTime": "by",
        "anvil_increaseTime": "by",
        "evm_setTime": "to",
        "anvil_setTime": "to",
        "evm_setNextBlockTimestamp": "next",
        "anvil_setNextBlockTimestamp": "next",
    }
)
"""What moves the clock: by so many seconds, to a time, or for the next block."""
READS: Final = ("eth_", "net_", "web3_", "txpool_", "debug_trace", "trace_", "rpc_")
"""How the names of methods begin that change nothing, but for `SENDS` and the ones below."""
_KEPT_OUT: Final = frozenset(
    {
        "eth_sendRawTransactionSync",
        "eth_sendTransactionSync",
        "eth_sendUnsignedTransaction",
        "eth_sendRawTransactionConditional",
    }
)
_ALSO_READ: Final = frozenset(
    {"anvil_nodeInfo", "anvil_metadata", "hardhat_metadata", "debug_getRawTransaction"}
)


def is_local_host(host: str | None) -> bool:
    """Whether a Host header names this machine: else a name was made to point here."""
    try:
        return host is not None and urlsplit(f"//{host}").hostname in _LOOPBACK
    except ValueError:
        return False


def is_trusted_origin(origin: str | None) -> bool:
    """Whether an Origin header is missing, of a page of this machine, or of a wallet's extension.

    Examples
    --------
    >>> [is_trusted_origin(o) for o in (None, "http://localhost:8080", "https://example.org", "null")]
    [True, True, False, False]
    """
    if origin is None:
        return True
    try:
        parts = urlsplit(origin)
        if parts.scheme in _EXTENSIONS:
            return True
        return parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK
    except ValueError:
        return False


def is_read(method: str) -> bool:
    """Whether a method changes nothing."""
    if method in SENDS or method in _KEPT_OUT:
        return False
    return method in _ALSO_READ or method.startswith(READS)
