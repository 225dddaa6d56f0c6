"""Generated reviews: bags of Zipf-distributed words, labelled by a linear teacher, of any size.

A stand-in for a text data set where nothing can be fetched, or where more samples, more words or more
noise are wanted than a real one has. The default has the size and sparsity of the IMDB reviews.

- Lengths: a text has ``m * (0.35 + 0.65 E)`` running words, E from an exponential distribution of
  mean 1, with m set so that it has `length` different ones on average.
- Words: word j is drawn with probability proportional to ``1 / (j + 3)``, in steps of a table.
- Labels: words come in pairs of neighbours in rank that weigh as much for one class as for the
  other, so the classes are about even; the sign of the sum is the label, and noise % are flipped.

Only raw bits of PCG64 and exact or correctly rounded arithmetic are used, so the same options give
the same data on every machine and with every version of numpy. More samples continue fewer ones: with
the same other options, the first rows are the same.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.random import PCG64, SeedSequence
from numpy.typing import NDArray

from decai.dataset.base import Dataset, DatasetInfo, Split, checked_option
from decai.errors import OptionError
from decai.samples import IntArray, Samples

__all__ = ["INFO", "Recipe", "generate", "load"]

INFO: Final = DatasetInfo(
    name="synthetic-text",
    title="Synthetic reviews",
    kind="generated",
    form="sparse",
    description="Zipf-distributed bags of words from a linear teacher with noisy labels, of any size.",
    source="generated",
    license="none needed",
    citation="decai",
    options={"samples": 25_000, "test": 25_000, "words": 1000, "length": 91, "noise": 5, "seed": 0},
    fetch=None,
)
MAX_SAMPLES: Final = 10_000_000
MAX_WORDS: Final = 100_000
MAX_LENGTH: Final = 1000
MAX_FEATURES: Final = 2_000_000_000
"""Of both splits together, which take 4 bytes each."""

_CELLS: Final = 1 << 21
"""About how many marks (text, word) are looked at in one go; 1 byte each."""
_UNIT: Final = 1 << 14
"""Scale of the lengths of texts."""
_SPREAD: Final = 64
"""How many different lengths there are."""
_MAX_WEIGHT: Final = 1 << 10


def load(options: Mapping[str, int], *, dense: bool, cache: Path) -> Dataset:
    """Generate both splits; see `decai.dataset.load`. It is quick: nothing is cached."""
    return generate(INFO, options)


def generate(
    about: DatasetInfo, options: Mapping[str, int], features: tuple[str, ...] | None = None
) -> Dataset:
    """A data set of this kind, under the name of `about`.

    Raises
    ------
    OptionError
        If an option is out of range.

    Examples
    --------
    >>> options = {"samples": 50, "test": 10, "words": 40, "length": 8, "noise": 0, "seed": 7}
    >>> len(generate(INFO, options).train)
    50
    """
    name = about.name
    num_words = checked_option(name, "words", options["words"], 10, MAX_WORDS)
    length = checked_option(name, "length", options["length"], 1, min(num_words // 2, MAX_LENGTH))
    num_train = checked_option(name, "samples", options["samples"], 1, MAX_SAMPLES)
    num_test = checked_option(name, "test", options["test"], 1, MAX_SAMPLES)
    noise = checked_option(name, "noise", options["noise"], 0, 50)
    seed = checked_option(name, "seed", options["seed"], 0, 2**63 - 1)
    if (num_train + num_test) * length > MAX_FEATURES:
        raise OptionError(
            f"{name}: {num_train + num_test:,} texts of {length:,} words are too much for memory; "
            f"samples and test together must be at most {MAX_FEATURES // length:,}",
            "samples",
        )
    recipe = Recipe(num_words, length, noise, seed)
    return Dataset(
        name=name,
        train=recipe.draw(num_train, stream=1),
        test=recipe.draw(num_test, stream=2),
        classes=("negative", "positive"),
        features=features,
        num_features=num_words,
        info=about,
        options=dict(options),
    )


class Recipe:
    """What both splits are drawn from."""

    def __init__(self, num_words: int, length: int, noise: int, seed: int) -> None:
        self.num_words = num_words
        self.length = length
        self.noise = noise
        self.seed = seed
        self.slots = _zipf_slots(num_words)
        self.lengths = _lengths(self.slots, length)
        self.word_of_slot = np.repeat(np.arange(num_words, dtype=np.int32), self.slots)
        self.weights = _teacher(self._bits(0), num_words)

    def draw(self, num_texts: int, stream: int) -> Split:
        """Texts and labels from a stream of their own."""
        bits = self._bits(stream)
        size = max(1, _CELLS // self.num_words)
        values = np.empty(int(num_texts * self.length * 1.05) + self.num_words, dtype=np.int32)
        ends = np.empty(num_texts, dtype=np.int64)
        labels = np.empty(num_texts, dtype=np.int64)
        used = 0
        for first in range(0, num_texts, size):
            part = slice(first, min(first + size, num_texts))
            columns, bounds, flips = self._draw_some(bits, size, part.stop - part.start)
            if used + len(columns) > len(values):
                values.resize(used + len(columns) + len(values) // 8, refcheck=False)
            values[used : used + len(columns)] = columns
            ends[part] = used + bounds[1:]
            labels[part] = (np.add.reduceat(self.weights[columns], bounds[:-1]) > 0) ^ flips
            used += len(columns)
        values.resize(used, refcheck=False)
        starts = np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1]])
        return Split(Samples(values, starts, ends), labels)

    def _draw_some(
        self, bits: PCG64, size: int, num_texts: int
    ) -> tuple[NDArray[np.int32], IntArray, NDArray[np.bool_]]:
        """The words of the first `num_texts` of `size` texts, their bounds, and whose labels to flip."""
        lengths = self.lengths[_draw(bits, size) % _SPREAD][:num_texts]
        flips = (_draw(bits, size) % 100 < self.noise)[:num_texts]
        drawn = self.word_of_slot[_draw(bits, int(lengths.sum())) % len(self.word_of_slot)]
        present = np.zeros((num_texts, self.num_words), dtype=np.bool_)
        begins = np.arange(num_texts, dtype=np.int64) * self.num_words
        present.reshape(-1)[np.repeat(begins, lengths) + drawn] = True
        counts = np.count_nonzero(present, axis=1)
        columns = np.flatnonzero(present) - np.repeat(begins, counts)
        bounds = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts, dtype=np.int64)])
        return columns.astype(np.int32), bounds, flips

    def _bits(self, stream: int) -> PCG64:
        return PCG64(SeedSequence([self.seed, stream]))


def _draw(bits: PCG64, count: int) -> NDArray[np.uint32]:
    """The next `count` numbers of 32 bits; the raw stream is the same in every version of numpy."""
    raw: NDArray[np.uint64] = bits.random_raw((count + 1) // 2)
    return raw.astype("<u8", copy=False).view("<u4")[:count]


def _zipf_slots(num_words: int) -> IntArray:
    """How many of 2^k slots each word has, proportional to ``1 / (j + 3)``; at least one."""
    cumulated = np.cumsum(1 / np.arange(3, num_words + 3))
    size = 1 << max(16, num_words.bit_length() + 6)
    bounds = np.floor(cumulated / cumulated[-1] * size).astype(np.int64)
    slots: IntArray = np.diff(bounds, prepend=0)
    return slots


def _lengths(slots: IntArray, length: int) -> IntArray:
    """The possible numbers of running words, equally likely, that give `length` different ones on average."""
    steps = np.cumsum(1 / np.arange(_SPREAD, 0, -1))  # the expected order statistics of an exponential
    shape = np.floor(_UNIT * (0.35 + 0.65 * steps)).astype(np.int64)
    kinds, counts = np.unique(slots, return_counts=True)

    def lengths(scale: int) -> IntArray:
        return np.maximum(1, shape * scale // (16 * _UNIT))

    def mean_distinct(scale: int) -> float:
        absent = np.exp(np.multiply.outer(lengths(scale), -kinds / slots.sum()))
        return float(((1 - absent) @ counts).mean())

    high = 16
    while mean_distinct(high) < length:
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if mean_distinct(middle) < length else (low, middle)
    return lengths(high)


def _teacher(bits: PCG64, num_words: int) -> IntArray:
    """Weights of the words: pairs of neighbours in rank have opposite ones, a few of them large."""
    num_pairs = num_words // 2
    drawn = _draw(bits, 2 * num_pairs).astype(np.int64)
    sizes = drawn[:num_pairs] % _MAX_WEIGHT + 1
    signs = 1 - 2 * (drawn[num_pairs:] & 1)
    weights = np.zeros(num_words, dtype=np.int64)
    weights[0 : 2 * num_pairs : 2] = sizes**3 * signs
    weights[1 : 2 * num_pairs : 2] = -(sizes**3) * signs
    return weights
