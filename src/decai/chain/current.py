"""A model's classifier as it is now, in memory: to predict in bulk, or to write it down."""

from typing import Final

from decai.chain.at_block import AtBlock, at_one_block
from decai.chain.client import ChainTrainer
from decai.chain.kinds import read_parameters
from decai.chain.model import read, read_info
from decai.protocols import Classifier

__all__ = ["current_classifier"]

_READABLE: Final = 2**15
"""Words that are read at most; of a larger state the events have to tell."""


def current_classifier(trainer: ChainTrainer) -> tuple[Classifier, int]:
    """The twin of a model's classifier, all of it as of one block, and the number of that block.

    Raises
    ------
    ChainError
        If this version has no twin of it, the contract's answers make no sense, or there is no answer.
    """

    def take(view: AtBlock) -> tuple[Classifier, int]:
        info = trainer.info
        if read(view, trainer.address, "getNumClassifications()", "uint256") != len(info.classes):
            # The owner has added a class since the trainer looked.
            info = read_info(view, trainer.address)
        parameters = read_parameters(view, info)
        places = parameters.places()
        if sum(map(len, places.values())) <= _READABLE:
            state = parameters.read_state(view, places)
            return parameters.learned(state, info.classes), view.block
        return trainer.replica.update(view.block).twin.classifier, view.block

    return at_one_block(trainer.chain, take)
