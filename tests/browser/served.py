"""A dashboard for tests: a real server and a real node, on free ports, in a folder of their own."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from decai.chain.base import Chain
from decai.chain.client import ChainTrainer
from decai.chain.compose import Texts, compose
from decai.chain.deploy import deploy
from decai.chain.known import KnownModel, remember
from decai.chain.rpc import RpcChain
from decai.classifier import SparsePerceptron
from decai.dataset import imdb
from decai.incentive import Stakeable
from decai.protocols import Classifier, IncentiveMechanism
from decai.units import DAY, SCALE, Address, Seconds, Wei

__all__ = [
    "REVIEWS",
    "Served",
    "add_model",
    "begun_again",
    "let_a_minute_pass",
    "outbox",
    "review_model",
    "served",
    "start",
    "stop",
]

REVIEWS: Final = {"positive": "A wonderful, superb film", "negative": "An awful, boring film"}
_SECONDS_TO_START: Final = 90


@dataclass
class Served:
    """A server that runs, and the node behind it."""

    process: "subprocess.Popen[str]"
    url: str
    folder: Path
    node_url: str = ""
    arguments: list[str] = field(default_factory=list)

    def chain(self) -> RpcChain:
        """The chain that its pages show; a node that was killed comes back elsewhere."""
        from decai.chain.local_node import ensure_running

        return RpcChain(ensure_running().url)


def start(folder: Path, *arguments: str) -> Served:
    """Start a server whose data are in a folder; `DECAI_DATA_DIR` names it already."""
    with (folder / "serve.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "decai.cli", "serve", "--json", *arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, "DECAI_DATA_DIR": str(folder)},
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, (folder / "serve.log").read_text()
    return Served(process, json.loads(line)["url"], folder, arguments=list(arguments))


def stop(server: Served, *, kill: bool = False) -> int:
    """End a server; returns its exit code."""
    server.process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
    code = server.process.wait(timeout=_SECONDS_TO_START)
    assert server.process.stdout is not None
    server.process.stdout.close()
    return code


@contextmanager
def begun_again(own: Served, data_home: Path, *, kill: bool = True) -> Iterator[Served]:
    """End a server in the middle of anything; another takes its address, for as long as this lasts."""
    stop(own, kill=kill)
    again = start(data_home, "--port", own.url.rpartition(":")[2])
    try:
        yield again
    finally:
        stop(again)


@contextmanager
def served(folder: Path, *arguments: str) -> Iterator[Served]:
    """A server on the local node of a folder."""
    from decai.chain.local_node import ensure_running

    node_url = ensure_running().url
    server = start(folder, "--port", "0", *arguments)
    server.node_url = node_url
    try:
        yield server
    finally:
        if server.process.poll() is None:
            stop(server)


def outbox(server: Served) -> sqlite3.Connection:
    """What the server has written down."""
    return sqlite3.connect(server.folder / "dashboard" / "outbox.sqlite", timeout=10)


def let_a_minute_pass(server: Served) -> None:
    """For what the server waits for: it takes its times from the outbox."""
    with closing(outbox(server)) as base:
        base.execute("update entries set changed = changed - 61 where fate = 'sent'")
        base.commit()


def review_model() -> SparsePerceptron:
    """A model of film reviews that knows a few words, so that a test knows what it will say and why."""
    words = imdb.encoder(1000).words
    weights = dict.fromkeys(range(len(words)), 0)
    for word, weight in {"wonderful": 3, "superb": 2, "film": 0, "boring": -2, "awful": -3}.items():
        weights[words.index(word)] = weight * SCALE
    return SparsePerceptron(("negative", "positive"), weights, learning_rate=SCALE // 2)


def add_model(
    chain: Chain,
    model: Classifier,
    name: str,
    encoder: str,
    terms: IncentiveMechanism | None = None,
    description: str = "For tests.",
    *,
    known: bool = True,
) -> ChainTrainer:
    """Deploy a model of the first account, and let the pages know of it unless it is a stranger's."""
    if terms is None:
        terms = Stakeable(Wei(20_000_000_000_000), DAY, Seconds(8 * DAY), Seconds(9 * DAY))
    what = compose(model, terms, Texts(name, description, encoder), max_features=64)
    mined = deploy(chain, what, chain.accounts[0])
    address = mined.contract or Address("")
    if known:
        remember(KnownModel(address, chain.chain_id, mined.block, name))
    return ChainTrainer(chain, address, mined.block)


def review_features(text: str) -> "np.ndarray[tuple[int], np.dtype[np.int32]]":
    """The features of a review, as the pages must send them."""
    return imdb.encoder(1000).encode(text)
