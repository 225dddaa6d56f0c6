"""The samples and the contract that gas is measured on."""

import numpy as np
import pytest

from decai.chain.gas_scenario import composition, max_features_for, sample
from decai.errors import InputError


@pytest.mark.parametrize(("count", "words"), [(20, 13), (91, 35), (234, 56)])
def test_samples_lie_in_as_many_words_of_counters_as_the_document_says(count: int, words: int) -> None:
    features = sample(count)
    assert len(features) == count
    assert (np.diff(features) > 0).all()
    assert 0 <= features[0] <= features[-1] < 1_000
    assert len(np.unique(features // 16)) == words


@pytest.mark.parametrize("count", [0, -1, 1_001])
def test_there_are_a_thousand_words(count: int) -> None:
    with pytest.raises(InputError, match="1 to 1,000 features"):
        sample(count)


def test_room_is_the_least_that_will_do() -> None:
    assert [max_features_for(count) for count in (1, 128, 129, 512)] == [128, 128, 256, 512]
    with pytest.raises(InputError, match="room for 513"):
        max_features_for(513)


def test_the_contract_has_a_thousand_weights_in_its_code() -> None:
    what = composition("stakeable")
    assert what.constants["BASE_ENTRIES"] == 1_000
    assert what.constants["BASE_VALUE_BITS"] == 36
    # 1,000 weights, 7 to a word
    assert len(what.arguments[5]) == 143
