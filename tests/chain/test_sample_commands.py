"""Samples on the command line: vectors, texts and records, single ones and tables, for every command."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from decai import dataset
from decai.chain.rpc import RpcChain
from decai.dataset import titanic
from decai.units import Seconds
from tests.chain.commands import SPARSE, Give

DENSE: dict[str, Any] = {
    "type": "dense perceptron",
    "classifications": ["no", "yes"],
    "weights": [0.5, 0, -0.25],
    "learningRate": 0.25,
}
"""Of (3, 0, -4) / 5 it says yes, since 0.6 * 0.5 + 0.8 * 0.25 = 0.5; of the opposite, no."""
AGREES, EXACTLY = "3,0,-4", [600_000_000, 0, -800_000_000]
FIXED_POINT = "Multiply by 1E9, then round"
WAITS = ["--refund-wait=60", "--owner-claim-wait=2 min", "--any-claim-wait=3 min", "--cost-weight=7 gwei"]


@pytest.fixture
def chain(node: str) -> RpcChain:
    return RpcChain(node)


def deploy(give: Give, content: dict[str, Any], *options: object) -> str:
    Path("model.json").write_text(json.dumps(content))
    return str(give("deploy", "model.json", *options, "--json").told()["address"])


def predicted(give: Give, model: str, *options: object) -> dict[str, Any]:
    return give("model", "predict", model, *options, "--json").told()


class TestVector:
    """A model of vectors of three numbers."""

    @pytest.fixture
    def model(self, give: Give) -> str:
        return deploy(give, DENSE, *WAITS)

    def test_is_scaled_to_norm_1(self, give: Give, model: str) -> None:
        for numbers in (AGREES, "[0.6, 0, -0.8]", "3e-5,0,-4e-5", "0.003, 0, -0.004"):
            told = predicted(give, model, f"--numbers={numbers}")
            assert (told["class"], told["features"]) == ("yes", EXACTLY)
        assert predicted(give, model, "--numbers=-3,0,4")["class"] == "no"

    def test_a_person_is_told_so(self, give: Give, model: str) -> None:
        done = give("model", "predict", model, f"--numbers={AGREES}")
        assert (done.code, done.out) == (0, "yes\n")
        assert done.err == "the numbers count by their proportions; scaled to norm 1: 0.6, 0, -0.8\n"

    def test_may_be_given_exactly_in_fixed_point(self, give: Give, model: str) -> None:
        told = predicted(give, model, "--features=600000000,0,-800000000")
        assert (told["class"], told["features"]) == ("yes", EXACTLY)
        done = give("model", "predict", model, "--features=3,0,-4")
        done.refused("dense-perceptron: the provided data does not have a norm of 1")

    @pytest.mark.parametrize(
        "naming", [f"--numbers={AGREES}", "--features=600000000,0,-800000000", "--file=one.csv", "--number"]
    )
    def test_is_contributed_and_refunded_by_any_of_its_names(
        self, give: Give, chain: RpcChain, model: str, naming: str
    ) -> None:
        Path("one.csv").write_text(f"x,y,z\n{AGREES}\n")
        how = naming if naming != "--number" else f"--numbers={AGREES}"
        told = give("model", "add-data", model, how, "--label=yes", "--json").told()
        assert (told["features"], told["label"]) == (EXACTLY, 1)
        chain.advance_to(Seconds(told["added"] + 60))
        known = [naming, "--label=yes", f"--added={told['added']}"]
        if naming == "--number":
            known = ["--number=0"]
        claimed = give("model", "refund", model, *known, "--json").told()
        assert (claimed["path"], claimed["amount"]) == ("refund", told["cost"])
        assert give("model", "verify", model).code == 0

    def test_is_reported(self, give: Give, chain: RpcChain, model: str) -> None:
        ada, bo = chain.accounts[:2]
        good = give("model", "add-data", model, f"--numbers={AGREES}", "--label=yes", "--json").told()
        bad = give(
            *("model", "add-data", model, "--numbers=1,0,0", "--label=no", "--json", "--account", bo)
        ).told()
        chain.advance_to(Seconds(bad["added"] + 60))
        give("model", "refund", model, "--number=0", "--json").told()
        known = ["--numbers=1,0,0", "--label=no", f"--added={bad['added']}", f"--author={bo}"]
        reported = give("model", "report", model, *known, "--json").told()
        assert (reported["path"], reported["amount"], good["sender"]) == ("report", bad["cost"], ada)

    def test_what_was_contributed_is_told(self, give: Give, model: str) -> None:
        done = give("model", "add-data", model, f"--numbers={AGREES}", "--label=yes")
        assert done.out.startswith("Contributed 3 numbers as yes; deposit ")

    def test_of_an_encoder_that_scales_nothing_is_taken_as_it_is(self, give: Give) -> None:
        model = deploy(give, DENSE, *WAITS, "--encoder", FIXED_POINT)
        assert predicted(give, model, "--numbers=0.6,0,-0.8")["features"] == EXACTLY
        assert predicted(give, model, "--sample=0.6,0,-0.8")["features"] == EXACTLY
        assert give("model", "predict", model, "--numbers=0.6,0,-0.8").err == ""
        done = give("model", "predict", model, f"--numbers={AGREES}")
        done.refused("dense-perceptron: the provided data does not have a norm of 1")

    @pytest.mark.parametrize(
        ("options", "part"),
        [
            ("--numbers=1,2", "--numbers: 2 numbers, and this model takes 3"),
            ("--numbers=1", "--numbers: 1 number, and this model takes 3"),
            ("--numbers=", "--numbers: 0 numbers, and this model takes 3"),
            ("--numbers=1,2,x", "--numbers: 'x' is no number; give numbers such as 1,2.5"),
            ("--numbers=1,2,nan", "--numbers: 'nan' is not finite"),
            ("--numbers=1,2,1e999", "--numbers: '1e999' is not finite, or far too large"),
            ("--numbers=0,0,0", "has no direction"),
            ("--features=1,x,3", "--features: 'x' is no number of a vector in fixed point"),
            (f"--features=1,2,{'9' * 5_000}", "is no number of a vector in fixed point"),
            ("--features=600000000,-800000000", "dense-perceptron: the provided data must have 3 values"),
            ("--text=good", "the encoder of this model is 'none', which takes no text; give --numbers"),
            ("--file=wrong.csv", "wrong.csv, line 3: 2 numbers, and this model takes 3"),
            ("--file=word.csv", "word.csv, line 2: 'x' is no number"),
            ("--file=zero.csv", "zero.csv, line 1: "),
            (
                "--numbers=1,2,3 --features=1",
                "give one of --features, --numbers, --text, --sample, --file and",
            ),
            ("--numbers=1,2,3 --rows=1", "--rows does not apply without --file or --dataset"),
            ("--dataset=tiny", "tiny: its samples are lists of features; this model takes vectors"),
            ("--dataset=tiny-dense", "the provided data must have 3 values"),
        ],
    )
    def test_what_is_none_is_one_line(self, give: Give, model: str, options: str, part: str) -> None:
        Path("wrong.csv").write_text("a,b,c\n1,2,3\n4,5\n")
        Path("word.csv").write_text("1,2,3\n4,x,5\n")
        Path("zero.csv").write_text("0,0,0\n")
        give("model", "predict", model, *options.split()).refused(part)


class TestTable:
    """A file of vectors."""

    @pytest.fixture
    def model(self, give: Give) -> str:
        return deploy(give, DENSE, *WAITS)

    @pytest.mark.parametrize(
        "text",
        [
            "3,0,-4\n-3,0,4\n1,1,1\n",
            "x,y,z\n3,0,-4\n-3,0,4\n1,1,1",
            '"x, the first","y","z"\r\n"3","0","-4"\r\n"-3","0","4"\r\n\r\n"1","1","1"\r\n',
            "[3, 0, -4]\n[-3, 0, 4]\n[1, 1, 1]\n",
            "\ufeffx,y,z\n3,0,-4\n-3,0,4\n1,1,1",
        ],
    )
    def test_has_a_sample_on_each_line(self, give: Give, model: str, text: str) -> None:
        Path("table.csv").write_text(text, encoding="utf-8")
        # (1, 1, 1) / sqrt(3): (0.5 - 0.25) / sqrt(3) > 0
        assert predicted(give, model, "--file=table.csv")["labels"] == [1, 0, 1]
        assert predicted(give, model, "--file=table.csv", "--rows=1:")["labels"] == [0, 1]

    def test_gives_one_sample_by_its_row(self, give: Give, model: str) -> None:
        Path("table.csv").write_text("x,y,z\n1,0,0\n3,0,-4\n")
        told = give("model", "add-data", model, "--file=table.csv", "--row=1", "--label=1", "--json").told()
        assert told["features"] == EXACTLY

    @pytest.mark.parametrize(
        ("options", "part"),
        [
            ("--file=table.csv", "table.csv has 2 samples; choose one by --row, from 0 on"),
            ("--file=table.csv --row=2", "table.csv has 2 samples, and no sample 2"),
            ("--file=empty.csv", "empty.csv has 0 samples; choose one by --row"),
            ("--file=missing.csv --row=0", "missing.csv: cannot be read"),
            ("--numbers=1,0,0 --row=0", "--row does not apply without --file; leave it out"),
            ("--file=table.csv --row=-1", "--row"),
        ],
    )
    def test_must_name_the_sample(self, give: Give, model: str, options: str, part: str) -> None:
        Path("table.csv").write_text("x,y,z\n1,0,0\n3,0,-4\n")
        Path("empty.csv").write_text("")
        give("model", "add-data", model, *options.split(), "--label=1").refused(part)


class TestTitanic:
    """Models of passengers, whose encoder takes records."""

    @pytest.fixture(params=["dense-perceptron", "dense-centroid", "naive-bayes"])
    def trained(self, request: pytest.FixtureRequest, give: Give, tmp_path: Path) -> dict[str, Any]:
        """What training said, and the address of the model."""
        from decai.cli import run

        kind = request.param
        assert run(["train", "titanic", "--classifier", kind, "-o", "titanic.json", "--json"]) == 0
        address = give("deploy", "titanic.json", *WAITS, "--json").told()["address"]
        file = json.loads((tmp_path / "titanic.json").read_text())
        return {"accuracy": file["training"]["accuracy"], "address": address, "kind": kind}

    def test_say_of_the_test_part_what_the_model_that_was_trained_says(
        self, give: Give, trained: dict[str, Any]
    ) -> None:
        told = predicted(give, trained["address"], "--dataset=titanic")
        assert told["accuracy"] == pytest.approx(trained["accuracy"], abs=1e-6)
        one = give("model", "predict", trained["address"], "--dataset=titanic", "--rows=0:262")
        assert one.out == f"{told['right']} of 262 are right ({told['accuracy']:.1%})\n"

    def test_take_the_records_of_a_table(self, give: Give, trained: dict[str, Any]) -> None:
        people = titanic.passengers("test")[:40]
        with Path("people.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(people[0]))
            writer.writeheader()
            writer.writerows(people)
        by_record = predicted(give, trained["address"], "--file=people.csv")["labels"]
        by_features = predicted(give, trained["address"], "--dataset=titanic", "--rows=0:40")["labels"]
        assert by_record == by_features

        done = give(
            *("model", "add-data", trained["address"], "--file=people.csv", "--row=3", "--label=survived")
        )
        assert done.code == 0
        assert done.err.startswith("columns that the encoder does not take: ")
        assert "survived" in done.err
        assert "pclass" not in done.err

    def test_take_one_record(self, give: Give, trained: dict[str, Any]) -> None:
        dense = trained["kind"].startswith("dense")
        test = dataset.load("titanic", dense=dense).test
        keys = ("pclass", "sex", "age", "sibsp", "parch", "fare", "embarked", "name")
        somebody = {key: titanic.passengers("test")[5][key] for key in keys}
        told = predicted(give, trained["address"], f"--sample={json.dumps(somebody)}")
        assert told["features"] == test.samples[5].tolist()
        short = "pclass=1,sex=female,sibsp=0,parch=0"
        assert predicted(give, trained["address"], f"--sample={short}")["class"] == "survived"
        done = give("model", "predict", trained["address"], "--sample=sex=female")
        done.refused("--sample: titanic passenger: Class is missing")
        done = give("model", "predict", trained["address"], "--sample=nonsense")
        done.refused("--sample: 'nonsense' is no field")

    def test_name_the_line_of_a_record_that_is_none(self, give: Give, trained: dict[str, Any]) -> None:
        Path("people.csv").write_text(
            "pclass,sex,sibsp,parch\n1,female,0,0\n\n4,male,0,0\n", encoding="utf-8"
        )
        done = give("model", "predict", trained["address"], "--file=people.csv")
        done.refused("people.csv, line 4: titanic passenger: Class must be one of 1, 2, 3")
        Path("people.csv").write_text("pclass,sex,sibsp,parch\n1,female,0\n")
        done = give("model", "predict", trained["address"], "--file=people.csv")
        done.refused("people.csv, line 2: 3 columns, and the first line names 4")


class TestTextWithoutAKnownWord:
    """It would teach what an empty text is, and nobody who types it means that."""

    @pytest.fixture
    def model(self, give: Give) -> str:
        return deploy(give, SPARSE, "--encoder=imdb words", *WAITS)

    def test_is_contributed_on_demand_alone(self, give: Give, chain: RpcChain, model: str) -> None:
        block = chain.block
        given = ["model", "add-data", model, "--text=Xyzzy plugh", "--label=yes"]
        give(*given).refused(
            "the encoder 'imdb words' knows no word of this text, so it would teach the model what an empty "
            "one is; --anyway contributes it all the same"
        )
        assert chain.block == block
        assert give(*given, "--anyway", "--json").told()["features"] == []
        assert chain.block == block + 1

    def test_is_predicted_with_a_warning(self, give: Give, model: str) -> None:
        done = give("model", "predict", model, "--text=Xyzzy plugh")
        assert (done.code, done.out) == (0, "no\n")
        assert done.err.startswith("warning: the encoder 'imdb words' knows no word of this text")
        assert predicted(give, model, "--text=Xyzzy plugh")["features"] == []

    def test_is_found_again(self, give: Give, chain: RpcChain, model: str) -> None:
        given = ["--text=Xyzzy plugh", "--label=no"]
        added = give("model", "add-data", model, *given, "--anyway", "--json").told()["added"]
        chain.advance_to(Seconds(added + 60))
        assert give("model", "refund", model, *given, f"--added={added}", "--json").told()["path"] == "refund"

    def test_is_what_an_empty_list_of_features_teaches_too(self, give: Give, model: str) -> None:
        # Such as a variable of the shell that was never set.
        given = ["model", "add-data", model, "--features=", "--label=no"]
        give(*given).refused(
            "--features names no feature, so it would teach the model what an empty one is; "
            "--anyway contributes it all the same"
        )
        assert give(*given, "--anyway", "--json").told()["features"] == []

    def test_one_known_word_is_enough(self, give: Give, model: str) -> None:
        # The most frequent word has index 0, and the model has three.
        told = give("model", "add-data", model, "--text=the xyzzy", "--label=yes", "--json").told()
        assert told["features"] == [0]
