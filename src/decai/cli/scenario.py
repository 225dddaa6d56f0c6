"""``decai scenario``: what can be simulated."""

import json
from typing import Annotated

import typer

from decai.cli import complete

__all__ = ["app"]

app = typer.Typer(help="Show what can be simulated.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("list")
def list_scenarios(as_json: Json = False) -> None:
    """List the scenarios that ship with decai."""
    from decai.simulation.scenario import available

    titles = available()
    if as_json:
        print(json.dumps({"scenarios": titles}))
        return
    width = max(map(len, titles))
    for name, title in titles.items():
        print(f"{name:{width}}  {title}")


@app.command("show")
def show_scenario(
    name: Annotated[
        str, typer.Argument(metavar="SCENARIO", autocompletion=complete.scenarios, help="A name or a file.")
    ],
    as_json: Json = False,
) -> None:
    """Show a scenario's settings: its file, or, as JSON, every setting in wei and seconds."""
    from decai.simulation.scenario import load, text_of

    scenario = load(name)
    if as_json:
        print(json.dumps({"title": scenario.title, **json.loads(scenario.canonical())}))
    else:
        print(text_of(name), end="")
