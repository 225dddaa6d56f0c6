"""Faults are put in one at a time, and the plays of the twins find one that matters."""

import pytest

from decai.paths import DATA_DIR_VARIABLE, data_dir
from tests.conformance.mutants import Fate, Mutant, Pairing, fate, mutants_of
from tests.conformance.twin_cases import cases

pytestmark = pytest.mark.spread

SOURCE = '''"""
@notice 1 + 1 in words is no code.
"""
# and 2 + 2 neither
@internal
def _pay(a: uint256) -> uint256:
    assert a > 7, "a + b"
    self.paid += a
    return a
'''


def test_each_fault_is_in_code_and_alone() -> None:
    found = {mutant.source(SOURCE) for mutant in mutants_of("pay.vy", SOURCE)}
    line, add = '    assert a > 7, "a + b"\n', "    self.paid += a\n"
    assert found == {
        SOURCE.replace(line, '    assert a >= 7, "a + b"\n'),
        SOURCE.replace(line, '    assert a > 8, "a + b"\n'),
        SOURCE.replace(line, "    pass\n"),
        SOURCE.replace(add, "    self.paid -= a\n"),
        SOURCE.replace(add, "    pass\n"),
    }


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("self._classes", "self._nowhere", Fate.NO_CONTRACT),
        ("unsafe_add(counters, step << bit)", "unsafe_sub(counters, step << bit)", Fate.KILLED),
    ],
)
def test_a_fault_is_found_or_is_no_contract(
    old: str, new: str, expected: Fate, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It goes elsewhere with what it compiles; the next test does not.
    monkeypatch.setenv(DATA_DIR_VARIABLE, str(data_dir()))
    classifier = "sparse-perceptron" if expected is Fate.KILLED else "naive-bayes"
    pairing: Pairing = (classifier, "points")
    lines = cases(*pairing)[0].composition.sources["classifier.vy"].splitlines()
    line = next(number for number, text in enumerate(lines, 1) if old in text)
    start = lines[line - 1].index(old)
    assert fate(pairing, Mutant("classifier.vy", line, start, start + len(old), new)) is expected
