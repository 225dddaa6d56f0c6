"""Bringing a database to this version's tables; each step is a file in ``migrations/versions``."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from decai.catalog.database import Database
from decai.catalog.tables import VERSION_TABLE
from decai.errors import StorageError

__all__ = ["NEWEST", "migrate", "upgrade"]

NEWEST: Final = "0001"
"""The version of the tables that this version of decai works with."""
_FOLDER: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 4_337_011_001
"""Of PostgreSQL: whoever holds it changes the tables."""


def migrate(database: Database) -> None:
    """Make the tables, or bring them to this version.

    Raises
    ------
    StorageError
        If the database cannot be used: because it is somebody else's, or of a newer decai, or fails.
    """
    with database.writing() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        version = _version(connection, database.place)
        if version != NEWEST:
            _check_known(version, database.place)
            upgrade(connection, NEWEST)


def upgrade(connection: Connection, version: str) -> None:
    """Bring the tables to a version, within the transaction that is under way."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, version)


def _version(connection: Connection, place: str) -> str | None:
    tables = inspect(connection).get_table_names()
    if VERSION_TABLE not in tables:
        if tables:
            raise StorageError(
                f"the catalog {place}: this database has other tables ({', '.join(tables[:3])[:80]}); "
                "give the catalog one of its own"
            )
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    return None if found is None else str(found)


def _check_known(version: str | None, place: str) -> None:
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory(str(_FOLDER)).walk_revisions()}
    if version is not None and version not in known:
        raise StorageError(
            f"the catalog {place}: was written by a newer decai (its tables have version {version[:40]!r}, "
            f"these are {NEWEST}); update decai, or use another database"
        )
