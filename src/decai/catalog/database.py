"""One database behind one URL: connections, transactions, and one line for whatever goes wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from decai.errors import InputError, MissingError, StorageError
from decai.paths import data_dir

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql.dml import Insert

__all__ = ["Database", "default_url", "insert"]

_FILE: Final = "catalog.sqlite"
_WAIT_SECONDS: Final = 15
_KEPT: Final = 8
_MORE: Final = 56
"""Connections beyond those that are kept: more than a server has threads."""
_WRITES: Final = "decai_writes"
_HOW: Final = "write it like sqlite:////path/to/catalog.sqlite or postgresql://user:password@host/name"


def default_url() -> str:
    """Of the catalog in the data directory."""
    return f"sqlite:///{data_dir() / _FILE}"


class Database:
    """A database, SQLite or PostgreSQL; connects when it is first used.

    Parameters
    ----------
    url
        ``sqlite:///`` and the path of a file, or ``postgresql://``. No message repeats its password.

    Raises
    ------
    InputError
        If it is no such URL.
    MissingError
        If the driver is not installed.
    StorageError
        If the folder of a file cannot be made.
    """

    def __init__(self, url: str) -> None:
        self._url = _parsed(url)
        self.place: Final = self._url.database or "" if self.is_sqlite else _shown(self._url)
        """Where it is, for messages."""
        try:
            self.engine: Final = self._engine()
        except ModuleNotFoundError:
            raise MissingError("a catalog in PostgreSQL needs: pip install 'decai[postgres]'") from None

    def __repr__(self) -> str:
        return f"Database({self.place!r})"

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of SQLite."""
        return self._url.get_backend_name() == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A look at everything as it is at one moment.

        Raises
        ------
        StorageError
            If the database fails or cannot be reached.
        """
        with self._told(), self.engine.connect() as connection:
            if not self.is_sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A change that is made as a whole or not at all; raises what `reading` does."""
        with self._told(), self.engine.connect() as connection:
            connection = connection.execution_options(**{_WRITES: True})
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
            lines = str(cause).strip().splitlines() or [type(cause).__name__]
            raise StorageError(f"the catalog {self.place}: {lines[0][:300]}") from error

    def _engine(self) -> Engine:
        room: dict[str, Any] = {"pool_size": _KEPT, "max_overflow": _MORE, "pool_timeout": _WAIT_SECONDS}
        if not self.is_sqlite:
            return create_engine(
                self._url, pool_pre_ping=True, connect_args={"connect_timeout": _WAIT_SECONDS}, **room
            )
        folder = Path(str(self._url.database)).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{folder}: cannot be written ({error.strerror or error})") from None
        engine = create_engine(self._url, connect_args={"timeout": _WAIT_SECONDS}, **room)
        event.listen(engine, "connect", _prepared)
        event.listen(engine, "begin", _begun)
        return engine


def insert(connection: Connection, table: Table) -> "Insert":
    """An INSERT that can say ``on_conflict``, which both databases have in the same words."""
    if connection.dialect.name == "sqlite":
        # Both have the methods that are used here.
        return sqlite.insert(table)  # type: ignore[return-value]
    return postgresql.insert(table)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url.strip())
        kind = parsed.get_backend_name()
    except (ArgumentError, ValueError):
        raise InputError(f"that is no URL of a database; {_HOW}") from None
    if kind in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if kind != "sqlite":
        raise InputError(f"a catalog is kept in SQLite or PostgreSQL, not in {kind[:40]}; {_HOW}")
    if parsed.host or not parsed.database or parsed.database == ":memory:" or parsed.query:
        raise InputError(f"a catalog in SQLite needs the path of a file; {_HOW}")
    return parsed.set(drivername="sqlite+pysqlite", database=str(Path(parsed.database).absolute()))


def _shown(url: URL) -> str:
    host = f"{url.host or 'local'}" + (f":{url.port}" if url.port else "")
    return f"postgresql://{host}/{url.database or ''}"


def _prepared(connection: Any, _: Any) -> None:
    # Transactions begin and end where we say, and not where the driver would.
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA foreign_keys = ON")
    finally:
        cursor.close()


def _begun(connection: Connection) -> None:
    # Who writes says so at once: a reader that begins to write later may be too late.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
