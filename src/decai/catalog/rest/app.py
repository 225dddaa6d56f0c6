"""The REST API as an app: to be served alone, or mounted at ``/api`` in another."""

from collections.abc import Sequence
from typing import Final

from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

from decai import __version__
from decai.catalog.rest.failures import answer_failures
from decai.catalog.rest.limits import Bounds, Limits
from decai.catalog.rest.original import original_router
from decai.catalog.rest.service import Service
from decai.catalog.rest.v1 import v1_router

__all__ = ["create_api", "create_app"]

_ABOUT: Final = """\
What is known of shared models: read from their chain, and confirmed by it. Amounts are in wei, as decimal
digits; times in seconds since the epoch. Lists come in pages: give `next` as `after`. Whatever goes wrong
is `{"error": "one sentence"}`.
"""


def create_api(service: Service, bounds: Bounds | None = None) -> FastAPI:
    """The API, to be mounted at ``/api``; its description is at ``openapi.json``.

    Parameters
    ----------
    service
        What answers.
    bounds
        What one client may ask.
    """
    # The usual pages of documentation load their scripts from elsewhere.
    api = FastAPI(
        title="decai catalog", version=__version__, description=_ABOUT, docs_url=None, redoc_url=None
    )
    api.include_router(original_router(service))
    api.include_router(v1_router(service))
    answer_failures(api)
    api.add_middleware(Limits, bounds=bounds)
    return api


def create_app(
    service: Service, bounds: Bounds | None = None, hosts: Sequence[str] = ("127.0.0.1", "localhost")
) -> FastAPI:
    """The API alone, at ``/api``, for `uvicorn`.

    Parameters
    ----------
    service, bounds
        As for `create_api`.
    hosts
        By which names it may be asked for: others could be a trick of a foreign page.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.mount("/api", create_api(service, bounds))
    answer_failures(app)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    return app
