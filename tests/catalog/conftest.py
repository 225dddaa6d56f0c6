"""Catalogs in SQLite and in PostgreSQL: the same tests for both."""

import os
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from decai.catalog import Catalog
from tests.catalog.postgres import find_programs, running_postgres
from tests.chain.conftest import anvil, impatient, proxy

__all__ = ["anvil", "impatient", "proxy"]

_NUMBERS = count()


@pytest.fixture(autouse=True)
def _own_data_folder(data_folder: Path) -> None:
    """No test meets keys, models or catalogs of anybody else's."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server, with a place for the name of a database."""
    programs = find_programs()
    if programs is None:
        assert "CI" not in os.environ, "CI runs the tests on PostgreSQL too"
        pytest.skip("PostgreSQL is not installed; on Debian: apt-get install postgresql")
    with running_postgres(programs) as url:
        yield url


def _database(server: str, template: str) -> Iterator[str]:
    name = f"catalog{next(_NUMBERS)}"
    engine = create_engine(server.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield server.format(name=name)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database that is empty."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'catalog.sqlite'}"
    else:
        yield from _database(request.getfixturevalue("postgres"), "template1")


@pytest.fixture(scope="session")
def made_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the tables of a catalog."""
    path = tmp_path_factory.mktemp("catalog") / "made.sqlite"
    Catalog(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def made_database(postgres: str) -> Iterator[tuple[str, str]]:
    """A server, and the name of a database on it with the tables of a catalog."""
    for url in _database(postgres, "template1"):
        Catalog(url).close()
        yield postgres, url.partition("?")[0].rpartition("/")[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def catalog_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a catalog with nothing in it."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("made_file"), tmp_path / "catalog.sqlite")
        yield f"sqlite:///{tmp_path / 'catalog.sqlite'}"
    else:
        yield from _database(*request.getfixturevalue("made_database"))


@pytest.fixture
def catalog(catalog_url: str) -> Iterator[Catalog]:
    """A catalog with nothing in it."""
    with Catalog(catalog_url) as catalog:
        yield catalog
