"""What every action costs, kept: `SNAPSHOT`, `OPTIONS_SNAPSHOT` and the tables of ``docs/gas.md``.

    make gas

measures everything again (some minutes), says what has grown, and writes all three. ``decai gas`` prints the
report alone.
"""

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from benchmarks.gas_tables import OPTIONS, tables
from decai.chain.gas import GasRow, json_text, report, rows_in

__all__ = ["DOCUMENT", "OPTIONS_SNAPSHOT", "SNAPSHOT", "filled", "grown", "kept_rows", "main"]

SNAPSHOT: Final = Path(__file__).with_name("gas.json")
"""The report, as ``decai gas --json`` prints it."""
OPTIONS_SNAPSHOT: Final = Path(__file__).with_name("gas_options.json")
"""What contracts cost for which something else was chosen, in the same form."""
DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "gas.md"
_GROWTH: Final = 1.01

Key = tuple[str, str, int, str, str]


def kept_rows(path: Path) -> list[GasRow]:
    """The rows of a snapshot."""
    return rows_in(path.read_text("utf-8"))


def by_key(rows: Sequence[GasRow]) -> dict[Key, GasRow]:
    """Rows by classifier, mechanism, features, variant and action."""
    return {(row.classifier, row.incentive, row.features, row.variant, row.action): row for row in rows}


def grown(kept: Sequence[GasRow], measured: Sequence[GasRow]) -> list[str]:
    """What takes more than a hundredth more gas than before, or more transactions, in words."""
    before = by_key(kept)
    return [
        f"{' '.join(map(str, filter(None, key)))}: {before[key].gas:,} -> {row.gas:,}"
        for key, row in by_key(measured).items()
        if key in before
        and (row.gas > before[key].gas * _GROWTH or row.transactions > before[key].transactions)
    ]


def filled(document: str, named: dict[str, list[str]]) -> str:
    """A document with these lines between its ``begin`` and ``end`` marks."""

    def lines(mark: re.Match[str]) -> str:
        return "\n".join([f"<!-- begin: {mark[1]} -->", *named[mark[1]], "<!-- end -->"])

    return re.sub(r"<!-- begin: (\w+) -->\n.*?<!-- end -->", lines, document, flags=re.DOTALL)


def main() -> None:
    """Measure and write."""
    rows = report(progress=_told("actions"))
    options: list[GasRow] = []
    for done, (combination, variant) in enumerate(OPTIONS):
        _told("options")(done, len(OPTIONS))
        options += report([combination], variant)
    print(file=sys.stderr)
    for path, measured in ((SNAPSHOT, rows), (OPTIONS_SNAPSHOT, options)):
        if path.exists():
            print(*grown(kept_rows(path), measured), sep="\n")
        path.write_text(json_text(measured) + "\n", encoding="utf-8")
    DOCUMENT.write_text(filled(DOCUMENT.read_text("utf-8"), tables(rows, options)), encoding="utf-8")
    print(f"wrote {SNAPSHOT}, {OPTIONS_SNAPSHOT} and the tables of {DOCUMENT}")


def _told(what: str) -> Callable[[int, int], None]:
    return lambda done, total: print(f"\r{what}: {done} of {total}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
