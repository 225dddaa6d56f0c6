"""The local node as a process: JSON-RPC over HTTP, on loopback only, for one data directory.

``python -m decai.chain.local_node.server FOLDER`` leaves a process behind that runs until it is told to stop.
A second one for the same folder leaves at once.
"""

import asyncio
import fcntl
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO, Final

from aiohttp import web

from decai.chain.local_node.gate import is_local_host, is_trusted_origin
from decai.chain.local_node.supervisor import Supervisor
from decai.chain.node_name import path_of, said_by
from decai.dataset.storage import atomic_file
from decai.errors import DecaiError, InputError, StorageError
from decai.nesting import limited_recursion

__all__ = ["INFO", "LOCK", "PORT_VARIABLE", "PREFERRED_PORT", "main"]

INFO: Final = "node.json"
"""Where the node is, in its folder while it runs."""
LOCK: Final = "lock"
PREFERRED_PORT: Final = 8545
PORT_VARIABLE: Final = "DECAI_NODE_PORT"
"""Another port to prefer; 0 for any."""
_BODY: Final = 8 * 2**20
_BATCH: Final = 1_000


@web.middleware
async def _gate(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    origin = request.headers.get("Origin")
    if not is_local_host(request.headers.get("Host")) or not is_trusted_origin(origin):
        return web.json_response({"error": "only this machine may talk to this node"}, status=403)
    response = web.Response() if request.method == "OPTIONS" else await handler(request)
    if origin is not None:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Allow-Headers"] = "Content-Type"
        response.headers["Access-Control-Allow-Methods"] = "POST, OPTIONS"
        response.headers["Vary"] = "Origin"
    return response


def _application(supervisor: Supervisor) -> web.Application:
    async def serve(request: web.Request) -> web.Response:
        try:
            content = await request.read()
            with limited_recursion():
                body = json.loads(content)
        except (ValueError, RecursionError):
            problem = {"code": -32700, "message": "this is no JSON"}
            return web.json_response({"jsonrpc": "2.0", "id": None, "error": problem})
        if not isinstance(body, list):
            return web.json_response(await supervisor.answer(body))
        if len(body) > _BATCH:
            problem = {"code": -32600, "message": f"a batch has at most {_BATCH:,} requests"}
            return web.json_response({"jsonrpc": "2.0", "id": None, "error": problem})
        return web.json_response(await supervisor.answer_many(body))

    async def say_name(request: web.Request) -> web.Response:
        return web.Response(body=said_by(supervisor.name), content_type="application/json")

    async def send_away(request: web.Request) -> web.Response:
        problem = {"code": -32001, "message": "the node of this URL is not here any more"}
        return web.json_response({"jsonrpc": "2.0", "id": None, "error": problem}, status=404)

    application = web.Application(client_max_size=_BODY, middlewares=[_gate])
    own = path_of(supervisor.name)
    application.router.add_get(own, say_name, allow_head=False)
    for path in ("/", own, f"{own}/"):
        application.router.add_post(path, serve)
        application.router.add_route("OPTIONS", path, serve)
    application.router.add_route("*", "/decai/{name:.*}", send_away)
    return application


async def _serve(folder: Path, ready: IO[bytes]) -> None:
    preferred = _preferred_port()
    supervisor = Supervisor(folder)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, supervisor.stopping.set)
    runner = web.AppRunner(_application(supervisor), access_log=None, handler_cancellation=False)
    try:
        await supervisor.open()
        await runner.setup()
        port = await _listen(runner, preferred)
        url = f"http://127.0.0.1:{port}{path_of(supervisor.name)}"
        info = {"url": url, "pid": os.getpid(), "token": supervisor.token}
        with atomic_file(folder / INFO) as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(json.dumps(info).encode())
        ready.close()
        await supervisor.stopping.wait()
    finally:
        (folder / INFO).unlink(missing_ok=True)
        await runner.cleanup()
        await supervisor.close()


def _preferred_port() -> int:
    chosen = os.environ.get(PORT_VARIABLE) or str(PREFERRED_PORT)
    if not (chosen.isdecimal() and int(chosen) < 2**16):
        raise InputError(f"{PORT_VARIABLE}: {chosen!r} is no port")
    return int(chosen)


async def _listen(runner: web.AppRunner, preferred: int) -> int:
    try:
        listener = _listener(preferred)
    except OSError:
        listener = _listener(0)
    await web.SockSite(runner, listener).start()
    return int(listener.getsockname()[1])


def _listener(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        # Two that start at once can both be bound to a port; only one of them can listen.
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def main(arguments: list[str]) -> int:
    """Start the node of a folder as a process of its own; returns when it is ready, or has failed (not 0).

    Why it failed goes to standard output: where there is no room for a log, there is a reason all the same.
    """
    ready, told = os.pipe()
    if os.fork():
        os.close(told)
        try:
            with os.fdopen(ready, "rb") as answer:
                problem = answer.read().decode()
        except KeyboardInterrupt:
            # The node is on its way, in a session of its own.
            return 130
        print(problem)
        return 2 if problem else 0
    os.close(ready)
    os.setsid()
    # Who has started it waits for the end of its output.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _run(Path(arguments[0]), told)
    return 0


def _run(folder: Path, told: int) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    with os.fdopen(told, "wb", buffering=0) as ready:
        try:
            _run_alone(folder, ready)
        except (DecaiError, OSError) as error:
            logging.error("%s", error)
            if not ready.closed:
                ready.write(str(error).encode())
        except Exception as error:
            logging.exception("the node has failed")
            if not ready.closed:
                ready.write(f"{type(error).__name__}: {error}".encode())


def _run_alone(folder: Path, ready: IO[bytes]) -> None:
    """Be the node of the folder, unless there is one: then that one is left to it."""
    with (folder / LOCK).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        except OSError as error:
            raise StorageError(f"{folder / LOCK}: cannot be locked ({error.strerror})") from None
        asyncio.run(_serve(folder, ready))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
