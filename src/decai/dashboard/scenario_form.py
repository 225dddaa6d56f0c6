"""The settings of a scenario as a form: its agents, its terms, and how the model learns."""

import json
from typing import Any, Final

from decai.dashboard.elements import box, tag
from decai.dashboard.elements.fields import Field
from decai.simulation.scenario import load
from decai.units import in_eth

__all__ = ["ScenarioForm", "in_words"]

_KINDS: Final = {
    "honest": "honest",
    "malicious": "always wrong",
    "caller": "pays for predictions",
    "owner": "owns the model",
}
_AGENT: Final = {
    "count": ("How many", "number"),
    "balance": ("Money at first", "money"),
    "deposit_mean": ("Deposit on average", "money"),
    "wait_mean": ("Waits on average", "time"),
    "mistake": ("Mistakes, as a part of 1", "number"),
    "fee": ("Pays for each prediction", "money"),
}
_APPLIES: Final = {
    "honest": ("count", "balance", "deposit_mean", "wait_mean", "mistake"),
    "malicious": ("count", "balance", "deposit_mean", "wait_mean", "mistake"),
    "caller": ("count", "balance", "wait_mean", "fee"),
    "owner": ("wait_mean",),
}
_TERMS: Final = {
    "cost_weight": ("Cost weight", "money"),
    "refund_wait": ("Refund after", "time"),
    "owner_wait": ("The owner's claim after", "time"),
    "any_wait": ("Anybody's claim after", "time"),
}
_LONGEST: Final = 60


class ScenarioForm:
    """Fields for the settings of a scenario that ships, within whatever is open.

    Parameters
    ----------
    name
        Of the scenario.
    """

    def __init__(self, name: str) -> None:
        self._fields: dict[str, tuple[Field, str]] = {}
        scenario = load(name)
        for agent, spec in scenario.agents.items():
            if spec.kind not in _APPLIES:
                continue
            with _group(f"{agent}: {_KINDS[spec.kind]}", opened=spec.kind in ("honest", "malicious")):
                for key in _APPLIES[spec.kind]:
                    label, kind = _AGENT[key]
                    self._add(f"agents.{agent}.{key}", label, in_words(getattr(spec, key), kind))
        if scenario.incentive.mechanism == "stakeable":
            with _group("Terms", opened=False):
                for key, (label, kind) in _TERMS.items():
                    self._add(f"incentive.{key}", label, in_words(getattr(scenario.incentive, key), kind))
        with _group("Data", opened=False):
            self._add(
                "data.initial", "Learned at first, as a part of 1", in_words(scenario.data.initial, "number")
            )
            most = scenario.data.contributions
            self._add("data.contributions", "Contributions at most", "" if most is None else str(most))

    def settings(self) -> tuple[str, ...]:
        """What was changed, as the command line's ``--set`` takes it."""
        changed = [(key, field.value.strip(), first) for key, (field, first) in self._fields.items()]
        return tuple(f"{key}={_quoted(value)}" for key, value, first in changed if value not in ("", first))

    def _add(self, key: str, label: str, value: str) -> None:
        self._fields[key] = (Field(label, value, longest=_LONGEST), value)


def in_words(value: Any, kind: str) -> str:
    """A setting as one may write it.

    Examples
    --------
    >>> in_words(5 * 10**16, "money"), in_words(5400, "time"), in_words(90_000, "time"), in_words(0.25,
    "number") ('0.05 ETH', '90 min', '25 h', '0.25')
    """
    if kind == "money":
        return in_eth(value).replace(",", "")
    if kind == "time":
        for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
            if value and value % size == 0:
                return f"{value // size} {unit}"
        return f"{value} s"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _quoted(value: str) -> str:
    """A number as it is; anything else as a text, which cannot be taken for a setting of another kind."""
    try:
        float(value)
    except ValueError:
        return json.dumps(value)
    return value


def _group(title: str, *, opened: bool) -> Any:
    made = box("dc-group", "details", open=True if opened else None)
    with made:
        tag("summary", title, "dc-strong")
        return box("dc-record")
