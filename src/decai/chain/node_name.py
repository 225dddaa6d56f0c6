"""URLs that name the node behind them, and connections that make sure of it before anything is sent.

Where one node was, another may listen a moment later: of another data directory, or none of decai's. Both
have the same chain id, so a transaction for one would do on the other. A URL of decai's own node ends in the
node's name, and every connection to it asks for that name first. Who gives it stays at the other end for as
long as the connection lasts.
"""

import json
import re
from http.client import HTTPConnection, HTTPException, HTTPResponse
from socket import socket
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from decai.errors import ChainError

if TYPE_CHECKING:
    from requests.adapters import HTTPAdapter

__all__ = [
    "START_AGAIN",
    "OtherNodeError",
    "connection_to",
    "name_in",
    "naming_adapter",
    "path_of",
    "plain_url",
    "said_by",
]

START_AGAIN: Final = "if decai's local node has ended, the same command starts it again, or decai node start"
"""What to do if nobody is where a node of decai's own was."""
_PATH: Final = re.compile(r"/decai/([0-9a-f]{32})/?")


class OtherNodeError(ChainError):
    """Somebody else listens where the node of a URL was, or nobody; nothing was sent."""

    def __init__(self, message: str, *, transient: bool = False) -> None:
        super().__init__(message)
        self.transient = transient
        """Whether it may be the right one a moment later."""


def path_of(name: str) -> str:
    """Under which path a node of this name is asked for.

    Examples
    --------
    >>> name_in("http://127.0.0.1:8545" + path_of("00112233445566778899aabbccddeeff"))
    '00112233445566778899aabbccddeeff'
    """
    return f"/decai/{name}"


def name_in(url: str) -> str | None:
    """The name of the node that a URL asks for; None if it takes any.

    Examples
    --------
    >>> name_in("http://127.0.0.1:8545") is None
    True
    """
    parts = urlsplit(url)
    found = _PATH.fullmatch(parts.path) if parts.scheme == "http" else None
    return found and found[1]


def plain_url(url: str) -> str:
    """The URL of whatever node listens there, for wallets.

    Examples
    --------
    >>> plain_url("http://127.0.0.1:8545/decai/00112233445566778899aabbccddeeff")
    'http://127.0.0.1:8545'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def said_by(name: str) -> bytes:
    """What a node of this name, and no other, answers when it is asked for it."""
    return json.dumps({"node": name}).encode()


def connection_to(url: str, timeout: float) -> HTTPConnection:
    """A connection to the node of a URL; whoever first uses it may get an `OtherNodeError`.

    Parameters
    ----------
    url
        With or without a name.
    timeout
        Seconds to wait for each answer.
    """
    parts, name = urlsplit(url), name_in(url)
    assert parts.hostname is not None

    class Connection(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            if name is not None:
                _make_sure(self, plain_url(url), name)

    return Connection(parts.hostname, parts.port, timeout=timeout)


def naming_adapter(place: str, name: str) -> "HTTPAdapter":
    """For a session of ``requests``: all its connections to the node of this name.

    Parameters
    ----------
    place
        Its URL without the name.
    """
    from requests.adapters import HTTPAdapter
    from urllib3 import HTTPConnectionPool
    from urllib3.connection import HTTPConnection as PooledConnection

    class Connection(PooledConnection):
        def connect(self) -> None:
            super().connect()
            _make_sure(self, place, name)

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = {"http": Pool}

    return Adapter()


def _make_sure(connection: HTTPConnection, place: str, name: str) -> None:
    """Ask who is at the other end of a connection; close it unless it is the node of this name."""
    try:
        found = _asked(connection.sock, place, name)
    except OSError:
        connection.close()
        raise OtherNodeError(f"{place}: nobody answers there; {START_AGAIN}", transient=True) from None
    except (HTTPException, ValueError):
        found = False
    if not found:
        connection.close()
        raise OtherNodeError(
            f"{place}: another node listens where decai's was; decai node status says where that is now"
        )


def _asked(sock: socket, place: str, name: str) -> bool:
    host = urlsplit(place).netloc
    sock.sendall(f"GET {path_of(name)} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: decai\r\n\r\n".encode())
    response = HTTPResponse(sock, method="GET")
    try:
        response.begin()
        expected = said_by(name)
        # All of it has to be read and no more, so that what follows is the answer to the next request.
        whole = response.length == len(expected) and not response.will_close
        return response.status == 200 and whole and response.read() == expected
    finally:
        response.close()
