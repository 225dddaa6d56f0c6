"""The models of the catalog: finding them, and the list of those whose texts anybody may see at once."""

import json
from collections.abc import Iterable
from typing import Any, Final, Literal, get_args

from sqlalchemy import Row, Select, and_, delete, func, select

from decai.catalog.columns import MOST_INTEGER, clean
from decai.catalog.database import Database, insert
from decai.catalog.paging import Order, page_of
from decai.catalog.records import Model, ModelState, Page
from decai.catalog.tables import allowed, models
from decai.chain.sample_form import SampleForm
from decai.errors import InputError
from decai.units import Address, Seconds

__all__ = ["ModelSort", "Models", "model_query", "model_row"]

ModelSort = Literal["newest", "name", "contributions", "accuracy", "at_stake", "active"]
"""What a list of models is sorted by; the largest, latest or best comes first."""

_MOST_WORDS: Final = 8
_LONGEST_SEARCH: Final = 200
_ORDERS: Final[dict[str, Order]] = {
    "newest": [(models.c.id, True)],
    "name": [(models.c.name_key, False), (models.c.id, True)],
    "contributions": [(models.c.contributions, True), (models.c.id, True)],
    "accuracy": [(func.coalesce(models.c.accuracy, -1.0), True), (models.c.id, True)],
    "at_stake": [(models.c.at_stake, True), (models.c.id, True)],
    "active": [(func.coalesce(models.c.last_time, 0), True), (models.c.id, True)],
}


class Models:
    """The models of a catalog.

    Parameters
    ----------
    database
        With the catalog's tables.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(
        self,
        search: str = "",
        *,
        chain_id: int | None = None,
        classifier: str | None = None,
        incentive: str | None = None,
        encoder: str | None = None,
        verified: bool | None = None,
        state: ModelState | None = None,
        sort: ModelSort = "newest",
        after: str | None = None,
        limit: int = 20,
    ) -> Page[Model]:
        """A page of the models that fit.

        Parameters
        ----------
        search
            Words that all have to occur in a model's texts, classes or address, in any case of letters.
        chain_id, classifier, incentive, encoder, verified, state
            What has to be so; None for whatever.
        sort, after, limit
            Which page; `after` is the `next` of the page before.

        Raises
        ------
        InputError
            If there can be no such page.
        StorageError
            If the database fails.
        """
        if sort not in get_args(ModelSort):
            raise InputError(f"models are sorted by {', '.join(get_args(ModelSort))}, not by {sort[:40]!r}")
        query = _searched(model_query(), search)
        for column, wanted in (
            (models.c.chain_id, chain_id),
            (models.c.classifier, classifier),
            (models.c.incentive, incentive),
            (models.c.encoder, encoder),
            (models.c.state, state),
        ):
            if wanted is not None:
                query = query.where(
                    column == (min(wanted, MOST_INTEGER) if isinstance(wanted, int) else wanted)
                )
        if verified is not None:
            listed = allowed.c.address.is_not(None)
            query = query.where(listed if verified else ~listed)
        with self._database.reading() as connection:
            return page_of(connection, query, _ORDERS[sort], model_row, after=after, limit=limit)

    def get(self, model_id: int) -> Model:
        """A model by its number in the catalog.

        Raises
        ------
        InputError
            If there is none.
        """
        with self._database.reading() as connection:
            query = model_query().where(models.c.id == max(-1, min(model_id, MOST_INTEGER)))
            row = connection.execute(query).one_or_none()
        if row is None:
            raise InputError(
                f"there is no model {model_id if abs(model_id) <= MOST_INTEGER else ''}".rstrip()
            )
        return model_row(row)

    def at(self, chain_id: int, address: Address) -> Model | None:
        """The model at an address of a chain, if it is in the catalog."""
        with self._database.reading() as connection:
            query = model_query().where(
                models.c.chain_id == min(chain_id, MOST_INTEGER), models.c.address == address
            )
            row = connection.execute(query).one_or_none()
        return None if row is None else model_row(row)

    def values_of(self, what: Literal["classifier", "incentive", "encoder", "chain_id"]) -> tuple[Any, ...]:
        """What occurs in the catalog, in order: the choices of a filter, a hundred at most."""
        column = models.c[what]
        with self._database.reading() as connection:
            found = connection.execute(select(column).distinct().order_by(column).limit(100)).scalars()
            return tuple(found)

    def allow(self, listed: Iterable[tuple[int, Address]]) -> None:
        """Put models, by chain and address, on the allow-list; they need not be in the catalog yet."""
        with self._database.writing() as connection:
            for chain_id, address in listed:
                row = insert(connection, allowed).values(chain_id=chain_id, address=address)
                connection.execute(row.on_conflict_do_nothing())

    def disallow(self, chain_id: int, address: Address) -> None:
        """Take a model off the allow-list."""
        with self._database.writing() as connection:
            connection.execute(
                delete(allowed).where(allowed.c.chain_id == chain_id, allowed.c.address == address)
            )


def model_query() -> Select[Any]:
    """Models, and whether they are on the allow-list."""
    on_list = and_(allowed.c.chain_id == models.c.chain_id, allowed.c.address == models.c.address)
    verified = allowed.c.address.is_not(None).label("verified")
    return select(models, verified).select_from(models.outerjoin(allowed, on_list))


def model_row(row: Row[Any]) -> Model:
    """The model that a row of `model_query` holds."""
    return Model(
        id=row.id,
        chain_id=row.chain_id,
        address=row.address,
        name=row.name,
        description=row.description,
        encoder=row.encoder,
        classifier=row.classifier,
        incentive=row.incentive,
        classes=tuple(json.loads(row.classes)),
        max_features=row.max_features,
        vocabulary=row.vocabulary,
        form=SampleForm(row.lane_bits, row.offset),
        refund_wait=Seconds(row.refund_wait),
        owner_wait=row.owner_wait,
        any_wait=row.any_wait,
        cost_weight=row.cost_weight,
        shares=row.shares,
        first_block=row.first_block,
        scanned=row.scanned,
        state=ModelState(row.state),
        fault=row.fault,
        owner=row.owner,
        deployed=row.deployed,
        contributions=row.contributions,
        valid=row.valid,
        claims=row.claims,
        at_stake=row.at_stake,
        last_time=row.last_time,
        accuracy=row.accuracy,
        accuracy_block=row.accuracy_block,
        verified=bool(row.verified),
    )


def _searched(query: Select[Any], search: str) -> Select[Any]:
    words = clean(search).casefold().split()
    if len(words) > _MOST_WORDS or len(search) > _LONGEST_SEARCH:
        raise InputError(f"search for at most {_MOST_WORDS} words, {_LONGEST_SEARCH} characters in all")
    for word in words:
        query = query.where(models.c.words.contains(word, autoescape=True))
    return query
