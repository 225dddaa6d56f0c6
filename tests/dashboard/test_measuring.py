"""Accuracies are those that a plain loop over Python integers finds, after each contribution, once."""

import hashlib
import json
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from decai import dataset
from decai.catalog import Catalog
from decai.catalog.records import Measurement
from decai.chain.client import ChainTrainer
from decai.chain.rpc import RpcChain
from decai.classifier import SparsePerceptron
from decai.dashboard.measuring import Measuring
from decai.dashboard.network import Network
from decai.dataset import Dataset
from decai.units import SCALE, Wei
from tests.browser.served import REVIEWS, add_model, review_features, review_model
from tests.catalog.world import World, follow
from tests.chain.conftest import anvil

__all__ = ["anvil"]

PAID = Wei(10**17)
RATE = SCALE // 2


@pytest.fixture
def world(data_folder: object, anvil: str) -> World:
    """A node of the test's own."""
    return World(anvil)


@pytest.fixture
def catalog(world: World) -> Iterator[Catalog]:
    """A catalog of the test's own."""
    with Catalog() as made:
        yield made


@pytest.fixture(scope="module")
def reviews() -> Dataset:
    """The data that the model is of."""
    return dataset.load("imdb")


def by_hand(weights: Mapping[int, int], data: Dataset) -> float:
    """The part of the tests of which the sum of the weights says what they are: above 0 is positive.

    Of more than 64 words the contract says nothing.
    """
    tests = data.test
    right = 0
    for place, label in enumerate(tests.labels.tolist()):
        words = tests.samples[place].tolist()
        right += int(len(words) <= 64 and (sum(weights[word] for word in words) > 0) == (label == 1))
    return right / len(tests)


def taught(weights: dict[int, int], features: Sequence[int], label: int) -> None:
    """The rule of the specification, for a sample of which the model may be wrong."""
    if (sum(weights[word] for word in features) > 0) != (label == 1):
        for word in features:
            weights[word] += RATE if label == 1 else -RATE


def known(catalog: Catalog, trainer: ChainTrainer, url: str, first_block: int | None = None) -> int:
    """Take a model in, on the allow-list; returns its number."""
    chain = RpcChain(url)
    model = catalog.add_model(
        chain, trainer.address, trainer.first_block if first_block is None else first_block
    )
    catalog.models.allow([(chain.chain_id, trainer.address)])
    follow(catalog, url)
    return model.id


def measured(catalog: Catalog, model: int) -> tuple[Measurement, ...]:
    """What was written down, the oldest first."""
    return catalog.accuracy.page(model, measured=True, oldest_first=True).items


def test_a_model_is_measured_after_its_deployment_and_after_each_contribution(
    world: World, catalog: Catalog, reviews: Dataset
) -> None:
    trainer = add_model(world.chain, review_model(), "Reviews", "imdb words")
    weights = {word: review_model().weight(word) for word in range(reviews.num_features)}
    expected = [by_hand(weights, reviews)]
    blocks = [trainer.first_block]
    # Whoever takes a model in may not know in which block it was deployed.
    number = known(catalog, trainer, world.url, first_block=0)
    measuring = Measuring(catalog, Network(world.url))
    measuring.step()
    lessons = [(REVIEWS["negative"], 1), (REVIEWS["positive"], 0)]
    for turn, (words, label) in enumerate(lessons):
        features = review_features(words)
        world.later(60)
        blocks.append(trainer.submit(world.ada, features, label, PAID).block)
        taught(weights, features.tolist(), label)
        expected.append(by_hand(weights, reviews))
        follow(catalog, world.url)
        if turn == 1:
            # Another process goes on where the last one has stopped.
            measuring = Measuring(catalog, Network(world.url))
        measuring.step()
        measuring.step()
    found = measured(catalog, number)
    assert [each.block for each in found] == blocks
    assert [each.accuracy for each in found] == expected
    assert len(set(expected)) > 1
    assert {each.tests for each in found} == {4_904}
    assert {each.test_hash for each in found} == {_hash(reviews)}
    assert catalog.models.get(number).accuracy == expected[-1]
    made = catalog.history.contributions(number, oldest_first=True).items
    assert [each.transaction for each in found] == [None, *(each.transaction for each in made)]


def test_what_is_no_longer_part_of_the_chain_is_measured_anew(
    world: World, catalog: Catalog, reviews: Dataset
) -> None:
    trainer = add_model(world.chain, review_model(), "Reviews", "imdb words")
    number = known(catalog, trainer, world.url)
    measuring = Measuring(catalog, Network(world.url))
    snapshot = world.snapshot()
    world.later(60)
    trainer.submit(world.ada, review_features(REVIEWS["negative"]), 1, PAID)
    follow(catalog, world.url)
    measuring.step()
    world.revert(snapshot)
    world.later(120)
    trainer.submit(world.ada, review_features(REVIEWS["positive"]), 0, PAID)
    world.later(60)
    trainer.submit(world.bo, review_features(REVIEWS["negative"]), 0, PAID)
    follow(catalog, world.url)
    measuring.step()
    weights = {word: review_model().weight(word) for word in range(reviews.num_features)}
    expected = [by_hand(weights, reviews)]
    for words in ("positive", "negative"):
        taught(weights, review_features(REVIEWS[words]).tolist(), 0)
        expected.append(by_hand(weights, reviews))
    assert [each.accuracy for each in measured(catalog, number)] == expected


@pytest.mark.parametrize("what", ["stranger", "other words", "other classes", "no encoder"])
def test_who_has_no_test_set_here_or_is_a_stranger_is_not_measured(
    world: World, catalog: Catalog, what: str
) -> None:
    model = review_model()
    if what == "other words":
        model = SparsePerceptron(("negative", "positive"), [SCALE] * 30, learning_rate=RATE)
    if what == "other classes":
        model = SparsePerceptron(("bad", "good"), [SCALE] * 1_000, learning_rate=RATE)
    encoder = "none" if what == "no encoder" else "imdb words"
    trainer = add_model(world.chain, model, "Reviews", encoder)
    number = known(catalog, trainer, world.url)
    if what == "stranger":
        catalog.models.disallow(trainer.chain.chain_id, trainer.address)
    measuring = Measuring(catalog, Network(world.url))
    measuring.step()
    assert measured(catalog, number) == ()
    why = "only verified models are measured"
    if what != "stranger":
        why = "no data set on this server goes with its encoder, features and classes"
    assert measuring.why_unknown(catalog.models.get(number)) == why


def test_of_a_model_whose_data_set_was_not_fetched_it_is_said_how_to_get_it(
    world: World, catalog: Catalog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    number = known(catalog, add_model(world.chain, review_model(), "Reviews", "imdb words"), world.url)
    measuring = Measuring(catalog, Network(world.url))
    assert measuring.why_unknown(catalog.models.get(number)) == "it has not been measured yet"
    monkeypatch.setattr("decai.dataset.source.data_dir", lambda: tmp_path)
    monkeypatch.setattr("decai.dataset.registry.data_dir", lambda: tmp_path)
    measuring.step()
    why = measuring.why_unknown(catalog.models.get(number))
    assert why == "its data set is not on this server; get it with: decai dataset fetch imdb"
    monkeypatch.undo()
    # Somebody has got it.
    later = time.monotonic() + 60
    monkeypatch.setattr("decai.dashboard.measuring.monotonic", lambda: later)
    measuring.step()
    assert measured(catalog, number)
    assert measuring.why_unknown(catalog.models.get(number)) == ""


def _hash(data: Dataset) -> bytes:
    """As the documents say, byte by byte."""
    head = {"classes": list(data.classes), "features": data.num_features, "sparse": True}
    text = json.dumps(head, separators=(",", ":"), sort_keys=True).encode() + b"\n"
    rows = [data.test.samples[place].tolist() for place in range(len(data.test))]
    ends = np.cumsum([len(row) for row in rows]).tolist()
    numbers = [*ends, *(word for row in rows for word in row), *data.test.labels.tolist()]
    return hashlib.sha256(text + struct.pack(f"<{len(numbers)}q", *numbers)).digest()
