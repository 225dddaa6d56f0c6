"""``decai contract``: the source behind a shared model."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from decai.cli.deploy import (
    AsClone,
    Bits,
    Bound,
    CounterBits,
    Incentive,
    Part,
    Warm,
    composed,
    model_of,
    own_parts,
)
from decai.cli.options import Json, Rpc
from decai.cli.show import counted
from decai.cli.terms import ENTRY, terms_of_options
from decai.errors import InputError

if TYPE_CHECKING:
    from decai.chain.compose import Composition

__all__ = ["app"]

_OWN: Final = "own "
"""What a contract says first of a part of somebody's own."""
_READ_ME: Final = """\
# A shared model

`trainer.vy` is the contract; the other modules are its parts, and `parameters.vy` holds the numbers that were
fixed when it was deployed. Vyper VERSION compiles it to what is on the chain with these settings, which
`trainer.vy` says itself:

    vyper --optimize OPTIMIZE --evm-version EVM -f bytecode trainer.vy

A block explorer takes `standard-input.json` (standard JSON, with the same settings), compiler VERSION,
contract `trainer.vy`, and the arguments in `constructor-arguments.txt`. Of a model with data contracts
these are known once it is deployed: `decai contract source ADDRESS`.
"""

app = typer.Typer(help="See the source of shared models, and get the compiler.")


@app.command("source")
def source(
    model: Annotated[
        str, typer.Argument(metavar="FILE|ADDRESS", help="A model file, a run's folder, or a deployed model.")
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="DIR", help="Write the modules into this folder.")
    ] = None,
    incentive: Incentive = None,
    max_features: Bound = None,
    index_bits: Bits = None,
    counter_bits: CounterBits = None,
    warm: Warm = 0,
    part: Part = None,
    clone: AsClone = False,
    rpc: Rpc = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print one JSON object, {input, constructor_arguments}; "
            "-o writes the file that explorers take.",
        ),
    ] = False,
) -> None:
    """Show a contract's modules; `-o` writes them, and what block explorers verify (standard JSON input).

    Of a clone it is the source of the implementation, whose code it shares.
    """
    from decai.chain.compiler import standard_json
    from decai.chain.deploy import constructor_arguments

    if as_json and out is not None:
        raise InputError("-o does not apply to --json, which prints and writes no file; leave one out")
    path = Path(model)
    if path.exists():
        read, facts = model_of(path)
        texts: dict[str, str | None] = dict.fromkeys(("name", "description", "encoder"))
        terms = terms_of_options({"incentive": incentive}, facts[ENTRY], facts["source"])
        what = composed(
            read,
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
    else:
        chosen = {"--incentive": incentive, "--max-features": max_features, "--index-bits": index_bits}
        chosen |= {"--counter-bits": counter_bits, "--warm": warm or None, "--clone": clone or None}
        what = _of_deployed(model, rpc, part or (), chosen)
    # Where its data contracts will be is known when they are deployed.
    arguments = f"0x{constructor_arguments(what).hex()}" if what.is_placed else None
    if as_json:
        print(json.dumps({"input": standard_json(what), "constructor_arguments": arguments}))
        return
    if out is None:
        for name, text in what.sources.items():
            print(f"# ---- {name}\n{text}")
        return
    texts_beside = {"standard-input.json": json.dumps(standard_json(what), indent=1), "README.md": _read_me()}
    _write(out, {**what.sources, **texts_beside}, arguments)
    print(f"{out}: {counted(len(what.sources), 'module')}; trainer.vy is the contract")
    print(f"  {out / 'README.md'} says how it is compiled and verified")


@app.command("install-compiler")
def install_compiler(as_json: Json = False) -> None:
    """Get Vyper, the compiler of contracts, onto this machine, unless it is there."""
    from decai.chain.vyper_package import VERSION, install_vyper

    folder = install_vyper(None if as_json else print)
    if as_json:
        print(json.dumps({"vyper": VERSION, "folder": None if folder is None else str(folder)}))


def _of_deployed(
    text: str, rpc: str | None, parts: Sequence[str], chosen: Mapping[str, object]
) -> "Composition":
    """The source of a model on a chain; with the files of its own parts, which no chain holds."""
    from decai.chain.connect import connect, open_model
    from decai.chain.kinds import read_parameters
    from decai.chain.model import terms_of
    from decai.chain.recompose import is_code_of, recomposed, terms_beside
    from decai.units import Seconds

    for option, value in chosen.items():
        if value is not None:
            raise InputError(f"{option} does not apply to a model that is deployed; leave it out")
    own = own_parts(parts)
    chain = connect(rpc)
    info = open_model(chain, text).info
    is_own = {"classifier": info.classifier.startswith(_OWN), "incentive": info.incentive.startswith(_OWN)}
    if is_own["classifier"]:
        raise InputError(
            f"{info.address}: nobody can tell from the chain what its {info.classifier!r} started from; give "
            "the model file that it was deployed from, and --part classifier=FILE.vy"
        )
    for role in own:
        if not is_own.get(role):
            raise InputError(f"--part {role}: this model has none of its own; leave it out")
    if is_own["incentive"] and not own:
        raise InputError(
            f"{info.address}: no chain holds the source of its {info.incentive!r}; give the file that it was "
            "deployed from by --part incentive=FILE.vy"
        )
    terms = terms_beside(chain, info) if own else terms_of(info, Seconds(0))
    what = recomposed(chain, info, read_parameters(chain, info), terms, own)
    if not is_code_of(chain.code(info.address), what):
        made = f"{own['incentive']} makes" if own else "this version of decai composes"
        raise InputError(f"{info.address}: the code on the chain is another than what {made}")
    return what


def _read_me() -> str:
    from decai.chain.compiler import EVM_VERSION, OPTIMIZE
    from decai.chain.vyper_package import VERSION

    settings = {"VERSION": VERSION, "OPTIMIZE": OPTIMIZE, "EVM": EVM_VERSION}
    text = _READ_ME
    for key, value in settings.items():
        text = text.replace(key, value)
    return text


def _write(folder: Path, files: dict[str, str], arguments: str | None) -> None:
    from decai.dataset.storage import atomic_file

    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; name a folder")
    if arguments is not None:
        files = {**files, "constructor-arguments.txt": arguments + "\n"}
    for name, text in files.items():
        with atomic_file(folder / name) as file:
            file.write(text.encode())
