"""Encoders: from what people have, texts, pictures and numbers, to the features that models take."""

from decai.encoder.base import Encoder, EncoderInfo, Field, ModelShape, Progress, Sample
from decai.encoder.registry import available, encoder_for, fetch, info, install

__all__ = [
    "Encoder",
    "EncoderInfo",
    "Field",
    "ModelShape",
    "Progress",
    "Sample",
    "available",
    "encoder_for",
    "fetch",
    "info",
    "install",
]
