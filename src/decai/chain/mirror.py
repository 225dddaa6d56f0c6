"""A trainer in memory that has a contract do whatever it does, and finds the first difference.

Each contribution, claim and payment that the rules in memory let through becomes a transaction of the same
sender in the same second. They are sent many at a time, since the twin knows what each will do; what the
contract says that it did is held to it, to the wei. What the twin refuses changes nothing and is not sent.
"""

from collections.abc import Mapping
from typing import Any, Final, Never

from decai import model_file
from decai.chain.abi import call_data, selector
from decai.chain.address import checksummed
from decai.chain.audit import compare_state
from decai.chain.base import Chain, Transaction
from decai.chain.compose import Composition
from decai.chain.data_contract import deployment_of
from decai.chain.deploy import init_code
from decai.chain.mirror_step import ContractRecord, Difference, Step, compare_step, word
from decai.chain.model import read
from decai.chain.replica import Replica
from decai.errors import BrokenRulesError, ChainError
from decai.protocols import Claim, Classifier, IncentiveMechanism, Offer, Path, Receipt
from decai.samples import Features, Samples
from decai.trainer import LocalTrainer
from decai.units import Address, Seconds, Wei

__all__ = ["MirroredTrainer"]

_BATCH: Final = 1_000
_GAS: Final = 16_000_000
"""Just below the most that a transaction may use (EIP-7825), so that nobody has to estimate."""
_ADD: Final = "addDataPacked(uint256[],uint64)"
_REFUND: Final = "refundPacked(uint256[],uint64,uint256)"
_REPORT: Final = "reportPacked(uint256[],uint64,uint256,address)"
_HAND_ON: Final = "transferOwnership(address)"


class MirroredTrainer(LocalTrainer):
    """A shared model in memory and on a chain at once.

    Parameters
    ----------
    classifier, incentive, owner, balances
        As of `LocalTrainer`; time begins at second 0 in both.
    composition
        The contract of these parts; it is deployed in second 0.
    chain
        A fresh one that is not past second 0, sends for any account without its key, charges nothing for gas,
        and on which everybody owns these balances.
    names
        What to call the accounts in messages.

    Raises
    ------
    BrokenRulesError
        From any method, if the contract did something else than the rules in memory; names the first event
        that differs. Transactions wait for each other, so it may come a batch later.
    ChainError
        From any method, if the chain does not answer.
    """

    def __init__(
        self,
        classifier: Classifier,
        incentive: IncentiveMechanism,
        *,
        owner: Address,
        balances: Mapping[Address, Wei],
        composition: Composition,
        chain: Chain,
        names: Mapping[Address, str] | None = None,
    ) -> None:
        super().__init__(classifier, incentive, owner=owner, balances=balances)
        self.record = ContractRecord()
        """What the contract said that it did, as of the last `synchronize`."""
        self._chain = chain
        self._model = classifier
        self._names = names or {}
        self._steps: list[Step] = []
        self._done = 0
        self._moved = set(balances)
        """Whose money may have changed since it was compared."""
        self._samples: list[bytes] = []
        """The packed features of each contribution, as the end of an ABI encoding."""
        self.address = self._deploy(composition, owner)
        self._replica = Replica(chain, self.address)
        self._replica.trainer = self
        self._require_equal_start()

    def _deploy(self, composition: Composition, owner: Address) -> Address:
        """The owner deploys; where nobody is, somebody does and gives the model away."""
        nobody = int(owner, 16) == 0
        deployer = checksummed(next(iter(self._balances)) if nobody else owner)
        data = [self._deployed(deployer, deployment_of(code)) for code in composition.data_contracts]
        contract = self._deployed(deployer, init_code(composition.placed(data)))
        if nobody:
            giving = Transaction(deployer, contract, call_data(_HAND_ON, owner), gas=_GAS)
            self._chain.send_many([giving], [self._now])
        return contract

    def _deployed(self, deployer: Address, code: bytes) -> Address:
        (mined,) = self._chain.send_many([Transaction(deployer, None, code, gas=_GAS)], [self._now])
        if mined.contract is None or mined.refusal is not None:
            raise ChainError(f"the contract cannot be deployed ({mined.refusal or 'the chain says no more'})")
        return mined.contract

    def _require_equal_start(self) -> None:
        # Both as files, which hold all of a model.
        mine, theirs = (model_file.model_to_dict(m) for m in (self._model, self._replica.parameters.start))
        if mine != theirs:
            raise BrokenRulesError(f"{self.address}: the contract starts from another model than its twin")

    def add_data(self, sender: Address, features: Features, label: int, value: Wei) -> Receipt:
        """Contribute one sample; `Refused` as by `LocalTrainer.add_data`."""
        receipt = super().add_data(sender, features, label, value)
        packed = self._replica.info.form.packed_bytes(features)
        sample = word(len(packed) // 32) + packed
        self._samples.append(sample)
        self._replica.keys.append(_keccak(self._identity(receipt.contribution)))
        transaction = self._call(sender, selector(_ADD) + word(64) + word(label) + sample, value)
        step = Step("contribution", self._now, sender, transaction, *receipt, label=label, sample=sample)
        self._append(step)
        return receipt

    def _settle(self, claim: Claim, offer: Offer) -> Offer:
        number, path, amount = super()._settle(claim, offer)
        claimer = claim.claimer
        self._note_claim(number, path, claimer)
        if path is Path.REFUND:
            data = (
                selector(_REFUND) + word(96) + word(claim.label) + word(claim.added) + self._samples[number]
            )
        else:
            data = selector(_REPORT) + self._identity(number)
        transaction, key = self._call(claimer, data), self._replica.keys[number]
        self._append(Step("claim", self._now, claimer, transaction, number, amount, path, key))
        return offer

    def pay(self, sender: Address, recipient: Address, amount: Wei) -> None:
        """Move money between two addresses; `Refused` as by `LocalTrainer.pay`."""
        super().pay(sender, recipient, amount)
        if amount:
            self._moved.add(recipient)
            payment = Transaction(checksummed(sender), checksummed(recipient), b"", amount, _GAS)
            self._append(Step("payment", self._now, sender, payment, amount=amount))

    def transfer_ownership(self, sender: Address, new_owner: Address) -> None:
        """Hand the model on; `Refused` as by `LocalTrainer.transfer_ownership`."""
        super().transfer_ownership(sender, new_owner)
        transaction = self._call(sender, call_data(_HAND_ON, new_owner))
        self._append(Step("transfer", self._now, sender, transaction))

    def grant(self, address: Address, amount: Wei) -> None:
        """Refused: on a chain, money does not come from nowhere."""
        self._refuse("give money")

    def add_class(self, sender: Address, name: str, samples: Samples | None = None) -> int:
        """Refused: a scenario adds no classes, and what cannot happen need not be mirrored."""
        self._refuse("add a class")

    def restore(self, checkpoint: Any) -> None:
        """Refused: a chain does not go back."""
        self._refuse("go back to a checkpoint")

    def _refuse(self, what: str) -> Never:
        raise ChainError(f"a trainer that is mirrored on a chain cannot {what}")

    def _identity(self, number: int) -> bytes:
        """What a contribution is known by, not hashed yet; also the arguments of a report on it."""
        ledger = self.ledger
        author = int(ledger.author[number], 16)
        head = word(128) + word(ledger.label[number]) + word(ledger.added[number]) + word(author)
        return head + self._samples[number]

    def _note_claim(self, number: int, path: Path, claimer: Address) -> None:
        """Keep what a word of the contract's ledger tells and the twin's ledger does not."""
        replica = self._replica
        replica.claims += 1
        replica.claimers.add(claimer)
        if path is Path.REPORT and self.ledger.deposit[number]:
            replica.reporters.setdefault(number, []).append(claimer)
            if not self.ledger.left[number]:
                replica.closers[number] = claimer

    def _call(self, sender: Address, data: bytes, value: Wei = Wei(0)) -> Transaction:
        return Transaction(checksummed(sender), self.address, data, value, _GAS)

    def _append(self, step: Step) -> None:
        self._moved.add(step.sender)
        self._steps.append(step)
        if len(self._steps) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Let the chain catch up, and hold what it did to what the twin did."""
        steps, self._steps = self._steps, []
        if not steps:
            return
        transactions, times = [step.transaction for step in steps], [step.now for step in steps]
        for step, mined in zip(steps, self._chain.send_many(transactions, times), strict=True):
            self._done += 1
            try:
                compare_step(step, mined, self.address, self.record)
            except Difference as difference:
                raise BrokenRulesError(
                    f"the contract breaks its rules at event {self._done:,}: in second {step.now:,}, "
                    f"{step.name} by {self._name(step.sender)} {difference}"
                ) from None

    def synchronize(self) -> None:
        """Let the chain catch up, and compare weights and money.

        Of the accounts, those that have done anything since the last time.
        """
        self.flush()
        if not self._moved:
            return
        parameters = self._replica.parameters
        found = parameters.read_state(self._chain, parameters.mentioned(self._model))
        self._require_state(
            found == parameters.state(self._model), "the contract has learned something else than its twin"
        )
        for address in self._moved:
            self._require_balance(self._name(address), address, self.balance(address))
        self._require_balance("the contract", self.address, self.held)
        self._moved.clear()

    def compare_cost(self, time: Seconds) -> None:
        """Compare what a contribution costs at `time`, which is not before the last one."""
        mine = self.incentive.add_data_cost(time)
        theirs = read(self._chain, self.address, "getNextAddDataCost(uint256)", "uint256", time)
        self._require_state(
            theirs == mine, f"a contribution costs {theirs:,} wei; by the rules it costs {mine:,}"
        )

    def compare(self) -> None:
        """Let the chain catch up, and compare code, owner, every word of the state and all balances."""
        self._moved.update(self._balances)
        self.synchronize()
        for check in compare_state(self._chain, self._replica):
            self._require_state(check.holds, f"{check.name}: {check.detail}")

    def _name(self, address: Address) -> str:
        return self._names.get(address, address)

    def _require_balance(self, name: str, address: Address, amount: Wei) -> None:
        owned = self._chain.balance(checksummed(address))
        self._require_state(owned == amount, f"{name} owns {owned:,} wei; by the rules it owns {amount:,}")

    def _require_state(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise BrokenRulesError(
                f"the contract breaks its rules: after event {self._done:,}, in second {self._now:,}, "
                f"{otherwise}"
            )


def _keccak(data: bytes) -> bytes:
    from eth_utils.crypto import keccak

    return keccak(data)
