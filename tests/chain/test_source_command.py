"""The source that is shown of a contract is the contract: the compiler's own command makes the same of it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from decai.chain.rpc import RpcChain
from tests.chain.commands import SPARSE, Give, giving
from tests.chain.conftest import running_anvil

pytest.importorskip("vyper")

FIXED_PRICE = Path(__file__).parent / "contracts" / "fixed_price.vy"
LARGE = {**SPARSE, "weights": [i / 7 for i in range(2_600)]}
"""A model whose weights need data contracts."""
MODELS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "listed weights": (SPARSE, []),
    "points, and weights in a hash table": (
        {**SPARSE, "sparseWeights": {"4000000000": 1}},
        ["--incentive=points", "--max-features=512"],
    ),
    "a mechanism of one's own": (SPARSE, [f"--part=incentive={FIXED_PRICE}"]),
}


@pytest.fixture(scope="module")
def node() -> Iterator[str]:
    with running_anvil() as url:
        yield url


@pytest.fixture
def give(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Give:
    monkeypatch.chdir(tmp_path)
    return giving(capfd)


def printed(command: str, *arguments: str) -> str:
    """What a command of the compiler prints."""
    program = Path(sys.executable).with_name(command)
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("kind", MODELS)
def test_compiles_to_what_is_deployed(kind: str, give: Give, node: str) -> None:
    content, options = MODELS[kind]
    Path("model.json").write_text(json.dumps(content))
    assert give("contract", "source", "model.json", "-o", "source", *options).code == 0
    told = give("deploy", "model.json", *options, "--rpc", node, "--json").told()
    # The source says itself how it is to be compiled.
    code = printed("vyper", "-f", "bytecode", "source/trainer.vy")
    arguments = Path("source/constructor-arguments.txt").read_text().strip()
    assert sent(node, told) == code + arguments.removeprefix("0x")


def sent(node: str, told: dict[str, Any]) -> str:
    """What the transaction that deployed a contract has sent."""
    transaction = RpcChain(node).node.ask("eth_getTransactionByHash", told["steps"][-1]["transaction"])
    return str(transaction["input"])


def code_of(standard_input: str) -> str:
    """What the compiler makes of its standard JSON input."""
    answer = json.loads(printed("vyper-json", standard_input))
    (contract,) = answer["contracts"]["trainer.vy"].values()
    return "0x" + str(contract["evm"]["bytecode"]["object"]).removeprefix("0x")


def test_standard_json_of_file_and_deployed_model_compile_to_it_too(give: Give, node: str) -> None:
    Path("model.json").write_text(json.dumps(LARGE))
    waits = ["--refund-wait=5", "--owner-claim-wait=6", "--any-claim-wait=7"]
    told = give("deploy", "model.json", *waits, "--rpc", node, "--json").told()
    shown = give("contract", "source", told["address"], "--rpc", node, "--json").told()
    Path("input.json").write_text(json.dumps(shown["input"]))
    assert sent(node, told) == code_of("input.json") + shown["constructor_arguments"].removeprefix("0x")
    # Where its data contracts are is known when they are deployed.
    assert give("contract", "source", "model.json", "-o", "source").code == 0
    assert not Path("source/constructor-arguments.txt").exists()
    of_file = json.loads(Path("source/standard-input.json").read_text())
    own_terms = {"parameters.vy": shown["input"]["sources"]["parameters.vy"]}
    assert {**of_file, "sources": {**of_file["sources"], **own_terms}} == shown["input"]
