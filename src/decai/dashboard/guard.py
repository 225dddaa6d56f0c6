"""What stands before pages and REST API: who may ask, how much, and what browsers must not do with it.

Pure ASGI, so that it sees websockets and streamed bodies as well, and costs next to nothing.
"""

import ipaddress
import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["MOST_BODY", "MOST_UPLOAD", "Guard"]

_log: Final = logging.getLogger("decai.dashboard")
MOST_BODY: Final = 2 * 2**20
"""Most bytes of a request."""
MOST_UPLOAD: Final = 16 * 2**20
"""Most bytes of one that brings a file."""
_MOST_HEADERS: Final = 64
_MOST_HEADER_BYTES: Final = 16_384
_MOST_PATH: Final = 4_096
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_SOCKET: Final = "/_nicegui_ws/"
_UPLOAD: Final = "/_nicegui/client/"
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_DROPPED: Final = frozenset({b"x-forwarded-prefix", b"x-forwarded-host", b"x-forwarded-proto", b"forwarded"})
"""Headers that a proxy may set and a stranger as well; nothing here asks them."""

_POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        # The pages' framework compiles its templates in the browser.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Final = tuple(
    (name.encode(), value.encode())
    for name, value in (
        ("content-security-policy", _POLICY),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
        ("referrer-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    )
)


class _TooMuch(Exception):
    """More came than was allowed."""


class Guard:
    """Lets through what may come in.

    Parameters
    ----------
    app
        What it stands before.
    loopback
        Whether only this machine can reach it; then only names of this machine will do in a Host header.
    names
        Further names that will do.
    """

    def __init__(self, app: "ASGIApp", *, loopback: bool, names: Iterable[str] = ()) -> None:
        self._app = app
        self._loopback = loopback
        self._names = frozenset(name.lower() for name in names) | _LOOPBACK

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        fault = self._fault(scope)
        if fault is not None:
            await _refuse(scope, receive, send, *fault)
            return
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in _DROPPED]
        if scope["type"] == "websocket":
            await self._talk(scope, receive, send)
            return
        await self._answer(scope, receive, send)

    async def _talk(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        is_open = True

        async def noted(message: "Message") -> None:
            nonlocal is_open
            is_open = is_open and message["type"] != "websocket.close"
            await send(message)

        async def heard() -> "Message":
            nonlocal is_open
            message = await receive()
            is_open = is_open and message["type"] != "websocket.disconnect"
            return message

        try:
            await self._app(scope, heard, noted)
        except Exception as error:
            # What our own pages never send; whatever a page does that fails is told elsewhere.
            _log.info("a websocket was ended: it brought what is no message (%s)", type(error).__name__)
            if is_open:
                await send({"type": "websocket.close", "code": 1002})

    async def _answer(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        limit, seen, begun = _most(scope["path"]), 0, False
        is_whole = not _has_body(scope["headers"])

        async def counted() -> "Message":
            nonlocal seen, is_whole
            message = await receive()
            is_whole = is_whole or not message.get("more_body", False)
            seen += len(message.get("body", b""))
            if seen > limit:
                raise _TooMuch
            return message

        async def with_headers(message: "Message") -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                given = {name for name, _ in message.get("headers", ())}
                message["headers"] = [
                    *message.get("headers", ()),
                    *(pair for pair in _HEADERS if pair[0] not in given),
                ]
                if not is_whole:
                    # Else whoever was answered already could go on sending for ever.
                    message["headers"].append((b"connection", b"close"))
            await send(message)

        try:
            await self._app(scope, counted, with_headers)
        except _TooMuch:
            if not begun:
                await _refuse(scope, receive, send, 413, _too_large(limit))

    def _fault(self, scope: "Scope") -> tuple[int, str] | None:
        headers: Mapping[bytes, bytes] = dict(scope["headers"])
        if len(scope["headers"]) > _MOST_HEADERS or _size(scope["headers"]) > _MOST_HEADER_BYTES:
            return 431, "The request has too many headers."
        if len(scope["path"]) + len(scope.get("query_string", b"")) > _MOST_PATH:
            return 414, "The address is too long."
        host = headers.get(b"host", b"").decode("latin-1")
        if sum(name == b"host" for name, _ in scope["headers"]) != 1 or not self._is_ours(host):
            return (
                400,
                "These pages are not served under this name. If they should be: decai serve --allow-host",
            )
        if not _is_own_page(scope, headers, host):
            return 403, "A page of another site may not ask for this."
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or len(length) > 15:
            return 400, "The length of the request makes no sense."
        limit = _most(scope["path"])
        if int(length) > limit:
            return 413, _too_large(limit)
        return None

    def _is_ours(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
        except ValueError:
            return False
        if name in self._names:
            return True
        # A name of somebody else's may be made to point here; a number points nowhere else.
        return not self._loopback and _is_number(name)


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_own_page(scope: "Scope", headers: Mapping[bytes, bytes], host: str) -> bool:
    """Whether a page of ours asks, or no page at all, wherever it matters."""
    careful = (
        scope["type"] == "websocket" or scope["method"] not in _SAFE or scope["path"].startswith(_SOCKET)
    )
    if not careful:
        return True
    if headers.get(b"sec-fetch-site") in (b"cross-site", b"same-site"):
        return False
    origin = headers.get(b"origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin.decode("latin-1")).netloc.lower() == host.lower()
    except ValueError:
        return False


def _has_body(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value.strip() != b"0")
        for name, value in headers
    )


def _size(headers: Iterable[tuple[bytes, bytes]]) -> int:
    return sum(len(name) + len(value) for name, value in headers)


def _most(path: str) -> int:
    return MOST_UPLOAD if path.startswith(_UPLOAD) else MOST_BODY


def _too_large(limit: int) -> str:
    return f"That is too large: at most {limit // 2**20} MB can be sent."


async def _refuse(scope: "Scope", receive: "Receive", send: "Send", status: int, line: str) -> None:
    if scope["type"] == "websocket":
        message = await receive()
        if message["type"] == "websocket.connect":
            await send({"type": "websocket.close", "code": 1008, "reason": line})
        return
    body = f"{line}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        # What is still to come of the request is not read.
        (b"connection", b"close"),
        *_HEADERS,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
