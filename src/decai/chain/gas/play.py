"""The scenario that gas is measured in: a model, the people around it, and each action in its turn."""

from typing import Final

from decai.chain.abi import call_data
from decai.chain.base import Chain, Mined, Transaction
from decai.chain.client import ChainTrainer
from decai.chain.clone_data import OWN_AT
from decai.chain.clones import clone_call, made_clone, shared_parts
from decai.chain.compiler import compile_composition
from decai.chain.compose_clone import Clone
from decai.chain.create2 import DEPLOYER, deployer_data
from decai.chain.data_contract import deployment_of
from decai.chain.deploy import init_code
from decai.chain.factory import FACTORY
from decai.chain.gas.bounds import Needs, Slots, Work, intrinsic, lower_bound, slots_of, summands
from decai.chain.gas.rollup import compressed_size, signed
from decai.chain.gas.row import GasRow
from decai.chain.gas.scenario import ACTIONS, ANY_WAIT, OWNER_WAIT, Variant, composition, subject_of
from decai.chain.gas.subjects import counter_needs
from decai.errors import ChainError
from decai.units import Address, Seconds, Wei

__all__ = ["Scenario"]

_QUIET: Final = Seconds(600)
"""Between two transactions."""
_CLAIMED_AT_ONCE: Final = 8
_PEOPLE: Final = 6


class Scenario:
    """A contract and the people around it.

    Parameters
    ----------
    chain
        A fresh one, whose clock is ours to move, with six accounts or more. Its figures are those of a
        transaction only if it counts gas as a node does.
    classifier, incentive, features, variant
        As in `composition`.

    Raises
    ------
    InputError
        If there is no such classifier, mechanism or sample, or it does not fit.
    ChainError
        If the chain does not do what it must.
    """

    def __init__(
        self, chain: Chain, classifier: str, incentive: str, features: int, variant: Variant
    ) -> None:
        if len(chain.accounts) < _PEOPLE:
            raise ChainError(f"the gas report needs {_PEOPLE} accounts, and there are {len(chain.accounts)}")
        self.measured: list[tuple[GasRow, Mined]] = []
        """Each action, and the last transaction of it."""
        subject = subject_of(classifier)
        self._chain, self._variant = chain, variant
        self._classifier, self._incentive = classifier, incentive
        self._is_paid = incentive != "points"
        self._features = subject.sample(features, variant.spread)
        needs = subject.needs(self._features)
        if variant.counter_bits is not None:
            needs = counter_needs(self._features, variant.counter_bits)
        self._needs: Needs = needs.with_filled_words() if variant.warm else needs
        self._owner, self._author, self._first, self._second, self._stranger, self._reader = chain.accounts[
            :_PEOPLE
        ]
        self._packed = self._deployed()
        self._int64 = ChainTrainer(chain, self._packed.address, packed=False)
        self._label = self._packed.predict(self._features)

    def play(self) -> list[GasRow]:
        """Everything, in an order in which nothing stands in the way of what comes later.

        Returns
        -------
        list of GasRow
            In the order of `ACTIONS`.
        """
        good, bad = self._label, 1 - self._label
        wrong = [
            self._add(self._author, bad, "add_change_first_touch"),
            self._add(self._author, bad, "add_change"),
            self._add(self._author, bad, "add_change_int64", self._int64),
            self._add(self._author, bad),
            self._add(self._author, bad),
        ]
        # The first one touches what only this class has.
        others = [self._add(person, good) for person in (self._first, self._second)]
        right = [
            self._add(self._author, good, "add_agree"),
            self._add(self._author, good, "add_agree_int64", self._int64),
            self._add(self._author, good),
        ]
        self._predict()
        self._refund(self._first, others[0])
        # The only account with a valid contribution takes whole deposits.
        self._report(self._first, wrong[0], "report")
        self._report(self._first, wrong[1], "report_int64", self._int64)
        self._refund(self._author, right[0], "refund_first")
        self._refund(self._author, right[1], "refund")
        self._refund(self._author, right[2], "refund_int64", self._int64)
        if self._is_paid:
            self._refund(self._second, others[1])
            self._report(self._first, wrong[2], "report_partial")
            self._report(self._second, wrong[2], "report_further")
        self._claim_many()
        if self._is_paid:
            self._chain.advance_to(Seconds(wrong[4] + OWNER_WAIT))
            self._report(self._owner, wrong[4], "report_timeout_owner")
            self._chain.advance_to(Seconds(wrong[3] + ANY_WAIT))
            self._report(self._stranger, wrong[3], "report_timeout")
        order = list(ACTIONS)
        self.measured.sort(key=lambda one: order.index(one[0].action))
        return [row for row, _ in self.measured]

    def _deployed(self) -> ChainTrainer:
        what = composition(self._classifier, self._incentive, len(self._features), self._variant)
        work, done, where = [], [], []
        for code in what.data_contracts:
            data = deployment_of(code)
            mined = self._chain.send(Transaction(self._owner, None, data))
            work.append(Work(data, code_size=len(code)))
            done.append(mined)
            where.append(_contract(mined))
        self._needs = self._needs.with_contracts(len(where))
        what = what.placed(where)
        self._room, self._index_bits = int(what.constants["MAX_FEATURES"]), int(what.constants["INDEX_BITS"])
        if isinstance(what, Clone):
            to: Address | None = FACTORY
            data, size = clone_call(what, self._brought(what)), OWN_AT + len(what.data)
            mined = self._chain.send(Transaction(self._owner, to, data))
            address = made_clone(mined)
        else:
            to, data, size = None, init_code(what), compile_composition(what).code_size
            mined = self._chain.send(Transaction(self._owner, to, data))
            address = _contract(mined)
        work.append(Work(data, self._slots("deploy"), mined.logs, code_size=size))
        sent = [*(signed(None, one.data, 0) for one in work[:-1]), signed(to, data, 0)]
        self._record("deploy", [*done, mined], work, sent)
        return ChainTrainer(self._chain, address, mined.block)

    def _brought(self, clone: Clone) -> Address:
        """Bring what clones share; returns where the implementation is."""
        parts = shared_parts(clone)
        work = [Work(deployer_data(part.init_code), code_size=len(part.code)) for part in parts]
        mined = [self._chain.send(Transaction(self._owner, DEPLOYER, one.data)) for one in work]
        if not all(part.is_on(self._chain) for part in parts):
            raise ChainError("the chain lacks the deterministic deployer that brings what clones share")
        sent = [signed(DEPLOYER, one.data, 0) for one in work]
        self._record("deploy_shared", mined, work, sent)
        # The first clone of all makes the factory's number of them other than 0.
        self._chain.send(Transaction(self._owner, FACTORY, clone_call(clone, parts[0].address)))
        return parts[0].address

    def _add(
        self, author: Address, label: int, action: str | None = None, by: ChainTrainer | None = None
    ) -> Seconds:
        """Contribute the sample, and send twice the cost, so that there is change; returns when."""
        by = by or self._packed
        self._pass_time()
        value = Wei(2 * by.cost())
        return self._send(by.calls.add_data(author, self._features, label, value), action).time

    def _refund(
        self, author: Address, added: Seconds, action: str | None = None, by: ChainTrainer | None = None
    ) -> None:
        self._pass_time()
        by = by or self._packed
        self._send(by.calls.refund(author, self._features, self._label, added), action)

    def _report(self, reporter: Address, added: Seconds, action: str, by: ChainTrainer | None = None) -> None:
        self._pass_time()
        by, label = by or self._packed, 1 - self._label
        self._send(by.calls.report(reporter, self._features, label, added, self._author), action)

    def _claim_many(self) -> None:
        first = len(self._packed.replica.update().keys)
        for _ in range(_CLAIMED_AT_ONCE):
            self._add(self._author, self._label)
        self._pass_time()
        numbers = range(first, first + _CLAIMED_AT_ONCE)
        transaction = self._packed.claim_many_transaction(self._author, numbers)
        self._send(transaction, "claim_many", _CLAIMED_AT_ONCE)

    def _predict(self) -> None:
        """A prediction is a call; sent as a transaction, it tells what it takes."""
        words = self._packed.info.form.packed(self._features)
        for action, data in (
            ("predict", call_data("predict(int64[])", self._features.tolist())),
            ("predict_packed", call_data("predictPacked(uint256[])", words)),
        ):
            self._pass_time()
            mined = self._chain.send(Transaction(self._reader, self._packed.address, data))
            reads = summands(Work(data, self._slots(action)))["reads"]
            self._keep(action, mined, mined.gas - intrinsic(data), reads, {"reads": reads})

    def _send(self, transaction: Transaction, action: str | None, claims: int = 1) -> Mined:
        mined = self._chain.send(transaction)
        if action is not None:
            data, payments = transaction.data, 1 if self._is_paid else 0
            work = Work(data, self._slots(action, claims), mined.logs, payments=payments)
            self._record(action, [mined], [work], [signed(transaction.to, data, transaction.value)])
        return mined

    def _slots(self, action: str, claims: int = 1) -> Slots:
        return slots_of(action, self._needs, self._incentive, claims)

    def _record(self, action: str, mined: list[Mined], work: list[Work], sent: list[bytes]) -> None:
        parts: dict[str, int] = {}
        for one in work:
            for name, amount in summands(one).items():
                parts[name] = parts.get(name, 0) + amount
        self._keep(
            action,
            mined[-1],
            sum(one.gas for one in mined),
            sum(map(lower_bound, work)),
            {name: amount for name, amount in parts.items() if amount},
            sent,
        )

    def _keep(
        self,
        action: str,
        last: Mined,
        gas: int,
        least: int,
        parts: dict[str, int],
        sent: list[bytes] | None = None,
    ) -> None:
        row = GasRow(
            classifier=self._classifier,
            incentive=self._incentive,
            features=len(self._features),
            action=action,
            gas=gas,
            transactions=max(1, len(sent or ())),
            lower_bound=least,
            max_features=self._room,
            index_bits=self._index_bits,
            variant=self._variant.name,
            parts=parts,
            signed_bytes=sum(map(len, sent or ())),
            compressed_bytes=sum(map(compressed_size, sent or ())),
        )
        self.measured.append((row, last))

    def _pass_time(self) -> None:
        self._chain.advance_to(Seconds(self._chain.now + _QUIET))


def _contract(mined: Mined) -> Address:
    if mined.contract is None:
        raise ChainError("the chain does not say where the contract is")
    return mined.contract
