"""The routes of the original framework's server, so that its clients work with ours.

What they send is only believed as far as the chain confirms it: of a model the address, of a sample what its
features show. Accuracies are kept as hearsay.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query

from decai.catalog.columns import MOST_INTEGER
from decai.catalog.records import Measurement, Model, Page, SampleKind, SampleRecord
from decai.catalog.rest.answers import SampleAnswer
from decai.catalog.rest.bodies import Route
from decai.catalog.rest.failures import FAILURES, MissingThingError
from decai.catalog.rest.requests import (
    AccuracyGiven,
    After,
    Hash,
    Limit,
    ModelGiven,
    OriginalData,
)
from decai.catalog.rest.service import Service
from decai.catalog.rest.v1 import found_model
from decai.chain.address import parse_address
from decai.errors import InputError, StorageError
from decai.units import Address

__all__ = ["original_router"]

_ABSENT: Final = frozenset({"", "null", "undefined"})
"""What its clients send in place of nothing."""
_MODEL_TYPE: Final = "Classifier64"
"""What its clients call a contract that they can use."""

Text = Annotated[str, Query(max_length=100)]
Json = dict[str, Any]


def original_router(service: Service) -> APIRouter:
    """The routes.

    Parameters
    ----------
    service
        What answers them.
    """
    router = APIRouter(responses=FAILURES, tags=["the original framework's"], route_class=Route)
    catalog = service.catalog

    @router.get("/health", summary="Whether the server works")
    def health() -> Json:
        try:
            catalog.status()
        except StorageError:
            return {"healthy": False}
        return {"healthy": True}

    @router.get("/models", summary="Models by address")
    def list_models(
        after_address: Annotated[Text, Query(alias="afterAddress")] = "", limit: Limit = 10
    ) -> Json:
        after = None if after_address in _ABSENT else parse_address(after_address)
        page = catalog.models.by_address(after, chain_id=service.chain_id, limit=limit)
        return {
            "models": [_model(each, each.address) for each in page.items],
            "remaining": page.total - len(page.items),
        }

    @router.post("/models", summary="Take a model in, if the chain confirms it")
    def add_model(given: ModelGiven) -> Json:
        model = service.add_model(Address(given.address))
        if given.accuracy is not None:
            service.report_first_accuracy(model, given.accuracy)
        return {"model": _model(model, model.address)}

    @router.get("/model", summary="A model by its number, or else its address")
    def get_model(model_id: Annotated[Text, Query(alias="modelId")] = "", address: Text = "") -> Json:
        if model_id not in _ABSENT:
            model = found_model(service, _number(model_id))
        elif address not in _ABSENT:
            model = _model_at(service, parse_address(address))
        else:
            raise InputError("give modelId or address")
        # Its clients compare what they asked for letter by letter.
        is_same = address.lower() == model.address.lower()
        return {"model": _model(model, address if is_same else model.address)}

    @router.post("/data", summary="Take a sample in, if it is what was contributed")
    def add_data(given: OriginalData) -> Json:
        sample = service.add_sample(bytes.fromhex(given.transactionHash[2:]), given.originalData.sample)
        return {"originalData": _original(sample)}

    @router.get("/data/{transactionHash}", summary="The sample that a transaction contributed")
    def get_data(transaction: Annotated[Hash, Path(alias="transactionHash")]) -> Json:
        found = catalog.samples.of_transaction(bytes.fromhex(transaction[2:]))
        if not found:
            raise MissingThingError("the sample of this transaction is not known")
        return {"originalData": _original(found[0])}

    @router.post("/accuracy", summary="Tell how good a model was after a contribution")
    def add_accuracy(given: AccuracyGiven) -> Json:
        found_model(service, given.modelId)
        transaction = bytes.fromhex(given.transactionHash[2:])
        told = service.report_accuracy(given.modelId, given.accuracy, transaction, given.blockNumber)
        return {"accuracy": _accuracy(told)}

    @router.get("/accuracy/model", summary="How good a model was, the oldest first")
    def list_accuracy(
        model_id: Annotated[int, Query(alias="modelId", ge=1, le=MOST_INTEGER)],
        after: After = None,
        limit: Limit = 200,
    ) -> Json:
        found_model(service, model_id)
        page: Page[Measurement] = catalog.accuracy.page(model_id, after=after, limit=limit, oldest_first=True)
        return {"accuracyHistory": [_accuracy(each) for each in page.items], "next": page.next}

    return router


def _model_at(service: Service, address: Address) -> Model:
    model = service.catalog.models.first_at(address, chain_id=service.chain_id)
    if model is None:
        raise MissingThingError("there is no such model in the catalog")
    return model


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= MOST_INTEGER):
        raise InputError("modelId is no number of a model")
    return int(text)


def _model(model: Model, address: str) -> Json:
    return {
        "id": model.id,
        "name": model.name,
        "address": address,
        "description": model.description,
        "modelType": _MODEL_TYPE,
        "encoder": model.encoder,
        "accuracy": model.accuracy,
        "hidden": not model.verified,
    }


def _original(sample: SampleRecord) -> Json:
    """Its clients know of texts alone; numbers and records are such as well, in JSON."""
    said: Json = {sample.kind.value: getattr(SampleAnswer.of(sample), sample.kind.value)}
    if sample.kind in (SampleKind.NUMBERS, SampleKind.RECORD):
        said["text"] = sample.content.decode()
    return {**said, "hidden": not sample.verified}


def _accuracy(measurement: Measurement) -> Json:
    transaction = measurement.transaction
    return {
        "transactionHash": None if transaction is None else "0x" + transaction.hex(),
        "blockNumber": measurement.block,
        "modelId": measurement.model_id,
        "accuracy": measurement.accuracy,
        "timestamp": _time(measurement.time),
        "measured": measurement.measured,
    }


def _time(seconds: int) -> str:
    """As SQLite writes times; as the number itself beyond the year 9999."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return str(seconds)
