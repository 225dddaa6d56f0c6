"""``decai gas``, and the document."""

import json

import pytest

from benchmarks import gas as benchmark
from benchmarks.gas_tables import tables
from decai.chain.gas import json_text, rows_in
from decai.cli import run
from decai.errors import InputError

pytestmark = pytest.mark.xdist_group("gas")


def test_json_is_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ["--classifier", "dense-centroid", "--incentive", "points"]
    assert run(["gas", "--json", *chosen]) == 0
    kept = benchmark.kept_rows(benchmark.SNAPSHOT)
    expected = [row for row in kept if (row.classifier, row.incentive) == ("dense-centroid", "points")]
    out = capsys.readouterr().out
    assert [(row.action, row.features) for row in rows_in(out)] == [(row.action, 9) for row in expected]
    assert benchmark.grown(expected, rows_in(out)) == []
    assert out == json_text(rows_in(out)) + "\n"
    first = json.loads(out)[0]
    assert [first[key] for key in ("classifier", "incentive", "features", "action", "transactions")] == [
        "dense-centroid",
        "points",
        9,
        "deploy",
        1,
    ]


def test_a_table_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ["--classifier", "sparse-perceptron", "--incentive", "stakeable", "--features", "20"]
    assert run(["gas", *chosen, "--gas-price", "10"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("sparse-perceptron, stakeable: 20 features (room for 128, 16-bit indices)")
    assert max(map(len, lines)) <= 92
    (line,) = [line for line in lines if " add_agree " in line]
    cells = [cell.strip() for cell in line.strip("│").split("│")]
    gas, least = (int(cell.replace(",", "")) for cell in cells[1:3])
    # 10 gwei are 10^10 wei, and an ether 10^18: a unit of gas costs 10^-8.
    assert cells == ["add_agree", f"{gas:,}", f"{least:,}", f"{gas / least - 1:+.1%}", cells[4], "259,000"]
    assert float(cells[4]) == pytest.approx(gas / 10**8, rel=0.005)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--incentive", "luck"], "'luck' is not in the gas report"),
        (["--classifier", "oracle"], "'oracle' is not in the gas report"),
        (["--features", "0"], "a sample of the gas report has 1 to 512 features, not 0"),
        (["--classifier", "dense-centroid", "--features", "0"], "at least one feature, not 0"),
        (["--classifier", "dense-centroid", "--features", "1025"], "vectors of 1,025 values are too long"),
        (["--features", "600"], "a sample of the gas report has 1 to 512 features, not 600"),
        (["--features", "91", "--max-features", "64"], "91 features does not fit into a contract for 64"),
        (["--features", "20", "--max-features", "65"], "must be one of 64, 128, 256 and 512, not 65"),
        (["--index-bits", "8"], "index bits must be 16 or 32, not 8"),
        (["--gas-price", "much"], "'much' is not an amount of money"),
        (["--gas-price=-1"], "a gas price of '-1' is below 0"),
    ],
)
def test_a_wrong_choice_is_one_line(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["gas", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert sentence in captured.err


def test_the_document_has_the_figures_of_the_snapshots() -> None:
    rows, options = (benchmark.kept_rows(path) for path in (benchmark.SNAPSHOT, benchmark.OPTIONS_SNAPSHOT))
    text = benchmark.DOCUMENT.read_text(encoding="utf-8")
    assert benchmark.filled(text, tables(rows, options)) == text


@pytest.mark.parametrize("text", ["", "[{}]", '{"gas": 1}', "[7]"])
def test_what_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no gas report"):
        rows_in(text)
