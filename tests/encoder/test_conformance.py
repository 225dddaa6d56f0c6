"""What every encoder owes: one suite, on every shape that it has."""

import hashlib
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import numpy as np
import pytest

from decai.encoder import Encoder, available, encoder_for, info
from decai.errors import InputError
from decai.samples import Features
from decai.units import SCALE
from tests.encoder.samples import CASES, Case

IDS = [f"{case.name}-{case.shape.form}-{case.shape.index_bits}" for case in CASES]


@pytest.fixture(scope="module", autouse=True)
def fetched() -> None:
    """What is fetched once into the data folder of this machine."""
    from decai import encoder

    encoder.fetch("MobileNetV1 0.25")
    encoder.fetch("imdb words")
    encoder.fetch("titanic passenger")


def made(case: Case) -> Encoder:
    return encoder_for(case.name, case.shape)


def encoded(case: Case) -> list[Features]:
    encoder = made(case)
    return [encoder.encode(sample) for sample in case.samples]


def digest(case: Case) -> str:
    """Of the features of all samples."""
    parts = [features.dtype.str.encode() + features.tobytes() for features in encoded(case)]
    return hashlib.sha256(b"|".join(parts)).hexdigest()


def test_every_encoder_is_tried_but_for_one_whose_file_nobody_may_hand_on() -> None:
    assert {about.name for about in available()} - {case.name for case in CASES} == {"IMDB vocab"}


@pytest.mark.parametrize("case", CASES, ids=IDS)
class TestEncoder:
    def test_it_is_an_encoder_and_says_what_it_gives(self, case: Case) -> None:
        encoder = made(case)
        assert isinstance(encoder, Encoder)
        assert encoder.info == info(case.name)
        assert case.shape.form in encoder.info.forms

    def test_features_fit_the_model(self, case: Case) -> None:
        for features in encoded(case):
            assert features.ndim == 1
            if case.shape.form == "dense":
                assert features.dtype == np.int64
                assert len(features) == case.shape.size
                assert abs(sum(x * x for x in features.tolist()) - SCALE**2) < 100 * SCALE
            else:
                assert features.dtype in (np.int32, np.int64)
                assert all(0 <= j < 1 << case.shape.index_bits for j in features.tolist())
                if case.name != "none":
                    assert (np.diff(features) > 0).all()

    def test_other_samples_have_other_features(self, case: Case) -> None:
        assert len({features.tobytes() for features in encoded(case)}) == len(case.samples)

    def test_a_sample_matches_its_own_features_and_no_others(self, case: Case) -> None:
        encoder, features = made(case), encoded(case)
        found = [[encoder.matches(sample, one) for one in features] for sample in case.samples]
        assert found == np.eye(len(features), dtype=bool).tolist()

    def test_no_sample_matches_what_no_encoder_gives(self, case: Case) -> None:
        encoder = made(case)
        for wrong in (np.zeros(0, dtype=np.int64), np.full(3, -1), np.full(1000, 2**62)):
            assert not encoder.matches(case.samples[0], wrong) or case.name == "none"

    def test_order_and_company_do_not_matter(self, case: Case) -> None:
        encoder = made(case)
        backwards = [encoder.encode(sample) for sample in reversed(case.samples)]
        assert [f.tolist() for f in reversed(backwards)] == [f.tolist() for f in encoded(case)]

    def test_threads_do_not_matter(self, case: Case) -> None:
        encoder = made(case)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(encoder.encode, [*case.samples] * 3))
        assert [f.tolist() for f in found] == 3 * [f.tolist() for f in encoded(case)]

    def test_what_is_no_sample_is_one_line_with_the_name(self, case: Case) -> None:
        encoder = made(case)
        for wrong in case.wrong:
            with pytest.raises(InputError) as error:
                encoder.encode(wrong)
            assert "\n" not in str(error.value)
            assert len(str(error.value)) < 300

    def test_names_of_features_are_texts_or_none(self, case: Case) -> None:
        encoder = made(case)
        for index in (0, 1, case.shape.size - 1, case.shape.size + 10**6, -1):
            name = encoder.feature_name(index)
            assert name is None or (isinstance(name, str) and name)

    def test_a_model_of_the_other_form_or_of_another_length_is_refused(self, case: Case) -> None:
        from decai.encoder import ModelShape

        about = info(case.name)
        other: Literal["sparse", "dense"] = "dense" if case.shape.form == "sparse" else "sparse"
        if other not in about.forms:
            with pytest.raises(InputError, match=r"the model takes"):
                encoder_for(case.name, ModelShape(other, case.shape.size))
        if about.size is not None:
            with pytest.raises(InputError, match=f"gives {about.size} numbers, and the model takes 7"):
                encoder_for(case.name, ModelShape("dense", 7))


def test_other_processes_with_other_numbers_of_threads_give_the_same_features() -> None:
    here = [digest(case) for case in CASES]
    code = (
        "from tests.encoder.test_conformance import digest; from tests.encoder.samples import CASES;"
        "print(*[digest(case) for case in CASES])"
    )
    for threads in ("1", "2", "3"):
        environment = {
            **os.environ,
            **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads),
            "PYTHONHASHSEED": threads,
        }
        there = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        assert there.stdout.split() == here


def test_what_is_known_of_encoders_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(available())) == available()
