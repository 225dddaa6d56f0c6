"""What the callers of a trainer give: every trainer says the same of what is nothing of the kind."""

from collections.abc import Sequence
from operator import index
from typing import Final

import numpy as np

from decai.errors import InputError
from decai.samples import Features
from decai.units import Address

__all__ = ["given_address", "given_features", "given_number"]

_SHOWN: Final = 60


def given_features(features: Features | Sequence[int]) -> Features:
    """Features as an array; what an array of them may hold is up to the classifier.

    Raises
    ------
    InputError
        If they are neither an array nor a sequence of whole numbers of 64 bits.

    Examples
    --------
    >>> given_features([3, 5])
    array([3, 5])
    """
    if isinstance(features, np.ndarray) and features.ndim:
        return features
    if isinstance(features, Sequence) and not isinstance(features, str | bytes):
        try:
            return np.array([index(number) for number in features], dtype=np.int64)
        except (TypeError, OverflowError):
            pass
    raise InputError(f"features: must be an array or a list of whole numbers, not {_shown(features)}")


def given_number(what: str, number: int) -> int:
    """A whole number of any size.

    Raises
    ------
    InputError
        If it is none.

    Examples
    --------
    >>> given_number("label", np.int64(1))
    1
    """
    if type(number) is int:
        return number
    try:
        return index(number)
    except TypeError:
        raise InputError(f"{what}: must be a whole number, not {_shown(number)}") from None


def given_address(what: str, address: Address) -> Address:
    """An address, which is a text; what it has to look like is up to the chain.

    Raises
    ------
    InputError
        If it is no text.
    """
    if isinstance(address, str):
        return address
    raise InputError(f"{what}: must be an address, not {_shown(address)}")


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
