"""A module is one text for both kinds of code, and neither has anything of the other."""

import re
from pathlib import Path

import pytest

from decai.chain.variant import variant

SOURCES = Path(__file__).parents[2] / "src" / "decai"


def both(source: str) -> tuple[str, str]:
    return variant(source, shared=False), variant(source, shared=True)


def test_a_branch_takes_the_place_of_the_whole() -> None:
    source = "def f():\n    if parameters.SHARED:\n        a = 1\n    else:\n        a = 2\n    return a\n"
    assert both(source) == ("def f():\n    a = 2\n    return a\n", "def f():\n    a = 1\n    return a\n")


def test_without_an_else_there_is_nothing_for_the_other() -> None:
    source = "def f():\n    if not parameters.SHARED:\n        a = 1\n    b = 2\n"
    assert both(source) == ("def f():\n    a = 1\n    b = 2\n", "def f():\n    b = 2\n")


def test_nothing_follows_a_branch_that_returns() -> None:
    source = (
        "def f():\n    for i in range(3):\n        if parameters.SHARED:\n            return 1\n"
        "        a = 2\n    return 3\n\n\ndef g():\n    return 4\n"
    )
    assert both(source) == (
        "def f():\n    for i in range(3):\n        a = 2\n    return 3\n\n\ndef g():\n    return 4\n",
        "def f():\n    for i in range(3):\n        return 1\n    return 3\n\n\ndef g():\n    return 4\n",
    )


def test_branches_are_in_branches() -> None:
    source = (
        "if parameters.SHARED:\n    a: uint256\n    if not parameters.SHARED:\n        b: uint256\n"
        "else:\n    c: uint256\n\nd: uint256\n"
    )
    assert both(source) == ("c: uint256\n\nd: uint256\n", "a: uint256\n\nd: uint256\n")


def test_a_function_of_one_kind_is_left_out_of_the_other_with_its_decorators() -> None:
    source = (
        "import clone\nimport clone_table\nimport classes\n\n\n"
        "@internal\n@view\ndef f(\n    a: uint256,\n) -> uint256:\n"
        "    assert parameters.SHARED\n    return clone._a()\n\n\n@external\ndef g():\n    pass\n"
    )
    own, shared = both(source)
    assert own == "import classes\n\n\n@external\ndef g():\n    pass\n"
    assert shared == source.replace("    assert parameters.SHARED\n", "")


MODULES = [
    path
    for path in sorted(SOURCES.rglob("*.vy"))
    if path.name not in ("clone.vy", "_clone_table.vy", "factory.vy")
]


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(SOURCES)) for path in MODULES])
def test_no_module_has_anything_of_the_other_kind(path: Path) -> None:
    own, shared = both(path.read_text(encoding="utf-8"))
    for chosen in (own, shared):
        assert "parameters.SHARED" not in chosen
        assert both(chosen) == (chosen, chosen) or "import clone" in chosen
    assert not re.search(r"\b(clone|clone_table)\.[_A-Z]|import clone", own)
    assert "immutable(" not in shared
