"""What each encoder makes of samples, held to other sources than itself."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from decai import dataset
from decai.dataset import imdb, titanic
from decai.encoder import ModelShape, encoder_for, install
from decai.encoder.digits import shades
from decai.errors import InputError, MissingError
from tests.encoder.samples import png


class TestNumbers:
    def test_fixed_point_is_a_thousand_million_times_the_number_rounded_half_to_even(self) -> None:
        encoder = encoder_for("Multiply by 1E9, then round", ModelShape("dense", 4))
        assert encoder.encode([0.1, -1, 0.0000000005, 0.0000000015]).tolist() == [10**8, -(10**9), 0, 2]

    def test_unit_norm_keeps_the_direction(self) -> None:
        encoder = encoder_for("unit norm", ModelShape("dense", 3))
        # 2 / 3, -1 / 3 and 2 / 3.
        assert encoder.encode([2, -1, 2]).tolist() == [666_666_667, -333_333_333, 666_666_667]


class TestMurmurHash3:
    # The published vectors of MurmurHash3_x86_32 with seed 0.
    @pytest.mark.parametrize(("word", "expected"), [("test", 0xBA6BD213), ("hello", 0x248BFA47)])
    def test_a_word_has_the_published_hash(self, word: str, expected: int) -> None:
        assert encoder_for("MurmurHash3", ModelShape("sparse", 0)).encode(word).tolist() == [expected]

    def test_fewer_bits_are_the_lowest_ones(self) -> None:
        encoder = encoder_for("MurmurHash3", ModelShape("sparse", 0, 16))
        assert encoder.encode("test hello TEST").tolist() == sorted([0xD213, 0xFA47])


class TestImdbWords:
    def test_reviews_have_the_features_that_the_data_set_has(self) -> None:
        data, encoder = dataset.load("imdb", words=500), encoder_for("imdb words", ModelShape("sparse", 500))
        for row in (0, 17, 4903):
            assert encoder.encode(imdb.review_text("test", row)).tolist() == data.test.samples[row].tolist()

    def test_a_feature_is_called_by_its_word(self) -> None:
        encoder = encoder_for("imdb words", ModelShape("sparse", 1000))
        found = encoder.encode("superb, SUPERB and qwertyuiop")
        assert sorted(str(encoder.feature_name(j)) for j in found.tolist()) == ["and", "superb"]


class TestImdbVocab:
    def test_words_have_the_numbers_of_the_file(self, data_folder: Path, tmp_path: Path) -> None:
        (data_folder / "encoders").unlink()
        encoder = encoder_for("IMDB vocab", ModelShape("sparse", 1000))
        with pytest.raises(
            MissingError, match=r"put them here with: decai encoder install \"IMDB vocab\" imdb\.json"
        ):
            encoder.encode("good")
        file = tmp_path / "imdb.json"
        file.write_text(json.dumps({"good": 49, "film": 19, "the": 1}))
        install("imdb vocab", file)
        assert encoder.encode("The GOOD film, good film").tolist() == [1, 19, 49]
        assert encoder.feature_name(49) == "good"

    @pytest.mark.parametrize(
        ("content", "line"),
        [
            (b"[1]", "must be an object of words"),
            (b'{"a": -1}', "must be an object of words"),
            (b'{"a": 1.5}', "must be an object of words"),
            (b'{"a": true}', "must be an object of words"),
            (b"{}", "has no words"),
            (b"\xff", "is no JSON"),
            (b"[" * 100_000, "is no JSON"),
        ],
    )
    def test_a_file_of_another_kind_is_refused_and_nothing_kept(
        self, data_folder: Path, tmp_path: Path, content: bytes, line: str
    ) -> None:
        (data_folder / "encoders").unlink()
        file = tmp_path / "imdb.json"
        file.write_bytes(content)
        with pytest.raises(InputError, match=line):
            install("IMDB vocab", file)
        assert not (data_folder / "encoders").exists()


class TestTitanic:
    @pytest.mark.parametrize("dense", [False, True])
    def test_passengers_have_the_features_that_the_data_set_has(self, dense: bool) -> None:
        data = dataset.load("titanic", dense=dense)
        encoder = encoder_for(
            "titanic passenger", ModelShape("dense" if dense else "sparse", data.num_features)
        )
        fields = {field.name for field in encoder.info.fields}
        for row, passenger in enumerate(titanic.passengers("test")):
            known = {key: value for key, value in passenger.items() if key in fields}
            assert encoder.encode(known).tolist() == data.test.samples[row].tolist()

    @pytest.mark.parametrize(
        ("name", "value", "line"),
        [
            ("sibsp", "some", "Siblings and spouses aboard must be a number from 0, not 'some'"),
            ("fare", "-1", "Fare in pounds must be a number from 0, not '-1'"),
            ("age", "nan", "Age must be a number from 0, not 'nan'"),
            ("parch", "?", "Parents and children aboard is missing"),
            ("pclass", "4", "Class must be one of 1, 2, 3"),
        ],
    )
    def test_what_is_wrong_is_called_as_its_field_is(self, name: str, value: str, line: str) -> None:
        encoder = encoder_for("titanic passenger", ModelShape("sparse", 8))
        known = {"pclass": "3", "sex": "female", "sibsp": "0", "parch": "0", name: value}
        with pytest.raises(InputError, match=rf"^titanic passenger: {re.escape(line)}$"):
            encoder.encode(known)


class TestDigits:
    def test_the_data_sets_own_pictures_have_its_features(self) -> None:
        from decai.dataset import digits

        data, encoder = dataset.load("digits"), encoder_for("digits 8x8", ModelShape("dense", 64))
        for row, drawing in enumerate(digits.drawings("test")[:50]):
            assert encoder.encode(png(drawing * 255 // 16)).tolist() == data.test.samples[row].tolist()

    @pytest.mark.parametrize("inverted", [False, True])
    def test_a_bar_fills_the_height_wherever_and_however_large_it_is_drawn(self, inverted: bool) -> None:
        # As wide as a quarter of its height, so two of the eight blocks, 16 cells each.
        for top, left, height in ((3, 5, 40), (10, 100, 128), (0, 60, 16)):
            paper = np.full((150, 150), 255)
            paper[top : top + height, left : left + height // 4] = 0
            found = shades((255 - paper if inverted else paper).astype(np.uint8))
            assert found[:, 3:5].tolist() == [[16, 16]] * 8
            assert found.sum() == 16 * 16

    def test_an_empty_sheet_is_told(self) -> None:
        encoder = encoder_for("digits 8x8", ModelShape("dense", 64))
        for sheet in (np.full((50, 50), 255), np.zeros((50, 50)), np.zeros((8, 8))):
            with pytest.raises(InputError, match=r"^digits 8x8: nothing is drawn$"):
                encoder.encode(png(sheet))

    def test_large_drawings_of_the_data_sets_digits_are_recognized(self) -> None:
        """Each is drawn 20 times as large; the centroids of the data set tell which it is."""
        from decai.dataset import digits

        data, encoder = dataset.load("digits"), encoder_for("digits 8x8", ModelShape("dense", 64))

        def rows_of(label: int) -> list[int]:
            return [int(i) for i in np.flatnonzero(data.train.labels == label)]

        centroids = np.array(
            [
                np.mean(
                    [data.train.samples[i] for i in np.flatnonzero(data.train.labels == c).tolist()], axis=0
                )
                for c in range(10)
            ]
        )
        right = 0
        rows = digits.drawings("test")[:200]
        for row, drawing in enumerate(rows):
            large = np.kron(255 - drawing * 255 // 16, np.ones((20, 20), dtype=np.int64))
            features = encoder.encode(png(np.pad(large, 30, constant_values=255)))
            right += int(np.argmax(centroids @ features) == data.test.labels[row])
        # The same centroids are right on 90 % of the data set's own pictures.
        assert right >= 0.75 * len(rows)


class TestPictures:
    def test_the_network_sees_a_temple_and_a_palace(self) -> None:
        """ImageNet's classes 832 (stupa) and 698 (palace), after the background, for a Chinese palace."""
        from importlib.util import find_spec

        from decai.encoder.image import rgb_pixels
        from decai.encoder.mobilenet import MobileNet, class_scores

        found = find_spec("sklearn")
        assert found is not None
        assert found.submodule_search_locations
        file = Path(found.submodule_search_locations[0], "datasets", "images", "china.jpg")
        scores = class_scores(rgb_pixels(MobileNet.info, file.read_bytes(), 224))
        assert {833, 699} <= set(np.argsort(-scores)[:5].tolist())

    def test_the_vector_is_that_of_the_network_in_floats(self) -> None:
        """A second way to compute it: each layer straight from its definition, in floats of 64 bits."""
        from decai.encoder import mobilenet
        from tests.encoder.naive_network import channels

        side = 64
        pixels = np.random.default_rng(1).integers(0, 256, (side, side, 3)).astype(np.uint8)
        exact, floats = mobilenet._channels(pixels), channels(pixels)
        cosine = exact @ floats / np.linalg.norm(exact) / np.linalg.norm(floats)
        assert cosine > 0.9999

    def test_transparency_is_white_and_the_camera_may_be_turned(self) -> None:
        from decai.encoder.image import rgb_pixels
        from decai.encoder.mobilenet import MobileNet

        clear = np.zeros((40, 40, 4))
        assert (rgb_pixels(MobileNet.info, png(clear), 32) == 255).all()

    def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(self) -> None:
        import struct
        import zlib

        def chunk(kind: bytes, data: bytes) -> bytes:
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
        bomb = (
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", head)
            + chunk(b"IDAT", zlib.compress(b"0"))
            + chunk(b"IEND", b"")
        )
        encoder = encoder_for("digits 8x8", ModelShape("dense", 64))
        with pytest.raises(InputError, match=r"too large|no picture"):
            encoder.encode(bomb)
        with pytest.raises(InputError, match=r"larger than 10 MB"):
            encoder.encode(bytes(11 * 2**20))


class TestSentences:
    def test_what_means_the_same_is_closer_than_what_does_not(self) -> None:
        encoder = encoder_for("universal sentence encoder", ModelShape("dense", 512))
        film, movie, tax = (
            encoder.encode(text) / 1e9
            for text in ("A wonderful film", "A superb movie", "The tax form is late")
        )
        assert film @ movie > 0.8 > 0.3 > film @ tax

    def test_features_of_another_machine_match_and_those_of_another_text_do_not(self) -> None:
        encoder = encoder_for("universal sentence encoder", ModelShape("dense", 512))
        features = encoder.encode("A wonderful film")
        assert encoder.matches("A wonderful film", features + 1_000)
        assert not encoder.matches("A wonderful film!", features)
        assert not encoder.matches("A wonderful film", features + 20_000)
