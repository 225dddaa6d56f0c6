"""Bounds on what one client may ask, before anything is done for it."""

import asyncio
import ipaddress
import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from time import monotonic
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Bounds", "Buckets", "Limits"]

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LARGEST_QUERY: Final = 8_192


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a client may ask.

    Parameters
    ----------
    body
        Most bytes of what is sent with a request.
    seconds
        Within which it has to come.
    rate, burst
        Requests a second, in the long run and at once.
    weight
        For how many requests one counts that changes something.
    clients
        How many clients are told apart; those that were quiet longest are forgotten.
    """

    body: int = 2 * 2**20
    seconds: float = 30.0
    rate: float = 20.0
    burst: float = 200.0
    weight: float = 10.0
    clients: int = 10_000


class Buckets:
    """What each client may still ask: a bucket of tokens that fills up again.

    Parameters
    ----------
    bounds
        How large the buckets are, how fast they fill, and how many there are.
    clock
        Gives the time in seconds.

    Examples
    --------
    >>> buckets = Buckets(Bounds(rate=1, burst=2), clock=lambda: 0.0)
    >>> [buckets.take("ada", 1) for _ in range(3)], buckets.take("bo", 1)
    ([0.0, 0.0, 1.0], 0.0)
    """

    def __init__(self, bounds: Bounds, clock: Callable[[], float] = monotonic) -> None:
        self._bounds = bounds
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str, tokens: float) -> float:
        """Take tokens out of a client's bucket, if there are enough; else seconds until there are."""
        now, bounds = self._clock(), self._bounds
        left, since = self._buckets.pop(client, (bounds.burst, now))
        left = min(bounds.burst, left + (now - since) * bounds.rate)
        wanted = min(tokens, bounds.burst)
        wait = max(0.0, (wanted - left) / bounds.rate)
        self._buckets[client] = (left - wanted if wait == 0 else left, now)
        if len(self._buckets) > bounds.clients:
            self._buckets.popitem(last=False)
        return wait

    def __len__(self) -> int:
        return len(self._buckets)


class Limits:
    """Middleware that lets through what is within the bounds, with its whole body read.

    It also refuses requests that a page of another origin makes a browser send to change something.

    Parameters
    ----------
    app
        What is behind it.
    bounds
        The bounds.
    """

    def __init__(self, app: "ASGIApp", bounds: Bounds | None = None) -> None:
        self._app = app
        self._bounds = bounds or Bounds()
        self._buckets = Buckets(self._bounds)

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.lower(): value for name, value in scope["headers"]}
        is_safe = scope["method"] in _SAFE
        wait = self._buckets.take(_client(scope), 1 if is_safe else self._bounds.weight)
        if wait > 0:
            seconds = ceil(wait)
            line = f"too many requests; try again in {seconds} s"
            await _refuse(send, 429, line, (b"retry-after", str(seconds).encode()))
        elif not is_safe and _is_foreign(headers):
            await _refuse(send, 403, "a page of another origin may not do this")
        elif len(scope.get("query_string", b"")) > _LARGEST_QUERY:
            await _refuse(send, 414, f"the part after ? is longer than {_LARGEST_QUERY:,} bytes")
        elif _size(headers) > self._bounds.body:
            await _refuse(send, 413, self._too_large)
        else:
            await self._pass_on(scope, receive, send)

    @property
    def _too_large(self) -> str:
        return f"the body is larger than {self._bounds.body:,} bytes"

    async def _pass_on(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        body = bytearray()
        try:
            async with asyncio.timeout(self._bounds.seconds):
                while True:
                    message = await receive()
                    if message["type"] != "http.request":
                        return
                    body += message.get("body", b"")
                    if len(body) > self._bounds.body:
                        await _refuse(send, 413, self._too_large)
                        return
                    if not message.get("more_body", False):
                        break
        except TimeoutError:
            await _refuse(send, 408, f"the body was not there after {self._bounds.seconds:g} s")
            return
        is_given = False

        async def give() -> "Message":
            nonlocal is_given
            if is_given:
                return await receive()
            is_given = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self._app(scope, give, send)


def _client(scope: "Scope") -> str:
    """Whom a request counts for: an address, or the network that one gets in IPv6."""
    host = (scope.get("client") or ("unknown",))[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return str(host)
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _is_foreign(headers: dict[bytes, bytes]) -> bool:
    origin = headers.get(b"origin")
    if origin is None:
        return False
    try:
        return urlsplit(origin.decode("latin-1")).netloc != headers.get(b"host", b"").decode("latin-1")
    except ValueError:
        return True


def _size(headers: dict[bytes, bytes]) -> int:
    size = headers.get(b"content-length", b"0")
    # What is no number is for the server to refuse; the body is counted when it comes.
    return int(size) if size.isdigit() and len(size) < 20 else 0


async def _refuse(send: "Send", status: int, line: str, *headers: tuple[bytes, bytes]) -> None:
    body = json.dumps({"error": line}).encode()
    plain = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*plain, *headers]})
    await send({"type": "http.response.body", "body": body})
