"""Samples that were contributed from pages, on their way from the outbox into the catalog."""

import json
import logging
import time
from typing import TYPE_CHECKING, Final

from decai.catalog.records import SampleKind
from decai.catalog.samples import content_of
from decai.dashboard.outbox import Entry, Fate, KeptSample, Outbox
from decai.errors import InputError, MissingError

if TYPE_CHECKING:
    from decai.catalog.catalog import Catalog
    from decai.encoder import Sample

__all__ = ["keep_samples", "kept"]

_log: Final = logging.getLogger("decai.dashboard")
_AT_ONCE: Final = 20
_PATIENCE: Final = 86_400.0
"""Seconds until a contribution that the follower has not read is not waited for any more."""


def kept(sample: "Sample") -> KeptSample | None:
    """A sample as it waits; None if it is too large to be kept."""
    try:
        kind, content = content_of(sample)
    except InputError:
        return None
    return KeptSample(kind.value, content)


def keep_samples(catalog: "Catalog", outbox: Outbox) -> None:
    """Bring the samples of contributions that are in a block into the catalog; blocks.

    The catalog takes only what encodes to the features that are on the chain.

    Raises
    ------
    StorageError
        If database or outbox fails; the samples wait.
    """
    for entry, sample in outbox.samples(_AT_ONCE):
        if entry.fate is not Fate.DONE or _kept(catalog, entry, sample):
            outbox.drop_sample(entry.id)


def _kept(catalog: "Catalog", entry: Entry, sample: KeptSample) -> bool:
    """Whether nothing more has to be done for a sample."""
    assert entry.hash is not None, "it is in a block"
    if not catalog.history.contributions_of(entry.hash):
        # The follower will come to it, unless it does not follow this model.
        return time.time() - entry.changed > _PATIENCE
    try:
        catalog.samples.add(entry.hash, _sample(sample))
    except (InputError, MissingError) as error:
        _log.info("a sample is not kept: %s", error)
    return True


def _sample(kept: KeptSample) -> "Sample":
    """The inverse of `kept`."""
    kind = SampleKind(kept.kind)
    if kind is SampleKind.IMAGE:
        return kept.content
    text = kept.content.decode()
    sample: Sample = text if kind is SampleKind.TEXT else json.loads(text)
    return sample
