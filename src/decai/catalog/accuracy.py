"""How good models were after which block, on which committed test set."""

import math
from collections.abc import Mapping
from time import time as now
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select, update

from decai.catalog.columns import MOST_INTEGER
from decai.catalog.database import Database
from decai.catalog.paging import Order, page_of
from decai.catalog.records import Measurement, Page
from decai.catalog.tables import accuracy, models
from decai.errors import InputError
from decai.units import Seconds

__all__ = ["AccuracyHistory", "latest_accuracy"]

_HASH: Final = 32
_NEWEST: Final[Order] = [(accuracy.c.block, True), (accuracy.c.id, True)]
_OLDEST: Final[Order] = [(accuracy.c.block, False), (accuracy.c.id, False)]


class AccuracyHistory:
    """The accuracies of the models of a catalog.

    Parameters
    ----------
    database
        With the catalog's tables.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self,
        model_id: int,
        value: float,
        *,
        block: int,
        time: Seconds,
        tests: int | None = None,
        test_hash: bytes | None = None,
        transaction: bytes | None = None,
        measured: bool = True,
    ) -> Measurement:
        """Write down how good a model was; what is there already in the same words is only looked up.

        Parameters
        ----------
        model_id, value
            Of the model, and from 0 to 1.
        block, time
            After which it was so.
        tests, test_hash
            The size and the hash of the committed test set.
        transaction
            The one after which it was so.
        measured
            Whether it was measured here. What others say is kept apart, and no list of models shows it.

        Raises
        ------
        InputError
            If there is no such model, or a number is none of its kind.
        StorageError
            If the database fails.
        """
        _check(value, block, time, tests)
        for given in (test_hash, transaction):
            if given is not None and len(given) != _HASH:
                raise InputError(f"a hash has {_HASH} bytes")
        said = {
            "model_id": model_id,
            "block": block,
            "accuracy": float(value),
            "tests": tests,
            "test_hash": test_hash,
            "transaction": transaction,
            "measured": measured,
        }
        with self._database.writing() as connection:
            known = select(models.c.id).where(models.c.id == _within(model_id)).with_for_update()
            if connection.execute(known).scalar() is None:
                raise InputError("there is no such model in the catalog")
            row = _find(connection, said)
            if row is None:
                written = accuracy.insert().values(**said, time=time, added=int(now()))
                connection.execute(written)
                row = _find(connection, said)
                latest_accuracy(connection, model_id)
        assert row is not None, "it was written"
        return _measurement(row)

    def page(
        self,
        model_id: int,
        *,
        measured: bool | None = None,
        after: str | None = None,
        limit: int = 50,
        oldest_first: bool = False,
    ) -> Page[Measurement]:
        """A page of a model's accuracies: those measured here, those that others told of, or all.

        Raises
        ------
        InputError
            If there can be no such page.
        StorageError
            If the database fails.
        """
        query = select(accuracy).where(accuracy.c.model_id == _within(model_id))
        if measured is not None:
            query = query.where(accuracy.c.measured == measured)
        order = _OLDEST if oldest_first else _NEWEST
        with self._database.reading() as connection:
            return page_of(connection, query, order, _measurement, after=after, limit=limit)

    def series(self, model_id: int, most: int = 500) -> tuple[Measurement, ...]:
        """What was measured here, oldest first: thinned out evenly to `most`, the latest kept."""
        wanted = (accuracy.c.model_id == _within(model_id)) & accuracy.c.measured
        numbered = (
            select(
                accuracy,
                func.row_number()
                .over(order_by=(accuracy.c.block.desc(), accuracy.c.id.desc()))
                .label("turn"),
            )
            .where(wanted)
            .subquery()
        )
        with self._database.reading() as connection:
            count = connection.execute(select(func.count()).where(wanted)).scalar_one()
            step = max(1, -(-count // most))
            rows = connection.execute(
                select(numbered).where(numbered.c.turn % step == 1 % step).order_by(numbered.c.turn.desc())
            )
            return tuple(_measurement(row) for row in rows)


def latest_accuracy(connection: Connection, model_id: int) -> None:
    """Let a model's row show what was measured last, or nothing."""
    measured = (accuracy.c.model_id == model_id) & accuracy.c.measured
    query = select(accuracy.c.accuracy, accuracy.c.block).where(measured)
    latest = connection.execute(
        query.order_by(*(column.desc() for column, _ in _NEWEST)).limit(1)
    ).one_or_none()
    value, block = (None, None) if latest is None else latest
    connection.execute(
        update(models).where(models.c.id == model_id).values(accuracy=value, accuracy_block=block)
    )


def _find(connection: Connection, said: Mapping[str, Any]) -> Row[Any] | None:
    conditions = [
        accuracy.c[key].is_(None) if value is None else accuracy.c[key] == value
        for key, value in said.items()
    ]
    return connection.execute(select(accuracy).where(*conditions).limit(1)).one_or_none()


def _check(value: float, block: int, time: int, tests: int | None) -> None:
    if not (math.isfinite(value) and 0 <= value <= 1):
        raise InputError("an accuracy is a number from 0 to 1")
    if not 0 <= block <= MOST_INTEGER or not 0 <= time <= MOST_INTEGER:
        raise InputError("there is no such block")
    if tests is not None and not 1 <= tests <= MOST_INTEGER:
        raise InputError("a test set has at least one sample")


def _within(number: int) -> int:
    return max(-1, min(number, MOST_INTEGER))


def _measurement(row: Row[Any]) -> Measurement:
    return Measurement(
        id=row.id,
        model_id=row.model_id,
        block=row.block,
        time=Seconds(row.time),
        accuracy=row.accuracy,
        tests=row.tests,
        test_hash=None if row.test_hash is None else bytes(row.test_hash),
        transaction=None if row.transaction is None else bytes(row.transaction),
        measured=bool(row.measured),
    )
