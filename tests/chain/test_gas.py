"""What actions cost: against what they cost before, the bounds they were built for, and the least.

Gas is exact, so these are tests and no benchmarks. ``make gas`` refreshes the snapshot.
"""

import json
from collections import Counter
from typing import Any

import pytest

from benchmarks import gas as benchmark
from decai.chain.gas_bounds import intrinsic, slots_of
from decai.chain.gas_report import START, GasRow, json_text, measure, report
from decai.chain.gas_scenario import ACTIONS, FEATURE_COUNTS, INCENTIVES
from decai.chain.local_node import ephemeral_anvil
from decai.chain.rpc import RpcChain
from decai.cli import run

pytestmark = pytest.mark.xdist_group("gas")

Key = tuple[str, str, int, str]

GROWTH = 0.01
MOST = {
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
}
"""With 20 features."""


def by_key(rows: list[GasRow]) -> dict[Key, GasRow]:
    return {(row.classifier, row.incentive, row.features, row.action): row for row in rows}


@pytest.fixture(scope="module")
def measured() -> dict[Key, GasRow]:
    """The whole report, measured once."""
    return by_key(report())


def test_nothing_has_grown_by_more_than_a_hundredth(measured: dict[Key, GasRow]) -> None:
    kept = by_key(benchmark.kept_rows(benchmark.SNAPSHOT))
    assert kept.keys() == measured.keys(), "make gas writes the snapshot anew"
    grown = {key: (kept[key].gas, row.gas) for key, row in measured.items() if _has_grown(kept[key], row)}
    assert not grown


def _has_grown(kept: GasRow, row: GasRow) -> bool:
    return row.gas > kept.gas * (1 + GROWTH) or row.transactions > kept.transactions


@pytest.mark.parametrize(("action", "most"), MOST.items())
@pytest.mark.parametrize("incentive", INCENTIVES)
def test_the_reference_sample_stays_below_its_bound(
    measured: dict[Key, GasRow], incentive: str, action: str, most: int
) -> None:
    row = measured.get(("sparse-perceptron", incentive, 20, action))
    if row is None:
        assert incentive == "points"
        assert action in ("report_partial", "report_timeout", "report_timeout_owner")
        return
    # Shares by deposit keep one more sum, which a refund changes.
    extra = 5_000 if incentive == "stakeable-by-deposit" and action.startswith("refund") else 0
    assert row.gas <= most + extra


def test_every_action_is_measured_with_every_mechanism_and_sample(measured: dict[Key, GasRow]) -> None:
    money = {"report_partial", "report_further", "report_timeout", "report_timeout_owner"}
    expected = {
        ("sparse-perceptron", incentive, features, action)
        for incentive in INCENTIVES
        for features in FEATURE_COUNTS
        for action in (ACTIONS if incentive != "points" else ACTIONS.keys() - money)
    }
    assert measured.keys() == expected


def test_nothing_costs_less_than_its_lower_bound(measured: dict[Key, GasRow]) -> None:
    assert [row for row in measured.values() if row.gas < row.lower_bound] == []


def test_the_bounds_parts_are_the_bound(measured: dict[Key, GasRow]) -> None:
    assert all(sum(row.parts.values()) == row.lower_bound for row in measured.values())


def test_what_depends_on_the_sample_grows_with_it(measured: dict[Key, GasRow]) -> None:
    for incentive in INCENTIVES:
        for action in ("add_agree", "add_change", "refund", "report", "predict"):
            costs = [measured["sparse-perceptron", incentive, n, action].gas for n in FEATURE_COUNTS]
            assert costs == sorted(set(costs))


@pytest.mark.parametrize("incentive", INCENTIVES)
def test_no_word_is_touched_that_the_lower_bound_does_without(incentive: str) -> None:
    """The node's trace of each transaction reads, changes and fills as many words as the bound counts."""
    with ephemeral_anvil(hardfork="osaka", timestamp=START, flags=("--steps-tracing",)) as url:
        chain = RpcChain(url, sandbox=True)
        rows = measure(chain, incentive, 20)
        sent = transactions(chain)
        for row in rows:
            if row.action == "deploy":
                continue
            found = [tx for tx in sent if tx["gas used"] == _whole(row, tx["input"])]
            assert found, row.action
            claims = 8 if row.action == "claim_many" else 1
            # The reference sample lies in 13 words of counters.
            slots = slots_of(row.action, 13, incentive, claims)
            assert words_touched(chain, found[0]["hash"]) == (
                slots.read + slots.changed + slots.filled,
                slots.changed,
                slots.filled,
            ), row.action


def _whole(row: GasRow, data: bytes) -> int:
    """What the transaction of a row used; that of a prediction is more than its execution."""
    return row.gas + intrinsic(data) if row.action.startswith("predict") else row.gas


def transactions(chain: RpcChain) -> list[dict[str, Any]]:
    sent = []
    for number in range(1, chain.block + 1):
        for tx in chain.node.ask("eth_getBlockByNumber", hex(number), True)["transactions"]:
            receipt = chain.node.ask("eth_getTransactionReceipt", tx["hash"])
            data = bytes.fromhex(tx["input"].removeprefix("0x"))
            sent.append({"hash": tx["hash"], "input": data, "gas used": int(receipt["gasUsed"], 16)})
    return sent


def words_touched(chain: RpcChain, transaction: str) -> tuple[int, int, int]:
    """How many words were touched for the first time, changed for the first time, filled."""
    steps = chain.node.ask("debug_traceTransaction", transaction, {})["structLogs"]
    costs = Counter((step["op"], step["gasCost"]) for step in steps if step["op"] in ("SLOAD", "SSTORE"))
    touched = costs["SLOAD", 2_100] + costs["SSTORE", 5_000] + costs["SSTORE", 22_100]
    changed = costs["SSTORE", 2_900] + costs["SSTORE", 5_000]
    return touched, changed, costs["SSTORE", 20_000] + costs["SSTORE", 22_100]


class TestCommand:
    """``decai gas``."""

    def test_json_is_the_report(
        self, measured: dict[Key, GasRow], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["gas", "--json", "--incentive", "points", "--features", "20"]) == 0
        expected = [row for row in measured.values() if row.incentive == "points" and row.features == 20]
        out = capsys.readouterr().out
        assert out == json_text(expected) + "\n"
        first = json.loads(out)[0]
        assert (first["classifier"], first["action"], first["transactions"]) == (
            "sparse-perceptron",
            "deploy",
            1,
        )

    def test_a_table_is_for_people(
        self, measured: dict[Key, GasRow], capsys: pytest.CaptureFixture[str]
    ) -> None:
        chosen = ["--incentive", "stakeable", "--features", "20", "--gas-price", "10"]
        assert run(["gas", *chosen]) == 0
        row = measured["sparse-perceptron", "stakeable", 20, "add_agree"]
        (line,) = [line for line in capsys.readouterr().out.splitlines() if " add_agree " in line]
        assert f"{row.gas:,}" in line
        assert f"{row.lower_bound:,}" in line
        # 10 gwei are 10^10 wei, and an ether 10^18: a unit of gas costs 10^-8.
        assert f"{row.gas / 10**8:.3g}" in line
        assert "259,000" in line

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["--incentive", "luck"], "'luck' is not in the gas report"),
            (["--classifier", "oracle"], "'oracle' is not in the gas report"),
            (["--features", "0"], "has 1 to 1,000 features, not 0"),
            (["--features", "600"], "no contract has room for 600 features; the most is 512"),
            (["--features", "91", "--max-features", "64"], "91 features does not fit into a contract for 64"),
            (["--features", "20", "--max-features", "65"], "must be one of 64, 128, 256 and 512, not 65"),
            (["--index-bits", "8"], "index bits must be 16 or 32, not 8"),
            (["--gas-price", "much"], "'much' is not an amount of money"),
            (["--gas-price=-1"], "a gas price of '-1' is below 0"),
        ],
    )
    def test_a_wrong_choice_is_one_line(
        self, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["gas", *arguments]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith("error: ")
        assert captured.err.count("\n") == 1
        assert sentence in captured.err


def test_the_document_has_the_figures_of_the_snapshots() -> None:
    rows, room = benchmark.kept_rows(benchmark.SNAPSHOT), benchmark.kept_rows(benchmark.ROOM)
    text = benchmark.DOCUMENT.read_text(encoding="utf-8")
    assert benchmark.filled(text, benchmark.tables(rows, room)) == text
