"""Every way in which a node can fail to answer is one line, and is told apart from the others."""

import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from time import sleep

import pytest

from decai.chain.jsonrpc import JsonRpc, NoAnswer, NotDelivered, RpcError, TooLong, checked_url
from decai.errors import ChainError, InputError
from tests.chain.proxy import Proxy, Trick, answer, error, lose_answer, lose_request, proxied, result

pytestmark = pytest.mark.usefixtures("impatient")

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """With nothing behind it: each test says what comes back."""
    with proxied(NOWHERE) as one:
        yield one


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("127.0.0.1:8545", "'127.0.0.1:8545' is no URL of a node; write it like http://127.0.0.1:8545"),
        ("", "'' is no URL of a node; write it like http://127.0.0.1:8545"),
        ("http://", "that is no URL of a node; write it like http://127.0.0.1:8545"),
        ("http://host:99999", "that is no URL of a node; write it like http://127.0.0.1:8545"),
        ("http://[::1", "that is no URL of a node; write it like http://127.0.0.1:8545"),
        ("http://a b", "that is no URL of a node; write it like http://127.0.0.1:8545"),
        ("ws://127.0.0.1:8545", "decai talks to nodes over http or https, not ws"),
    ],
)
def test_what_is_no_url_is_told(url: str, line: str) -> None:
    with pytest.raises(InputError) as error:
        checked_url(url)
    assert str(error.value) == line


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8545", "https://user:word@host/v2/key?a=b", "http://[::1]:1"]
)
def test_urls_of_nodes_are_taken(url: str) -> None:
    assert checked_url(f" {url}\n") == url


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(NotDelivered) as error:
            JsonRpc(f"http://127.0.0.1:{port}").ask("eth_chainId")
    assert str(error.value) == f"http://127.0.0.1:{port}: nobody listens there; is the node running?"


def test_a_proxy_for_the_internet_is_no_way_to_this_machine(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, NOWHERE)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    proxy.always("eth_chainId", result("0x1"))
    assert JsonRpc(proxy.url).ask("eth_chainId") == "0x1"
    with pytest.raises(
        NotDelivered, match=r"^http://node\.invalid: the proxy that is set up on this machine gives"
    ):
        JsonRpc("http://node.invalid").ask("eth_chainId")


def test_no_such_host(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(NotDelivered) as error:
        JsonRpc("https://node.invalid/secret").ask("eth_chainId")
    assert str(error.value) == "https://node.invalid: there is no such host"


def test_no_tls_where_some_was_expected(proxy: Proxy) -> None:
    place = proxy.url.replace("http", "https")
    with pytest.raises(NotDelivered) as error:
        JsonRpc(place).ask("eth_chainId")
    assert str(error.value) == f"{place}: no secure connection (TLS)"


@pytest.mark.parametrize(
    ("trick", "line", "kind"),
    [
        (answer("", 401), "refuses access (HTTP 401); it wants a key or a password in its URL", NotDelivered),
        (answer("", 403), "refuses access (HTTP 403)", NotDelivered),
        (answer("", 404), "has no node at this path (HTTP 404)", NotDelivered),
        (answer("", 418), "takes no such request (HTTP 418)", NotDelivered),
        (answer("", 429), "asks for fewer requests (HTTP 429); try again later", NotDelivered),
        (
            error(-32005, "daily request limit\nexceeded"),
            "asks for fewer requests: daily request limit exceeded; try again later",
            NotDelivered,
        ),
        (answer("", 500), "is out of order (HTTP 500)", NoAnswer),
        (answer("<html>", 502), "is out of order (HTTP 502)", NoAnswer),
        (answer("<html>"), "answers, but not as an Ethereum node does", NoAnswer),
        (answer(b"\xff\xfe"), "answers, but not as an Ethereum node does", NoAnswer),
        (answer(""), "answers, but not as an Ethereum node does", NoAnswer),
        (answer("7"), "answers, but not as an Ethereum node does", NoAnswer),
        (answer("{}"), "answers, but not as an Ethereum node does", NoAnswer),
        (answer("", 302, Location=NOWHERE), "answers, but not as an Ethereum node does", NoAnswer),
        (lose_request, "broke the connection off", NoAnswer),
    ],
)
def test_bad_answers_are_one_line_each(proxy: Proxy, trick: Trick, line: str, kind: type[ChainError]) -> None:
    proxy.always("eth_chainId", trick)
    with pytest.raises(kind) as error:
        JsonRpc(f"{proxy.url}/v2/secret?key=secret").ask("eth_chainId")
    assert str(error.value) == f"{proxy.url} {line}"


def test_a_node_that_says_nothing_is_given_up(proxy: Proxy) -> None:
    def slow(_: object) -> None:
        sleep(2)

    proxy.always("eth_chainId", slow)
    with pytest.raises(NoAnswer) as error:
        JsonRpc(proxy.url, timeout=0.1).ask("eth_chainId")
    assert str(error.value) == f"{proxy.url} gave no answer within 0.1 s"
    assert proxy.count("eth_chainId") == 1


@pytest.mark.parametrize("trick", [answer("", 429), answer("", 503), lose_request, error(429, "slow down")])
def test_reads_are_repeated_until_they_get_through(proxy: Proxy, trick: Trick) -> None:
    proxy.play("eth_blockNumber", trick, trick, result("0x7"))
    assert JsonRpc(proxy.url).ask("eth_blockNumber") == "0x7"
    assert proxy.count("eth_blockNumber") == 3


@pytest.mark.parametrize("trick", [answer("", 429), answer("", 503), lose_request, answer("", 401)])
def test_what_goes_out_once_goes_out_once(proxy: Proxy, trick: Trick) -> None:
    proxy.always("eth_sendRawTransaction", trick)
    with pytest.raises((NotDelivered, NoAnswer)):
        JsonRpc(proxy.url).once("eth_sendRawTransaction", "0x")
    assert proxy.count("eth_sendRawTransaction") == 1


@pytest.mark.parametrize("status", [200, 400, 500])
def test_errors_of_the_node_keep_what_they_say(proxy: Proxy, status: int) -> None:
    proxy.play("eth_call", error(3, "execution\n  reverted", "0x01", status))
    with pytest.raises(RpcError) as told:
        JsonRpc(proxy.url).ask("eth_call")
    assert (told.value.code, told.value.reason, told.value.data) == (3, "execution reverted", "0x01")
    assert str(told.value) == f"{proxy.url}: eth_call: execution reverted"
    assert proxy.count("eth_call") == 1


def batch_answer(*bodies: object) -> Trick:
    return answer(json.dumps(bodies))


def ok(number: int, value: str) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": number, "result": value}


def test_answers_of_a_batch_come_in_order(proxy: Proxy) -> None:
    proxy.play("batch", batch_answer(ok(1, "0xb"), ok(0, "0xa")))
    assert list(JsonRpc(proxy.url).ask_many([("a", []), ("b", [])])) == ["0xa", "0xb"]


@pytest.mark.parametrize(
    "refusal",
    [
        error(-32600, "no batches here"),
        answer(json.dumps({"error": {"code": -32600, "message": "no batches"}}), 400),
        batch_answer({"id": None, "error": {"code": -32000, "message": "batch too large"}}),
    ],
)
def test_a_node_without_batches_is_asked_one_by_one(proxy: Proxy, refusal: Trick) -> None:
    proxy.play("batch", refusal)
    proxy.play("a", result("0xa"))
    proxy.play("b", result("0xb"))
    assert list(JsonRpc(proxy.url).ask_many([("a", []), ("b", [])])) == ["0xa", "0xb"]


@pytest.mark.parametrize(
    "wrong",
    [batch_answer(ok(0, "0xa")), batch_answer({"result": "0xa"}, {"result": "0xb"}), answer("[7, 8]")],
)
def test_a_batch_whose_answers_cannot_be_told_apart_is_not_trusted(proxy: Proxy, wrong: Trick) -> None:
    proxy.always("batch", wrong)
    with pytest.raises(NoAnswer, match=r"not as an Ethereum node does$"):
        list(JsonRpc(proxy.url).ask_many([("a", []), ("b", [])]))


@pytest.mark.parametrize("takes_batches", [True, False])
def test_of_many_requests_each_has_its_answer_or_what_the_node_says_against_it(
    proxy: Proxy, takes_batches: bool
) -> None:
    against = {"id": 1, "error": {"code": 3, "message": "execution reverted"}}
    proxy.play("batch", batch_answer(ok(0, "0xa"), against) if takes_batches else error(-32600, "no batches"))
    proxy.play("a", result("0xa"))
    proxy.play("b", error(3, "execution reverted"))
    first, second = JsonRpc(proxy.url).ask_each([("a", []), ("b", [])])
    assert first == "0xa"
    assert isinstance(second, RpcError)
    assert (second.code, second.reason) == (3, "execution reverted")


def test_many_requests_go_in_several_batches(anvil: str) -> None:
    with proxied(anvil) as proxy:
        answers = list(JsonRpc(proxy.url).ask_many([("eth_chainId", [])] * 250))
        assert answers == ["0x7a69"] * 250
        assert proxy.count("batch") == 3


def test_no_secret_of_the_url_is_shown(proxy: Proxy, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    node = JsonRpc(proxy.url.replace("//", "//user:secret@") + "/v2/secret?key=secret")
    with pytest.raises(ChainError) as error:
        node.ask("eth_chainId")
    assert "secret" not in f"{error.value}{node!r}{caplog.text}"


def test_lost_answers_are_not_taken_for_lost_requests(anvil: str) -> None:
    with proxied(anvil) as proxy:
        proxy.play("eth_chainId", lose_answer)
        with pytest.raises(NoAnswer, match=r"broke the connection off$"):
            JsonRpc(proxy.url).once("eth_chainId")


def test_an_answer_that_is_longer_than_allowed_is_not_read_to_its_end(proxy: Proxy) -> None:
    node = JsonRpc(proxy.url, most_bytes=1_000)
    proxy.always("eth_getLogs", result("x" * 900))
    assert node.ask("eth_getLogs") == "x" * 900
    proxy.always("eth_getLogs", result("x" * 10_000_000))
    with pytest.raises(TooLong, match=r"^http://127.0.0.1:\d+ gave an answer of more than 1,000 bytes$"):
        node.ask("eth_getLogs")
    # Not again and again: it would be as long.
    assert proxy.count("eth_getLogs") == 2


def test_an_answer_that_drips_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
                while True:
                    connection.sendall(b" ")
                    sleep(0.02)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        node = JsonRpc(f"http://127.0.0.1:{server.getsockname()[1]}", timeout=0.1, most_bytes=10**6)
        with pytest.raises(TooLong, match=r"was not done with its answer after 0.4 s$"):
            node.ask("eth_chainId")
        thread.join(10)
    assert not thread.is_alive()
