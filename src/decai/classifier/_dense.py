"""Dense samples: fixed-point vectors of unit norm, and scores that are exact where floats are not."""

from typing import Final

import numpy as np

from decai.errors import InputError, Refused
from decai.kernel import kernel
from decai.samples import Features, FloatArray, IntArray, Samples
from decai.units import SCALE

__all__ = ["NORM_TOLERANCE", "checked_vector", "checked_vectors", "dot_rows", "wrong_norm", "wrong_size"]

NORM_TOLERANCE: Final = 100 * SCALE
"""How far the squared norm may be from F^2, exclusive."""
_SQUARE: Final = SCALE * SCALE


def wrong_size(kind: str, size: int) -> str:
    """The refusal of a vector that has not `size` values; its contract says the same sentence."""
    return f"{kind}: the provided data must have {size} values"


def wrong_norm(kind: str) -> str:
    """The refusal of a vector that is too long or too short; its contract says the same sentence."""
    return f"{kind}: the provided data does not have a norm of 1"


@kernel
def _has_unit_norm(vector: IntArray) -> bool:
    """Whether the squared norm is F^2 within the tolerance; no partial sum leaves 64 bits."""
    norm_squared = 0
    for value in vector:
        if value > 2 * SCALE or value < -2 * SCALE:
            return False
        norm_squared += value * value
        if norm_squared >= _SQUARE + NORM_TOLERANCE:
            return False
    return norm_squared > _SQUARE - NORM_TOLERANCE


@kernel
def _first_malformed(values: IntArray, starts: IntArray, ends: IntArray, size: int) -> int:
    for row in range(len(starts)):
        if ends[row] - starts[row] != size or not _has_unit_norm(values[starts[row] : ends[row]]):
            return row
    return -1


def checked_vector(features: Features, size: int, kind: str) -> IntArray:
    """`features` as int64; `Refused` unless they are `size` fixed-point values with a norm of 1."""
    if features.ndim != 1 or features.dtype.kind != "i" or len(features) != size:
        raise Refused(wrong_size(kind, size))
    vector = features.astype(np.int64, copy=False)
    if not _has_unit_norm(vector):
        raise Refused(wrong_norm(kind))
    return vector


def checked_vectors(samples: Samples, size: int, kind: str) -> Samples:
    """`samples` as int64; `InputError` for the first one that `checked_vector` would refuse."""
    values = samples.values.astype(np.int64, copy=False)
    row = _first_malformed(values, samples.starts, samples.ends, size)
    if row >= 0:
        try:
            checked_vector(samples[row], size, kind)
        except Refused as refusal:
            raise InputError(f"sample {row}: {refusal}") from None
    return Samples(values, samples.starts, samples.ends)


@kernel
def dot_rows(
    values: IntArray,
    starts: IntArray,
    ends: IntArray,
    vectors: FloatArray,
    products: FloatArray,
    sizes: FloatArray,
) -> None:
    """For each row and vector, the inner product and the sum of the sizes of its terms.

    Parameters
    ----------
    values, starts, ends
        The rows, int64; at most as long as a vector.
    vectors
        Shape (vectors, features).
    products, sizes
        Results, shape (rows, vectors). With m features the product is within ``(m + 3) * 2^-53 * size``
        of the exact one, when each entry of `vectors` is the nearest float to its integer.
    """
    for row in range(len(starts)):
        start = starts[row]
        for v in range(len(vectors)):
            product = 0.0
            size = 0.0
            for j in range(ends[row] - start):
                term = vectors[v, j] * float(values[start + j])
                product += term
                size += abs(term)
            products[row, v] = product
            sizes[row, v] = size
