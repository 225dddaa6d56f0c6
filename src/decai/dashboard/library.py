"""The models that pages list: searched, filtered, sorted, and a part at a time, out of the catalog."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from decai.catalog.records import Model, ModelState, Page

if TYPE_CHECKING:
    from decai.catalog.catalog import Catalog
    from decai.catalog.models import ModelSort
    from decai.dashboard.network import Network

__all__ = ["SORTS", "Library", "Query"]

SORTS: Final = {
    "new": "Newest first",
    "used": "Most contributions",
    "accuracy": "Most accurate",
    "stake": "Most at stake",
    "active": "Used last",
    "name": "By name",
}
_ORDERS: Final[dict[str, "ModelSort"]] = {
    "new": "newest",
    "used": "contributions",
    "accuracy": "accuracy",
    "stake": "at_stake",
    "active": "active",
    "name": "name",
}


@dataclass(frozen=True, slots=True)
class Query:
    """Which models are wanted."""

    search: str = ""
    classifier: str = ""
    incentive: str = ""
    sort: str = "new"


class Library:
    """The models of a network.

    Parameters
    ----------
    catalog
        Where they are known.
    network
        Where they are.
    """

    def __init__(self, catalog: "Catalog", network: "Network") -> None:
        self._catalog = catalog
        self._network = network

    def find(self, query: Query, after: str | None, count: int) -> Page[Model]:
        """A part of the models that a query finds, after the one before; blocks.

        Raises
        ------
        InputError
            If it cannot be searched for.
        StorageError
            If the database fails.
        """
        return self._catalog.models.find(
            query.search,
            chain_id=self._network.chain_id,
            classifier=query.classifier or None,
            incentive=query.incentive or None,
            state=ModelState.FOLLOWED,
            sort=_ORDERS.get(query.sort, "newest"),
            after=after,
            limit=count,
        )
