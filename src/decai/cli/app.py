"""The tree of commands."""

from typing import Annotated

import typer

from decai import __version__
from decai.cli import (
    account,
    add_class,
    claims,
    contract,
    contribute,
    dataset,
    deploy,
    encoder,
    gas,
    model,
    models,
    node,
    scenario,
    serve,
    simulate,
    train,
)

__all__ = ["app"]

app = typer.Typer(
    help="Machine-learning models that anyone may use and anyone may improve.",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
of_models = typer.Typer(help="Use a shared model: ask it, teach it, claim, check it.")
of_models.command("list")(models.list_models)
of_models.command("info")(model.show_info)
of_models.command("predict")(model.predict)
of_models.command("add-data")(contribute.add_data)
of_models.command("claims")(claims.show_claims)
of_models.command("refund")(contribute.refund)
of_models.command("report")(contribute.report)
of_models.command("add-class")(add_class.add_class)
of_models.command("watch")(model.watch)
of_models.command("verify")(model.verify)
of_models.command("export")(model.export)
of_models.command("forget")(models.forget)

app.command("simulate")(simulate.simulate)
app.command("plot")(simulate.plot)
app.command("demo")(simulate.demo)
app.command("train")(train.train)
app.command("deploy")(deploy.deploy)
app.command("gas")(gas.gas)
app.command("serve")(serve.serve)
app.add_typer(scenario.app, name="scenario")
app.add_typer(dataset.app, name="dataset")
app.add_typer(encoder.app, name="encoder")
app.add_typer(of_models, name="model")
app.add_typer(contract.app, name="contract")
app.add_typer(node.app, name="node")
app.add_typer(account.app, name="account")


@app.command()
def version() -> None:
    """Print the version."""
    print(f"decai {__version__}")


def _print_version(wanted: bool) -> None:
    if wanted:
        version()
        raise typer.Exit


@app.callback(invoke_without_command=True)
def decai(
    context: typer.Context,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Machine-learning models that anyone may use and anyone may improve."""
    if context.invoked_subcommand is None:
        print(context.get_help())
