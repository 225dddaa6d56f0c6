"""The samples and the contracts that gas is measured on."""

import numpy as np
import pytest

from decai.chain.gas.scenario import Variant, composition, max_features_for
from decai.chain.gas.subjects import CLASSIFIERS, SUBJECTS, indices, sparse_centroid_of_means, vector
from decai.errors import InputError


@pytest.mark.parametrize(("count", "sixteens", "fours"), [(20, 13, 16), (91, 35, 65), (234, 56, 136)])
def test_samples_lie_in_as_many_words_of_counters_as_the_document_says(
    count: int, sixteens: int, fours: int
) -> None:
    features = indices(count)
    assert len(features) == count
    assert (np.diff(features) > 0).all()
    assert 0 <= features[0] <= features[-1] < 1_000
    assert (len(np.unique(features // 16)), len(np.unique(features // 4))) == (sixteens, fours)


@pytest.mark.parametrize("count", [0, -1, 513])
def test_samples_have_no_more_features_than_a_contract_has_room_for(count: int) -> None:
    with pytest.raises(InputError, match="1 to 512 features"):
        indices(count)


@pytest.mark.parametrize("count", [1, 9, 1_024])
def test_vectors_have_a_norm_of_1(count: int) -> None:
    values = [int(value) for value in vector(count)]
    assert len(values) == count
    # |sum of squares - F^2| < 100 F
    assert abs(sum(value * value for value in values) - 10**18) < 10**11


def test_a_vector_has_values() -> None:
    with pytest.raises(InputError, match="at least one feature, not 0"):
        vector(0)


def test_room_is_the_least_that_will_do() -> None:
    assert [max_features_for(count) for count in (1, 128, 129, 512)] == [128, 128, 256, 512]
    with pytest.raises(InputError, match="1 to 512 features, not 513"):
        max_features_for(513)


def test_models_have_a_thousand_numbers_a_class_in_as_few_words_as_they_fit_into() -> None:
    words = {
        kind: len(composition(kind, "points", SUBJECTS[kind].lengths[0]).arguments[5]) for kind in CLASSIFIERS
    }
    assert words == {
        # Weights of up to 20 * 10^9 in size have 36 bits: 7 to a word.
        "sparse-perceptron": 143,
        # Two counts of up to 11,607, of 14 bits each: 9 pairs to a word.
        "naive-bayes": 112,
        "sparse-centroid": 112,
        # 9 weights of 36 bits.
        "dense-perceptron": 2,
        # 2 classes of 9 sums of 64 bits, 4 to a word, each class in words of its own.
        "dense-centroid": 6,
    }


def test_means_of_30_bits_do_not_fit_into_the_code() -> None:
    variant = Variant(model=sparse_centroid_of_means)
    (data,) = composition("sparse-centroid", "points", 20, variant).data_contracts
    # 4 pairs to a word: 250 words of 32 bytes behind a STOP byte.
    assert len(data) == 8_001
