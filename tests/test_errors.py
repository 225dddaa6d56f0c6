"""The tree of errors is the one that its docstring draws."""

import re

import pytest

from decai import errors
from decai.errors import DecaiError


def drawn_tree() -> dict[str, str]:
    """Each class of the drawing and the one that it hangs from."""
    parents: dict[str, str] = {}
    path = ["DecaiError"]
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"    ([│ ]*)[├└]── (\w+)", line)
        if match is not None:
            depth = 1 + len(match[1]) // 4
            path = [*path[:depth], match[2]]
            parents[match[2]] = path[-2]
    return parents


def test_the_drawing_shows_every_error_where_it_is() -> None:
    parents = drawn_tree()
    assert {"DecaiError", *parents} == set(errors.__all__)
    for name, parent in parents.items():
        error, base = getattr(errors, name), getattr(errors, parent)
        assert [b for b in error.__bases__ if issubclass(b, DecaiError)] == [base]
    assert DecaiError.__bases__ == (Exception,)


def test_nothing_else_is_raised_from_here() -> None:
    public = {
        name for name, item in vars(errors).items() if isinstance(item, type) and not name.startswith("_")
    }
    assert public == set(errors.__all__)


@pytest.mark.parametrize("name", errors.__all__)
def test_an_error_is_its_one_line(name: str) -> None:
    error = getattr(errors, name)("part: reason")
    assert isinstance(error, DecaiError)
    assert str(error) == "part: reason"


def test_errors_are_also_what_python_calls_them() -> None:
    assert issubclass(errors.InputError, ValueError)
    assert issubclass(errors.StorageError, OSError)
    assert not issubclass(errors.Refused, ValueError)
