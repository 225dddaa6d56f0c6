"""Whether one local node hosts hundreds of models as it hosts one: listing, predicting, teaching, claiming.

    python -m benchmarks.many_models 200

deploys that many models of all kinds and both mechanisms on a node of its own, teaches each, and times the
same commands on the first model three times: when it is the only one, when half of the others are there, and
when all are. The commands run in this process, as `decai` runs them.
"""

import io
import json
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

from decai import dataset
from decai.chain.connect import connect, open_model
from decai.chain.local_node import anvil_path, stop
from decai.classifier import DenseCentroid, DensePerceptron, NaiveBayes, SparseCentroid, SparsePerceptron
from decai.cli import run
from decai.model_file import write_model
from decai.paths import DATA_DIR_VARIABLE
from decai.protocols import Classifier
from decai.samples import Samples

__all__ = ["main"]

_REPEATS: Final = 7
_LESSONS: Final = 3
"""Contributions to each model."""


def _classifiers() -> dict[str, Classifier]:
    """One of each kind, trained on the tiny data sets."""
    sparse, dense = dataset.load("tiny"), dataset.load("tiny-dense")
    size, width = sparse.num_features, dense.num_features
    kinds: dict[str, Classifier] = {
        "sparse-perceptron": SparsePerceptron(sparse.classes, [0] * size),
        "naive-bayes": NaiveBayes(sparse.classes, vocabulary=size),
        "sparse-centroid": SparseCentroid(sparse.classes),
        "dense-perceptron": DensePerceptron(dense.classes[:2], [0] * width),
        "dense-centroid": DenseCentroid(dense.classes, width),
    }
    for kind, classifier in kinds.items():
        part = (dense if kind.startswith("dense") else sparse).train
        # A perceptron has two classes, and these vectors are of three.
        known = [row for row, label in enumerate(part.labels) if label < len(classifier.classes)]
        rows = [part.samples[row] for row in known]
        samples = Samples.dense(rows) if kind.startswith("dense") else Samples.sparse(rows)
        classifier.train(samples, part.labels[known])
    return kinds


def _given(*arguments: str) -> Any:
    """What a command prints with ``--json``."""
    said = io.StringIO()
    with redirect_stdout(said):
        code = run([*arguments, "--json"])
    assert code == 0, (arguments, said.getvalue())
    return json.loads(said.getvalue())


def _deployed(number: int, files: list[Path]) -> str:
    """The name of one more model, of each kind in turn, and of each mechanism in turn."""
    file, mechanism = files[number % len(files)], ("stakeable", "points")[number // len(files) % 2]
    name = f"model {number:03}"
    _given("deploy", str(file), "--name", name, "--incentive", mechanism, "--refund-wait", "1 hour")
    return name


class Stage:
    """A node of its own, and the models on it."""

    def __init__(self, folder: Path) -> None:
        self.files: list[Path] = []
        self.samples: list[Any] = []
        for kind, classifier in _classifiers().items():
            data = dataset.load("tiny-dense" if kind.startswith("dense") else "tiny")
            self.files.append(folder / f"{kind}.json")
            self.samples.append(data.test.samples)
            write_model(classifier, self.files[-1])
        self.chain = connect()
        self.names: list[str] = []

    def grow(self, models: int) -> float:
        """Deploy and teach so many more; the mean seconds of one."""
        begin = perf_counter()
        for number in range(len(self.names), len(self.names) + models):
            self.names.append(_deployed(number, self.files))
            self.teach(self.names[-1], number)
        return (perf_counter() - begin) / max(1, models)

    def teach(self, name: str, number: int) -> None:
        """A few contributions by several people."""
        trainer = open_model(self.chain, name)
        samples = self.samples[number % len(self.files)]
        for lesson, author in enumerate(self.chain.accounts[:_LESSONS]):
            features = samples[lesson]
            trainer.add_data(author, features, trainer.predict(features), trainer.cost())

    def measured(self) -> dict[str, float]:
        """Seconds of each command on the first model, the median of several."""
        first, sample = self.names[0], ",".join(map(str, self.samples[0][0].tolist()))
        reads: dict[str, Callable[[], object]] = {
            "list": lambda: _given("model", "list"),
            "info": lambda: _given("model", "info", first),
            "predict": lambda: _given("model", "predict", first, "--features", sample),
            "claims": lambda: _given("model", "claims", first),
        }
        seconds = {name: median(_timed(read) for _ in range(_REPEATS)) for name, read in reads.items()}
        # Only what the model agrees with is refunded.
        label = str(_given("model", "predict", first, "--features", sample)["label"])
        teaching, claiming = [], []
        for _ in range(_REPEATS):
            add = ("model", "add-data", first, "--features", sample, "--label", label)
            teaching.append(_timed(lambda: _given(*add)))  # noqa: B023
            _given("node", "advance-time", "2 hours")
            claiming.append(_timed(lambda: _claimed(first)))
        return {**seconds, "add-data": median(teaching), "claims --claim": median(claiming)}


def _claimed(name: str) -> None:
    assert _given("model", "claims", name, "--claim")["claimed"], "there was nothing to claim"


def _timed(act: Callable[[], object]) -> float:
    begin = perf_counter()
    act()
    return perf_counter() - begin


def main() -> None:
    """What the command line asks for."""
    models = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with TemporaryDirectory(prefix="decai-bench-") as name:
        program = anvil_path()
        (Path(name) / "bin").mkdir()
        (Path(name) / "bin" / program.name).symlink_to(program)
        os.environ[DATA_DIR_VARIABLE] = name
        os.environ["DECAI_NODE_PORT"] = "0"
        try:
            _compare(Stage(Path(name)), models)
        finally:
            stop()


def _compare(stage: Stage, models: int) -> None:
    taken: dict[int, dict[str, float]] = {}
    for count in sorted({1, models // 2, models}):
        each = stage.grow(count - len(stage.names))
        taken[count] = stage.measured()
        print(f"{count:>4} models: the last ones took {each:.2f} s each to deploy and teach", flush=True)
    one = taken[1]
    print(f"{'milliseconds with':20}" + "".join(f"{count:>10}" for count in taken) + "     ratio")
    for action, alone in one.items():
        row = "".join(f"{1000 * seconds[action]:10.1f}" for seconds in taken.values())
        print(f"{action:20}{row}{taken[models][action] / alone:10.2f}")


if __name__ == "__main__":
    main()
