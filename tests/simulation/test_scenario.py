"""Scenarios: what they mean, and one clear line for whatever is wrong with one."""

from pathlib import Path

import pytest

from decai.errors import ScenarioError
from decai.simulation.scenario import Scenario, available, load, text_of
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
        "key",
        ["wrods", "data.wrods", "model.rate", "incentive.wait", "agents.good.balnce", "agents.owner.x"],
    )
    def test_an_unknown_key(self, plain: str, key: str) -> None:
        assert complaint(plain, f"{key}=1") == f"{plain}: unknown key {key!r}"

    @pytest.mark.parametrize(
        ("key", "value", "reason"),
        [
            # money
            ("agents.good.balance", "-1", "greater than or equal to 0 (got -1)"),
            ("agents.good.deposit_mean", "-0.1 ether", "greater than or equal to 0 (got '-0.1 ether')"),
            ("agents.good.deposit_stdev", "-1 wei", "greater than or equal to 0"),
            ("agents.good.claim_above", "-1", "greater than or equal to 0"),
            ("incentive.cost_weight", "-1", "greater than or equal to 0"),
            ("agents.good.balance", "5 dollars", "'5 dollars': unknown unit 'dollars'"),
            ("agents.good.balance", "5 min", "'5 min': unknown unit 'min'"),
            ("agents.good.balance", "ether", "'ether' is not an amount of money"),
            ("agents.good.balance", "", "'' is not an amount of money"),
            ("agents.good.balance", "1.2.3 ether", "is not an amount of money"),
            ("agents.good.balance", "0.5 wei", "'0.5 wei' is not a whole number of wei"),
            ("agents.good.balance", "0.0000000001 gwei", "is not a whole number of wei"),
            ("agents.good.balance", "1e-19 ether", "is not a whole number of wei"),
            ("agents.good.balance", "0.5", "must be a whole number or text with a unit (got 0.5)"),
            ("agents.good.balance", "1.0", "must be a whole number or text with a unit (got 1.0)"),
            ("agents.good.balance", "true", "must be a whole number or text with a unit (got True)"),
            ("agents.good.balance", "nan", "must be a whole number or text with a unit (got NaN)"),
            ("agents.good.balance", "inf", "must be a whole number or text with a unit"),
            ("agents.good.balance", "[1]", "must be a whole number or text with a unit"),
            ("agents.good.balance", "2020-01-01", "must be a whole number or text with a unit"),
            ("agents.good.balance", "1e99 ether", "is too large"),
            ("agents.good.balance", "1e21 ether", "less than"),
            # times
            ("agents.good.wait_mean", "0", "greater than or equal to 1 (got 0)"),
            ("agents.good.wait_mean", "0 s", "greater than or equal to 1"),
            ("agents.good.wait_mean", "-5 min", "greater than or equal to"),
            ("agents.good.wait_stdev", "-1", "greater than or equal to 0"),
            ("agents.good.wait_mean", "1 ether", "unknown unit 'ether'"),
            ("agents.good.wait_mean", "0.5 s", "'0.5 s' is not a whole number of s"),
            ("agents.good.wait_mean", "false", "must be a whole number or text with a unit (got False)"),
            ("agents.good.wait_mean", "nan", "must be a whole number or text with a unit"),
            ("agents.good.wait_mean", "1e9 days", "less than"),
            ("evaluate_every", "0", "greater than or equal to 1"),
            ("estimate_every", "0", "greater than or equal to 1"),
            ("duration", "0 days", "greater than or equal to 1"),
            ("incentive.refund_wait", "-1 day", "greater than or equal to 0"),
            # parts
            ("agents.good.mistake", "1.2", "less than or equal to 1 (got 1.2)"),
            ("agents.good.mistake", "-0.1", "greater than or equal to 0 (got -0.1)"),
            ("agents.good.mistake", "nan", "greater than or equal to 0 (got NaN)"),
            ("agents.good.mistake", "inf", "less than or equal to 1"),
            ("agents.good.mistake", "true", "must be a number (got True)"),
            ("agents.good.mistake", "half", "must be a number (got 'half')"),
            ("data.initial", "1.0000001", "less than or equal to 1"),
            ("data.initial", "-1", "greater than or equal to 0"),
            ("data.initial", "1e99999999999999999999", "must be a number"),
            # fixed point
            ("model.learning_rate", "0", "must be from 0.000000001 to 4.294967295 (got 0)"),
            ("model.learning_rate", "5", "must be from 0.000000001 to 4.294967295 (got 5)"),
            ("model.learning_rate", "4.2949672955", "must be from 0.000000001 to 4.294967295"),
            ("model.learning_rate", "-0.01", "must be from 0.000000001 to 4.294967295"),
            ("model.learning_rate", "0.0000000004", "must be from 0.000000001 to 4.294967295"),
            ("model.learning_rate", "nan", "is not a finite number"),
            ("model.learning_rate", "-inf", "is not a finite number"),
            ("model.learning_rate", "fast", "'fast' is not a number"),
            ("model.learning_rate", "true", "must be a number (got True)"),
            ("model.smoothing", "0", "must be from"),
            ("model.initial_step", "0", "must be from"),
            # whole numbers
            ("agents.good.count", "0", "greater than or equal to 1"),
            ("agents.good.count", "1.5", "valid integer"),
            ("agents.good.count", "true", "valid integer (got True)"),
            ("agents.good.count", "many", "valid integer (got 'many')"),
            ("agents.good.count", "1000001", "less than or equal to 1000000"),
            ("model.epochs", "0", "greater than or equal to 1"),
            ("model.epochs", "1001", "less than or equal to 1000"),
            ("data.contributions", "0", "greater than or equal to 1"),
            ("data.options.words", "true", "valid integer (got True)"),
            ("data.options.words", "ten", "valid integer (got 'ten')"),
            # choices and texts
            ("model.classifier", "oracle", "'sparse-perceptron', "),
            ("incentive.mechanism", "lottery", "'stakeable' or 'points' (got 'lottery')"),
            ("incentive.shares", "age", "'count' or 'deposit' (got 'age')"),
            ("agents.good.kind", "evil", "(got 'evil')"),
            ("model.averaged", "1", "valid boolean (got 1)"),
            ("data.dataset", "7", "valid string (got 7)"),
            # groups
            ("data", "7", "valid dictionary"),
            ("agents.good", "7", "valid dictionary"),
            ("agents", "{}", "at least 1 item"),
        ],
    )
    def test_a_value_out_of_range(self, plain: str, key: str, value: str, reason: str) -> None:
        line = complaint(plain, f"{key}={value}")
        assert line.startswith(f"{plain}: {key}: ")
        assert reason in line

    @pytest.mark.parametrize(
        "waits",
        [
            ("refund_wait=9 days",),
            ("owner_wait=10 days",),
            ("any_wait=7 days",),
            ("refund_wait=2", "owner_wait=1", "any_wait=3"),
            ("owner_wait=1",),
        ],
    )
    def test_waits_out_of_order(self, plain: str, waits: tuple[str, ...]) -> None:
        line = complaint(plain, *(f"incentive.{wait}" for wait in waits))
        expected = "incentive: the waits must be in order: refund_wait, owner_wait, any_wait"
        assert line == f"{plain}: {expected}"

    def test_equal_waits_are_in_order(self, plain: str) -> None:
        waits = ["incentive.refund_wait=5", "incentive.owner_wait=5", "incentive.any_wait=5"]
        assert load(plain, waits).incentive.any_wait == 5

    @pytest.mark.parametrize("key", ["kind", "wait_mean"])
    def test_a_missing_key(self, tmp_path: Path, key: str) -> None:
        lines = [line for line in PLAIN.splitlines() if not line.startswith(f"{key} = ")]
        name = written(tmp_path, "\n".join(lines))
        assert complaint(name).startswith(f"{name}: agents.good.{key}: Field required")

    @pytest.mark.parametrize("group", ["data", "model", "agents"])
    def test_a_missing_group(self, tmp_path: Path, group: str) -> None:
        parts = [part for part in PLAIN.split("\n\n") if not part.startswith(f"[{group}")]
        name = written(tmp_path, "\n\n".join(parts))
        assert complaint(name) == f"{name}: {group}: Field required"

    def test_several_faults_are_counted(self, plain: str) -> None:
        line = complaint(plain, "model.epochs=0", "agents.good.count=0")
        assert line.startswith(f"{plain}: model.epochs: ")
        assert line.endswith("; and 1 more")

    def test_a_custom_agent_needs_a_strategy(self, plain: str) -> None:
        expected = f"{plain}: agents.good: a strategy is needed for kind 'custom', and only there"
        assert complaint(plain, "agents.good.kind=custom") == expected
        assert complaint(plain, "agents.good.strategy=x:Y") == expected

    @pytest.mark.parametrize("fee", [[], ["agents.good.fee=0"]])
    def test_a_caller_needs_a_fee(self, plain: str, fee: list[str]) -> None:
        line = complaint(plain, "agents.good.kind=caller", *fee)
        assert line == f"{plain}: agents.good: a caller needs a fee above 0"

    def test_there_is_one_owner(self, plain: str) -> None:
        assert complaint(plain, "agents.good.kind=owner") == f"{plain}: at most one agent can be the owner"
        assert complaint(plain, "agents.owner.count=2") == f"{plain}: there is only one owner"

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
        assert complaint(name) == f"{name}: data: Field required; and 2 more"
