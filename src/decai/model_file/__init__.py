"""JSON model files, as decai and the original framework write them.

Reads every ``type`` of the original: ``sparse perceptron``, ``dense perceptron``, ``perceptron``,
``naive bayes``, ``nearest centroid classifier`` and its ``dense`` and ``sparse`` variants. Numbers are taken
from their decimal literals, exactly, and scaled to fixed point (``docs/mechanism.md#quantities``).

What decai writes has the same fields, with the weights, counts and means of now, so that the original's
clients can read it. What these cannot hold (a perceptron's counters, a centroid's sums) stands beside them
under ``decai``: a model that is written and read again predicts and learns like the one that was written.
"""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from decai.classifier import DenseCentroid, DensePerceptron, NaiveBayes, SparseCentroid, SparsePerceptron
from decai.dataset.storage import atomic_file
from decai.errors import InputError, ModelFileError, StorageError
from decai.model_file import _centroid, _naive_bayes, _perceptron
from decai.model_file._field import Field, shown
from decai.nesting import limited_recursion
from decai.protocols import Classifier

__all__ = ["model_from_dict", "model_from_text", "model_to_dict", "read_model", "write_model"]

_READERS: Final[Mapping[str, Callable[[Field], Classifier]]] = {
    "sparse perceptron": _perceptron.read_sparse,
    "dense perceptron": _perceptron.read_dense,
    "perceptron": _perceptron.read_either,
    "naive bayes": _naive_bayes.read,
    "sparse nearest centroid classifier": _centroid.read_sparse,
    "dense nearest centroid classifier": _centroid.read_dense,
    "nearest centroid classifier": _centroid.read_either,
}
_TYPE: Final = f"it must be one of {', '.join(map(repr, _READERS))}"
_TEXTS: Final = ("name", "description", "encoder")
"""What a model may say of itself."""
_ALSO_READ: Final = ("bias", "decai", "featureIndices", "intents", "sparseWeights")
"""Entries that readers look at and writers do not always write."""


def read_model(path: str | Path) -> Classifier:
    """Read a model file.

    Raises
    ------
    ModelFileError
        If the file is malformed or a number is out of its range; says where and why.
    StorageError
        If the file cannot be read.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise StorageError(f"{path}: cannot be read ({error.strerror or error})") from None
    return model_from_text(content, str(path))[0]


def model_from_text(content: bytes, source: str) -> tuple[Classifier, dict[str, Any]]:
    """The model in the content of a file, and the file's entries, with numbers as `Decimal`.

    Parameters
    ----------
    content
        Of the file.
    source
        What errors call it.

    Raises
    ------
    ModelFileError
        If it is malformed or a number is out of its range; says where and why.
    """
    data = _parsed(content, source)
    model = model_from_dict(data, source)
    # Whatever is no object is no model either.
    assert isinstance(data, dict)
    return model, data


def write_model(classifier: Classifier, path: str | Path, *, extra: Mapping[str, Any] | None = None) -> None:
    """Write a model file; the same bytes for the same model.

    Parameters
    ----------
    classifier
        A model of a kind that decai offers.
    path
        Replaced at once and whole, or left as it was.
    extra
        Further entries, such as ``name``, ``description`` and ``encoder``.

    Raises
    ------
    InputError
        If `extra` has an entry of the model itself, a name, description or encoder that is no text, or
        something that JSON cannot hold.
    StorageError
        If the file cannot be written.
    """
    entries = _entries(classifier)
    for key in extra or {}:
        if key in entries or key in _ALSO_READ:
            raise InputError(f"extra: {key!r} belongs to the model itself")
    for key in _TEXTS:
        if not isinstance((extra or {}).get(key, ""), str | None):
            raise InputError(f"extra: {key!r} must be a text")
    try:
        lines = [
            f"  {json.dumps(key)}: {_json(value)}" for key, value in {**entries, **(extra or {})}.items()
        ]
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"extra: not JSON ({error})") from None
    with atomic_file(Path(path)) as file:
        file.write(("{\n" + ",\n".join(lines) + "\n}\n").encode("ascii"))


def model_to_dict(classifier: Classifier) -> dict[str, Any]:
    """The entries of a classifier's model file, of JSON types.

    A number above 10^6 in size, as only a dense perceptron may have, is rounded to the nearest float;
    `write_model` writes its exact decimals.

    Raises
    ------
    InputError
        If the kind has no file format, or two centroids would have the same name.

    Examples
    --------
    >>> model = SparsePerceptron(("bad", "good"), [1_500_000_000, -1], learning_rate=10_000_000)
    >>> model_to_dict(model)["weights"]
    [1.5, -1e-09]
    """
    plain: dict[str, Any] = _plain(_entries(classifier))
    return plain


def model_from_dict(data: object, source: str) -> Classifier:
    """Build a classifier from the entries of a model file.

    Parameters
    ----------
    data
        The entries; numbers may be int, float or Decimal.
    source
        Where they come from; every error begins with it.

    Raises
    ------
    ModelFileError
        If an entry is missing, malformed or out of its range.

    Examples
    --------
    >>> entries = {"type": "sparse perceptron", "classifications": ["bad", "good"], "weights": [0.5]}
    >>> model_from_dict(entries, "small.json").weights()
    {0: 500000000}
    >>> model_from_dict({**entries, "classifications": ["all"]}, "broken.json")
    Traceback (most recent call last):
    ...
    decai.errors.ModelFileError: broken.json: classifications is a list of 1; it must be a list of 2 names
    """
    if not isinstance(data, dict):
        raise ModelFileError(f"{source}: the file is {shown(data)}; it must be an object")
    model = Field(source, "", data)
    kind = model.require("type", _TYPE)
    read = _READERS.get(kind.value.lower()) if isinstance(kind.value, str) else None
    if read is None:
        kind.fail(_TYPE)
    for key in _TEXTS:
        text = model.get(key)
        if text is not None and not isinstance(text.value, str):
            text.fail("it must be a text")
    try:
        return read(model)
    except ModelFileError:
        raise
    except InputError as error:
        raise ModelFileError(f"{source}: {error}") from None


def _entries(classifier: Classifier) -> dict[str, Any]:
    match classifier:
        case SparsePerceptron():
            return _perceptron.write_sparse(classifier)
        case DensePerceptron():
            return _perceptron.write_dense(classifier)
        case NaiveBayes():
            return _naive_bayes.write(classifier)
        case SparseCentroid():
            return _centroid.write_sparse(classifier)
        case DenseCentroid():
            return _centroid.write_dense(classifier)
    raise InputError(f"{classifier.kind}: there is no model file for this kind of classifier")


def _json(value: Any) -> str:
    """JSON text, with the exact decimals of a Decimal."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(k))}: {_json(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_json, value)) + "]"
    return json.dumps(value, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _parsed(content: bytes, source: str) -> object:
    def number(literal: str) -> Decimal:
        try:
            return Decimal(literal)
        except InvalidOperation:  # an exponent of twenty digits
            return Decimal("NaN")

    def entries(pairs: list[tuple[str, object]]) -> dict[str, object]:
        result = dict(pairs)
        if len(result) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in result if keys.count(key) > 1)
            raise ModelFileError(f"{source}: {shown(twice)} stands twice in one object")
        return result

    try:
        with limited_recursion():
            return json.loads(
                content.decode("utf-8-sig"),
                parse_float=number,
                parse_int=number,
                parse_constant=Decimal,
                object_pairs_hook=entries,
            )
    except UnicodeDecodeError as error:
        raise ModelFileError(f"{source}: not UTF-8 text (byte {error.start})") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ModelFileError(f"{source}: not JSON ({where}: {error.msg})") from None
    except RecursionError:
        raise ModelFileError(f"{source}: nested too deeply") from None
