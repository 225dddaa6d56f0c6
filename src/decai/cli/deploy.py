"""``decai deploy``: a model file becomes a shared model."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from decai.cli.consent import Yes, go_on, needs_asking
from decai.cli.options import Account, Json, Rpc
from decai.cli.show import clean, counted, ether, hint, price, table
from decai.cli.terms import ENTRY, terms_of_options
from decai.errors import InputError

if TYPE_CHECKING:
    from decai.chain.compose import Composition, Texts
    from decai.chain.deployment import Deployment
    from decai.chain.plan import Plan
    from decai.chain.rpc import RpcChain
    from decai.protocols import Classifier, IncentiveMechanism

__all__ = ["composed", "deploy", "model_of", "own_parts"]

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
CounterBits = Annotated[
    int | None,
    typer.Option(help="Of a sparse perceptron: 8, 16 or 32; by default as the file says, or 16."),
]
Warm = Annotated[
    int,
    typer.Option(
        metavar="N",
        min=0,
        help="Fill the counters of the first N features now, so that nobody pays for the first touch.",
    ),
]
Part = Annotated[
    list[str] | None,
    typer.Option("--part", metavar="ROLE=FILE.vy", help="An own module for the incentive or classifier."),
]
AsClone = Annotated[
    bool, typer.Option("--clone", help="Share code with others of its kind: a fraction of the price.")
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
    counter_bits: CounterBits = None,
    warm: Warm = 0,
    part: Part = None,
    clone: AsClone = False,
    rpc: Rpc = None,
    account: Account = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Deploy a model: it is then used for free, and taught by anyone.

    After an interruption, the same command goes on where it was.
    """
    from decai.chain.connect import connect, default_sender
    from decai.chain.deployment import deploying
    from decai.chain.known import KnownModel, remember
    from decai.chain.plan import plan_deployment
    from decai.cli.saving import saving, saving_told

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
    what = composed(
        model,
        terms,
        facts,
        texts,
        max_features,
        index_bits,
        part or (),
        counter_bits=counter_bits,
        warm=warm,
        clone=clone,
    )
    # Lists of features are in the encoder's own indices, so that the contract has none to name.
    plan = plan_deployment(what)
    warnings = [*_warnings(terms), *_warnings_of_encoder(what.arguments[2])]
    for warning in warnings if not as_json else ():
        hint(f"warning: {warning}")
    chain = connect(rpc, account)
    sender = default_sender(chain)
    if needs_asking(chain, yes=yes, as_json=as_json):
        _agree(plan, sender, chain)
    title = what.arguments[0]
    with deploying(chain, plan, sender, None if as_json else hint) as done:
        remember(KnownModel(done.address, chain.chain_id, done.first_block, title))
        saved = saving(done, what)
        if as_json:
            result = {**_result(done, chain.chain_id, title), "sharing": saved, "warnings": warnings}
            print(json.dumps(result), flush=True)
        else:
            print("\n".join([*_told(done, model, title), *(saving_told(saved) if saved else ())]), flush=True)


def _agree(plan: "Plan", sender: str, chain: "RpcChain") -> None:
    """Ask once for the whole plan."""
    steps = plan.missing(chain)
    gas = sum(step.gas for step in steps)
    most = ether(gas * chain.fees.most)
    print(f"{sender} sends {counted(len(steps), 'transaction')} on chain {chain.chain_id}")
    print(f"  about {gas:,} gas, at most {most} as the chain asks now")
    go_on()


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
    parts: Sequence[str],
    *,
    counter_bits: int | None = None,
    warm: int = 0,
    clone: bool = False,
) -> "Composition":
    """The contract of a model with these terms."""
    from decai.chain.compose import MAX_FEATURES_CHOICES, compose

    own = own_parts(parts)
    _require_room_applies(model, max_features, index_bits)
    _require_names(model, facts["source"])
    named = _texts(facts, texts)
    if max_features is None:
        # Nobody lists more features than there are, but for a few that are repeated or new.
        longest = facts["longest"] or model.num_features
        fits = [size for size in MAX_FEATURES_CHOICES if size >= longest]
        max_features = fits[0] if fits else MAX_FEATURES_CHOICES[-1]
    if index_bits is None:
        index_bits = facts["bits"] or (16 if _largest(model) < 2**16 else 32)
    return compose(
        model,
        terms,
        named,
        max_features=max_features,
        index_bits=index_bits,
        own_parts=own,
        counter_bits=counter_bits,
        warm=warm,
        clone=clone,
    )


def _require_names(model: "Classifier", source: str) -> None:
    """Raise `InputError` if a contract cannot hold the names of the classes; `source` has them."""
    from decai.chain.compose import checked_names

    try:
        checked_names(model.classes)
    except InputError as error:
        raise InputError(f"{source}: {error}") from None


def _texts(facts: dict[str, Any], options: dict[str, str | None]) -> "Texts":
    """What a model says of itself: as options say, else as its file does."""
    from decai.chain.compose import Texts, checked_text

    said = {}
    for key, text in options.items():
        where = f"{facts['source']}: {key}" if text is None else f"--{key}"
        said[key] = checked_text(where, facts.get(key, "") if text is None else text)
    return Texts(said["name"] or facts["stem"], said["description"], said["encoder"] or "none")


def own_parts(parts: Sequence[str]) -> dict[str, str | Path]:
    """The files that `--part` names, by their roles.

    Raises
    ------
    InputError
        If one names no file, or two have the same role.
    """
    own: dict[str, str | Path] = {}
    for part in parts:
        role, equals, path = part.partition("=")
        if not equals or not path:
            raise InputError(f"{part!r} names no part; give such as --part incentive=FILE.vy")
        if role in own:
            raise InputError(f"--part {role}: is given twice, as {own[role]} and as {path}; give one")
        own[role] = path
    return own


def _require_room_applies(model: "Classifier", max_features: int | None, index_bits: int | None) -> None:
    """Raise `InputError` if somebody chooses the room for lists of features of a model that takes none."""
    from decai.chain.kinds import lists_features

    if lists_features(model):
        return
    for option, value in (("--max-features", max_features), ("--index-bits", index_bits)):
        if value is not None:
            raise InputError(
                f"{option} does not apply to {model.kind}, whose samples are vectors of "
                f"{counted(model.num_features, 'number')}; leave it out"
            )


def _largest(model: "Classifier") -> int:
    """The highest index that a feature of a model is known to have; 0 if its samples are vectors."""
    from decai.classifier import NaiveBayes, SparseCentroid, SparsePerceptron

    labels = range(len(model.classes))
    match model:
        case SparsePerceptron():
            return max(model.weights(), default=0)
        case NaiveBayes():
            # Of the features that smoothing counts on, some may have been in no sample yet.
            known = (index for label in labels for index in model.counts(label))
            return max(model.vocabulary - 1, max(known, default=0))
        case SparseCentroid():
            columns = (column for n in labels for column in (model.initial(n)[1], model.learned(n)[1]))
            return max((index for column in columns for index in column), default=0)
    return 0


def _warnings(terms: "IncentiveMechanism") -> list[str]:
    if terms.owner_wait is not None and terms.owner_wait == terms.refund_wait:
        return [
            "the owner may take a deposit as soon as its author may be refunded, so he can take everything "
            "at once; let him wait longer"
        ]
    return []


def _warnings_of_encoder(name: str) -> list[str]:
    from decai.encoder import info

    try:
        info(name)
    except InputError as error:
        # Others may well have it, so nobody is kept from naming it.
        return [f"{error}; who has none of this name cannot give the model a --text or a --sample"]
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


def _told(done: "Deployment", model: "Classifier", name: str) -> list[str]:
    kind, size = model.kind.replace("-", " "), counted(model.num_features, "feature")
    lines = [f"Deployed “{clean(name)}” ({kind}, {size}) at {done.address}"]
    rows = [
        (step.title, f"0x{step.transaction.hex()}", f"{step.gas:,} gas", ether(step.fee))
        for step in done.steps
    ]
    lines.append(table(rows, right=(2,)))
    transactions = counted(len(rows), "transaction")
    lines.append(f"  {transactions}, {done.gas:,} gas, {ether(done.fee)} at {price(done.fee, done.gas)}")
    if done.resumed:
        lines.append("  an earlier attempt was cut short; this one went on with it")
    return lines
