"""``titanic passenger``: what is known of a passenger, as the data set titanic has it."""

import math

from decai.dataset import titanic
from decai.encoder.base import EncoderInfo, ExactMatch, Field, ModelShape, Sample
from decai.errors import InputError
from decai.samples import Features

__all__ = ["TitanicPassenger"]

_UNKNOWN = "?"


class TitanicPassenger(ExactMatch):
    """A passenger's record: eight features that are there, or a vector of twelve numbers.

    Parameters
    ----------
    shape
        Of the model, which decides the form.
    """

    info = EncoderInfo(
        name="titanic passenger",
        title="A passenger of the Titanic",
        takes="record",
        forms=("sparse", "dense"),
        description="Class, sex, age, family, fare, port and title of a passenger.",
        fields=(
            Field("pclass", "Class", ("1", "2", "3")),
            Field("sex", "Sex", ("female", "male")),
            Field("age", "Age", may_be_unknown=True, example="29"),
            Field("sibsp", "Siblings and spouses aboard", example="1"),
            Field("parch", "Parents and children aboard", example="0"),
            Field("fare", "Fare in pounds", may_be_unknown=True, example="26"),
            Field("embarked", "Port", ("C", "Q", "S"), may_be_unknown=True),
            Field("name", "Name", is_text=True, example="Kelly, Miss. Mary"),
        ),
        source="the training part of the data set titanic",
        fetch="decai dataset fetch titanic",
    )

    def __init__(self, shape: ModelShape) -> None:
        self._form = shape.form
        names = titanic.feature_names(dense=shape.form == "dense")
        if shape.form == "dense" and shape.size != len(names):
            raise InputError(
                f"{self.info.name}: gives {len(names)} numbers, and the model takes {shape.size}"
            )
        self._names = names

    def encode(self, sample: Sample) -> Features:
        """The features of a passenger.

        Parameters
        ----------
        sample
            By column: ``pclass sex age sibsp parch fare embarked name``; what is unknown is left out,
            empty or ``?``.
        """
        record = self._record(sample)
        return titanic.encode_dense(record) if self._form == "dense" else titanic.encode(record)

    def feature_name(self, index: int) -> str | None:
        """What the data set calls it."""
        return self._names[index] if 0 <= index < len(self._names) else None

    def _record(self, sample: Sample) -> dict[str, str]:
        if not isinstance(sample, dict):
            raise InputError(
                f"{self.info.name}: takes a record of {', '.join(f.name for f in self.info.fields)}"
            )
        known = {field.name for field in self.info.fields}
        for key, value in sample.items():
            if key not in known:
                raise InputError(f"{self.info.name}: there is no {str(key)[:40]!r} in a record")
            if not isinstance(value, (str, int, float)) or isinstance(value, bool) or len(str(value)) > 200:
                raise InputError(f"{self.info.name}: {key} must be a short text or a number")
        record = {}
        for field in self.info.fields:
            value = str(sample.get(field.name, "")).strip() or _UNKNOWN
            if value == _UNKNOWN and not (field.may_be_unknown or field.is_text):
                raise InputError(f"{self.info.name}: {field.title} is missing")
            if field.choices and value not in (*field.choices, _UNKNOWN):
                raise InputError(f"{self.info.name}: {field.title} must be one of {', '.join(field.choices)}")
            if not (field.choices or field.is_text or value == _UNKNOWN or _is_number(value)):
                raise InputError(
                    f"{self.info.name}: {field.title} must be a number from 0, not {value[:40]!r}"
                )
            record[field.name] = value
        return record


def _is_number(value: str) -> bool:
    try:
        return 0 <= float(value) < math.inf
    except ValueError:
        return False
