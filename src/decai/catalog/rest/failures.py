"""Whatever goes wrong is an answer of one sentence, with the status that says whose fault it is."""

import logging
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from decai.catalog.columns import clean
from decai.catalog.rest.answers import Failure
from decai.catalog.rest.service import BusyError
from decai.chain.jsonrpc import NoAnswer, NotDelivered, RpcError
from decai.errors import DecaiError, MissingError, StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FAILURES", "MissingThingError", "answer_failures"]

_log: Final = logging.getLogger("decai.catalog")

FAILURES: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Failure, "description": description}
    for status, description in {
        400: "What is asked for cannot be.",
        403: "A page of another origin asks for a change.",
        404: "There is no such thing.",
        408: "The body did not come in time.",
        413: "The body is too large.",
        414: "The part after the question mark is too long.",
        415: "The body is no JSON.",
        422: "A value is none of its kind.",
        429: "Too many requests.",
        503: "The database, the chain or an encoder cannot be used now.",
    }.items()
}
"""For the description of routes."""


class MissingThingError(DecaiError):
    """There is no such thing as was asked for."""


def answer_failures(app: FastAPI) -> None:
    """Have an app answer so."""

    @app.exception_handler(DecaiError)
    def refused(request: Request, error: DecaiError) -> JSONResponse:
        return _answer(_status(error), str(error))

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        return _answer(422, _sentence(error))

    @app.exception_handler(HTTPException)
    def unknown(request: Request, error: HTTPException) -> JSONResponse:
        lines = {404: "there is nothing at this path", 405: "this path does not take this method"}
        return _answer(error.status_code, lines.get(error.status_code, str(error.detail)), error.headers)

    @app.exception_handler(Exception)
    def failed(request: Request, error: Exception) -> JSONResponse:
        _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return _answer(500, "the server failed; its log says how")


def _status(error: DecaiError) -> int:
    if isinstance(error, MissingThingError):
        return 404
    if isinstance(error, (NotDelivered, NoAnswer, RpcError, StorageError, MissingError, BusyError)):
        return 503
    # Also of a chain that answers, but has no such model.
    return 400


def _sentence(error: RequestValidationError) -> str:
    """What is wrong first, in a few words; what was given is not repeated."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
    message = str(first["msg"]).removeprefix("Value error, ").strip()
    return f"{place[:80]}: {message[:300]}" if place else message[:300]


def _answer(status: int, line: str, headers: "Mapping[str, str] | None" = None) -> JSONResponse:
    said = clean(" ".join(line.split()))
    # The original framework's clients look for a message.
    return JSONResponse({"error": said, "message": said}, status, headers=headers)
