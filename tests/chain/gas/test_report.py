"""What actions cost: against what they cost before, the bounds they were built for, and the least.

Gas is exact, so these are tests and no benchmarks. ``make gas`` measures all that the snapshot has; here the
reference samples are measured, and one of the other combinations, another one whenever a contract changes.
"""

from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from typing import Final

import pytest

from benchmarks import gas as benchmark
from benchmarks.gas_tables import CLONE, OPTIONS
from decai.chain.base import Mined
from decai.chain.gas import GasRow
from decai.chain.gas.bounds import slots_of
from decai.chain.gas.play import Scenario
from decai.chain.gas.report import START, Combination, combinations
from decai.chain.gas.scenario import ACTIONS, INCENTIVES, USUAL, Variant
from decai.chain.gas.subjects import CLASSIFIERS, SUBJECTS
from decai.chain.local_node import ephemeral_anvil
from decai.chain.rpc import RpcChain

pytestmark = pytest.mark.xdist_group("gas")

Touched = tuple[int, int, int, int]

_CLAIMS: Final = dict.fromkeys(("refund", "refund_first", "report", "report_partial"), 170_000)
_LANES: Final = {
    "deploy": 6_500_000,
    "add_agree": 160_000,
    "add_change": 160_000,
    **_CLAIMS,
    "predict": 58_000,
}
_DENSE: Final = {"deploy": 4_800_000, "add_agree": 110_000, "add_change": 110_000}
MOST: Final[Mapping[str, Mapping[str, int]]] = {
    "sparse-perceptron": {
        "deploy": 4_800_000,
        "add_agree": 100_000,
        "add_agree_int64": 114_000,
        "add_change": 150_000,
        "refund": 105_000,
        "refund_first": 105_000,
        "report": 102_000,
        "report_partial": 102_000,
        "report_timeout": 68_000,
        "report_timeout_owner": 68_000,
        "predict": 38_000,
    },
    "naive-bayes": _LANES,
    "sparse-centroid": _LANES,
    "dense-perceptron": _DENSE,
    "dense-centroid": _DENSE,
}
"""What contracts were built for, with the reference samples."""
MOST_OF_CLONES: Final = {
    "sparse-perceptron": 1_600_000,
    "naive-bayes": 5_000_000,
    "sparse-centroid": 5_000_000,
    "dense-perceptron": 600_000,
    "dense-centroid": 600_000,
}
"""What it may take to deploy a clone."""
MONEY: Final = {"report_partial", "report_further", "report_timeout", "report_timeout_owner"}
"""What there is only where deposits are."""
OF_CLONES: Final = {"deploy_shared"}
"""What there is only where code is shared."""


def of_reference(classifier: str, incentive: str = "stakeable") -> Combination:
    return classifier, incentive, SUBJECTS[classifier].lengths[0]


ALWAYS: Final = [of_reference(classifier) for classifier in CLASSIFIERS] + [
    of_reference("sparse-perceptron", incentive) for incentive in INCENTIVES[1:]
]


def in_turn() -> Combination:
    """One of the other combinations; which, follows from the contracts."""
    rest = [one for one in combinations() if one not in ALWAYS]
    folder = files("decai")
    sources = [
        path.read_bytes()
        for room in (folder, folder / "classifier", folder / "incentive")
        for path in sorted(room.iterdir(), key=lambda path: path.name)
        if path.name.endswith(".vy")
    ]
    return rest[int.from_bytes(sha256(b"".join(sources)).digest()[:8], "big") % len(rest)]


def measured_and_traced(combination: Combination, variant: Variant = USUAL) -> list[tuple[GasRow, Touched]]:
    """Each action, and what words of storage and other contracts its transaction touched."""
    with ephemeral_anvil(hardfork="osaka", timestamp=START, flags=("--steps-tracing",)) as url:
        chain = RpcChain(url, sandbox=True)
        scenario = Scenario(chain, *combination, variant)
        scenario.play()
        return [(row, touched(chain, mined)) for row, mined in scenario.measured]


def touched(chain: RpcChain, mined: Mined) -> Touched:
    """How many words were only read, changed and filled, and how many other contracts were read."""
    lean = {"disableMemory": True, "disableStack": True, "disableStorage": True}
    trace = chain.node.ask("debug_traceTransaction", "0x" + mined.transaction.hex(), lean)
    costs = Counter((step["op"], step["gasCost"]) for step in trace["structLogs"])
    words = costs["SLOAD", 2_100] + costs["SSTORE", 5_000] + costs["SSTORE", 22_100]
    changed = costs["SSTORE", 2_900] + costs["SSTORE", 5_000]
    filled = costs["SSTORE", 20_000] + costs["SSTORE", 22_100]
    contracts = costs["EXTCODESIZE", 2_600] + costs["EXTCODECOPY", 2_600]
    return words - changed - filled, changed, filled, contracts


@pytest.fixture(scope="module")
def traced() -> dict[Combination, list[tuple[GasRow, Touched]]]:
    return {combination: measured_and_traced(combination) for combination in [*ALWAYS, in_turn()]}


@pytest.fixture(scope="module")
def measured(traced: dict[Combination, list[tuple[GasRow, Touched]]]) -> list[GasRow]:
    return [row for rows in traced.values() for row, _ in rows]


@pytest.fixture(scope="module")
def kept() -> list[GasRow]:
    return benchmark.kept_rows(benchmark.SNAPSHOT)


def test_nothing_has_grown_by_more_than_a_hundredth(measured: list[GasRow], kept: list[GasRow]) -> None:
    before = benchmark.by_key(kept)
    assert [key for key in benchmark.by_key(measured) if key not in before] == []
    assert benchmark.grown(kept, measured) == []


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_the_reference_sample_stays_below_what_was_promised(classifier: str, measured: list[GasRow]) -> None:
    rows = [
        row for row in measured if (row.classifier, row.incentive, row.features) == of_reference(classifier)
    ]
    found = {row.action: row.gas for row in rows}
    assert {action: found[action] for action, most in MOST[classifier].items() if found[action] > most} == {}


@pytest.mark.parametrize("incentive", INCENTIVES)
@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_so_it_does_with_every_mechanism_in_the_snapshot(
    classifier: str, incentive: str, kept: list[GasRow]
) -> None:
    combination = of_reference(classifier, incentive)
    found = {
        row.action: row.gas for row in kept if (row.classifier, row.incentive, row.features) == combination
    }
    # Shares by deposit keep one more sum, which a refund changes.
    extra = {"refund": 5_000, "refund_first": 5_000} if incentive == "stakeable-by-deposit" else {}
    most = {
        action: gas
        for action, gas in MOST[classifier].items()
        if incentive != "points" or action not in MONEY
    }
    assert {
        action: found[action] for action in most if found[action] > most[action] + extra.get(action, 0)
    } == {}


def test_the_snapshot_has_every_action_with_every_mechanism_and_sample(kept: list[GasRow]) -> None:
    expected = {
        (classifier, incentive, features, "", action)
        for classifier, subject in SUBJECTS.items()
        for features in subject.lengths
        for incentive in INCENTIVES
        for action in ACTIONS.keys() - OF_CLONES - (MONEY if incentive == "points" else set())
    }
    assert benchmark.by_key(kept).keys() == expected


def test_the_snapshot_of_options_has_every_option() -> None:
    rows = benchmark.kept_rows(benchmark.OPTIONS_SNAPSHOT)
    found = {((row.classifier, row.incentive, row.features), row.variant) for row in rows}
    assert found == {(combination, variant.name) for combination, variant in OPTIONS}


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_a_clone_takes_what_was_promised_and_no_more_than_before(classifier: str) -> None:
    rows = [row for row, _ in measured_and_traced(of_reference(classifier), CLONE)]
    assert benchmark.grown(benchmark.kept_rows(benchmark.OPTIONS_SNAPSHOT), rows) == []
    found = {row.action: row.gas for row in rows}
    assert found["deploy"] <= MOST_OF_CLONES[classifier]
    assert found.keys() == ACTIONS.keys()


def test_nothing_costs_less_than_its_lower_bound(measured: list[GasRow], kept: list[GasRow]) -> None:
    rows = [*measured, *kept, *benchmark.kept_rows(benchmark.OPTIONS_SNAPSHOT)]
    assert [row for row in rows if row.gas < row.lower_bound] == []


def test_the_bounds_parts_are_the_bound(measured: list[GasRow]) -> None:
    assert all(sum(row.parts.values()) == row.lower_bound for row in measured)


def test_what_depends_on_the_sample_grows_with_it(kept: list[GasRow]) -> None:
    rows = benchmark.by_key(kept)
    for classifier, subject in SUBJECTS.items():
        for incentive in INCENTIVES:
            for action in ("add_agree", "add_change", "refund", "report", "predict"):
                costs = [rows[classifier, incentive, n, "", action].gas for n in subject.lengths]
                assert costs == sorted(set(costs))


@pytest.mark.parametrize("which", range(len(ALWAYS) + 1))
def test_no_word_is_touched_that_the_lower_bound_does_without(
    which: int, traced: dict[Combination, list[tuple[GasRow, Touched]]]
) -> None:
    """The node's trace of each transaction reads, changes and fills as many words as the bound counts."""
    check_touched(list(traced.values())[which])


def test_a_data_contract_is_read_by_what_the_lower_bound_says() -> None:
    """A sparse centroid asks it to learn, too; naive Bayes need not."""
    for classifier in ("sparse-centroid", "naive-bayes"):
        rows = measured_and_traced(of_reference(classifier, "points"), Variant(start_in_code=False))
        check_touched(rows, contracts=1)
        reading = {row.action for row, (*_, contracts) in rows if contracts}
        learning = {"add_agree", "add_change", "add_change_first_touch"}
        assert ("predict" in reading, learning & reading) == (
            True,
            learning if classifier == "sparse-centroid" else set(),
        )


def check_touched(rows: list[tuple[GasRow, Touched]], contracts: int = 0) -> None:
    for row, found in rows:
        if row.action == "deploy":
            continue
        subject = SUBJECTS[row.classifier]
        needs = subject.needs(subject.sample(row.features, 1)).with_contracts(contracts)
        slots = slots_of(row.action, needs, row.incentive, 8 if row.action == "claim_many" else 1)
        assert found == (slots.read, slots.changed, slots.filled, slots.contracts), row.action
