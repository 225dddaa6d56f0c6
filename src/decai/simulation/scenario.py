"""Scenarios: what is simulated, typed, read from TOML, overridden from the command line."""

import json
import tomllib
from decimal import Decimal, InvalidOperation
from importlib import resources
from os.path import isfile
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from decai.errors import ScenarioError
from decai.simulation.scenario_faults import line_of
from decai.simulation.setting_types import (
    Agents,
    Duration,
    Expected,
    Fixed,
    Fraction,
    Group,
    Money,
    Name,
    Passes,
    Positive,
    Switch,
    Text,
    Wait,
    Whole,
    WrongSetting,
)
from decai.units import DAY, SCALE, format_seconds

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


class DataSpec(Group):
    """Which data, and how much of its training part the model starts from."""

    dataset: Text
    options: dict[str, Whole] = Field(default_factory=dict)
    initial: Fraction = 0.08
    """The part of the training data that the model is trained on before anybody contributes."""
    contributions: Positive | None = None
    """The most that is contributed; by default all the rest of the training data."""


class ModelSpec(Group):
    """Which classifier, and how it learns."""

    classifier: Literal[
        "sparse-perceptron", "dense-perceptron", "naive-bayes", "sparse-centroid", "dense-centroid"
    ]
    learning_rate: Fixed = SCALE // 100
    """Perceptrons: how far a contribution moves a weight."""
    initial_step: Fixed = SCALE
    """Sparse perceptron: how far a mistake moves a weight in initial training."""
    epochs: Passes = 1
    """Perceptrons: passes of initial training."""
    averaged: Switch = True
    """Sparse perceptron: whether initial training takes the mean of its models."""
    smoothing: Fixed = SCALE
    """Naive Bayes: what is added to every count."""


class IncentiveSpec(Group):
    """Which incentive mechanism, and its terms."""

    mechanism: Literal["stakeable", "points"] = "stakeable"
    cost_weight: Money = 0
    refund_wait: Duration = DAY
    owner_wait: Duration = 8 * DAY
    any_wait: Duration = 9 * DAY
    shares: Literal["count", "deposit"] = "count"

    @model_validator(mode="after")
    def _in_order(self) -> "IncentiveSpec":
        for earlier, later in (("refund_wait", "owner_wait"), ("owner_wait", "any_wait")):
            short, long = getattr(self, earlier), getattr(self, later)
            if short > long:
                raise WrongSetting(
                    later,
                    f"must not be less than {earlier}, which is {format_seconds(short)} "
                    f"(got {format_seconds(long)})",
                )
        return self


class AgentSpec(Group):
    """One agent, or `count` alike."""

    kind: Literal["honest", "malicious", "caller", "owner", "custom"]
    strategy: Text | None = None
    """For ``custom``: ``module:Class`` of a `decai.simulation.agents.Agent`."""
    count: Agents = 1
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
        if self.kind == "custom" and self.strategy is None:
            raise WrongSetting("strategy", "is missing; kind 'custom' needs one, such as 'my_module:MyAgent'")
        if self.kind != "custom" and self.strategy is not None:
            raise WrongSetting("strategy", f"is for kind 'custom' only (the kind is {self.kind!r})")
        if self.kind == "caller" and not self.fee:
            raise WrongSetting("fee", "must be above 0 for kind 'caller'")
        return self


class Scenario(Group):
    """Everything that decides a run, but for the seed."""

    name: Name = ""
    title: Text = ""
    data: DataSpec
    model: ModelSpec
    incentive: IncentiveSpec = IncentiveSpec()
    agents: Annotated[
        dict[str, AgentSpec],
        Field(min_length=1),
        Expected("a group of settings for each agent, at least one"),
    ]
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
                raise WrongSetting(
                    "agents", f"{name!r} is no name for an agent; use letters, digits, - and _"
                )
        owners = [name for name, agent in self.agents.items() if agent.kind == "owner"]
        if len(owners) > 1:
            raise WrongSetting("agents", f"only one can be of kind 'owner', not {' and '.join(owners)}")
        for name in owners:
            if (count := self.agents[name].count) > 1:
                raise WrongSetting(f"agents.{name}.count", f"must be 1 for kind 'owner' (got {count})")
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
    if data.get("name", "") == "":
        data["name"] = Path(name).stem
    try:
        return Scenario.model_validate(data)
    except ValidationError as error:
        raise ScenarioError(f"{name}: {line_of(error, Scenario)}") from None


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
