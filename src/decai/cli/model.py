"""``decai model``: use a shared model, and look into it."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from decai.cli import complete
from decai.cli.show import clean
from decai.errors import InputError

if TYPE_CHECKING:
    from decai.chain.client import ChainTrainer
    from decai.chain.model import ModelInfo

__all__ = ["Account", "FirstBlock", "Json", "Model", "Rpc", "app", "date", "opened", "short"]

app = typer.Typer(help="Use a shared model: ask it, teach it, claim, check it.")

Model = Annotated[
    str,
    typer.Argument(
        metavar="ADDRESS",
        autocompletion=complete.models,
        help="Its address, the beginning of it, or its name.",
    ),
]
Rpc = Annotated[
    str | None,
    typer.Option("--rpc", metavar="URL", help="The node; by default the local one, of play money."),
]
Account = Annotated[
    str | None, typer.Option("--account", metavar="ADDRESS", help="Who acts; by default the first account.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
FirstBlock = Annotated[
    int | None,
    typer.Option(
        "--first-block",
        metavar="N",
        min=0,
        help="The block in which it was deployed, or any before; by default found out.",
    ),
]


def opened(
    address: str, rpc: str | None, account: str | None = None, first_block: int | None = None
) -> "ChainTrainer":
    """The model that a command is about."""
    from decai.chain.connect import connect, open_model

    return open_model(connect(rpc, account), address, first_block)


def date(time: int) -> str:
    """A time for a person."""
    return f"{datetime.fromtimestamp(time).astimezone():%Y-%m-%d %H:%M:%S}"


def short(address: str) -> str:
    """An address for a line.

    Examples
    --------
    >>> short("0x5FbDB2315678afecb367f032d93F642f64180aa3")
    '0x5FbD…0aa3'
    """
    return f"{address[:6]}…{address[-4:]}"


@app.command("list")
def list_models(as_json: Json = False) -> None:
    """List the models that were deployed from this machine."""
    from decai.chain.known import known_models

    models = known_models()
    if as_json:
        print(json.dumps({"models": [asdict(model) for model in models]}))
        return
    for model in models:
        print(f"{model.address}  chain {model.chain_id}  {clean(model.name)}")
    if not models:
        print("no model was deployed from here yet; see decai deploy --help")


def _samples(info: "ModelInfo") -> str:
    if info.form.is_sparse:
        return f"at most {info.max_features} features, indices below 2^{info.form.lane_bits}"
    return f"{info.max_features} numbers of which the squares add up to 1"


@app.command("info")
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
    print(f"“{clean(info.name)}” ({info.classifier}, {info.incentive}) at {info.address}")
    lines = [
        ("what for", clean(info.description) or "it does not say"),
        ("classes", ", ".join(map(clean, info.classes))),
        ("encoder", clean(info.encoder)),
        ("samples", _samples(info)),
        ("owner", trainer.owner),
        ("used", f"{counts['contributions']:,} contributions, {counts['valid']:,} of them validated"),
        ("at stake", eth(trainer.held)),
        ("cost now", eth(trainer.cost())),
        ("refund", f"after {format_seconds(info.refund_wait)}, if the model agrees"),
    ]
    if info.owner_wait is not None and info.any_wait is not None:
        waits = format_seconds(info.owner_wait), format_seconds(info.any_wait)
        lines.append(("left over", f"the owner after {waits[0]}, anybody after {waits[1]}"))
    for name, text in lines:
        print(f"  {name:9} {text}")


@app.command("predict")
def predict(
    address: Model,
    features: Annotated[str | None, typer.Option(help="Feature indices, such as 1,5,9.")] = None,
    text: Annotated[str | None, typer.Option(help="A text, if the model's encoder takes one.")] = None,
    file: Annotated[Path | None, typer.Option(help="A file of samples, one list of indices a line.")] = None,
    dataset: Annotated[
        str | None, typer.Option(autocompletion=complete.datasets, help="The test part of a data set.")
    ] = None,
    rows: Annotated[
        str, typer.Option(help="Of the data set: one such as 7, or several such as 0:100.")
    ] = ":",
    first_block: FirstBlock = None,
    rpc: Rpc = None,
    as_json: Json = False,
) -> None:
    """Ask a model, which is free."""
    if sum(choice is not None for choice in (features, text, file, dataset)) != 1:
        raise InputError("give one of --features, --text, --file and --dataset")
    trainer = opened(address, rpc, first_block=first_block)
    if features is not None or text is not None:
        _predict_one(trainer, features, text, as_json)
        return
    _predict_many(trainer, file, dataset, rows, as_json)


def _predict_one(trainer: "ChainTrainer", features: str | None, text: str | None, as_json: bool) -> None:
    from decai.cli.features import parse_features, text_features

    sample = (
        parse_features(features) if features is not None else text_features(text or "", *_encoder(trainer))
    )
    label = trainer.predict(sample)
    if as_json:
        print(json.dumps({"label": label, "class": trainer.info.classes[label], "features": sample.tolist()}))
    else:
        print(clean(trainer.info.classes[label]))


def _encoder(trainer: "ChainTrainer") -> tuple[str, int]:
    from decai.chain.kinds import vocabulary_of

    return trainer.info.encoder, vocabulary_of(trainer.chain, trainer.info)


def _predict_many(
    trainer: "ChainTrainer", file: Path | None, dataset: str | None, rows: str, as_json: bool
) -> None:
    import numpy as np

    from decai.chain.current import current_classifier
    from decai.cli.features import read_samples, rows_of

    expected: Any = None
    if file is not None:
        samples = read_samples(file, trainer.calls.check_features)
    else:
        from decai.dataset import load

        test = load(str(dataset)).test
        chosen = rows_of(rows, len(test))
        samples, expected = test.samples.select(list(chosen)), test.labels[list(chosen)]
        if not samples.is_sparse:
            raise InputError(f"{dataset}: its samples are vectors; this model takes lists of features")
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
        print(f"{right:,} of {len(labels):,} are right ({right / len(labels):.1%})")
        return
    for label in labels.tolist():
        print(clean(trainer.info.classes[label]))


@app.command("verify")
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
            f"{found.address} up to block {found.block:,}: {found.contributions:,} contributions, "
            f"{found.claims:,} claims, {eth(found.held)} at stake"
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


@app.command("export")
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
        print(f"{out}: {model.kind} with {model.num_features:,} features, as of block {block:,}")


@app.command("watch")
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
    while True:
        last = trainer.chain.block
        if last >= begin:
            for log in trainer.chain.logs(trainer.address, begin, last):
                event = decode_event(log.topics, log.data)
                if event is not None:
                    print(told(event, log, trainer.info, as_json), flush=True)
            begin = last + 1
        sleep(every)
