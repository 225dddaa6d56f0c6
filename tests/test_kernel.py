"""Compiling the hot loops."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from decai.kernel import kernel

CODE = """
def mean(values):
    total = 0.0
    for value in values:
        total += value
    return total / len(values)
"""


def defined(code: str, file: str) -> Any:
    """The function of this code, as if it stood in this file."""
    names: dict[str, Any] = {}
    exec(compile(code, file, "exec"), names)
    return names["mean"]


def test_compiled_code_is_kept_beside_its_module(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(CODE)
    assert kernel(defined(CODE, str(path)))(np.array([1.0, 2.0])) == 1.5
    assert [file.suffix for file in sorted((tmp_path / "__pycache__").iterdir())] == [".nbc", ".nbi"]


def test_without_a_place_for_compiled_code_it_is_compiled_all_the_same() -> None:
    # What is in no file has none, like a module where nothing can be written.
    assert kernel(defined(CODE, "<nowhere>"))(np.array([1.0, 2.0])) == 1.5


def test_dividing_by_zero_is_as_in_arrays() -> None:
    assert math.isnan(kernel(defined(CODE, "<nowhere>"))(np.empty(0)))
