"""What accounts gave, and what came of it, over all models."""

from typing import Any, Final, Literal, get_args

from sqlalchemy import Row, select

from decai.catalog.columns import MOST_INTEGER
from decai.catalog.database import Database
from decai.catalog.paging import Order, page_of
from decai.catalog.records import Account, Page, Standing
from decai.catalog.tables import standings
from decai.errors import InputError
from decai.units import Address, Wei

__all__ = ["Accounts", "StandingSort"]

StandingSort = Literal["deposited", "rewarded", "lost", "contributions", "valid"]
"""What the accounts of a model are sorted by; the largest comes first."""

_BY_MODEL: Final[Order] = [(standings.c.model_id, True)]


class Accounts:
    """The accounts that have to do with the models of a catalog.

    Parameters
    ----------
    database
        With the catalog's tables.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def account(self, address: Address) -> Account:
        """An account over all models; everything is 0 if nobody knows it.

        Raises
        ------
        StorageError
            If the database fails.
        """
        query = select(standings).where(standings.c.address == address)
        with self._database.reading() as connection:
            each = [_standing(row) for row in connection.execute(query)]
        return Account(
            address=address,
            models=len(each),
            contributions=sum(one.contributions for one in each),
            valid=sum(one.valid for one in each),
            claims=sum(one.claims for one in each),
            deposited=Wei(sum(one.deposited for one in each)),
            refunded=Wei(sum(one.refunded for one in each)),
            rewarded=Wei(sum(one.rewarded for one in each)),
            lost=Wei(sum(one.lost for one in each)),
            at_stake=Wei(sum(one.at_stake for one in each)),
            profit=sum(one.profit for one in each),
        )

    def standings(self, address: Address, *, after: str | None = None, limit: int = 50) -> Page[Standing]:
        """A page of what an account has to do with each model, the newest model first.

        Raises
        ------
        InputError
            If there can be no such page.
        StorageError
            If the database fails.
        """
        query = select(standings).where(standings.c.address == address)
        with self._database.reading() as connection:
            return page_of(connection, query, _BY_MODEL, _standing, after=after, limit=limit)

    def people(
        self, model_id: int, *, sort: StandingSort = "deposited", after: str | None = None, limit: int = 50
    ) -> Page[Standing]:
        """A page of the accounts that have to do with a model; raises what `standings` does."""
        if sort not in get_args(StandingSort):
            raise InputError(
                f"accounts are sorted by {', '.join(get_args(StandingSort))}, not by {sort[:40]!r}"
            )
        query = select(standings).where(standings.c.model_id == max(-1, min(model_id, MOST_INTEGER)))
        order: Order = [(standings.c[sort], True), (standings.c.address, False)]
        with self._database.reading() as connection:
            return page_of(connection, query, order, _standing, after=after, limit=limit)


def _standing(row: Row[Any]) -> Standing:
    return Standing(
        model_id=row.model_id,
        address=row.address,
        contributions=row.contributions,
        valid=row.valid,
        claims=row.claims,
        deposited=row.deposited,
        refunded=row.refunded,
        rewarded=row.rewarded,
        lost=row.lost,
    )
