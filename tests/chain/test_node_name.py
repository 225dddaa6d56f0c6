"""Who is at the other end of a connection is asked before anything else is said."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from decai.chain.jsonrpc import JsonRpc, NotDelivered
from decai.chain.local_node.anvil import rpc
from decai.chain.node_name import name_in, path_of, plain_url, said_by
from decai.errors import ChainError

NAME = "0123456789abcdef" * 2
OTHER = "another node listens where decai's was"


@contextmanager
def saying(answer: bytes, heard: list[bytes]) -> Iterator[str]:
    """A server that says this to the first thing it hears, and then hangs up; gives its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                # Who has heard enough may not listen to the end.
                with connection, suppress(OSError):
                    heard.append(connection.recv(65_536))
                    connection.sendall(answer)
                    connection.shutdown(socket.SHUT_WR)
                    # Whatever else is said before the other side hangs up.
                    while more := connection.recv(65_536):
                        heard.append(more)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}{path_of(NAME)}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def http(body: bytes, status: str = "200 OK", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


NOT_IT = {
    "another name": http(said_by("f" * 32)),
    "no name": http(b"{}"),
    "an error": http(said_by(NAME), "404 Not Found"),
    "more than the name": http(said_by(NAME) + b" "),
    "a result": http(b'{"jsonrpc": "2.0", "id": 1, "result": "0x1"}'),
    "the name, and good-bye": http(said_by(NAME), more="Connection: close\r\n"),
    "half of the name": http(said_by(NAME))[:-5],
    "no HTTP": b"220 mail.example.org ESMTP\r\n",
    "a megabyte": http(b"x" * 2**20),
}
"""What others answer."""


@pytest.mark.parametrize("answer", NOT_IT)
def test_who_does_not_give_the_name_hears_nothing_more(answer: str) -> None:
    heard: list[bytes] = []
    with saying(NOT_IT[answer], heard) as url:
        with pytest.raises(NotDelivered, match=OTHER) as told:
            JsonRpc(url, timeout=5).once("eth_sendRawTransaction", "0xsecret")
        assert not told.value.transient
        with pytest.raises(ChainError, match=OTHER):
            rpc(url, "eth_sendRawTransaction", "0xsecret", timeout=5)
    assert len(heard) == 2
    for each in heard:
        assert each.startswith(f"GET {path_of(NAME)} HTTP/1.1\r\n".encode())
        assert b"secret" not in each


@pytest.mark.usefixtures("impatient")
def test_who_says_nothing_may_be_there_a_moment_later() -> None:
    heard: list[bytes] = []
    with saying(b"", heard) as url:
        with pytest.raises(NotDelivered, match="nobody answers there; if decai's local node has") as told:
            JsonRpc(url, timeout=5).once("eth_blockNumber")
        assert told.value.transient
        with pytest.raises(NotDelivered, match="nobody answers there; if decai's local node has"):
            JsonRpc(url, timeout=5).ask("eth_blockNumber")
    # A read is tried again.
    assert len(heard) > 2


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8545",
        "http://127.0.0.1:8545/",
        "http://127.0.0.1:8545/decai",
        f"http://127.0.0.1:8545/decai/{NAME[1:]}",
        f"http://127.0.0.1:8545/decai/{NAME.upper()}",
        f"https://example.org/decai/{NAME}",
        f"https://example.org/v2?key=/decai/{NAME}",
    ],
)
def test_other_urls_name_no_node(url: str) -> None:
    assert name_in(url) is None


def test_a_url_with_a_name_has_one_without() -> None:
    url = f"http://127.0.0.1:8545{path_of(NAME)}"
    assert (name_in(url), name_in(f"{url}/"), plain_url(url)) == (NAME, NAME, "http://127.0.0.1:8545")
