"""Asking before anything goes out to a chain where it may cost real money."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from decai.cli.show import ether
from decai.errors import InputError, Interrupted

if TYPE_CHECKING:
    from decai.chain.base import Chain, Transaction
    from decai.units import Wei

__all__ = ["Yes", "ask_for_each", "go_on", "needs_asking"]

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before real money is spent.")]


def needs_asking(chain: "Chain", *, yes: bool, as_json: bool) -> bool:
    """Whether somebody is to be asked before a transaction of his goes out to this chain.

    Parameters
    ----------
    chain
        Where it is to go.
    yes
        Whether he has agreed beforehand.
    as_json
        Whether a program reads what the command says.

    Raises
    ------
    InputError
        If he is, and nobody is there to be asked.
    ChainError
        If the node does not answer.
    """
    from decai.chain.rpc import RpcChain

    if yes or (isinstance(chain, RpcChain) and chain.is_development):
        return False
    if as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputError(
            f"chain {chain.chain_id} is none for development, so this may cost real money; "
            "give --yes to have it sent without being asked"
        )
    return True


def ask_for_each(chain: "Chain", *, yes: bool, as_json: bool) -> None:
    """Have somebody agree to each transaction through `chain`, if `needs_asking`; raises what that does."""
    from decai.chain.rpc import RpcChain

    if needs_asking(chain, yes=yes, as_json=as_json):
        assert isinstance(chain, RpcChain)
        chain_id = chain.chain_id

        def ask(transaction: "Transaction", gas: "Wei") -> None:
            print(f"{transaction.sender} sends 1 transaction on chain {chain_id}")
            value = f"{ether(transaction.value)} of value, and " if transaction.value else ""
            print(f"  {value}at most {ether(gas)} for gas as the chain asks now")
            go_on()

        chain.consent = ask


def go_on() -> None:
    """Ask; `Interrupted` if the answer is no."""
    try:
        agreed = typer.confirm("Go on?")
    except typer.Abort:
        agreed = False
    if not agreed:
        raise Interrupted("it was not sent")
