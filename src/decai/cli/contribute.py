"""``decai model add-data``, ``refund``, ``report``, ``claims``: teach a shared model, and settle."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from decai.cli.model import Account, Json, Model, Rpc, app, date, opened, short
from decai.errors import InputError

if TYPE_CHECKING:
    from decai.chain.base import Mined
    from decai.chain.client import ChainTrainer
    from decai.samples import Features

__all__ = ["add_data", "app", "refund", "report", "show_claims"]

FeaturesOption = Annotated[str | None, typer.Option(help="Feature indices, such as 1,5,9.")]
TextOption = Annotated[str | None, typer.Option(help="A text, if the model's encoder takes one.")]
LabelOption = Annotated[str | None, typer.Option(help="The class's name or number.")]
Number = Annotated[
    int | None, typer.Option("--number", min=0, help="The contribution, as `claims` numbers it.")
]
Added = Annotated[int | None, typer.Option("--added", help="When it was added, in seconds since 1970.")]


@app.command("add-data")
def add_data(
    address: Model,
    label: Annotated[str, typer.Option(help="The class's name or number.")],
    features: FeaturesOption = None,
    text: TextOption = None,
    value: Annotated[
        str | None, typer.Option(help="The most to pay, such as '0.01 ether'; by default what it costs now.")
    ] = None,
    rpc: Rpc = None,
    account: Account = None,
    as_json: Json = False,
) -> None:
    """Contribute a sample, with a deposit that is refunded if the model comes to agree."""
    from decai.chain.connect import default_sender
    from decai.cli.features import label_of
    from decai.cli.words import eth
    from decai.units import parse_wei

    trainer = opened(address, rpc, account)
    sample = _sample(trainer, features, text)
    number = label_of(label, trainer.info.classes)
    most = trainer.cost() if value is None else parse_wei(value)
    sender = default_sender(trainer.chain)
    mined = trainer.submit(sender, sample, number, most)
    deposit = trainer.cost_of(mined)
    refund_at = mined.time + trainer.info.refund_wait
    if as_json:
        facts = {"sender": sender, "features": sample.tolist(), "label": number, "added": mined.time}
        print(json.dumps({**facts, "cost": deposit, "refund_from": refund_at, **_receipt(mined)}))
        return
    print(f"Contributed {len(sample)} features as {trainer.info.classes[number]}; deposit {eth(deposit)}")
    print(f"  {_spent(mined)}")
    print(f"  a refund is possible from {date(refund_at)} on, if the model agrees then")


@app.command("refund")
def refund(
    address: Model,
    number: Number = None,
    features: FeaturesOption = None,
    text: TextOption = None,
    label: LabelOption = None,
    added: Added = None,
    rpc: Rpc = None,
    account: Account = None,
    as_json: Json = False,
) -> None:
    """Claim your deposit back."""
    from decai.chain.connect import default_sender
    from decai.units import Seconds

    trainer = opened(address, rpc, account)
    sender = default_sender(trainer.chain)
    if number is not None:
        sample, known, time, author = _contribution(trainer, number)
        if author != sender:
            raise InputError(f"contribution {number} is {author}'s, not {sender}'s; report it instead")
    else:
        sample, known, time = _named(trainer, features, text, label, added)
    mined = trainer.chain.send(trainer.refund_transaction(sender, sample, known, Seconds(time)))
    _show_claim(trainer, mined, as_json)


@app.command("report")
def report(
    address: Model,
    number: Number = None,
    features: FeaturesOption = None,
    text: TextOption = None,
    label: LabelOption = None,
    added: Added = None,
    author: Annotated[str | None, typer.Option(help="Who contributed it.")] = None,
    rpc: Rpc = None,
    account: Account = None,
    as_json: Json = False,
) -> None:
    """Claim somebody else's deposit: his contribution is wrong, or it is left over."""
    from decai.chain.address import parse_address
    from decai.chain.connect import default_sender
    from decai.units import Seconds

    trainer = opened(address, rpc, account)
    sender = default_sender(trainer.chain)
    if number is not None:
        sample, known, time, whose = _contribution(trainer, number)
    else:
        sample, known, time = _named(trainer, features, text, label, added)
        if author is None:
            raise InputError("whose contribution is it? Give --author, or name it by --number")
        whose = parse_address(author)
    mined = trainer.chain.send(trainer.report_transaction(sender, sample, known, Seconds(time), whose))
    _show_claim(trainer, mined, as_json)


@app.command("claims")
def show_claims(
    address: Model,
    make: Annotated[bool, typer.Option("--claim", help="Make every claim that can be made now.")] = False,
    rpc: Rpc = None,
    account: Account = None,
    as_json: Json = False,
) -> None:
    """List what you can claim now, and what later; `--claim` makes the claims of now."""
    from decai.chain.connect import default_sender
    from decai.chain.prospects import prospects
    from decai.cli.words import eth

    trainer = opened(address, rpc, account)
    sender = default_sender(trainer.chain)
    made = trainer.claim_all(sender) if make else []
    offers = trainer.claims(sender)
    later = prospects(trainer.replica.twin, sender, trainer.now)
    if as_json:
        print(
            json.dumps(
                {
                    "account": sender,
                    "claimed": [_offer(offer) for offer in made],
                    "now": [_offer(offer) for offer in offers],
                    "later": [{**asdict(p), "path": p.path.name.lower()} for p in later],
                }
            )
        )
        return
    for title, listed in (("claimed", made), ("now", offers)):
        if listed:
            print(f"{title}: {eth(sum(offer.amount for offer in listed))} in {len(listed):,} claims")
        for offer in listed:
            print(f"  #{offer.contribution:<7,} {offer.path.name.lower():7} {eth(offer.amount)}")
    if later:
        print(f"later: up to {eth(sum(p.amount for p in later))}")
    for p in later[:50]:
        condition = ", if the model agrees" if p.path == 0 else ", if it disagrees" if p.path == 1 else ""
        print(
            f"  #{p.contribution:<7,} {p.path.name.lower():7} {eth(p.amount)} from {date(p.since)}{condition}"
        )
    if len(later) > 50:
        print(f"  ... and {len(later) - 50:,} more; --json lists all")
    if not (made or offers or later):
        print(f"{short(sender)} has nothing to claim on this model")


def _offer(offer: Any) -> dict[str, Any]:
    return {"contribution": offer.contribution, "path": offer.path.name.lower(), "amount": offer.amount}


def _sample(trainer: "ChainTrainer", features: str | None, text: str | None) -> "Features":
    from decai.chain.model import read
    from decai.cli.features import parse_features, text_features

    if (features is None) == (text is None):
        raise InputError("give one of --features and --text")
    if features is not None:
        return parse_features(features)
    size = read(trainer.chain, trainer.address, "numBaseWeights()", "uint256")
    return text_features(str(text), trainer.info.encoder, size)


def _named(
    trainer: "ChainTrainer", features: str | None, text: str | None, label: str | None, added: int | None
) -> tuple["Features", int, int]:
    from decai.cli.features import label_of

    if label is None or added is None:
        raise InputError("which contribution? Give --number, or its --features, --label and --added")
    return _sample(trainer, features, text), label_of(label, trainer.info.classes), added


def _contribution(trainer: "ChainTrainer", number: int) -> tuple["Features", int, int, Any]:
    ledger = trainer.replica.update().twin.ledger
    if number >= len(ledger):
        raise InputError(f"there is no contribution {number}; there are {len(ledger):,}, from 0 on")
    return ledger.features[number], ledger.label[number], ledger.added[number], ledger.author[number]


def _receipt(mined: "Mined") -> dict[str, Any]:
    place = {"transaction": f"0x{mined.transaction.hex()}", "block": mined.block}
    return {**place, "gas": mined.gas, "fee": mined.fee}


def _spent(mined: "Mined") -> str:
    from decai.cli.words import eth

    return f"{mined.gas:,} gas, fee {eth(mined.fee)}, block {mined.block:,}"


def _show_claim(trainer: "ChainTrainer", mined: "Mined", as_json: bool) -> None:
    from decai.cli.words import eth

    path, amount = trainer.paid_by(mined)[0]
    if as_json:
        print(json.dumps({"path": path.name.lower(), "amount": amount, **_receipt(mined)}))
        return
    print(f"Got {eth(amount)} ({path.name.lower()})")
    print(f"  {_spent(mined)}")
