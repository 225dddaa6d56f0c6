"""What a person is told, in a browser."""

import pytest

from decai.chain.jsonrpc import JsonRpc
from decai.dashboard.words import told
from decai.errors import ChainError, InputError


def test_advice_for_a_command_line_is_none_for_a_page() -> None:
    with pytest.raises(ChainError) as silent:
        JsonRpc("http://127.0.0.1:9/").ask("eth_chainId")
    assert told(silent.value) == (
        "The network's node does not answer just now; this server goes on looking for it."
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("the cost weight must be below 2^84 wei", "The cost weight must be below 2^84 wei."),
        ("it has 1,000,000,000,000,000 wei", "It has 0.001 ETH."),
        ("2 wei are left", "<0.000000001 ETH are left."),
    ],
)
def test_amounts_are_in_ether_and_bounds_are_left_as_they_are(line: str, words: str) -> None:
    assert told(InputError(line)) == words
