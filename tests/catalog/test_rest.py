"""The REST API: its routes, pages, limits, and what it answers when something is wrong."""

import base64
import json
import re
import sys
from itertools import product
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import inspect
from starlette.testclient import TestClient

from decai.catalog import Catalog, encoder_of
from decai.catalog.rest import Bounds, Service, create_app
from decai.catalog.rest.limits import Buckets
from decai.chain.rpc import RpcChain
from decai.units import Seconds
from tests.catalog.entries import HOSTILE, address, entered
from tests.catalog.served import TEXTS, Served, served
from tests.catalog.world import PAID
from tests.chain.proxy import answer, proxied

ETHER_ADDRESS = "0x" + "e" * 40


@pytest.fixture
def there(catalog: Catalog, anvil: str) -> Served:
    return served(catalog, anvil)


class TestOurRoutes:
    def test_tell_what_happened_to_a_model(self, there: Served) -> None:
        world, path = there.world, f"/v1/models/{there.model_id}"
        model = there.get(path)
        assert (model["name"], model["classes"], model["encoder"]) == (
            "Reviews",
            ["negative", "positive"],
            "MurmurHash3",
        )
        assert (model["contributions"], model["valid"], model["claims"]) == (2, 1, 2)
        assert (model["hidden"], model["state"], model["at_stake"]) == (True, "followed", "0")
        assert there.get(f"/v1/chains/31337/models/{there.trainer.address.lower()}") == model
        assert there.get("/v1/models", search="reviews")["items"] == [model]
        newest, oldest = there.get(f"{path}/contributions")["items"]
        assert (oldest["author"], newest["author"]) == (world.ada, world.bo)
        assert [each["transaction"] for each in (oldest, newest)] == list(there.transactions)
        deposits = there.trainer.replica.update().twin.ledger.deposit
        assert oldest["deposit"] == str(deposits[0])
        assert there.get(f"{path}/contributions/0") == oldest
        claims = there.get(f"{path}/claims", oldest_first=True)["items"]
        assert [(each["path"], each["claimer"], each["amount"]) for each in claims] == [
            ("refund", world.ada, str(deposits[0])),
            ("owner", world.owner, str(deposits[1])),
        ]
        assert there.get(f"{path}/claims", author=world.bo)["items"] == claims[1:]
        events = there.get(f"{path}/events", oldest_first=True)
        assert [each["name"] for each in events["items"][:3]] == [
            "OwnershipTransferred",
            "AddDataPacked",
            "AddDataPacked",
        ]
        only = there.get(f"{path}/events", name=["Claimed", "AddDataPacked"], limit=200)
        assert {each["name"] for each in only["items"]} == {"Claimed", "AddDataPacked"}
        people = there.get(f"{path}/accounts", sort="rewarded")["items"]
        assert people[0]["address"] == world.owner
        bo = there.get(f"/v1/accounts/{world.bo}")
        assert (bo["profit"], bo["lost"], bo["models"]) == (f"-{deposits[1]}", str(deposits[1]), 1)
        assert there.get(f"/v1/accounts/{world.bo}/contributions")["items"] == [newest]
        assert there.get(f"/v1/accounts/{world.owner}/claims")["items"] == claims[1:]
        assert there.get(f"/v1/accounts/{world.bo}/models")["items"][0]["model_id"] == there.model_id
        (status,) = there.get("/v1/status")
        assert (status["chain_id"], status["behind"], status["head"]) == (31_337, 0, world.chain.block)

    def test_give_every_list_in_pages(self, there: Served) -> None:
        there.catalog.accuracy.record(there.model_id, 0.5, block=1, time=Seconds(1))
        there.catalog.accuracy.record(there.model_id, 0.6, block=2, time=Seconds(2))
        entered(there.catalog, 7)
        lists = [
            "/v1/models",
            *(
                f"/v1/models/{there.model_id}/{what}"
                for what in ("events", "contributions", "claims", "accounts", "accuracy")
            ),
        ]
        for path in lists:
            whole = there.get(path, limit=200)
            assert whole["total"] == len(whole["items"]) >= 2
            assert whole["next"] is None
            parts: list[Any] = []
            query: dict[str, Any] = {"limit": 1}
            for _ in range(whole["total"]):
                page = there.get(path, **query)
                parts += page["items"]
                query["after"] = page["next"]
            assert parts == whole["items"]
            assert page["next"] is None

    def test_take_in_models_and_samples_that_the_chain_confirms(self, there: Served) -> None:
        later = there.world.deploy("Later")
        said = there.post("/v1/models", {"address": later.address.lower(), "name": "What I say"})
        assert (said["name"], said["address"]) == ("Later", later.address)
        assert there.post("/v1/models", {"address": later.address})["id"] == said["id"]
        there.post("/v1/models", {"address": there.world.ada}, 400)
        there.post("/v1/models", {"address": later.address, "first_block": 10**30}, 422)
        first, second = there.transactions
        sample = there.post("/v1/samples", {"transaction": first, "text": TEXTS[0]})
        assert (sample["text"], sample["kind"], sample["hidden"]) == (TEXTS[0], "text", True)
        there.post("/v1/samples", {"transaction": second, "text": TEXTS[0]}, 400)
        there.post("/v1/samples", {"transaction": second, "text": TEXTS[1], "numbers": [1]}, 422)
        there.post("/v1/samples", {"transaction": second}, 422)
        there.post("/v1/samples", {"transaction": second, "image": "no base64!"}, 400)
        image = base64.b64encode(b"no picture").decode()
        there.post("/v1/samples", {"transaction": second, "image": image}, 400)
        assert there.get(f"/v1/samples/{first}") == [sample]
        assert there.get(f"/v1/samples/{second}") == []
        path = f"/v1/models/{there.model_id}"
        assert there.get(f"{path}/samples")["items"] == [sample]
        assert there.get(f"{path}/contributions/0/sample") == sample
        there.get(f"{path}/contributions/1/sample", 404)
        there.catalog.models.allow([(31_337, there.trainer.address)])
        assert there.get(f"/v1/samples/{first}")[0]["hidden"] is False
        assert there.get(path)["hidden"] is False

    def test_take_a_sample_in_whose_transaction_has_only_just_happened(self, there: Served) -> None:
        there.world.later(1)
        features = encoder_of(there.catalog.models.get(there.model_id)).encode("Brand new")
        sent = there.trainer.submit(there.world.eve, features, 0, PAID)
        there.post("/v1/samples", {"transaction": "0x" + sent.transaction.hex(), "text": "Brand new"})

    def test_say_in_one_sentence_what_is_not_there(self, there: Served) -> None:
        for path in (
            "/v1/models/99",
            "/v1/models/99/events",
            "/v1/models/99/contributions/0",
            f"/v1/models/{there.model_id}/contributions/2",
            f"/v1/chains/31337/models/{ETHER_ADDRESS}",
            "/v1/nothing",
            "/nothing",
        ):
            there.get(path, 404)
        assert there.client.get("/").json() == {
            "error": "there is nothing at this path",
            "message": "there is nothing at this path",
        }
        assert there.client.delete("/api/v1/models").json()["error"] == "this path does not take this method"

    def test_refuse_what_is_none_of_its_kind(self, there: Served) -> None:
        path = f"/v1/models/{there.model_id}"
        for query, status in (
            ({"limit": 0}, 422),
            ({"limit": -1}, 422),
            ({"limit": 201}, 422),
            ({"limit": "x"}, 422),
            ({"limit": "9" * 5_000}, 422),
            ({"after": "x"}, 400),
            ({"after": "x" * 5_000}, 422),
        ):
            there.get("/v1/models", status, **query)
            there.get(f"{path}/events", status, **query)
        there.get("/v1/models", 422, sort="'; DROP TABLE models")
        there.get("/v1/models", 422, search="x" * 201)
        there.get("/v1/models", 400, search="a b c d e f g h i")
        there.get("/v1/models/-1", 422)
        there.get(f"/v1/models/{2**63}", 422)
        there.get("/v1/models/" + "9" * 5_000, 422)
        there.get("/v1/accounts/0x12", 422)
        there.get("/v1/samples/0x12", 422)
        assert there.get("/v1/accounts/vitalik.eth", 422)["error"].startswith(
            "address: 'vitalik.eth' is a name"
        )

    def test_are_described(self, there: Served) -> None:
        said = there.get("/openapi.json")
        assert "/v1/models/{model_id}/contributions" in said["paths"]
        assert "/data/{transactionHash}" in said["paths"]
        assert said["servers"] == [{"url": "/api"}]


class TestTheOriginalsRoutes:
    """In the words and shapes of its server, so that its clients work."""

    def test_health(self, there: Served) -> None:
        assert there.get("/health") == {"healthy": True}

    def test_models_come_by_address(self, there: Served) -> None:
        for number in range(1, 13):
            entered(there.catalog, number)
        first = there.get("/models")
        assert [each["address"] for each in first["models"]] == [address(number) for number in range(1, 11)]
        assert first["remaining"] == 3
        rest = there.get("/models", afterAddress=first["models"][-1]["address"], limit=5)
        assert [each["name"] for each in rest["models"]] == ["Model 11", "Model 12", "Reviews"]
        assert rest["remaining"] == 0
        assert set(rest["models"][0]) >= {
            "id", "name", "address", "description", "modelType", "encoder", "accuracy",
        }  # fmt: skip
        there.get("/models", 400, afterAddress="0x12")
        there.get("/models", 422, limit=-1)

    def test_a_model_is_found_by_number_or_address(self, there: Served) -> None:
        wanted = there.trainer.address
        by_number = there.get("/model", modelId=there.model_id)["model"]
        assert (by_number["address"], by_number["name"]) == (wanted, "Reviews")
        assert there.get("/model", modelId=there.model_id, address="undefined")["model"] == by_number
        assert there.get("/model", modelId="undefined", address=wanted)["model"] == by_number
        # Its client compares the address that it gets with the one that it gave.
        for said in (wanted, wanted.lower(), "0x" + wanted[2:].upper()):
            assert there.get("/model", modelId="null", address=said)["model"]["address"] == said
        assert there.get("/model", 404, modelId=99)["message"] == "there is no model 99"
        there.get("/model", 404, address=ETHER_ADDRESS)
        there.get("/model", 400)
        there.get("/model", 400, modelId="1; DROP TABLE models")
        there.get("/model", 400, modelId="9" * 90)

    def test_of_a_model_that_is_sent_the_address_is_believed(self, there: Served) -> None:
        later = there.world.deploy("Later")
        body = {
            "name": "<b>Mine</b>",
            "address": later.address,
            "description": "free money",
            "modelType": "Classifier64",
            "encoder": "none",
            "accuracy": 0.9,
        }
        there.post("/models", body)
        found = there.get("/model", address=later.address)["model"]
        assert (found["name"], found["description"], found["accuracy"]) == ("Later", "", None)
        history = there.get("/accuracy/model", modelId=found["id"])["accuracyHistory"]
        assert [(each["accuracy"], each["measured"]) for each in history] == [(0.9, False)]
        there.post("/models", body)
        assert len(there.get("/accuracy/model", modelId=found["id"])["accuracyHistory"]) == 1
        assert there.post("/models", {**body, "address": ETHER_ADDRESS}, 400)["message"]
        there.post("/models", {"name": "x"}, 422)
        there.post("/models", {**body, "accuracy": 90}, 422)

    def test_samples_are_kept_by_transaction(self, there: Served) -> None:
        first, second = there.transactions
        there.post("/data", {"transactionHash": first, "originalData": {"text": TEXTS[0]}})
        assert there.get(f"/data/{first}")["originalData"]["text"] == TEXTS[0]
        there.post("/data", {"transactionHash": second, "originalData": {"text": "another text"}}, 400)
        there.get(f"/data/{second}", 404)
        there.post("/data", {"transactionHash": "0x12", "originalData": {"text": "x"}}, 422)
        there.post("/data", {"transactionHash": second}, 422)
        there.post("/data", {"transactionHash": second, "originalData": "x"}, 422)

    def test_accuracies_are_kept_as_hearsay(self, there: Served) -> None:
        first, _ = there.transactions
        block = there.catalog.history.contribution(there.model_id, 0).block
        body = {"transactionHash": first, "blockNumber": block, "modelId": there.model_id, "accuracy": 0.75}
        there.post("/accuracy", body)
        (said,) = there.get("/accuracy/model", modelId=there.model_id)["accuracyHistory"]
        added = there.catalog.history.contribution(there.model_id, 0).added
        assert (said["transactionHash"], said["blockNumber"], said["accuracy"]) == (first, block, 0.75)
        assert len(said["timestamp"]) == len("2026-01-01 00:00:00")
        assert added > 0
        assert there.get(f"/v1/models/{there.model_id}")["accuracy"] is None
        there.post("/accuracy", {**body, "blockNumber": block + 1}, 400)
        there.post("/accuracy", {**body, "modelId": 99}, 404)
        there.post("/accuracy", {**body, "transactionHash": "0x" + "00" * 32}, 400)
        for wrong in (-0.1, 1.1, "1", None, True):
            there.post("/accuracy", {**body, "accuracy": wrong}, 422)
        there.get("/accuracy/model", 422)
        there.get("/accuracy/model", 404, modelId=99)


def test_hostile_texts_do_no_harm_wherever_they_are(there: Served) -> None:
    before = there.get("/v1/models")
    for text in HOSTILE:
        for path in (
            "/v1/models?search=", "/v1/models?classifier=", "/v1/models?encoder=", "/v1/models?after=",
            "/v1/models?sort=", "/v1/models?state=", "/models?afterAddress=",
            "/model?address=", "/model?modelId=",
            f"/v1/models/{there.model_id}/events?name=", f"/v1/models/{there.model_id}/claims?claimer=",
        ):  # fmt: skip
            said = there.client.get(f"/api{path}{quote(text, errors='surrogatepass')}")
            assert said.status_code < 500, (path, text)
            said.json()
        for body in (
            {"transaction": there.transactions[1], "text": text},
            {"transaction": text, "text": "x"},
            {"transactionHash": text, "originalData": {"text": text}, text.replace("\ud800", ""): 1},
            {"address": text},
        ):
            for path in ("/v1/samples", "/v1/models", "/models", "/data", "/accuracy"):
                said = there.client.post(
                    f"/api{path}", content=json.dumps(body), headers={"Content-Type": "application/json"}
                )
                assert 400 <= said.status_code < 500, (path, body)
                assert "\n" not in said.json()["error"]
    assert there.get("/v1/models") == before


SQL = ("' OR 1=1 --", '"; DROP TABLE models; --', "%", "_", "0 UNION SELECT 1", "1' OR '1'='1", "a\x00b")


def test_sql_in_every_parameter_of_every_route_is_a_text(there: Served) -> None:
    paths = there.client.app.routes[0].app.openapi()["paths"]  # type: ignore[attr-defined]
    known = {"model_id": there.model_id, "chain_id": 31337, "address": there.trainer.address, "number": 0}
    known |= {"transaction": there.transactions[0], "transaction_hash": there.transactions[0]}
    before, inside = there.get("/v1/models"), inspect(there.catalog.database.engine).get_table_names()
    tried = 0
    for path, operations in sorted(paths.items()):
        parameters = operations.get("get", {}).get("parameters", [])
        for parameter, words in product(parameters, SQL):
            url = "/api" + path
            for name in re.findall(r"{(.*?)}", path):
                value = words if name == parameter["name"] else str(known[name])
                url = url.replace(f"{{{name}}}", quote(value, safe=""))
            query = {parameter["name"]: words} if parameter["in"] == "query" else {}
            said = there.client.get(url, params=query)
            tried += 1
            assert said.status_code < 500, (path, parameter["name"], words)
            if said.status_code < 400 and parameter["name"] != "afterAddress":
                # A filter that it does not pass, and never all there is.
                assert said.json().get("items", []) == [], (path, parameter["name"], words)
    assert tried > 100
    assert inspect(there.catalog.database.engine).get_table_names() == inside
    assert there.get("/v1/models") == before


class TestLimits:
    def test_a_body_that_is_too_large_is_not_read(self, catalog: Catalog) -> None:
        client = TestClient(create_app(Service(catalog), Bounds(body=1_000), hosts=["testserver"]))
        for body in (b"[" * 1_001, iter([b"x" * 400] * 4)):
            said = client.post("/api/data", content=body)
            assert (said.status_code, said.json()["error"]) == (413, "the body is larger than 1,000 bytes")
        claimed = client.post("/api/data", content=b"", headers={"Content-Length": "1000000000"})
        assert claimed.status_code == 413
        said = client.get("/api/health", params={"x": "y" * 9_000})
        assert said.status_code == 414

    def test_a_client_that_asks_too_often_is_told_when_to_come_again(self, catalog: Catalog) -> None:
        bounds = Bounds(rate=0.01, burst=12, weight=10)
        client = TestClient(create_app(Service(catalog), bounds, hosts=["testserver"]))
        assert client.get("/api/health").status_code == 200
        assert client.post("/api/data", json={}).status_code == 422
        assert client.get("/api/health").status_code == 200
        refused = client.get("/api/health")
        assert refused.status_code == 429
        assert refused.json()["error"].startswith("too many requests; try again in ")
        assert 1 <= int(refused.headers["Retry-After"]) <= 100
        other = TestClient(client.app, client=("10.0.0.2", 1))
        assert other.get("/api/health").status_code == 200

    def test_buckets_fill_up_again_and_are_not_more_than_a_bound(self) -> None:
        time = [0.0]
        buckets = Buckets(Bounds(rate=2, burst=4, clients=3), clock=lambda: time[0])
        assert [buckets.take("a", 1) for _ in range(5)] == [0, 0, 0, 0, 0.5]
        time[0] = 1.0
        assert [buckets.take("a", 1) for _ in range(3)] == [0, 0, 0.5]
        # What costs more than a bucket holds takes all of one.
        assert buckets.take("b", 100) == 0
        assert buckets.take("b", 1) == 0.5
        for client in range(1_000):
            buckets.take(str(client), 1)
            assert len(buckets) <= 3

    def test_addresses_of_one_network_count_as_one_client(self, catalog: Catalog) -> None:
        app = create_app(Service(catalog), Bounds(rate=0.01, burst=1), hosts=["testserver"])
        first, same, other = (
            TestClient(app, client=(host, 1)) for host in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")
        )
        assert [each.get("/api/health").status_code for each in (first, same, other)] == [200, 429, 200]

    def test_a_page_of_another_origin_cannot_change_anything(self, there: Served) -> None:
        body = {"transactionHash": there.transactions[0], "originalData": {"text": TEXTS[0]}}
        for origin in ("http://evil.example", "null", "http://testserver.evil.example", "http://[::1"):
            said = there.client.post("/api/data", json=body, headers={"Origin": origin})
            assert said.status_code == 403
        plain = there.client.post(
            "/api/data", content='{"transactionHash": "x"}', headers={"Content-Type": "text/plain"}
        )
        assert 400 <= plain.status_code < 500
        assert (
            there.client.post("/api/data", json=body, headers={"Origin": "http://testserver"}).status_code
            == 200
        )

    def test_a_foreign_host_name_gets_nothing(self, there: Served) -> None:
        said = there.client.get("/api/health", headers={"Host": "evil.example"})
        assert said.status_code == 400


class TestWhenSomethingElseIsWrong:
    @pytest.mark.usefixtures("impatient")
    def test_a_node_that_does_not_answer_is_not_the_clients_fault(self, there: Served) -> None:
        later = there.world.deploy("Later")
        with proxied(there.world.url) as proxy:
            service = Service(there.catalog, lambda: RpcChain(proxy.url, timeout=1), None, 31_337)
            client = TestClient(create_app(service, hosts=["testserver"]))
            proxy.always("eth_call", answer("", 503))
            said = client.post("/api/v1/models", json={"address": later.address})
            assert said.status_code == 503
            assert said.json()["error"].endswith("is out of order (HTTP 503)")

    @pytest.mark.parametrize("opened", ["[", '{"a":'])
    def test_a_body_that_is_nested_without_end_is_refused(self, there: Served, opened: str) -> None:
        limit = sys.getrecursionlimit()
        # Libraries of Ethereum's raise it so far that the stack would end before it does.
        sys.setrecursionlimit(100_000)
        try:
            paths = there.client.app.routes[0].app.openapi()["paths"]  # type: ignore[attr-defined]
            taking = [path for path, methods in paths.items() if "post" in methods]
            assert len(taking) >= 5
            for path in taking:
                url = f"/api{path.replace('{model_id}', str(there.model_id))}"
                headers = {"Content-Type": "application/json"}
                answer = there.client.post(url, content=opened * 200_000, headers=headers)
                assert (answer.status_code, answer.json()["error"]) == (422, "the body is nested too deeply")
        finally:
            sys.setrecursionlimit(limit)

    def test_a_database_that_is_gone_is_told(self, catalog: Catalog) -> None:
        client = TestClient(create_app(Service(catalog), hosts=["testserver"]), raise_server_exceptions=False)
        with catalog.database.writing() as connection:
            connection.exec_driver_sql("DROP TABLE chains")
        assert client.get("/api/health").json() == {"healthy": False}
        said = client.get("/api/v1/status")
        assert said.status_code == 503
        assert said.json()["error"].startswith("the catalog ")

    def test_a_catalog_that_is_only_to_be_read_says_so(self, catalog: Catalog) -> None:
        client = TestClient(create_app(Service(catalog), hosts=["testserver"]))
        said = client.post("/api/v1/models", json={"address": ETHER_ADDRESS})
        assert (said.status_code, said.json()["error"]) == (400, "this catalog is only to be read")

    def test_more_than_a_few_at_a_time_have_to_come_again(self, there: Served) -> None:
        service = Service(there.catalog, lambda: there.world.chain, None, None)
        client = TestClient(create_app(service, hosts=["testserver"]))
        for _ in range(4):
            assert service._turns.acquire(blocking=False)
        said = client.post("/api/v1/models", json={"address": ETHER_ADDRESS})
        assert said.status_code == 503
        assert said.json()["error"] == "others are being served; try again in a few seconds"
        service._turns.release()
        assert client.post("/api/v1/models", json={"address": ETHER_ADDRESS}).status_code == 400
