"""Perceptrons in model files: ``weights`` are the current ones, ``decai`` holds what was learned of them."""

from decimal import Decimal
from typing import Any, Final

from decai.classifier import DensePerceptron, SparsePerceptron
from decai.classifier.dense_perceptron import SUM_LIMIT, WEIGHT_LIMIT
from decai.classifier.sparse_perceptron import COUNTER_BITS, counter_limit
from decai.classifier.sparse_perceptron import WEIGHT_LIMIT as SPARSE_LIMIT
from decai.errors import ModelFileError
from decai.model_file._field import FORMAT, INDEX, U32, Field, Rule
from decai.units import SCALE, from_fixed, truncated_div

__all__ = ["read_dense", "read_either", "read_sparse", "write_dense", "write_sparse"]

_DEFAULT_RATE: Final = SCALE // 2
"""As in the original framework."""
_ROOM: Final = 2
"""A current weight may lie beyond the limit of a base weight by what was learned."""
_WEIGHT: Final = Rule(
    -_ROOM * SPARSE_LIMIT,
    _ROOM * SPARSE_LIMIT,
    "every weight must be a finite number between -140737.48 and 140737.48",
)
_DENSE_WEIGHT: Final = Rule(
    -_ROOM * WEIGHT_LIMIT,
    _ROOM * WEIGHT_LIMIT,
    "every weight must be a finite number between -4611686018.42 and 4611686018.42",
)
_RATE: Final = Rule(1, U32, "the learning rate must be a number from 0.000000001 to 4.294967295")
_USUAL_BITS: Final = 16
_BITS: Final = "counters have 8, 16 or 32 bits"
_SUM: Final = Rule(-SUM_LIMIT, SUM_LIMIT, "every sum must be a whole number below 2^55 in size")
_WEIGHTS: Final = "it must be a list of weights, or an object of weights by feature index"


def read_either(model: Field) -> SparsePerceptron | DensePerceptron:
    """Type ``perceptron``: dense, unless its weights have indices."""
    weights = model.get("weights")
    by_index = weights is not None and isinstance(weights.value, dict)
    return read_sparse(model) if by_index or model.get("sparseWeights") is not None else read_dense(model)


def read_sparse(model: Field) -> SparsePerceptron:
    """Type ``sparse perceptron``."""
    names = model.require("classifications", "it names the two classes").names(exactly=2)
    rate = _rate(model)
    fields = _sparse_weights(model)
    bits = _counter_bits(model)
    counters: dict[int, int] = {}
    learned = model.exact().get("counters")
    most = counter_limit(bits, rate)
    rule = Rule(-most, most - 1, f"every counter must be a whole number from {-most} to {most - 1}")
    for index, counter in learned.by_index("it must be an object").items() if learned is not None else ():
        if index not in fields:
            counter.fail("there is no weight for this feature")
        counters[index] = counter.whole(rule)
    base = {index: _base(field, _WEIGHT, counters.get(index, 0) * rate) for index, field in fields.items()}
    return SparsePerceptron(names, base, _intercept(model, _WEIGHT), rate, counters, counter_bits=bits)


def _counter_bits(model: Field) -> int:
    bits = model.exact().get("counterBits")
    if bits is None:
        return _USUAL_BITS
    width = bits.whole(Rule(min(COUNTER_BITS), max(COUNTER_BITS), _BITS))
    return width if width in COUNTER_BITS else bits.fail(_BITS)


def _sparse_weights(model: Field) -> dict[int, Field]:
    listed, mapped = model.get("weights"), model.get("sparseWeights")
    if listed is None and mapped is None:
        model.require("weights", _WEIGHTS)
    fields = {} if listed is None else listed.by_index(_WEIGHTS)
    by_index = {} if mapped is None else mapped.by_index(_WEIGHTS)
    indices = model.get("featureIndices")
    if indices is not None:
        rule = f"it must be a list of {len(fields) + len(by_index)} feature indices, one for each weight"
        named = [field.whole(INDEX) for field in indices.elements(rule)]
        if len(named) != len(fields) + len(by_index):
            indices.fail(rule)
        place_of: dict[int, int] = {}
        for place, index in enumerate(named):
            if place_of.setdefault(index, place) != place:
                where = f"{indices.source}: {indices.name}[{place}]"
                raise ModelFileError(f"{where}: {index} stands twice; every weight needs an index of its own")
        fields = dict(zip(named, fields.values(), strict=False))
    return {**fields, **by_index}


def read_dense(model: Field) -> DensePerceptron:
    """Type ``dense perceptron``."""
    names = model.require("classifications", "it names the two classes").names(exactly=2)
    sparse, indices = model.get("sparseWeights"), model.get("featureIndices")
    if sparse is not None:
        sparse.fail("a dense perceptron has none")
    rate = _rate(model)
    rule = "it must be a list of weights, at least one"
    weights = model.require("weights", rule)
    fields = weights.elements(rule)
    if not fields:
        weights.fail(rule)
    if indices is not None and len(indices.elements("it must be a list")) != len(fields):
        indices.fail(f"there must be one for each weight, {len(fields):,}")
    learned = model.exact().get("sums")
    sums = [0] * len(fields)
    if learned is not None:
        rule = f"it must be a list of {len(fields):,} sums, one for each weight"
        sums = [field.whole(_SUM) for field in learned.elements(rule)]
        if len(sums) != len(fields):
            learned.fail(rule)
    base = [
        _base(field, _DENSE_WEIGHT, truncated_div(total * rate, SCALE))
        for field, total in zip(fields, sums, strict=True)
    ]
    return DensePerceptron(names, base, _intercept(model, _DENSE_WEIGHT), rate, sums)


def _base(field: Field, rule: Rule, learned: int) -> int:
    base = field.fixed(rule) - learned
    if abs(base) > rule.high // _ROOM:
        field.fail(rule.text)
    return base


def _rate(model: Field) -> int:
    rate = model.get("learningRate")
    return _DEFAULT_RATE if rate is None else rate.fixed(_RATE)


def _intercept(model: Field, rule: Rule) -> int:
    intercept, bias = model.get("intercept"), model.get("bias")
    both = [_base(field, rule, 0) for field in (intercept, bias) if field is not None]
    if bias is not None and both[0] != both[-1]:
        bias.fail("it is another name of the intercept, which differs")
    return both[0] if both else 0


def write_sparse(model: SparsePerceptron) -> dict[str, Any]:
    """The entries of a sparse perceptron: weights from index 0 on in a list, the others by index."""
    weights = model.weights()
    listed = 0
    while listed in weights:
        listed += 1
    others = {str(index): from_fixed(weight) for index, weight in weights.items() if index >= listed}
    counters = {str(index): count for index, count in model.counters().items()}
    bits = {} if model.counter_bits == _USUAL_BITS else {"counterBits": model.counter_bits}
    exact = {**bits, **({"counters": counters} if counters else {})}
    return {
        **_written("sparse perceptron", model, [weights[index] for index in range(listed)]),
        **({"sparseWeights": others} if others else {}),
        **({"decai": {"format": FORMAT, **exact}} if exact else {}),
    }


def write_dense(model: DensePerceptron) -> dict[str, Any]:
    """The entries of a dense perceptron."""
    sums = model.sums()
    return {
        **_written("dense perceptron", model, model.weights()),
        **({"decai": {"format": FORMAT, "sums": sums}} if any(sums) else {}),
    }


def _written(kind: str, model: SparsePerceptron | DensePerceptron, weights: list[int]) -> dict[str, Any]:
    decimals: list[Decimal] = [from_fixed(weight) for weight in weights]
    return {
        "type": kind,
        "classifications": list(model.classes),
        "weights": decimals,
        "intercept": from_fixed(model.intercept),
        "learningRate": from_fixed(model.learning_rate),
    }
