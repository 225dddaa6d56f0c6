"""Pages and REST API in one process: how they are put together, started and stopped."""

import logging
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI
from nicegui import app as pages_app
from nicegui import core, ui

from decai import __version__
from decai.catalog.rest import create_api
from decai.dashboard import context, pages, shell
from decai.dashboard.guard import Guard
from decai.dashboard.options import Options
from decai.errors import DecaiError

__all__ = ["build", "run"]

_log: Final = logging.getLogger("decai.dashboard")
_GRACE_SECONDS: Final = 3
_MOST_CONNECTIONS: Final = 1_000
_MOST_MESSAGE: Final = 2**20
_RECONNECT_SECONDS: Final = 5.0
_ICON: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" '
    'fill="#0b6478"/><path d="M10 9h5a7 7 0 0 1 0 14h-5z" fill="none" stroke="#fff" stroke-width="3"/></svg>'
)


def build(options: Options, folder: Path, secret: str) -> Guard:
    """All that is served, as one application; once for each process.

    Parameters
    ----------
    options
        How to serve.
    folder
        Where the dashboard keeps what must survive it.
    secret
        What session cookies are signed with.

    Raises
    ------
    StorageError
        If the folder cannot be used.
    """
    dashboard = context.Dashboard(options, folder)
    context.install(dashboard)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        dashboard.begin()
        yield
        await dashboard.end()

    api = FastAPI(title="decai", version=__version__, lifespan=lifespan, openapi_url=None)
    # Before the pages, which take every other path.
    api.mount("/api", create_api(dashboard.following.service()))
    shell.install_assets()
    pages.register()
    ui.run_with(
        api,
        title="decai",
        favicon=_ICON,
        dark=None,
        language="en-US",
        tailwind=False,
        reconnect_timeout=_RECONNECT_SECONDS,
        storage_secret=secret,
        session_middleware_kwargs={"same_site": "strict", "session_cookie": "decai_session"},
        show_welcome_message=False,
    )
    # The framework's own would write a traceback for whatever a contract refuses.
    pages_app._exception_handlers[:] = [_note]
    core.sio.eio.max_http_buffer_size = _MOST_MESSAGE
    core.sio.eio.logger.addFilter(_no_garbage)
    return Guard(api, loopback=options.is_loopback, names=(options.host, *options.allowed_hosts))


def _note(error: Exception) -> None:
    if isinstance(error, shell.PageGone):
        return
    if isinstance(error, DecaiError):
        _log.info("%s: %s", type(error).__name__, error)
    else:
        _log.error("unexpected", exc_info=error)


def _no_garbage(record: logging.LogRecord) -> bool:
    """Whether the framework's log has to say it: for what strangers send it would write a traceback each."""
    if record.exc_info is None or record.exc_info[0] is None:
        return True
    _log.info("a websocket brought what is no message (%s)", record.exc_info[0].__name__)
    return False


class _Server(uvicorn.Server):
    """Ends in peace: a signal that told it to is not raised again."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {each: signal.signal(each, self.handle_exit) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


def run(
    options: Options,
    folder: Path,
    secret: str,
    listening: socket.socket,
    told: Callable[[str], None] | None = None,
) -> None:
    """Serve on a socket until the process is interrupted or terminated.

    Parameters
    ----------
    options, folder, secret
        As for `build`.
    listening
        Where.
    told
        Called with the URL, once the node is there.

    Raises
    ------
    ChainError
        If the node does not answer.
    MissingError
        If the local node has to be installed first.
    StorageError
        If the folder cannot be used.
    """
    application = build(options, folder, secret)
    dashboard = context.current()
    # Now rather than at the first page: whoever started it is still there to read why not.
    dashboard.network.chain()
    dashboard.network.look()
    config = uvicorn.Config(
        application,
        access_log=False,
        log_level="warning",
        lifespan="on",
        limit_concurrency=_MOST_CONNECTIONS,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        ws="wsproto",
        ws_max_size=_MOST_MESSAGE,
    )
    if told is not None:
        told(_url(listening))
    try:
        _Server(config).run(sockets=[listening])
    finally:
        dashboard.close()


def _url(listening: socket.socket) -> str:
    host, port, *_ = listening.getsockname()
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"
