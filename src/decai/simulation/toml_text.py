"""A scenario as TOML again: the exact settings of a run, ready to be simulated once more."""

import json
from typing import Any, Final

from decai.simulation.scenario import Scenario
from decai.units import format_wei, from_fixed

__all__ = ["toml_of", "value_text"]

_MONEY: Final = {"cost_weight", "balance", "deposit_mean", "deposit_stdev", "fee", "claim_above"}
_FIXED: Final = {"learning_rate", "initial_step", "smoothing"}


def toml_of(scenario: Scenario) -> str:
    """All settings, defaults too; `decai.simulation.scenario.load` reads an equal scenario from it.

    Examples
    --------
    >>> from decai.simulation.scenario import load
    >>> print(toml_of(load("tiny")))
    name = "tiny"
    ...
    [agents.good]
    kind = "honest"
    count = 1
    balance = "10 ETH"
    ...
    """
    return "\n\n".join(_tables("", scenario.model_dump())) + "\n"


def _tables(path: str, settings: dict[str, Any]) -> list[str]:
    """The text of a table and of those inside it, each with its heading."""
    # A None is a setting that is not there, and TOML has no word for it.
    plain = {key: v for key, v in settings.items() if not isinstance(v, dict) and v is not None}
    lines = [f"[{path}]"] if path else []
    lines += [f"{key} = {value_text(key, value)}" for key, value in plain.items()]
    texts = ["\n".join(lines)] if plain else []
    for key, value in settings.items():
        if isinstance(value, dict):
            # Agents' names may hold letters that a bare key may not.
            name = key if key.isascii() else _quoted(key)
            texts += _tables(f"{path}.{name}" if path else name, value)
    return texts


def value_text(key: str, value: str | int | float) -> str:
    """A setting's value as a file would give it.

    Examples
    --------
    >>> value_text("balance", 10**18), value_text("epochs", 4), value_text("kind", "owner")
    ('"1 ETH"', '4', '"owner"')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _quoted(value)
    if key in _MONEY:
        return _quoted(format_wei(int(value)))
    if key in _FIXED:
        return f"{from_fixed(int(value)):f}"
    return repr(value)


def _quoted(text: str) -> str:
    # JSON's escapes are TOML's, but for one character that JSON leaves as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
