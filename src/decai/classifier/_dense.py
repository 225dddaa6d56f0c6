"""Dense samples: fixed-point vectors of unit norm, and scores that are exact where floats are not."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from decai.errors import InputError, Refused
from decai.kernel import kernel
from decai.samples import Features, IntArray, Samples
from decai.units import SCALE

__all__ = ["NORM_TOLERANCE", "FloatArray", "check_all_vectors", "check_vector", "dot_rows"]

FloatArray = NDArray[np.float64]

NORM_TOLERANCE: Final = 100 * SCALE
"""How far the squared norm may be from F^2, exclusive."""


def check_vector(features: Features, size: int, kind: str) -> None:
    """Raise `Refused` unless `features` is a vector of `size` fixed-point values with a norm of 1."""
    if len(features) != size:
        raise Refused(f"{kind}: the provided data must have {size} values")
    norm_squared = sum(value * value for value in features.tolist())
    if abs(norm_squared - SCALE * SCALE) >= NORM_TOLERANCE:
        raise Refused(f"{kind}: the provided data does not have a norm of 1")


def check_all_vectors(samples: Samples, size: int, kind: str) -> None:
    """Raise `InputError` for the first of `samples` that `check_vector` would refuse."""
    for row in range(len(samples)):
        try:
            check_vector(samples[row], size, kind)
        except Refused as refusal:
            raise InputError(f"sample {row}: {refusal}") from None


@kernel
def dot_rows(
    values: IntArray, starts: IntArray, ends: IntArray, vectors: FloatArray, products: FloatArray, sizes: FloatArray
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
