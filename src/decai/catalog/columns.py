"""How values of a chain lie in columns of a database, the same in SQLite and PostgreSQL."""

from decimal import Decimal
from typing import Any, Final

from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, Numeric, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from decai.chain.address import checksummed
from decai.units import Address, Wei

__all__ = ["MOST_INTEGER", "MOST_WEI", "AddressColumn", "CleanText", "Number", "WeiColumn", "clean"]

MOST_INTEGER: Final = 2**63 - 1
"""The largest whole number of a column."""
MOST_WEI: Final = 2**128 - 1
"""The largest amount of a column; a deposit is below 2^96."""

_WEI_DIGITS: Final = 39
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

Number: Final = BigInteger().with_variant(Integer(), "sqlite")
"""A whole number up to 2^63 - 1; one that counts up by itself, as a key."""


def clean(text: str) -> str:
    """A text without what PostgreSQL or UTF-8 cannot hold: NUL, and halves of surrogate pairs.

    Examples
    --------
    >>> clean("a" + chr(0) + "b" + chr(0xD800))
    'a\ufffdb\ufffd'
    """
    return "".join(_REPLACEMENT if sign == "\0" or "\ud800" <= sign <= "\udfff" else sign for sign in text)


class CleanText(TypeDecorator[str]):
    """A text of anybody's, cleaned."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """To the database."""
        return None if value is None else clean(value)


class AddressColumn(TypeDecorator[Address]):
    """An address: 20 bytes there, its checksummed form here."""

    impl = LargeBinary(20)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """To the database."""
        return None if value is None else bytes.fromhex(value[2:])

    def process_result_value(self, value: Any, dialect: Dialect) -> Address | None:
        """From the database."""
        return None if value is None else checksummed("0x" + bytes(value).hex())


class WeiColumn(TypeDecorator[Wei]):
    """An amount up to 2^128 - 1: a number in PostgreSQL; in SQLite, which has none so large, its digits."""

    impl = Numeric(_WEI_DIGITS, 0)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type in this kind of database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(_WEI_DIGITS))
        return dialect.type_descriptor(Numeric(_WEI_DIGITS, 0))

    def process_bind_param(self, value: int | None, dialect: Dialect) -> Any:
        """To the database."""
        if value is None:
            return None
        return f"{value:0{_WEI_DIGITS}d}" if dialect.name == "sqlite" else Decimal(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Wei | None:
        """From the database."""
        return None if value is None else Wei(int(value))
