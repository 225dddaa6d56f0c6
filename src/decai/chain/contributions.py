"""What was contributed to a model, out of its events alone: for models whose rules have no twin here too."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from decai.chain.abi import Event, decode_event
from decai.chain.base import Chain, Log
from decai.chain.model import ModelInfo
from decai.chain.sample_form import SampleForm
from decai.errors import InputError
from decai.samples import Features
from decai.units import Address, Seconds, Wei, counted

__all__ = ["Contribution", "contribution_in", "contribution_of", "contributions"]


class Contribution(NamedTuple):
    """One sample that a model was taught."""

    features: Features
    label: int
    added: Seconds
    author: Address
    cost: Wei
    """The deposit, in wei."""
    log: Log
    """The event that tells of it."""


def contributions(
    chain: Chain, info: ModelInfo, first_block: int, last_block: int | None = None
) -> Iterator[Contribution]:
    """All contributions, in the order of their numbers, which begin at 0.

    Parameters
    ----------
    chain, info
        Of the model.
    first_block
        The block in which it was deployed, or any before.
    last_block
        The last one to look at; None for the latest.

    Raises
    ------
    ChainError
        If the node does not give the events, or one makes no sense.
    """
    for log in chain.logs(info.address, first_block, last_block):
        event = decode_event(log.topics, log.data)
        if event is not None and (found := contribution_in(event, log, info.form)) is not None:
            yield found


def contribution_of(chain: Chain, info: ModelInfo, first_block: int, number: int) -> Contribution:
    """A contribution by its number.

    Raises
    ------
    InputError
        If there is none.
    ChainError
        As for `contributions`.
    """
    count = 0
    for count, each in enumerate(contributions(chain, info, first_block), 1):
        if count > number:
            return each
    raise InputError(
        f"there is no contribution {number}; the model has {counted(count, 'contribution')}, from 0 on"
    )


def contribution_in(event: Event, log: Log, form: SampleForm) -> Contribution | None:
    """What was contributed, if that is what an event tells."""
    values = event.values
    if event.name == "AddData":
        features: Features = np.array(values["d"], dtype=np.int64)
        if form.is_sparse and (not len(features) or 0 <= int(features.min()) <= int(features.max()) < 2**31):
            features = features.astype(np.int32)
    elif event.name == "AddDataPacked":
        features = form.unpacked(values["d"])
    else:
        return None
    return Contribution(
        features, int(values["c"]), Seconds(values["t"]), values["sender"], Wei(values["cost"]), log
    )
