"""The contract does what the twin in memory does, whatever happens; ``make conformance`` looks for longer."""

import pytest

from tests.conformance.twin_case import Case
from tests.conformance.twin_cases import PAIRINGS, cases
from tests.conformance.twin_run import run

OPERATIONS = {"sparse-perceptron": 2_000}
"""For each pairing of a classifier and a mechanism, shared among its models; 1,000 if not named."""
SHARES = [
    (case, OPERATIONS.get(classifier, 1_000) // len(cases(classifier, mechanism)))
    for classifier, mechanism in PAIRINGS
    for case in cases(classifier, mechanism)
]


@pytest.mark.parametrize(("case", "operations"), SHARES, ids=[str(case) for case, _ in SHARES])
def test_twins_do_the_same(case: Case, operations: int) -> None:
    tally = run(case, operations, number=7)
    assert tally.operations >= operations
    # It was not all refused, nor was nothing.
    assert tally.claims.total() > operations // 100
    assert len(tally.refusals) > 8
