"""How long it takes to load data sets: ``python -m benchmarks.loading``.

Beside what it takes to read their reviews for the first time, in the same run.
"""

import tempfile
from pathlib import Path
from time import perf_counter
from typing import Final

from decai import dataset

__all__ = ["main"]

_TIMES: Final = 5


def seconds(name: str, cache: Path) -> float:
    """The least time of several that a data set takes to load."""
    times = []
    for _ in range(_TIMES):
        begin = perf_counter()
        dataset.load(name, cache=cache)
        times.append(perf_counter() - begin)
    return min(times)


def main() -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        begin = perf_counter()
        dataset.load("imdb", cache=cache)
        first = perf_counter() - begin
        print(f"imdb, for the first time: {first:.2f} s")
        for name in ("imdb", "synthetic-text"):
            took = seconds(name, cache)
            print(f"{name}: {took:.3f} s, {took / first:.1%} of that")


if __name__ == "__main__":
    main()
