"""From what a user names to a chain and a model on it."""

from typing import TYPE_CHECKING

from decai.chain.address import parse_address
from decai.chain.base import Chain
from decai.chain.client import ChainTrainer
from decai.chain.known import KnownModel, find, known_models
from decai.chain.presence import Presence, presence_of
from decai.errors import ChainError, InputError
from decai.units import Address

if TYPE_CHECKING:
    from decai.chain.rpc import RpcChain

__all__ = ["connect", "default_sender", "open_model"]


def connect(rpc: str | None = None, account: str | None = None) -> "RpcChain":
    """A chain: of the node at a URL, or of the local node, which is started if it does not run.

    Parameters
    ----------
    rpc
        The URL of a node; None for the local one.
    account
        Who sends by default.

    Raises
    ------
    InputError
        If the URL or the account is none.
    ChainError
        If the node does not answer, or cannot send for the account.
    MissingError
        If the local node has to be installed first.
    """
    from decai.chain.local_node import ensure_running
    from decai.chain.rpc import RpcChain

    sender = None if account is None else parse_address(account)
    return RpcChain(ensure_running().url if rpc is None else rpc, account=sender)


def default_sender(chain: Chain) -> Address:
    """Who sends if nobody else is named.

    Raises
    ------
    ChainError
        If there is no account to send for.
    """
    accounts = chain.accounts
    if not accounts:
        raise ChainError("there is no account to send for; make a key with: decai account create")
    return accounts[0]


def open_model(chain: Chain, text: str, first_block: int | None = None) -> ChainTrainer:
    """A model by its address, the beginning of a known one's address, or a known one's name.

    Parameters
    ----------
    chain
        Where it is.
    text
        What it is called.
    first_block
        The block in which it was deployed, or any before. None: as it is known, or else as the chain tells.

    Raises
    ------
    InputError
        If it is none of these, or may be several, or there is no such block yet.
    ChainError
        If there is no decai model.
    """
    if first_block is not None and first_block > (latest := chain.block):
        raise InputError(f"there is no block {first_block:,} yet; the latest of this chain is {latest:,}")
    known = find(text, chain.chain_id)
    if known is None:
        try:
            address = parse_address(text)
        except InputError as error:
            raise InputError(f"{error}, and no known model on chain {chain.chain_id} has this name") from None
        known = _known(address, chain.chain_id)
        if known is None:
            return ChainTrainer(chain, address, first_block)
    try:
        return ChainTrainer(chain, known.address, known.first_block if first_block is None else first_block)
    except ChainError:
        if presence_of(chain, known) is Presence.GONE:
            raise ChainError(
                f"{known.address}: chain {chain.chain_id} has {known.name[:80]!r} no more; take it "
                f"off the list of known models by: decai model forget {known.address}"
            ) from None
        raise


def _known(address: Address, chain_id: int) -> KnownModel | None:
    return next((model for model in known_models(chain_id) if model.address == address), None)
