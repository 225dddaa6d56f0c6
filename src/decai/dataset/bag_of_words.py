"""Text as the set of its known words: the features of sparse text models."""

import re
from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final

import numpy as np
from numpy.typing import NDArray

from decai.samples import IntArray, Samples

__all__ = ["TOKEN_PATTERN", "BagOfWords", "clean", "learn", "tokens"]

TOKEN_PATTERN: Final = r"[^\W_]+(?:'[^\W_]+)*"
"""A word: letters and digits of any script, with apostrophes inside, as in ``don't``."""

_TOKEN: Final = re.compile(TOKEN_PATTERN)
_LINE_BREAK: Final = re.compile(r"<br\s*/?>")


def clean(text: str) -> str:
    """`text` in lower case, with straight apostrophes and without HTML line breaks.

    Examples
    --------
    >>> clean("It\\u2019s GREAT.<br /><br />See it!")
    "it's great.  see it!"
    """
    return _LINE_BREAK.sub(" ", text.lower().replace("\u2019", "'"))


def tokens(text: str) -> list[str]:
    """The words of `text` in order, as they are counted.

    Examples
    --------
    >>> tokens("Don't miss it:<br />a 10/10 'classic'.")
    ["don't", 'miss', 'it', 'a', '10', '10', 'classic']
    """
    return _TOKEN.findall(clean(text))


@dataclass(frozen=True, slots=True)
class BagOfWords:
    """An encoder of text: feature j is there if word j is in the text, however often.

    Parameters
    ----------
    words
        The vocabulary; word j is feature j.

    Examples
    --------
    >>> bag = BagOfWords(("the", "film", "good", "bad"))
    >>> bag.encode("Good? The film was good!").tolist()
    [0, 1, 2]
    """

    words: tuple[str, ...]
    _feature: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_feature", {word: j for j, word in enumerate(self.words)})

    def encode(self, text: str) -> NDArray[np.int32]:
        """The features of one text, strictly increasing; unknown words are left out."""
        known = {self._feature[word] for word in tokens(text) if word in self._feature}
        return np.array(sorted(known), dtype=np.int32)


def learn(texts: Sequence[str], num_train: int, size: int) -> tuple[BagOfWords, Samples]:
    """The most frequent words of the first `num_train` texts, and all texts as bags of them.

    A word counts once for each training text that has it; the more frequent word comes first,
    and of equally frequent ones the alphabetically first. Each text is read only once.

    Parameters
    ----------
    texts
        Training texts, then others.
    num_train
        How many of them to learn from.
    size
        How many words to keep, if there are so many.

    Examples
    --------
    >>> bag, samples = learn(["a good film", "a bad film", "film or book"], num_train=2, size=3)
    >>> bag.words, [sample.tolist() for sample in (samples[0], samples[2])]
    (('a', 'film', 'bad'), [[0, 1], [1]])
    """
    words, ids, bounds = _number_words(texts)
    counts = np.bincount(ids[: bounds[num_train]], minlength=len(words))
    seen = np.flatnonzero(counts).tolist()
    kept = sorted(seen, key=lambda i: (-counts[i], words[i]))[:size]
    feature = np.full(len(words), -1, dtype=np.int32)
    feature[kept] = np.arange(len(kept), dtype=np.int32)
    return BagOfWords(tuple(words[i] for i in kept)), _sorted_rows(feature[ids], bounds, len(kept))


def _number_words(texts: Iterable[str]) -> tuple[list[str], NDArray[np.int32], IntArray]:
    """Distinct words by first appearance; the distinct words of each text; the texts' bounds."""
    number: defaultdict[str, int] = defaultdict(count().__next__)
    ids = array("i")
    bounds = [0]
    for text in texts:
        ids.extend(map(number.__getitem__, set(tokens(text))))
        bounds.append(len(ids))
    return list(number), np.array(ids, dtype=np.int32), np.array(bounds, dtype=np.int64)


def _sorted_rows(features: NDArray[np.int32], bounds: IntArray, size: int) -> Samples:
    """Rows without their negative features, each sorted."""
    rows = np.repeat(np.arange(len(bounds) - 1, dtype=np.int64), np.diff(bounds))
    kept = features >= 0
    rows, features = rows[kept], features[kept]
    order = np.argsort(rows * size + features)
    ends = np.cumsum(np.bincount(rows, minlength=len(bounds) - 1), dtype=np.int64)
    starts = np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1]])
    return Samples(features[order], starts, ends)
