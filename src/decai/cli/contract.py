"""``decai contract``: the source behind a shared model."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from decai.cli.deploy import Bits, Bound, CounterBits, Incentive, Part, Warm, composed, model_of
from decai.cli.options import Json, Rpc
from decai.cli.show import counted
from decai.cli.terms import ENTRY, terms_of_options
from decai.errors import InputError

__all__ = ["app"]

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
    rpc: Rpc = None,
    as_json: Json = False,
) -> None:
    """Show a contract's modules; `--json` gives what block explorers verify (standard JSON input)."""
    from decai.chain.compiler import standard_json
    from decai.chain.deploy import constructor_arguments

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
        )
    else:
        what = _of_deployed(model, rpc)
    # Where its data contracts will be is known when they are deployed.
    arguments = f"0x{constructor_arguments(what).hex()}" if what.is_placed else None
    if as_json:
        print(json.dumps({"input": standard_json(what), "constructor_arguments": arguments}))
        return
    if out is None:
        for name, text in what.sources.items():
            print(f"# ---- {name}\n{text}")
        return
    _write(out, {**what.sources, "standard-input.json": json.dumps(standard_json(what), indent=1)}, arguments)
    print(f"{out}: {counted(len(what.sources), 'module')}; trainer.vy is the contract")


@app.command("install-compiler")
def install_compiler(as_json: Json = False) -> None:
    """Get Vyper, the compiler of contracts, onto this machine, unless it is there."""
    from decai.chain.vyper_package import VERSION, install_vyper

    folder = install_vyper(None if as_json else print)
    if as_json:
        print(json.dumps({"vyper": VERSION, "folder": None if folder is None else str(folder)}))


def _of_deployed(text: str, rpc: str | None) -> Any:
    from decai.chain.connect import connect, open_model
    from decai.chain.kinds import read_parameters
    from decai.chain.model import terms_of
    from decai.chain.recompose import recomposed
    from decai.units import Seconds

    chain = connect(rpc)
    info = open_model(chain, text).info
    return recomposed(chain, info, read_parameters(chain, info), terms_of(info, Seconds(0)))


def _write(folder: Path, files: dict[str, str], arguments: str | None) -> None:
    from decai.dataset.storage import atomic_file

    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; name a folder")
    if arguments is not None:
        files = {**files, "constructor-arguments.txt": arguments + "\n"}
    for name, text in files.items():
        with atomic_file(folder / name) as file:
            file.write(text.encode())
