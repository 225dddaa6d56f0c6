"""A value of a model file and where it stands, so that every complaint names both."""

from dataclasses import dataclass
from decimal import Decimal
from numbers import Integral
from typing import Any, Final, NamedTuple, NoReturn

from decai.classifier._sparse import TABLE_LIMIT
from decai.errors import ModelFileError
from decai.units import SCALE, to_fixed

__all__ = ["COUNT", "FORMAT", "INDEX", "U32", "Field", "Rule", "check_room", "shown"]

FORMAT: Final = 1
"""The version of what stands under ``decai``."""
U32: Final = 2**32 - 1
_TABLE_CELLS: Final = 2**25
"""Most features times classes: some 700 MB of tables."""


class Rule(NamedTuple):
    """What a number must be, and how to say it; bounds in fixed point for `Field.fixed`."""

    low: int
    high: int
    text: str


INDEX: Final = Rule(0, U32, "a feature index must be a whole number from 0 to 4294967295")
COUNT: Final = Rule(0, U32, "every count must be a whole number from 0 to 4294967295")


@dataclass(frozen=True, slots=True)
class Field:
    """A value and where it stands.

    Every method raises `ModelFileError` if the value is not what its name or `rule` says.
    """

    source: str
    name: str
    value: Any

    def fail(self, rule: str) -> NoReturn:
        """Say that the value breaks `rule`."""
        raise ModelFileError(f"{self.source}: {self.name} is {shown(self.value)}; {rule}")

    def get(self, key: str) -> "Field | None":
        """An entry, or None if it is missing or null."""
        value = self.value.get(key)
        return None if value is None else Field(self.source, self._name_of(key), value)

    def require(self, key: str, rule: str) -> "Field":
        """An entry that must be there."""
        field = self.get(key)
        if field is None:
            raise ModelFileError(f"{self.source}: {self._name_of(key)} is missing; {rule}")
        return field

    def _name_of(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key

    def elements(self, rule: str) -> "list[Field]":
        """The elements of a list."""
        if not isinstance(self.value, list | tuple):
            self.fail(rule)
        return [Field(self.source, f"{self.name}[{i}]", value) for i, value in enumerate(self.value)]

    def entries(self, rule: str) -> "dict[str, Field]":
        """The entries of an object."""
        if not isinstance(self.value, dict) or not all(isinstance(key, str) for key in self.value):
            self.fail(rule)
        return {k: Field(self.source, f"{self.name}[{shown(k)}]", v) for k, v in self.value.items()}

    def by_index(self, rule: str) -> "dict[int, Field]":
        """The entries of an object whose keys are feature indices, or the elements of a list."""
        if isinstance(self.value, list | tuple):
            return dict(enumerate(self.elements(rule)))
        fields = {}
        for key, field in self.entries(rule).items():
            plain = key.isascii() and key.isdigit() and len(key) <= 10 and str(int(key)) == key
            if not plain or int(key) > U32:
                Field(self.source, f"a key of {self.name}", key).fail(INDEX.text)
            fields[int(key)] = field
        return fields

    def fixed(self, rule: Rule) -> int:
        """A number, in fixed point."""
        value = to_fixed(self._number(rule, SCALE) or 0)
        if not rule.low <= value <= rule.high:
            self.fail(rule.text)
        return value

    def whole(self, rule: Rule) -> int:
        """A whole number."""
        number = self._number(rule, 1)
        if number != number.to_integral_value() or not rule.low <= number <= rule.high:
            self.fail(rule.text)
        return int(number)

    def _number(self, rule: Rule, scale: int) -> Decimal:
        value, number = self.value, None
        if isinstance(value, Decimal):
            number = value
        elif isinstance(value, float):
            number = Decimal(float.__repr__(value))
        elif isinstance(value, Integral) and not isinstance(value, bool):
            number = Decimal(int(value))
        # Far outside of the bounds it is not worth scaling, and may be too large to.
        if number is None or not number.is_finite() or not rule.low - scale <= number <= rule.high + scale:
            self.fail(rule.text)
        return number

    def names(self, exactly: int | None = None) -> list[str]:
        """The names of at least two classes, or of `exactly` so many."""
        rule = f"it must be a list of {exactly or 'at least two'} names"
        fields = self.elements(rule)
        if len(fields) < 2 or len(fields) != (exactly or len(fields)):
            self.fail(rule)
        for field in fields:
            if not isinstance(field.value, str) or not field.value:
                field.fail("every class needs a name")
        return [field.value for field in fields]

    def exact(self) -> "Field":
        """What stands under ``decai``; empty if there is nothing."""
        field = self.get("decai") or Field(self.source, "decai", {})
        if field.entries("it must be an object"):
            rule = f"this version of decai reads {FORMAT}"
            field.require("format", rule).whole(Rule(FORMAT, FORMAT, rule))
        return field


def check_room(model: Field, classes: int, indices: set[int]) -> None:
    """Refuse features and classes whose tables would not fit into memory."""
    highest = max(indices, default=0)
    rows = highest + 1 if highest < TABLE_LIMIT else TABLE_LIMIT + len(indices)
    if rows * classes > _TABLE_CELLS:
        raise ModelFileError(
            f"{model.source}: {classes:,} classes of {rows:,} features take more room than a model may"
        )


def shown(value: object) -> str:
    """A value as a person reads it, in at most 40 characters."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | tuple):
        return f"a list of {len(value):,}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
