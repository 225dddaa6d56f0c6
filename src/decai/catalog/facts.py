"""What one event of a model says, if a decai model can say it at all."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from decai.catalog.columns import MOST_INTEGER
from decai.chain.abi import EVENTS, decode_event, key_of, topic
from decai.chain.base import Log
from decai.chain.contributions import Contribution, contribution_in
from decai.chain.sample_form import SampleForm
from decai.errors import BrokenRulesError
from decai.units import Address

__all__ = ["TOPICS", "Fact", "fact_of"]

TOPICS: Final = tuple(topic(name) for name in EVENTS)
"""What the events that are followed are marked with."""

_DEPOSIT_LIMIT: Final = 2**96
_LONGEST_TEXT: Final = 1_024
_LONGEST_LIST: Final = 2_048
_EXACT_IN_JSON: Final = 2**53
_WHO: Final = ("sender", "claimer", "newOwner", "account", "recipient")
"""Whom an event is about, by what its value is called."""


class Fact(NamedTuple):
    """An event that makes sense by itself."""

    log: Log
    name: str
    values: Mapping[str, Any]
    """By name, as they were decoded; without the features of a contribution."""
    contribution: Contribution | None
    packed: bytes
    """The features of a contribution, packed."""
    key: bytes | None
    """Of the contribution that it is about."""

    @property
    def account(self) -> Address | None:
        """Whom it is about."""
        return next((self.values[who] for who in _WHO if who in self.values), None)

    def plain(self) -> dict[str, Any]:
        """Its values as JSON can hold them: bytes in hexadecimal, large numbers in decimal digits."""
        return {key: _plain(value) for key, value in self.values.items()}


def fact_of(log: Log, form: SampleForm, max_features: int) -> Fact | None:
    """What an event says; None if it is none of those that are followed.

    Parameters
    ----------
    log
        The event.
    form, max_features
        Of the model's samples.

    Raises
    ------
    ChainError
        If no decai model says that.
    """
    event = decode_event(log.topics, log.data)
    if event is None:
        return None
    if max(log.block, log.time, log.position) > MOST_INTEGER:
        raise BrokenRulesError("its events are in a block that cannot be")
    values = dict(event.values)
    features = values.pop("d", None)
    for value in values.values():
        _check_size(value)
    if features is None:
        return Fact(log, event.name, values, None, b"", values.get("key"))
    # Before anything is made of them.
    if len(features) > max_features + 1:
        raise BrokenRulesError("it tells of a contribution with more features than it takes")
    found = contribution_in(event, log, form)
    assert found is not None, "there are features"
    if len(found.features) > max_features or not form.fits(found.features):
        raise BrokenRulesError("it tells of a contribution whose features it does not take")
    words = form.packed(found.features)
    if event.name == "AddDataPacked" and words != list(features):
        raise BrokenRulesError("it tells of features that are not packed as features are")
    if found.added != log.time:
        raise BrokenRulesError("it tells of a contribution at another time than that of its block")
    if found.cost >= _DEPOSIT_LIMIT:
        raise BrokenRulesError("it tells of a deposit that nobody has")
    key = key_of(words, found.label, found.added, found.author)
    packed = b"".join(word.to_bytes(32) for word in words)
    return Fact(log, event.name, values, found, packed, key)


def _check_size(value: Any) -> None:
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        raise BrokenRulesError(f"it tells of a text of {len(value):,} characters")
    if isinstance(value, (list, tuple)) and len(value) > _LONGEST_LIST:
        raise BrokenRulesError(f"it tells of a list of {len(value):,} numbers")


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, int) and abs(value) >= _EXACT_IN_JSON:
        return str(value)
    return value
