"""``decai serve``: the dashboard and its REST API."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["serve"]


def serve(
    rpc: Annotated[
        str | None,
        typer.Option("--rpc", metavar="URL", help="The node; by default the local one, of play money."),
    ] = None,
    host: Annotated[str, typer.Option(help="Where to listen; by default this machine alone.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Which port; 0 takes any that is free.")] = 8600,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", metavar="DIR", help="Where decai keeps its data.")
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Of the catalog; by default a file in the data directory."),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A further name under which browsers may ask for the pages."),
    ] = None,
    allow_list: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Models whose texts are shown at once: TOML, [[model]] tables."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object when the pages are there.")
    ] = False,
) -> None:
    """Serve the dashboard until interrupted: use, train and check shared models in a browser."""
    from decai.catalog import read_allow_list
    from decai.dashboard.options import Options
    from decai.dashboard.serve import serve as serve_pages
    from decai.paths import DATA_DIR_VARIABLE

    allowed = () if allow_list is None else tuple(read_allow_list(allow_list))
    options = Options(rpc, host, port, tuple(allow_host or ()), database, allowed)
    if data_dir is not None:
        os.environ[DATA_DIR_VARIABLE] = str(data_dir.absolute())

    def told(url: str) -> None:
        if as_json:
            print(json.dumps({"url": url}), flush=True)
        else:
            print(f"the dashboard is at {url}; end it with Ctrl-C", flush=True)

    serve_pages(options, told=told)
