"""The stand-in for ``immutables`` does what the package does, as far as Vyper uses it."""

from typing import Any

import immutables
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decai.chain.persistent_map import Map

changes = st.lists(st.tuples(st.integers(0, 5), st.one_of(st.none(), st.integers())), max_size=20)


def changed(start: Any, steps: list[tuple[int, int | None]]) -> Any:
    """Set keys, or delete them where there is no value."""
    with start.mutate() as copy:
        for key, value in steps:
            if value is not None:
                copy[key] = value
            elif key in copy:
                del copy[key]
        return copy.finish()


@given(changes, changes)
def test_it_is_the_same_map_after_the_same_changes(first: Any, second: Any) -> None:
    ours, theirs = changed(Map(), first), changed(immutables.Map(), first)
    later, theirs_later = changed(ours, second), changed(theirs, second)
    # The first map has not changed with the second.
    for one, other in ((ours, theirs), (later, theirs_later)):
        assert dict(one.items()) == dict(other.items())
        assert set(one.keys()) == set(other.keys())
        assert len(one) == len(other)
        assert [one.get(key) for key in range(6)] == [other.get(key) for key in range(6)]
        assert [key in one for key in range(6)] == [key in other for key in range(6)]
    assert (ours == later) == (theirs == theirs_later)


def test_a_map_cannot_be_changed() -> None:
    numbers: Any = Map({1: 2})
    with pytest.raises(TypeError):
        numbers[1] = 3
    with pytest.raises(TypeError):
        del numbers[1]
    with pytest.raises(KeyError):
        numbers[2]
