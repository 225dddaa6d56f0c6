"""Model files of every type, the original framework's and ours: deployed, used, and exported again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from decai.chain.rpc import RpcChain
from decai.classifier import DenseCentroid, DensePerceptron, NaiveBayes, SparseCentroid, SparsePerceptron
from decai.dataset.unit_norm import unit_norm
from decai.model_file import model_to_dict, read_model, write_model
from decai.protocols import Classifier
from decai.samples import Samples
from decai.units import Seconds
from tests.chain.commands import Give

TWO = {"classifications": ["no", "yes"]}
SPARSE_MEANS = {
    "no": {"centroid": {"0": 1, "3": 0.25}, "dataCount": 4},
    "yes": {"centroid": {"1": 1, "70": 0.5}, "dataCount": 2},
}
DENSE_MEANS = {
    "no": {"centroid": [0.6, 0, -0.25], "dataCount": 3},
    "yes": {"centroid": [0, 0.7, 0.125], "dataCount": 5},
    "maybe": {"centroid": [-0.5, 0, 0.5], "dataCount": 1},
}
ORIGINALS: dict[str, dict[str, Any]] = {
    "sparse perceptron": {
        **TWO,
        "type": "sparse perceptron",
        "weights": [0.5, -0.25, 1e-9],
        "sparseWeights": {"9000": -2.5},
        "intercept": 0.1,
        "learningRate": 0.25,
    },
    "sparse perceptron, features of an encoder": {
        **TWO,
        "type": "sparse perceptron",
        "weights": [0.5, -0.25],
        "featureIndices": [7, 100_000],
        "bias": -0.5,
    },
    "dense perceptron": {
        **TWO,
        "type": "dense perceptron",
        "weights": [0.5, -0.25, 3.5],
        "intercept": -0.125,
        "learningRate": 0.5,
    },
    "perceptron, dense": {**TWO, "type": "perceptron", "weights": [0.5, -0.25], "bias": 0.5},
    "perceptron, by index": {**TWO, "type": "perceptron", "weights": {"0": 0.5, "12": -0.25}},
    "perceptron, sparse weights": {**TWO, "type": "perceptron", "sparseWeights": {"5": 0.5, "12": -0.25}},
    "naive bayes": {
        "type": "naive bayes",
        "classifications": ["a", "b", "c"],
        "classCounts": [3, 2, 0],
        "featureCounts": [[[0, 3], [4, 1]], [[1, 2], [70_000, 9]], []],
        "totalNumFeatures": 70_001,
        "smoothingFactor": 0.5,
    },
    "nearest centroid classifier, dense": {"type": "nearest centroid classifier", "intents": DENSE_MEANS},
    "nearest centroid classifier, sparse": {"type": "nearest centroid classifier", "intents": SPARSE_MEANS},
    "dense nearest centroid classifier": {
        "type": "dense nearest centroid classifier",
        "centroids": DENSE_MEANS,
    },
    "sparse nearest centroid classifier": {
        "type": "sparse nearest centroid classifier",
        "centroids": SPARSE_MEANS,
    },
}
"""Files as the original framework writes them."""
SPARSE_SAMPLES = Samples.sparse([[0, 3], [1], [0, 1, 2], [], [3], [2, 5]])
DENSE_SAMPLES = Samples.dense([unit_norm(row) for row in ([3, 0, -4], [1, 1, 1], [0, -1, 0], [1, 2, -2])])


def learned(model: Classifier) -> Classifier:
    """The model after samples whose labels go round."""
    samples = DENSE_SAMPLES if model.kind.startswith("dense") else SPARSE_SAMPLES
    model.train(samples, np.arange(len(samples), dtype=np.int64) % len(model.classes))
    for row in range(len(samples)):
        model.update(samples[row], row * row % len(model.classes))
    return model


OURS: dict[str, Callable[[], Classifier]] = {
    "sparse-perceptron": lambda: SparsePerceptron(("no", "yes"), [5, -7], learning_rate=300),
    "dense-perceptron": lambda: DensePerceptron(("no", "yes"), [5, -7, 9], learning_rate=300),
    "naive-bayes": lambda: NaiveBayes(("a", "b", "c"), vocabulary=9),
    "sparse-centroid": lambda: SparseCentroid(("a", "b", "c")),
    "dense-centroid": lambda: DenseCentroid(("a", "b", "c"), 3),
}
"""What files of ours are written from, once it has learned something."""
TERMS = {
    "stakeable": [
        "--refund-wait=60",
        "--owner-claim-wait=2 min",
        "--any-claim-wait=3 min",
        "--shares=deposit",
    ],
    "points": ["--incentive=points", "--refund-wait=60"],
}
# Each file of the original's with one mechanism in turn, each kind of ours with all.
PAIRS = [
    *((name, list(TERMS)[place % len(TERMS)]) for place, name in enumerate(ORIGINALS)),
    *((name, mechanism) for name in OURS for mechanism in TERMS),
]


def write(name: str) -> Classifier:
    """Write ``model.json``; what it holds."""
    if name in ORIGINALS:
        Path("model.json").write_text(json.dumps(ORIGINALS[name]))
    else:
        write_model(learned(OURS[name]()), "model.json")
    return read_model("model.json")


def content(path: str) -> dict[str, Any]:
    """The model in a file, but for how perceptrons have come to their weights: a deployment begins anew."""
    entries = model_to_dict(read_model(path))
    if entries["type"].endswith("perceptron"):
        entries.pop("decai", None)
    return entries


def samples_for(model: Classifier) -> list[list[int]]:
    """Some that it takes, with features that it knows and others."""
    if not model.kind.startswith("dense"):
        return [[], [0], [1, 3], [0, 7, 12], [70], [5, 9000]]
    size = model.num_features
    rows = [[(3 * i + j * j) % 5 - 2 for j in range(size)] for i in range(6)]
    return [unit_norm(row) for row in rows if any(row)]


def predicted(give: Give, address: str, samples: list[list[int]]) -> list[int]:
    """By the contract, and in bulk, which are the same."""
    texts = [",".join(map(str, sample)) for sample in samples]
    told = [give("model", "predict", address, f"--features={text}", "--json").told() for text in texts]
    # A table holds numbers of any size: vectors of norm 1 keep their proportions.
    Path("samples.txt").write_text("\n".join(texts))
    bulk = give("model", "predict", address, "--file=samples.txt", "--json").told()["labels"]
    assert bulk == [each["label"] for each in told]
    return [each["label"] for each in told]


@pytest.mark.parametrize(("name", "mechanism"), PAIRS)
class TestFile:
    """A model file."""

    def test_is_deployed_and_exported_unchanged(self, give: Give, name: str, mechanism: str) -> None:
        model = write(name)
        first = give("deploy", "model.json", *TERMS[mechanism], "--json").told()["address"]
        give("model", "export", first, "-o", "exported.json", "--json").told()
        assert content("exported.json") == content("model.json")

        second = give("deploy", "exported.json", "--json").told()["address"]
        give("model", "export", second, "-o", "again.json", "--json").told()
        exported, again = (json.loads(Path(file).read_text()) for file in ("exported.json", "again.json"))
        assert {**exported, "source": 0} == {**again, "source": 0}
        infos = [give("model", "info", each, "--json").told() for each in (first, second)]
        for info in infos:
            assert (info["classifier"], info["incentive"]) == (model.kind, mechanism)
            del info["address"], info["time"], info["cost"]
        assert infos[0] == infos[1]

    def test_answers_as_in_memory_learns_and_is_verified(
        self, give: Give, node: str, name: str, mechanism: str
    ) -> None:
        model = write(name)
        address = give("deploy", "model.json", *TERMS[mechanism], "--json").told()["address"]
        samples = samples_for(model)
        arrays = [np.array(sample, dtype=np.int64) for sample in samples]
        assert predicted(give, address, samples) == [model.predict(array) for array in arrays]

        sample, array = samples[2], arrays[2]
        wrong = (model.predict(array) + 1) % len(model.classes)
        text = ",".join(map(str, sample))
        told = give("model", "add-data", address, f"--features={text}", f"--label={wrong}", "--json").told()
        model.update(array, wrong)
        assert predicted(give, address, samples) == [model.predict(array) for array in arrays]
        give("model", "export", address, "-o", "learned.json", "--json").told()
        write_model(model, "expected.json")
        assert content("learned.json") == content("expected.json")

        chain = RpcChain(node)
        chain.advance_to(Seconds(told["added"] + 3_600))
        chain.node.ask("anvil_mine", "0x1")
        claims = give("model", "claims", address, "--claim", "--json").told()
        agrees = model.predict(array) == wrong
        assert [each["path"] for each in claims["claimed"]] == ["refund"] * agrees
        checked = give("model", "verify", address, "--json").told()
        assert (checked["holds"], checked["contributions"], checked["claims"]) == (True, 1, agrees)
        line = give("model", "verify", address).out.splitlines()[0]
        assert f": 1 contribution, {'1 claim' if agrees else '0 claims'}, " in line
