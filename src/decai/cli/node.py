"""``decai node``: the chain on this machine, with play money."""

import json
from typing import Annotated, Any, Final

import typer

__all__ = ["app"]

_LATEST: Final = 253_402_300_799
"""The last second of the year 9999: no date is later, and contracts count seconds in 40 bits."""
_MOST_MONEY: Final = 2**128
"""Wei that an account is given at most."""

app = typer.Typer(help="Run a chain on this machine, with play money and a clock that can be moved.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("install")
def install_node(as_json: Json = False) -> None:
    """Get anvil, which the local node runs."""
    from decai.chain.local_node import install

    path = install(progress=None if as_json else print)
    if as_json:
        print(json.dumps({"anvil": str(path)}))


@app.command("start")
def start_node(as_json: Json = False) -> None:
    """Start the local node, unless it runs."""
    from decai.chain.local_node import ensure_running

    _show(ensure_running(), as_json)


@app.command("stop")
def stop_node(as_json: Json = False) -> None:
    """Stop the local node; what happened on it is kept."""
    from decai.chain.local_node import stop

    stopped = stop()
    if as_json:
        print(json.dumps({"stopped": stopped}))
    else:
        print("stopped" if stopped else "the local node does not run")


@app.command("status")
def show_status(as_json: Json = False) -> None:
    """Tell whether the local node runs, and where."""
    from decai.chain.local_node import status

    _show(status(), as_json)


@app.command("accounts")
def list_accounts(as_json: Json = False) -> None:
    """List the accounts of the local node and what they own."""
    from decai.chain.local_node import ensure_running
    from decai.chain.local_node.anvil import rpc

    url = ensure_running().url
    owned = {account: int(rpc(url, "eth_getBalance", account, "latest"), 16) for account in _accounts(url)}
    if as_json:
        print(json.dumps({"accounts": [{"address": a, "balance": b} for a, b in owned.items()]}))
        return
    from decai.cli.words import eth

    for account, balance in owned.items():
        print(f"{account}  {eth(balance)}")
    print("Everybody knows the keys of these accounts: they are for play money only.")


@app.command("faucet")
def give(
    address: Annotated[str, typer.Argument(help="Who gets it.")],
    amount: Annotated[str, typer.Argument(help="How much, such as '5 ether'.")] = "10 ether",
    as_json: Json = False,
) -> None:
    """Give an account play money."""
    from decai.chain.address import parse_address
    from decai.chain.local_node import ensure_running
    from decai.chain.local_node.anvil import rpc
    from decai.errors import InputError
    from decai.units import format_wei, parse_wei

    account, wei = parse_address(address), parse_wei(amount)
    if not 0 < wei <= _MOST_MONEY:
        raise InputError(f"{amount!r} is nothing to give; it must be above 0 and at most 2^128 wei")
    balance = int(rpc(ensure_running().url, "decai_give", account, hex(wei)), 16)
    if as_json:
        print(json.dumps({"address": account, "balance": balance}))
    else:
        print(f"{account} got {format_wei(wei)} and has {format_wei(balance)}")


@app.command("advance-time")
def advance_time(
    by: Annotated[str, typer.Argument(help="How long, such as '9 days', '1d' or '3600'.")],
    as_json: Json = False,
) -> None:
    """Let time pass on the local node."""
    from decai.chain.local_node import ensure_running
    from decai.chain.local_node.anvil import rpc
    from decai.errors import InputError
    from decai.units import format_seconds, parse_seconds

    seconds = parse_seconds(by)
    if seconds <= 0:
        raise InputError(f"time goes forward; {by!r} does not")
    node = ensure_running()
    if node.time + seconds > _LATEST:
        raise InputError(f"a clock cannot be moved beyond the year 9999; {by!r} would")
    now = rpc(node.url, "decai_advance", seconds)
    if as_json:
        print(json.dumps({"advanced": seconds, "time": now}))
    else:
        print(f"the clock went forward by {format_seconds(seconds)}; it is {_date(now)}")


def _accounts(url: str) -> list[str]:
    from eth_utils.address import to_checksum_address

    from decai.chain.local_node.anvil import rpc

    return [to_checksum_address(account) for account in rpc(url, "eth_accounts")]


def _date(time: int) -> str:
    from datetime import datetime

    try:
        return f"{datetime.fromtimestamp(time).astimezone():%Y-%m-%d %H:%M:%S %Z}"
    except (OverflowError, OSError, ValueError):
        return f"second {time:,}, after the year 9999"


def _show(node: Any, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"running": False} if node is None else {"running": True, **_fields(node)}))
    elif node is None:
        print("the local node does not run; start it with: decai node start")
    else:
        print(f"running at {node.plain_url} (chain {node.chain_id}, block {node.block:,})")
        print(f"  its clock says {_date(node.time)}")


def _fields(node: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(node)
