"""Models as they are before anybody contributes: initial training alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from decai.dataset import Dataset
from decai.errors import ScenarioError
from decai.protocols import Classifier
from decai.simulation.build import build_classifier, initial_count, train_initially
from decai.simulation.draws import generator
from decai.simulation.run import load_dataset
from decai.simulation.scenario import Scenario, load

__all__ = ["InitialModel", "initial_model"]

_SCENARIO = "imdb-perceptron"
"""Whose settings hold unless told otherwise."""


@dataclass(frozen=True, slots=True)
class InitialModel:
    """A trained model and how good it is."""

    classifier: Classifier
    dataset: str
    samples: int
    """How many it has learned from."""
    accuracy: float
    """On the test part, from 0 to 1."""
    entries: Mapping[str, Any]
    """What its file says beside the model itself."""


def initial_model(
    name: str,
    classifier: str,
    settings: Sequence[str] = (),
    *,
    initial: float = 1.0,
    seed: int = 1,
) -> InitialModel:
    """Train a classifier as scenarios do before their first contribution.

    Parameters
    ----------
    name
        Of the data set.
    classifier
        Its kind.
    settings
        Of the scenario's model and data, such as ``model.epochs=4``; the reference scenario's otherwise.
    initial
        The part of the training data to learn from.
    seed
        Decides the order of the data.

    Raises
    ------
    ScenarioError
        If a setting is unknown or out of range, or the kind cannot learn from this data.
    DatasetError, MissingError
        If there is no such data set, or it has to be fetched first.
    """
    if not 0 < initial <= 1:
        raise ScenarioError(f"the part to learn from must be above 0 and at most 1, not {initial}")
    overrides = [f"data.dataset={name}", f"data.initial={initial if initial < 1 else 0.5}"]
    overrides.append(f"model.classifier={classifier}")
    scenario = _scenario([*overrides, *settings])
    data = load_dataset(scenario)
    size = len(data.train) if initial == 1 else initial_count(scenario, data)
    order = generator(seed, "data order").permutation(len(data.train))[:size]
    model = build_classifier(scenario.model, data)
    train_initially(model, scenario.model, data.train.samples.select(order), data.train.labels[order])
    right = np.count_nonzero(model.predict_many(data.test.samples) == data.test.labels)
    accuracy = float(right) / len(data.test)
    return InitialModel(model, name, size, accuracy, _entries(data, size, accuracy))


def _scenario(overrides: list[str]) -> Scenario:
    try:
        return load(_SCENARIO, overrides)
    except ScenarioError as error:
        # Nobody has asked for a scenario.
        raise ScenarioError(str(error).removeprefix(f"{_SCENARIO}: ")) from None


def _entries(data: Dataset, samples: int, accuracy: float) -> dict[str, Any]:
    entries: dict[str, Any] = {
        "name": data.info.title,
        "description": f"Tells {' from '.join(data.classes) if len(data.classes) == 2 else 'classes apart'}.",
        "encoder": data.info.encoder,
        "training": {
            "dataset": data.name,
            "options": dict(data.options),
            "samples": samples,
            "accuracy": round(accuracy, 6),
        },
    }
    if data.is_sparse:
        lengths = [part.samples.ends - part.samples.starts for part in (data.train, data.test)]
        entries["longestSample"] = max(int(each.max()) for each in lengths)
    return entries
