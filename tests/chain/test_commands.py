"""Commands about models, against a real node: what they say is what the chain says."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from decai.chain.client import ChainTrainer
from decai.chain.known import known_models
from decai.chain.model import read
from decai.chain.rpc import RpcChain
from decai.model_file import read_model
from decai.units import Address, Seconds
from tests.chain.commands import SPARSE, Give

CONTRACTS = Path(__file__).parent / "contracts"
PICKED = {**SPARSE, "weights": [0.5, -0.5], "featureIndices": [3, 900], "name": "Picked"}
"""Whose two weights are of two of the encoder's features."""
TERMS = ["--refund-wait=60", "--owner-claim-wait=2 min", "--any-claim-wait=3 min", "--cost-weight=7 gwei"]


@pytest.fixture
def chain(node: str) -> RpcChain:
    return RpcChain(node)


def deploy(give: Give, content: dict[str, Any], *options: object) -> dict[str, Any]:
    Path("model.json").write_text(json.dumps(content))
    return give("deploy", "model.json", *options, "--json").told()


def predictions(give: Give, model: str) -> list[list[int]]:
    """Of many samples, one by one and in bulk."""
    samples = ["", "0", "1", "3", "900", "3,900", "900,900", "3,3,900", "7,3"]
    Path("samples.txt").write_text("\n".join(samples))
    bulk = give("model", "predict", model, "--file", "samples.txt", "--json").told()["labels"]
    single = [give("model", "predict", model, f"--features={each}", "--json").told() for each in samples]
    return [bulk, [each["label"] for each in single]]


class TestFeaturesOfAnEncoder:
    """A sparse model's weights are deployed in the encoder's own indices."""

    def test_are_not_named_by_the_contract_again(self, give: Give, chain: RpcChain) -> None:
        told = deploy(give, PICKED)
        assert told["transactions"] == 1
        address = told["address"]
        assert read(chain, address, "getNumFeatureIndices()", "uint256") == 0
        weights = [read(chain, address, "weights(uint64)", "int80", index) for index in (0, 1, 3, 900)]
        assert weights == [0, 0, 500_000_000, -500_000_000]
        bulk, single = predictions(give, address)
        assert bulk == single == [0, 0, 0, 1, 0, 0, 0, 1, 1]

    def test_survive_export_and_deploying_again(self, give: Give, chain: RpcChain) -> None:
        first = deploy(give, PICKED, *TERMS)["address"]
        # A mistake, so that there are counters.
        give("model", "add-data", first, "--features=7,3", "--label=no", "--json").told()
        before = predictions(give, first)
        give("model", "export", first, "-o", "exported.json", "--json").told()
        second = give("deploy", "exported.json", "--json").told()["address"]
        assert predictions(give, second) == before
        give("model", "export", second, "-o", "again.json", "--json").told()
        files = [json.loads(Path(name).read_text()) for name in ("exported.json", "again.json")]
        for file in files:
            del file["source"]
        learned = files[0].pop("decai")
        assert learned["counters"] == {"3": -1, "7": -1}
        assert files[0] == files[1]
        assert give("model", "verify", first).code == give("model", "verify", second).code == 0


class TestExport:
    def test_holds_all_that_a_later_deployment_needs(self, give: Give, chain: RpcChain) -> None:
        first = deploy(
            give,
            {**SPARSE, "description": "What for", "encoder": "words"},
            *TERMS,
            "--name=Ünïcode",
            "--shares=deposit",
            "--max-features=256",
            "--index-bits=32",
        )
        give("model", "export", first["address"], "-o", "exported.json", "--json").told()
        second = give("deploy", "exported.json", "--json").told()
        infos = [ChainTrainer(chain, Address(each["address"])).info for each in (first, second)]
        kept = [{**give("model", "info", info.address, "--json").told()} for info in infos]
        for each in kept:
            del each["address"], each["time"], each["cost"]
        assert kept[0] == kept[1]
        assert (kept[1]["any_wait"], kept[1]["cost_weight"]) == (180, 7 * 10**9)
        assert (kept[1]["shares"], kept[1]["index_bits"], kept[1]["max_features"]) == ("deposit", 32, 256)

    def test_gives_way_to_options(self, give: Give, chain: RpcChain) -> None:
        first = deploy(give, SPARSE, *TERMS)["address"]
        give("model", "export", first, "-o", "exported.json", "--json").told()
        points = give("deploy", "exported.json", "--incentive=points", "--index-bits=32", "--json").told()
        info = ChainTrainer(chain, Address(points["address"])).info
        assert (info.incentive, info.refund_wait, info.form.lane_bits) == ("points", 60, 32)

    def test_names_the_block_that_it_is_of(self, give: Give, chain: RpcChain) -> None:
        address = deploy(give, SPARSE)["address"]
        told = give("model", "export", address, "-o", "exported.json", "--json").told()
        assert told["block"] == json.loads(Path("exported.json").read_text())["source"]["block"]
        assert told["block"] == chain.block
        assert read_model("exported.json").num_features == 3


class TestFirstBlock:
    """Of a model that was deployed from elsewhere."""

    @pytest.fixture
    def stranger(self, give: Give, chain: RpcChain, data_folder: Path) -> tuple[str, int]:
        """Its address and block."""
        told = deploy(give, SPARSE, "--refund-wait=0", "--owner-claim-wait=1", "--any-claim-wait=1")
        give("model", "add-data", told["address"], "--features=0", "--label=yes", "--json").told()
        # Nobody is judged by a model of the same second.
        chain.advance_to(Seconds(chain.now + 1))
        chain.node.ask("anvil_mine", "0x1")
        (data_folder / "models.json").unlink()
        return told["address"], told["first_block"]

    def test_is_found_out(self, give: Give, stranger: tuple[str, int]) -> None:
        assert known_models() == []
        address, _ = stranger
        assert give("model", "verify", address, "--json").told()["contributions"] == 1
        assert len(give("model", "claims", address, "--json").told()["now"]) == 1

    @pytest.mark.parametrize("offset", [0, -1])
    def test_may_be_named(self, give: Give, stranger: tuple[str, int], offset: int) -> None:
        address, block = stranger
        option = f"--first-block={block + offset}"
        assert give("model", "verify", address, option, "--json").told()["contributions"] == 1
        assert len(give("model", "claims", address, option, "--json").told()["now"]) == 1
        assert give("model", "refund", address, "--number=0", option, "--json").told()["path"] == "refund"

    def test_that_is_too_late_is_one_line(self, give: Give, stranger: tuple[str, int]) -> None:
        address, block = stranger
        for command in ("verify", "claims"):
            done = give("model", command, address, f"--first-block={block + 1}")
            done.refused(
                f"no event of its deployment in block {block + 1:,} or after it; begin with an earlier"
            )

    def test_of_a_model_that_was_handed_on_is_not_the_one_of_that(
        self, give: Give, chain: RpcChain, stranger: tuple[str, int]
    ) -> None:
        """It is told by the same event as a deployment."""
        address, _ = stranger
        ChainTrainer(chain, Address(address)).transfer_ownership(chain.accounts[0], chain.accounts[1])
        done = give("model", "verify", address, f"--first-block={chain.block}")
        done.refused("no event of its deployment in block")
        assert give("model", "verify", address).code == 0

    def test_is_where_watching_begins(self, node: str, stranger: tuple[str, int]) -> None:
        address, block = stranger
        command = ["model", "watch", address, "--json", f"--first-block={block}", "--rpc", node]
        process = subprocess.Popen(
            [sys.executable, "-m", "decai.cli", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(os.environ),
            text=True,
        )
        assert process.stdout is not None
        lines = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
        assert [line["event"] for line in lines] == ["OwnershipTransferred", "AddDataPacked"]
        assert lines[0]["block"] == block
        assert (process.returncode, errors) == (130, "error: interrupted\n")


class TestMechanismOfOnesOwn:
    """Whose rules have no twin: what the contract can answer works, the rest is one line."""

    @pytest.fixture
    def model(self, give: Give) -> str:
        part = f"--part=incentive={CONTRACTS / 'fixed_price.vy'}"
        return str(deploy(give, SPARSE, part)["address"])

    def test_takes_data_and_pays_claims(self, give: Give, chain: RpcChain, model: str) -> None:
        ada, bo = chain.accounts[:2]
        good = give("model", "add-data", model, "--features=0", "--label=yes", "--json").told()
        bad = give("model", "add-data", model, "--features=1", "--label=yes", "--json").told()
        assert (good["sender"], good["cost"], bad["cost"]) == (ada, 5_000, 5_000)
        refunded = give("model", "refund", model, "--number=0", "--json").told()
        assert (refunded["path"], refunded["amount"]) == ("refund", 5_000)
        key = ["--features=1", "--label=yes", f"--added={bad['added']}", f"--author={ada}"]
        give("model", "refund", model, *key[:3]).refused("fixed-price: the model sees it otherwise")
        reported = give("model", "report", model, "--number=1", "--account", bo, "--json").told()
        assert (reported["path"], reported["amount"]) == ("report", 5_000)
        give("model", "report", model, *key, "--account", bo).refused("fixed-price: nothing is left")

    def test_predicts_and_is_exported(self, give: Give, model: str) -> None:
        bulk, single = predictions(give, model)
        assert bulk == single
        assert give("model", "info", model, "--json").told()["incentive"] == "own fixed_price"
        assert "(sparse-perceptron, own part fixed_price.vy) at 0x" in give("model", "info", model).out
        give("model", "export", model, "-o", "exported.json", "--json").told()
        assert "incentive" not in json.loads(Path("exported.json").read_text())

    @pytest.mark.parametrize("command", ["model claims", "model claims --claim", "model verify"])
    def test_what_takes_a_twin_is_one_line(self, give: Give, model: str, command: str) -> None:
        name, verb, *options = command.split()
        give(name, verb, model, *options).refused(
            "its incentive mechanism 'own fixed_price' has no twin in this version, so nobody but the "
            "contract knows what it decides; predict, add-data, refund and report work with it"
        )

    def test_what_is_refused_is_the_contracts_own_sentence(self, give: Give, model: str) -> None:
        done = give("model", "add-data", model, "--features=0", "--label=yes", "--value=1")
        done.refused("fixed-price: five thousand wei, please")


class TestEncoder:
    """A model may name any; of one that is not here whoever deploys is warned."""

    def test_that_is_not_here_is_warned_of(self, give: Give) -> None:
        (warning,) = deploy(give, SPARSE, "--encoder=imdb-words")["warnings"]
        assert warning.startswith("there is no encoder 'imdb-words' here (did you mean 'imdb words'?)")
        assert warning.endswith("who has none of this name cannot give the model a --text or a --sample")
        plain = give("deploy", "model.json", "--encoder=imdb-words")
        assert plain.code == 0
        assert plain.err.splitlines()[0] == f"warning: {warning}"
        assert plain.err.count("warning") == 1

    @pytest.mark.parametrize("name", ["none", "imdb words"])
    def test_that_is_here_is_not(self, give: Give, name: str) -> None:
        assert deploy(give, SPARSE, f"--encoder={name}")["warnings"] == []


class TestClassifierOfOnesOwn:
    def test_answers_itself_what_no_twin_can(self, give: Give, chain: RpcChain) -> None:
        part = f"--part=classifier={CONTRACTS / 'majority.vy'}"
        waits = ["--refund-wait=0", "--owner-claim-wait=0", "--any-claim-wait=0"]
        model = deploy(give, SPARSE, part, *waits)["address"]
        told = give("model", "add-data", model, "--features=9", "--label=yes", "--json").told()
        assert give("model", "predict", model, "--features=1", "--json").told()["label"] == 1
        chain.advance_to(Seconds(told["added"] + 60))
        assert give("model", "refund", model, "--number=0", "--json").told()["amount"] == told["cost"]
        Path("samples.txt").write_text("1\n")
        for command in ("claims", "verify", "export -o m.json", "predict --file samples.txt"):
            verb, *options = command.split()
            give("model", verb, model, *options).refused(
                "its classifier 'own majority' has no twin in this version"
            )
        assert not Path("m.json").exists()


def test_claims_are_told_and_made(give: Give, chain: RpcChain) -> None:
    model = deploy(give, SPARSE, *TERMS)["address"]
    told = give("model", "add-data", model, "--features=0", "--label=yes", "--json").told()
    waiting = give("model", "claims", model, "--json").told()
    assert (waiting["now"], [each["since"] for each in waiting["later"]]) == ([], [told["added"] + 60])
    chain.advance_to(Seconds(told["added"] + 60))
    made = give("model", "claims", model, "--claim", "--json").told()
    assert [(each["path"], each["amount"]) for each in made["claimed"]] == [("refund", told["cost"])]
    assert (made["now"], made["later"]) == ([], [])
