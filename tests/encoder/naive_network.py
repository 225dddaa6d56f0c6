"""MobileNet straight from its definition, in floats: slow, and nothing in it is rounded."""

import json

import numpy as np

from decai.encoder.image import Pixels
from decai.encoder.mobilenet import _NAME, _STRIDES, FILES, _weights
from decai.encoder.weights import read
from decai.samples import FloatArray

__all__ = ["channels"]


def channels(pixels: Pixels) -> FloatArray:
    """The sums of the last 256 channels over a picture."""
    topology, content = (read(_NAME, file) for file in FILES)
    weights = _weights(json.loads(topology), content)
    base = "module_apply_default/MobilenetV1/MobilenetV1/Conv2d_"
    flow = pixels.astype(np.float64) / 255 * 2 - 1
    flow = layer(flow, weights[f"{base}0/Conv2D_weights"], weights[f"{base}0/Conv2D_bn_offset"], 2)
    for number, stride in enumerate(_STRIDES, 1):
        deep = f"{base}{number}_depthwise/depthwise"
        kernel = weights[f"{deep}_weights"][:, :, :, 0]
        # A depthwise layer is a full one whose kernel is 0 between different channels.
        full = np.einsum("yxc,cd->yxcd", kernel, np.eye(kernel.shape[2]))
        flow = layer(flow, full, weights[f"{deep}_bn_offset"], stride)
        flat = f"{base}{number}_pointwise/Conv2D"
        flow = layer(flow, weights[f"{flat}_weights"], weights[f"{flat}_bn_offset"], 1)
    sums: FloatArray = flow.sum(axis=(0, 1))
    return sums


def layer(flow: FloatArray, kernel: FloatArray, offset: FloatArray, stride: int) -> FloatArray:
    """One convolution with TensorFlow's SAME padding, and the ramp from 0 to 6."""
    size = kernel.shape[0]
    rows, columns = (-(-n // stride) for n in flow.shape[:2])
    below = max((rows - 1) * stride + size - flow.shape[0], 0)
    beside = max((columns - 1) * stride + size - flow.shape[1], 0)
    padded = np.pad(flow, ((below // 2, below - below // 2), (beside // 2, beside - beside // 2), (0, 0)))
    out = np.empty((rows, columns, kernel.shape[3]))
    for row in range(rows):
        for column in range(columns):
            window = padded[row * stride : row * stride + size, column * stride : column * stride + size]
            out[row, column] = np.tensordot(window, kernel, 3) + offset
    ramp: FloatArray = np.clip(out, 0, 6)
    return ramp
