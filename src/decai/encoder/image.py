"""Pictures, read with care: they come from anybody."""

import io
import warnings
from typing import Final

import numpy as np
from numpy.typing import NDArray

from decai.encoder.base import EncoderInfo, Sample
from decai.errors import InputError, MissingError

__all__ = ["FORMATS", "LARGEST_FILE", "gray_pixels", "rgb_pixels"]

FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
LARGEST_FILE: Final = 10 * 2**20
_MOST_PIXELS: Final = 40_000_000

Pixels = NDArray[np.uint8]


def rgb_pixels(info: EncoderInfo, sample: Sample, size: int) -> Pixels:
    """The middle square of a picture, shape ``(size, size, 3)``, on white where it is transparent.

    Parameters
    ----------
    info
        Of the encoder that asks.
    sample
        The content of a file of one of `FORMATS`.
    size
        Pixels of a side.

    Raises
    ------
    InputError
        If it is no such picture, or too large.
    MissingError
        If there is nothing that reads pictures.
    """
    picture = _opened(info, sample)
    from PIL import Image, ImageOps

    return np.asarray(ImageOps.fit(picture, (size, size), Image.Resampling.BILINEAR), dtype=np.uint8)


def gray_pixels(info: EncoderInfo, sample: Sample) -> Pixels:
    """All of a picture in shades of gray, shape ``(height, width)``; else like `rgb_pixels`."""
    return np.asarray(_opened(info, sample).convert("L"), dtype=np.uint8)


def _opened(info: EncoderInfo, sample: Sample):  # type: ignore[no-untyped-def]  # Pillow may not be there
    if not isinstance(sample, (bytes, bytearray)):
        raise InputError(f"{info.name}: takes a picture")
    if len(sample) > LARGEST_FILE:
        raise InputError(f"{info.name}: the picture's file is larger than {LARGEST_FILE // 2**20} MB")
    try:
        from PIL import Image, ImageOps
    except ImportError:
        raise MissingError(
            f"{info.name}: needs the package pillow; get it with: pip install 'decai[encoders]'"
        ) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(sample), formats=FORMATS) as file:
                width, height = file.size
                if width * height > _MOST_PIXELS:
                    raise InputError(f"{info.name}: a picture of {width:,} x {height:,} pixels is too large")
                # Reads the first picture of an animation, turned as the camera says.
                picture = ImageOps.exif_transpose(file).convert("RGBA")
    except InputError:
        raise
    except Exception:  # a damaged file can raise nearly anything
        raise InputError(
            f"{info.name}: this is no picture in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
        ) from None
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture)
    return white.convert("RGB")
