"""Whatever anybody sends to any route, the answer is JSON and never the server's failure."""

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decai.catalog import Catalog
from tests.catalog.entries import HOSTILE, entered
from tests.catalog.served import TEXTS, Served, served

NUMBERS = [0, 1, 2, -1, 31_337, 2**31, 2**53, 2**63 - 1, 2**63, -(2**63), 2**256, 10**300, 0.5, 1e308, -1e308]
MORE: list[Any] = [None, True, [], {}, [[]], "", " ", "null", "undefined", "NaN", "9" * 5_000, "x" * 2_000]
KEYS = (
    "address", "transaction", "transactionHash", "originalData", "text", "image", "numbers", "record",
    "modelId",
    "model_id", "accuracy", "blockNumber", "first_block", "name", "__proto__",
)  # fmt: skip
CURSORS = [
    "WzFd",
    "WzEsMV0",
    "WzEsMSwxXQ",
    "WyJhIiwxXQ",
    "WzEuNSwxXQ",
    "W251bGwsMV0",
    "WyIwMCIsMV0",
    "W3RydWUsMV0",
]
"""Of [1], [1,1], [1,1,1], ["a",1], [1.5,1], [null,1], ["00",1], [true,1]."""


@pytest.fixture
def there(catalog: Catalog, anvil: str) -> Served:
    entered(catalog, 7)
    return served(catalog, anvil)


def values(there: Served) -> st.SearchStrategy[Any]:
    """Things that make sense somewhere, and things that never do."""
    sensible = [
        there.model_id,
        there.trainer.address,
        there.world.ada,
        *there.transactions,
        *TEXTS,
        "newest",
        "deposited",
        "followed",
        "true",
    ]
    return st.one_of(
        st.sampled_from([*sensible, *HOSTILE, *NUMBERS, *MORE, *CURSORS]),
        st.text(max_size=30),
        st.integers(),
        st.floats(),
    )


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_request_makes_the_server_fail(there: Served, data: st.DataObject) -> None:
    paths = there.client.app.routes[0].app.openapi()["paths"]  # type: ignore[attr-defined]
    path = data.draw(st.sampled_from(sorted(paths)))
    method = data.draw(st.sampled_from(sorted(paths[path])))
    operation = paths[path][method]
    some = values(there)
    query: list[tuple[str, str]] = []
    for parameter in operation.get("parameters", []):
        value = text_of(data.draw(some))
        if parameter["in"] == "path":
            path = path.replace(
                f"{{{parameter['name']}}}", quote(value[:300], safe="", errors="surrogatepass")
            )
        elif data.draw(st.booleans()):
            query.append((parameter["name"], value[:3_000]))
    url = f"/api{path}?{urlencode(query, errors='surrogatepass')}"
    content = None
    if "requestBody" in operation:
        body = st.recursive(
            st.dictionaries(st.sampled_from(KEYS), some, max_size=5) | some,
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
            ),
            max_leaves=8,
        )
        content = json.dumps(data.draw(body)).encode()
        if data.draw(st.integers(0, 9)) == 0:
            content = data.draw(st.binary(max_size=40))
    headers = {"Content-Type": "application/json"} if content is not None else {}
    answer = there.client.request(method, url, content=content, headers=headers)
    assert answer.status_code < 500, (url, content, answer.text)
    said = answer.json()
    if answer.status_code >= 400:
        assert isinstance(said["error"], str)
        assert said["error"].strip()
        assert "\n" not in said["error"]
    assert there.catalog.models.find().total == 2


def text_of(value: Any) -> str:
    """As it stands in a URL."""
    return value if isinstance(value, str) else json.dumps(value)
