"""As much of the package ``immutables`` as Vyper uses, for Pythons on which that cannot be installed.

A map that never changes, and changed copies of it.
"""

from collections.abc import Hashable, Iterator, Mapping
from typing import Self, TypeVar

__all__ = ["Map", "MapMutation"]

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Map(Mapping[Key, Value]):
    """A map that never changes.

    Examples
    --------
    >>> numbers = Map({"one": 1})
    >>> with numbers.mutate() as copy:
    ...     copy["two"] = 2
    ...     more = copy.finish()
    >>> dict(numbers), dict(more)
    ({'one': 1}, {'one': 1, 'two': 2})
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[Key, Value] | None = None) -> None:
        self._items = dict(items or {})

    def __getitem__(self, key: Key) -> Value:
        return self._items[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def mutate(self) -> "MapMutation[Key, Value]":
        """A copy that can be changed."""
        return MapMutation(self._items)


class MapMutation(dict[Key, Value]):
    """A copy of a map, until it is finished."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing has to be given back."""

    def finish(self) -> Map[Key, Value]:
        """The map with all changes."""
        return Map(self)
