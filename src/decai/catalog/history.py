"""What happened to models: events, contributions and claims, in pages."""

import json
from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, exists, select

from decai.catalog.columns import MOST_INTEGER
from decai.catalog.database import Database
from decai.catalog.paging import Order, page_of
from decai.catalog.records import Claimed, Contributed, EventRecord, Page
from decai.catalog.tables import claims, contributions, events, models, samples
from decai.chain.sample_form import SampleForm
from decai.errors import InputError
from decai.protocols import Path
from decai.units import Address, Seconds

__all__ = ["History", "contributed_row", "contribution_query"]

_BY_PLACE: Final = (events.c.block, events.c.position)
_WORD: Final = 32


class History:
    """What the follower has read of the models of a catalog. Whatever is newest comes first, unless asked.

    Parameters
    ----------
    database
        With the catalog's tables.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def events(
        self,
        model_id: int,
        *,
        names: Collection[str] = (),
        after: str | None = None,
        limit: int = 50,
        oldest_first: bool = False,
    ) -> Page[EventRecord]:
        """A page of a model's events; only those of some `names`, if any are given.

        Raises
        ------
        InputError
            If there can be no such page.
        StorageError
            If the database fails.
        """
        query = select(events).where(events.c.model_id == _number(model_id))
        if names:
            query = query.where(events.c.name.in_(sorted(names)))
        order = [(column, not oldest_first) for column in _BY_PLACE]
        with self._database.reading() as connection:
            return page_of(connection, query, order, _event, after=after, limit=limit)

    def contributions(
        self,
        model_id: int | None = None,
        *,
        author: Address | None = None,
        label: int | None = None,
        after: str | None = None,
        limit: int = 50,
        oldest_first: bool = False,
    ) -> Page[Contributed]:
        """A page of the contributions to a model, or to all models; raises what `events` does."""
        query = contribution_query()
        if author is not None:
            query = query.where(contributions.c.author == author)
        if label is not None:
            query = query.where(contributions.c.label == _number(label))
        keys = [contributions.c.number]
        if model_id is None:
            keys = [contributions.c.added, contributions.c.model_id, contributions.c.number]
        else:
            query = query.where(contributions.c.model_id == _number(model_id))
        with self._database.reading() as connection:
            order = [(column, not oldest_first) for column in keys]
            return page_of(connection, query, order, contributed_row, after=after, limit=limit)

    def contribution(self, model_id: int, number: int) -> Contributed:
        """One contribution.

        Raises
        ------
        InputError
            If there is none.
        """
        query = contribution_query().where(
            contributions.c.model_id == _number(model_id), contributions.c.number == _number(number)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise InputError("there is no such contribution in the catalog")
        return contributed_row(row)

    def contributions_of(self, transaction: bytes) -> tuple[Contributed, ...]:
        """What a transaction contributed, a hundred contributions at most."""
        query = contribution_query().where(contributions.c.transaction == transaction)
        query = query.order_by(contributions.c.model_id, contributions.c.number).limit(100)
        with self._database.reading() as connection:
            return tuple(contributed_row(row) for row in connection.execute(query))

    def claims(
        self,
        model_id: int | None = None,
        *,
        claimer: Address | None = None,
        author: Address | None = None,
        number: int | None = None,
        after: str | None = None,
        limit: int = 50,
        oldest_first: bool = False,
    ) -> Page[Claimed]:
        """A page of the claims on a model's contributions, or on those of all models.

        Parameters
        ----------
        model_id
            Of the model; None for all.
        claimer
            Who was paid.
        author
            Whose contribution was claimed.
        number
            Of the contribution.
        after, limit, oldest_first
            Which page; raises what `events` does.
        """
        query = select(claims)
        if claimer is not None:
            query = query.where(claims.c.claimer == claimer)
        if number is not None:
            query = query.where(claims.c.number == _number(number))
        if author is not None:
            made = (claims.c.model_id == contributions.c.model_id) & (
                claims.c.number == contributions.c.number
            )
            query = query.where(exists().where(made, contributions.c.author == author))
        keys: list[ColumnElement[Any]] = [claims.c.block, claims.c.position]
        if model_id is None:
            keys = [claims.c.time, claims.c.model_id, *keys]
        else:
            query = query.where(claims.c.model_id == _number(model_id))
        order: Order = [(column, not oldest_first) for column in keys]
        with self._database.reading() as connection:
            return page_of(connection, query, order, _claim, after=after, limit=limit)


def contribution_query() -> Select[Any]:
    """Contributions, the form of their features, and whether their samples are known."""
    known = exists().where(
        samples.c.model_id == contributions.c.model_id,
        samples.c.transaction == contributions.c.transaction,
        samples.c.digest == contributions.c.digest,
    )
    return select(contributions, models.c.lane_bits, models.c.offset, known.label("has_sample")).join(
        models, models.c.id == contributions.c.model_id
    )


def contributed_row(row: Row[Any]) -> Contributed:
    """The contribution that a row of `contribution_query` holds."""
    values = row._mapping
    packed = bytes(values[contributions.c.features])
    words = [int.from_bytes(packed[at : at + _WORD], "big") for at in range(0, len(packed), _WORD)]
    features = SampleForm(row.lane_bits, row.offset).unpacked(words)
    return Contributed(
        model_id=values[contributions.c.model_id],
        number=values[contributions.c.number],
        key=bytes(values[contributions.c.key]),
        features=features,
        digest=bytes(values[contributions.c.digest]),
        label=values[contributions.c.label],
        added=Seconds(values[contributions.c.added]),
        author=values[contributions.c.author],
        deposit=values[contributions.c.deposit],
        left=values[contributions.c.left],
        claims=values[contributions.c.claims],
        block=values[contributions.c.block],
        transaction=bytes(values[contributions.c.transaction]),
        has_sample=bool(values["has_sample"]),
    )


def _event(row: Row[Any]) -> EventRecord:
    values = row._mapping
    return EventRecord(
        model_id=values[events.c.model_id],
        block=values[events.c.block],
        position=values[events.c.position],
        time=Seconds(values[events.c.time]),
        transaction=bytes(values[events.c.transaction]),
        name=values[events.c.name],
        account=values[events.c.account],
        values=json.loads(values[events.c["values"]]),
    )


def _claim(row: Row[Any]) -> Claimed:
    values = row._mapping
    return Claimed(
        model_id=values[claims.c.model_id],
        number=values[claims.c.number],
        claimer=values[claims.c.claimer],
        path=Path(values[claims.c.path]),
        amount=values[claims.c.amount],
        time=Seconds(values[claims.c.time]),
        block=values[claims.c.block],
        position=values[claims.c.position],
        transaction=bytes(values[claims.c.transaction]),
    )


def _number(value: int) -> int:
    """A number to look for, within what a column holds; there is nothing beyond."""
    return max(-1, min(value, MOST_INTEGER))
