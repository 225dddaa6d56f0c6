"""The gas report: what each action costs in whole transactions, beside the least that it could cost.

Measured on fresh nodes of this machine's own anvil by the Osaka rules. Gas is exact, and everything that it
depends on is fixed (times, accounts, samples, parameters), so each figure is the same on every machine.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from decai.chain.base import Chain
from decai.chain.gas.play import Scenario
from decai.chain.gas.row import GasRow
from decai.chain.gas.scenario import INCENTIVES, USUAL, Variant, subject_of
from decai.chain.gas.subjects import CLASSIFIERS
from decai.units import Seconds

__all__ = ["START", "combinations", "fresh_chain", "measure", "report"]

Combination = tuple[str, str, int]

START: Final = Seconds(1_800_000_000)
"""When the contract is deployed."""


@contextmanager
def fresh_chain() -> Iterator[Chain]:
    """A chain of one's own that is gone afterwards.

    Raises
    ------
    MissingError
        If the local node has to be installed first.
    ChainError
        If it does not start.
    """
    from decai.chain.local_node import ephemeral_anvil
    from decai.chain.rpc import RpcChain

    with ephemeral_anvil(hardfork="osaka", timestamp=START) as url:
        yield RpcChain(url, sandbox=True)


def combinations(
    classifiers: Sequence[str] = CLASSIFIERS,
    incentives: Sequence[str] = INCENTIVES,
    feature_counts: Sequence[int] = (),
    max_features: int | None = None,
) -> list[Combination]:
    """What there is to measure: classifier, mechanism and number of features.

    Parameters
    ----------
    classifiers, incentives
        Which; all by default.
    feature_counts
        None at all are those that are usual for each classifier.
    max_features
        What contracts have room for; usual samples that do not fit are left out.

    Raises
    ------
    InputError
        If there is no such classifier.

    Examples
    --------
    >>> combinations(["naive-bayes", "dense-centroid"], ["points"], max_features=128)
    [('naive-bayes', 'points', 20), ('naive-bayes', 'points', 91), ('dense-centroid', 'points', 9)]
    """
    return [
        (classifier, incentive, count)
        for classifier in classifiers
        for incentive in incentives
        for count in (feature_counts or _usual(classifier, max_features))
    ]


def _usual(classifier: str, max_features: int | None) -> Sequence[int]:
    lengths = subject_of(classifier).lengths
    if max_features is None:
        return lengths
    return [count for count in lengths if count <= max_features] or lengths


def report(
    chosen: Sequence[Combination] | None = None,
    variant: Variant = USUAL,
    progress: Callable[[int, int], None] | None = None,
) -> list[GasRow]:
    """Measure every action, each combination on a fresh chain.

    Parameters
    ----------
    chosen
        What to measure, of `combinations`; by default all of them.
    variant
        What is chosen at deployment.
    progress
        Told how many combinations are done, and of how many.

    Returns
    -------
    list of GasRow
        By combination, then in the order of `ACTIONS`.

    Raises
    ------
    InputError
        If there is no such classifier, mechanism or sample, or it does not fit.
    ChainError, MissingError
        If there is no chain to measure on.
    """
    chosen = combinations() if chosen is None else chosen
    rows: list[GasRow] = []
    for done, (classifier, incentive, features) in enumerate(chosen):
        if progress is not None:
            progress(done, len(chosen))
        with fresh_chain() as chain:
            rows += measure(chain, classifier, incentive, features, variant)
    return rows


def measure(
    chain: Chain, classifier: str, incentive: str, features: int, variant: Variant = USUAL
) -> list[GasRow]:
    """Measure every action of one combination on a chain, as `Scenario` says."""
    return Scenario(chain, classifier, incentive, features, variant).play()
