"""Whether numbers fit into a contract."""

from collections.abc import Iterable

from decai.chain.base_table import BaseTable
from decai.chain.kinds.base import MOST_TABLE_WORDS
from decai.errors import InputError

__all__ = ["require_index", "require_room"]


def require_index(kind: str, indices: Iterable[int], bits: int) -> None:
    """Raise `InputError` if a feature does not fit into so many bits."""
    highest = max(indices, default=0)
    if highest >> bits:
        raise InputError(f"{kind}: feature {highest} needs indices of more than {bits} bits")


def require_room(kind: str, table: BaseTable, what: str) -> None:
    """Raise `InputError` if no contract has room for a base table; `what` it holds."""
    if len(table.words) > MOST_TABLE_WORDS:
        raise InputError(f"{kind}: {table.entries:,} {what} do not fit into {MOST_TABLE_WORDS:,} words")
