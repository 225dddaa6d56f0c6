"""The catalog stands on the chain and the encoders alone, and the web stays at its edge."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import decai.catalog

ROOM = Path(decai.catalog.__file__).parent
FILES = sorted(path.relative_to(ROOM).as_posix() for path in ROOM.rglob("*.py"))
BELOW = {"catalog", "chain", "encoder", "errors", "nesting", "paths", "protocols", "samples", "units"}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)


@pytest.mark.parametrize("name", FILES)
def test_nothing_above_is_imported(name: str) -> None:
    for module in imported(ROOM / name):
        package, _, rest = module.partition(".")
        if package == "decai" and rest:
            assert rest.split(".")[0] in BELOW, module
        if package in ("fastapi", "starlette", "pydantic", "uvicorn", "nicegui"):
            assert name.startswith("rest/"), module
        if package in ("sqlalchemy", "alembic"):
            assert not name.startswith("rest/"), module
