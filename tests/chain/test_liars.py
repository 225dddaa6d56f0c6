"""Contracts that lie: whatever they say, a command ends in one clear line, soon, and without much memory."""

import tracemalloc
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from decai.chain.abi import call_data
from decai.chain.base import Transaction
from decai.chain.compose import Composition, Texts, compose
from decai.chain.deploy import deploy
from decai.chain.rpc import RpcChain
from decai.classifier import SparsePerceptron
from decai.incentive import Stakeable
from decai.units import Address, Seconds, Wei
from tests.chain.commands import Give, giving
from tests.chain.proxy import Proxy, proxied

STRANGER = Path(__file__).parent / "contracts" / "stranger.vy"
STRANGERS = {
    "garbage": "makes no sense",
    "endless": "makes no sense",
    "megabyte": "its composition() is a text of 1,000,000 characters",
    "escapes": "'decai 1: \\x1b[2J\\n' is no composition that this version knows",
    "forever": "",
}
COMMANDS = {
    "info": "model info {model}",
    "predict": "model predict {model} --features 1",
    "predict in bulk": "model predict {model} --file samples.txt",
    "claims": "model claims {model}",
    "refund": "model refund {model} --number 0",
    "verify": "model verify {model}",
    "export": "model export {model} -o m.json",
    "source": "contract source {model}",
}
MOST_MEMORY = 100 * 2**20
MOST_REQUESTS = 2_000


@pytest.fixture
def proxy(node: str) -> Iterator[Proxy]:
    """Counts what a command asks."""
    with proxied(node) as one:
        yield one


@pytest.fixture
def give(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Give:
    """Runs a command, and looks at what it took."""
    plain = giving(capfd)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "samples.txt").write_text("1\n0,1\n")

    def give(*arguments: object) -> Any:
        # What it takes to import everything is not the contract's doing.
        plain(*arguments)
        tracemalloc.start()
        try:
            done = plain(*arguments)
            assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
        finally:
            tracemalloc.stop()
        assert not (tmp_path / "m.json").exists()
        return done

    return give


def stranger(chain: RpcChain, manner: int) -> Address:
    from vyper import compile_code

    code = bytes.fromhex(compile_code(STRANGER.read_text())["bytecode"][2:])
    return sent(chain, code + manner.to_bytes(32))


def sent(chain: RpcChain, code: bytes) -> Address:
    address = chain.send(Transaction(chain.accounts[0], None, code)).contract
    assert address is not None
    return address


MADE: dict[str, Address] = {}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("manner", "reason"), STRANGERS.items())
def test_that_is_no_model(
    command: str, manner: str, reason: str, node: str, proxy: Proxy, give: Give
) -> None:
    chain = RpcChain(node)
    if manner not in MADE:
        MADE[manner] = stranger(chain, list(STRANGERS).index(manner))
    proxy.seen.clear()
    done = give(*COMMANDS[command].format(model=MADE[manner]).split(), "--rpc", proxy.url)
    done.refused(MADE[manner])
    done.refused(reason)
    assert len(proxy.seen) < 40


def test_that_reverts_on_everything(node: str, give: Give) -> None:
    reverts = sent(RpcChain(node), bytes.fromhex("600580600b6000396000f360006000fd"))
    for command in COMMANDS.values():
        give(*command.format(model=reverts).split(), "--rpc", node).refused(
            f"{reverts}: the contract at this address is no decai model "
            "(composition(): the contract refuses without a word)"
        )


_COUNT = '    @return How many classes there are.\n    """\n    return 2'
LIES: Mapping[str, tuple[str, str, str, str, tuple[str, ...]]] = {
    "2^60 classes": (
        "classifier.vy",
        _COUNT,
        f"{_COUNT}**60",
        "its getNumClassifications is 1,152,921,504,606,846,976",
        tuple(COMMANDS),
    ),
    "a class whose name has 60,000 letters": (
        "classifier.vy",
        "def classifications(label: uint256) -> String[parameters.LONGEST_TEXT]:\n",
        "def classifications(label: uint256) -> uint256[2_000]:\n"
        "    words: uint256[2_000] = empty(uint256[2_000])\n"
        "    words[0] = 32\n"
        "    words[1] = 60_000\n"
        "    return words\n\n\n"
        "@internal\n@view\ndef _unused(label: uint256) -> String[parameters.LONGEST_TEXT]:\n",
        "its classifications(uint256) is a text of 60,000 characters",
        tuple(COMMANDS),
    ),
    "one class": (
        "classifier.vy",
        _COUNT,
        _COUNT.replace("2", "1"),
        "the model of this contract makes no sense (sparse-perceptron",
        ("predict in bulk", "claims", "verify", "export", "source"),
    ),
    "2^60 base weights": (
        "base_table.vy",
        "    return parameters.BASE_ENTRIES",
        "    return 2**60",
        "the contract says 1,152,921,504,606,846,976 base values",
        ("predict in bulk", "claims", "verify", "export", "source"),
    ),
    "2^60 words of them": (
        "base_table.vy",
        "    return parameters.BASE_WORDS",
        "    return 2**60",
        "the contract describes a base table that no model has",
        ("predict in bulk", "claims", "verify", "export", "source"),
    ),
    "words of 2^60 bits": (
        "base_table.vy",
        "    return parameters.BASE_VALUE_BITS",
        "    return 2**60",
        "the contract describes a base table that no model has",
        ("predict in bulk", "claims", "verify", "export", "source"),
    ),
    "a data contract for each number": (
        "base_table.vy",
        "        return empty(address)",
        "        return self",
        "the contract says that it has more than 256 data contracts",
        ("source",),
    ),
    "pages of words that are too long": (
        "classifier.vy",
        "    return words\n",
        "    for i: uint256 in range(100):\n        words.append(1)\n    return words\n",
        "counterWords(uint256,uint256): ",
        ("predict in bulk", "export"),
    ),
    "waits out of order": (
        "incentive_base.vy",
        "    return parameters.REFUND_WAIT\n\n\n@external",
        "    return 99\n\n\n@external",
        "the terms of this contract make no sense",
        ("claims", "verify", "source"),
    ),
    "a page without an end": (
        "classifier.vy",
        "def counterWords(first: uint256, count: uint256) -> DynArray[uint256, PAGE]:\n",
        "def counterWords(first: uint256, count: uint256) -> uint256[2]:\n"
        "    return [32, 2**60]\n\n\n"
        "@internal\n@view\ndef _unused(first: uint256, count: uint256) -> DynArray[uint256, PAGE]:\n",
        "makes no sense",
        ("predict in bulk", "export", "verify"),
    ),
}


def composition() -> Composition:
    waits = Seconds(60), Seconds(60), Seconds(60)
    model = SparsePerceptron(("no", "yes"), [3, -3, 1, 2], learning_rate=1)
    return compose(model, Stakeable(Wei(1), *waits), Texts("liar"), max_features=64)


def liar(chain: RpcChain, name: str, old: str, new: str) -> Address:
    """A model with one thing in it that is not true."""
    honest = composition()
    text = honest.sources[name]
    assert text.count(old) == 1, name
    false = replace(honest, sources={**honest.sources, name: text.replace(old, new)})
    address = deploy(chain, false, chain.accounts[0]).contract
    assert address is not None
    return address


@pytest.mark.parametrize("lie", LIES)
def test_that_is_nearly_a_model(lie: str, node: str, proxy: Proxy, give: Give) -> None:
    name, old, new, reason, commands = LIES[lie]
    address = liar(RpcChain(node), name, old, new)
    for command in commands:
        proxy.seen.clear()
        done = give(*COMMANDS[command].format(model=address).split(), "--rpc", proxy.url)
        done.refused(reason)
        assert len(proxy.seen) < MOST_REQUESTS


_ADDED = "log AddData(d=data, c=classification, t=block.timestamp, sender=msg.sender, cost=cost)"
EVENTS: Mapping[str, tuple[str, str, str, str]] = {
    "a deposit that nobody has": (
        "trainer.vy",
        _ADDED,
        _ADDED.replace("cost=cost", "cost=max_value(uint256)"),
        "the contract breaks its rules: contribution 0 ",
    ),
    "a class that there is not": (
        "trainer.vy",
        _ADDED,
        _ADDED.replace("c=classification", "c=max_value(uint64)"),
        "contribution 0 should have been refused (sparse-perceptron: no such class)",
    ),
    "features that there are not": (
        "trainer.vy",
        _ADDED,
        _ADDED.replace("d=data", "d=[min_value(int64), max_value(int64)]"),
        "contribution 0 should have been refused (sparse-perceptron: a feature index is out of range)",
    ),
    "another time": (
        "trainer.vy",
        _ADDED,
        _ADDED.replace("t=block.timestamp", "t=max_value(uint256)"),
        "the contract breaks its rules: contribution 0 has another time than its block",
    ),
    "a path that there is not": (
        "data_handler.vy",
        "path=path, amount=amount)",
        "path=9, amount=amount)",
        "tells of a claim on path 9, which there is not",
    ),
    "more than there is": (
        "data_handler.vy",
        "path=path, amount=amount)",
        "path=path, amount=max_value(uint256))",
        "the contract breaks its rules: a claim on contribution 0 paid ",
    ),
    "a contribution that nobody made": (
        "data_handler.vy",
        "log Claimed(key=key,",
        "log Claimed(key=empty(bytes32),",
        "the contract breaks its rules: something was claimed that nobody contributed",
    ),
}


@pytest.mark.parametrize("lie", EVENTS)
def test_whose_events_are_not_true(lie: str, node: str, give: Give, tmp_path: Path) -> None:
    name, old, new, reason = EVENTS[lie]
    chain = RpcChain(node)
    model = liar(chain, name, old, new)
    author = chain.accounts[0]
    added = chain.send(
        Transaction(author, model, call_data("addData(int64[],uint64)", [0], 1), Wei(10**9))
    ).time
    chain.advance_to(Seconds(added + 60))
    refund = call_data("refund(int64[],uint64,uint256)", [0], 1, added)
    chain.send(Transaction(author, model, refund))
    give("model", "claims", model, "--rpc", node).refused(reason)
    verified = give("model", "verify", model, "--rpc", node)
    assert (verified.code, reason in verified.out + verified.err) == (2, True)
    # What it predicts, and what it is, has nothing to do with that.
    assert give("model", "predict", model, "--file", "samples.txt", "--rpc", node).code == 0
