"""``decai model add-class``: its owner lets a shared model tell one class more."""

import json
from pathlib import Path
from typing import Annotated

import typer

from decai.cli.consent import Yes, ask_for_each
from decai.cli.options import Account, FirstBlock, Json, Model, Rpc, opened
from decai.cli.sent import receipt, sent_once, spent
from decai.cli.show import clean, counted
from decai.errors import InputError

__all__ = ["add_class"]


def add_class(
    address: Model,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the class is called.")],
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE", help="Samples of it that it starts from, one a line; by default none."
        ),
    ] = None,
    first_block: FirstBlock = None,
    rpc: Rpc = None,
    account: Account = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Add a class to a model of yours, which starts from samples of it, or from nothing.

    Until it has samples, a model answers it to none; whoever contributes some teaches it.
    """
    from decai.chain.connect import default_sender
    from decai.cli.sample import SampleReader

    trainer = opened(address, rpc, account, first_block)
    samples = None if source is None else SampleReader(trainer).samples(source)
    start = trainer.class_start(samples)
    sender = default_sender(trainer.chain)
    ask_for_each(trainer.chain, yes=yes, as_json=as_json)
    transaction = trainer.calls.add_class(sender, name, start)
    classes = trainer.info.classes

    def check() -> None:
        if name in classes:
            label = classes.index(name)
            raise InputError(f"{name[:80]!r} is a class of this model already, with label {label}")

    with sent_once(trainer, "add-class", transaction, as_json, check) as (mined, earlier):
        label = trainer.label_added(mined)
        if as_json:
            facts = {"class": name, "label": label, "samples": start.samples, "earlier": earlier}
            print(json.dumps({**facts, **receipt(mined)}), flush=True)
            return
        print(f"Added class {label}, {clean(name)}, which starts from {counted(start.samples, 'sample')}")
        print(f"  {spent(mined, earlier)}", flush=True)
