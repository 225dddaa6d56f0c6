"""Generated texts: their sizes, their words and how well they can be learned."""

import hashlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Perceptron
from sklearn.naive_bayes import MultinomialNB

from decai import dataset
from decai.dataset import Dataset, Split, synthetic_text


def matrix(split: Split, num_features: int) -> Any:
    rows = np.zeros((len(split), num_features), dtype=np.float32)
    for i in range(len(split)):
        rows[i, split.samples[i]] = 1
    return rows


def accuracy(model: Any, data: Dataset) -> float:
    model.fit(matrix(data.train, data.num_features), data.train.labels)
    return float(model.score(matrix(data.test, data.num_features), data.test.labels))


def mean_length(split: Split) -> float:
    return float((split.samples.ends - split.samples.starts).mean())


@pytest.fixture(scope="module")
def default() -> Dataset:
    return dataset.load("synthetic-text")


def test_default_has_the_size_of_a_review_data_set(default: Dataset) -> None:
    assert (len(default.train), len(default.test), default.num_features) == (25_000, 25_000, 1000)
    assert mean_length(default.train) == pytest.approx(91, rel=0.02)


def test_perceptron_gets_roughly_80_percent(default: Dataset) -> None:
    assert 0.75 < accuracy(Perceptron(random_state=0), default) < 0.87


def test_words_are_the_rarer_the_higher_their_rank(default: Dataset) -> None:
    counts = np.bincount(default.train.samples.values, minlength=1000)
    by_rank = counts.reshape(20, 50).sum(axis=1)
    assert bool((np.diff(by_rank) < 0).all())
    # of rare words, which a text has at most once, the counts are in the ratio of 1 / (j + 3)
    assert counts[450:550].sum() / counts[900:1000].sum() == pytest.approx(953 / 503, rel=0.1)


@pytest.mark.parametrize("noise", [0, 20])
def test_noise_flips_that_share_of_labels_and_no_text(noise: int, default: Dataset) -> None:
    pure = dataset.load("synthetic-text", noise=0)
    noisy = dataset.load("synthetic-text", noise=noise)
    assert np.array_equal(pure.train.samples.values, noisy.train.samples.values)
    # 3 standard deviations of 25,000 draws: 3 * sqrt(0.2 * 0.8 / 25,000) < 0.008
    assert (pure.train.labels != noisy.train.labels).mean() == pytest.approx(noise / 100, abs=0.008)


def test_labels_without_noise_come_from_a_linear_teacher() -> None:
    data = dataset.load("synthetic-text", samples=20_000, test=2_000, words=40, length=10, noise=0)
    assert accuracy(Perceptron(random_state=0, max_iter=50, tol=None), data) > 0.97


def test_seed_changes_texts_and_teacher(default: Dataset) -> None:
    other = dataset.load("synthetic-text", seed=1)
    assert other.train.samples[0].tolist() != default.train.samples[0].tolist()
    model = MultinomialNB().fit(matrix(default.train, 1000), default.train.labels)
    assert model.score(matrix(other.test, 1000), other.test.labels) < 0.7


def test_splits_are_different_texts(default: Dataset) -> None:
    train, test = ({s.samples[i].tobytes() for i in range(len(s))} for s in (default.train, default.test))
    assert len(train & test) < 10


@settings(deadline=None, max_examples=40)
@given(
    samples=st.integers(1, 400),
    more=st.integers(0, 400),
    words=st.integers(10, 3000),
    share=st.floats(0.01, 1),
    seed=st.integers(0, 2**63 - 1),
)
def test_any_size_is_well_formed_and_more_samples_continue_fewer(
    samples: int, more: int, words: int, share: float, seed: int
) -> None:
    options: dict[str, Any] = {
        "words": words,
        "length": max(1, int(share * min(words // 2, 1000))),
        "seed": seed,
        "test": 5,
    }
    few = dataset.load("synthetic-text", samples=samples, **options)
    many = dataset.load("synthetic-text", samples=samples + more, **options)
    for i in range(samples):
        row = few.train.samples[i]
        assert len(row) > 0
        assert bool((np.diff(row) > 0).all())
        assert row.tolist() == many.train.samples[i].tolist()
    assert few.train.labels.tolist() == many.train.labels[:samples].tolist()
    assert few.test.samples.values.tolist() == many.test.samples.values.tolist()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("words", "length"), [(30, 8), (200, 100), (5000, 91)])
def test_classes_are_about_even_and_lengths_as_asked(words: int, length: int, seed: int) -> None:
    data = dataset.load("synthetic-text", samples=4000, test=10, words=words, length=length, seed=seed)
    assert 0.42 < data.train.labels.mean() < 0.58
    assert mean_length(data.train) == pytest.approx(length, rel=0.05)


def test_texts_and_labels_agree_with_a_naive_loop() -> None:
    num_words, length, noise, seed, num_texts = 64, 6, 15, 3, 40
    recipe = synthetic_text.Recipe(num_words, length, noise, seed)
    raw = np.random.PCG64(np.random.SeedSequence([seed, 1])).random_raw(100_000)
    numbers = [int(half) for number in raw for half in (int(number) & 0xFFFFFFFF, int(number) >> 32)]
    chunk = 2**21 // num_words
    lengths, flips, words = numbers[:chunk], numbers[chunk : 2 * chunk], iter(numbers[2 * chunk :])
    split = recipe.draw(num_texts, stream=1)
    for i in range(num_texts):
        running = [next(words) for _ in range(int(recipe.lengths[lengths[i] % 64]))]
        text = sorted({int(recipe.word_of_slot[number % len(recipe.word_of_slot)]) for number in running})
        score = sum(int(recipe.weights[word]) for word in text)
        assert split.samples[i].tolist() == text
        assert split.labels[i] == (score > 0) ^ (flips[i] % 100 < noise)


def test_neighbours_in_rank_have_opposite_weights() -> None:
    weights = synthetic_text.Recipe(101, 6, 0, 1).weights
    assert weights[0:100:2].tolist() == [-weight for weight in weights[1:100:2].tolist()]
    assert weights[100] == 0
    assert weights[:100].all()


def test_data_never_change() -> None:
    """A pin, not an expected value: to change the data of a seed is to change published results."""
    data = dataset.load("synthetic-text", samples=500, test=100, seed=2)
    digest = hashlib.sha256()
    for split in (data.train, data.test):
        digest.update(split.samples.values.tobytes() + split.samples.ends.tobytes() + split.labels.tobytes())
    assert digest.hexdigest()[:16] == "34c034ea9ec3eadc"
