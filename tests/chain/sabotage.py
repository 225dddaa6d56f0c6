"""Commands and the node that they talk to are killed at random moments; nothing may be lost or done twice.

Each round gives one command, to deploy a model of any kind with any mechanism or to contribute to one, and
kills it, the node, or both while it works. The same command is then given until it succeeds. In the end,
whatever a command has ever told must be there, and each round's work must have been done once.

    python -m tests.chain.sabotage --rounds 100
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from decai.chain.local_node import ensure_running, status, stop
from decai.model_file import write_model
from decai.paths import DATA_DIR_VARIABLE, data_dir
from decai.units import Address
from tests.chain.pairings import CLASSES, PAIRINGS, Pairing, classifier, drawn, sample

VICTIMS = ("client", "anvil", "supervisor", "node", "client and node")
ATTEMPTS = 5
TYPICAL_SECONDS = 0.8
"""What a command takes, without the imports."""

SIZE = 2_600
"""Features that a model knows: its contract's own code has no room for them, so there are data contracts."""

Told = dict[str, Any]


@dataclass
class Round:
    """One command, and what came of it."""

    number: int
    kind: str
    arguments: list[str]
    pairing: Pairing
    """Of the model that it is about."""
    victim: str = ""
    told: list[Told] = field(default_factory=list)
    """What was told of it, each time; a killed command may have told as well."""
    errors: list[str] = field(default_factory=list)
    runs: int = 0

    @property
    def mark(self) -> str:
        """A name that only this round's model has."""
        return f"round {self.number:06}"

    @property
    def features(self) -> tuple[int, ...]:
        """A sample that only this round contributes."""
        return tuple(sample(self.pairing, self.number).tolist())


class Sabotage:
    """Rounds of commands, with kills.

    Parameters
    ----------
    folder
        For output and model files; the data folder is that of the environment.
    seed
        Decides what is done, and what is killed when.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.rounds: list[Round] = []
        self.kills: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._models: list[tuple[Address, Pairing]] = []
        self._pairings = drawn(seed)

    def play(self) -> Round:
        """Give one command, kill somebody meanwhile, and give it again until it is done."""
        this = self._next()
        self.rounds.append(this)
        this.victim = self._random.choice(VICTIMS)
        self.kills[this.victim] += 1
        # A command that was killed may have told everything before.
        done = self._run(this, sabotaged=True)
        while not done:
            assert this.runs < ATTEMPTS, f"round {this.number} does not get done: {this.errors}"
            done = self._run(this, sabotaged=False)
        if this.kind == "deploy":
            self._models.append((Address(this.told[-1]["address"]), this.pairing))
        return this

    def _next(self) -> Round:
        number = len(self.rounds) + 1
        if self._models and self._random.random() < 0.6:
            model, pairing = self._random.choice(self._models)
            this = Round(number, "add-data", ["model", "add-data", model], pairing)
            this.arguments += ["--features", ",".join(map(str, this.features)), "--label", CLASSES[1]]
        else:
            pairing = next(self._pairings)
            this = Round(number, "deploy", ["deploy", str(self._file(pairing))], pairing)
            this.arguments += ["--name", this.mark, "--incentive", pairing.incentive, "--refund-wait", "60"]
            this.arguments += ["--cost-weight", "1000"] if pairing.incentive == "stakeable" else []
        this.arguments.append("--json")
        return this

    def _file(self, pairing: Pairing) -> Path:
        path = self.folder / f"{pairing.classifier}.json"
        if not path.exists():
            write_model(classifier(pairing, SIZE), path)
        return path

    def _run(self, this: Round, *, sabotaged: bool) -> bool:
        """Run the command in a process of its own; whether it has told what it did."""
        this.runs += 1
        out, err = (self.folder / f"{this.number}-{this.runs}.{end}" for end in ("out", "err"))
        journals = {path.name for path in _journals()}
        child = _fork(this.arguments, out, err)
        if sabotaged:
            self._strike(this, child, journals)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        text, said = out.read_text(), err.read_text()
        if code == -signal.SIGKILL:
            assert said == "", said
        elif code:
            assert code == 2, (code, said)
            assert said.startswith("error: "), said
            assert said.count("\n") == 1, said
            this.errors.append(said.strip())
        else:
            assert said == "", said
        if text.endswith("\n"):
            this.told.append(json.loads(text))
        return text.endswith("\n")

    def _strike(self, this: Round, child: int, journals: set[str]) -> None:
        """Kill at any moment, or as soon as something is about to go out."""
        due = monotonic() + self._random.uniform(0, TYPICAL_SECONDS)
        if self._random.random() < 0.6:
            give_up = monotonic() + 30
            while not any(path.stat().st_size for path in _journals() if path.name not in journals):
                if monotonic() > give_up or _has_ended(child):
                    break
                sleep(0.001)
            due = monotonic() + self._random.uniform(0, 0.08)
        while monotonic() < due:
            sleep(0.001)
        node = status() if this.victim != "client" else None
        victims = [child] if "client" in this.victim else []
        if node is not None:
            whom = this.victim.rpartition(" ")[2]
            victims += [node.anvil_pid] if whom in ("anvil", "node") else []
            victims += [node.pid] if whom in ("supervisor", "node") else []
        for victim in victims:
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)

    def check(self) -> None:
        """Find out whether anything is lost, or was done twice."""
        from decai.chain.audit import audit
        from decai.chain.known import known_models
        from decai.chain.rpc import RpcChain

        chain = RpcChain(ensure_running().url)
        known = {model.address: model.first_block for model in known_models()}
        sent = [
            transaction
            for number in range(chain.block + 1)
            for transaction in chain.node.ask("eth_getBlockByNumber", hex(number), True)["transactions"]
        ]
        for this in self.rounds:
            assert len({_told_key(told) for told in this.told}) == 1, this
            for told in this.told:
                _check_told(chain, this, told)
            if this.kind == "deploy":
                deployed = [each for each in sent if this.mark.encode().hex() in each["input"]]
                assert len(deployed) == 1, (this, len(deployed))
                assert known[this.told[0]["address"]] == this.told[0]["first_block"]
        contributed = Counter[tuple[int, ...]]()
        for address, _ in self._models:
            found = audit(chain, address, known[address])
            assert found.holds, found
            contributed.update(_contributions(chain, address, known[address]))
        expected = {this.features for this in self.rounds if this.kind == "add-data"}
        assert contributed == dict.fromkeys(expected, 1)
        assert not _journals()


def _told_key(told: Told) -> str:
    """What must be the same, however often it is told."""
    return str(told.get("address") or told["transaction"])


def _check_told(chain: Any, this: Round, told: Told) -> None:
    steps = told.get("steps") or [{"transaction": told["transaction"], "gas": told["gas"]}]
    for step in steps:
        receipt = chain.node.ask("eth_getTransactionReceipt", step["transaction"])
        assert receipt is not None, f"lost: {step} of {this}"
        assert (int(receipt["gasUsed"], 16), int(receipt["status"], 16)) == (step["gas"], 1)
    if this.kind == "deploy":
        assert chain.code(told["address"])
    else:
        block = chain.node.ask("eth_getBlockByNumber", hex(told["block"]), False)
        assert int(block["timestamp"], 16) == told["added"]


def _contributions(chain: Any, address: Address, first_block: int) -> Iterator[tuple[int, ...]]:
    from decai.chain.replica import Replica

    ledger = Replica(chain, address, first_block).update().twin.ledger
    for features in ledger.features:
        yield tuple(features.tolist())


def _journals() -> list[Path]:
    folder = data_dir() / "journal"
    return sorted(folder.iterdir()) if folder.exists() else []


def _has_ended(child: int) -> bool:
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _fork(arguments: list[str], out: Path, err: Path) -> int:
    """Run ``decai`` in a copy of this process, which has done all imports already."""
    child = os.fork()
    if child:
        return child
    try:
        for path, descriptor in ((out, 1), (err, 2)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
        from decai.cli import run

        code = run(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    finally:
        os._exit(99)


def _import_everything(folder: Path) -> None:
    """What commands import when they need it is imported now, by giving them."""
    from decai.cli import run

    write_model(classifier(PAIRINGS[0]), folder / "first.json")
    with _silence():
        assert run(["deploy", str(folder / "first.json"), "--json"]) == 0
        assert run(["model", "add-data", "first", "--features", "1", "--label", "no", "--json"]) == 0


@contextmanager
def _silence() -> Iterator[None]:
    kept = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


@contextmanager
def own_data_folder(folder: Path) -> Iterator[None]:
    """A data folder in which nothing is but what was fetched once; its node ends in the end."""
    common, own = data_dir(), folder / "data"
    own.mkdir()
    for name in ("bin", "compiled", "vyper"):
        (common / name).mkdir(parents=True, exist_ok=True)
        (own / name).symlink_to(common / name)
    os.environ[DATA_DIR_VARIABLE] = str(own)
    try:
        yield
    finally:
        stop()


def main() -> None:
    """Play rounds from the command line, and say what came of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    chosen = parser.parse_args()
    # So that no node is left running when somebody stops this.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    begin = monotonic()
    with tempfile.TemporaryDirectory(prefix="decai-sabotage-") as name, own_data_folder(Path(name)):
        _import_everything(Path(name))
        sabotage = Sabotage(Path(name), chosen.seed)
        for number in range(1, chosen.rounds + 1):
            sabotage.play()
            if number % 10 == 0:
                print(f"{number} rounds, {monotonic() - begin:.0f} s", flush=True)
        sabotage.check()
    kinds = Counter(this.kind for this in sabotage.rounds)
    pairings = Counter(str(this.pairing) for this in sabotage.rounds)
    print("; ".join(f"{pairing} {count}" for pairing, count in sorted(pairings.items())))
    again = sum(this.runs > 1 for this in sabotage.rounds)
    resumed = sum(
        bool(this.told[-1].get("resumed") or this.told[-1].get("earlier")) for this in sabotage.rounds
    )
    print(
        f"{chosen.rounds} rounds with seed {chosen.seed}: {dict(kinds)}; killed: {dict(sabotage.kills)}; "
        f"{again} commands were given again, {resumed} of them found what was sent before; nothing is lost, "
        "nothing was done twice"
    )


if __name__ == "__main__":
    main()
