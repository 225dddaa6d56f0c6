"""Naive Bayes in model files, which hold all of it."""

from typing import Any, Final

from decai.classifier import NaiveBayes
from decai.model_file._field import COUNT, INDEX, U32, Field, Rule, check_room
from decai.units import SCALE, from_fixed

__all__ = ["read", "write"]

_SMOOTHING: Final = Rule(1, U32, "the smoothing factor must be a number from 0.000000001 to 4.294967295")
_FEATURES: Final = Rule(1, U32, "the number of features must be a whole number from 1 to 4294967295")


def read(model: Field) -> NaiveBayes:
    """Type ``naive bayes``."""
    names = model.require("classifications", "it names the classes").names()
    rule = f"it must be a list of {len(names):,}, one for each class"
    class_counts = model.require("classCounts", rule)
    samples = [field.whole(COUNT) for field in class_counts.elements(rule)]
    feature_counts = model.require("featureCounts", rule)
    counts = [_counts(of_class) for of_class in feature_counts.elements(rule)]
    for field, listed in ((class_counts, samples), (feature_counts, counts)):
        if len(listed) != len(names):
            field.fail(rule)
    check_room(model, len(names), {index for of_class in counts for index in of_class})
    vocabulary = model.require("totalNumFeatures", _FEATURES.text).whole(_FEATURES)
    smoothing = model.get("smoothingFactor")
    alpha = SCALE if smoothing is None else smoothing.fixed(_SMOOTHING)
    return NaiveBayes(names, vocabulary, alpha, samples, counts)


def _counts(of_class: Field) -> dict[int, int]:
    rule = "it must be a pair of a feature index and a count"
    counts: dict[int, int] = {}
    for pair in of_class.elements("it must be a list of pairs of a feature index and a count"):
        fields = pair.elements(rule)
        if len(fields) != 2:
            pair.fail(rule)
        index = fields[0].whole(INDEX)
        if index in counts:
            fields[0].fail("the class has a count for this feature already")
        counts[index] = fields[1].whole(COUNT)
    return counts


def write(model: NaiveBayes) -> dict[str, Any]:
    """The entries of a naive Bayes classifier."""
    labels = range(len(model.classes))
    return {
        "type": "naive bayes",
        "classifications": list(model.classes),
        "classCounts": [model.num_samples(label) for label in labels],
        "featureCounts": [[[index, n] for index, n in model.counts(label).items()] for label in labels],
        "totalNumFeatures": model.vocabulary,
        "smoothingFactor": from_fixed(model.smoothing),
    }
