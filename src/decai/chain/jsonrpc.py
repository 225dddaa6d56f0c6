"""One node behind one URL: requests over HTTP, and one line for each way in which they fail.

What matters to a sender of transactions is kept apart: a request that surely did nothing
(`NotDelivered`), one that the node refused (`RpcError`), and one of which nobody knows (`NoAnswer`).
"""

import json
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from urllib.parse import urlsplit

from decai.chain.node_name import START_AGAIN, OtherNodeError, name_in, naming_adapter
from decai.errors import ChainError, InputError
from decai.nesting import limited_recursion

if TYPE_CHECKING:
    import requests
    from web3.types import RPCEndpoint

__all__ = ["JsonRpc", "NoAnswer", "NotDelivered", "RpcError", "TooLong", "checked_url"]

Json = Any
Call = tuple[str, list[Json]]
T = TypeVar("T")

MAX_BATCH: Final = 100
"""Requests in one batch; public nodes take no more."""
METHOD_NOT_FOUND: Final = -32601

_BACKOFF: Final = (0.1, 0.3, 0.9)
_LONGEST_PAUSE: Final = 10.0
_CONNECT_TIMEOUT: Final = 10.0
_PATIENCE: Final = 4.0
_PIECE: Final = 2**16
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_SLOW_DOWN: Final = re.compile(
    r"rate.?limit|too many requests|compute units per second|request limit|throttl", re.IGNORECASE
)
_HTTP: Final = {
    401: "refuses access (HTTP 401); it wants a key or a password in its URL",
    403: "refuses access (HTTP 403)",
    404: "has no node at this path (HTTP 404)",
    405: "is no JSON-RPC node (HTTP 405)",
    429: "asks for fewer requests (HTTP 429); try again later",
}


class NotDelivered(ChainError):
    """The request did not reach the node, so it did nothing."""

    def __init__(self, message: str, *, transient: bool = True, pause: float = 0.0) -> None:
        super().__init__(message)
        self.transient = transient
        self.pause = pause
        """Seconds that the server wants to be left alone."""


class NoAnswer(ChainError):
    """The node may have done what the request asked for, or may not."""

    def __init__(self, message: str, *, transient: bool = True) -> None:
        super().__init__(message)
        self.transient = transient
        self.pause = 0.0


class TooLong(NoAnswer):
    """An answer that is longer, or takes longer, than is allowed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, transient=False)


class RpcError(ChainError):
    """The node's own error: it has done nothing."""

    def __init__(self, place: str, method: str, code: int, reason: str, data: Json = None) -> None:
        super().__init__(f"{place}: {method}: {reason}")
        self.code = code
        self.reason = reason
        """Its message, on one line."""
        self.data = data


def checked_url(url: str) -> str:
    """The URL of a node, if it can be one.

    Raises
    ------
    InputError
        If its scheme is not http or https, or there is no host in it.

    Examples
    --------
    >>> checked_url("http://127.0.0.1:8545")
    'http://127.0.0.1:8545'
    """
    given = url.strip()
    if "://" not in given:
        raise InputError(f"{given!r} is no URL of a node; write it like http://127.0.0.1:8545")
    try:
        parts = urlsplit(given)
        is_node = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_node = False
    if not is_node or re.search(r"\s", given):
        raise InputError("that is no URL of a node; write it like http://127.0.0.1:8545")
    if parts.scheme not in ("http", "https"):
        raise InputError(f"decai talks to nodes over http or https, not {parts.scheme}")
    return given


class JsonRpc:
    """Requests to one node.

    Parameters
    ----------
    url
        Of the node. Whatever follows the host may be a secret, so no message repeats it. If it names a node
        (`node_name`), no request goes to any other.
    timeout
        Seconds to wait for one answer; a read is repeated only within this time.
    most_bytes
        Of one answer, which then has to be complete within four times `timeout`; None for no bound.

    Raises
    ------
    InputError
        If `url` is none.
    """

    def __init__(self, url: str, *, timeout: float = 30.0, most_bytes: int | None = None) -> None:
        import requests
        from web3 import HTTPProvider

        parts = urlsplit(checked_url(url))
        host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
        self.place: Final = f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")
        self._timeout = timeout
        session = requests.Session()
        # A proxy for the internet is no way to this machine.
        session.trust_env = parts.hostname not in _LOOPBACK
        name = name_in(url.strip())
        self._advice = "is the node running?" if name is None else START_AGAIN
        if name is not None:
            session.mount("http://", naming_adapter(self.place, name))
        if most_bytes is not None:
            bound = partial(_read_whole, self.place, most_bytes, _PATIENCE * timeout)
            session.hooks["response"].append(bound)
        self._provider = HTTPProvider(
            url.strip(),
            request_kwargs={
                "timeout": (min(timeout, _CONNECT_TIMEOUT), timeout),
                # Elsewhere, a repeated POST could be carried out twice.
                "allow_redirects": False,
                "headers": {"Content-Type": "application/json", "User-Agent": "decai"},
            },
            session=session,
            exception_retry_configuration=None,
        )

    def __repr__(self) -> str:
        return f"JsonRpc({self.place!r})"

    def ask(self, method: str, *params: Json) -> Json:
        """A request that changes nothing, repeated if it fails on the way.

        Raises
        ------
        RpcError
            If the node refuses it.
        NotDelivered, NoAnswer
            If no answer could be had.
        """
        return self._patiently(lambda: self.once(method, *params))

    def once(self, method: str, *params: Json) -> Json:
        """A request that goes out one single time; raises what `ask` does."""
        response = self._post(lambda: self._provider.make_request(cast("RPCEndpoint", method), params))
        result = self._result(method, response)
        if isinstance(result, RpcError):
            raise result
        return result

    def ask_many(self, calls: Sequence[Call]) -> Iterator[Json]:
        """The answers to many requests that change nothing, in order; raises what `ask` does."""
        for answer in self.ask_each(calls):
            if isinstance(answer, RpcError):
                raise answer
            yield answer

    def ask_each(self, calls: Sequence[Call]) -> Iterator[Json]:
        """The same; a request that the node refused has its `RpcError` for an answer.

        Raises
        ------
        NotDelivered, NoAnswer
            If no answer could be had.
        """
        for first in range(0, len(calls), MAX_BATCH):
            part = calls[first : first + MAX_BATCH]
            if len(part) > 1:
                try:
                    answers = self._patiently(partial(self.once_many, part))
                except RpcError:
                    # Not every node takes batches.
                    pass
                else:
                    yield from answers
                    continue
            for method, params in part:
                try:
                    yield self.ask(method, *params)
                except RpcError as error:
                    yield error

    def once_many(self, calls: Sequence[Call]) -> list[Json]:
        """One batch that goes out one single time; a request that the node refused has its `RpcError`.

        A node may work on a batch in any order.
        """
        answer: Json = self._post(lambda: self._batch(calls))
        responses = answer if isinstance(answer, list) else [answer]
        complete = len(responses) == len(calls) and all(
            isinstance(response, dict) and isinstance(response.get("id"), int) for response in responses
        )
        if complete:
            return [
                self._result(method, response) for (method, _), response in zip(calls, responses, strict=True)
            ]
        for response in responses:
            if isinstance(error := self._result("batch", response), RpcError):
                raise error
        raise self._no_json_rpc()

    def _batch(self, calls: Sequence[Call]) -> Json:
        batch = [(cast("RPCEndpoint", method), params) for method, params in calls]
        with warnings.catch_warnings():
            # About answers without a number, which are not trusted here.
            warnings.simplefilter("ignore", RuntimeWarning)
            return self._provider.make_batch_request(batch)

    def _patiently(self, request: Callable[[], T]) -> T:
        begin = monotonic()
        for pause in _BACKOFF:
            try:
                return request()
            except (NotDelivered, NoAnswer) as error:
                pause = max(pause, min(error.pause, _LONGEST_PAUSE))
                if not error.transient or monotonic() + pause - begin >= self._timeout:
                    raise
            sleep(pause)
        return request()

    def _result(self, method: str, response: Json) -> Json:
        """What a response holds: a result, or the error that it tells of."""
        if not isinstance(response, dict) or not ("result" in response or response.get("error")):
            raise self._no_json_rpc()
        error = response.get("error")
        if not error:
            return response["result"]
        if not isinstance(error, dict):
            error = {"message": str(error)}
        code = error.get("code")
        reason = " ".join(str(error.get("message", "no reason given")).split())[:500]
        if code == 429 or _SLOW_DOWN.search(reason):
            raise NotDelivered(f"{self.place} asks for fewer requests: {reason}; try again later", pause=1.0)
        return RpcError(self.place, method, code if isinstance(code, int) else 0, reason, error.get("data"))

    def _no_json_rpc(self) -> NoAnswer:
        return NoAnswer(f"{self.place} answers, but not as an Ethereum node does", transient=False)

    def _post(self, request: Callable[[], T]) -> T:
        """Let a request out, and tell what became of it if there is no answer."""
        import requests

        place = self.place
        try:
            return request()
        except OtherNodeError as error:
            raise NotDelivered(str(error), transient=error.transient) from None
        except requests.HTTPError as error:
            return cast("T", self._http_error(cast("requests.Response", error.response)))
        except requests.exceptions.SSLError:
            raise NotDelivered(f"{place}: no secure connection (TLS)", transient=False) from None
        except requests.exceptions.ProxyError:
            raise NotDelivered(f"{place}: the proxy that is set up on this machine gives no way") from None
        except requests.ConnectTimeout:
            raise NotDelivered(f"{place} cannot be reached: no connection in time") from None
        except requests.Timeout:
            raise NoAnswer(f"{place} gave no answer within {self._timeout:g} s") from None
        except requests.ConnectionError as error:
            raise _connection_error(place, error, self._advice) from None
        except requests.RequestException as error:
            raise NoAnswer(f"{place}: the answer broke off ({type(error).__name__})") from None
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            # Whatever is wrong with an answer, web3 finds out in its own ways.
            raise self._no_json_rpc() from None

    def _http_error(self, response: "requests.Response") -> Json:
        """Some nodes tell their own errors by an HTTP status as well."""
        status = response.status_code
        if status == 429:
            pause = response.headers.get("Retry-After", "")
            raise NotDelivered(f"{self.place} {_HTTP[429]}", pause=float(pause) if pause.isdecimal() else 1.0)
        if status not in (401, 403):
            try:
                with limited_recursion():
                    body = json.loads(response.content)
            except (ValueError, RecursionError):
                body = None
            if isinstance(body, dict) and isinstance(body.get("error"), dict):
                return body
        if status >= 500:
            raise NoAnswer(f"{self.place} is out of order (HTTP {status})")
        what = _HTTP.get(status, f"takes no such request (HTTP {status})")
        raise NotDelivered(f"{self.place} {what}", transient=False)


def _read_whole(
    place: str, most: int, seconds: float, response: "requests.Response", **_: Any
) -> "requests.Response":
    """Read an answer before anybody else does, as far as it may go."""
    from urllib3.exceptions import HTTPError

    due, size, parts = monotonic() + seconds, 0, []
    try:
        # As much as is there: who waits for a full piece waits for whoever sends byte by byte.
        while part := response.raw.read1(_PIECE, decode_content=True):
            size += len(part)
            if size > most:
                raise TooLong(f"{place} gave an answer of more than {most:,} bytes")
            if monotonic() > due:
                raise TooLong(f"{place} was not done with its answer after {seconds:g} s")
            parts.append(part)
    except HTTPError as error:
        raise NoAnswer(f"{place}: the answer broke off ({type(error).__name__})") from None
    except TooLong:
        response.close()
        raise
    response._content = b"".join(parts)
    return response


def _connection_error(place: str, error: "requests.ConnectionError", advice: str) -> ChainError:
    from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError

    cause = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    if isinstance(cause, NameResolutionError):
        return NotDelivered(f"{place}: there is no such host", transient=False)
    if isinstance(cause, NewConnectionError):
        return NotDelivered(f"{place}: nobody listens there; {advice}")
    return NoAnswer(f"{place} broke the connection off")
