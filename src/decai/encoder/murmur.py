"""``MurmurHash3``: texts by hashes of their words, so that any word has a feature."""

from decai.dataset.bag_of_words import tokens
from decai.encoder.base import (
    EncoderInfo,
    ExactMatch,
    ModelShape,
    Progress,
    Sample,
    indices,
    require_sparse,
    require_text,
)
from decai.errors import MissingError
from decai.samples import Features

__all__ = ["MurmurHash3"]


class MurmurHash3(ExactMatch):
    """The 32-bit MurmurHash3 (x86, seed 0) of each word in UTF-8, cut to the bits of the model's indices.

    Parameters
    ----------
    shape
        Of the model.

    Examples
    --------
    >>> MurmurHash3(ModelShape("sparse", 0)).encode("test").tolist()
    [3127628307]
    """

    info = EncoderInfo(
        name="MurmurHash3",
        title="Hashed words",
        takes="text",
        forms=("sparse",),
        description="The hash of each word of a text: no list of words is needed, and none is unknown.",
    )

    def __init__(self, shape: ModelShape) -> None:
        require_sparse(self.info, shape)
        self._mask = (1 << shape.index_bits) - 1

    def load(self, progress: Progress | None = None) -> None:
        """Find the hash function."""
        _require_mmh3()

    def encode(self, sample: Sample) -> Features:
        """The hashes of the text's distinct words, strictly increasing."""
        words = set(tokens(require_text(self.info, sample)))
        _require_mmh3()
        import mmh3

        found = sorted({mmh3.hash(word.encode(), 0, signed=False) & self._mask for word in words})
        return indices(found)


def _require_mmh3() -> None:
    try:
        import mmh3  # noqa: F401
    except ImportError:
        raise MissingError(
            "MurmurHash3: needs the package mmh3; get it with: pip install 'decai[encoders]'"
        ) from None
