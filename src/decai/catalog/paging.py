"""Lists in pages: each page ends with a cursor, which the next one is asked for with."""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from decai.catalog.columns import MOST_INTEGER, MOST_WEI, AddressColumn
from decai.catalog.records import Page
from decai.chain.address import parse_address
from decai.errors import InputError

__all__ = ["MOST_ITEMS", "Order", "checked_limit", "page_of"]

T = TypeVar("T")
MOST_ITEMS: Final = 200
"""Of one page."""
_LONGEST_CURSOR: Final = 600

Order = Sequence[tuple[ColumnElement[Any], bool]]
"""Columns, and whether they fall; together they tell any two rows apart."""


def checked_limit(limit: int) -> int:
    """How many items a page may have.

    Raises
    ------
    InputError
        If there can be no such page.
    """
    if not 1 <= limit <= MOST_ITEMS:
        raise InputError(f"a page has from 1 to {MOST_ITEMS} items")
    return limit


def page_of(
    connection: Connection,
    query: Select[Any],
    order: Order,
    make: Callable[[Row[Any]], T],
    *,
    after: str | None,
    limit: int,
) -> Page[T]:
    """A page of what a query gives.

    Parameters
    ----------
    connection, query
        What to ask; its columns may be any.
    order
        How the list is sorted.
    make
        Makes an item out of a row.
    after
        The cursor of the page before; None for the first page.
    limit
        Most items of the page.

    Raises
    ------
    InputError
        If the cursor is none of this list, or the page too large.
    """
    checked_limit(limit)
    count = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    columns = [column for column, _ in order]
    page = query.add_columns(*(column.label(f"_key{place}") for place, column in enumerate(columns)))
    if after is not None:
        page = page.where(_later(order, _read(after, order)))
    page = page.order_by(*(column.desc() if falls else column.asc() for column, falls in order))
    rows = connection.execute(page.limit(limit + 1)).all()
    items = tuple(make(row) for row in rows[:limit])
    end = _written(rows[limit - 1][-len(columns) :]) if len(rows) > limit else None
    return Page(items, int(count), end)


def _later(order: Order, values: Sequence[Any]) -> ColumnElement[bool]:
    """Whether a row comes after the one with these values."""
    options = []
    for place, (column, falls) in enumerate(order):
        equal = [earlier == value for (earlier, _), value in zip(order[:place], values[:place], strict=True)]
        options.append(and_(*equal, column < values[place] if falls else column > values[place]))
    return or_(*options)


def _written(values: Sequence[Any]) -> str:
    """Numbers as they are; bytes and texts marked."""
    plain = [value.hex() if isinstance(value, bytes) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _read(cursor: str, order: Order) -> list[Any]:
    """The values that a cursor holds, each of the kind of its column."""
    wrong = InputError("this is no cursor of this list; begin without one")
    if len(cursor) > _LONGEST_CURSOR or not cursor.isascii():
        raise wrong
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        raise wrong from None
    if not isinstance(values, list) or len(values) != len(order):
        raise wrong
    try:
        return [_checked(value, column) for value, (column, _) in zip(values, order, strict=True)]
    except (ValueError, TypeError, OverflowError):
        raise wrong from None


def _checked(value: Any, column: ColumnElement[Any]) -> Any:
    if isinstance(column.type, AddressColumn):
        return parse_address(value if isinstance(value, str) else "")
    kind = column.type.python_type
    if kind is bytes:
        return bytes.fromhex(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError
    if kind is float:
        return float(value)
    if not isinstance(value, int):
        raise TypeError
    most = MOST_INTEGER if kind is int else MOST_WEI
    if not 0 <= value <= most:
        raise ValueError
    return value
