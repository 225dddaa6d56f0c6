"""People who use the pages, without a browser: they load a page, hold its websocket, and do what people do.

To the server they are what browsers are: a page is built for each, kept, and told of every change. They do
not draw, so a machine has room for many of them beside the server.
"""

import ast
import asyncio
import html
import json
import random
import re
import uuid
from collections.abc import Callable, Mapping
from time import perf_counter
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlencode

import httpx
import socketio

__all__ = ["REVIEWS", "Person", "Spent", "live"]

REVIEWS: Final = (
    "A wonderful, superb film; the best that I have seen in years",
    "An awful, boring waste of time, with the worst actors",
    "Great story and excellent music, though a bit long",
    "I wanted to like it, but it is dull and badly made",
)
_ELEMENTS: Final = re.compile(r"parseElements\(String\.raw`(.*?)`\)", re.DOTALL)
_QUERY: Final = re.compile(r"^\s*query: (\{.*\}),$", re.MULTILINE)
_PATIENCE: Final = 30.0
Element = dict[str, Any]
Matches = Callable[[Element], bool]


class Spent:
    """Seconds that answers took, by kind of question, and what went wrong."""

    def __init__(self) -> None:
        self.clicks: list[float] = []
        self.predictions: list[float] = []
        self.errors: list[str] = []


class Person:
    """One open page.

    Parameters
    ----------
    url
        Of the server.
    http
        For the page itself; its session is the person's.
    """

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self.url = url
        self.elements: dict[str, Element] = {}
        self._http = http
        self._socket = socketio.AsyncClient(reconnection=False)
        self._client = ""
        self._next = 0
        self._news = asyncio.Event()
        self._fresh: dict[str, Element] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket.connected:
            await self._socket.disconnect()

    async def open(self, path: str) -> None:
        """Load a page, and wait until all of it is there."""
        answer = await self._http.get(f"{self.url}{path}")
        answer.raise_for_status()
        elements, query = _ELEMENTS.search(answer.text), _QUERY.search(answer.text)
        assert elements is not None, "the framework's pages are of another form"
        assert query is not None, "the framework's pages are of another form"
        self.elements = json.loads(html.unescape(elements[1]))
        asked = ast.literal_eval(query[1])
        self._client, self._next = asked["client_id"], asked["next_message_id"]
        tab, document = str(uuid.uuid4()), str(uuid.uuid4())
        asked |= {"tab_id": tab, "old_tab_id": "", "document_id": document, "implicit_handshake": "true"}
        for name in ("update", "run_javascript", "notify", "load_js_components"):
            self._socket.on(name, self._told if name == "update" else self._noted)
        await self._socket.connect(
            f"{self.url}?{urlencode(asked)}",
            transports=["websocket"],
            socketio_path="/_nicegui_ws/socket.io",
            wait_timeout=_PATIENCE,
        )
        await self._until(lambda: bool(self.found("h1")) and not self._has_class("dc-waiting"))

    async def has(self, tag: str) -> None:
        """Wait for an element of a kind."""
        await self._until(lambda: bool(self.found(tag)))

    def found(self, tag: str, words: str | None = None) -> list[tuple[str, Element]]:
        """Elements of a kind, with certain words in them."""
        return [
            (key, each)
            for key, each in self.elements.items()
            if each["tag"] == tag and (words is None or each.get("text") == words)
        ]

    async def does(self, key: str, event: str, value: object, answered: Matches) -> float:
        """Do something to an element, and wait for news of which `answered` holds; returns the seconds."""
        (listener, *_) = [each for each in self.elements[key]["events"] if each["type"] == event]
        self._fresh = {}
        begin = perf_counter()
        await self._socket.emit(
            "event",
            {
                "id": int(key),
                "client_id": self._client,
                "listener_id": listener["listener_id"],
                "args": [json.dumps(value)],
            },
        )
        await self._until(lambda: any(map(answered, self._fresh.values())))
        return perf_counter() - begin

    async def write(self, words: str) -> None:
        """Write into the large field; there is nothing to be waited for."""
        ((key, element),) = self.found("textarea")
        (listener,) = [each for each in element["events"] if each["type"] == "change"]
        event = {"id": int(key), "client_id": self._client, "listener_id": listener["listener_id"]}
        await self._socket.emit("event", {**event, "args": [json.dumps(words)]})

    def _has_class(self, name: str) -> bool:
        return any(name in each.get("class", ()) for each in self.elements.values())

    async def _told(self, news: Mapping[str, Any]) -> None:
        await self._noted(news)
        for key, element in news.items():
            if key == "_id":
                continue
            if element is None:
                self.elements.pop(key, None)
                continue
            self.elements[key] = self._fresh[key] = element
        self._news.set()

    async def _noted(self, news: Mapping[str, Any]) -> None:
        """Let the server forget what has arrived, as browsers do."""
        self._next = int(news["_id"]) + 1
        if self._next % 8 == 0 and "/" in self._socket.namespaces:
            await self._socket.emit("ack", {"client_id": self._client, "next_message_id": self._next})

    async def _until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(_PATIENCE):
            while not holds():
                self._news.clear()
                await self._news.wait()


async def live(person: Person, spent: Spent, until: float, pause: float, seed: int) -> None:
    """Ask a model of film reviews and look at its parts, again and again, with pauses between.

    Parameters
    ----------
    person
        On the model's page.
    spent
        What took how long.
    until
        By `perf_counter`.
    pause
        Seconds between two things that are done, on the average.
    seed
        Of the pauses.
    """
    chance = random.Random(seed)

    async def rest() -> None:
        await asyncio.sleep(chance.uniform(0, 2 * pause))

    async def turn(tab: str) -> None:
        ((key, _),) = person.found("a", tab)
        spent.clicks.append(
            await person.does(
                key,
                "click",
                {},
                lambda each: each.get("text") == tab and each.get("props", {}).get("aria-current") == "page",
            )
        )

    try:
        while perf_counter() < until:
            for label in ("positive", "negative"):
                await rest()
                await turn("Train")
                await rest()
                ((key, _),) = person.found("button", label)
                spent.clicks.append(await person.does(key, "click", {}, _is_pressed(label)))
            await rest()
            await turn("Predict")
            for review in chance.sample(REVIEWS, 2):
                await rest()
                await person.write(review)
                await asyncio.sleep(chance.uniform(0.2, 0.5))
                ((key, _),) = person.found("button", "Ask, for free")
                spent.predictions.append(
                    await person.does(key, "click", {}, lambda each: "dc-result" in each.get("class", ()))
                )
    except Exception as error:  # whatever it is, it is counted, and the others go on
        spent.errors.append(f"{type(error).__name__}: {error}")


def _is_pressed(words: str) -> Matches:
    return lambda each: each.get("text") == words and each.get("props", {}).get("aria-pressed") == "true"
