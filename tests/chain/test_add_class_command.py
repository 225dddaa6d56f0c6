"""``decai model add-class``: a model tells a class more, and everything else goes on with it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from decai.chain.rpc import RpcChain
from tests.chain.commands import Give

WAITS = ["--refund-wait=60", "--owner-claim-wait=2 min", "--any-claim-wait=3 min"]
BAYES: dict[str, Any] = {
    "type": "naive bayes",
    "classifications": ["no", "yes"],
    "classCounts": [2, 2],
    "featureCounts": [[[0, 2], [1, 1]], [[2, 2], [3, 1]]],
    "totalNumFeatures": 10,
}
SPARSE: dict[str, Any] = {
    "type": "sparse nearest centroid classifier",
    "centroids": {
        "no": {"centroid": {"0": 1, "1": 0.5}, "dataCount": 2},
        "yes": {"centroid": {"2": 1, "3": 0.5}, "dataCount": 2},
    },
}
DENSE: dict[str, Any] = {
    "type": "dense nearest centroid classifier",
    "centroids": {
        "no": {"centroid": [1, 0, 0], "dataCount": 2},
        "yes": {"centroid": [0, 1, 0], "dataCount": 2},
    },
}
MODELS: dict[str, tuple[dict[str, Any], str, str]] = {
    "naive-bayes": (BAYES, "5,6\n5,7\n5,6\n", "--features=5,6"),
    "sparse-centroid": (SPARSE, "5,6\n5,7\n5,6\n", "--features=5,6"),
    "dense-centroid": (DENSE, "x,y,z\n0,0,2\n0,1,7\n0,-1,7\n", "--numbers=0,0,1"),
}
"""A model, samples of a third class, and a sample that is one of it."""


def deployed(give: Give, content: dict[str, Any]) -> str:
    Path("model.json").write_text(json.dumps(content))
    return str(give("deploy", "model.json", *WAITS, "--json").told()["address"])


@pytest.mark.parametrize("kind", MODELS)
class TestClass:
    """A class that is added."""

    @pytest.fixture
    def model(self, give: Give, kind: str) -> str:
        Path("third.txt").write_text(MODELS[kind][1])
        return deployed(give, MODELS[kind][0])

    def test_starts_from_its_samples(self, give: Give, model: str, kind: str) -> None:
        sample = MODELS[kind][2]
        told = give("model", "add-class", model, "maybe", "--from=third.txt", "--json").told()
        assert (told["label"], told["class"], told["samples"], told["earlier"]) == (2, "maybe", 3, False)
        assert give("model", "predict", model, sample, "--json").told()["class"] == "maybe"
        assert give("model", "info", model, "--json").told()["classes"] == ["no", "yes", "maybe"]
        done = give("model", "add-data", model, sample, "--label=maybe")
        assert done.code == 0
        assert give("model", "verify", model).code == 0

    def test_may_start_from_nothing_and_be_taught(self, give: Give, model: str, kind: str) -> None:
        sample = MODELS[kind][2]
        done = give("model", "add-class", model, "maybe")
        assert done.out.startswith("Added class 2, maybe, which starts from 0 samples\n")
        # Without samples it never wins.
        assert give("model", "predict", model, sample, "--json").told()["class"] != "maybe"
        give("model", "add-data", model, sample, "--label=2", "--json").told()
        assert give("model", "predict", model, sample, "--json").told()["class"] == "maybe"
        assert give("model", "verify", model).code == 0

    def test_goes_with_the_model_into_its_file(self, give: Give, model: str, kind: str) -> None:
        give("model", "add-class", model, "maybe", "--from=third.txt", "--json").told()
        give("model", "export", model, "-o", "exported.json", "--json").told()
        again = give("deploy", "exported.json", "--json").told()["address"]
        assert give("model", "predict", again, MODELS[kind][2], "--json").told()["class"] == "maybe"

    def test_is_added_by_the_owner_alone(self, give: Give, node: str, model: str, kind: str) -> None:
        bo = RpcChain(node).accounts[1]
        done = give("model", "add-class", model, "maybe", "--account", bo, "--json")
        done.refused("trainer: only the owner may do this")

    def test_has_a_name_of_its_own(self, give: Give, model: str, kind: str) -> None:
        done = give("model", "add-class", model, "yes", "--json")
        done.refused("'yes' is a class of this model already, with label 1")
        give("model", "add-class", model, "", "--json").refused(f"{kind}: ")
        give("model", "add-class", model, "x" * 65, "--json").refused("has at most 64 bytes")


def test_watching_tells_of_the_class_and_of_what_it_is_called(give: Give, node: str) -> None:
    first = RpcChain(node).block + 1
    model = deployed(give, BAYES)
    Path("third.txt").write_text("5,6\n")
    give("model", "add-class", model, "may\x1b[2Jbe", "--from=third.txt", "--json").told()
    give("model", "add-data", model, "--features=5", "--label=2", "--json").told()
    command = ["model", "watch", model, f"--first-block={first}", "--rpc", node]
    process = subprocess.Popen(
        [sys.executable, "-m", "decai.cli", *command], stdout=subprocess.PIPE, env=dict(os.environ), text=True
    )
    assert process.stdout is not None
    lines = [process.stdout.readline().partition("  ")[2].strip() for _ in range(5)]
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert lines[2:4] == ["class 2 is to start from 1 sample", "class 2 was added: may [2Jbe"]
    assert " contributed a sample as may [2Jbe, deposit " in lines[4]


def test_a_perceptron_takes_none(give: Give) -> None:
    model = deployed(give, {"type": "dense perceptron", "classifications": ["a", "b"], "weights": [1, 2]})
    done = give("model", "add-class", model, "c", "--json")
    done.refused("dense-perceptron: has exactly two classes")
