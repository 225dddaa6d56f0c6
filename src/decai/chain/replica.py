"""A model's twin in memory, kept up by the contract's events.

It starts from what the contract was deployed with and replays every contribution and claim. The rules on
integers decide each of them once more, so a contract that does anything else is found out.
"""

from copy import deepcopy

from decai.chain.abi import Event, decode_event, key_of, path_of
from decai.chain.base import Chain, Log
from decai.chain.contributions import Contribution, contribution_in
from decai.chain.kinds import read_parameters
from decai.chain.model import ModelInfo, read_info, terms_of
from decai.errors import BrokenRulesError, ChainError, Refused
from decai.protocols import ClassStart, Path
from decai.trainer import LocalTrainer
from decai.units import Address, Seconds, Wei

__all__ = ["Replica"]

_ZERO = Address("0x0000000000000000000000000000000000000000")


class Replica:
    """The twin of a contract.

    Its trainer's balances are what its users have got back: everybody starts with nothing and is given the
    cost of each contribution beforehand.

    Parameters
    ----------
    chain, address
        Where the contract is.
    first_block
        From where to look for its events: the block in which it was deployed, or any before.

    Raises
    ------
    ChainError
        If it is no decai model, or has no twin in this version.
    """

    def __init__(self, chain: Chain, address: Address, first_block: int = 0) -> None:
        self.info: ModelInfo = read_info(chain, address)
        self._chain = chain
        # Else an unknown mechanism would be found out by the first event alone.
        terms_of(self.info, Seconds(0))
        self.parameters = read_parameters(chain, self.info)
        """Of the model, and what it started from."""
        self._first_block = first_block
        self._next = (first_block, 0)
        """Block and place of the first event that was not read yet."""
        self.trainer: LocalTrainer | None = None
        self.keys: list[bytes] = []
        """Of each contribution, by its number."""
        self._numbers: dict[bytes, int] = {}
        self._places: dict[tuple[int, int], int] = {}
        self.blocks: list[int] = []
        """In which block each contribution came in."""
        self.transactions: list[bytes] = []
        self.reporters: dict[int, list[Address]] = {}
        """Who was paid a share of a contribution, in order."""
        self.closers: dict[int, Address] = {}
        """Who was paid the last share."""
        self.credits: dict[Address, Wei] = {}
        """What was refused and not withdrawn yet."""
        self._class_start = ClassStart(0, {})
        """Of the class that is added next."""
        self.feature_indices: list[int] = []
        self.claims = 0
        self.claimers: set[Address] = set()

    @property
    def twin(self) -> LocalTrainer:
        """The trainer in memory, as of the last `update`."""
        if self.trainer is None:
            raise self._missing()
        return self.trainer

    def _missing(self) -> ChainError:
        where = f"in block {self._first_block:,} or after it" if self._first_block else ""
        return ChainError(
            f"{self.info.address}: the chain has no event of its deployment {where}".rstrip()
            + ("; begin with an earlier one" if where else "")
        )

    def update(self, last_block: int | None = None) -> "Replica":
        """Replay what has happened since the last time, up to the latest block or another one.

        Raises
        ------
        BrokenRulesError
            If the contract has done what its rules do not allow.
        ChainError
            If there is no answer.
        """
        block, place = self._next
        for log in self._chain.logs(self.info.address, block, last_block):
            if log.place < (block, place):
                continue
            event = decode_event(log.topics, log.data)
            if event is not None:
                self._apply(event, log)
            self._next = (log.block, log.position + 1)
        return self

    def place_of(self, log: Log) -> int:
        """The number of the contribution that this event tells of."""
        return self._places[log.place]

    def number_of(self, key: bytes) -> int:
        """The number of a contribution.

        Raises
        ------
        Refused
            If there is none like it.
        """
        number = self._numbers.get(key)
        if number is None:
            raise Refused("data handler: no such contribution")
        return number

    def _apply(self, event: Event, log: Log) -> None:
        values = event.values
        if event.name == "OwnershipTransferred":
            self._transfer(values["previousOwner"], values["newOwner"], log.time)
            return
        self.twin.advance_to(log.time)
        contribution = contribution_in(event, log, self.info.form)
        if contribution is not None:
            self._add(contribution)
        elif event.name == "Claimed":
            self._claim(values["key"], values["claimer"], path_of(event), values["amount"])
        elif event.name == "Credited":
            account = values["recipient"]
            self.credits[account] = Wei(self.credits.get(account, 0) + values["amount"])
        elif event.name == "Withdrawn":
            self._withdraw(values["account"], values["amount"])
        elif event.name == "ClassStart":
            self._class_start = self.parameters.class_start(values["samples"], values["values"])
        elif event.name == "AddClass":
            self._add_class(values["name"], values["index"])
        elif event.name == "FeatureIndicesAdded":
            self.feature_indices += values["indices"]

    def _transfer(self, previous: Address, owner: Address, now: Seconds) -> None:
        if self.trainer is None:
            if previous != _ZERO:
                raise self._missing()
            terms = terms_of(self.info, now)
            model = deepcopy(self.parameters.start)
            self.trainer = LocalTrainer(model, terms, owner=owner, now=now)
            return
        self.trainer.advance_to(now)
        self._expect(previous == self.trainer.owner, "the model was handed on by somebody else")
        self.trainer.transfer_ownership(previous, owner)

    def _add(self, made: Contribution) -> None:
        features, label, _, author, cost, log = made
        number = len(self.keys)
        twin = self.twin
        self._expect(made.added == log.time, f"contribution {number} has another time than its block")
        twin.grant(author, cost)
        try:
            receipt = twin.add_data(author, features, label, cost)
        except Refused as refusal:
            raise self._fault(f"contribution {number} should have been refused ({refusal})") from None
        self._expect(
            receipt.cost == cost, f"contribution {number} cost {cost:,} wei; the rule says {receipt.cost:,}"
        )
        key = key_of(self.info.form.packed(features), label, log.time, author)
        self._numbers[key] = number
        self._places[log.place] = number
        self.keys.append(key)
        self.blocks.append(log.block)
        self.transactions.append(log.transaction)

    def _claim(self, key: bytes, claimer: Address, path: Path, amount: int) -> None:
        number = self._numbers.get(key)
        if number is None:
            raise self._fault("something was claimed that nobody contributed")
        try:
            offer = self.twin.claim(claimer, number, path)
        except Refused as refusal:
            raise self._fault(
                f"a claim on contribution {number} should have been refused ({refusal})"
            ) from None
        self._expect(
            (offer.path, offer.amount) == (path, amount),
            f"a claim on contribution {number} paid {amount:,} wei by path {path.name.lower()}; the rule "
            f"says {offer.amount:,} by {offer.path.name.lower()}",
        )
        self.claims += 1
        self.claimers.add(claimer)
        if path is Path.REPORT and self.twin.ledger.deposit[number]:
            self.reporters.setdefault(number, []).append(claimer)
            if not self.twin.ledger.left[number]:
                self.closers[number] = claimer

    def _add_class(self, name: str, label: int) -> None:
        try:
            added = self.twin.begin_class(self.twin.owner, name, self._class_start)
        except Refused as refusal:
            raise self._fault(f"class {label} should have been refused ({refusal})") from None
        self._expect(added == label, f"class {label} was added, where {added} comes next")

    def _withdraw(self, account: Address, amount: int) -> None:
        self._expect(self.credits.get(account, 0) == amount, f"{account} withdrew what it was not credited")
        del self.credits[account]

    def _expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise self._fault(otherwise)

    def _fault(self, what: str) -> BrokenRulesError:
        return BrokenRulesError(f"{self.info.address}: the contract breaks its rules: {what}")
