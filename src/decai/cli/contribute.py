"""``decai model add-data``, ``refund`` and ``report``: teach a shared model, and settle."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from decai.cli.consent import Yes, ask_for_each
from decai.cli.options import (
    Account,
    FeaturesOption,
    FileOption,
    FirstBlock,
    Given,
    Json,
    Model,
    NumbersOption,
    RowOption,
    Rpc,
    SampleOption,
    TextOption,
    opened,
)
from decai.cli.sent import receipt, sent_once, spent
from decai.cli.show import clean, counted, date, ether
from decai.errors import InputError

if TYPE_CHECKING:
    from decai.chain.base import Mined
    from decai.chain.client import ChainTrainer
    from decai.chain.contributions import Contribution
    from decai.samples import Features
    from decai.units import Seconds, Wei

__all__ = ["add_data", "refund", "report"]

LabelOption = Annotated[str | None, typer.Option(help="The class's name or number.")]
Number = Annotated[
    int | None, typer.Option("--number", min=0, help="The contribution, as `claims` numbers it.")
]
Added = Annotated[
    int | None,
    typer.Option("--added", "--time", min=0, help="When it was added, in seconds since 1970."),
]


def add_data(
    address: Model,
    label: Annotated[str, typer.Option(help="The class's name or number.")],
    features: FeaturesOption = None,
    numbers: NumbersOption = None,
    text: TextOption = None,
    sample: SampleOption = None,
    file: FileOption = None,
    row: RowOption = None,
    value: Annotated[
        str | None, typer.Option(help="The most to pay, such as '0.01 ether'; by default what it costs now.")
    ] = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Even a sample without features.")] = False,
    rpc: Rpc = None,
    account: Account = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Contribute a sample, with a deposit that is refunded if the model comes to agree."""
    from decai.chain.connect import default_sender
    from decai.cli.features import label_of
    from decai.cli.sample import read_one

    trainer = opened(address, rpc, account)
    read = read_one(trainer, Given(features, numbers, text, sample, file, row), as_json)
    if read.knows_nothing and not anyway:
        raise InputError(
            f"{read.knows_nothing}, so it would teach the model what an empty one is; "
            "--anyway contributes it all the same"
        )
    known = label_of(label, trainer.info.classes)
    most = _with_room(trainer.cost()) if value is None else _amount(value)
    sender = default_sender(trainer.chain)
    ask_for_each(trainer.chain, yes=yes, as_json=as_json)
    transaction = trainer.calls.add_data(sender, read.features, known, most)
    with sent_once(trainer, "add-data", transaction, as_json) as (mined, earlier):
        deposit = trainer.cost_of(mined)
        refund_at = mined.time + trainer.info.refund_wait
        if as_json:
            facts = {"sender": sender, "features": read.features.tolist(), "label": known}
            facts |= {"added": mined.time, "cost": deposit, "refund_from": refund_at, "earlier": earlier}
            print(json.dumps({**facts, **receipt(mined)}), flush=True)
            return
        name = clean(trainer.info.classes[known])
        thing = "feature" if trainer.info.form.is_sparse else "number"
        print(f"Contributed {counted(len(read.features), thing)} as {name}; deposit {ether(deposit)}")
        print(f"  {spent(mined, earlier)}")
        print(f"  a refund is possible from {date(refund_at)} on, if the model agrees then", flush=True)


def refund(
    address: Model,
    number: Number = None,
    features: FeaturesOption = None,
    numbers: NumbersOption = None,
    text: TextOption = None,
    sample: SampleOption = None,
    file: FileOption = None,
    row: RowOption = None,
    label: LabelOption = None,
    added: Added = None,
    first_block: FirstBlock = None,
    rpc: Rpc = None,
    account: Account = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Claim your deposit back."""
    from decai.chain.connect import default_sender

    given = Given(features, numbers, text, sample, file, row)
    _check_named(number, given, {"--label": label, "--added": added})
    trainer = opened(address, rpc, account, first_block)
    sender = default_sender(trainer.chain)
    if number is not None:
        found = _contribution(trainer, number)
        if found.author != sender:
            raise InputError(f"contribution {number} is {found.author}'s, not {sender}'s; report it instead")
        key = found.features, found.label, found.added
    else:
        key = _named(trainer, given, label, added, as_json)
    ask_for_each(trainer.chain, yes=yes, as_json=as_json)
    with sent_once(trainer, "refund", trainer.calls.refund(sender, *key), as_json) as (mined, earlier):
        _show_claim(trainer, mined, earlier, as_json)


def report(
    address: Model,
    number: Number = None,
    features: FeaturesOption = None,
    numbers: NumbersOption = None,
    text: TextOption = None,
    sample: SampleOption = None,
    file: FileOption = None,
    row: RowOption = None,
    label: LabelOption = None,
    added: Added = None,
    author: Annotated[str | None, typer.Option(help="Who contributed it.")] = None,
    first_block: FirstBlock = None,
    rpc: Rpc = None,
    account: Account = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Claim somebody else's deposit: his contribution is wrong, or it is left over."""
    from decai.chain.address import parse_address
    from decai.chain.connect import default_sender

    given = Given(features, numbers, text, sample, file, row)
    _check_named(number, given, {"--label": label, "--added": added, "--author": author})
    trainer = opened(address, rpc, account, first_block)
    sender = default_sender(trainer.chain)
    if number is not None:
        found = _contribution(trainer, number)
        key, whose = (found.features, found.label, found.added), found.author
    else:
        key = _named(trainer, given, label, added, as_json)
        if author is None:
            raise InputError("whose contribution is it? Give --author, or name it by --number")
        whose = parse_address(author)
    ask_for_each(trainer.chain, yes=yes, as_json=as_json)
    transaction = trainer.calls.report(sender, *key, whose)
    with sent_once(trainer, "report", transaction, as_json) as (mined, earlier):
        _show_claim(trainer, mined, earlier, as_json)


def _check_named(number: int | None, given: Given, others: Mapping[str, object]) -> None:
    """Raise `InputError` if a contribution is named by its number and by something else."""
    if number is None:
        return
    besides = [*given.options, *(option for option, value in others.items() if value is not None)]
    if besides:
        raise InputError(f"--number names the contribution already; leave out {', '.join(besides)}")


def _named(
    trainer: "ChainTrainer", given: Given, label: str | None, added: int | None, as_json: bool
) -> tuple["Features", int, "Seconds"]:
    from decai.cli.features import label_of
    from decai.cli.sample import read_one
    from decai.units import Seconds

    if label is None or added is None:
        raise InputError("which contribution? Give --number, or its --features, --label and --added")
    features = read_one(trainer, given, as_json).features
    return features, label_of(label, trainer.info.classes), Seconds(added)


def _contribution(trainer: "ChainTrainer", number: int) -> "Contribution":
    from decai.chain.contributions import contribution_of

    return contribution_of(trainer.chain, trainer.info, trainer.first_block, number)


def _amount(value: str) -> "Wei":
    from decai.units import parse_wei

    try:
        amount = parse_wei(value)
    except InputError as error:
        raise InputError(f"--value: {error}") from None
    if amount < 0:
        raise InputError(f"--value: {value!r} is negative")
    return amount


def _with_room(cost: "Wei") -> "Wei":
    """The cost of now and a tenth: what is not needed comes back."""
    from decai.units import Wei

    return Wei(cost + -(-cost // 10))


def _show_claim(trainer: "ChainTrainer", mined: "Mined", earlier: bool, as_json: bool) -> None:
    path, amount = trainer.paid_by(mined)[0]
    if as_json:
        paid = {"path": path.name.lower(), "amount": amount, "earlier": earlier}
        print(json.dumps({**paid, **receipt(mined)}), flush=True)
        return
    print(f"Got {ether(amount)} ({path.name.lower()})")
    print(f"  {spent(mined, earlier)}", flush=True)
