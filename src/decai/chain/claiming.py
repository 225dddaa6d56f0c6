"""Taking all that somebody can claim of a model, in as few transactions as it fits in."""

from collections.abc import Callable, Iterator
from typing import Final

from decai.chain.base import Mined, Transaction
from decai.chain.client import MOST_CLAIMS, ChainTrainer
from decai.errors import Refused
from decai.protocols import Offer, Path
from decai.trainer import LocalTrainer
from decai.units import Address, Seconds, Wei

__all__ = ["best_order", "claim_everything"]

_ATTEMPTS: Final = 3


def best_order(twin: LocalTrainer, claimer: Address, least: Wei = Wei(1)) -> list[Offer]:
    """All claims that `claimer` can make at the twin's time, in the order that pays most.

    Refunds come first: each raises the share that a report pays. The twin is left as it was.

    Parameters
    ----------
    twin
        A trainer in memory, such as a `Replica`'s.
    claimer
        Who claims.
    least
        Claims of less wei are left out, but for refunds, which count for more than their money.
    """
    before = twin.checkpoint()
    try:
        refunds = [offer for offer in twin.claims(claimer) if offer.path is Path.REFUND]
        # No claim changes the model, so that none of these stands in the way of another.
        made = [twin.claim(claimer, offer.contribution, offer.path) for offer in refunds]
        return made + twin.claim_all(claimer, Wei(max(1, least)))
    finally:
        twin.restore(before)


def claim_everything(
    trainer: ChainTrainer, claimer: Address, send: Callable[[Transaction], Mined], least: Wei = Wei(1)
) -> Iterator[list[Offer]]:
    """Make all claims that succeed now; gives what each transaction has made, once it is in a block.

    Somebody else may be quicker, or change the model, while a transaction is on its way: then it does
    nothing, and what is left is looked at again.

    Parameters
    ----------
    trainer
        The model.
    claimer
        Who claims.
    send
        Sends a transaction.
    least
        As for `best_order`.

    Raises
    ------
    Refused
        With the contract's own sentence, if that happens again and again.
    ChainError
        If a transaction could not be sent, or its fate is not known.
    """
    refused = 0
    while True:
        twin = trainer.replica.update().twin
        twin.advance_to(Seconds(max(trainer.now, twin.now)))
        offers = best_order(twin, claimer, least)[:MOST_CLAIMS]
        if not offers:
            return
        numbers = [offer.contribution for offer in offers]
        try:
            mined = send(trainer.claim_many_transaction(claimer, numbers))
        except Refused:
            refused += 1
            if refused == _ATTEMPTS:
                raise
            continue
        refused = 0
        paid = trainer.paid_by(mined)
        yield [Offer(number, path, amount) for number, (path, amount) in zip(numbers, paid, strict=True)]
