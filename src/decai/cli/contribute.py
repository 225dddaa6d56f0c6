"""``decai model add-data``, ``refund``, ``report``, ``claims``: teach a shared model, and settle."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from decai.cli.model import Account, FirstBlock, Json, Model, Rpc, app, date, opened, short
from decai.cli.show import clean, count, ether, hint, when
from decai.errors import InputError

if TYPE_CHECKING:
    from decai.chain.base import Mined, Transaction
    from decai.chain.client import ChainTrainer
    from decai.chain.prospects import Prospect
    from decai.protocols import Offer
    from decai.samples import Features
    from decai.units import Address, Wei

__all__ = ["add_data", "app", "refund", "report", "show_claims"]

_EARLIER: Final = "; it was sent by an earlier command like this, which was cut short"
FeaturesOption = Annotated[str | None, typer.Option(help="Feature indices, such as 1,5,9.")]
TextOption = Annotated[str | None, typer.Option(help="A text, if the model's encoder takes one.")]
LabelOption = Annotated[str | None, typer.Option(help="The class's name or number.")]
Number = Annotated[
    int | None, typer.Option("--number", min=0, help="The contribution, as `claims` numbers it.")
]
Added = Annotated[
    int | None,
    typer.Option("--added", "--time", min=0, help="When it was added, in seconds since 1970."),
]


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
    from decai.units import parse_wei

    trainer = opened(address, rpc, account)
    sample = _sample(trainer, features, text)
    number = label_of(label, trainer.info.classes)
    most = _with_room(trainer.cost()) if value is None else parse_wei(value)
    if most < 0:
        raise InputError(f"--value: {value!r} is negative")
    sender = default_sender(trainer.chain)
    transaction = trainer.calls.add_data(sender, sample, number, most)
    with _sent_once(trainer, "add-data", transaction, as_json) as (mined, earlier):
        deposit = trainer.cost_of(mined)
        refund_at = mined.time + trainer.info.refund_wait
        if as_json:
            facts = {"sender": sender, "features": sample.tolist(), "label": number, "added": mined.time}
            facts |= {"cost": deposit, "refund_from": refund_at, "earlier": earlier}
            print(json.dumps({**facts, **_receipt(mined)}), flush=True)
            return
        name = clean(trainer.info.classes[number])
        print(f"Contributed {count(len(sample), 'feature')} as {name}; deposit {ether(deposit)}")
        print(f"  {_spent(mined)}{_EARLIER if earlier else ''}")
        print(f"  a refund is possible from {date(refund_at)} on, if the model agrees then", flush=True)


@app.command("refund")
def refund(
    address: Model,
    number: Number = None,
    features: FeaturesOption = None,
    text: TextOption = None,
    label: LabelOption = None,
    added: Added = None,
    first_block: FirstBlock = None,
    rpc: Rpc = None,
    account: Account = None,
    as_json: Json = False,
) -> None:
    """Claim your deposit back."""
    from decai.chain.connect import default_sender
    from decai.units import Seconds

    trainer = opened(address, rpc, account, first_block)
    sender = default_sender(trainer.chain)
    if number is not None:
        sample, known, time, author = _contribution(trainer, number)
        if author != sender:
            raise InputError(f"contribution {number} is {author}'s, not {sender}'s; report it instead")
    else:
        sample, known, time = _named(trainer, features, text, label, added)
    transaction = trainer.calls.refund(sender, sample, known, Seconds(time))
    with _sent_once(trainer, "refund", transaction, as_json) as (mined, earlier):
        _show_claim(trainer, mined, earlier, as_json)


@app.command("report")
def report(
    address: Model,
    number: Number = None,
    features: FeaturesOption = None,
    text: TextOption = None,
    label: LabelOption = None,
    added: Added = None,
    author: Annotated[str | None, typer.Option(help="Who contributed it.")] = None,
    first_block: FirstBlock = None,
    rpc: Rpc = None,
    account: Account = None,
    as_json: Json = False,
) -> None:
    """Claim somebody else's deposit: his contribution is wrong, or it is left over."""
    from decai.chain.address import parse_address
    from decai.chain.connect import default_sender
    from decai.units import Seconds

    trainer = opened(address, rpc, account, first_block)
    sender = default_sender(trainer.chain)
    if number is not None:
        sample, known, time, whose = _contribution(trainer, number)
    else:
        sample, known, time = _named(trainer, features, text, label, added)
        if author is None:
            raise InputError("whose contribution is it? Give --author, or name it by --number")
        whose = parse_address(author)
    transaction = trainer.calls.report(sender, sample, known, Seconds(time), whose)
    with _sent_once(trainer, "report", transaction, as_json) as (mined, earlier):
        _show_claim(trainer, mined, earlier, as_json)


@app.command("claims")
def show_claims(
    address: Model,
    make: Annotated[bool, typer.Option("--claim", help="Make every claim that can be made now.")] = False,
    first_block: FirstBlock = None,
    rpc: Rpc = None,
    account: Account = None,
    as_json: Json = False,
) -> None:
    """List what you can claim now, and what later; `--claim` makes the claims of now."""
    from decai.chain.connect import default_sender
    from decai.chain.prospects import prospects

    trainer = opened(address, rpc, account, first_block)
    sender = default_sender(trainer.chain)
    made = _claimed(trainer, sender, as_json) if make else []
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
            print(f"{title}: {ether(sum(offer.amount for offer in listed))} in {len(listed):,} claims")
        for offer in listed:
            print(f"  #{offer.contribution:<7,} {offer.path.name.lower():7} {ether(offer.amount)}")
    if later:
        # A contribution may be there twice; it pays once.
        most = {p.contribution: p.amount for p in sorted(later, key=lambda p: p.amount)}
        print(f"later: up to {ether(sum(most.values()))}")
    for p in later[:50]:
        path = p.path.name.lower()
        print(f"  #{p.contribution:<7,} {path:7} {ether(p.amount)} {_condition(p, trainer.now)}")
    if len(later) > 50:
        print(f"  ... and {len(later) - 50:,} more; --json lists all")
    if not (made or offers or later):
        print(f"{short(sender)} has nothing to claim on this model")


def _condition(prospect: "Prospect", now: int) -> str:
    from decai.protocols import Path

    verb = {Path.REFUND: "agrees", Path.REPORT: "disagrees"}.get(prospect.path)
    if prospect.since <= now:
        return f"as soon as the model {verb}"
    return f"{when(prospect.since, now)}{f', if the model {verb} then' if verb else ''}"


def _claimed(trainer: "ChainTrainer", sender: "Address", as_json: bool) -> "list[Offer]":
    """Make every claim of now."""
    from decai.chain.claiming import claim_everything
    from decai.chain.journal import open_journal
    from decai.chain.rpc import RpcChain

    chain = trainer.chain
    assert isinstance(chain, RpcChain)
    told = None if as_json else hint
    with open_journal(chain, "claim", sender, trainer.address.encode(), told) as journal:
        # What an earlier command has sent must be in a block before anybody looks at what is left.
        journal.wait()
        made = [offer for batch in claim_everything(trainer, sender, journal.send_next) for offer in batch]
        journal.acknowledge()
    return made


def _offer(offer: Any) -> dict[str, Any]:
    return {"contribution": offer.contribution, "path": offer.path.name.lower(), "amount": offer.amount}


def _sample(trainer: "ChainTrainer", features: str | None, text: str | None) -> "Features":
    from decai.chain.model import read_state
    from decai.cli.features import parse_features, text_features

    if (features is None) == (text is None):
        raise InputError("give one of --features and --text")
    if features is not None:
        sample = parse_features(features)
    else:
        size = read_state(trainer.chain, trainer.address, "numBaseWeights()", "uint256")
        sample = text_features(str(text), trainer.info.encoder, size)
    trainer.calls.check_features(sample)
    return sample


def _named(
    trainer: "ChainTrainer", features: str | None, text: str | None, label: str | None, added: int | None
) -> tuple["Features", int, int]:
    from decai.cli.features import label_of

    if label is None or added is None:
        raise InputError("which contribution? Give --number, or its --features, --label and --added")
    return _sample(trainer, features, text), label_of(label, trainer.info.classes), added


def _contribution(trainer: "ChainTrainer", number: int) -> tuple["Features", int, int, Any]:
    from decai.chain.contributions import contribution_of

    found = contribution_of(trainer.chain, trainer.info, trainer.first_block, number)
    return found.features, found.label, found.added, found.author


def _receipt(mined: "Mined") -> dict[str, Any]:
    place = {"transaction": f"0x{mined.transaction.hex()}", "block": mined.block}
    return {**place, "gas": mined.gas, "fee": mined.fee}


def _spent(mined: "Mined") -> str:
    return f"{mined.gas:,} gas, fee {ether(mined.fee)}, block {mined.block:,}"


def _with_room(cost: "Wei") -> "Wei":
    """The cost of now and a tenth: what is not needed comes back."""
    from decai.units import Wei

    return Wei(cost + -(-cost // 10))


@contextmanager
def _sent_once(
    trainer: "ChainTrainer", kind: str, transaction: "Transaction", as_json: bool
) -> "Iterator[tuple[Mined, bool]]":
    """Send a transaction, unless a command like this has sent it and was killed before it told."""
    from decai.chain.journal import open_journal
    from decai.chain.rpc import RpcChain

    chain = trainer.chain
    assert isinstance(chain, RpcChain)
    content = f"{trainer.address}:".encode() + transaction.data
    with open_journal(chain, kind, transaction.sender, content, None if as_json else hint) as journal:
        mined = journal.send(0, transaction)
        yield mined, journal.found > 0
        journal.acknowledge()


def _show_claim(trainer: "ChainTrainer", mined: "Mined", earlier: bool, as_json: bool) -> None:
    path, amount = trainer.paid_by(mined)[0]
    if as_json:
        paid = {"path": path.name.lower(), "amount": amount, "earlier": earlier}
        print(json.dumps({**paid, **_receipt(mined)}), flush=True)
        return
    print(f"Got {ether(amount)} ({path.name.lower()})")
    print(f"  {_spent(mined)}{_EARLIER if earlier else ''}", flush=True)
