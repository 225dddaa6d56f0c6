"""A catalog's database is made, brought up to date, or refused in one line."""

import os
import sqlite3
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, insert, inspect, text

from decai.catalog import Catalog, default_url
from decai.catalog import migrate as migrations
from decai.catalog.database import Database
from decai.catalog.tables import METADATA, VERSION_TABLE, chains
from decai.errors import InputError, StorageError
from decai.paths import data_dir


def test_without_a_url_it_is_a_file_in_the_data_directory() -> None:
    with Catalog():
        assert (data_dir() / "catalog.sqlite").exists()
    assert default_url() == f"sqlite:///{data_dir()}/catalog.sqlite"


def test_the_migrations_make_the_tables_that_the_code_works_with(database_url: str) -> None:
    with Catalog(database_url) as catalog, catalog.database.engine.connect() as connection:
        options = {"version_table": VERSION_TABLE}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), METADATA) == []


def test_the_newest_version_is_the_last_migration() -> None:
    assert ScriptDirectory(str(migrations._FOLDER)).get_current_head() == migrations.NEWEST


def test_what_is_in_it_is_there_after_it_is_opened_again(database_url: str) -> None:
    with Catalog(database_url) as catalog, catalog.database.writing() as connection:
        connection.execute(insert(chains).values(chain_id=7, head=1, head_time=2, looked=3.0))
    with Catalog(database_url) as catalog:
        assert [(each.chain_id, each.head) for each in catalog.status()] == [(7, 1)]


def test_many_may_open_a_new_one_at_once(database_url: str) -> None:
    faults: list[BaseException] = []

    def open_it() -> None:
        try:
            Catalog(database_url).close()
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_a_change_that_fails_halfway_is_no_change(database_url: str) -> None:
    def half(database: Database) -> None:
        with database.writing() as connection:
            connection.execute(insert(chains).values(chain_id=7, head=1, head_time=2, looked=3.0))
            raise RuntimeError

    with Catalog(database_url) as catalog:
        with pytest.raises(RuntimeError):
            half(catalog.database)
        assert catalog.status() == ()


def test_one_of_a_newer_version_is_left_alone(database_url: str) -> None:
    with Catalog(database_url) as catalog, catalog.database.writing() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(StorageError, match=r"was written by a newer decai .* update decai, or use another"):
        Catalog(database_url)


def test_one_of_somebody_elses_is_left_alone(database_url: str) -> None:
    engine = create_engine(Database(database_url).engine.url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE model (id INTEGER PRIMARY KEY, name TEXT)"))
    with pytest.raises(StorageError, match=r"has other tables \(model\); give the catalog one of its own$"):
        Catalog(database_url)
    assert inspect(engine).get_table_names() == ["model"]
    engine.dispose()


def test_a_file_that_is_no_database_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    path.write_bytes(b"all kinds of things, but no tables" * 100)
    with pytest.raises(StorageError, match=rf"^the catalog {path}: file is not a database$"):
        Catalog(f"sqlite:///{path}")


def test_a_damaged_file_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    Catalog(f"sqlite:///{path}").close()
    data = bytearray(path.read_bytes())
    data[100:20_000] = os.urandom(19_900)
    path.write_bytes(data)
    with pytest.raises(StorageError, match=rf"^the catalog {path}: [^\n]*$"):
        Catalog(f"sqlite:///{path}").status()


def test_a_file_that_another_program_holds_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("decai.catalog.database._WAIT_SECONDS", 0.05)
    path = tmp_path / "catalog.sqlite"
    Catalog(f"sqlite:///{path}").close()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StorageError, match=r"database is locked$"):
        Catalog(f"sqlite:///{path}")
    holder.close()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"cannot be written"):
        Catalog(f"sqlite:///{tmp_path}/file/folder/catalog.sqlite")


def test_a_server_that_is_not_there_is_one_line_without_the_password() -> None:
    with pytest.raises(StorageError, match=r"^the catalog postgresql://127.0.0.1:9/x: ") as fault:
        Catalog("postgresql://me:s3cret@127.0.0.1:9/x")
    assert "s3cret" not in str(fault.value)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("catalog.sqlite", "that is no URL of a database; write it like sqlite:////path"),
        ("", "that is no URL of a database"),
        ("postgresql://host:port/name", "that is no URL of a database"),
        ("mysql://localhost/x", "a catalog is kept in SQLite or PostgreSQL, not in mysql"),
        ("nonsense+driver://x", "a catalog is kept in SQLite or PostgreSQL, not in nonsense"),
        ("sqlite://", "a catalog in SQLite needs the path of a file"),
        ("sqlite:///:memory:", "a catalog in SQLite needs the path of a file"),
        ("sqlite://host/x", "a catalog in SQLite needs the path of a file"),
    ],
)
def test_a_url_that_is_none_is_one_line(url: str, reason: str) -> None:
    with pytest.raises(InputError, match=f"^{reason}"):
        Catalog(url)
