"""Who may talk to the local node, and what is read-only."""

import pytest

from decai.chain.local_node.gate import is_local_host, is_read, is_trusted_origin


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1:8545", True),
        ("localhost", True),
        ("[::1]:8545", True),
        ("example.org:8545", False),
        ("127.0.0.1.example.org", False),
        ("localhost.example.org:8545", False),
        ("[", False),
        ("", False),
        (None, False),
    ],
)
def test_only_this_machine_is_a_host(host: str | None, local: bool) -> None:
    assert is_local_host(host) is local


@pytest.mark.parametrize(
    ("origin", "trusted"),
    [
        (None, True),
        ("http://localhost:8080", True),
        ("https://127.0.0.1", True),
        ("chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn", True),
        ("moz-extension://0a0a", True),
        ("https://example.org", False),
        ("http://localhost.example.org", False),
        ("null", False),
        ("file://", False),
        ("http://[", False),
    ],
)
def test_foreign_pages_are_no_origin(origin: str | None, trusted: bool) -> None:
    assert is_trusted_origin(origin) is trusted


@pytest.mark.parametrize(
    "method", ["eth_call", "eth_getLogs", "net_version", "web3_clientVersion", "debug_traceCall"]
)
def test_reads_pass(method: str) -> None:
    assert is_read(method)


@pytest.mark.parametrize(
    "method",
    [
        *[
            "eth_sendTransaction",
            "eth_sendRawTransaction",
            "eth_sendRawTransactionSync",
            "eth_sendTransactionSync",
        ],
        *["eth_sendUnsignedTransaction", "anvil_setCode", "anvil_setStorageAt", "evm_revert", "evm_snapshot"],
        *["anvil_impersonateAccount", "anvil_loadState", "anvil_reset", "evm_setAutomine", "miner_stop"],
    ],
)
def test_what_changes_something_is_no_read(method: str) -> None:
    assert not is_read(method)
