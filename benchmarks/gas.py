"""What every action costs, kept: ``benchmarks/gas.json`` and the tables of ``docs/gas.md``.

    make gas

measures everything again (a minute) and writes both. ``decai gas`` prints the report alone.
"""

import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from decai.chain.compose import INDEX_BITS_CHOICES, MAX_FEATURES_CHOICES
from decai.chain.gas_report import GasRow, json_text, report
from decai.chain.gas_scenario import ACTIONS, FEATURE_COUNTS, INCENTIVES
from decai.cli.gas import in_short

__all__ = ["DOCUMENT", "ROOM", "SNAPSHOT", "filled", "kept_rows", "main", "tables"]

SNAPSHOT: Final = Path(__file__).with_name("gas.json")
"""The report, as ``decai gas --json`` prints it."""
ROOM: Final = Path(__file__).with_name("gas_room.json")
"""The 20 features in contracts with all choices of room, in the same form."""
DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "gas.md"
_PRICES: Final = (10**8, 10**9, 10**10)
_REFERENCE: Final = ("stakeable", FEATURE_COUNTS[0])
_LONGEST: Final = FEATURE_COUNTS[-1]

Key = tuple[str, int, str]


def kept_rows(path: Path) -> list[GasRow]:
    """The rows of a snapshot."""
    return [
        GasRow(**{key: row[key] for key in GasRow.__slots__}) for row in json.loads(path.read_text("utf-8"))
    ]


def tables(rows: Sequence[GasRow], room: Sequence[GasRow]) -> dict[str, list[str]]:
    """The tables of the document, by name: lines of Markdown."""
    by_key = {(row.incentive, row.features, row.action): row for row in rows}
    return {
        "actions": _actions(by_key),
        "mechanisms": _mechanisms(by_key),
        "eth": _eth(by_key),
        "bounds": _bounds(rows),
        "arithmetic": _arithmetic(by_key),
        "room": _room(room),
    }


def filled(document: str, named: dict[str, list[str]]) -> str:
    """A document with these tables between its ``begin`` and ``end`` marks."""

    def table(mark: re.Match[str]) -> str:
        return "\n".join([f"<!-- begin: {mark[1]} -->", *named[mark[1]], "<!-- end -->"])

    return re.sub(r"<!-- begin: (\w+) -->\n.*?<!-- end -->", table, document, flags=re.DOTALL)


def main() -> None:
    """Measure and write."""
    rows = report(progress=_told("actions"))
    choices = [(most, bits) for bits in INDEX_BITS_CHOICES for most in MAX_FEATURES_CHOICES]
    room: list[GasRow] = []
    for done, (most, bits) in enumerate(choices):
        _told("room")(done, len(choices))
        incentive, features = _REFERENCE
        room += report(incentives=[incentive], feature_counts=[features], max_features=most, index_bits=bits)
    print(file=sys.stderr)
    SNAPSHOT.write_text(json_text(rows) + "\n", encoding="utf-8")
    ROOM.write_text(json_text(room) + "\n", encoding="utf-8")
    DOCUMENT.write_text(filled(DOCUMENT.read_text("utf-8"), tables(rows, room)), encoding="utf-8")
    print(f"wrote {SNAPSHOT}, {ROOM} and the tables of {DOCUMENT}")


def _told(what: str) -> Callable[[int, int], None]:
    return lambda done, total: print(f"\r{what}: {done} of {total}", end="", file=sys.stderr, flush=True)


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *body]
    return ["| " + " | ".join(line) + " |" for line in lines]


def _actions(rows: dict[Key, GasRow]) -> list[str]:
    incentive = _REFERENCE[0]
    head = ["action", "", *(f"{count} features" for count in FEATURE_COUNTS), "original"]
    body = []
    for action, meaning in ACTIONS.items():
        found = [rows[incentive, count, action] for count in FEATURE_COUNTS]
        original = found[0].original
        body.append(
            [
                f"`{action}`",
                meaning,
                *(f"{row.gas:,} ({row.ratio - 1:+.0%})" for row in found),
                " / ".join(f"{gas:,}" for gas in original) if original else "",
            ]
        )
    return _table(head, body)


def _mechanisms(rows: dict[Key, GasRow]) -> list[str]:
    features = FEATURE_COUNTS[0]
    body = []
    for action in ACTIONS:
        found = [rows.get((incentive, features, action)) for incentive in INCENTIVES]
        body.append([f"`{action}`", *(f"{row.gas:,}" if row else "" for row in found)])
    return _table(["action", *INCENTIVES], body)


def _eth(rows: dict[Key, GasRow]) -> list[str]:
    head = ["ETH", *(f"{price / 10**9:g} gwei, {n} features" for n in FEATURE_COUNTS for price in _PRICES)]
    body = [
        [
            f"`{action}`",
            *(
                in_short(rows[_REFERENCE[0], count, action].gas * price)
                for count in FEATURE_COUNTS
                for price in _PRICES
            ),
        ]
        for action in ("deploy", "add_agree", "add_change", "refund", "report", "claim_many")
    ]
    return _table(head, body)


def _bounds(rows: Sequence[GasRow]) -> list[str]:
    chosen = [row for row in rows if (row.incentive, row.features) == _REFERENCE]
    names = list(dict.fromkeys(name for row in chosen for name in row.parts))
    body = [
        [
            f"`{row.action}`",
            *(f"{row.parts.get(name, 0):,}" for name in names),
            f"{row.lower_bound:,}",
            f"{row.gas:,}",
            f"{row.ratio - 1:+.1%}",
        ]
        for row in chosen
    ]
    return _table(["action", *names, "bound", "measured", "above it"], body)


def _arithmetic(rows: dict[Key, GasRow]) -> list[str]:
    incentive, shortest = _REFERENCE
    body = []
    for action in ("predict_packed", "predict", "add_agree", "add_agree_int64", "add_change", "refund"):
        low, high = (rows[incentive, count, action] for count in (shortest, _LONGEST))
        more = (high.gas - high.lower_bound) - (low.gas - low.lower_bound)
        body.append([f"`{action}`", f"{more / (_LONGEST - shortest):,.0f}"])
    return _table(["action", "gas a feature"], body)


def _room(rows: Sequence[GasRow]) -> list[str]:
    actions = ("deploy", "add_agree", "add_agree_int64", "add_change", "refund", "report", "predict")
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for row in rows:
        found.setdefault((row.index_bits, row.max_features), {})[row.action] = row.gas
    body = [
        [f"{most}", f"{bits}", *(f"{gas[action]:,}" for action in actions)]
        for (bits, most), gas in found.items()
    ]
    return _table(["most features", "index bits", *(f"`{action}`" for action in actions)], body)


if __name__ == "__main__":
    main()
