"""Taking back what was read of blocks that are no longer part of their chain."""

import json
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, delete, func, select, update

from decai.catalog.accuracy import latest_accuracy
from decai.catalog.balances import Balances
from decai.catalog.records import ModelState
from decai.catalog.search import search_text
from decai.catalog.tables import accuracy, blocks, claims, contributions, events, models
from decai.protocols import Path

__all__ = ["roll_back"]


_GONE: Final = "its contract is not on the chain"


def roll_back(connection: Connection, chain_id: int, fork: int) -> None:
    """Forget all of a chain after a block; the exact inverse of what `Ledger` did.

    Models that were deployed after it may not be there any more; they are `MISSING` until they are found.

    Parameters
    ----------
    connection
        In whose transaction.
    chain_id
        Of the chain.
    fork
        The last block that is still part of it; -1 if none is.
    """
    connection.execute(delete(blocks).where(blocks.c.chain_id == chain_id, blocks.c.number > fork))
    of_chain = models.c.chain_id == chain_id
    for row in connection.execute(select(models).where(of_chain, models.c.scanned > fork)).all():
        _roll_back_model(connection, row, fork)
    # On the chain of now they may have been deployed earlier.
    connection.execute(
        update(models)
        .where(of_chain, models.c.first_block > fork)
        .values(first_block=fork + 1, state=ModelState.MISSING, fault=_GONE)
    )


def _roll_back_model(connection: Connection, model: Row[Any], fork: int) -> None:
    balances = Balances(connection, model.id)
    undone = _claims(connection, model.id, fork, balances)
    removed = _contributions(connection, model.id, fork, balances)
    classes = _classes(connection, model, fork)
    for table in (events, accuracy):
        connection.execute(delete(table).where(*_after(table, model.id, fork)))
    balances.write()
    figures = model._mapping
    texts = model.name, model.description, model.encoder, model.classifier, model.incentive
    values = {
        "scanned": fork if fork >= model.first_block else None,
        "classes": json.dumps(classes),
        "words": search_text(texts, classes, model.address),
        "contributions": figures[models.c.contributions] - removed[0],
        "valid": figures[models.c.valid] - undone[1],
        "claims": figures[models.c.claims] - undone[0],
        "at_stake": figures[models.c.at_stake] + undone[2] - removed[1],
        **_latest(connection, model.id),
    }
    if model.state == ModelState.BROKEN:
        # What broke it was read last.
        values |= {"state": ModelState.FOLLOWED, "fault": None}
    connection.execute(update(models).where(models.c.id == model.id).values(values))
    latest_accuracy(connection, model.id)


def _after(table: Table, model_id: int, fork: int) -> tuple[Any, ...]:
    return table.c.model_id == model_id, table.c.block > fork


def _claims(connection: Connection, model_id: int, fork: int, balances: Balances) -> tuple[int, int, int]:
    """Undo claims; how many, how many of them were refunds, and what they paid in all."""
    query = select(claims, contributions.c.author).join(
        contributions,
        (contributions.c.model_id == claims.c.model_id) & (contributions.c.number == claims.c.number),
    )
    count = refunds = paid = 0
    back: dict[int, tuple[int, int]] = {}
    for row in connection.execute(query.where(*_after(claims, model_id, fork))):
        count, paid = count + 1, paid + row.amount
        amount, times = back.get(row.number, (0, 0))
        back[row.number] = amount + row.amount, times + 1
        if row.path == Path.REFUND:
            refunds += 1
            balances.change(row.claimer, claims=-1, valid=-1, refunded=-row.amount)
        else:
            balances.change(row.claimer, claims=-1, rewarded=-row.amount)
            balances.change(row.author, lost=-row.amount)
    connection.execute(delete(claims).where(*_after(claims, model_id, fork)))
    columns = contributions.c
    for number, (amount, times) in back.items():
        one = (columns.model_id == model_id) & (columns.number == number)
        left, made = connection.execute(select(columns.left, columns.claims).where(one)).one()
        connection.execute(update(contributions).where(one).values(left=left + amount, claims=made - times))
    return count, refunds, paid


def _contributions(connection: Connection, model_id: int, fork: int, balances: Balances) -> tuple[int, int]:
    """Remove contributions, on which there is no claim any more; how many, and their deposits in all."""
    count = deposits = 0
    query = select(contributions.c.author, contributions.c.deposit)
    for author, deposit in connection.execute(query.where(*_after(contributions, model_id, fork))):
        count, deposits = count + 1, deposits + deposit
        balances.change(author, contributions=-1, deposited=-deposit)
    connection.execute(delete(contributions).where(*_after(contributions, model_id, fork)))
    return count, deposits


def _classes(connection: Connection, model: Row[Any], fork: int) -> list[str]:
    """The classes that there were: those that were added later came after them."""
    classes: list[str] = json.loads(model.classes)
    query = select(events.c["values"]).where(*_after(events, model.id, fork), events.c.name == "AddClass")
    first = min((json.loads(said)["index"] for said in connection.execute(query).scalars()), default=None)
    return classes if first is None else classes[:first]


def _latest(connection: Connection, model_id: int) -> dict[str, Any]:
    """What the events that are left say last."""
    of_model = events.c.model_id == model_id
    first, last = connection.execute(
        select(func.min(events.c.time), func.max(events.c.time)).where(of_model)
    ).one()
    handed = select(events.c.account).where(of_model, events.c.name == "OwnershipTransferred")
    owner = connection.execute(
        handed.order_by(events.c.block.desc(), events.c.position.desc()).limit(1)
    ).scalar()
    return {"deployed": first, "last_time": last, "owner": owner}
