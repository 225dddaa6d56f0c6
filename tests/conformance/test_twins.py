"""The contract does what the twin in memory does, whatever happens; ``make conformance`` looks for longer.

Compiling takes longer than comparing, so that each model is played with one of the mechanisms here, and with
all of them there.
"""

import pytest

from tests.conformance.twin_case import Case, Mechanism
from tests.conformance.twin_cases import CLASSIFIERS, PAIRINGS, TERMS, some_cases
from tests.conformance.twin_run import run

pytestmark = pytest.mark.spread

OPERATIONS = {"sparse-perceptron": 2_000}
"""For each pairing of a classifier and a mechanism, shared among its models; 1,000 if not named."""
OF_CLONES = 300
"""The same for contracts that share their code, which is the same but for what they read: of one model."""


def shares(classifier: str, mechanism: Mechanism, *, clone: bool) -> list[tuple[str, Case, int]]:
    some = some_cases(classifier, mechanism, clone=clone)[: 1 if clone else None]
    operations = OF_CLONES if clone else OPERATIONS.get(classifier, 1_000)
    return [(classifier, case, operations // len(some)) for case in some]


SHARES = [
    share
    for clone in (False, True)
    for classifier, mechanism in PAIRINGS
    for share in shares(classifier, mechanism, clone=clone)
]


@pytest.mark.parametrize(
    ("case", "operations"),
    [share[1:] for share in SHARES],
    ids=[f"{classifier}, {case}" for classifier, case, _ in SHARES],
)
def test_twins_do_the_same(case: Case, operations: int) -> None:
    tally = run(case, operations, number=7)
    assert tally.operations >= operations
    # It was not all refused, nor was nothing.
    assert tally.claims.total() > operations // 100
    assert len(tally.refusals) > 8


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_every_model_and_all_terms_have_their_turn(classifier: str) -> None:
    played = [case for kind, case, _ in SHARES if kind == classifier and not case.clone]
    assert {case.model.name for case in played} == {model.name for model in CLASSIFIERS[classifier]}
    assert {case.terms for case in played} == set(TERMS)
