"""A proxy that stands before a node and misbehaves on demand, over real sockets."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Forward = Callable[[], bytes]


class HangUp(Exception):
    """Close the connection without an answer."""


@dataclass
class Answer:
    """What to answer instead of the node."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Trick = Callable[[Forward], Answer | None]
"""Does something with a request; None is the node's own answer."""


def lose_answer(forward: Forward) -> Answer:
    """The node gets the request; the answer never comes."""
    forward()
    raise HangUp


def lose_request(forward: Forward) -> Answer:
    """The node does not get the request."""
    raise HangUp


def answer(body: bytes | str, status: int = 200, forwarded: bool = False, **headers: str) -> Trick:
    """Answer in the node's place, having told it of the request or not."""

    def trick(forward: Forward) -> Answer:
        if forwarded:
            forward()
        content = body if isinstance(body, bytes) else body.encode()
        return Answer(content, status, {key.replace("_", "-"): value for key, value in headers.items()})

    return trick


def result(value: Any) -> Trick:
    """A JSON-RPC result."""
    return answer(json.dumps({"jsonrpc": "2.0", "id": 0, "result": value}))


def error(code: int, message: str, data: Any = None, status: int = 200, forwarded: bool = False) -> Trick:
    """A JSON-RPC error."""
    body = {"jsonrpc": "2.0", "id": 0, "error": {"code": code, "message": message, "data": data}}
    return answer(json.dumps(body), status, forwarded)


class Proxy:
    """Forwards requests to a node, and plays tricks on some."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (str(parts.hostname), parts.port)
        self._tricks: dict[str, list[Trick]] = {}
        self._always: dict[str, Trick] = {}
        self._lock = threading.Lock()
        self.seen: list[tuple[str, Any]] = []
        """Each request's method and parameters."""
        self.url = ""

    def play(self, method: str, *tricks: Trick) -> None:
        """Play these tricks on the next requests of this method, one each."""
        with self._lock:
            self._tricks.setdefault(method, []).extend(tricks)

    def always(self, method: str, trick: Trick) -> None:
        """Play a trick on all requests of this method."""
        self._always[method] = trick

    def count(self, method: str) -> int:
        """How many requests of this method have come."""
        return sum(seen == method for seen, _ in self.seen)

    def parameters(self, method: str) -> list[Any]:
        """The parameters of each request of this method."""
        return [params for seen, params in self.seen if seen == method]

    def handle(self, body: bytes) -> Answer:
        request = json.loads(body)
        method = "batch" if isinstance(request, list) else str(request["method"])
        with self._lock:
            self.seen.append((method, request if isinstance(request, list) else request.get("params")))
            tricks = self._tricks.get(method)
            trick = tricks.pop(0) if tricks else self._always.get(method)
        if trick is None:
            return Answer(self._forward(body))
        return trick(lambda: self._forward(body)) or Answer(self._forward(body))

    def _forward(self, body: bytes) -> bytes:
        connection = http.client.HTTPConnection(*self._target)
        try:
            connection.request("POST", "/", body, {"Content-Type": "application/json"})
            return connection.getresponse().read()
        finally:
            connection.close()


@contextmanager
def proxied(target: str | Proxy, port: int = 0) -> Iterator[Proxy]:
    """A proxy before a node, at a port (0: a free one) for as long as the block lasts."""
    proxy = Proxy(target) if isinstance(target, str) else target

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                given = proxy.handle(body)
            except (HangUp, OSError):
                self.close_connection = True
                return
            self.send_response(given.status)
            for key, value in {"Content-Type": "application/json", **given.headers}.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(given.body)))
            self.end_headers()
            self.wfile.write(given.body)

        def log_message(self, *_: object) -> None:
            """Tests ask `Proxy.seen`."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
