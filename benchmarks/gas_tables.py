"""The tables of ``docs/gas.md``, and which options they show."""

from collections.abc import Sequence
from typing import Final

from benchmarks.gas_money import MAIN, Rows, eth_table, example, rollup_table
from benchmarks.markdown import table
from decai.chain.compose import INDEX_BITS_CHOICES, MAX_FEATURES_CHOICES
from decai.chain.gas import GasRow
from decai.chain.gas.report import Combination
from decai.chain.gas.scenario import ACTIONS, INCENTIVES, Variant
from decai.chain.gas.subjects import CLASSIFIERS, SUBJECTS, sparse_centroid_of_means

__all__ = ["CLONE", "OPTIONS", "tables"]

_STAKEABLE: Final = INCENTIVES[0]
_SPARSE: Final = tuple(kind for kind in CLASSIFIERS if not SUBJECTS[kind].takes_vectors)
_FAR_APART: Final = 1_021
_ROOM: Final = {
    Variant(f"{most}, {bits} bits", max_features=most, index_bits=bits): (most, bits)
    for bits in INDEX_BITS_CHOICES
    for most in MAX_FEATURES_CHOICES
}
_IN_CODE: Final = Variant("in code", start_in_code=True)
_TABLES: Final = {
    _IN_CODE: "in the contract's code",
    Variant("data contracts", start_in_code=False): "in a data contract",
    Variant("hashed", index_bits=32, spread=_FAR_APART): "hashed, features far apart, 32-bit indices",
}
_MEANS: Final = Variant("means", model=sparse_centroid_of_means)
CLONE: Final = Variant("clone", clone=True)
"""A contract that shares its code."""
_ALL_WARM: Final = 1_000
_COUNTERS: Final = {
    "sparse-perceptron": {
        Variant(f"{bits} bits{', filled' * bool(warm)}", counter_bits=bits, warm=warm): (bits, warm)
        for bits in (8, 16, 32)
        for warm in (0, _ALL_WARM)
    },
    "naive-bayes": {Variant("filled", warm=_ALL_WARM): (32, _ALL_WARM)},
    "sparse-centroid": {Variant("filled", warm=_ALL_WARM): (32, _ALL_WARM)},
}

OPTIONS: Final[Sequence[tuple[Combination, Variant]]] = (
    *(((_SPARSE[0], _STAKEABLE, SUBJECTS[_SPARSE[0]].lengths[0]), variant) for variant in _ROOM),
    *(
        ((kind, _STAKEABLE, count), variant)
        for kind in _SPARSE
        for variant in _TABLES
        for count in SUBJECTS[kind].lengths[:2]
    ),
    *((("sparse-centroid", _STAKEABLE, count), _MEANS) for count in SUBJECTS["sparse-centroid"].lengths[:2]),
    *(((kind, _STAKEABLE, SUBJECTS[kind].lengths[0]), CLONE) for kind in CLASSIFIERS),
    *(
        ((kind, _STAKEABLE, SUBJECTS[kind].lengths[0]), variant)
        for kind, variants in _COUNTERS.items()
        for variant in variants
    ),
)
"""What is measured of contracts for which something else was chosen."""


def tables(rows: Sequence[GasRow], options: Sequence[GasRow]) -> dict[str, list[str]]:
    """The tables of the document, by name: lines of Markdown."""
    by_key = {(row.classifier, row.incentive, row.features, row.action): row for row in rows}
    return {
        "actions": _actions(by_key),
        "original": _original(by_key),
        "lengths": _lengths(by_key),
        "mechanisms": _mechanisms(by_key),
        "eth": eth_table(by_key),
        "rollup": rollup_table(by_key),
        "example": example(by_key),
        "bounds": _bounds(by_key),
        "arithmetic": _arithmetic(by_key),
        "room": _room(options),
        "base_tables": _base_tables(options),
        "clones": _clones(by_key, options),
        "counters": _counters(by_key, options),
    }


def _reference(rows: Rows, kind: str, action: str, incentive: str = _STAKEABLE) -> GasRow | None:
    return rows.get((kind, incentive, SUBJECTS[kind].lengths[0], action))


def _above(row: GasRow | None) -> str:
    return f"{row.gas:,} (+{row.ratio - 1:.0%})" if row else ""


def _actions(rows: Rows) -> list[str]:
    head = ["action", "", *CLASSIFIERS]
    body = [
        [f"`{action}`", meaning, *(_above(_reference(rows, kind, action)) for kind in CLASSIFIERS)]
        for action, meaning in ACTIONS.items()
        if _reference(rows, CLASSIFIERS[0], action)
    ]
    return table(head, body)


def _original(rows: Rows) -> list[str]:
    """Ours, the original's, and how many times as much the original's is."""
    head = ["action", *CLASSIFIERS]
    body = []
    for action in MAIN:
        cells = [f"`{action}`"]
        for kind in CLASSIFIERS:
            row = _reference(rows, kind, action)
            assert row is not None
            assert row.original is not None
            theirs = " / ".join(f"{gas:,}" for gas in row.original)
            cells.append(f"{theirs}: {row.original[-1] / row.gas:.1f} x")
        body.append(cells)
    return table(head, body)


def _lengths(rows: Rows) -> list[str]:
    actions = ("add_agree", "add_agree_int64", "add_change", "add_change_first_touch", "refund", "report")
    shown = (*actions, "predict", "predict_packed")
    body = [
        [
            kind,
            f"`{action}`",
            *(_above(rows[kind, _STAKEABLE, count, action]) for count in SUBJECTS[kind].lengths),
        ]
        for kind in _SPARSE
        for action in shown
    ]
    return table(["classifier", "action", *(f"{n} features" for n in SUBJECTS[_SPARSE[0]].lengths)], body)


def _mechanisms(rows: Rows) -> list[str]:
    actions = (*MAIN[:-1], "refund_first", "report_further", "report_timeout", "claim_many")
    body = []
    for kind in CLASSIFIERS:
        for incentive in INCENTIVES:
            found = [_reference(rows, kind, action, incentive) for action in actions]
            body.append([kind, incentive, *(f"{row.gas:,}" if row else "" for row in found)])
    return table(["classifier", "mechanism", *(f"`{action}`" for action in actions)], body)


def _bounds(rows: Rows) -> list[str]:
    names = list(dict.fromkeys(name for row in rows.values() for name in row.parts))
    body = []
    for kind in CLASSIFIERS:
        for action in ACTIONS:
            row = _reference(rows, kind, action)
            if row is not None and not action.endswith("_int64"):
                body.append(
                    [
                        kind,
                        f"`{action}`",
                        *(f"{row.parts.get(name, 0):,}" for name in names),
                        f"{row.lower_bound:,}",
                        f"{row.gas:,}",
                        f"+{row.ratio - 1:.1%}",
                    ]
                )
    return table(["classifier", "action", *names, "bound", "measured", "above it"], body)


def _arithmetic(rows: Rows) -> list[str]:
    """What one more feature costs beyond what the bound has for it."""
    actions = ("predict_packed", "predict", "add_agree", "add_agree_int64", "add_change", "refund")
    body = []
    for kind in _SPARSE:
        cells = [kind]
        shortest, *_, longest = SUBJECTS[kind].lengths
        for action in actions:
            low, high = (rows[kind, _STAKEABLE, count, action] for count in (shortest, longest))
            more = (high.gas - high.lower_bound) - (low.gas - low.lower_bound)
            cells.append(f"{more / (longest - shortest):,.0f}")
        body.append(cells)
    return table(["classifier", *(f"`{action}`" for action in actions)], body)


def _of_variants(options: Sequence[GasRow]) -> dict[tuple[str, int, str], dict[str, GasRow]]:
    found: dict[tuple[str, int, str], dict[str, GasRow]] = {}
    for row in options:
        found.setdefault((row.classifier, row.features, row.variant), {})[row.action] = row
    return found


def _room(options: Sequence[GasRow]) -> list[str]:
    actions = ("deploy", "add_agree", "add_agree_int64", "add_change", "refund", "report", "predict")
    found, kind = _of_variants(options), _SPARSE[0]
    body = []
    for variant, (most, bits) in _ROOM.items():
        row = found[kind, SUBJECTS[kind].lengths[0], variant.name]
        body.append([f"{most}", f"{bits}", *(f"{row[action].gas:,}" for action in actions)])
    return table(["most features", "index bits", *(f"`{action}`" for action in actions)], body)


def _base_tables(options: Sequence[GasRow]) -> list[str]:
    actions = ("deploy", "add_agree", "add_change", "refund", "report", "predict")
    found = _of_variants(options)
    body = []
    for kind in _SPARSE:
        named = {variant.name: text for variant, text in _TABLES.items()}
        if kind == "sparse-centroid":
            named[_MEANS.name] = "means of 30 bits, in a data contract"
        for name, text in named.items():
            for count in SUBJECTS[kind].lengths[:2]:
                row = found[kind, count, name]
                cells = [f"{row[action].gas:,}" for action in actions]
                body.append([kind, text, f"{count}", f"{row['deploy'].transactions}", *cells])
    head = ["classifier", "base table", "features", "transactions to deploy"]
    return table([*head, *(f"`{action}`" for action in actions)], body)


def _clones(rows: Rows, options: Sequence[GasRow]) -> list[str]:
    """What a clone costs, and how much more its calls do."""
    actions = ("add_agree", "add_change", "refund", "report", "report_timeout", "predict")
    found = _of_variants(options)
    body = []
    for kind in CLASSIFIERS:
        row = found[kind, SUBJECTS[kind].lengths[0], CLONE.name]
        alone = {action: _reference(rows, kind, action) for action in ("deploy", *actions)}
        assert all(alone.values())
        deploy = alone["deploy"]
        assert deploy is not None
        more = (
            f"{row[action].gas:,} (+{row[action].gas - one.gas:,})"
            for action, one in alone.items()
            if one is not None and action != "deploy"
        )
        body.append(
            [
                kind,
                f"{deploy.gas:,}",
                f"{row['deploy'].gas:,} (-{1 - row['deploy'].gas / deploy.gas:.0%})",
                f"{row['deploy_shared'].gas:,}",
                *more,
            ]
        )
    head = ["classifier", "`deploy` alone", "a clone", "shared, once", *(f"`{action}`" for action in actions)]
    return table(head, body)


def _counters(rows: Rows, options: Sequence[GasRow]) -> list[str]:
    """What the width of counters and words that are filled in advance change."""
    actions = ("deploy", "add_change_first_touch", "add_agree", "add_change", "refund", "predict")
    found = _of_variants(options)
    body = []
    for kind, variants in _COUNTERS.items():
        usual = {action: _reference(rows, kind, action) for action in actions}
        if kind != "sparse-perceptron":
            body.append([kind, "32", "no", *(f"{one.gas:,}" for one in usual.values() if one is not None)])
        for variant, (bits, warm) in variants.items():
            row = found[kind, SUBJECTS[kind].lengths[0], variant.name]
            cells = [f"{row[action].gas:,}" for action in actions]
            body.append([kind, f"{bits}", f"of {warm:,} features" if warm else "no", *cells])
    return table(["classifier", "bits", "filled", *(f"`{action}`" for action in actions)], body)
