"""Three models on real data with some history in them, so that nobody finds an empty dashboard."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from decai import dataset
from decai.chain.base import Chain
from decai.chain.client import ChainTrainer
from decai.chain.compose import MAX_FEATURES_CHOICES, Texts, compose
from decai.chain.deploy import deploy
from decai.chain.known import KnownModel, known_models, remember
from decai.chain.model import read_info
from decai.dataset import Dataset
from decai.errors import ChainError
from decai.incentive import Points, Stakeable
from decai.protocols import IncentiveMechanism
from decai.simulation.draws import generator
from decai.simulation.initial import initial_model
from decai.units import DAY, Address, Seconds, Wei

__all__ = ["SHOWN", "Shown", "show"]

_SEED: Final = 1
_QUIET: Final = Seconds(600)
"""Between two contributions, so that the next is not dear."""
_LESSONS: Final = 8
_EVERY: Final = 4
"""One of so many contributions is false."""
_COST_WEIGHT: Final = Wei(20_000_000_000_000)


@dataclass(frozen=True, slots=True)
class Shown:
    """One of the models."""

    name: str
    description: str
    dataset: str
    classifier: str
    settings: tuple[str, ...]
    initial: float
    """The part of the training data that it has learned from."""
    is_paid: bool = True

    @property
    def terms(self) -> IncentiveMechanism:
        """Its mechanism."""
        if not self.is_paid:
            return Points(DAY)
        return Stakeable(_COST_WEIGHT, DAY, Seconds(8 * DAY), Seconds(9 * DAY))


SHOWN: Final = (
    Shown(
        "Film reviews",
        "Says whether a film review is positive or negative.",
        "imdb",
        "sparse-perceptron",
        ("model.epochs=4",),
        0.25,
    ),
    Shown(
        "Who survived the Titanic?",
        "Says whether a passenger of the Titanic survived.",
        "titanic",
        "naive-bayes",
        (),
        0.5,
    ),
    Shown(
        "Handwritten digits",
        "Says which digit you have drawn. Draw one, and teach it yours.",
        "digits",
        "dense-centroid",
        (),
        0.25,
        is_paid=False,
    ),
)


def show(chain: Chain, progress: Callable[[str], None] | None = None) -> list[KnownModel]:
    """Deploy those of the models that are not there yet, and let people teach them.

    Parameters
    ----------
    chain
        With four accounts of its own and a clock that can be moved.
    progress
        Called with a line for each model that is made.

    Returns
    -------
    list of KnownModel
        All three.

    Raises
    ------
    ChainError
        If there are too few accounts, or the chain fails.
    MissingError
        If a data set has to be fetched first.
    StorageError
        If the list of known models cannot be written.
    """
    if len(chain.accounts) < 4:
        raise ChainError(f"four accounts are needed, and there are {len(chain.accounts)}")
    found: list[KnownModel] = []
    fresh: list[tuple[Shown, KnownModel]] = []
    for shown in SHOWN:
        known = _find(chain, shown.name)
        if known is None:
            if progress is not None:
                progress(f"deploying “{shown.name}” and teaching it")
            known = _deployed(chain, shown)
            remember(known)
            fresh.append((shown, known))
        found.append(known)
    trainers = [ChainTrainer(chain, known.address, known.first_block) for _, known in fresh]
    for (shown, _), trainer in zip(fresh, trainers, strict=True):
        _teach(chain, trainer, shown)
    if fresh:
        chain.advance_to(Seconds(chain.now + DAY))
        for trainer in trainers:
            for person in chain.accounts[1:4]:
                trainer.claim_all(person)
    return found


def _find(chain: Chain, name: str) -> KnownModel | None:
    """The model of this name that is still on the chain."""
    for known in reversed(known_models(chain.chain_id)):
        if known.name == name:
            try:
                read_info(chain, known.address)
            except ChainError:
                continue
            return known
    return None


def _deployed(chain: Chain, shown: Shown) -> KnownModel:
    data = _data(shown)
    made = initial_model(shown.dataset, shown.classifier, shown.settings, initial=shown.initial, seed=_SEED)
    texts = Texts(shown.name, shown.description, data.info.encoder)
    room = MAX_FEATURES_CHOICES[0]
    if data.is_sparse:
        longest = int((data.train.samples.ends - data.train.samples.starts).max())
        room = next(size for size in MAX_FEATURES_CHOICES if size >= longest)
    mined = deploy(chain, compose(made.classifier, shown.terms, texts, max_features=room), chain.accounts[0])
    assert mined.contract is not None
    return KnownModel(mined.contract, chain.chain_id, mined.block, shown.name)


def _teach(chain: Chain, trainer: ChainTrainer, shown: Shown) -> None:
    """Two help, and one of every four contributions does harm."""
    for number, (row, label) in enumerate(_lessons(_data(shown))):
        helper, harmer = chain.accounts[1 + number % 2 * 2], chain.accounts[2]
        is_false = number % _EVERY == _EVERY - 1
        sender: Address = harmer if is_false else helper
        chain.advance_to(Seconds(chain.now + _QUIET))
        said = (label + 1) % len(trainer.info.classes) if is_false else label
        trainer.submit(sender, _data(shown).train.samples[row], said, trainer.cost())


def _lessons(data: Dataset) -> Iterator[tuple[int, int]]:
    """Samples that no model has learned from: the last of the order that training begins with."""
    order = generator(_SEED, "data order").permutation(len(data.train))
    for row in np.asarray(order[-_LESSONS:], dtype=np.int64).tolist():
        yield row, int(data.train.labels[row])


def _data(shown: Shown) -> Dataset:
    return dataset.load(shown.dataset, dense=shown.classifier.startswith("dense"))
