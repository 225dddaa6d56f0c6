"""``decai deploy``: a model file becomes a shared model."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from decai.cli.model import Account, Json, Rpc
from decai.errors import InputError

if TYPE_CHECKING:
    from decai.chain.compose import Composition
    from decai.chain.deployment import Deployment
    from decai.protocols import Classifier, IncentiveMechanism

__all__ = ["composed", "deploy", "model_of", "terms_of_options"]

COST_WEIGHT: Final = "0.00002 ether"

File = Annotated[Path, typer.Argument(metavar="FILE", help="A model file, or the folder of a run.")]
Incentive = Annotated[str, typer.Option(help="stakeable (deposits) or points.")]
Wait = Annotated[str, typer.Option(metavar="S", help="Seconds, or such as '1 day'.")]
CostWeight = Annotated[
    str,
    typer.Option(metavar="WEI", help="A contribution t seconds after the last costs this * 3600 / sqrt(t)."),
]
Shares = Annotated[str, typer.Option(help="Reporters share by count or by deposit.")]
Bound = Annotated[int | None, typer.Option(help="Most features of a sample: 64, 128, 256 or 512.")]
Bits = Annotated[int | None, typer.Option(help="16 or 32; hashed features need 32.")]
Part = Annotated[
    list[str] | None,
    typer.Option("--part", metavar="ROLE=FILE.vy", help="An own module for the incentive or classifier."),
]


def deploy(
    file: File,
    incentive: Incentive = "stakeable",
    refund_wait: Wait = "1 day",
    owner_claim_wait: Wait = "8 days",
    any_claim_wait: Wait = "9 days",
    cost_weight: CostWeight = COST_WEIGHT,
    shares: Shares = "count",
    name: Annotated[str | None, typer.Option(help="What it is called; by default as the file says.")] = None,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    encoder: Annotated[str | None, typer.Option(help="What makes its features.")] = None,
    max_features: Bound = None,
    index_bits: Bits = None,
    part: Part = None,
    rpc: Rpc = None,
    account: Account = None,
    as_json: Json = False,
) -> None:
    """Deploy a model: it is then used for free, and taught by anyone."""
    from decai.chain.connect import connect, default_sender
    from decai.chain.deployment import deploy_model
    from decai.chain.known import KnownModel, remember

    terms = terms_of_options(incentive, refund_wait, owner_claim_wait, any_claim_wait, cost_weight, shares)
    model, facts = model_of(file)
    texts = {"name": name, "description": description, "encoder": encoder}
    what = composed(model, terms, facts, texts, max_features, index_bits, part or ())
    if not as_json:
        _warn(terms)
    chain = connect(rpc, account)
    sender = default_sender(chain)
    say = None if as_json else lambda line: typer.echo(f"  {line} ...", err=True)
    done = deploy_model(chain, what, sender, feature_indices=facts.get("featureIndices", ()), progress=say)
    title = what.arguments[0]
    remember(KnownModel(done.address, chain.chain_id, done.first_block, title))
    if as_json:
        print(json.dumps(_result(done, chain.chain_id, title)))
    else:
        print(_told(done, model, title))


def model_of(file: Path) -> tuple["Classifier", dict[str, Any]]:
    """The model in a file or a run's folder, and what the file says beside it."""
    from decai.model_file import read_model

    path = file / "model.json" if file.is_dir() else file
    model = read_model(path)
    # It was just read, so it is JSON, and an object.
    facts: dict[str, Any] = json.loads(path.read_bytes())
    indices = facts.get("featureIndices") or []
    if not all(type(index) is int and 0 <= index < 2**32 for index in indices):
        raise InputError(f"{path}: featureIndices must be whole numbers from 0 to 2^32 - 1")
    kept = {key: facts[key] for key in ("name", "description", "encoder") if isinstance(facts.get(key), str)}
    return model, {**kept, "featureIndices": indices, "stem": path.stem if path is file else file.name}


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
        fits = [size for size in MAX_FEATURES_CHOICES if size >= model.num_features]
        max_features = fits[0] if fits else MAX_FEATURES_CHOICES[-1]
    if index_bits is None:
        index_bits = 16 if _largest(model) < 2**16 else 32
    return compose(model, terms, named, max_features=max_features, index_bits=index_bits, own_parts=own)


def _largest(model: "Classifier") -> int:
    weights = getattr(model, "weights", None)
    return max(weights(), default=0) if callable(weights) else 0


def terms_of_options(
    kind: str,
    refund_wait: str = "1 day",
    owner_wait: str = "8 days",
    any_wait: str = "9 days",
    cost_weight: str = COST_WEIGHT,
    shares: str = "count",
) -> "IncentiveMechanism":
    """The incentive mechanism that options name."""
    from decai.incentive import Points, Stakeable
    from decai.units import parse_seconds, parse_wei

    refund, owner, anybody = (parse_seconds(wait) for wait in (refund_wait, owner_wait, any_wait))
    if kind == "points":
        return Points(refund)
    if kind != "stakeable":
        raise InputError(f"{kind!r} is no incentive mechanism; it is stakeable or points")
    weight = parse_wei(cost_weight)
    if shares == "count":
        return Stakeable(weight, refund, owner, anybody)
    if shares == "deposit":
        return Stakeable(weight, refund, owner, anybody, shares="deposit")
    raise InputError(f"shares are by count or by deposit, not {shares!r}")


def _warn(terms: "IncentiveMechanism") -> None:
    if terms.owner_wait is not None and terms.owner_wait == terms.refund_wait:
        typer.echo(
            "warning: the owner may take deposits as soon as authors may be refunded; let him wait longer",
            err=True,
        )


def _result(done: "Deployment", chain_id: int, name: str) -> dict[str, Any]:
    return {
        "address": done.address,
        "name": name,
        "chain_id": chain_id,
        "first_block": done.first_block,
        "transactions": len(done.steps),
        "gas": sum(step.gas for step in done.steps),
        "cost": sum(step.fee for step in done.steps),
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
    from decai.cli.words import eth

    gas, fee = sum(step.gas for step in done.steps), sum(step.fee for step in done.steps)
    kind = model.kind.replace("-", " ")
    count = "1 transaction" if len(done.steps) == 1 else f"{len(done.steps):,} transactions"
    lines = [f"Deployed “{name}” ({kind}, {model.num_features:,} features) at {done.address}"]
    lines.append(
        f"  {count}, {gas:,} gas, {eth(fee)}{' (an earlier attempt was taken up)' if done.resumed else ''}"
    )
    if len(done.steps) > 1:
        width = max(len(step.title) for step in done.steps)
        lines += [
            f"  {step.title:{width}}  0x{step.transaction.hex()[:8]}…  {step.gas:>11,} gas  {eth(step.fee)}"
            for step in done.steps
        ]
    return "\n".join(lines)
