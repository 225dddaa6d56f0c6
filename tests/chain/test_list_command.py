"""``decai model list`` and ``forget``: which known models are still there, and taking one off the list."""

from pathlib import Path

import pytest

from decai.chain.known import KnownModel, forget, known_models, remember
from decai.chain.rpc import RpcChain
from decai.errors import InputError
from decai.units import Address
from tests.chain.commands import SPARSE, Give, giving
from tests.chain.proxy import error, proxied

A = Address("0xAA00000000000000000000000000000000000001")
B = Address("0xBb00000000000000000000000000000000000002")
C = Address("0xbB00000000000000000000000000000000000003")
HERE = 31_337


@pytest.fixture
def give(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Give:
    monkeypatch.chdir(tmp_path)
    return giving(capfd)


@pytest.fixture
def model(give: Give, node: str) -> str:
    """A model that is there."""
    import json

    Path("model.json").write_text(json.dumps(SPARSE))
    return str(give("deploy", "model.json", "--name=Here", "--rpc", node, "--json").told()["address"])


class TestList:
    def test_tells_which_models_are_gone(self, give: Give, node: str, model: str) -> None:
        remember(KnownModel(A, HERE, 1, "Nothing is there"))
        remember(KnownModel(B, 1, 1, "Elsewhere"))
        told = give("model", "list", "--rpc", node, "--json").told()["models"]
        assert [(each["address"], each["state"]) for each in told] == [
            (model, "there"),
            (A, "gone"),
            (B, "unknown"),
        ]
        done = give("model", "list", "--rpc", node)
        assert done.out.splitlines() == [
            f"{model}  chain 31337  Here",
            f"{A}  chain 31337  Nothing is there  (gone)",
            f"{B}  chain 1  Elsewhere",
        ]
        assert done.err == (
            "gone: the chain does not have it any more; decai model forget ADDRESS takes it off this list\n"
        )

    def test_asks_once_for_many_models(self, give: Give, node: str, model: str) -> None:
        for number in range(60):
            remember(KnownModel(Address(f"0x{number:040x}"), HERE, 1, f"Model {number}"))
        with proxied(node) as proxy:
            told = give("model", "list", "--rpc", proxy.url, "--json").told()["models"]
            asked = [method for method, _ in proxy.seen if method != "eth_chainId"]
        assert [each["state"] for each in told] == ["there", *["gone"] * 60]
        assert asked == ["batch"]

    def test_takes_no_model_for_gone_of_which_the_node_does_not_say(
        self, give: Give, node: str, model: str
    ) -> None:
        with proxied(node) as proxy:
            proxy.always("eth_call", error(-32601, "the method eth_call is not available"))
            told = give("model", "list", "--rpc", proxy.url, "--json").told()["models"]
            assert [each["state"] for each in told] == ["unknown"]
            proxy.always("eth_call", error(-32000, "stack underflow"))
            told = give("model", "list", "--rpc", proxy.url, "--json").told()["models"]
            assert [each["state"] for each in told] == ["gone"]

    def test_does_not_take_another_contract_for_a_model(self, give: Give, node: str, model: str) -> None:
        """A chain that was begun anew gives the same addresses to others."""
        remember(KnownModel(Address(model), HERE, 1, "Another that was here"))
        chain = RpcChain(node)
        chain.node.ask("anvil_setCode", B, "0x60006000fd")
        remember(KnownModel(B, HERE, 1, "No model at all"))
        told = give("model", "list", "--rpc", node, "--json").told()["models"]
        assert [each["state"] for each in told] == ["gone", "gone"]

    def test_starts_no_node(self, give: Give, data_folder: Path) -> None:
        remember(KnownModel(A, HERE, 1, "Somewhere"))
        told = give("model", "list", "--json").told()["models"]
        assert [each["state"] for each in told] == ["unknown"]
        assert not (data_folder / "node").exists()

    def test_of_nothing_says_so(self, give: Give) -> None:
        done = give("model", "list")
        assert (done.out, done.err) == ("no model was deployed from here yet; see decai deploy --help\n", "")


class TestGone:
    def test_model_is_told_so_by_every_command(self, give: Give, node: str) -> None:
        remember(KnownModel(A, HERE, 1, "Nothing is there"))
        for text in ("Nothing is there", A):
            give("model", "info", text, "--rpc", node).refused(
                f"{A}: chain 31337 has 'Nothing is there' no more; take it off the list of known models by: "
                f"decai model forget {A}"
            )
        assert give("model", "forget", A, "--json").told()["forgotten"]["name"] == "Nothing is there"
        done = give("model", "info", A, "--rpc", node)
        done.refused("there is no contract at this address on chain 31337")


class TestForget:
    @pytest.fixture
    def models(self) -> list[KnownModel]:
        models = [
            KnownModel(A, 1, 1, "Reviews"),
            KnownModel(A, 5, 2, "Reviews"),
            KnownModel(B, 1, 3, "Spam"),
            KnownModel(C, 1, 4, "Ham"),
        ]
        for each in models:
            remember(each)
        return models

    @pytest.mark.parametrize(
        ("text", "chain_id", "number"),
        [("Spam", None, 2), ("ham", None, 3), (B, None, 2), ("Reviews", 5, 1), (A[:8], 1, 0)],
    )
    def test_takes_one_off_the_list(
        self, models: list[KnownModel], text: str, chain_id: int | None, number: int
    ) -> None:
        assert forget(text, chain_id) == models[number]
        assert known_models() == models[:number] + models[number + 1 :]

    def test_asks_which_it_is(self, models: list[KnownModel]) -> None:
        with pytest.raises(InputError, match=r"^'Reviews' is known on several chains; .* --chain-id: 1, 5$"):
            forget("Reviews")
        with pytest.raises(InputError, match=r"^'0xbb00' may be any of 2 models; give the address: "):
            forget("0xbb00")
        assert known_models() == models

    def test_leaves_the_model_where_it_is(self, give: Give, node: str, model: str) -> None:
        done = give("model", "forget", "Here")
        assert done.out == f"forgot “Here” at {model} on chain 31337\n"
        assert known_models() == []
        assert give("model", "info", model, "--rpc", node).code == 0
