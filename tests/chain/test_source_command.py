"""The source that is shown of a contract is the contract: the compiler's own command makes the same of it."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from decai.chain.rpc import RpcChain
from tests.chain.commands import SPARSE, Give, giving

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


def test_settings_of_the_read_me_give_the_same_of_modules_that_do_not_say_them(give: Give, node: str) -> None:
    """Block explorers that take single files want the settings told."""
    Path("model.json").write_text(json.dumps(SPARSE))
    told = give("deploy", "model.json", "--rpc", node, "--json").told()
    assert give("contract", "source", told["address"], "--rpc", node, "-o", "source").code == 0
    trainer = Path("source/trainer.vy")
    plain = [line for line in trainer.read_text().splitlines() if not line.startswith("# pragma")]
    trainer.write_text("# pragma version 0.4.3\n" + "\n".join(plain) + "\n")
    read_me = Path("source/README.md").read_text()
    (command,) = re.findall(r"^    (vyper .*)$", read_me, re.MULTILINE)
    program, *arguments, file = command.split()
    runtime = printed(program, *arguments[:-1], "bytecode_runtime", f"source/{file}")
    code = RpcChain(node).code(told["address"])
    assert code.hex().startswith(runtime.removeprefix("0x"))
    settings = json.loads(Path("source/standard-input.json").read_text())["settings"]
    assert f"--optimize {settings['optimize']} --evm-version {settings['evmVersion']} " in command


class TestOwnPart:
    """Of a model on a chain that has one."""

    @pytest.fixture
    def model(self, give: Give, node: str) -> dict[str, Any]:
        Path("model.json").write_text(json.dumps(SPARSE))
        given = ("deploy", "model.json", f"--part=incentive={FIXED_PRICE}", "--refund-wait=77", "--json")
        return give(*given, "--rpc", node).told()

    def test_is_taken_from_its_file(self, give: Give, node: str, model: dict[str, Any]) -> None:
        given = ("contract", "source", model["address"], f"--part=incentive={FIXED_PRICE}", "--rpc", node)
        shown = give(*given, "--json").told()
        assert shown["input"]["sources"]["incentive.vy"]["content"] == FIXED_PRICE.read_text()
        Path("input.json").write_text(json.dumps(shown["input"]))
        answer = json.loads(printed("vyper-json", "input.json"))
        (contract,) = answer["contracts"]["trainer.vy"].values()
        runtime = str(contract["evm"]["deployedBytecode"]["object"]).removeprefix("0x")
        assert RpcChain(node).code(model["address"]).hex().startswith(runtime)
        assert sent(node, model).endswith(shown["constructor_arguments"].removeprefix("0x"))

    def test_has_to_be_given(self, give: Give, node: str, model: dict[str, Any]) -> None:
        done = give("contract", "source", model["address"], "--rpc", node)
        done.refused(
            "no chain holds the source of its 'own fixed_price'; give the file that it was deployed from by "
            "--part incentive=FILE.vy"
        )

    def test_is_compared_with_the_chain(self, give: Give, node: str, model: dict[str, Any]) -> None:
        other = Path("fixed_price.vy")
        other.write_text(FIXED_PRICE.read_text().replace("5_000", "5_001"))
        given = ("contract", "source", model["address"], "--rpc", node, "-o", "source")
        give(*given, f"--part=incentive={other}").refused(
            "the code on the chain is another than what fixed_price.vy makes"
        )
        assert not Path("source").exists()

    def test_that_is_a_classifier_takes_the_model_file(self, give: Give, node: str) -> None:
        Path("model.json").write_text(json.dumps(SPARSE))
        part = f"--part=classifier={FIXED_PRICE.with_name('majority.vy')}"
        model = give("deploy", "model.json", part, "--rpc", node, "--json").told()["address"]
        for options in ([], [part]):
            give("contract", "source", model, "--rpc", node, *options).refused(
                "nobody can tell from the chain what its 'own majority' started from; give the model file"
            )
        assert give("contract", "source", "model.json", part, "--json").code == 0

    def test_that_is_not_there_is_not_taken(self, give: Give, node: str) -> None:
        Path("model.json").write_text(json.dumps(SPARSE))
        model = give("deploy", "model.json", "--rpc", node, "--json").told()["address"]
        given = ("contract", "source", model, "--rpc", node)
        give(*given, f"--part=incentive={FIXED_PRICE}").refused(
            "this model has none of its own; leave it out"
        )
        for option in ("--incentive=points", "--max-features=64", "--index-bits=16"):
            name = option.partition("=")[0]
            give(*given, option).refused(f"{name} does not apply to a model that is deployed; leave it out")


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


def test_help_says_what_json_holds_and_which_file_explorers_take(give: Give) -> None:
    done = give("contract", "source", "--help")
    words = " ".join(done.out.replace("│", " ").split())
    assert "one JSON object, {input, constructor_arguments}; -o writes the file that explorers take" in words
