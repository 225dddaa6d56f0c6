"""A model's classifier as it is now, in memory: to predict in bulk, or to write it down."""

from decai.chain.at_block import AtBlock, at_one_block
from decai.chain.client import ChainTrainer
from decai.chain.parameters import read_classifier
from decai.protocols import Classifier

__all__ = ["current_classifier"]


def current_classifier(trainer: ChainTrainer) -> tuple[Classifier, int]:
    """The twin of a model's classifier, all of it as of one block, and the number of that block.

    Raises
    ------
    ChainError
        If this version has no twin of it, the contract's answers make no sense, or there is no answer.
    """

    def take(view: AtBlock) -> tuple[Classifier, int]:
        model = read_classifier(view, trainer.info)
        return model or trainer.replica.update(view.block).twin.classifier, view.block

    return at_one_block(trainer.chain, take)
