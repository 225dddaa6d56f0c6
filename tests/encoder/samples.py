"""Samples and shapes that every encoder is tried on."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import PCG64
from PIL import Image

from decai.encoder import ModelShape, Sample

__all__ = ["CASES", "Case", "picture", "png"]


def png(pixels: Any, kind: str = "PNG") -> bytes:
    """A picture's file of an array of bytes."""
    out = io.BytesIO()
    Image.fromarray(np.asarray(pixels, dtype=np.uint8)).save(out, kind)
    return out.getvalue()


def picture(seed: int, side: int = 48) -> bytes:
    """Blocks of random colours."""
    colours = (PCG64(seed).random_raw(48) % 256).astype(np.uint8).reshape(4, 4, 3)
    return png(np.repeat(np.repeat(colours, side // 4, axis=0), side // 4, axis=1))


def drawing(row: int) -> bytes:
    """A thick stroke."""
    paper = np.full((60, 60), 255)
    paper[10:50, row : row + 6] = 0
    paper[10:16, 10:50] = 0
    return png(paper)


@dataclass(frozen=True)
class Case:
    """An encoder for one shape."""

    name: str
    shape: ModelShape
    samples: Sequence[Sample]
    """Three different ones."""
    wrong: Sequence[Any]
    """What is no sample of it."""
    needs: Callable[[], Any] | None = None


TEXTS = ("A wonderful film, superb!", "What a bore: I left the film.", "\N{GREEK SMALL LETTER ALPHA} film")
NO_TEXT = (b"bytes", [1.0], {"a": "b"}, 3, None)
NO_PICTURE = ("text", b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + bytes(100), [1.0], None)
JACK = {"pclass": "3", "sex": "male", "age": "20", "sibsp": "0", "parch": "0", "fare": "7.5", "embarked": "S"}
ROSE = {**JACK, "pclass": "1", "sex": "female", "age": "17", "name": "DeWitt Bukater, Miss. Rose"}
CAL = {**JACK, "pclass": "1", "age": "?", "fare": ""}
NO_PASSENGER: tuple[Any, ...] = (
    "text",
    {},
    {**JACK, "pclass": "4"},
    {**JACK, "age": "old"},
    {**JACK, "age": "-1"},
    {**JACK, "fare": "nan"},
    {**JACK, "ticket": "1"},
    {**JACK, "sibsp": ""},
    {**JACK, "name": "x" * 300},
    {**JACK, "age": [1]},
)
NO_NUMBERS = (
    "1,2",
    b"12",
    {"a": 1},
    [1, "2"],
    [float("nan"), 1],
    [float("inf"), 1],
    [True, 1],
    [1.0],
    [1, 2, 3],
)

CASES = [
    Case(
        "none",
        ModelShape("sparse", 9),
        [[1, 5], [5, 1, 1], []],
        ["1", [1.5], [-1], [2**32], [None], {"a": 1}],
    ),
    Case("none", ModelShape("dense", 2), [[10**9, 0], [0, 10**9], [-(10**9), 0]], NO_NUMBERS),
    Case("Multiply by 1E9, then round", ModelShape("dense", 2), [[1, 0], [0.6, 0.8], [-1.0, 0]], NO_NUMBERS),
    Case("unit norm", ModelShape("dense", 2), [[3, 4], [1, 0], [-1e-300, 1]], [*NO_NUMBERS, [0, 0]]),
    Case("imdb words", ModelShape("sparse", 1000), TEXTS, NO_TEXT),
    Case("MurmurHash3", ModelShape("sparse", 0), TEXTS, NO_TEXT),
    Case("MurmurHash3", ModelShape("sparse", 0, 16), TEXTS, NO_TEXT),
    Case("universal sentence encoder", ModelShape("dense", 512), TEXTS, [*NO_TEXT, "", " \n"]),
    Case("MobileNetV1 0.25", ModelShape("dense", 256), [picture(1), picture(2), picture(3, 300)], NO_PICTURE),
    Case("digits 8x8", ModelShape("dense", 64), [drawing(10), drawing(20), drawing(35)], NO_PICTURE),
    Case("titanic passenger", ModelShape("sparse", 36), [JACK, ROSE, CAL], NO_PASSENGER),
    Case("titanic passenger", ModelShape("dense", 12), [JACK, ROSE, CAL], NO_PASSENGER),
]
