"""Words of a contract's state, in pages."""

from collections.abc import Iterable, Sequence
from typing import Final

from decai.chain.base import Reader
from decai.chain.model import read_state as read
from decai.errors import ChainError
from decai.units import Address

__all__ = ["PAGE", "read_range", "read_words"]

PAGE: Final = 256
"""Words that one call gives."""


def read_words(chain: Reader, address: Address, view: str, places: Iterable[int]) -> dict[int, int]:
    """Words that are not 0, by place.

    Parameters
    ----------
    view
        The name of a view ``(uint256 first, uint256 count) -> uint256[]``.
    places
        Ascending; words beside them may be read too.

    Raises
    ------
    ChainError
        If there is no answer, or not as many words as were asked for.
    """
    words: dict[int, int] = {}
    for first, count in _pages(places):
        page = _page(chain, address, view, first, count)
        words |= {first + at: word for at, word in enumerate(page) if word}
    return words


def read_range(chain: Reader, address: Address, view: str, count: int) -> list[int]:
    """The first words of an area; raises like `read_words`."""
    words: list[int] = []
    while len(words) < count:
        words += _page(chain, address, view, len(words), min(PAGE, count - len(words)))
    return words


def _page(chain: Reader, address: Address, view: str, first: int, count: int) -> Sequence[int]:
    page: Sequence[int] = read(chain, address, f"{view}(uint256,uint256)", "uint256[]", first, count)
    if len(page) != count:
        raise ChainError(f"{address}: the contract does not give a page of its {view}")
    return page


def _pages(places: Iterable[int]) -> list[tuple[int, int]]:
    """Runs that cover ascending numbers: where each begins, and how many it has (at most a page)."""
    pages: list[tuple[int, int]] = []
    for place in places:
        if pages and place - pages[-1][0] < PAGE:
            pages[-1] = (pages[-1][0], place - pages[-1][0] + 1)
        else:
            pages.append((place, 1))
    return pages
