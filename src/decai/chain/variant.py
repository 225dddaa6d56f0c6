"""One source for two kinds of code: what a contract has for itself, and what clones share.

Where the two differ a module says ``if parameters.SHARED:`` or ``if not parameters.SHARED:``, with or without
an ``else:``, and one of the branches takes the place of the whole, before the compiler sees it; behind a
branch that returns there is nothing left of the other kind. So neither pays for the other, not even for
functions that the other alone calls, and what a branch declares is known behind it. A function that begins
with ``assert parameters.SHARED`` or ``assert not parameters.SHARED`` is left out where that does not hold.
"""

import re
from collections.abc import Iterator
from typing import Final

__all__ = ["variant"]

_CONDITIONS: Final = {"if parameters.SHARED:": True, "if not parameters.SHARED:": False}
_OTHERWISE: Final = "else:"
_ONLY: Final = {"assert parameters.SHARED": True, "assert not parameters.SHARED": False}
_MODULES: Final = ("import clone\n", "import clone_table\n")
"""Of clones alone."""
_INDENT: Final = "    "
_TOP_LEVEL: Final = re.compile(r"^(?=[^\s)\]])", re.MULTILINE)


def variant(source: str, *, shared: bool) -> str:
    """A module as it is in code that clones share, or in a contract's own code.

    Examples
    --------
    >>> source = '''
    ... def _rate() -> uint256:
    ...     if parameters.SHARED:
    ...         return clone._rate()
    ...     return RATE
    ... '''
    >>> print(variant(source, shared=False).strip())
    def _rate() -> uint256:
        return RATE
    """
    pieces: list[str] = []
    for piece in _TOP_LEVEL.split("".join(_chosen(source.splitlines(keepends=True), shared))):
        only = next((_ONLY[line.strip()] for line in piece.splitlines() if line.strip() in _ONLY), shared)
        if only is not shared:
            # Its decorators are pieces by themselves.
            while pieces and pieces[-1].startswith("@"):
                pieces.pop()
        elif shared or piece not in _MODULES:
            pieces.append(piece)
    whole = "".join(pieces)
    for line in _ONLY:
        whole = whole.replace(f"{_INDENT}{line}\n", "")
    return whole


def _chosen(lines: list[str], shared: bool) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        condition = _CONDITIONS.get(line.strip())
        if condition is None:
            yield line
            continue
        depth = _depth(line)
        chosen, at = _block(lines, at, depth)
        otherwise: list[str] = []
        if at < len(lines) and lines[at].strip() == _OTHERWISE and _depth(lines[at]) == depth:
            otherwise, at = _block(lines, at + 1, depth)
        if condition is not shared:
            chosen = otherwise
        yield from _chosen([inner.removeprefix(_INDENT) for inner in chosen], shared)
        if chosen and chosen[-1].startswith(f"{_INDENT}{' ' * depth}return"):
            # Nothing comes to what follows here.
            _, at = _block(lines, at, depth - 1)


def _block(lines: list[str], at: int, depth: int) -> tuple[list[str], int]:
    """The lines from `at` on that are further in than `depth`, and where they end."""
    end = at
    while end < len(lines) and (not lines[end].strip() or _depth(lines[end]) > depth):
        end += 1
    while end > at and not lines[end - 1].strip():
        end -= 1
    return lines[at:end], end


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
