"""Each classifier's rule in plain Python integers, as ``docs/mechanism.md#classifiers`` words it.

Slow and simple on purpose: dictionaries, loops, no shortcut that the rule does not mention. The centroids
are compared by true squared distances, where the rule and the library leave out the common part.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Protocol

F = 10**9
U32 = 2**32 - 1


class Oracle(Protocol):
    """What all of them can do."""

    def predict(self, x: Sequence[int]) -> int:
        """The label of one sample."""
        ...

    def update(self, x: Sequence[int], label: int) -> None:
        """Learn one sample."""
        ...

    def add_class(self) -> None:
        """Append a class without samples."""
        ...


def toward_zero(numerator: int, denominator: int) -> int:
    """Division as the EVM does it, for a denominator above 0."""
    return -(-numerator // denominator) if numerator < 0 else numerator // denominator


class SparsePerceptronOracle:
    """``score = intercept + sum(w_j)``, ``w_j = base_j + k_j * rate``."""

    def __init__(self, base: Mapping[int, int], intercept: int, rate: int) -> None:
        self.base = dict(base)
        self.k: dict[int, int] = defaultdict(int)
        self.intercept = intercept
        self.rate = rate

    def weight(self, j: int) -> int:
        return self.base.get(j, 0) + self.k[j] * self.rate

    def predict(self, x: Sequence[int]) -> int:
        score = self.intercept
        for j in x:
            score += self.weight(j)
        return 1 if score > 0 else 0

    def update(self, x: Sequence[int], label: int) -> None:
        if self.predict(x) == label:
            return
        for j in x:
            moved = self.k[j] + (1 if label == 1 else -1)
            if -32_768 <= moved <= 32_767:
                self.k[j] = moved

    def add_class(self) -> None:
        raise NotImplementedError

    def train(
        self, rows: Sequence[Sequence[int]], labels: Sequence[int], step: int, epochs: int, averaged: bool
    ) -> None:
        """From zero weights, in steps of `step`; the mean of the models after each sample is the base."""
        weights: dict[int, int] = defaultdict(int)
        total: dict[int, int] = defaultdict(int)
        models = 0
        for _ in range(epochs):
            for x, label in zip(rows, labels, strict=True):
                prediction = 1 if self.intercept + sum(weights[j] for j in x) > 0 else 0
                if prediction != label:
                    for j in x:
                        weights[j] += step if label == 1 else -step
                models += 1
                for j, w in weights.items():
                    total[j] += w
        self.k.clear()
        self.base = {j: toward_zero(t, models) for j, t in total.items()} if averaged else dict(weights)


class DensePerceptronOracle:
    """``score = intercept * F + sum(w_j * x_j)``, ``w_j = base_j + A_j * rate // F``."""

    LIMIT = 2**55 - 1

    def __init__(self, base: Sequence[int], intercept: int, rate: int) -> None:
        self.base = list(base)
        self.a = [0] * len(self.base)
        self.intercept = intercept
        self.rate = rate

    def weights(self) -> list[int]:
        return [b + toward_zero(a * self.rate, F) for b, a in zip(self.base, self.a, strict=True)]

    def predict(self, x: Sequence[int]) -> int:
        score = self.intercept * F
        for w, v in zip(self.weights(), x, strict=True):
            score += w * v
        return 1 if score > 0 else 0

    def update(self, x: Sequence[int], label: int) -> None:
        if self.predict(x) == label:
            return
        for j, v in enumerate(x):
            moved = self.a[j] + (v if label == 1 else -v)
            self.a[j] = max(-self.LIMIT, min(self.LIMIT, moved))

    def add_class(self) -> None:
        raise NotImplementedError

    def train(self, rows: Sequence[Sequence[int]], labels: Sequence[int], epochs: int) -> None:
        for _ in range(epochs):
            for x, label in zip(rows, labels, strict=True):
                self.update(x, label)
        self.base, self.a = self.weights(), [0] * len(self.base)


class NaiveBayesOracle:
    """The product of fractions with an exponent; counts stop at 2^32 - 1."""

    def __init__(
        self, vocabulary: int, alpha: int, samples: Sequence[int], counts: Sequence[Mapping[int, int]]
    ) -> None:
        self.vocabulary = vocabulary
        self.alpha = alpha
        self.n = list(samples)
        self.count = [dict(of_class) for of_class in counts]

    def score(self, x: Sequence[int], c: int) -> tuple[int, int]:
        p, e = self.n[c] << 128, 0
        denominator = sum(self.count[c].values()) * F + self.alpha * self.vocabulary
        for j in x:
            p = p * (self.count[c].get(j, 0) * F + self.alpha) // denominator
            while p < 2**128:
                p <<= 64
                e -= 1
        return e, p

    def predict(self, x: Sequence[int]) -> int:
        scores = {c: self.score(x, c) for c in range(len(self.n)) if self.n[c] > 0}
        best = max(scores.values(), default=None)
        return min((c for c in scores if scores[c] == best), default=0)

    def update(self, x: Sequence[int], label: int) -> None:
        self.n[label] = min(U32, self.n[label] + 1)
        for j in x:
            self.count[label][j] = min(U32, self.count[label].get(j, 0) + 1)

    def add_class(self) -> None:
        self.n.append(0)
        self.count.append({})


class SparseCentroidOracle:
    """Means of 0/1 vectors (scale F); k_j and n stop at 2^32 - 1."""

    def __init__(self, v0: Sequence[Mapping[int, int]], n0: Sequence[int]) -> None:
        self.sums = [{j: v * n for j, v in of_class.items()} for of_class, n in zip(v0, n0, strict=True)]
        self.k: list[dict[int, int]] = [{} for _ in n0]
        self.n = list(n0)

    def mean_times_n(self, c: int) -> dict[int, int]:
        """S of the rule."""
        sums = dict(self.sums[c])
        for j, k in self.k[c].items():
            sums[j] = sums.get(j, 0) + F * k
        return sums

    def distance_times_n2(self, x: Sequence[int], c: int) -> int:
        """n^2 |x - S / n|^2."""
        sums, n, present = self.mean_times_n(c), self.n[c], set(x)
        return sum(((F * n if j in present else 0) - sums.get(j, 0)) ** 2 for j in {*present, *sums})

    def predict(self, x: Sequence[int]) -> int:
        return nearest([self.distance_times_n2(x, c) if n else None for c, n in enumerate(self.n)], self.n)

    def update(self, x: Sequence[int], label: int) -> None:
        self.n[label] = min(U32, self.n[label] + 1)
        for j in x:
            self.k[label][j] = min(U32, self.k[label].get(j, 0) + 1)

    def add_class(self) -> None:
        self.n.append(0)
        self.sums.append({})
        self.k.append({})


class DenseCentroidOracle:
    """Means of vectors; a sum stops at ±(2^63 - 1) and n at 2^32 - 1."""

    LIMIT = 2**63 - 1

    def __init__(self, size: int, v0: Sequence[Sequence[int]], n0: Sequence[int]) -> None:
        self.size = size
        self.sums = [[v * n for v in of_class] for of_class, n in zip(v0, n0, strict=True)]
        self.n = list(n0)

    def predict(self, x: Sequence[int]) -> int:
        distances = [
            sum((v * n - s) ** 2 for v, s in zip(x, sums, strict=True)) if n else None
            for sums, n in zip(self.sums, self.n, strict=True)
        ]
        return nearest(distances, self.n)

    def update(self, x: Sequence[int], label: int) -> None:
        self.n[label] = min(U32, self.n[label] + 1)
        for j, v in enumerate(x):
            self.sums[label][j] = max(-self.LIMIT, min(self.LIMIT, self.sums[label][j] + v))

    def add_class(self) -> None:
        self.n.append(0)
        self.sums.append([0] * self.size)


def nearest(distances: Sequence[int | None], n: Sequence[int]) -> int:
    """The lowest c with the smallest ``distances[c] / n[c]**2``; None never wins; 0 if there is none."""
    best = None
    for c, distance in enumerate(distances):
        if distance is None:
            continue
        least = None if best is None else distances[best]
        if best is None or (least is not None and distance * n[best] ** 2 < least * n[c] ** 2):
            best = c
    return 0 if best is None else best
