"""Scenarios: what they mean, and one clear line for whatever is wrong with one."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from decai.errors import ScenarioError
from decai.simulation.scenario import AgentSpec, Scenario, available, load, text_of
from decai.simulation.scenario_faults import expected
from decai.simulation.setting_types import Group
from decai.units import DAY

PLAIN = """
title = "Plain"

[data]
dataset = "tiny"

[model]
classifier = "sparse-perceptron"
learning_rate = 0.01

[incentive]
cost_weight = "0.0001 ether"

[agents.good]
kind = "honest"
balance = "10 ether"
deposit_mean = "0.05 ether"
wait_mean = "10 min"

[agents.owner]
kind = "owner"
wait_mean = "1 day"
"""


MONEY = "a whole number of wei, or text with a unit such as '0.05 ether', from 0 to below 2^128 wei"
DURATION = "a whole number of seconds, or text with a unit such as '10 min', from 0 to below 2^40 s"
WAIT = "a whole number of seconds, or text with a unit such as '10 min', from 1 s to below 2^40 s"
NAME = "a line of text of at most 100 characters"
FRACTION = "a number from 0 to 1"
FIXED = "a number from 0.000000001 to 4.294967295"
KINDS = "one of 'honest', 'malicious', 'caller', 'owner', 'custom'"
CLASSIFIERS = (
    "one of 'sparse-perceptron', 'dense-perceptron', 'naive-bayes', 'sparse-centroid', 'dense-centroid'"
)

NO_MONEY = "is not an amount of money; write it like '0.05 ether' or '3 gwei'"

WRONG = [
    # money
    ("agents.good.balance", "-1", "-1", MONEY),
    ("agents.good.deposit_mean", "-0.1 ether", "'-0.1 ether'", MONEY),
    ("agents.good.deposit_stdev", "-1 wei", "'-1 wei'", MONEY),
    ("agents.good.claim_above", "-1", "-1", MONEY),
    ("agents.good.fee", "-1", "-1", MONEY),
    ("incentive.cost_weight", "-1", "-1", MONEY),
    ("agents.good.balance", "0.5", "0.5", MONEY),
    ("agents.good.balance", "1.0", "1.0", MONEY),
    ("agents.good.balance", "true", "true", MONEY),
    ("agents.good.balance", "nan", "nan", MONEY),
    ("agents.good.balance", "-inf", "-inf", MONEY),
    ("agents.good.balance", "[1]", "a list", MONEY),
    ("agents.good.balance", "{ether = 1}", "a group of settings", MONEY),
    ("agents.good.balance", "2020-01-01", "2020-01-01", MONEY),
    ("agents.good.balance", "07:30:00", "07:30:00", MONEY),
    ("agents.good.balance", "1e21 ether", "'1e21 ether'", MONEY),
    # times
    ("agents.good.wait_mean", "0", "0", WAIT),
    ("agents.good.wait_mean", "0 s", "'0 s'", WAIT),
    ("agents.good.wait_mean", "-5 min", "'-5 min'", WAIT),
    ("agents.good.wait_stdev", "-1", "-1", DURATION),
    ("agents.good.wait_mean", "false", "false", WAIT),
    ("agents.good.wait_mean", "nan", "nan", WAIT),
    ("agents.good.wait_mean", "1e9 days", "'1e9 days'", WAIT),
    ("agents.good.wait_mean", "1099511627776", "1099511627776", WAIT),
    ("evaluate_every", "0", "0", WAIT),
    ("estimate_every", "0", "0", WAIT),
    ("duration", "0 days", "'0 days'", WAIT),
    ("incentive.refund_wait", "-1 day", "'-1 day'", DURATION),
    # parts
    ("agents.good.mistake", "1.2", "1.2", FRACTION),
    ("agents.good.mistake", "-0.1", "-0.1", FRACTION),
    ("agents.good.mistake", "nan", "nan", FRACTION),
    ("agents.good.mistake", "inf", "inf", FRACTION),
    ("agents.good.mistake", "true", "true", FRACTION),
    ("agents.good.mistake", "half", "'half'", FRACTION),
    ("data.initial", "1.0000001", "1.0000001", FRACTION),
    ("data.initial", "-1", "-1", FRACTION),
    ("data.initial", "1e99999999999999999999", "'1e99999999999999999999'", FRACTION),
    # fixed point
    ("model.learning_rate", "0", "0", FIXED),
    ("model.learning_rate", "5", "5", FIXED),
    ("model.learning_rate", "4.2949672955", "4.2949672955", FIXED),
    ("model.learning_rate", "-0.01", "-0.01", FIXED),
    ("model.learning_rate", "0.0000000004", "4e-10", FIXED),
    ("model.learning_rate", "true", "true", FIXED),
    ("model.learning_rate", "[]", "a list", FIXED),
    ("model.learning_rate", "nan", "nan", FIXED),
    ("model.learning_rate", "-inf", "-inf", FIXED),
    ("model.learning_rate", "'0'", "'0'", FIXED),
    ("model.smoothing", "0", "0", FIXED),
    ("model.initial_step", "0", "0", FIXED),
    # whole numbers
    ("agents.good.count", "0", "0", "a whole number from 1 to 1,000,000"),
    ("agents.good.count", "1.5", "1.5", "a whole number from 1 to 1,000,000"),
    ("agents.good.count", "2.0", "2.0", "a whole number from 1 to 1,000,000"),
    ("agents.good.count", "true", "true", "a whole number from 1 to 1,000,000"),
    ("agents.good.count", "many", "'many'", "a whole number from 1 to 1,000,000"),
    ("agents.good.count", "1000001", "1000001", "a whole number from 1 to 1,000,000"),
    ("model.epochs", "0", "0", "a whole number from 1 to 1,000"),
    ("model.epochs", "1001", "1001", "a whole number from 1 to 1,000"),
    ("data.contributions", "0", "0", "a whole number, at least 1"),
    ("data.contributions", "all", "'all'", "a whole number, at least 1"),
    ("data.options.words", "true", "true", "a whole number"),
    ("data.options.words", "ten", "'ten'", "a whole number"),
    ("data.options.words", "{a = 1}", "a group of settings", "a whole number"),
    # choices and texts
    ("model.classifier", "oracle", "'oracle'", CLASSIFIERS),
    ("model.classifier", "7", "7", CLASSIFIERS),
    ("incentive.mechanism", "lottery", "'lottery'", "one of 'stakeable', 'points'"),
    ("incentive.shares", "age", "'age'", "one of 'count', 'deposit'"),
    ("agents.good.kind", "evil", "'evil'", KINDS),
    ("model.averaged", "1", "1", "true or false"),
    ("model.averaged", "yes", "'yes'", "true or false"),
    ("data.dataset", "7", "7", "text"),
    ("title", "false", "false", "text"),
    ("name", "[]", "a list", NAME),
    ("name", '"a\\nb"', "'a\\nb'", NAME),
    ("name", "x" * 101, f"'{'x' * 76}...", NAME),
    ("agents.good.strategy", "7", "7", "text"),
    # groups
    ("data", "7", "7", "a group of settings, [data] in a file"),
    ("incentive", "none", "'none'", "a group of settings, [incentive] in a file"),
    ("data.options", "7", "7", "a group of settings, [data.options] in a file"),
    ("agents.good", "7", "7", "a group of settings, [agents.good] in a file"),
    ("agents", "7", "7", "a group of settings for each agent, at least one"),
    ("agents", "{}", "an empty group", "a group of settings for each agent, at least one"),
    ("agents", "[]", "a list", "a group of settings for each agent, at least one"),
]
"""A key, what is written there, how that is shown, and what is allowed."""

UNREADABLE = [
    (
        "agents.good.balance",
        "5 dollars",
        "'5 dollars': unknown unit 'dollars'; use one of wei, gwei, finney, eth, ether",
        MONEY,
    ),
    (
        "agents.good.balance",
        "5 min",
        "'5 min': unknown unit 'min'; use one of wei, gwei, finney, eth, ether",
        MONEY,
    ),
    ("agents.good.balance", "ether", f"'ether' {NO_MONEY}", MONEY),
    ("agents.good.balance", "", f"'' {NO_MONEY}", MONEY),
    ("agents.good.balance", "1.2.3 ether", f"'1.2.3 ether' {NO_MONEY}", MONEY),
    ("agents.good.balance", "0.5 wei", "'0.5 wei' is not a whole number of wei", MONEY),
    ("agents.good.balance", "1e-19 ether", "'1e-19 ether' is not a whole number of wei", MONEY),
    ("agents.good.balance", "1e99 ether", "'1e99 ether' is too large", MONEY),
    (
        "agents.good.wait_mean",
        "1 ether",
        "'1 ether': unknown unit 'ether'; use one of s, second, min, minute, h, hour, d, day, week, w",
        WAIT,
    ),
    ("agents.good.wait_mean", "0.5 s", "'0.5 s' is not a whole number of s", WAIT),
    (
        "duration",
        "soon",
        "'soon' is not a duration; write it like '10 min' or '1 day'",
        WAIT,
    ),
    ("model.learning_rate", "fast", "'fast' is not a number", FIXED),
]
"""A key, what is written there, what is the matter with it, and what is allowed."""


@pytest.fixture
def plain(tmp_path: Path) -> str:
    """The path of a small scenario."""
    return written(tmp_path, PLAIN)


def written(folder: Path, text: str) -> str:
    path = folder / "plain.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def complaint(name: str, *overrides: str) -> str:
    """The one line that refuses it."""
    with pytest.raises(ScenarioError) as error:
        load(name, overrides)
    line = str(error.value)
    assert line
    assert "\n" not in line
    return line


class TestMeaning:
    """What the text of a scenario stands for."""

    def test_money_is_wei(self, plain: str) -> None:
        scenario = load(plain)
        assert scenario.agents["good"].balance == 10 * 10**18
        assert scenario.agents["good"].deposit_mean == 5 * 10**16
        assert scenario.incentive.cost_weight == 10**14

    @pytest.mark.parametrize(
        ("text", "wei"),
        [
            ("7", 7),
            ("0", 0),
            ('"7"', 7),
            ("7 wei", 7),
            ("3 gwei", 3 * 10**9),
            ("0.000000001 gwei", 1),
            ("1.5 eth", 15 * 10**17),
            ("1e3 wei", 1_000),
            ("1_000", 1_000),
            ("123456789.123456789123456789 ether", 123456789123456789123456789),
        ],
    )
    def test_money_is_read_to_the_wei(self, plain: str, text: str, wei: int) -> None:
        assert load(plain, [f"agents.good.balance={text}"]).agents["good"].balance == wei

    @pytest.mark.parametrize(
        ("text", "seconds"), [("7", 7), ("90 s", 90), ("10 min", 600), ("1.5 h", 5_400), ("2 days", 172_800)]
    )
    def test_times_are_seconds(self, plain: str, text: str, seconds: int) -> None:
        assert load(plain, [f"agents.good.wait_mean={text}"]).agents["good"].wait_mean == seconds

    @pytest.mark.parametrize(
        ("text", "fixed"),
        [
            ("0.01", 10**7),
            ("1", 10**9),
            ("4.294967295", 2**32 - 1),
            ("0.000000001", 1),
            ("0.0000000015", 2),  # 1.5, half to even
            ("0.0000000025", 2),  # 2.5, half to even
            ("0.1", 10**8),
        ],
    )
    def test_parameters_are_fixed_point_rounded_half_to_even(self, plain: str, text: str, fixed: int) -> None:
        assert load(plain, [f"model.learning_rate={text}"]).model.learning_rate == fixed

    def test_what_is_left_out_has_a_default(self, plain: str) -> None:
        scenario = load(plain)
        assert (scenario.incentive.refund_wait, scenario.incentive.owner_wait) == (DAY, 8 * DAY)
        assert scenario.incentive.any_wait == 9 * DAY
        assert scenario.agents["good"].count == 1
        assert scenario.agents["good"].mistake == 0
        assert scenario.evaluate_every == scenario.estimate_every == DAY

    def test_the_name_is_that_of_the_file(self, plain: str) -> None:
        assert load(plain).name == "plain"

    @pytest.mark.parametrize("given", ["name=", 'name=""'])
    def test_a_name_is_never_empty(self, plain: str, given: str) -> None:
        assert load(plain, [given]).name == "plain"

    def test_agents_keep_the_order_of_the_file(self, plain: str) -> None:
        assert list(load(plain).agents) == ["good", "owner"]

    def test_a_scenario_never_changes(self, plain: str) -> None:
        scenario = load(plain)
        with pytest.raises(ValueError, match="frozen"):
            scenario.duration = 5


class TestCanonical:
    """One text for one meaning."""

    def test_units_and_defaults_written_out_make_no_difference(self, plain: str) -> None:
        other = load(
            plain,
            ["agents.good.wait_mean=600 s", "agents.good.balance=10000 finney", "incentive.refund_wait=24 h"],
        )
        assert other.canonical() == load(plain).canonical()

    def test_the_title_makes_no_difference(self, plain: str) -> None:
        assert load(plain, ["title=Fancy"]).canonical() == load(plain).canonical()

    @pytest.mark.parametrize(
        "override",
        [
            "agents.good.balance=1",
            "data.initial=0.09",
            "model.epochs=2",
            "evaluate_every=1",
            "agents.good.mistake=0.5",
        ],
    )
    def test_a_setting_makes_a_difference(self, plain: str, override: str) -> None:
        assert load(plain, [override]).canonical() != load(plain).canonical()

    def test_it_is_one_line(self, plain: str) -> None:
        assert "\n" not in load(plain).canonical()


class TestOverrides:
    """``--set key=value``."""

    def test_reach_into_groups(self, plain: str) -> None:
        scenario = load(plain, ["agents.good.mistake=0.25", "model.epochs=3", "duration=5 days"])
        assert scenario.agents["good"].mistake == 0.25
        assert scenario.model.epochs == 3
        assert scenario.duration == 5 * DAY

    def test_may_make_groups(self, plain: str) -> None:
        scenario = load(
            plain, ["agents.bad.kind=malicious", "agents.bad.wait_mean=1 h", "data.options.words=50"]
        )
        assert scenario.agents["bad"].kind == "malicious"
        assert scenario.data.options == {"words": 50}

    def test_are_values_as_in_the_file_or_else_text(self, plain: str) -> None:
        assert load(plain, ['title="In quotes"']).title == "In quotes"
        assert load(plain, ["title=Not in quotes"]).title == "Not in quotes"
        assert load(plain, ["title=a=b"]).title == "a=b"
        assert load(plain, ["model.averaged=false"]).model.averaged is False

    def test_may_have_spaces_around(self, plain: str) -> None:
        assert load(plain, [" model . epochs = 3 "]).model.epochs == 3

    def test_later_ones_win(self, plain: str) -> None:
        assert load(plain, ["model.epochs=3", "model.epochs=4"]).model.epochs == 4

    def test_set_one_key_each(self, plain: str) -> None:
        # a line break does not smuggle in a second key
        line = complaint(plain, "model.epochs=3\nx=4")
        assert "model.epochs: " in line

    def test_do_not_touch_the_file(self, plain: str) -> None:
        load(plain, ["model.epochs=3"])
        assert Path(plain).read_text(encoding="utf-8") == PLAIN

    @pytest.mark.parametrize("override", ["nothing", "", "=3", ".x=3", "x.=3", "a..b=3", " = "])
    def test_must_be_a_key_and_a_value(self, plain: str, override: str) -> None:
        line = complaint(plain, override)
        assert line == f"--set {override!r}: write it as key=value, such as agents.bad.balance='1 ether'"

    def test_must_not_go_through_a_value(self, plain: str) -> None:
        line = complaint(plain, "data.dataset.words=3")
        assert line == "--set 'data.dataset.words=3': dataset is a value, not a group of settings"


class TestRefusals:
    """One line that names the key."""

    @pytest.mark.parametrize(
        ("key", "meant"),
        [
            ("eval_every", "evaluate_every"),
            ("data.data_set", "data.dataset"),
            ("model.learning-rate", "model.learning_rate"),
            ("incentive.anywait", "incentive.any_wait"),
            ("agents.good.balnce", "agents.good.balance"),
        ],
    )
    def test_a_key_that_was_misspelt(self, plain: str, key: str, meant: str) -> None:
        assert complaint(plain, f"{key}=1") == f"{plain}: unknown key {key!r}; did you mean {meant!r}?"

    @pytest.mark.parametrize(
        ("key", "known"),
        [
            (
                "colour",
                "name, title, data, model, incentive, agents, evaluate_every, estimate_every, duration",
            ),
            ("data.x", "dataset, options, initial, contributions"),
            ("model.x", "classifier, learning_rate, initial_step, epochs, averaged, smoothing"),
            ("incentive.colour", "mechanism, cost_weight, refund_wait, owner_wait, any_wait, shares"),
            (
                "agents.owner.x",
                "kind, strategy, count, balance, deposit_mean, deposit_stdev, wait_mean, wait_stdev, "
                "mistake, fee, claim_above",
            ),
        ],
    )
    def test_an_unknown_key(self, plain: str, key: str, known: str) -> None:
        assert complaint(plain, f"{key}=1") == f"{plain}: unknown key {key!r}; there are {known}"

    @pytest.mark.parametrize(("key", "value", "got", "allowed"), WRONG)
    def test_a_value_out_of_range(self, plain: str, key: str, value: str, got: str, allowed: str) -> None:
        assert complaint(plain, f"{key}={value}") == f"{plain}: {key}: must be {allowed} (got {got})"

    @pytest.mark.parametrize(("key", "value", "reason", "allowed"), UNREADABLE)
    def test_a_value_that_cannot_be_read(
        self, plain: str, key: str, value: str, reason: str, allowed: str
    ) -> None:
        assert complaint(plain, f"{key}={value}") == f"{plain}: {key}: {reason}; it must be {allowed}"

    @pytest.mark.parametrize(
        ("key", "allowed"),
        [
            ("data.initial", FRACTION),
            ("model.learning_rate", FIXED),
            ("agents.good.balance", MONEY),
            ("agents.good.wait_mean", WAIT),
            ("agents.good.count", "a whole number from 1 to 1,000,000"),
        ],
    )
    @pytest.mark.parametrize("sign", ["", "-"])
    def test_a_number_of_any_size(self, plain: str, key: str, allowed: str, sign: str) -> None:
        line = complaint(plain, f"{key}={sign}{'9' * 400}")
        assert line == f"{plain}: {key}: must be {allowed} (got {(sign + '9' * 400)[:77]}...)"

    def test_a_value_is_shown_shortened(self, plain: str) -> None:
        line = complaint(plain, f"model.epochs={'9' * 4_000}")
        assert line.endswith(f"(got {'9' * 77}...)")

    def test_every_setting_says_what_it_must_be(self) -> None:
        def settings(kind: Any, place: list[str]) -> Iterator[list[str]]:
            for name, field in kind.model_fields.items():
                here = [*place, name]
                yield here
                if name == "agents":
                    yield [*here, "ada"]
                    yield from settings(AgentSpec, [*here, "ada"])
                elif name == "options":
                    yield [*here, "words"]
                elif isinstance(field.annotation, type) and issubclass(field.annotation, Group):
                    yield from settings(field.annotation, here)

        places = list(settings(Scenario, []))
        assert len(places) == 38
        for place in places:
            assert re.match(r"(a|one of|text|true or false)\b", expected(place, Scenario)), place

    @pytest.mark.parametrize(
        ("waits", "key", "reason"),
        [
            (("refund_wait=9 days",), "owner_wait", "refund_wait, which is 9 d (got 8 d)"),
            (("owner_wait=10 days",), "any_wait", "owner_wait, which is 10 d (got 9 d)"),
            (("any_wait=7 days",), "any_wait", "owner_wait, which is 8 d (got 7 d)"),
            (("refund_wait=2", "owner_wait=1"), "owner_wait", "refund_wait, which is 2 s (got 1 s)"),
            (("owner_wait=1",), "owner_wait", "refund_wait, which is 1 d (got 1 s)"),
        ],
    )
    def test_waits_out_of_order(self, plain: str, waits: tuple[str, ...], key: str, reason: str) -> None:
        line = complaint(plain, *(f"incentive.{wait}" for wait in waits))
        assert line == f"{plain}: incentive.{key}: must not be less than {reason}"

    def test_equal_waits_are_in_order(self, plain: str) -> None:
        waits = ["incentive.refund_wait=5", "incentive.owner_wait=5", "incentive.any_wait=5"]
        assert load(plain, waits).incentive.any_wait == 5

    @pytest.mark.parametrize(
        ("key", "place", "allowed"),
        [
            ("kind", "agents.good.kind", KINDS),
            ("wait_mean", "agents.good.wait_mean", WAIT),
            ("dataset", "data.dataset", "text"),
            ("classifier", "model.classifier", CLASSIFIERS),
        ],
    )
    def test_a_missing_key(self, tmp_path: Path, key: str, place: str, allowed: str) -> None:
        lines = [line for line in PLAIN.splitlines() if not line.startswith(f"{key} = ")]
        name = written(tmp_path, "\n".join(lines))
        assert (
            complaint(name).removesuffix("; and 1 more")
            == f"{name}: {place}: is missing; it must be {allowed}"
        )

    @pytest.mark.parametrize(
        ("group", "allowed"),
        [
            ("data", "a group of settings, [data] in a file"),
            ("model", "a group of settings, [model] in a file"),
            ("agents", "a group of settings for each agent, at least one"),
        ],
    )
    def test_a_missing_group(self, tmp_path: Path, group: str, allowed: str) -> None:
        parts = [part for part in PLAIN.split("\n\n") if not part.startswith(f"[{group}")]
        name = written(tmp_path, "\n\n".join(parts))
        assert complaint(name) == f"{name}: {group}: is missing; it must be {allowed}"

    def test_several_faults_are_counted(self, plain: str) -> None:
        line = complaint(plain, "model.epochs=0", "agents.good.count=0")
        assert line.startswith(f"{plain}: model.epochs: ")
        assert line.endswith("; and 1 more")

    def test_a_custom_agent_needs_a_strategy(self, plain: str) -> None:
        key = f"{plain}: agents.good.strategy"
        missing = f"{key}: is missing; kind 'custom' needs one, such as 'my_module:MyAgent'"
        assert complaint(plain, "agents.good.kind=custom") == missing
        needless = f"{key}: is for kind 'custom' only (the kind is 'honest')"
        assert complaint(plain, "agents.good.strategy=x:Y") == needless

    @pytest.mark.parametrize("fee", [[], ["agents.good.fee=0"]])
    def test_a_caller_needs_a_fee(self, plain: str, fee: list[str]) -> None:
        line = complaint(plain, "agents.good.kind=caller", *fee)
        assert line == f"{plain}: agents.good.fee: must be above 0 for kind 'caller'"

    def test_there_is_one_owner(self, plain: str) -> None:
        two = f"{plain}: agents: only one can be of kind 'owner', not good and owner"
        assert complaint(plain, "agents.good.kind=owner") == two
        many = f"{plain}: agents.owner.count: must be 1 for kind 'owner' (got 2)"
        assert complaint(plain, "agents.owner.count=2") == many

    @pytest.mark.parametrize("name", ["a b", "a/b", "a\\\\b", "ä!", ""])
    def test_agent_names_are_plain(self, tmp_path: Path, name: str) -> None:
        path = written(tmp_path, PLAIN.replace("[agents.good]", f'[agents."{name}"]'))
        assert "use letters, digits, - and _" in complaint(path)


class TestFiles:
    """Where scenarios come from."""

    def test_shipped_ones_are_listed_by_name_with_their_titles(self) -> None:
        titles = available()
        assert list(titles) == sorted(titles)
        assert {"imdb-perceptron", "tiny"} <= set(titles)
        assert all(titles.values())

    @pytest.mark.parametrize("name", sorted(available()))
    def test_shipped_ones_can_be_loaded(self, name: str) -> None:
        scenario = load(name)
        assert isinstance(scenario, Scenario)
        assert scenario.name == name
        assert f'title = "{scenario.title}"' in text_of(name)

    def test_an_unknown_name_is_told_which_there_are(self) -> None:
        line = complaint("imbd-perceptron")
        assert line.startswith("unknown scenario 'imbd-perceptron'; there are ")
        assert "imdb-perceptron" in line
        assert line.endswith(", or give a .toml file")

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        name = str(tmp_path / "missing.toml")
        assert complaint(name) == f"{name}: cannot be read: No such file or directory"

    def test_a_folder_is_no_scenario(self, tmp_path: Path) -> None:
        assert complaint(str(tmp_path)).startswith(f"unknown scenario {str(tmp_path)!r}")
        folder = tmp_path / "folder.toml"
        folder.mkdir()
        assert complaint(str(folder)) == f"{folder}: cannot be read: Is a directory"

    def test_a_file_needs_no_toml_in_its_name(self, tmp_path: Path) -> None:
        path = tmp_path / "plain.txt"
        path.write_text(PLAIN, encoding="utf-8")
        assert load(str(path)).title == "Plain"

    @pytest.mark.parametrize("name", ["a" * 5_000, "a" * 5_000 + ".toml"])
    def test_a_name_longer_than_any_file_name_is_unknown(self, name: str) -> None:
        assert name in complaint(name)

    def test_a_file_in_another_encoding_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "plain.toml"
        path.write_bytes('title = "Café"'.encode("latin-1"))
        assert complaint(str(path)) == f"{path}: cannot be read: it is not UTF-8 text"

    @pytest.mark.parametrize(
        "text",
        [
            "[data",
            "data = ",
            "x = 1\nx = 2",
            "just words",
            'title = "cut of',
            "x = 2020-13-45",
            PLAIN + '\n[data]\ndataset = "tiny"\n',
            "x = " + "9" * 5_000,
            "x = 1e99999999999999999999",
        ],
    )
    def test_broken_toml_is_named(self, tmp_path: Path, text: str) -> None:
        name = written(tmp_path, text)
        assert complaint(name).startswith(f"{name}: is not TOML: ")

    def test_an_empty_file_lacks_its_groups(self, tmp_path: Path) -> None:
        name = written(tmp_path, "")
        assert complaint(name) == (
            f"{name}: data: is missing; it must be a group of settings, [data] in a file; and 2 more"
        )
