"""The composition of a contract that is on a chain, from what it says of itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from decai.chain.base import Reader
from decai.chain.clone_code import clone_code, salt_of
from decai.chain.clones import shared_parts
from decai.chain.compiler import compile_composition
from decai.chain.compose import Composition, Texts, compose
from decai.chain.compose_clone import Clone
from decai.chain.kinds import Parameters
from decai.chain.kinds.tables import read_data_contracts
from decai.chain.model import ModelInfo, read
from decai.errors import ChainError, Refused
from decai.incentive import Stakeable
from decai.protocols import IncentiveMechanism
from decai.units import Address, Seconds, Wei

__all__ = ["is_code_of", "recomposed", "terms_beside"]


def recomposed(
    chain: Reader,
    info: ModelInfo,
    parameters: Parameters[Any],
    terms: IncentiveMechanism,
    own_parts: Mapping[str, str | Path] | None = None,
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
    own_parts
        As for `compose`.

    Raises
    ------
    ChainError
        If there is no answer.
    InputError
        If this version has no contract of these parts, or an own one does not compile.
    StorageError
        If the file of an own part cannot be read.
    """
    addresses = read_data_contracts(chain, info.address)
    composition = compose(
        parameters.start,
        terms,
        Texts(info.name, info.description, info.encoder),
        max_features=info.max_features,
        index_bits=info.form.lane_bits,
        start_in_code=not addresses,
        own_parts=own_parts,
        clone=info.implementation is not None,
        warm=parameters.warm_features(chain),
    )
    return composition.placed(addresses)


def terms_beside(chain: Reader, info: ModelInfo) -> IncentiveMechanism:
    """The numbers that a mechanism of somebody's own was deployed with, as far as it tells them.

    Those that it does not tell make no difference unless it uses them in secret.
    """
    owner = max(info.refund_wait, _told(chain, info.address, "ownerClaimWaitTimeS()", "uint32"))
    anyone = max(owner, _told(chain, info.address, "anyAddressClaimWaitTimeS()", "uint32"))
    weight = _told(chain, info.address, "costWeight()", "uint256")
    by_deposit = _told(chain, info.address, "sharesByDeposit()", "bool")
    return Stakeable(
        Wei(weight),
        info.refund_wait,
        Seconds(owner),
        Seconds(anyone),
        shares="deposit" if by_deposit else "count",
    )


def _told(chain: Reader, address: Address, view: str, kind: str) -> int:
    try:
        return int(read(chain, address, view, kind))
    except (ChainError, Refused):
        return 0


def is_code_of(code: bytes, composition: Composition) -> bool:
    """Whether a contract's code is what a composition compiles to; raises like `compile_composition`."""
    if isinstance(composition, Clone):
        implementation, _ = shared_parts(composition)
        return code == clone_code(implementation.address, salt_of(code), composition.data)
    compiled = compile_composition(composition)
    # Immutable values follow on the code; a node may not give zeros at the end.
    return code[: len(compiled.runtime_code)] == compiled.runtime_code and len(code) <= compiled.code_size
