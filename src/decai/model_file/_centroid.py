"""Nearest centroids in model files: ``centroids`` are the means of now, ``decai`` holds the exact sums."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from decai.classifier import DenseCentroid, SparseCentroid
from decai.errors import InputError
from decai.model_file._field import COUNT, FORMAT, Field, Rule, check_room
from decai.units import SCALE, from_fixed

__all__ = ["read_dense", "read_either", "read_sparse", "write_dense", "write_sparse"]

_SPARSE_MEAN: Final = Rule(0, SCALE, "every centroid value must be a number from 0 to 1")
_DENSE_MEAN: Final = Rule(-SCALE, SCALE, "every centroid value must be a number between -1 and 1")
# With exact sums beside it a mean only has to equal theirs, which counters at their limits may push beyond 1.
_ANY_MEAN: Final = Rule(-4 * SCALE, 4 * SCALE, "no sum leads to this value")
_SUM: Final = Rule(-(2**63) + 1, 2**63 - 1, "every sum must be a whole number below 2^63 in size")
_INITIAL: Final = Rule(0, SCALE, "every initial value must be a whole number from 0 to 1000000000")
_CLASS: Final = "it must have a centroid and a dataCount"
_MISFIT: Final = "it does not fit the centroids beside it; without 'decai' these alone count"


class _Classes(NamedTuple):
    names: list[str]
    centroids: list[Field]
    samples: list[int]


def _classes(model: Field) -> _Classes:
    centroids, intents = model.get("centroids"), model.get("intents")
    if centroids is not None and intents is not None:
        intents.fail("it is another name of 'centroids', which is there too")
    rule = "it must be an object with a centroid for each of at least two classes"
    table = intents or model.require("centroids", rule) if centroids is None else centroids
    classes = table.entries(rule)
    if len(classes) < 2:
        table.fail(rule)
    order = model.get("classifications")
    names = list(classes) if order is None else order.names()
    if order is not None and sorted(names) != sorted(classes):
        order.fail("it must list the names of the centroids, each once")
    chosen = [classes[name] for name in names]
    for name, of_class in zip(names, chosen, strict=True):
        if not name or not isinstance(of_class.value, dict):
            of_class.fail(_CLASS if name else "every class needs a name")
    return _Classes(
        names,
        [of_class.require("centroid", _CLASS) for of_class in chosen],
        [of_class.require("dataCount", _CLASS).whole(COUNT) for of_class in chosen],
    )


def read_either(model: Field) -> SparseCentroid | DenseCentroid:
    """Type ``nearest centroid classifier``: dense, unless its values have indices."""
    _, centroids, _ = _classes(model)
    return read_sparse(model) if isinstance(centroids[0].value, dict) else read_dense(model)


def read_dense(model: Field) -> DenseCentroid:
    """Type ``dense nearest centroid classifier``."""
    names, centroids, samples = _classes(model)
    sums = model.exact().get("sums")
    rule = _DENSE_MEAN if sums is None else _ANY_MEAN
    means = [[value.fixed(rule) for value in field.elements("it must be a list")] for field in centroids]
    size = len(means[0])
    for field, mean in zip(centroids, means, strict=True):
        if len(mean) != size or not size:
            field.fail(f"every centroid must have as many values as the first, {size:,}, and at least one")
    if sums is None:
        return DenseCentroid(names, size, means, samples)
    exact = [
        [value.whole(_SUM) for value in of_class.elements("it must be a list of sums")]
        for of_class in sums.elements("it must be a list of the sums of each class")
    ]
    if [len(of_class) for of_class in exact] != [size] * len(names):
        sums.fail(_MISFIT)
    result = DenseCentroid(names, size, samples=samples, sums=exact)
    if means != [result.centroid(label) for label in range(len(names))]:
        sums.fail(_MISFIT)
    return result


def read_sparse(model: Field) -> SparseCentroid:
    """Type ``sparse nearest centroid classifier``."""
    names, centroids, samples = _classes(model)
    learned = model.exact().get("classes")
    rule = _SPARSE_MEAN if learned is None else _ANY_MEAN
    by_index = "it must be an object of values by feature index, or a list of values"
    means = [{i: value.fixed(rule) for i, value in field.by_index(by_index).items()} for field in centroids]
    if learned is None:
        check_room(model, len(names), {index for mean in means for index in mean})
        return SparseCentroid(names, means, samples)
    parts = [_parts(of_class) for of_class in learned.elements("it must be a list")]
    if [part.samples + part.learned for part in parts] != samples:
        learned.fail(_MISFIT)
    check_room(model, len(names), {index for part in parts for index in (*part.initial, *part.counts)})
    result = SparseCentroid(
        names,
        [part.initial for part in parts],
        [part.samples for part in parts],
        [(part.learned, part.counts) for part in parts],
    )
    for label, mean in enumerate(means):
        if {index: value for index, value in mean.items() if value} != result.centroid(label):
            learned.fail(_MISFIT)
    return result


class _Parts(NamedTuple):
    samples: int
    initial: dict[int, int]
    learned: int
    counts: dict[int, int]


def _parts(of_class: Field) -> _Parts:
    of_class.entries("it must be an object")

    def table(key: str, rule: Rule) -> dict[int, int]:
        field = of_class.require(key, "it must be an object")
        return {index: value.whole(rule) for index, value in field.by_index("it must be an object").items()}

    return _Parts(
        of_class.require("samples", COUNT.text).whole(COUNT),
        table("initial", _INITIAL),
        of_class.require("learned", COUNT.text).whole(COUNT),
        table("counts", COUNT),
    )


def write_dense(model: DenseCentroid) -> dict[str, Any]:
    """The entries of a dense nearest centroid; the exact sums where means alone would lose some of them."""
    labels = range(len(model.classes))
    means = [model.centroid(label) for label in labels]
    sums = [model.sums(label) for label in labels]
    enough = all(
        abs(mean) <= SCALE and mean * model.num_samples(label) == total
        for label in labels
        for mean, total in zip(means[label], sums[label], strict=True)
    )
    return {
        **_written(
            "dense nearest centroid classifier", model, [list(map(from_fixed, mean)) for mean in means]
        ),
        **({} if enough else {"decai": {"format": FORMAT, "sums": sums}}),
    }


def write_sparse(model: SparseCentroid) -> dict[str, Any]:
    """The entries of a sparse nearest centroid; counts beside them once it has learned."""
    labels = range(len(model.classes))
    means = [{str(i): from_fixed(value) for i, value in model.centroid(label).items()} for label in labels]
    classes = []
    for label in labels:
        (samples, initial), (learned, counts) = model.initial(label), model.learned(label)
        classes.append(
            {
                "samples": samples,
                "initial": _by_index(initial if samples else {}),
                "learned": learned,
                "counts": _by_index(counts),
            }
        )
    enough = not any(of_class["learned"] or of_class["counts"] for of_class in classes)
    return {
        **_written("sparse nearest centroid classifier", model, means),
        **({} if enough else {"decai": {"format": FORMAT, "classes": classes}}),
    }


def _by_index(values: Mapping[int, int]) -> dict[str, int]:
    return {str(index): value for index, value in values.items()}


def _written(kind: str, model: SparseCentroid | DenseCentroid, means: list[Any]) -> dict[str, Any]:
    if len(set(model.classes)) < len(model.classes):
        raise InputError(f"{model.kind}: a model file tells centroids apart by name, and two are the same")
    return {
        "type": kind,
        "classifications": list(model.classes),
        "centroids": {
            name: {"centroid": means[label], "dataCount": model.num_samples(label)}
            for label, name in enumerate(model.classes)
        },
    }
