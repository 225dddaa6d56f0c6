"""Pages that somebody has asked for, and whose browsers have not come."""

from nicegui import Client, ui
from starlette.requests import Request

__all__ = ["page_for"]


def page_for(address: str) -> Client:
    """A page that somebody has asked for; within a running loop."""
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    return Client(ui.page("/"), request=Request({**scope, "client": (address, 1)}))
