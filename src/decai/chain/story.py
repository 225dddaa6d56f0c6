"""The framework's story, played with real film reviews on real contracts: who helps gains, who harms pays."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from decai import dataset
from decai.chain.base import Chain
from decai.chain.client import ChainTrainer
from decai.chain.compose import Texts, compose
from decai.chain.deploy import deploy
from decai.classifier import SparsePerceptron
from decai.dataset import Dataset, imdb
from decai.errors import ChainError
from decai.protocols import Classifier
from decai.samples import Features
from decai.simulation.build import build_classifier, build_incentive, initial_count, train_initially
from decai.simulation.draws import generator
from decai.simulation.scenario import load as load_scenario
from decai.units import Address, Seconds, Wei

__all__ = ["PEOPLE", "Story", "StoryStep", "tell"]

PEOPLE: Final = ("Olga", "Ada", "Mal")
"""Who owns the model, who helps it, who harms it."""
_SCENARIO: Final = "imdb-perceptron"
_SEED: Final = 1
_SHORT: Final = 420
"""Most signs of a review that is to be read."""
_QUIET: Final = Seconds(600)
"""Between two contributions, so that the second is not dear."""


@dataclass(frozen=True, slots=True)
class StoryStep:
    """One thing that happens."""

    title: str
    text: str
    gas: int | None
    """What its transactions used; None if it took none."""
    moved: dict[str, Wei]
    """What each of `PEOPLE` has gained or lost so far by deposits and claims, without fees; and the model."""


@dataclass(slots=True)
class Story:
    """What the story is about, as it goes on."""

    chain: Chain
    address: Address | None = None
    steps: list[StoryStep] = field(default_factory=list)


def tell(chain: Chain, story: Story) -> Iterator[StoryStep]:
    """Deploy a review classifier, use it, teach it well and badly, and settle; one step after the other.

    Parameters
    ----------
    chain
        With three accounts of its own and a clock that can be moved.
    story
        Receives what happens.

    Raises
    ------
    ChainError
        If there are too few accounts, or the chain fails.
    MissingError
        If the reviews have to be fetched first.
    """
    if len(chain.accounts) < len(PEOPLE):
        raise ChainError(f"the story needs {len(PEOPLE)} accounts, and there are {len(chain.accounts)}")
    olga, ada, mal = chain.accounts[:3]
    data = dataset.load("imdb")
    scenario = load_scenario(_SCENARIO)
    model = _trained(data)
    money = dict.fromkeys((*PEOPLE, "model"), Wei(0))

    def step(title: str, text: str, gas: int | None = None) -> StoryStep:
        story.steps.append(StoryStep(title, text, gas, dict(money)))
        return story.steps[-1]

    def move(person: str, amount: int) -> None:
        money[person] = Wei(money[person] + amount)
        money["model"] = Wei(money["model"] - amount)

    texts = Texts("IMDB film reviews", "Says whether a film review is positive or negative.", "imdb words")
    terms = build_incentive(scenario.incentive)
    longest = int((data.train.samples.ends - data.train.samples.starts).max())
    room = next(size for size in (64, 128, 256, 512) if size >= longest)
    what = compose(model, terms, texts, max_features=room)
    mined = deploy(chain, what, olga)
    assert mined.contract is not None
    story.address = mined.contract
    trainer = ChainTrainer(chain, story.address, mined.block)
    right = np.mean(model.predict_many(data.test.samples) == data.test.labels)
    yield step(
        "Olga deploys",
        f"a sparse perceptron with {data.num_features:,} words, right on {right:.1%} of the test reviews",
        mined.gas,
    )

    good, bad = _reviews(data, model)
    label = trainer.predict(good.features)
    yield step("Anybody asks", f"“{good.text}” The contract says: {data.classes[label]}. That is free.")

    chain.advance_to(Seconds(chain.now + _QUIET))
    mined = trainer.submit(ada, good.features, good.label, trainer.cost())
    ada_deposit, ada_time = trainer.cost_of(mined), mined.time
    move("Ada", -ada_deposit)
    yield step("Ada contributes", f"this review as {data.classes[good.label]}, which it is", mined.gas)

    chain.advance_to(Seconds(chain.now + _QUIET))
    mined = trainer.submit(mal, bad.features, 1 - bad.label, trainer.cost())
    mal_deposit, mal_time = trainer.cost_of(mined), mined.time
    move("Mal", -mal_deposit)
    yield step(
        "Mal contributes", f"“{bad.text}” as {data.classes[1 - bad.label]}, which it is not", mined.gas
    )

    chain.advance_to(Seconds(mal_time + terms.refund_wait))
    yield step("A day passes", "after which a contribution can be judged by the model as it is then")

    mined = chain.send(trainer.calls.refund(ada, good.features, good.label, ada_time))
    move("Ada", ada_deposit)
    yield step("Ada is refunded", "the model agrees with her review: she has a valid contribution", mined.gas)

    mined = chain.send(trainer.calls.report(ada, bad.features, 1 - bad.label, mal_time, mal))
    move("Ada", mal_deposit)
    yield step("Ada reports Mal", "the model disagrees with his review: she takes his deposit", mined.gas)


def _trained(data: Dataset) -> SparsePerceptron:
    """The model of the reference scenario after its initial training."""
    scenario = load_scenario(_SCENARIO)
    order = generator(_SEED, "data order").permutation(len(data.train))[: initial_count(scenario, data)]
    model: Classifier = build_classifier(scenario.model, data)
    train_initially(model, scenario.model, data.train.samples.select(order), data.train.labels[order])
    assert isinstance(model, SparsePerceptron)
    return model


@dataclass(frozen=True, slots=True)
class _Review:
    text: str
    features: Features
    label: int


def _reviews(data: Dataset, model: SparsePerceptron) -> tuple[_Review, _Review]:
    """The shortest positive and the shortest negative test review of which the model is sure."""
    weights = model.weights()
    shortest = np.argsort(data.test.samples.ends - data.test.samples.starts, kind="stable")
    found: dict[int, _Review] = {}
    for row in shortest.tolist():
        features, label = data.test.samples[row], int(data.test.labels[row])
        score = model.intercept + sum(weights[index] for index in features.tolist())
        # What the lesson moves a sample's own score by; sure is who needs more than a few of them.
        sure = abs(score) > 4 * len(features) * model.learning_rate
        if label in found or not sure or (score > 0) != (label == 1):
            continue
        text = " ".join(imdb.review_text("test", row).replace("<br />", " ").split())
        if len(text) <= _SHORT:
            found[label] = _Review(text, features, label)
        if len(found) == 2:
            return found[1], found[0]
    raise ChainError("the model is sure of no short review")
