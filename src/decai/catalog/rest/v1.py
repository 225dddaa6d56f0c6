"""Our routes, ``/v1``: everything that the catalog knows, in pages."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from decai.catalog.accounts import StandingSort
from decai.catalog.columns import MOST_INTEGER
from decai.catalog.models import ModelSort
from decai.catalog.records import Contributed, Model, ModelState
from decai.catalog.rest.answers import (
    AccountAnswer,
    ClaimAnswer,
    ContributionAnswer,
    EventAnswer,
    MeasurementAnswer,
    ModelAnswer,
    PageAnswer,
    SampleAnswer,
    StandingAnswer,
    StatusAnswer,
    page_answer,
)
from decai.catalog.rest.bodies import Route
from decai.catalog.rest.failures import FAILURES, MissingThingError
from decai.catalog.rest.requests import (
    After,
    Count,
    DataGiven,
    Hash,
    Limit,
    ModelNumber,
    NewModel,
    SomeAddress,
)
from decai.catalog.rest.service import Service
from decai.errors import InputError
from decai.units import Address

__all__ = ["v1_router"]

Filter = Annotated[str | None, Query(max_length=1_024)]
AddressFilter = Annotated[SomeAddress | None, Query()]
NumberFilter = Annotated[int | None, Query(ge=0, le=MOST_INTEGER)]
OldestFirst = Annotated[bool, Query(description="Whether the oldest come first, and not the newest.")]
Names = Annotated[list[str] | None, Query(max_length=32, description="Only events of these names.")]
AddressPath = Annotated[SomeAddress, Path()]


def v1_router(service: Service) -> APIRouter:
    """The routes.

    Parameters
    ----------
    service
        What answers them.
    """
    router = APIRouter(prefix="/v1", responses=FAILURES, route_class=Route)
    _models(router, service)
    _histories(router, service)
    _samples(router, service)
    _accounts(router, service)
    return router


def found_model(service: Service, model_id: int) -> Model:
    """A model by its number; `MissingThingError` if there is none."""
    try:
        return service.catalog.models.get(model_id)
    except InputError as error:
        raise MissingThingError(str(error)) from None


def _models(router: APIRouter, service: Service) -> None:
    models = service.catalog.models

    @router.get("/models", summary="Models that fit")
    def list_models(
        search: Annotated[str, Query(max_length=200, description="Words that all have to occur.")] = "",
        chain: NumberFilter = None,
        classifier: Filter = None,
        incentive: Filter = None,
        encoder: Filter = None,
        verified: bool | None = None,
        state: ModelState | None = None,
        sort: ModelSort = "newest",
        after: After = None,
        limit: Limit = 20,
    ) -> PageAnswer[ModelAnswer]:
        page = models.find(
            search,
            chain_id=chain,
            classifier=classifier,
            incentive=incentive,
            encoder=encoder,
            verified=verified,
            state=state,
            sort=sort,
            after=after,
            limit=limit,
        )
        return page_answer(page, ModelAnswer.of)

    @router.post("/models", summary="Take a model in, if the chain confirms it")
    def add_model(given: NewModel) -> ModelAnswer:
        return ModelAnswer.of(service.add_model(Address(given.address), given.first_block))

    @router.get("/models/{model_id}", summary="A model")
    def get_model(model_id: ModelNumber) -> ModelAnswer:
        return ModelAnswer.of(found_model(service, model_id))

    @router.get("/chains/{chain_id}/models/{address}", summary="The model at an address")
    def model_at(chain_id: Count, address: AddressPath) -> ModelAnswer:
        model = models.at(chain_id, Address(address))
        if model is None:
            raise MissingThingError("there is no such model in the catalog")
        return ModelAnswer.of(model)

    @router.get("/status", summary="How far each chain was read")
    def status() -> list[StatusAnswer]:
        return [StatusAnswer.of(each) for each in service.catalog.status()]


def _histories(router: APIRouter, service: Service) -> None:
    history = service.catalog.history

    @router.get("/models/{model_id}/events", summary="A model's events")
    def list_events(
        model_id: ModelNumber,
        name: Names = None,
        after: After = None,
        limit: Limit = 50,
        oldest_first: OldestFirst = False,
    ) -> PageAnswer[EventAnswer]:
        found_model(service, model_id)
        page = history.events(model_id, names=name or (), after=after, limit=limit, oldest_first=oldest_first)
        return page_answer(page, EventAnswer.of)

    @router.get("/models/{model_id}/contributions", summary="A model's contributions")
    def list_contributions(
        model_id: ModelNumber,
        author: AddressFilter = None,
        label: NumberFilter = None,
        after: After = None,
        limit: Limit = 50,
        oldest_first: OldestFirst = False,
    ) -> PageAnswer[ContributionAnswer]:
        found_model(service, model_id)
        page = history.contributions(
            model_id,
            author=None if author is None else Address(author),
            label=label,
            after=after,
            limit=limit,
            oldest_first=oldest_first,
        )
        return page_answer(page, ContributionAnswer.of)

    @router.get("/models/{model_id}/contributions/{number}", summary="A contribution")
    def get_contribution(model_id: ModelNumber, number: Count) -> ContributionAnswer:
        return ContributionAnswer.of(_contribution(service, model_id, number))

    @router.get("/models/{model_id}/claims", summary="The claims on a model's contributions")
    def list_claims(
        model_id: ModelNumber,
        claimer: AddressFilter = None,
        author: AddressFilter = None,
        contribution: NumberFilter = None,
        after: After = None,
        limit: Limit = 50,
        oldest_first: OldestFirst = False,
    ) -> PageAnswer[ClaimAnswer]:
        found_model(service, model_id)
        page = history.claims(
            model_id,
            claimer=None if claimer is None else Address(claimer),
            author=None if author is None else Address(author),
            number=contribution,
            after=after,
            limit=limit,
            oldest_first=oldest_first,
        )
        return page_answer(page, ClaimAnswer.of)

    @router.get("/models/{model_id}/accuracy", summary="How good a model was")
    def list_accuracy(
        model_id: ModelNumber,
        measured: bool | None = None,
        after: After = None,
        limit: Limit = 50,
        oldest_first: OldestFirst = False,
    ) -> PageAnswer[MeasurementAnswer]:
        found_model(service, model_id)
        page = service.catalog.accuracy.page(
            model_id, measured=measured, after=after, limit=limit, oldest_first=oldest_first
        )
        return page_answer(page, MeasurementAnswer.of)

    @router.get("/models/{model_id}/accounts", summary="Who contributed to a model, or claimed")
    def list_people(
        model_id: ModelNumber, sort: StandingSort = "deposited", after: After = None, limit: Limit = 50
    ) -> PageAnswer[StandingAnswer]:
        found_model(service, model_id)
        page = service.catalog.accounts.people(model_id, sort=sort, after=after, limit=limit)
        return page_answer(page, StandingAnswer.of)


def _samples(router: APIRouter, service: Service) -> None:
    samples = service.catalog.samples

    @router.get("/models/{model_id}/samples", summary="The samples of a model that are known")
    def list_samples(
        model_id: ModelNumber,
        after: After = None,
        limit: Annotated[int, Query(ge=1, le=20)] = 10,
    ) -> PageAnswer[SampleAnswer]:
        found_model(service, model_id)
        return page_answer(samples.page(model_id, after=after, limit=limit), SampleAnswer.of)

    @router.get("/models/{model_id}/contributions/{number}/sample", summary="A contribution's sample")
    def get_sample(model_id: ModelNumber, number: Count) -> SampleAnswer:
        sample = samples.of(_contribution(service, model_id, number))
        if sample is None:
            raise MissingThingError("the sample of this contribution is not known")
        return SampleAnswer.of(sample)

    @router.get("/samples/{transaction}", summary="The samples that a transaction contributed")
    def samples_of(transaction: Annotated[Hash, Path()]) -> list[SampleAnswer]:
        return [SampleAnswer.of(each) for each in samples.of_transaction(bytes.fromhex(transaction[2:]))]

    @router.post("/samples", summary="Take a sample in, if it is what was contributed")
    def add_sample(given: DataGiven) -> SampleAnswer:
        transaction = bytes.fromhex(given.transaction[2:])
        return SampleAnswer.of(service.add_sample(transaction, given.sample, given.model_id))


def _accounts(router: APIRouter, service: Service) -> None:
    accounts, history = service.catalog.accounts, service.catalog.history

    @router.get("/accounts/{address}", summary="An account over all models")
    def get_account(address: AddressPath) -> AccountAnswer:
        return AccountAnswer.of(accounts.account(Address(address)))

    @router.get("/accounts/{address}/models", summary="What an account has to do with each model")
    def list_standings(
        address: AddressPath, after: After = None, limit: Limit = 50
    ) -> PageAnswer[StandingAnswer]:
        return page_answer(accounts.standings(Address(address), after=after, limit=limit), StandingAnswer.of)

    @router.get("/accounts/{address}/contributions", summary="What an account contributed")
    def list_contributions(
        address: AddressPath, after: After = None, limit: Limit = 50, oldest_first: OldestFirst = False
    ) -> PageAnswer[ContributionAnswer]:
        page = history.contributions(
            author=Address(address), after=after, limit=limit, oldest_first=oldest_first
        )
        return page_answer(page, ContributionAnswer.of)

    @router.get("/accounts/{address}/claims", summary="What an account was paid")
    def list_claims(
        address: AddressPath, after: After = None, limit: Limit = 50, oldest_first: OldestFirst = False
    ) -> PageAnswer[ClaimAnswer]:
        page = history.claims(claimer=Address(address), after=after, limit=limit, oldest_first=oldest_first)
        return page_answer(page, ClaimAnswer.of)


def _contribution(service: Service, model_id: int, number: int) -> Contributed:
    try:
        return service.catalog.history.contribution(model_id, number)
    except InputError as error:
        raise MissingThingError(str(error)) from None
