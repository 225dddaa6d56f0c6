"""Scenarios: what is simulated, typed, read from TOML, overridden from the command line."""

import json
import tomllib
from decimal import Decimal, InvalidOperation
from importlib import resources
from os.path import isfile
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from decai.errors import InputError, ScenarioError
from decai.units import DAY, SCALE, parse_seconds, parse_wei, to_fixed

__all__ = [
    "AgentSpec",
    "DataSpec",
    "IncentiveSpec",
    "ModelSpec",
    "Scenario",
    "available",
    "load",
    "text_of",
]


def _refuse_other(value: Any) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("must be a whole number or text with a unit")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("must be a number")
    return float(value)


def _fixed(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError("must be a number")
    fixed = to_fixed(value)
    if not 1 <= fixed < 2**32:
        raise ValueError("must be from 0.000000001 to 4.294967295")
    return fixed


Fraction = Annotated[float, BeforeValidator(_number), Field(ge=0, le=1)]
Money = Annotated[int, BeforeValidator(lambda v: parse_wei(_refuse_other(v))), Field(ge=0, lt=2**128)]
Duration = Annotated[int, BeforeValidator(lambda v: parse_seconds(_refuse_other(v))), Field(ge=0, lt=2**40)]
Wait = Annotated[Duration, Field(ge=1)]
Fixed = Annotated[int, BeforeValidator(_fixed)]
"""A decimal number in the file, fixed point (scale 1e9) in memory."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class DataSpec(_Strict):
    """Which data, and how much of its training part the model starts from."""

    dataset: str
    options: dict[str, int] = {}
    initial: Fraction = 0.08
    """The part of the training data that the model is trained on before anybody contributes."""
    contributions: Annotated[int, Field(ge=1)] | None = None
    """The most that is contributed; by default all the rest of the training data."""


class ModelSpec(_Strict):
    """Which classifier, and how it learns."""

    classifier: Literal[
        "sparse-perceptron", "dense-perceptron", "naive-bayes", "sparse-centroid", "dense-centroid"
    ]
    learning_rate: Fixed = SCALE // 100
    """Perceptrons: how far a contribution moves a weight."""
    initial_step: Fixed = SCALE
    """Sparse perceptron: how far a mistake moves a weight in initial training."""
    epochs: Annotated[int, Field(ge=1, le=1000)] = 1
    """Perceptrons: passes of initial training."""
    averaged: bool = True
    """Sparse perceptron: whether initial training takes the mean of its models."""
    smoothing: Fixed = SCALE
    """Naive Bayes: what is added to every count."""


class IncentiveSpec(_Strict):
    """Which incentive mechanism, and its terms."""

    mechanism: Literal["stakeable", "points"] = "stakeable"
    cost_weight: Money = 0
    refund_wait: Duration = DAY
    owner_wait: Duration = 8 * DAY
    any_wait: Duration = 9 * DAY
    shares: Literal["count", "deposit"] = "count"

    @model_validator(mode="after")
    def _in_order(self) -> "IncentiveSpec":
        if not self.refund_wait <= self.owner_wait <= self.any_wait:
            raise ValueError("the waits must be in order: refund_wait, owner_wait, any_wait")
        return self


class AgentSpec(_Strict):
    """One agent, or `count` alike."""

    kind: Literal["honest", "malicious", "caller", "owner", "custom"]
    strategy: str | None = None
    """For ``custom``: ``module:Class`` of a `decai.simulation.agents.Agent`."""
    count: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    balance: Money = 0
    deposit_mean: Money = 0
    deposit_stdev: Money = 0
    wait_mean: Wait
    wait_stdev: Duration = 0
    mistake: Fraction = 0.0
    """The probability of a wrong label by accident."""
    fee: Money = 0
    """What a caller pays for each prediction."""
    claim_above: Money = 0
    """Claims of this amount or less are not made; with 0, those that pay nothing and only count are, too."""

    @model_validator(mode="after")
    def _complete(self) -> "AgentSpec":
        if (self.kind == "custom") != (self.strategy is not None):
            raise ValueError("a strategy is needed for kind 'custom', and only there")
        if self.kind == "caller" and not self.fee:
            raise ValueError("a caller needs a fee above 0")
        return self


class Scenario(_Strict):
    """Everything that decides a run, but for the seed."""

    name: str = ""
    title: str = ""
    data: DataSpec
    model: ModelSpec
    incentive: IncentiveSpec = IncentiveSpec()
    agents: Annotated[dict[str, AgentSpec], Field(min_length=1)]
    evaluate_every: Wait = DAY
    """How often the run measures accuracy for its record; nobody in it sees this."""
    estimate_every: Wait = DAY
    """How often the accuracy estimate that agents see is refreshed."""
    duration: Wait = 20 * 365 * DAY
    """Contributions end after this time at the latest."""

    @model_validator(mode="after")
    def _names(self) -> "Scenario":
        for name in self.agents:
            if not name or not all(c.isalnum() or c in "-_" for c in name):
                raise ValueError(f"agent name {name!r}: use letters, digits, - and _")
        if sum(agent.kind == "owner" for agent in self.agents.values()) > 1:
            raise ValueError("at most one agent can be the owner")
        if any(a.kind == "owner" and a.count > 1 for a in self.agents.values()):
            raise ValueError("there is only one owner")
        return self

    def canonical(self) -> str:
        """All settings as JSON, the same text for the same meaning."""
        settings = self.model_dump(mode="json", exclude={"title"})
        return json.dumps(settings, sort_keys=True, separators=(",", ":"))


def available() -> dict[str, str]:
    """The scenarios that ship, by name, each with its title."""
    folder = resources.files("decai.simulation") / "scenarios"
    files = [entry for entry in folder.iterdir() if entry.name.endswith(".toml")]
    texts = {entry.name: entry.read_text("utf-8") for entry in files}
    return {name.removesuffix(".toml"): str(tomllib.loads(texts[name])["title"]) for name in sorted(texts)}


def text_of(name: str) -> str:
    """The TOML text of a scenario that ships, or of a file.

    Raises
    ------
    ScenarioError
        If there is neither a scenario nor a readable file of that name.
    """
    if name in available():
        return (resources.files("decai.simulation") / "scenarios" / f"{name}.toml").read_text("utf-8")
    path = Path(name)
    if path.suffix != ".toml" and not isfile(name):
        known = ", ".join(available())
        raise ScenarioError(f"unknown scenario {name!r}; there are {known}, or give a .toml file")
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ScenarioError(f"{name}: cannot be read: {reason}") from None


def load(name: str, overrides: "list[str] | tuple[str, ...]" = ()) -> Scenario:
    """Read a scenario by name or file, with ``key=value`` overrides such as ``agents.bad.balance=1 ether``.

    Raises
    ------
    ScenarioError
        If it cannot be read, or a key is unknown or a value out of range.
    """
    try:
        data = _read_toml(text_of(name))
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{name}: is not TOML: {error}") from None
    for override in overrides:
        _override(data, override)
    data.setdefault("name", Path(name).stem)
    try:
        return Scenario.model_validate(data)
    except ValidationError as error:
        raise ScenarioError(f"{name}: {_one_line(error)}") from None


def _read_toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError:
        raise
    except (ValueError, InvalidOperation):
        raise tomllib.TOMLDecodeError("a number is too large") from None


def _override(data: dict[str, Any], text: str) -> None:
    path, equals, value = text.partition("=")
    keys = [key.strip() for key in path.split(".")]
    if not equals or not all(keys):
        raise ScenarioError(f"--set {text!r}: write it as key=value, such as agents.bad.balance='1 ether'")
    table = data
    for key in keys[:-1]:
        inner = table.setdefault(key, {})
        if not isinstance(inner, dict):
            raise ScenarioError(f"--set {text!r}: {key} is a value, not a group of settings")
        table = inner
    table[keys[-1]] = _value(value.strip())


def _value(text: str) -> Any:
    try:
        read = _read_toml(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return read["value"] if len(read) == 1 else text


def _one_line(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"unknown key {place!r}"
    cause = first.get("ctx", {}).get("error")
    reason = str(cause) if isinstance(cause, InputError | ValueError) else str(first["msg"])
    value = first.get("input")
    told = isinstance(value, str) and repr(value) in reason
    got = str(value) if isinstance(value, Decimal) else repr(value)
    shown = f" (got {got})" if isinstance(value, int | float | str | Decimal) and not told else ""
    more = f"; and {error.error_count() - 1} more" if error.error_count() > 1 else ""
    return f"{place + ': ' if place else ''}{reason}{shown}{more}"
