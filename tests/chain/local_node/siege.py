"""The local node under siege: deploy and contribute while node, anvil and clients are killed at random.

Models are of every kind, with every mechanism. Each client writes down what was acknowledged to it. At the
end all of it must be there, and every model must be what its rules say.

    python -m tests.chain.local_node.siege 100
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from decai.chain.audit import audit
from decai.chain.client import ChainTrainer
from decai.chain.compiler import compile_composition
from decai.chain.compose import Composition, Texts, compose
from decai.chain.deployment import deploy_model
from decai.chain.local_node import anvil_path, ensure_running, status, stop
from decai.chain.local_node.anvil import rpc
from decai.chain.rpc import RpcChain
from decai.errors import ChainError, DecaiError, Refused
from decai.paths import DATA_DIR_VARIABLE, data_dir
from decai.units import Address, Wei
from tests.chain.pairings import PAIRINGS, Pairing, classifier, drawn, incentive, sample

CONTRIBUTIONS = 5
"""To one model, before the next is deployed."""
PATIENCE = 60.0
"""Seconds to wait for progress between two kills."""
ROOT = Path(__file__).parents[3]


def tell(witness: Path, **fact: object) -> None:
    with witness.open("ab") as file:
        file.write(json.dumps(fact).encode() + b"\n")


def told_to(witness: Path) -> list[dict[str, Any]]:
    lines = witness.read_text().splitlines() if witness.exists() else []
    return [json.loads(line) for line in lines]


def be_client(witness: Path, seed: int) -> None:
    """Deploy and contribute until killed; a fault of the node that is being killed is no reason to stop."""
    while True:
        try:
            work(witness, seed)
        except Refused as refusal:
            raise AssertionError(f"refused: {refusal}") from None
        except ChainError:
            time.sleep(0.05)


def composition(pairing: Pairing, name: str = "0-000") -> Composition:
    return compose(classifier(pairing), incentive(pairing), Texts(name), max_features=64)


def work(witness: Path, seed: int) -> None:
    """Contribute once to the last model, or deploy the next one."""
    chain = RpcChain(ensure_running().url)
    sender = chain.accounts[seed]
    facts = told_to(witness)
    models = [fact["model"] for fact in facts if "model" in fact]
    done = sum(fact.get("of") == models[-1] for fact in facts) if models else CONTRIBUTIONS
    pairings = drawn(seed)
    if done < CONTRIBUTIONS:
        pairing = next(islice(pairings, len(models) - 1, None))
        trainer = ChainTrainer(chain, Address(models[-1]))
        # another sample for each contribution, so that a repetition would be seen
        mined = trainer.submit(sender, sample(pairing, done), 1, Wei(trainer.cost() + 10**12))
        tell(witness, of=models[-1], transaction=mined.transaction.hex(), time=mined.time)
        return
    pairing = next(islice(pairings, len(models), None))
    found = deploy_model(chain, composition(pairing, f"{seed}-{len(models):03}"), sender)
    tell(witness, model=found.address, pairing=str(pairing))


class Siege:
    """Rounds of killing in a data folder."""

    def __init__(self, folder: Path, seed: int, clients: int = 2) -> None:
        self.random = random.Random(seed)
        self.kills: Counter[str] = Counter()
        self.pairings: Counter[str] = Counter()
        """What was deployed."""
        self.witnesses = [folder / f"witness-{number}" for number in range(clients)]
        self.processes: list[subprocess.Popen[bytes] | None] = [None] * clients

    def run(self, rounds: int) -> None:
        for pairing in PAIRINGS:
            # Else most of what is killed were compilers.
            compile_composition(composition(pairing))
        try:
            for _ in range(rounds):
                self._start_clients()
                self._wait()
                self._kill(self.random.choice(["anvil", "supervisor", "client", "client"]))
            self._start_clients()
            self._wait()
        finally:
            for number in range(len(self.processes)):
                self._kill_client(number)

    def check(self) -> tuple[int, int]:
        """Everything acknowledged is there; how many models and contributions."""
        url = ensure_running().url
        chain = RpcChain(url)
        models = contributions = 0
        for witness in self.witnesses:
            facts = told_to(witness)
            for fact in facts:
                if "model" in fact:
                    models += 1
                    self.pairings[fact["pairing"]] += 1
                    found = audit(chain, Address(fact["model"]))
                    assert found.holds, found
                    told = sum(each.get("of") == fact["model"] for each in facts)
                    # a client that is killed between the chain's word and its own has one more there
                    assert found.contributions >= told, "an acknowledged contribution is lost"
                    continue
                receipt = rpc(url, "eth_getTransactionReceipt", f"0x{fact['transaction']}")
                assert receipt is not None, "an acknowledged transaction is lost"
                block = rpc(url, "eth_getBlockByNumber", receipt["blockNumber"], False)
                assert int(block["timestamp"], 16) == fact["time"], "it has another time than it was told"
                contributions += 1
        return models, contributions

    def _wait(self) -> None:
        """Until something more was acknowledged, or for a while; then a moment, which falls anywhere."""
        wanted = self._told() + self.random.randrange(5)
        due = time.monotonic() + PATIENCE
        while self._told() < wanted and time.monotonic() < due:
            time.sleep(0.01)
        time.sleep(self.random.uniform(0, 0.2))

    def _told(self) -> int:
        return sum(len(each.read_bytes().splitlines()) for each in self.witnesses if each.exists())

    def _start_clients(self) -> None:
        for number, process in enumerate(self.processes):
            if process is not None and process.poll() is None:
                continue
            assert process is None or process.returncode == -signal.SIGKILL, "a client failed"
            arguments = [sys.executable, "-m", "tests.chain.local_node.siege", "client"]
            arguments += [str(self.witnesses[number]), str(number)]
            self.processes[number] = subprocess.Popen(arguments, cwd=ROOT)

    def _kill(self, whom: str) -> None:
        self.kills[whom] += 1
        if whom == "client":
            self._kill_client(self.random.randrange(len(self.processes)))
            return
        try:
            running = status()
        except DecaiError:
            return
        if running is not None:
            pid = running.anvil_pid if whom == "anvil" else running.pid
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                self.kills[f"{whom} was dead"] += 1

    def _kill_client(self, number: int) -> None:
        process = self.processes[number]
        if process is not None:
            process.kill()
            process.wait()


def main() -> None:
    """The campaign: so many rounds in a folder of its own."""
    rounds = int(sys.argv[1])
    with TemporaryDirectory(prefix="decai-siege-") as name:
        folder = Path(name)
        (folder / "bin").mkdir()
        (folder / "bin" / anvil_path().name).symlink_to(anvil_path())
        (data_dir() / "compiled").mkdir(parents=True, exist_ok=True)
        (folder / "compiled").symlink_to(data_dir() / "compiled")
        os.environ[DATA_DIR_VARIABLE] = name
        os.environ["DECAI_NODE_PORT"] = "0"
        siege = Siege(folder, seed=rounds)
        try:
            siege.run(rounds)
            models, contributions = siege.check()
        finally:
            stop()
        killed = ", ".join(f"{whom} {count}" for whom, count in sorted(siege.kills.items()))
        print(f"{rounds} rounds ({killed})")
        print("; ".join(f"{pairing} {count}" for pairing, count in sorted(siege.pairings.items())))
        print(f"{models} models and {contributions} contributions acknowledged, 0 lost")


if __name__ == "__main__":
    if sys.argv[1] == "client":
        be_client(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
