"""On a chain that is none for development, whoever sends something is asked, or has said so beforehand."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from decai.chain.rpc import RpcChain
from decai.units import Seconds
from tests.chain.commands import SPARSE, Give, giving
from tests.chain.proxy import Proxy, result

WAITS = ["--refund-wait=1 hour", "--owner-claim-wait=2 days", "--any-claim-wait=3 days"]
NAIVE_BAYES = {
    "type": "naive bayes",
    "classifications": ["no", "yes"],
    "classCounts": [1, 1],
    "featureCounts": [[[0, 1]], [[1, 1]]],
    "totalNumFeatures": 4,
}


class Mainnet:
    """A node that does not say that it is one for development, with a model and what can be claimed of it."""

    def __init__(self, give: Give, anvil: str, proxy: Proxy) -> None:
        self.chain = RpcChain(anvil)
        self.url = proxy.url
        for name, content in (("model", SPARSE), ("other", NAIVE_BAYES)):
            Path(f"{name}.json").write_text(json.dumps(content))
        there = ("--rpc", anvil, "--json")
        self.model = give("deploy", "model.json", *WAITS, *there).told()["address"]
        self.other = give("deploy", "other.json", *WAITS, *there).told()["address"]
        bo = self.chain.accounts[1]
        good = give("model", "add-data", self.model, "--features=0", "--label=yes", *there)
        bad = give("model", "add-data", self.model, "--features=1", "--label=yes", *there, "--account", bo)
        # Nobody reports who has no valid contribution: one of Ada's is refunded, another is left.
        give("model", "add-data", self.model, "--features=2", "--label=yes", *there).told()
        self.chain.advance_to(Seconds(bad.told()["added"] + 7_200))
        self.chain.node.ask("anvil_mine", "0x1")
        assert good.code == give("model", "refund", self.model, "--number=0", *there).code == 0
        proxy.always("web3_clientVersion", result("Geth/v1.14.0"))

    def commands(self) -> dict[str, list[str]]:
        """One of each kind that sends something."""
        return {
            "deploy": ["deploy", "model.json", "--name", "again"],
            "add-data": ["model", "add-data", self.model, "--features=0", "--label=yes"],
            "refund": ["model", "refund", self.model, "--number=2"],
            "report": ["model", "report", self.model, "--number=1"],
            "claims": ["model", "claims", self.model, "--claim"],
            "add-class": ["model", "add-class", self.other, "third"],
        }


END_OF_INPUT = "\x04"
KINDS = ["deploy", "add-data", "refund", "report", "claims", "add-class"]


@pytest.fixture
def give(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Give:
    monkeypatch.chdir(tmp_path)
    return giving(capfd)


@pytest.fixture
def mainnet(give: Give, anvil: str, proxy: Proxy) -> Mainnet:
    return Mainnet(give, anvil, proxy)


def at_a_terminal(arguments: list[str], answer: str) -> tuple[int, str]:
    """The exit code of a command at a terminal whose user answers so, and what he has read."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "decai.cli", *arguments]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=dict(os.environ), close_fds=True
    )
    os.close(theirs)
    os.write(ours, answer.encode())
    try:
        told = "".join(_read(ours)).replace("\r\n", "\n")
        return process.wait(60), told
    finally:
        process.kill()


def _read(terminal: int) -> Iterator[str]:
    # Linux ends the other side's silence with an error.
    with suppress(OSError):
        while part := os.read(terminal, 4_096):
            yield part.decode()
    os.close(terminal)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_goes_out_without_a_terminal_or_yes(kind: str, give: Give, mainnet: Mainnet) -> None:
    before, command = mainnet.chain.block, mainnet.commands()[kind]
    for options in ([], ["--json"]):
        done = give(*command, "--rpc", mainnet.url, *options)
        assert (done.code, done.out) == (2, "")
        assert done.err.splitlines()[-1] == (
            "error: chain 31337 is none for development, so this may cost real money; give --yes to have it "
            "sent without being asked"
        )
    assert mainnet.chain.block == before
    assert give(*command, "--rpc", mainnet.url, "--json", "--yes").code == 0
    assert mainnet.chain.block == before + 1


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_is_there_is_asked(kind: str, mainnet: Mainnet) -> None:
    before, command = mainnet.chain.block, [*mainnet.commands()[kind], "--rpc", mainnet.url]
    code, told = at_a_terminal(command, "n\n")
    assert code == 130
    assert f"{mainnet.chain.accounts[0]} sends 1 transaction on chain 31337\n" in told
    assert "as the chain asks now\n" in told
    assert told.endswith("error: it was not sent\n")
    assert mainnet.chain.block == before
    # Nothing is left of it that would stand in the way.
    code, told = at_a_terminal(command, "y\n")
    assert (code, "Go on?" in told) == (0, True)
    assert mainnet.chain.block == before + 1


def test_whoever_goes_away_has_not_agreed(mainnet: Mainnet) -> None:
    before = mainnet.chain.block
    code, told = at_a_terminal([*mainnet.commands()["refund"], "--rpc", mainnet.url], END_OF_INPUT)
    assert told.endswith("error: it was not sent\n")
    assert code == 130
    assert mainnet.chain.block == before


def test_a_contribution_says_what_it_may_cost(mainnet: Mainnet) -> None:
    command = [*mainnet.commands()["add-data"], "--value=3 ether", "--rpc", mainnet.url]
    _, told = at_a_terminal(command, "n\n")
    assert "  3 ETH of value, and at most 0." in told


def test_looking_asks_nobody(give: Give, mainnet: Mainnet) -> None:
    for command in ("info", "claims", "predict --features 0", "verify"):
        verb, *options = command.split()
        assert give("model", verb, mainnet.model, *options, "--rpc", mainnet.url, "--json").code == 0


def test_play_money_asks_nobody(give: Give, mainnet: Mainnet, anvil: str) -> None:
    code, told = at_a_terminal([*mainnet.commands()["add-data"], "--rpc", anvil], "")
    assert code == 0
    assert "Go on?" not in told
