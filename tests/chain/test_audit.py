"""An audit holds for what the rules allow, and finds whatever they do not."""

import random
import re
from dataclasses import replace
from pathlib import PurePath
from typing import Any

import numpy as np
import pytest
from eth_utils.crypto import keccak

from decai.chain.audit import Audit, audit
from decai.chain.client import ChainTrainer
from decai.chain.compose import Composition, Texts, compose
from decai.chain.deploy import deploy
from decai.chain.evm import EvmChain
from decai.classifier import SparsePerceptron
from decai.errors import ChainError, Refused
from decai.incentive import Points, Stakeable
from decai.protocols import IncentiveMechanism
from decai.protocols import Path as ClaimPath
from decai.samples import Features
from decai.units import Address, Seconds, Wei

OWNER, *PEOPLE = (Address("0x" + digit * 40) for digit in "12345")
START = 1_700_000_000
WAITS = (Seconds(20), Seconds(60), Seconds(61))
MECHANISMS: dict[str, IncentiveMechanism] = {
    "stakeable": Stakeable(Wei(10), *WAITS),
    "shares by deposit": Stakeable(Wei(10), *WAITS, shares="deposit"),
    "points": Points(WAITS[0]),
}


def sample(*indices: int) -> Features:
    return np.array(indices, dtype=np.int32)


def composition(mechanism: str) -> Composition:
    model = SparsePerceptron(("no", "yes"), [1_000, -1_000, 2, -2], learning_rate=1)
    return compose(model, MECHANISMS[mechanism], Texts("Ünïcode", "", "words"))


def deployed(what: Composition) -> ChainTrainer:
    chain = EvmChain({person: Wei(10**24) for person in (OWNER, *PEOPLE)}, Seconds(START))
    contract = deploy(chain, what, OWNER).contract
    assert contract is not None
    return ChainTrainer(chain, contract)


def use(trainer: ChainTrainer, steps: int = 300, seed: int = 7) -> None:
    """Contribute and claim at random."""
    rng = random.Random(seed)
    chain = trainer.chain
    added: list[tuple[Features, int, Seconds, Address]] = []
    for _ in range(steps):
        chain.advance_to(Seconds(chain.now + rng.choice([0, 0, 1, 5, 25, 70])))
        try:
            if rng.random() < 0.4 or not added:
                x, label = sample(*sorted(rng.sample(range(6), rng.randint(0, 3)))), rng.randint(0, 1)
                author = rng.choice(PEOPLE)
                trainer.submit(author, x, label, Wei(10**6))
                added.append((x, label, chain.now, author))
                continue
            x, label, time, author = rng.choice(added[-40:])
            claimer = rng.choice([OWNER, *PEOPLE, author, author])
            if claimer == author:
                trainer.refund(claimer, x, label, time)
            else:
                trainer.report(claimer, x, label, time, author)
        except Refused:
            pass


def audited(trainer: ChainTrainer) -> Audit:
    return audit(trainer.chain, trainer.address)


def failed(trainer: ChainTrainer) -> dict[str, str]:
    return {check.name: check.detail for check in audited(trainer).checks if not check.holds}


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_holds_for_whatever_the_rules_allow(mechanism: str) -> None:
    trainer = deployed(composition(mechanism))
    use(trainer)
    found = audited(trainer)
    assert found.holds, found
    assert found.contributions > 60
    assert found.claims > 40
    assert found.held == trainer.held


def test_holds_for_a_model_that_nobody_has_used() -> None:
    found = audited(deployed(composition("stakeable")))
    assert (found.holds, found.contributions, found.claims, found.held) == (True, 0, 0, 0)


def test_holds_after_every_path_and_many_reporters_of_one_contribution() -> None:
    trainer = deployed(composition("stakeable"))
    goods = []
    for person in PEOPLE[:3]:
        trainer.advance_to(Seconds(trainer.now + 10_000))
        trainer.submit(person, sample(0), 1, Wei(10**6))
        goods.append((person, trainer.now))
    bads = []
    for label in (1, 1):
        trainer.advance_to(Seconds(trainer.now + 10_000))
        trainer.submit(PEOPLE[3], sample(1), label, Wei(10**6))
        bads.append(trainer.now)
    trainer.advance_to(Seconds(bads[-1] + 30))
    for person, added in goods:
        trainer.refund(person, sample(0), 1, added)
    for reporter in PEOPLE[:3]:
        path, _ = trainer.report(reporter, sample(1), 1, bads[1], PEOPLE[3])
        assert path is ClaimPath.REPORT
    assert trainer.report(PEOPLE[0], sample(1), 1, bads[0], PEOPLE[3])[0] is ClaimPath.ANYONE
    found = audited(trainer)
    assert found.holds, found


def slots(what: Composition) -> dict[str, int]:
    """Where the contract keeps its variables."""
    from vyper.compiler import compile_from_file_input
    from vyper.compiler.input_bundle import JSONInputBundle

    sources = {PurePath(name): {"content": text} for name, text in what.sources.items()}
    bundle = JSONInputBundle(sources, [PurePath()])
    output: dict[str, Any] = compile_from_file_input(
        bundle.load_file(PurePath("trainer.vy")), input_bundle=bundle, output_formats=("layout",)
    )
    flat: dict[str, int] = {}

    def collect(layout: dict[str, Any]) -> None:
        for name, entry in layout.items():
            if "slot" in entry:
                flat[name] = entry["slot"]
            elif isinstance(entry, dict):
                collect(entry)

    collect(output["layout"]["storage_layout"])
    return flat


def in_map(slot: int, key: bytes) -> int:
    """The slot of an entry of a Vyper hash map."""
    return int.from_bytes(keccak(slot.to_bytes(32, "big") + key.rjust(32, b"\0")), "big")


@pytest.fixture
def used() -> ChainTrainer:
    trainer = deployed(composition("stakeable"))
    use(trainer)
    return trainer


class TestFinds:
    """Changed by one bit behind the contract's back."""

    def flip(self, trainer: ChainTrainer, slot: int, bit: int = 0) -> None:
        chain = trainer.chain
        assert isinstance(chain, EvmChain)
        word = chain._evm.storage(trainer.address, slot)
        chain._evm.insert_account_storage(trainer.address, slot, word ^ (1 << bit))

    def test_a_weight(self, used: ChainTrainer) -> None:
        self.flip(used, slots(composition("stakeable"))["_counters"], bit=16 * 4)
        assert failed(used)["model"].startswith("word 0 of its counterWords is ")

    def test_a_weight_that_nobody_ever_learned(self, used: ChainTrainer) -> None:
        self.flip(used, slots(composition("stakeable"))["_counters"] + 4_095, bit=255)
        assert failed(used) == {
            "model": f"word 4,095 of its counterWords is {0x8000 << 240:#x}; by the rules it is 0x0"
        }

    @pytest.mark.parametrize("bit", [0, 96, 192, 224, 253, 254])
    def test_any_field_of_a_contribution(self, used: ChainTrainer, bit: int) -> None:
        key = used.replica.update().keys[5]
        self.flip(used, in_map(slots(composition("stakeable"))["contributions"], key), bit)
        assert list(failed(used)) == ["ledger"]

    @pytest.mark.parametrize("bit", [0, 48, 80])
    def test_an_account(self, used: ChainTrainer, bit: int) -> None:
        account = bytes.fromhex(PEOPLE[0][2:])
        self.flip(used, in_map(slots(composition("stakeable"))["accounts"], account), bit)
        assert "accounts" in failed(used)

    @pytest.mark.parametrize("bit", [0, 40, 80, 128, 176])
    def test_the_totals(self, used: ChainTrainer, bit: int) -> None:
        self.flip(used, slots(composition("stakeable"))["totals"], bit)
        assert "accounts" in failed(used)

    def test_an_owner(self, used: ChainTrainer) -> None:
        self.flip(used, slots(composition("stakeable"))["owner"])
        assert list(failed(used)) == ["owner"]

    def test_missing_money(self, used: ChainTrainer) -> None:
        chain, held = used.chain, used.held
        assert isinstance(chain, EvmChain)
        chain.set_balance(used.address, Wei(held - 1))
        assert failed(used) == {"money": f"the contract holds {held - 1:,} wei and owes {held:,}"}

    def test_forced_money_is_no_fault(self, used: ChainTrainer) -> None:
        chain = used.chain
        assert isinstance(chain, EvmChain)
        chain.set_balance(used.address, Wei(used.held + 5))
        assert audited(used).holds


def cheat(old: str, new: str) -> ChainTrainer:
    """A contract whose incentive mechanism is not what it says."""
    honest = composition("stakeable")
    text = honest.sources["incentive.vy"]
    assert old in text
    return deployed(replace(honest, sources={**honest.sources, "incentive.vy": text.replace(old, new)}))


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (
            "unsafe_mul(parameters.COST_WEIGHT, 3600)",
            "unsafe_mul(parameters.COST_WEIGHT, 3601)",
            r"cost \d+,?\d* wei; the rule says",
        ),
        (
            "self._share(data_handler._deposit(contribution), account)",
            "left",
            "paid .* wei by path report; the rule says",
        ),
        ("not base._has_waited(added)", "False", "should have been refused"),
        ("base._settle_refund(msg.sender, deposit)", "pass", "should have been refused|accounts"),
    ],
)
def test_finds_a_contract_that_breaks_its_rules(old: str, new: str, found: str) -> None:
    trainer = cheat(old, new)
    use(trainer, steps=1_500)
    result = audited(trainer)
    assert not result.holds
    details = " ".join(f"{check.name} {check.detail}" for check in result.checks if not check.holds)
    assert re.search(found, details), details


def test_finds_other_code_though_it_did_nothing_wrong_yet() -> None:
    trainer = cheat("unsafe_mul(parameters.COST_WEIGHT, 3600)", "unsafe_mul(parameters.COST_WEIGHT, 3601)")
    assert list(failed(trainer)) == ["code"]


def test_a_contract_of_somebody_else_is_no_model() -> None:
    trainer = deployed(composition("points"))
    with pytest.raises(ChainError, match="there is no contract at this address on chain 31337"):
        audit(trainer.chain, PEOPLE[0])
