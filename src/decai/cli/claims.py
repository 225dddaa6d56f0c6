"""``decai model claims``: what somebody can claim of a shared model, now and later."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from decai.cli.consent import Yes, ask_for_each
from decai.cli.options import Account, FirstBlock, Json, Model, Rpc, opened, short
from decai.cli.show import counted, ether, hint, when

if TYPE_CHECKING:
    from decai.chain.client import ChainTrainer
    from decai.chain.prospects import Prospect
    from decai.protocols import Offer
    from decai.units import Address

__all__ = ["show_claims"]


def show_claims(
    address: Model,
    make: Annotated[bool, typer.Option("--claim", help="Make every claim that can be made now.")] = False,
    first_block: FirstBlock = None,
    rpc: Rpc = None,
    account: Account = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """List what you can claim now, and what later; `--claim` makes the claims of now."""
    from decai.chain.connect import default_sender
    from decai.chain.prospects import prospects

    trainer = opened(address, rpc, account, first_block)
    sender = default_sender(trainer.chain)
    if make:
        ask_for_each(trainer.chain, yes=yes, as_json=as_json)
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
            print(
                f"{title}: {ether(sum(offer.amount for offer in listed))} in {counted(len(listed), 'claim')}"
            )
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
