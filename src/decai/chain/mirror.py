"""A trainer in memory that has a contract do whatever it does, and finds the first difference.

Each contribution, claim and payment that the rules in memory let through becomes a transaction of the same
sender at the same second. They are sent many at a time, for the twin knows beforehand what each will do; what the
contract says that it did is held to it, to the wei.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from decai.chain.abi import call_data, packed_bytes, selector, topic
from decai.chain.audit import compare_state
from decai.chain.base import Chain, Log, Mined, Transaction
from decai.chain.compose import Composition
from decai.chain.deploy import init_code
from decai.chain.model import read, read_counters
from decai.chain.replica import Replica
from decai.classifier import SparsePerceptron
from decai.errors import BrokenRulesError, ChainError
from decai.protocols import Claim, IncentiveMechanism, Offer, Path, Receipt
from decai.samples import Features
from decai.trainer import LocalTrainer
from decai.units import Address, Seconds, Wei

__all__ = ["MirroredTrainer", "Reported"]

_BATCH: Final = 1_000
_GAS: Final = 16_000_000
"""Just below the most that a transaction may use (EIP-7825), so that nobody has to estimate."""
_ADD: Final = "addDataPacked(uint256[],uint64)"
_REFUND: Final = "refundPacked(uint256[],uint64,uint256)"
_REPORT: Final = "reportPacked(uint256[],uint64,uint256,address)"
_HAND_ON: Final = "transferOwnership(address)"


@dataclass(frozen=True, slots=True)
class Reported:
    """What the contract said that it did, in columns; money in wei, time in seconds."""

    contribution_time: list[int] = field(default_factory=list)
    contribution_sender: list[Address] = field(default_factory=list)
    contribution_label: list[int] = field(default_factory=list)
    contribution_cost: list[int] = field(default_factory=list)
    claim_time: list[int] = field(default_factory=list)
    claim_sender: list[Address] = field(default_factory=list)
    claim_contribution: list[int] = field(default_factory=list)
    claim_path: list[int] = field(default_factory=list)
    claim_amount: list[int] = field(default_factory=list)


class _Step(NamedTuple):
    """Something the twin did, for the chain to do."""

    what: str
    """``contribution``, ``refund``, ``report``, ``payment`` or ``handover``."""
    now: Seconds
    sender: Address
    transaction: Transaction
    contribution: int = -1
    path: Path = Path.REFUND
    amount: Wei = Wei(0)
    """What a claim pays, a contribution costs or a payment moves."""


class MirroredTrainer(LocalTrainer):
    """A shared model in memory and on a chain at once.

    Parameters
    ----------
    classifier, incentive, owner, balances
        As of `LocalTrainer`; time begins at second 0 in both.
    composition
        The contract of these parts. It is deployed in second 0, by its owner.
    chain
        A fresh one that has not passed second 0, charges nothing for gas, sends for any account without its
        key and has given everybody these balances.
    names
        What to call the accounts in messages.

    Raises
    ------
    BrokenRulesError
        From any method, if the contract did not do just what the rules in memory decided; it names the
        first event that differs. Since transactions wait for each other, it comes up to a batch later.
    ChainError
        From any method, if the chain does not answer.
    """

    def __init__(
        self,
        classifier: SparsePerceptron,
        incentive: IncentiveMechanism,
        *,
        owner: Address,
        balances: Mapping[Address, Wei],
        composition: Composition,
        chain: Chain,
        names: Mapping[Address, str] | None = None,
    ) -> None:
        super().__init__(classifier, incentive, owner=owner, balances=balances)
        self.chain = chain
        self.reported = Reported()
        self._model = classifier
        self._names = names or {}
        self._checksummed: dict[Address, Address] = {}
        self._steps: list[_Step] = []
        self._done = 0
        self._moved: set[Address] = set(balances)
        """Whose money may have changed since it was compared."""
        self._samples: list[bytes] = []
        """Of each contribution, its packed features as the tail of an ABI encoding."""
        self.address = self._deploy(composition, owner, next(iter(balances)))
        self.replica = Replica(chain, self.address)
        self.replica.trainer = self
        self._index_bits = self.replica.info.index_bits
        self._compare_start()

    def _deploy(self, composition: Composition, owner: Address, somebody: Address) -> Address:
        nobody = int(owner, 16) == 0
        deployer = self._place(somebody if nobody else owner)
        mined = self.chain.send_many(
            [Transaction(deployer, None, init_code(composition), gas=_GAS)], [Seconds(0)]
        )[0]
        if mined.contract is None or mined.refusal is not None:
            raise ChainError(f"the contract cannot be deployed: {mined.refusal or 'the chain says no more'}")
        if nobody:
            hand_on = Transaction(deployer, mined.contract, call_data(_HAND_ON, owner), gas=_GAS)
            self.chain.send_many([hand_on], [Seconds(0)])
        return mined.contract

    def _compare_start(self) -> None:
        start = self.replica.start
        assert isinstance(start, SparsePerceptron)
        mine, theirs = ({k: w for k, w in m.weights().items() if w} for m in (self._model, start))
        if mine != theirs or start.intercept != self._model.intercept:
            raise BrokenRulesError(f"{self.address}: the contract does not start from the model in memory")

    def add_data(self, sender: Address, features: Features, label: int, value: Wei) -> Receipt:
        """Contribute one sample; raises what `LocalTrainer.add_data` does, and sends nothing then."""
        receipt = super().add_data(sender, features, label, value)
        words = packed_bytes(features, self._index_bits)
        sample = _word(len(words) // 32) + words
        self._samples.append(sample)
        self.replica.keys.append(_keccak(self._key(receipt.contribution)))
        data = selector(_ADD) + _word(64) + _word(label) + sample
        self._send("contribution", sender, data, value, receipt.contribution, amount=receipt.cost)
        return receipt

    def _settle(self, claim: Claim, offer: Offer) -> Offer:
        number, path, amount = super()._settle(claim, offer)
        claimer = claim.claimer
        self._note_claim(number, path, claimer)
        if path is Path.REFUND:
            data = selector(_REFUND) + _word(96) + _word(claim.label) + _word(claim.added)
            self._send("refund", claimer, data + self._samples[number], Wei(0), number, path, amount)
        else:
            data = selector(_REPORT) + self._key(number)
            self._send("report", claimer, data, Wei(0), number, path, amount)
        return offer

    def pay(self, sender: Address, recipient: Address, amount: Wei) -> None:
        """Move money between two addresses; raises what `LocalTrainer.pay` does, and sends nothing then."""
        super().pay(sender, recipient, amount)
        if amount:
            self._moved.add(recipient)
            transaction = Transaction(self._place(sender), self._place(recipient), b"", amount, _GAS)
            self._append(_Step("payment", self._now, sender, transaction, amount=amount))

    def transfer_ownership(self, sender: Address, new_owner: Address) -> None:
        """Hand the model on; raises what `LocalTrainer.transfer_ownership` does, and sends nothing then."""
        super().transfer_ownership(sender, new_owner)
        self._send("handover", sender, call_data(_HAND_ON, new_owner))

    def grant(self, address: Address, amount: Wei) -> None:
        """Money does not come from outside here."""
        raise ChainError("on a chain, money cannot be granted in the middle of a run")

    def add_class(self, sender: Address, name: str, samples: object = None) -> int:
        """Classes are not added here."""
        raise ChainError("on a chain, classes cannot be added in the middle of a run")

    def restore(self, checkpoint: object) -> None:
        """A chain does not go back."""
        raise ChainError("on a chain, a run cannot go back to a checkpoint")

    def _key(self, number: int) -> bytes:
        """What a contribution is known by, before it is hashed: the arguments of a report on it."""
        ledger = self.ledger
        author = bytes.fromhex(ledger.author[number][2:]).rjust(32, b"\0")
        head = _word(128) + _word(ledger.label[number]) + _word(ledger.added[number])
        return head + author + self._samples[number]

    def _note_claim(self, number: int, path: Path, claimer: Address) -> None:
        """What a word of the ledger tells beyond the twin's."""
        replica = self.replica
        replica.claims += 1
        replica.claimers.add(claimer)
        if path is Path.REPORT and self.ledger.deposit[number]:
            replica.reporters.setdefault(number, []).append(claimer)
            if not self.ledger.left[number]:
                replica.closers[number] = claimer

    def _place(self, address: Address) -> Address:
        known = self._checksummed.get(address)
        if known is None:
            from eth_utils.address import to_checksum_address

            known = self._checksummed[address] = Address(to_checksum_address(address))
        return known

    def _send(
        self,
        what: str,
        sender: Address,
        data: bytes,
        value: Wei = Wei(0),
        contribution: int = -1,
        path: Path = Path.REFUND,
        amount: Wei = Wei(0),
    ) -> None:
        transaction = Transaction(self._place(sender), self.address, data, value, _GAS)
        self._append(_Step(what, self._now, sender, transaction, contribution, path, amount))

    def _append(self, step: _Step) -> None:
        self._moved.add(step.sender)
        self._steps.append(step)
        if len(self._steps) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Let the chain catch up, and hold what it did to what the twin did."""
        steps, self._steps = self._steps, []
        if not steps:
            return
        transactions = [step.transaction for step in steps]
        for step, mined in zip(
            steps, self.chain.send_many(transactions, [step.now for step in steps]), strict=True
        ):
            self._done += 1
            self._check(step, mined)

    def synchronize(self) -> None:
        """Let the chain catch up, and compare its model and its money with the twin's.

        Of the accounts, those whose money could have changed since the last time.
        """
        self.flush()
        if not self._moved:
            return
        expected = self._model.counters()
        found = read_counters(self.chain, self.replica.info, sorted({i >> 4 for i in self._model.weights()}))
        self._expect_state(found == expected, "the contract's weights differ from the model in memory")
        for address in self._moved:
            self._expect_balance(self.name(address), address, self.balance(address))
        self._expect_balance("the contract", self.address, self.held)
        self._moved.clear()

    def expect_cost(self, time: Seconds) -> None:
        """Compare what a contribution costs at a time, not before the last one."""
        if self.incentive.add_data_cost(time):
            theirs = read(self.chain, self.address, "getNextAddDataCost(uint256)", "uint256", time)
            mine = self.incentive.add_data_cost(time)
            self._expect_state(
                theirs == mine,
                f"a contribution costs {theirs:,} wei in second {time:,}, and {mine:,} by the rules",
            )

    def compare(self) -> None:
        """Let the chain catch up, and compare all of the contract's state and all balances with the twin's."""
        self._moved.update(self._balances)
        self.synchronize()
        for check in compare_state(self.chain, self.replica):
            self._expect_state(check.holds, f"{check.name}: {check.detail}")

    def name(self, address: Address) -> str:
        """What to call an account."""
        return self._names.get(address, address)

    def _expect_balance(self, name: str, address: Address, amount: Wei) -> None:
        owned = self.chain.balance(self._place(address))
        self._expect_state(owned == amount, f"{name} has {owned:,} wei, and {amount:,} by the rules")

    def _expect_state(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise BrokenRulesError(f"after event {self._done:,} (second {self.now:,}): {otherwise}")

    def _check(self, step: _Step, mined: Mined) -> None:
        if mined.refusal is not None:
            raise self._difference(step, f"was refused ({mined.refusal}), and the rules let it through")
        if mined.time != step.now:
            raise self._difference(step, f"happened in second {mined.time:,}")
        if step.what == "contribution":
            self._check_contribution(step, mined)
        elif step.what in ("refund", "report"):
            self._check_claim(step, mined)

    def _check_contribution(self, step: _Step, mined: Mined) -> None:
        log = self._event(step, mined, "AddDataPacked")
        label, time, cost = (_number(log.data, at) for at in (1, 2, 3))
        number = step.contribution
        if cost != step.amount:
            raise self._difference(step, f"cost {cost:,} wei, and {step.amount:,} by the rules")
        if (
            (label, time) != (self.ledger.label[number], step.now)
            or log.topics[1] != _topic_of(step.sender)
            or log.data[128:] != self._samples[number]
        ):
            raise self._difference(step, "was recorded as something else than what was sent")
        told = self.reported
        told.contribution_time.append(time)
        told.contribution_sender.append(step.sender)
        told.contribution_label.append(label)
        told.contribution_cost.append(cost)

    def _check_claim(self, step: _Step, mined: Mined) -> None:
        log = self._event(step, mined, "Claimed")
        path, amount = _number(log.data, 0), _number(log.data, 1)
        if (path, amount) != (step.path, step.amount):
            raise self._difference(
                step,
                f"paid {amount:,} wei on path {path}, and {step.amount:,} on path {int(step.path)} by the rules",
            )
        if log.topics[1:] != (self.replica.keys[step.contribution], _topic_of(step.sender)):
            raise self._difference(step, "was recorded as a claim on something else")
        told = self.reported
        told.claim_time.append(mined.time)
        told.claim_sender.append(step.sender)
        told.claim_contribution.append(step.contribution)
        told.claim_path.append(path)
        told.claim_amount.append(amount)

    def _event(self, step: _Step, mined: Mined, name: str) -> Log:
        """The one event of this name among those of a transaction, none of which may be a credit."""
        found = [log for log in mined.logs if log.address == self.address and log.topics[:1] == (topic(name),)]
        if len(found) != 1 or any(log.topics[:1] == (topic("Credited"),) for log in mined.logs):
            raise self._difference(step, f"is not told by one event {name}, or was not paid")
        return found[0]

    def _difference(self, step: _Step, what: str) -> BrokenRulesError:
        which = f" of contribution {step.contribution:,}" if step.what in ("refund", "report") else ""
        return BrokenRulesError(
            f"the contract and the rules disagree at event {self._done:,}: in second {step.now:,}, the "
            f"{step.what}{which} by {self.name(step.sender)} {what}"
        )


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _number(data: bytes, place: int) -> int:
    return int.from_bytes(data[32 * place : 32 * place + 32], "big")


def _topic_of(address: Address) -> bytes:
    return bytes.fromhex(address[2:]).rjust(32, b"\0")


def _keccak(data: bytes) -> bytes:
    from eth_utils.crypto import keccak

    return keccak(data)
