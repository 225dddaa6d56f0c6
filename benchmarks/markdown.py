"""Tables in Markdown."""

from collections.abc import Sequence

__all__ = ["table"]


def table(head: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table.

    Examples
    --------
    >>> table(["a", "b"], [["1", "2"]])
    ['| a | b |', '| --- | --- |', '| 1 | 2 |']
    """
    return ["| " + " | ".join(line) + " |" for line in (head, ["---"] * len(head), *body)]
