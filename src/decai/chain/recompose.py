"""The composition of a contract that is on a chain, from what it says of itself."""

from typing import Any

from decai.chain.base import Reader
from decai.chain.compose import Composition, Texts, compose
from decai.chain.kinds import Parameters
from decai.chain.kinds.tables import read_data_contracts
from decai.chain.model import ModelInfo
from decai.protocols import IncentiveMechanism

__all__ = ["recomposed"]


def recomposed(
    chain: Reader, info: ModelInfo, parameters: Parameters[Any], terms: IncentiveMechanism
) -> Composition:
    """What this version of decai would have deployed.

    Parameters
    ----------
    chain, info
        Of the contract.
    parameters
        Of its classifier.
    terms
        The twin of its mechanism, as it was when it was deployed.

    Raises
    ------
    ChainError
        If there is no answer.
    InputError
        If this version has no contract of these parts.
    """
    addresses = read_data_contracts(chain, info.address)
    composition = compose(
        parameters.start,
        terms,
        Texts(info.name, info.description, info.encoder),
        max_features=info.max_features,
        index_bits=info.form.lane_bits,
        start_in_code=not addresses,
        warm=parameters.warm_features(chain),
    )
    return composition.placed(addresses)
