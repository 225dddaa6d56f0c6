"""Words and vocabularies, against scikit-learn's `CountVectorizer`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from decai.dataset.bag_of_words import TOKEN_PATTERN, BagOfWords, clean, learn, tokens

TEXTS = st.lists(st.text(alphabet="aAbBé'\u2019 <br/>.,1_", max_size=40), min_size=1, max_size=12)


def vectorizer(vocabulary: tuple[str, ...] | None = None) -> CountVectorizer:
    return CountVectorizer(
        binary=True, preprocessor=clean, lowercase=False, token_pattern=TOKEN_PATTERN, vocabulary=vocabulary
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I don't, DON\u2019T!", ["i", "don't", "don't"]),
        ("'quoted' rock'n'roll dogs' 's", ["quoted", "rock'n'roll", "dogs", "s"]),
        ("one<br /><br />two<BR/>three<br>four", ["one", "two", "three", "four"]),
        ("snake_case 10/10 café", ["snake", "case", "10", "10", "café"]),
        ("", []),
    ],
)
def test_words_of_a_text(text: str, words: list[str]) -> None:
    assert tokens(text) == words


def test_ties_are_alphabetical_and_only_training_texts_count() -> None:
    # in the two training texts: b 2, a 1, c 1; d is in a test text only
    bag, samples = learn(["b c b b", "a b", "d d c"], num_train=2, size=10)
    assert bag.words == ("b", "a", "c")
    assert [samples[i].tolist() for i in range(3)] == [[0, 2], [0, 1], [2]]


@given(TEXTS, st.integers(1, 6), st.data())
def test_vocabulary_and_bags_agree_with_scikit_learn(
    texts: list[str], size: int, data: st.DataObject
) -> None:
    num_train = data.draw(st.integers(1, len(texts)))
    bag, samples = learn(texts, num_train, size)
    if not any(tokens(text) for text in texts[:num_train]):
        assert bag.words == ()
        return
    oracle = vectorizer()
    counts = oracle.fit_transform(texts[:num_train]).sum(axis=0).A1
    words = sorted(oracle.vocabulary_, key=lambda word: (-counts[oracle.vocabulary_[word]], word))[:size]
    assert bag.words == tuple(words)
    rows = vectorizer(bag.words).transform(texts).toarray()
    for i, text in enumerate(texts):
        assert samples[i].tolist() == np.flatnonzero(rows[i]).tolist() == bag.encode(text).tolist()


def test_encoding_gives_int32_also_for_nothing() -> None:
    assert BagOfWords(("a",)).encode("unknown words").dtype == np.int32
