"""Changes to what the accounts of one model have come to, written all at once."""

from collections import defaultdict
from typing import Any, Final

from sqlalchemy import Connection, delete, select

from decai.catalog.database import insert
from decai.catalog.tables import standings
from decai.units import Address

__all__ = ["Balances", "in_parts"]

_FIELDS: Final = ("contributions", "valid", "claims", "deposited", "refunded", "rewarded", "lost")
_AT_ONCE: Final = 500


def in_parts(items: list[Any]) -> list[list[Any]]:
    """Lists that a query can hold."""
    return [items[first : first + _AT_ONCE] for first in range(0, len(items), _AT_ONCE)]


class Balances:
    """What changes for accounts.

    Parameters
    ----------
    connection, model_id
        In whose transaction, and of which model.
    """

    def __init__(self, connection: Connection, model_id: int) -> None:
        self._connection = connection
        self._id = model_id
        self._changes: defaultdict[Address, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_FIELDS, 0))

    def change(self, address: Address, **changes: int) -> None:
        """Add to an account's figures, or take away from them."""
        change = self._changes[address]
        for field, amount in changes.items():
            change[field] += amount

    def write(self) -> None:
        """Write all changes; who has nothing to do with the model any more is gone from it."""
        after = self._before()
        for address, change in self._changes.items():
            known = after.setdefault(address, dict.fromkeys(_FIELDS, 0))
            for field in _FIELDS:
                known[field] += change[field]
        gone = [address for address, figures in after.items() if not any(figures.values())]
        for some in in_parts(gone):
            self._connection.execute(
                delete(standings).where(standings.c.model_id == self._id, standings.c.address.in_(some))
            )
        rows = [
            {"model_id": self._id, "address": address, **figures}
            for address, figures in after.items()
            if any(figures.values())
        ]
        if rows:
            statement = insert(self._connection, standings)
            new = {field: statement.excluded[field] for field in _FIELDS}
            self._connection.execute(
                statement.on_conflict_do_update(index_elements=["model_id", "address"], set_=new), rows
            )
        self._changes.clear()

    def _before(self) -> dict[Address, dict[str, int]]:
        found: dict[Address, dict[str, int]] = {}
        for some in in_parts(list(self._changes)):
            query = select(standings).where(standings.c.model_id == self._id, standings.c.address.in_(some))
            for row in self._connection.execute(query):
                found[row.address] = {field: getattr(row, field) for field in _FIELDS}
        return found
