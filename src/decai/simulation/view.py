"""What an agent can see: what a contributor could see, and nothing that it could change."""

from collections.abc import Sequence
from dataclasses import dataclass

from decai.protocols import Offer, Trainer
from decai.samples import Features
from decai.units import Address, Seconds, Wei

__all__ = ["ReadOnlyTrainer", "View"]


class ReadOnlyTrainer:
    """A trainer, without what would change it: an agent acts by its answers alone.

    Examples
    --------
    >>> from decai.classifier import SparsePerceptron
    >>> from decai.incentive import Points
    >>> from decai.trainer import LocalTrainer
    >>> seen = ReadOnlyTrainer(LocalTrainer(SparsePerceptron(("bad", "good")), Points()))
    >>> seen.now, seen.cost(), hasattr(seen, "add_data")
    (0, 0, False)
    """

    __slots__ = ("_trainer",)

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer

    @property
    def now(self) -> Seconds:
        """The time of the current block."""
        return self._trainer.now

    @property
    def owner(self) -> Address:
        """Who owns the model now."""
        return self._trainer.owner

    def cost(self) -> Wei:
        """What a contribution costs now."""
        return self._trainer.cost()

    def balance(self, address: Address) -> Wei:
        """What `address` owns outside of the model."""
        return self._trainer.balance(address)

    def predict(self, features: Features) -> int:
        """The model's label for one sample; `Refused` if the features are malformed."""
        return self._trainer.predict(features)

    def claims(self, claimer: Address) -> Sequence[Offer]:
        """Everything that `claimer` could claim now, oldest contribution first."""
        return self._trainer.claims(claimer)


@dataclass(slots=True)
class View:
    """What an agent can see."""

    trainer: ReadOnlyTrainer
    """The shared model: its predictions, its cost now, the time, anybody's balance."""
    num_classes: int
    estimate: float
    """The accuracy as of the last refresh, 0 to 1."""
    cost: Wei
    """What a contribution costs now."""
