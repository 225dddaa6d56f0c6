"""The pages, one a file; `register` says at which address each is.

To add one: write ``pages/<name>.py`` with ``async def build(page: Page, ...) -> None`` that fills
``page.content``, give it an address here and, if it belongs into the navigation, an entry in `shell`.
"""

from fastapi import Request, Response
from nicegui import Client, app, background_tasks, ui

from decai.dashboard.library import Query
from decai.dashboard.pages import about, account, add, missing, model, models, simulate
from decai.dashboard.shell import filled, frame, framed

__all__ = ["register"]


def register() -> None:
    """Give each page its address; once for each process."""

    @ui.page("/")
    async def _models(search: str = "", classifier: str = "", incentive: str = "", sort: str = "") -> None:
        query = Query(search[:200], classifier, incentive, sort)
        await framed("Models", "/", lambda page: models.build(page, query))

    @ui.page("/model/{address}")
    async def _model(address: str) -> None:
        await framed("Model", "/", lambda page: model.build(page, address, "predict"))

    @ui.page("/model/{address}/{tab}")
    async def _model_tab(address: str, tab: str) -> None:
        await framed("Model", "/", lambda page: model.build(page, address, tab))

    @ui.page("/add")
    async def _add(deployment: str = "") -> None:
        await framed("Add a model", "/add", lambda page: add.build(page, deployment))

    @ui.page("/simulate")
    async def _simulate(run: str = "") -> None:
        await framed("Simulate", "/simulate", lambda page: simulate.build(page, run))

    @ui.page("/account")
    async def _account() -> None:
        await framed("My account", "/account", account.build)

    @ui.page("/about")
    async def _about() -> None:
        await framed("About", "/about", about.build)

    @app.exception_handler(404)
    async def _missing(request: Request, _: Exception) -> Response:
        with Client(ui.page(""), request=request) as client:
            page = frame("Not here", "")
            background_tasks.create(filled(page, missing.build), name="a page that there is not")
            return client.build_response(request, 404)
