"""The gas report: what each action costs in whole transactions, beside the least that it could cost.

Measured on fresh nodes of this machine's own anvil by the Osaka rules. Gas is exact, and everything that it
depends on is fixed (times, accounts, samples, weights), so each figure is the same on every machine.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final

from decai.chain.abi import call_data
from decai.chain.base import Chain, Mined, Transaction
from decai.chain.client import ChainTrainer
from decai.chain.compiler import compile_composition
from decai.chain.deploy import deploy, init_code
from decai.chain.gas_bounds import Work, intrinsic, lower_bound, slots_of, summands
from decai.chain.gas_scenario import (
    ACTIONS,
    ANY_WAIT,
    CLASSIFIERS,
    FEATURE_COUNTS,
    INCENTIVES,
    ORIGINAL,
    OWNER_WAIT,
    composition,
    max_features_for,
    sample,
)
from decai.errors import ChainError, InputError
from decai.units import Address, Seconds, Wei

__all__ = ["GasRow", "fresh_chain", "json_text", "measure", "report"]

START: Final = Seconds(1_800_000_000)
"""When the contract is deployed."""
_QUIET: Final = Seconds(600)
"""Between two transactions."""
_CLAIMED_AT_ONCE: Final = 8
_PEOPLE: Final = 6


@dataclass(frozen=True, slots=True)
class GasRow:
    """One action and its gas."""

    classifier: str
    incentive: str
    features: int
    """How many the sample has."""
    action: str
    gas: int
    """Of the whole transaction; of predictions, that of the execution alone."""
    transactions: int
    lower_bound: int
    """The least that this design could take, ``gas_bounds.py``."""
    max_features: int
    index_bits: int
    parts: dict[str, int]
    """The summands of the lower bound that are not 0."""

    @property
    def ratio(self) -> float:
        """The gas as a multiple of its lower bound."""
        return self.gas / self.lower_bound

    @property
    def payload(self) -> str | None:
        """How the sample travels, if one does: ``packed`` or ``int64``."""
        if self.action == "deploy":
            return None
        return "int64" if self.action == "predict" or self.action.endswith("_int64") else "packed"

    @property
    def original(self) -> tuple[int, int] | None:
        """The original framework's gas for the like of it, as shipped and with the optimizer on, if known."""
        is_alike = self.features == FEATURE_COUNTS[0] and self.incentive == "stakeable"
        return ORIGINAL.get(self.action.removesuffix("_int64")) if is_alike else None

    def to_json(self) -> dict[str, Any]:
        """All of it, as one JSON object."""
        return {**asdict(self), "payload": self.payload, "original": self.original}


def json_text(rows: Sequence[GasRow]) -> str:
    """A report as a JSON list, a line for each row."""
    return "[\n" + ",\n".join(json.dumps(row.to_json()) for row in rows) + "\n]"


@contextmanager
def fresh_chain() -> Iterator[Chain]:
    """A chain of one's own that is gone afterwards.

    Raises
    ------
    MissingError
        If the local node has to be installed first.
    ChainError
        If it does not start.
    """
    from decai.chain.local_node import ephemeral_anvil
    from decai.chain.rpc import RpcChain

    with ephemeral_anvil(hardfork="osaka", timestamp=START) as url:
        yield RpcChain(url, sandbox=True)


def report(
    *,
    classifiers: Sequence[str] = CLASSIFIERS,
    incentives: Sequence[str] = INCENTIVES,
    feature_counts: Sequence[int] = FEATURE_COUNTS,
    max_features: int | None = None,
    index_bits: int = 16,
    progress: Callable[[int, int], None] | None = None,
) -> list[GasRow]:
    """Measure every action, each combination on a fresh chain.

    Parameters
    ----------
    classifiers, incentives, feature_counts
        What to measure; everything if not told otherwise.
    max_features, index_bits
        The contract's room; by default the least that will do, but no less than deployments have by default.
    progress
        Told how many combinations are done, and of how many.

    Returns
    -------
    list of GasRow
        By combination, then in the order of `ACTIONS`.

    Raises
    ------
    InputError
        If there is no such classifier, mechanism or sample, or it does not fit.
    ChainError, MissingError
        If there is no chain to measure on.
    """
    combinations = [(c, i, n) for c in classifiers for i in incentives for n in feature_counts]
    rows: list[GasRow] = []
    for done, (classifier, incentive, features) in enumerate(combinations):
        if progress is not None:
            progress(done, len(combinations))
        if classifier not in CLASSIFIERS:
            raise InputError(f"{classifier!r} is not in the gas report; {', '.join(CLASSIFIERS)} is")
        with fresh_chain() as chain:
            rows += measure(chain, incentive, features, max_features=max_features, index_bits=index_bits)
    return rows


def measure(
    chain: Chain, incentive: str, features: int, *, max_features: int | None = None, index_bits: int = 16
) -> list[GasRow]:
    """Measure every action of one mechanism with samples of one length.

    Parameters
    ----------
    chain
        A fresh one, whose clock is ours to move, with six accounts or more. Its figures are those of a
        transaction only if it counts gas as a node does.
    incentive, features, max_features, index_bits
        As in `report`, one of each.

    Raises
    ------
    InputError, ChainError
        As in `report`.
    """
    room = max_features_for(features) if max_features is None else max_features
    if features > room:
        raise InputError(f"a sample of {features} features does not fit into a contract for {room}")
    scenario = _Scenario(chain, incentive, features, room, index_bits)
    scenario.play()
    order = list(ACTIONS)
    return sorted(scenario.rows, key=lambda row: order.index(row.action))


class _Scenario:
    """A contract and the people around it."""

    def __init__(self, chain: Chain, incentive: str, features: int, room: int, index_bits: int) -> None:
        if len(chain.accounts) < _PEOPLE:
            raise ChainError(f"the gas report needs {_PEOPLE} accounts, and there are {len(chain.accounts)}")
        self.rows: list[GasRow] = []
        self._chain = chain
        self._incentive = incentive
        self._is_paid = incentive != "points"
        self._features = sample(features)
        self._counters = len(set((self._features // 16).tolist()))
        self._room, self._index_bits = room, index_bits
        self._owner, self._author, self._first, self._second, self._stranger, self._reader = chain.accounts[
            :_PEOPLE
        ]
        self._packed = self._deployed()
        self._int64 = ChainTrainer(chain, self._packed.address, packed=False)
        self._label = self._packed.predict(self._features)

    def play(self) -> None:
        """Everything, in an order in which nothing stands in the way of what comes later."""
        good, bad = self._label, 1 - self._label
        wrong = [
            self._add(self._author, bad, "add_change_first_touch"),
            self._add(self._author, bad, "add_change"),
            self._add(self._author, bad, "add_change_int64", self._int64),
            self._add(self._author, bad),
            self._add(self._author, bad),
        ]
        right = [
            self._add(self._author, good, "add_agree"),
            self._add(self._author, good, "add_agree_int64", self._int64),
            self._add(self._author, good),
        ]
        others = [self._add(person, good) for person in (self._first, self._second)]
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

    def _deployed(self) -> ChainTrainer:
        what = composition(self._incentive, self._room, self._index_bits)
        mined = deploy(self._chain, what, self._owner)
        if mined.contract is None:
            raise ChainError("the chain does not say where the contract is")
        slots, size = slots_of("deploy", 0, self._incentive), compile_composition(what).code_size
        work = Work(init_code(what), slots, mined.logs, code_size=size)
        self._record("deploy", mined.gas, lower_bound(work), summands(work))
        return ChainTrainer(self._chain, mined.contract, mined.block)

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
            reads = summands(Work(data, slots_of(action, self._counters, self._incentive)))["reads"]
            self._record(action, mined.gas - intrinsic(data), reads, {"reads": reads})

    def _send(self, transaction: Transaction, action: str | None, claims: int = 1) -> Mined:
        mined = self._chain.send(transaction)
        if action is not None:
            slots = slots_of(action, self._counters, self._incentive, claims)
            work = Work(transaction.data, slots, mined.logs, payments=1 if self._is_paid else 0)
            self._record(action, mined.gas, lower_bound(work), summands(work))
        return mined

    def _record(self, action: str, gas: int, least: int, parts: dict[str, int]) -> None:
        self.rows.append(
            GasRow(
                classifier=CLASSIFIERS[0],
                incentive=self._incentive,
                features=len(self._features),
                action=action,
                gas=gas,
                transactions=1,
                lower_bound=least,
                max_features=self._room,
                index_bits=self._index_bits,
                parts={name: amount for name, amount in parts.items() if amount},
            )
        )

    def _pass_time(self) -> None:
        self._chain.advance_to(Seconds(self._chain.now + _QUIET))
