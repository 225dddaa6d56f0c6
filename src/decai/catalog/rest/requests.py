"""What the REST API is asked with."""

import base64
import binascii
import re
from typing import Annotated, Any, Final, Self

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from decai.catalog.columns import MOST_INTEGER
from decai.catalog.paging import MOST_ITEMS
from decai.chain.address import parse_address
from decai.encoder import Sample
from decai.errors import InputError
from decai.units import Address

__all__ = [
    "AccuracyGiven",
    "After",
    "Count",
    "DataGiven",
    "Given",
    "Hash",
    "Limit",
    "ModelGiven",
    "ModelNumber",
    "NewModel",
    "OriginalData",
    "SampleGiven",
    "SomeAddress",
    "Whole",
]

_HASH: Final = re.compile(r"0x[0-9a-fA-F]{64}")
_MOST_NUMBERS: Final = 100_000
_MOST_FIELDS: Final = 100


def _address(text: str) -> Address:
    try:
        return parse_address(text)
    except InputError as error:
        raise ValueError(str(error)) from None


def _hash(text: str) -> str:
    if _HASH.fullmatch(text) is None:
        raise ValueError("a hash is 0x and 64 hexadecimal digits")
    return text.lower()


Whole = Annotated[int, Field(ge=0, le=MOST_INTEGER)]
Hash = Annotated[str, Field(max_length=66), AfterValidator(_hash)]
SomeAddress = Annotated[str, Field(max_length=66), AfterValidator(_address)]
ModelNumber = Annotated[int, Path(ge=1, le=MOST_INTEGER)]
Count = Annotated[int, Path(ge=0, le=MOST_INTEGER)]
Limit = Annotated[int, Query(ge=1, le=MOST_ITEMS, description="Most items of the page.")]
After = Annotated[str | None, Query(max_length=1_000, description="The `next` of the page before.")]


class Given(BaseModel):
    """What is given by somebody: more than is known of is left alone."""

    model_config = ConfigDict(extra="ignore", strict=True)


class NewModel(Given):
    """A model to be taken in."""

    address: SomeAddress
    first_block: Whole | None = Field(default=None, description="In which it was deployed, or any before.")


class SampleGiven(Given):
    """A sample: one of these."""

    text: str | None = None
    image: str | None = Field(default=None, description="A picture's file in base64.")
    numbers: Annotated[list[float | int], Field(max_length=_MOST_NUMBERS)] | None = None
    record: Annotated[dict[str, str], Field(max_length=_MOST_FIELDS)] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        given = [self.text, self.image, self.numbers, self.record]
        if sum(each is not None for each in given) != 1:
            raise ValueError("a sample is one of text, image, numbers and record")
        return self

    @property
    def sample(self) -> Sample:
        """The sample; `InputError` if it is a picture that is not in base64."""
        if self.image is not None:
            try:
                return base64.b64decode(self.image, validate=True)
            except (binascii.Error, ValueError):
                raise InputError("the image is not in base64") from None
        given: Any = next(each for each in (self.text, self.numbers, self.record) if each is not None)
        sample: Sample = given
        return sample


class DataGiven(SampleGiven):
    """A sample, and the transaction that it was contributed in."""

    transaction: Hash
    model_id: Annotated[int, Field(ge=1, le=MOST_INTEGER)] | None = None


class OriginalData(Given):
    """A sample as the original framework's clients send it."""

    transactionHash: Hash  # noqa: N815
    originalData: SampleGiven  # noqa: N815


class ModelGiven(Given):
    """A model as the original framework's clients send it; the chain tells all but its address."""

    address: SomeAddress
    accuracy: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None


class AccuracyGiven(Given):
    """An accuracy as the original framework's clients send it."""

    transactionHash: Hash  # noqa: N815
    modelId: Annotated[int, Field(ge=1, le=MOST_INTEGER)]  # noqa: N815
    accuracy: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
    blockNumber: Whole | None = None  # noqa: N815
