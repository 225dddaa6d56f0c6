"""``decai dataset``: what models learn from."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from decai.cli import complete
from decai.errors import InputError

__all__ = ["app"]

app = typer.Typer(help="Show and fetch what models learn from.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("list")
def list_datasets(as_json: Json = False) -> None:
    """List the data sets."""
    from decai.dataset import available, info

    infos = [info(name) for name in available()]
    if as_json:
        print(json.dumps({"datasets": [_as_json(name) for name in available()]}))
        return
    names, titles = (max(len(getattr(about, key)) for about in infos) for key in ("name", "title"))
    for about in infos:
        print(f"{about.name:{names}}  {about.title:{titles}}  {about.fetch or 'generated'}")


@app.command("info")
def show_dataset(
    name: Annotated[str, typer.Argument(autocompletion=complete.datasets)], as_json: Json = False
) -> None:
    """Tell where a data set comes from, its licence and its options."""
    from decai.dataset import info

    about = info(name)
    if as_json:
        print(json.dumps(_as_json(name)))
        return
    options = ", ".join(f"{option} = {value:,}" for option, value in about.options.items())
    samples = {
        "sparse": "feature indices",
        "dense": "vectors of norm 1",
        "both": "feature indices or vectors",
    }
    print(f"{about.title} ({about.name}): {about.description}")
    for key, text in (
        ("samples", samples[about.form]),
        ("source", about.source),
        ("licence", about.license),
        ("citation", about.citation),
        ("options", options or "none"),
        ("get it", about.fetch or "nothing has to be fetched"),
    ):
        print(f"  {key:9} {text}")


@app.command("fetch")
def fetch_dataset(
    name: Annotated[str | None, typer.Argument(autocompletion=complete.datasets)] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every data set that has to be fetched.")] = False,
    as_json: Json = False,
) -> None:
    """Get a data set's source file onto this machine, unless it is there and intact."""
    from decai.dataset import available, fetch, info

    if (name is None) != everything:
        raise InputError("name one data set, or give --all")
    names = [name] if name is not None else [each for each in available() if info(each).fetch]
    paths = {each: str(fetch(each, progress=None if as_json else print)) for each in names}
    if as_json:
        print(json.dumps({"fetched": paths}))


def _as_json(name: str) -> dict[str, object]:
    from decai.dataset import info

    about = info(name)
    return {**asdict(about), "options": dict(about.options)}
