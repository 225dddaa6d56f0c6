"""Taking a model into the catalog, after the chain has confirmed it."""

import json
from time import time
from typing import TYPE_CHECKING, Final, NamedTuple

from decai.catalog.columns import MOST_INTEGER, MOST_WEI
from decai.catalog.database import Database, insert
from decai.catalog.models import Models
from decai.catalog.records import Model, ModelState
from decai.catalog.search import search_text
from decai.catalog.tables import models
from decai.chain.at_block import AtBlock, at_one_block
from decai.chain.first_block import first_block_of
from decai.chain.jsonrpc import RpcError
from decai.chain.kinds import vocabulary_of
from decai.chain.model import ModelInfo, read_info
from decai.errors import ChainError
from decai.units import Address

if TYPE_CHECKING:
    from decai.chain.rpc import RpcChain

__all__ = ["Confirmed", "confirmed", "enter", "register"]

_KEY_BYTES: Final = 64


class Confirmed(NamedTuple):
    """A model that is there."""

    info: ModelInfo
    vocabulary: int
    first_block: int


def confirmed(chain: "RpcChain", address: Address, first_block: int | None = None) -> Confirmed:
    """What the contract at an address says of itself, if it is a decai model.

    Parameters
    ----------
    chain, address
        Where it is.
    first_block
        The block in which it was deployed, or any before, if it is known. It is not simply believed.

    Raises
    ------
    ChainError
        If there is none, or what it says makes no sense.
    """

    def take(view: AtBlock) -> tuple[ModelInfo, int]:
        info = read_info(view, address)
        if not info.has_twin:
            return info, info.max_features if info.form.offset else 1 << info.form.lane_bits
        return info, vocabulary_of(view, info)

    info, vocabulary = at_one_block(chain, take)
    if info.cost_weight > MOST_WEI or vocabulary > MOST_INTEGER:
        raise ChainError(f"{address}: the terms of this contract make no sense (a number is far too large)")
    if first_block is None or not _is_before(chain, address, first_block):
        first_block = first_block_of(chain, address)
    return Confirmed(info, vocabulary, first_block)


def register(
    database: Database, chain: "RpcChain", address: Address, first_block: int | None = None
) -> Model:
    """Take a model into the catalog; one that is there already is only looked up.

    Raises
    ------
    ChainError
        If the chain does not confirm it.
    StorageError
        If the database fails.
    """
    found = Models(database).at(chain.chain_id, address)
    if found is None:
        if chain.chain_id > MOST_INTEGER:
            raise ChainError(f"a chain whose number is {chain.chain_id:,} cannot be in a catalog")
        enter(database, chain.chain_id, confirmed(chain, address, first_block))
        found = Models(database).at(chain.chain_id, address)
        assert found is not None, "it was entered"
    return found


def enter(database: Database, chain_id: int, model: Confirmed) -> None:
    """Write down a model that was confirmed, unless it is there."""
    info = model.info
    texts = (info.name, info.description, info.encoder, info.classifier, info.incentive)
    values = {
        "chain_id": chain_id,
        "address": info.address,
        "added": int(time()),
        "classifier": info.classifier,
        "incentive": info.incentive,
        "name": info.name,
        "description": info.description,
        "encoder": info.encoder,
        "classes": json.dumps(info.classes),
        "max_features": info.max_features,
        "lane_bits": info.form.lane_bits,
        "offset": info.form.offset,
        "vocabulary": model.vocabulary,
        "refund_wait": info.refund_wait,
        "owner_wait": info.owner_wait,
        "any_wait": info.any_wait,
        "cost_weight": info.cost_weight,
        "shares": info.shares,
        "name_key": info.name.casefold().encode("utf-8", "replace")[:_KEY_BYTES],
        "words": search_text(texts, info.classes, info.address),
        "first_block": model.first_block,
        "state": ModelState.FOLLOWED,
        "contributions": 0,
        "valid": 0,
        "claims": 0,
        "at_stake": 0,
    }
    with database.writing() as connection:
        # Somebody else may have entered it meanwhile.
        connection.execute(insert(connection, models).values(values).on_conflict_do_nothing())


def _is_before(chain: "RpcChain", address: Address, block: int) -> bool:
    """Whether the chain tells that there was no contract before a block."""
    if block <= 0:
        return block == 0
    try:
        return block <= chain.block and not chain.code(address, block=block - 1)
    except RpcError:
        return False
