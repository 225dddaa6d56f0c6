"""``digits 8x8``: a handwritten digit as 64 shades of gray, as the data set digits has them."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from decai.dataset.unit_norm import unit_norm
from decai.encoder.base import EncoderInfo, ExactMatch, ModelShape, Sample, require_dense
from decai.encoder.image import gray_pixels
from decai.errors import InputError
from decai.samples import Features, IntArray

__all__ = ["SIDE", "Digits"]

SIDE: Final = 8
_BLOCK: Final = 4
_FINE: Final = SIDE * _BLOCK
_DARKEST: Final = 16
_LEAST_CONTRAST: Final = 32


class Digits(ExactMatch):
    """A drawing of one digit, dark on light or light on dark.

    As in the data set, the digit fills the height of 32 x 32 cells; each feature is how many of a block
    of 4 x 4 cells are inked, from 0 to 16; then the vector is scaled to norm 1. A picture of exactly 8 x
    8 pixels is taken as it is, light ink on dark.

    Parameters
    ----------
    shape
        Of the model: vectors of 64 numbers.
    """

    info = EncoderInfo(
        name="digits 8x8",
        title="A drawn digit",
        takes="image",
        forms=("dense",),
        description="A handwritten digit, cut out and brought to 8 x 8 shades of gray.",
        size=SIDE * SIDE,
    )

    def __init__(self, shape: ModelShape) -> None:
        require_dense(self.info, shape)

    def encode(self, sample: Sample) -> Features:
        """The vector of a picture."""
        return np.array(
            unit_norm([float(n) for n in shades(gray_pixels(self.info, sample)).ravel()]), dtype=np.int64
        )

    def feature_name(self, index: int) -> str | None:
        """Where the block is."""
        row, column = divmod(index, SIDE)
        return f"row {row + 1}, column {column + 1}" if 0 <= index < SIDE * SIDE else None


def shades(gray: NDArray[np.uint8]) -> IntArray:
    """How much ink there is in each of 8 x 8 blocks, from 0 to 16.

    Parameters
    ----------
    gray
        Shape ``(height, width)``.

    Raises
    ------
    InputError
        If nothing is drawn.
    """
    if gray.shape == (SIDE, SIDE):
        levels: IntArray = (gray.astype(np.int64) * _DARKEST + 127) // 255
        if not levels.any():
            raise InputError("digits 8x8: nothing is drawn")
        return levels
    ink = _ink(gray.astype(np.int64))
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    digit = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = digit.shape
    # The height is filled, or the width where the digit is wider than high.
    span = max(height, width)
    cells = _cells(digit, span)
    inked: IntArray = cells.reshape(SIDE, _BLOCK, SIDE, _BLOCK).sum(axis=(1, 3), dtype=np.int64)
    return inked


def _ink(gray: IntArray) -> NDArray[np.bool_]:
    """Which pixels are not like the border, which is the paper."""
    border = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    paper = int(np.sort(border)[len(border) // 2])
    contrast = np.abs(gray - paper)
    most = int(contrast.max())
    if most < _LEAST_CONTRAST:
        raise InputError("digits 8x8: nothing is drawn")
    ink: NDArray[np.bool_] = 2 * contrast > most
    return ink


def _cells(digit: NDArray[np.bool_], span: int) -> NDArray[np.bool_]:
    """32 x 32 cells: each is inked if half of the pixels that it covers are, or the one that it is in."""
    height, width = digit.shape
    # Sums of all above and to the left, so that any block is counted by four look-ups.
    sums = np.zeros((height + 1, width + 1), dtype=np.int64)
    sums[1:, 1:] = digit.cumsum(axis=0, dtype=np.int64).cumsum(axis=1)
    # Centred: the edges of cell i are at (i * span // 32) less half of what is missing to the span.
    steps = np.arange(_FINE, dtype=np.int64)
    top, left = (span - height) // 2, (span - width) // 2
    low, high = steps * span // _FINE, np.maximum((steps + 1) * span // _FINE, steps * span // _FINE + 1)
    y0, y1 = np.clip(low - top, 0, height), np.clip(high - top, 0, height)
    x0, x1 = np.clip(low - left, 0, width), np.clip(high - left, 0, width)
    inked = sums[y1][:, x1] - sums[y0][:, x1] - sums[y1][:, x0] + sums[y0][:, x0]
    covered = np.outer(high - low, high - low)
    cells: NDArray[np.bool_] = 2 * inked >= np.maximum(covered, 1)
    return cells
