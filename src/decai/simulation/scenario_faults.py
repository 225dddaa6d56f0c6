"""What is wrong with a scenario, in one line: which key, what is allowed there, and what it is."""

from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from difflib import get_close_matches
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import ValidationError

from decai.errors import InputError
from decai.simulation.setting_types import Expected, Group, WrongSetting

__all__ = ["expected", "line_of"]

_LONGEST = 80


def line_of(error: ValidationError, root: type[Group]) -> str:
    """One line for the first fault, and how many more there are.

    Parameters
    ----------
    error
        What pydantic found.
    root
        What it was looking at.

    Examples
    --------
    >>> from decai.simulation.scenario import DataSpec
    >>> try:
    ...     DataSpec.model_validate({"dataset": "tiny", "initial": 1.2})
    ... except ValidationError as error:
    ...     line_of(error, DataSpec)
    'initial: must be a number from 0 to 1 (got 1.2)'
    """
    first = error.errors()[0]
    more = f"; and {error.error_count() - 1} more" if error.error_count() > 1 else ""
    place = [str(part) for part in first["loc"]]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, WrongSetting):
        return f"{'.'.join([*place, cause.key])}: {cause}{more}"
    key = ".".join(place)
    if first["type"] == "extra_forbidden":
        return f"unknown key {key!r}; {_known(place, root)}{more}"
    words = expected(place, root)
    if first["type"] == "missing":
        return f"{key}: is missing; it must be {words}{more}"
    if isinstance(cause, InputError):
        # What could not be read is in its sentence.
        return f"{key}: {cause}; it must be {words}{more}"
    return f"{key or 'it'}: must be {words} (got {_shown(first['input'])}){more}"


def expected(place: list[str], root: type[Group]) -> str:
    """What the setting at `place` must be, in the words of a file."""
    meanings = list(_meanings(place, root))
    for meaning in meanings:
        if isinstance(meaning, Expected):
            return meaning.words
    kind = meanings[-1]
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(repr(choice) for choice in get_args(kind))
    heading = ".".join(place)
    return f"a group of settings{f', [{heading}] in a file' if heading else ''}"


def _meanings(place: list[str], root: type[Group]) -> Iterator[Any]:
    """The metadata of the setting at `place`, and in the end its type."""
    kind: Any = root
    metadata: list[Any] = []
    for part in place:
        if isinstance(kind, type) and issubclass(kind, Group):
            field = kind.model_fields[part]
            kind, metadata = field.annotation, list(field.metadata)
        else:
            kind, metadata = get_args(kind)[1], []
        # What may be left out is a union with None; metadata may be inside of it.
        if get_origin(kind) in (Union, UnionType):
            kind = get_args(kind)[0]
        if hasattr(kind, "__metadata__"):
            metadata += kind.__metadata__
            kind = get_args(kind)[0]
    yield from metadata
    yield kind


def _known(place: list[str], root: type[Group]) -> str:
    """Which keys there are beside an unknown one."""
    *_, group = _meanings(place[:-1], root)
    names = list(group.model_fields)
    close = get_close_matches(place[-1], names, n=1)
    if close:
        return f"did you mean {'.'.join([*place[:-1], close[0]])!r}?"
    return f"there are {', '.join(names)}"


def _shown(value: Any) -> str:
    """A value as a file would show it, shortened."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a group of settings" if value else "an empty group"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, Decimal):
        text = str(value).lower().replace("infinity", "inf")
    elif isinstance(value, date | time):
        text = value.isoformat()
    else:
        text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
