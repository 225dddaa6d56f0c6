"""The models that pages list: searched, filtered, sorted, and a part at a time."""

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from decai.chain.known import known_models
from decai.chain.model import ModelInfo
from decai.dashboard.opened import Shelf, Standing
from decai.errors import ChainError
from decai.units import Address

if TYPE_CHECKING:
    from decai.dashboard.network import Network

__all__ = ["SORTS", "Card", "Library", "Query"]

SORTS: Final = {
    "used": "Most contributions",
    "stake": "Most at stake",
    "new": "Newest first",
    "name": "By name",
}


@dataclass(frozen=True, slots=True)
class Card:
    """A model as the list shows it."""

    info: ModelInfo
    standing: Standing
    accuracy: float | None = None
    """On its committed test set, from 0 to 1; None if it was never measured."""
    is_verified: bool = True
    """Whether its texts may be shown to everybody."""


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
    network, shelf
        Where they are.
    """

    def __init__(self, network: "Network", shelf: Shelf) -> None:
        self._network = network
        self._shelf = shelf
        self._lock = threading.Lock()
        self._cards: dict[Address, tuple[int, Card]] = {}

    def find(self, query: Query, first: int, count: int) -> tuple[int, list[Card]]:
        """How many models a query finds, and a part of them; blocks.

        Raises
        ------
        ChainError
            If the node does not answer.
        StorageError
            If the list of known models cannot be read.
        """
        cards = [
            card for card in map(self._card, self._addresses()) if card is not None and _fits(card, query)
        ]
        if query.sort == "name":
            cards.sort(key=lambda card: card.info.name.casefold())
        elif query.sort == "used":
            cards.sort(key=lambda card: -card.standing.contributions)
        elif query.sort == "stake":
            cards.sort(key=lambda card: -card.standing.held)
        return len(cards), cards[first : first + count]

    def _addresses(self) -> list[Address]:
        """The newest first."""
        models = known_models(self._network.chain_id)
        return [model.address for model in reversed(models)]

    def _card(self, address: Address) -> Card | None:
        block = self._network.head.block
        with self._lock:
            seen = self._cards.get(address)
        if seen is not None and seen[0] == block:
            return seen[1]
        try:
            model = self._shelf.open(address)
            card = Card(model.info, model.standing())
        except ChainError:
            # Of a network that was begun anew, or a contract that does not answer as a model does.
            return None
        with self._lock:
            self._cards[address] = (block, card)
        return card


def _fits(card: Card, query: Query) -> bool:
    info = card.info
    words = f"{info.name} {info.description} {info.address} {' '.join(info.classes)}".casefold()
    return (
        all(word in words for word in query.search.casefold().split())
        and query.classifier in ("", info.classifier)
        and query.incentive in ("", info.incentive)
    )
