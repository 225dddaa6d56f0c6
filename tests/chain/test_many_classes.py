"""As many classes as a model may have, and no more: refused by all alike, and before anything is paid for."""

import json
from pathlib import Path
from typing import Any

import pytest

from decai.chain.connect import open_model
from decai.chain.rpc import RpcChain
from decai.classifier import DenseCentroid, NaiveBayes, SparseCentroid
from decai.classifier._base import BaseClassifier
from decai.errors import InputError, Refused
from decai.protocols import MAX_CLASSES
from decai.units import Address
from tests.chain.commands import Give

NAMES = [str(label) for label in range(MAX_CLASSES + 1)]


def bayes(classes: int) -> dict[str, Any]:
    """Of which class ``i`` has seen feature ``i`` alone."""
    return {
        "type": "naive bayes",
        "classifications": NAMES[:classes],
        "classCounts": [1] * classes,
        "featureCounts": [[[label, 1]] for label in range(classes)],
        "totalNumFeatures": classes,
    }


def written(classes: int) -> Path:
    path = Path(f"{classes}.json")
    path.write_text(json.dumps(bayes(classes)))
    return path


def test_a_clone_has_the_most_there_may_be_and_takes_no_more(give: Give, node: str) -> None:
    told = give("deploy", written(MAX_CLASSES), "--clone", "--json").told()
    # In a contract of its own they would have no room.
    assert (told["sharing"]["alone"], told["sharing"]["saved"]) == (None, None)
    model = told["address"]
    assert give("model", "predict", model, "--features=255", "--json").told()["class"] == "255"
    Path("more.txt").write_text("1,2\n")
    balance = RpcChain(node).balance(RpcChain(node).accounts[0])
    give("model", "add-class", model, "more", "--from=more.txt").refused("naive-bayes: too many classes")
    assert RpcChain(node).balance(RpcChain(node).accounts[0]) == balance
    assert give("model", "verify", model).code == 0


def test_what_would_be_one_too_many_is_refused_by_the_contract_itself(give: Give, node: str) -> None:
    model = give("deploy", written(MAX_CLASSES - 1), "--clone", "--json").told()["address"]
    Path("more.txt").write_text("1,2\n")
    give("model", "add-class", model, "the last", "--from=more.txt", "--json").told()
    chain = RpcChain(node)
    trainer = open_model(chain, Address(model))
    start = NaiveBayes(("a", "b"), vocabulary=MAX_CLASSES).class_start()
    with pytest.raises(Refused, match=r"^naive-bayes: too many classes$"):
        # The contract is asked: the client's own twin has no part in it.
        chain.send(trainer.calls.add_class(chain.accounts[0], "more", start, gas=1_000_000))
    assert give("model", "info", model, "--json").told()["classes"][-1] == "the last"


def test_a_file_with_more_is_refused(give: Give) -> None:
    give("deploy", written(MAX_CLASSES + 1), "--clone").refused("at most 256 classes, not 257")


def test_names_without_room_in_a_contract_of_their_own_are_refused_in_words(give: Give) -> None:
    done = give("deploy", written(MAX_CLASSES))
    done.refused("256 classes do not fit into a contract's own code, which has 24,576 bytes; ")
    done.refused("--clone")


@pytest.mark.parametrize(
    "make",
    [
        lambda names: NaiveBayes(names, vocabulary=2),
        SparseCentroid,
        lambda names: DenseCentroid(names, 2),
    ],
    ids=["naive-bayes", "sparse-centroid", "dense-centroid"],
)
def test_twins_take_no_more(make: Any) -> None:
    full: BaseClassifier = make(NAMES[:MAX_CLASSES])
    with pytest.raises(Refused, match="too many classes"):
        full.check_new_class("more", full.class_start())
    with pytest.raises(InputError, match="at most 256 classes, not 257"):
        make(NAMES)
