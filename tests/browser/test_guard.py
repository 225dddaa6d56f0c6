"""What strangers may send to a server that runs: foreign pages, foreign names, too much of everything."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, expect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.browser.served import Served, served
from tests.conftest import separate_data_folder

pytestmark = pytest.mark.xdist_group("browser guard")

EVIL = "http://evil.example"
SOCKET = "/_nicegui_ws/socket.io/?EIO=4&transport="
MOST_READ = 32 * 2**20
"""Bytes that a server may have taken in until it has told that this is too much; its bound is half of it."""


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose tests need no browser."""
    with (
        separate_data_folder(tmp_path_factory.mktemp("guard") / "data") as folder,
        served(Path(folder)) as server,
    ):
        yield server


def raw(server: Served, request: str) -> str:
    """The first line that is answered to some bytes."""
    parts = urlsplit(server.url)
    assert parts.hostname is not None
    with socket.create_connection((parts.hostname, parts.port or 80), timeout=30) as connection:
        connection.sendall(request.replace("\n", "\r\n").encode("latin-1"))
        return connection.makefile("rb").readline().decode("latin-1").replace("\r\n", " ")


def handshake(server: Served, origin: str | None, host: str | None = None) -> str:
    """What the websocket answers."""
    netloc = urlsplit(server.url).netloc
    lines = [
        f"GET {SOCKET}websocket HTTP/1.1",
        f"Host: {host or netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    if origin is not None:
        lines.append(f"Origin: {origin}")
    return raw(server, "\n".join(lines) + "\n\n")


def test_only_our_own_pages_may_open_the_websocket(alone: Served) -> None:
    assert " 101 " in handshake(alone, alone.url)
    for origin in (EVIL, "null", alone.url.replace("http://", "http://x."), "http://127.0.0.1:1", "file://"):
        assert " 403 " in handshake(alone, origin), origin
    assert " 101 " not in handshake(alone, EVIL, "evil.example")


def test_only_our_own_pages_may_poll_or_change_anything(alone: Served) -> None:
    url = f"{alone.url}{SOCKET}polling"
    assert httpx.get(url, headers={"origin": EVIL}).status_code == 403
    assert httpx.get(url, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert httpx.get(url, headers={"origin": alone.url}).status_code == 200
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        for path in ("/api/models", "/_nicegui/client/any/upload/1", "/"):
            answer = httpx.request(method, f"{alone.url}{path}", headers={"origin": EVIL})
            assert answer.status_code == 403, (method, path)


def test_the_rest_api_is_in_the_same_process_and_behind_the_same_guard(alone: Served) -> None:
    url = f"{alone.url}/api"
    assert httpx.get(f"{url}/health").status_code == 200
    assert httpx.get(f"{url}/v1/models").json()["items"] == []
    assert httpx.get(f"{url}/openapi.json").json()["info"]["title"] == "decai catalog"
    missing = httpx.get(f"{url}/v1/nothing")
    assert missing.status_code == 404
    assert missing.json()["error"] == "there is nothing at this path"
    # A foreign page may send a harmless question, but no browser lets it read the answer.
    foreign = httpx.get(f"{url}/v1/models", headers={"origin": EVIL})
    assert "access-control-allow-origin" not in foreign.headers
    assert foreign.headers["cross-origin-resource-policy"] == "same-origin"
    assert " 400 " in raw(alone, "GET /api/health HTTP/1.1\nHost: evil.example\nConnection: close\n\n")
    assert httpx.post(f"{url}/v1/models", headers={"origin": EVIL}, json={}).status_code == 403
    nobody = {"chain_id": 1, "address": "0x" + "00" * 20}
    assert httpx.post(f"{url}/v1/models", json=nobody).status_code in range(400, 500)


def test_the_pages_are_served_under_our_own_names_alone(alone: Served) -> None:
    port = urlsplit(alone.url).port
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"):
        assert " 200 " in raw(alone, f"GET /about HTTP/1.1\nHost: {host}\nConnection: close\n\n"), host
    for host in (
        "evil.example",
        f"evil.example:{port}",
        "127.0.0.1.evil.example",
        "192.168.0.1",
        "localhost.",
        "",
        "[",
    ):
        assert " 400 " in raw(alone, f"GET /about HTTP/1.1\nHost: {host}\nConnection: close\n\n"), host
    two = f"Host: 127.0.0.1:{port}\nHost: evil.example"
    assert " 400 " in raw(alone, f"GET /about HTTP/1.1\n{two}\nConnection: close\n\n")


def test_a_gigabyte_is_refused_before_it_is_sent(alone: Served) -> None:
    parts = urlsplit(alone.url)
    for path in ("/", "/api/models", "/_nicegui/client/any/upload/1"):
        asked = (
            f"POST {path} HTTP/1.1\nHost: {parts.netloc}\nContent-Type: application/octet-stream\n"
            f"Content-Length: {2**30}\n\n"
        )
        # Not one byte of it was sent, and there is an answer.
        assert " 413 " in raw(alone, asked), path


def test_who_does_not_say_how_much_he_sends_is_cut_off(alone: Served) -> None:
    parts = urlsplit(alone.url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    connection.putrequest("POST", "/_nicegui/client/any/upload/1")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    piece, sent = bytes(2**20), 0
    try:
        while sent <= 2 * MOST_READ:
            connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
            sent += len(piece)
    except OSError:
        pass
    connection.close()
    assert sent <= MOST_READ
    assert httpx.get(f"{alone.url}/about").status_code == 200


def test_headers_and_addresses_have_their_bounds(alone: Served) -> None:
    assert httpx.get(alone.url, headers={f"x-{number}": "" for number in range(80)}).status_code == 431
    assert httpx.get(alone.url, headers={"x-long": "x" * 20_000}).status_code in (400, 431)
    assert httpx.get(f"{alone.url}/{'x' * 5_000}").status_code == 414
    for length in ("-1", "1e9", "9" * 30):
        host = urlsplit(alone.url).netloc
        assert " 400 " in raw(alone, f"POST / HTTP/1.1\nHost: {host}\nContent-Length: {length}\n\n")


def test_every_answer_tells_browsers_what_pages_must_not_do(alone: Served) -> None:
    for path, status in (("/", 200), ("/about", 200), ("/nothing/is/here", 404)):
        answer = httpx.get(f"{alone.url}{path}")
        assert answer.status_code == status
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'self'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
    assert "samesite=strict" in httpx.get(alone.url).headers["set-cookie"].lower()


def test_no_proxy_header_of_a_stranger_changes_an_address_in_the_pages(alone: Served) -> None:
    for name in ("x-forwarded-prefix", "x-forwarded-host", "forwarded"):
        assert "evil.example" not in httpx.get(alone.url, headers={name: "evil.example"}).text


def test_a_flood_of_pages_that_nobody_looks_at_leaves_room_for_who_does(
    browser: Browser, alone: Served
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{alone.url}/about")
    expect(page.get_by_role("heading", name="About", level=1)).to_be_visible()
    with httpx.Client() as client:
        for _ in range(300):
            assert client.get(f"{alone.url}/").status_code == 200
    # Who was there before is still served, and so is who comes now.
    page.get_by_role("button", name="Account", exact=False).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    other = context.new_page()
    other.goto(f"{alone.url}/about")
    expect(other.get_by_role("heading", name="About", level=1)).to_be_visible()
    context.close()


def test_garbage_in_the_websocket_ends_it_and_nothing_else(alone: Served) -> None:
    url = f"{alone.url.replace('http', 'ws', 1)}{SOCKET}websocket"
    texts = ("garbage", "", "9", "2" * 100_000, "4", "42[", '42["event"', "4" + "9" * 400)
    for garbage in (*texts, b"\x00\xff", b""):
        with connect(url, origin=Origin(alone.url), close_timeout=1) as ours, suppress(ConnectionClosed):
            assert str(ours.recv(timeout=20)).startswith("0{")
            ours.send(garbage)
            ours.send(garbage)
            with suppress(TimeoutError):
                ours.recv(timeout=0.3)
    assert httpx.get(f"{alone.url}/about").status_code == 200
    assert "Traceback" not in (alone.folder / "serve.log").read_text()
