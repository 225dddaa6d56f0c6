"""``decai deploy``: a model file becomes a shared model."""

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from decai.cli.model import Account, Json, Rpc
from decai.cli.show import clean, count, ether, hint, price, table
from decai.cli.terms import ENTRY, terms_of_options
from decai.errors import InputError, Interrupted

if TYPE_CHECKING:
    from decai.chain.compose import Composition
    from decai.chain.deployment import Deployment, Plan
    from decai.chain.rpc import RpcChain
    from decai.protocols import Classifier, IncentiveMechanism

__all__ = ["composed", "deploy", "model_of"]

File = Annotated[Path, typer.Argument(metavar="FILE", help="A model file, or the folder of a run.")]
_MOST_DIGITS: Final = 100
_ELSE: Final = "by default as the file says, or"
Incentive = Annotated[str | None, typer.Option(help=f"stakeable (deposits) or points; {_ELSE} stakeable.")]
RefundWait = Annotated[
    str | None, typer.Option(metavar="S", help=f"Seconds, or such as '2 days'; {_ELSE} 1 day.")
]
OwnerWait = Annotated[str | None, typer.Option(metavar="S", help=f"Likewise; {_ELSE} 8 days.")]
AnyWait = Annotated[str | None, typer.Option(metavar="S", help=f"Likewise; {_ELSE} 9 days.")]
CostWeight = Annotated[
    str | None,
    typer.Option(
        metavar="WEI",
        help=f"A contribution t seconds after the last costs this * 3600 / sqrt(t); {_ELSE} 0.00002 ether.",
    ),
]
Shares = Annotated[str | None, typer.Option(help=f"Reporters share by count or by deposit; {_ELSE} count.")]
Bound = Annotated[int | None, typer.Option(help="Most features of a sample: 64, 128, 256 or 512.")]
Bits = Annotated[int | None, typer.Option(help="16 or 32; hashed features need 32.")]
Part = Annotated[
    list[str] | None,
    typer.Option("--part", metavar="ROLE=FILE.vy", help="An own module for the incentive or classifier."),
]


def deploy(
    file: File,
    incentive: Incentive = None,
    refund_wait: RefundWait = None,
    owner_claim_wait: OwnerWait = None,
    any_claim_wait: AnyWait = None,
    cost_weight: CostWeight = None,
    shares: Shares = None,
    name: Annotated[str | None, typer.Option(help="What it is called; by default as the file says.")] = None,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    encoder: Annotated[str | None, typer.Option(help="What makes its features.")] = None,
    max_features: Bound = None,
    index_bits: Bits = None,
    part: Part = None,
    rpc: Rpc = None,
    account: Account = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before real money is spent.")] = False,
    as_json: Json = False,
) -> None:
    """Deploy a model: it is then used for free, and taught by anyone.

    After an interruption, the same command goes on where it was.
    """
    from decai.chain.connect import connect, default_sender
    from decai.chain.deployment import deploying, plan_deployment
    from decai.chain.known import KnownModel, remember

    model, facts = model_of(file)
    options = {
        "incentive": incentive,
        "refund_wait": refund_wait,
        "owner_wait": owner_claim_wait,
        "any_wait": any_claim_wait,
        "cost_weight": cost_weight,
        "shares": shares,
    }
    terms = terms_of_options(options, facts[ENTRY], facts["source"])
    texts = {"name": name, "description": description, "encoder": encoder}
    what = composed(model, terms, facts, texts, max_features, index_bits, part or ())
    # Lists of features are in the encoder's own indices, so that the contract has none to name.
    plan = plan_deployment(what)
    warnings = _warnings(terms)
    for warning in warnings if not as_json else ():
        hint(f"warning: {warning}")
    chain = connect(rpc, account)
    sender = default_sender(chain)
    if not (yes or as_json):
        _confirm(chain, plan, sender)
    title = what.arguments[0]
    with deploying(chain, plan, sender, None if as_json else hint) as done:
        remember(KnownModel(done.address, chain.chain_id, done.first_block, title))
        if as_json:
            print(json.dumps({**_result(done, chain.chain_id, title), "warnings": warnings}), flush=True)
        else:
            print(_told(done, model, title), flush=True)


def _confirm(chain: "RpcChain", plan: "Plan", sender: str) -> None:
    """Ask before money of the outside world is spent, if somebody is there to be asked."""
    if chain.is_development or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return
    most = ether(plan.gas * chain.fees.most)
    print(f"{sender} sends {count(len(plan.steps), 'transaction')} on chain {chain.chain_id}")
    print(f"  about {plan.gas:,} gas, at most {most} as the chain asks now")
    if not typer.confirm("Go on?"):
        raise Interrupted("nothing was sent")


def model_of(file: Path) -> tuple["Classifier", dict[str, Any]]:
    """The model in a file or a run's folder, and what the file says beside it."""
    from decai.model_file import read_model

    path = file
    if file.is_dir():
        from decai.simulation.run_data import read_summary

        read_summary(file)
        path = file / "model.json"
    model = read_model(path)
    # It was just read, so it is JSON, and an object.
    facts: dict[str, Any] = json.loads(path.read_bytes(), parse_int=_whole)
    kept = {key: facts[key] for key in ("name", "description", "encoder") if isinstance(facts.get(key), str)}
    kept |= {"longest": _longest(path, facts), "bits": _bits(path, facts)}
    stem = path.stem if path is file else file.resolve().name
    return model, {**kept, ENTRY: facts.get(ENTRY), "source": str(path), "stem": stem}


def _whole(digits: str) -> int | float:
    """A whole number, or, if it is longer than any that a model has, what is none."""
    return int(digits) if len(digits) < _MOST_DIGITS else math.inf


def _longest(path: Path, facts: dict[str, Any]) -> int | None:
    """How many features the longest sample lists that is known, if the file says it."""
    longest = facts.get("longestSample")
    if longest is None or (type(longest) is int and 0 < longest <= 2**20):
        return longest
    raise InputError(f"{path}: longestSample must be a whole number from 1 to {2**20}")


def _bits(path: Path, facts: dict[str, Any]) -> int | None:
    """How many bits the indices of its encoder take, if the file says it."""
    bits = facts.get("indexBits")
    if bits is None or (type(bits) is int and bits in (16, 32)):
        return bits
    raise InputError(f"{path}: indexBits must be 16 or 32")


def composed(
    model: "Classifier",
    terms: "IncentiveMechanism",
    facts: dict[str, Any],
    texts: dict[str, str | None],
    max_features: int | None,
    index_bits: int | None,
    parts: "list[str] | tuple[str, ...]",
) -> "Composition":
    """The contract of a model with these terms."""
    from decai.chain.compose import MAX_FEATURES_CHOICES, Texts, compose

    own: dict[str, str | Path] = {}
    for part in parts:
        role, equals, path = part.partition("=")
        if not equals:
            raise InputError(f"{part!r} names no part; give such as --part incentive=FILE.vy")
        own[role] = path
    said = {key: text if text is not None else facts.get(key) for key, text in texts.items()}
    named = Texts(said["name"] or facts["stem"], said["description"] or "", said["encoder"] or "none")
    if max_features is None:
        # Nobody lists more features than there are, but for a few that are repeated or new.
        longest = facts["longest"] or model.num_features
        fits = [size for size in MAX_FEATURES_CHOICES if size >= longest]
        max_features = fits[0] if fits else MAX_FEATURES_CHOICES[-1]
    if index_bits is None:
        index_bits = facts["bits"] or (16 if _largest(model) < 2**16 else 32)
    return compose(model, terms, named, max_features=max_features, index_bits=index_bits, own_parts=own)


def _largest(model: "Classifier") -> int:
    weights = getattr(model, "weights", None)
    return max(weights(), default=0) if callable(weights) else 0


def _warnings(terms: "IncentiveMechanism") -> list[str]:
    if terms.owner_wait is not None and terms.owner_wait == terms.refund_wait:
        return [
            "the owner may take a deposit as soon as its author may be refunded, so he can take everything "
            "at once; let him wait longer"
        ]
    return []


def _result(done: "Deployment", chain_id: int, name: str) -> dict[str, Any]:
    return {
        "address": done.address,
        "name": name,
        "chain_id": chain_id,
        "first_block": done.first_block,
        "transactions": len(done.steps),
        "gas": done.gas,
        "cost": done.fee,
        "resumed": done.resumed,
        "steps": [
            {
                "title": step.title,
                "transaction": f"0x{step.transaction.hex()}",
                "address": step.address,
                "gas": step.gas,
                "cost": step.fee,
            }
            for step in done.steps
        ],
    }


def _told(done: "Deployment", model: "Classifier", name: str) -> str:
    kind, size = model.kind.replace("-", " "), count(model.num_features, "feature")
    lines = [f"Deployed “{clean(name)}” ({kind}, {size}) at {done.address}"]
    rows = [
        (step.title, f"0x{step.transaction.hex()}", f"{step.gas:,} gas", ether(step.fee))
        for step in done.steps
    ]
    lines.append(table(rows, right=(2,)))
    transactions = count(len(rows), "transaction")
    lines.append(f"  {transactions}, {done.gas:,} gas, {ether(done.fee)} at {price(done.fee, done.gas)}")
    if done.resumed:
        lines.append("  an earlier attempt was cut short; this one went on with it")
    return "\n".join(lines)
