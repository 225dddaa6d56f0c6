"""``decai train``: a model file from a data set."""

import json
from pathlib import Path
from typing import Annotated, Final

import typer

from decai.cli import complete
from decai.errors import InputError, ScenarioError

__all__ = ["train"]

_OPTIONS: Final = {
    "data.dataset": "another data set",
    "data.initial": "--initial",
    "model.classifier": "--classifier",
}
"""What settings of scenarios are here."""


def train(
    dataset: Annotated[str, typer.Argument(autocompletion=complete.datasets)],
    classifier: Annotated[
        str, typer.Option("--classifier", metavar="KIND", help="Such as sparse-perceptron.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="The model file.")],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="As in scenarios, such as model.epochs=4."),
    ] = None,
    initial: Annotated[
        float, typer.Option(help="The part of the training data to learn from: above 0, at most 1.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="Decides the order of the data.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train a model on a data set's training part, in exact integers, and write a model file."""
    from decai.model_file import write_model
    from decai.simulation.initial import initial_model
    from decai.units import counted

    if not 0 < initial <= 1:
        raise InputError(f"--initial must be above 0 and at most 1, not {initial:g}")
    for setting in settings or ():
        _require_applies(setting)
    try:
        made = initial_model(dataset, classifier, settings or (), initial=initial, seed=seed)
    except ScenarioError as error:
        raise InputError(_as_typed(str(error))) from None
    write_model(made.classifier, out, extra=made.entries)
    if as_json:
        print(
            json.dumps(
                {
                    "file": str(out),
                    "classifier": made.classifier.kind,
                    "dataset": made.dataset,
                    "features": made.classifier.num_features,
                    "samples": made.samples,
                    "accuracy": made.accuracy,
                }
            )
        )
        return
    print(f"{out}: {made.classifier.kind} with {counted(made.classifier.num_features, 'feature')}")
    print(f"  learned from {counted(made.samples, 'sample')} of {made.dataset}")
    print(f"  right on {made.accuracy:.1%} of the test part")


def _as_typed(line: str) -> str:
    """What is wrong with a setting, with its name in a scenario replaced by what it is here."""
    key, colon, fault = line.partition(": ")
    if not colon or not key.startswith(("data.", "model.")):
        return line
    typed = {**_OPTIONS, "data.dataset": "the data set"}.get(key, f"--set {key}")
    return f"{typed}: {fault}"


def _require_applies(setting: str) -> None:
    """Raise `InputError` for a setting of scenarios that says nothing of how a model is trained."""
    key, equals, _ = setting.partition("=")
    key = key.strip()
    if not equals or key.startswith("data.options.") or (key.startswith("model.") and key not in _OPTIONS):
        return
    better = f"; give {_OPTIONS[key]}" if key in _OPTIONS else ""
    raise InputError(f"--set {key[:80]}: does not apply to training; model.* and data.options.* do{better}")
