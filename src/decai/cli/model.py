"""``decai model``: use a shared model, and look into it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from decai.cli import complete
from decai.cli.options import (
    FeaturesOption,
    FileOption,
    FirstBlock,
    Given,
    Json,
    Model,
    NumbersOption,
    Rpc,
    SampleOption,
    TextOption,
    opened,
)
from decai.cli.show import clean, counted, hint
from decai.errors import InputError

if TYPE_CHECKING:
    from decai.chain.client import ChainTrainer
    from decai.chain.model import ModelInfo
    from decai.samples import IntArray, Samples

__all__ = ["export", "predict", "show_info", "verify", "watch"]


def _samples(info: "ModelInfo") -> str:
    if info.form.is_sparse:
        return f"at most {counted(info.max_features, 'feature')}, indices below 2^{info.form.lane_bits}"
    return f"{counted(info.max_features, 'number')} of which the squares add up to 1"


def _part(kind: str) -> str:
    """The kind of a part, or that it is somebody's own, and the name of its file."""
    own = kind.removeprefix("own ")
    return clean(kind if own == kind else f"own part {own}.vy")


def show_info(address: Model, rpc: Rpc = None, as_json: Json = False) -> None:
    """Tell what a model is, its terms, and what a contribution costs now."""
    from decai.chain.model import read_state
    from decai.cli.words import eth
    from decai.units import format_seconds

    trainer = opened(address, rpc)
    info = trainer.info
    counts = {
        name: read_state(trainer.chain, info.address, f"{view}()", "uint256")
        for name, view in (("contributions", "totalSubmitted"), ("valid", "totalGoodDataCount"))
    }
    terms = {name: value for name, value in asdict(info).items() if name != "form"}
    terms |= {"index_bits": info.form.lane_bits, "takes_vectors": not info.form.is_sparse}
    facts: dict[str, Any] = {**terms, "owner": trainer.owner, "held": trainer.held, **counts}
    facts |= {"cost": trainer.cost(), "chain_id": trainer.chain.chain_id, "time": trainer.now}
    if as_json:
        print(json.dumps(facts))
        return
    parts = f"{_part(info.classifier)}, {_part(info.incentive)}"
    print(f"“{clean(info.name)}” ({parts}) at {info.address}")
    lines = [
        ("what for", clean(info.description) or "it does not say"),
        ("classes", ", ".join(map(clean, info.classes))),
        ("encoder", clean(info.encoder)),
        ("samples", _samples(info)),
        *([("code", f"that of {info.implementation}, with others")] if info.implementation else []),
        ("owner", trainer.owner),
        (
            "used",
            f"{counted(counts['contributions'], 'contribution')}, {counts['valid']:,} of them validated",
        ),
        ("at stake", eth(trainer.held)),
        ("cost now", eth(trainer.cost())),
        ("refund", f"after {format_seconds(info.refund_wait)}, if the model agrees"),
    ]
    if info.owner_wait is not None and info.any_wait is not None:
        waits = format_seconds(info.owner_wait), format_seconds(info.any_wait)
        lines.append(("left over", f"the owner after {waits[0]}, anybody after {waits[1]}"))
    for name, text in lines:
        print(f"  {name:9} {text}")


def predict(
    address: Model,
    features: FeaturesOption = None,
    numbers: NumbersOption = None,
    text: TextOption = None,
    sample: SampleOption = None,
    file: FileOption = None,
    dataset: Annotated[
        str | None, typer.Option(autocompletion=complete.datasets, help="The test part of a data set.")
    ] = None,
    rows: Annotated[
        str | None,
        typer.Option(
            help="Of the file or data set: one such as 7, or several such as 0:100; all by default."
        ),
    ] = None,
    first_block: FirstBlock = None,
    rpc: Rpc = None,
    as_json: Json = False,
) -> None:
    """Ask a model, which is free."""
    given = Given(features, numbers, text, sample, file)
    if dataset is None or not given.is_nothing:
        given.require_one("--dataset")
        if dataset is not None:
            raise InputError(f"give one of {given.options[0]} and --dataset")
    if rows is not None and file is None and dataset is None:
        raise InputError("--rows does not apply without --file or --dataset; leave it out")
    from decai.cli.features import rows_of
    from decai.cli.sample import SampleReader

    trainer = opened(address, rpc, first_block=first_block)
    if file is not None:
        samples = SampleReader(trainer).samples(file)
        chosen = list(rows_of(rows or ":", len(samples)))
        _predict_many(trainer, samples.select(chosen), None, as_json)
    elif dataset is not None:
        _predict_many(trainer, *_test_part(trainer, dataset, rows or ":"), as_json)
    else:
        _predict_one(trainer, given, as_json)


def _predict_one(trainer: "ChainTrainer", given: Given, as_json: bool) -> None:
    from decai.cli.sample import read_one

    read = read_one(trainer, given, as_json)
    if read.knows_nothing and not as_json:
        hint(f"warning: {clean(read.knows_nothing)}; the answer is that for an empty one")
    label = trainer.predict(read.features)
    name = trainer.info.classes[label]
    if as_json:
        print(json.dumps({"label": label, "class": name, "features": read.features.tolist()}))
    else:
        print(clean(name))


def _test_part(trainer: "ChainTrainer", dataset: str, rows: str) -> tuple["Samples", "IntArray"]:
    """The test samples of a data set, in the form that the model takes, and their labels."""
    from decai.cli.features import rows_of
    from decai.dataset import info, load

    form = "sparse" if trainer.info.form.is_sparse else "dense"
    if info(dataset).form not in (form, "both"):
        kinds = {"sparse": "lists of features", "dense": "vectors"}
        other = kinds["dense" if form == "sparse" else "sparse"]
        raise InputError(f"{dataset}: its samples are {other}; this model takes {kinds[form]}")
    test = load(dataset, dense=form == "dense").test
    chosen = list(rows_of(rows, len(test)))
    return test.samples.select(chosen), test.labels[chosen]


def _predict_many(
    trainer: "ChainTrainer", samples: "Samples", expected: "IntArray | None", as_json: bool
) -> None:
    import numpy as np

    from decai.chain.current import current_classifier

    model, _ = current_classifier(trainer)
    labels = model.predict_many(samples)
    right = None if expected is None else int(np.count_nonzero(labels == expected))
    if as_json:
        result: dict[str, Any] = {"labels": labels.tolist()}
        if right is not None:
            result |= {"right": right, "accuracy": right / max(1, len(labels))}
        print(json.dumps(result))
        return
    if right is not None and len(labels) > 1:
        verb = "is" if right == 1 else "are"
        print(f"{right:,} of {len(labels):,} {verb} right ({right / len(labels):.1%})")
        return
    for label in labels.tolist():
        print(clean(model.classes[label]))


def verify(address: Model, first_block: FirstBlock = None, rpc: Rpc = None, as_json: Json = False) -> None:
    """Replay all that ever happened to a model in the Python twin, and compare every word of its state."""
    from decai.chain.audit import audit
    from decai.cli.words import eth

    trainer = opened(address, rpc, first_block=first_block)
    found = audit(trainer.chain, trainer.address, trainer.first_block)
    if as_json:
        print(json.dumps({**asdict(found), "holds": found.holds}))
    else:
        print(
            f"{found.address} up to block {found.block:,}: {counted(found.contributions, 'contribution')}, "
            f"{counted(found.claims, 'claim')}, {eth(found.held)} at stake"
        )
        for check in found.checks:
            print(f"  {'equal ' if check.holds else 'DIFFERS'} {check.name:9} {check.detail}")
        print(
            "model, ledger and money are what the rules say, bit for bit"
            if found.holds
            else "NOT what the rules say"
        )
    if not found.holds:
        raise typer.Exit(2)


def export(
    address: Model,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="The model file.")],
    first_block: FirstBlock = None,
    rpc: Rpc = None,
    as_json: Json = False,
) -> None:
    """Write a model as it is now to a model file, with all that it takes to deploy it again."""
    from decai.chain.current import current_classifier
    from decai.cli.terms import terms_entry
    from decai.model_file import write_model

    trainer = opened(address, rpc, first_block=first_block)
    model, block = current_classifier(trainer)
    source = {"chain_id": trainer.chain.chain_id, "address": trainer.address, "block": block}
    info = trainer.info
    about = {"name": info.name, "description": info.description, "encoder": info.encoder}
    room = {"longestSample": info.max_features, "indexBits": info.form.lane_bits}
    write_model(
        model,
        out,
        extra={**about, **(room if info.form.is_sparse else {}), **terms_entry(info), "source": source},
    )
    if as_json:
        print(json.dumps({"file": str(out), **source, "features": model.num_features}))
    else:
        print(f"{out}: {model.kind} with {counted(model.num_features, 'feature')}, as of block {block:,}")


def watch(
    address: Model,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = 1.0,
    first_block: Annotated[
        int | None,
        typer.Option(
            "--first-block", metavar="N", min=0, help="From which block on; by default from the next one."
        ),
    ] = None,
    rpc: Rpc = None,
    as_json: Json = False,
) -> None:
    """Follow what happens to a model, line by line, until interrupted."""
    from time import sleep

    from decai.chain.abi import decode_event
    from decai.cli.events import told

    trainer = opened(address, rpc, first_block=first_block)
    begin = trainer.chain.block + 1 if first_block is None else first_block
    if not as_json:
        print(f"watching “{clean(trainer.info.name)}” from block {begin:,} on; end with Ctrl-C", flush=True)
    classes = trainer.info.classes
    while True:
        last = trainer.chain.block
        if last >= begin:
            for log in trainer.chain.logs(trainer.address, begin, last):
                event = decode_event(log.topics, log.data)
                if event is None:
                    continue
                print(told(event, log, classes, as_json), flush=True)
                if event.name == "AddClass" and event.values["index"] == len(classes):
                    classes = (*classes, event.values["name"])
            begin = last + 1
        sleep(every)
