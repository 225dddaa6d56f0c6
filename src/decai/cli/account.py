"""``decai account``: keys of this machine, for networks with real money."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(help="Keep keys, encrypted, to send from on networks with real money.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        "--password-file", metavar="FILE", help="Its first line; else DECAI_PASSWORD, else a prompt."
    ),
]


@app.command("list")
def list_keys(as_json: Json = False) -> None:
    """List the accounts whose keys are kept here."""
    from decai.chain.keystore import Keystore

    accounts = Keystore().accounts()
    if as_json:
        print(json.dumps({"accounts": accounts}))
        return
    for account in accounts:
        print(account)
    if not accounts:
        print("there are no keys here; make one with: decai account create")


@app.command("create")
def create_key(password_file: PasswordFile = None, as_json: Json = False) -> None:
    """Make a new key, encrypted by a password."""
    from decai.chain.keystore import Keystore
    from decai.chain.password import new_password

    store = Keystore()
    _made(store.create(new_password(password_file)), store.folder, as_json)


@app.command("import")
def import_key(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="An encrypted key file; without one, 64 digits are read from input."
        ),
    ] = None,
    password_file: PasswordFile = None,
    as_json: Json = False,
) -> None:
    """Keep a key that another wallet has exported."""
    from getpass import getpass

    from decai.chain.keystore import Keystore
    from decai.chain.password import ask_password, new_password
    from decai.units import Address

    store = Keystore()
    if file is not None:
        account = store.import_file(file, ask_password(Address(str(file)), password_file))
    else:
        key = (
            getpass("The key, 64 hexadecimal digits: ")
            if sys.stdin.isatty()
            else sys.stdin.readline().strip()
        )
        account = store.import_key(key, new_password(password_file))
    _made(account, store.folder, as_json)


def _made(account: str, folder: Path, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"account": account, "folder": str(folder)}))
    else:
        print(
            f"{account}\n  its key is in {folder}; whoever loses key or password loses what the account owns"
        )
