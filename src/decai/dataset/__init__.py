"""Data sets: a training part to learn and contribute from, a test part to measure on.

One loader a file, one registry. Nothing is read, generated or fetched at import.

Examples
--------
>>> from decai import dataset
>>> tiny = dataset.load("tiny")
>>> len(tiny.train), len(tiny.test), tiny.classes
(300, 100, ('negative', 'positive'))
"""

from decai.dataset.base import Dataset, DatasetInfo, Split
from decai.dataset.registry import available, fetch, info, load

__all__ = ["Dataset", "DatasetInfo", "Split", "available", "fetch", "info", "load"]
