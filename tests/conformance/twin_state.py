"""All that can be seen of a shared model that exists twice, compared word for word.

What a word holds is written down here once more, from ``docs/mechanism.md`` and the heads of the contracts.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from eth_utils.crypto import keccak

from decai.chain.audit import audit
from decai.errors import Refused
from decai.protocols import ClassStart, Path
from decai.samples import Features
from decai.trainer import LocalTrainer
from decai.units import Address, Seconds, Wei
from tests.conformance.stage import CREDITED, EVERYBODY, MONEY, OWNER, WALLET, stage_of
from tests.conformance.twin_case import START, Case, Row
from tests.conformance.words import encoded, read

__all__ = ["Known", "Row", "TwinState", "array", "in_range"]

PAGE = 256

Known = tuple[Row, int, int, Address]
"""What a contribution is known by: features, label, time, author."""


class TwinState:
    """A shared model twice, as deployed.

    Parameters
    ----------
    case
        Which model, on which terms.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        stage = stage_of(case)
        self.chain, self.address, self.wallet = stage.chain, stage.address, stage.wallet
        self.clients = stage.clients()
        self.local = LocalTrainer(
            case.model.build(),
            case.incentive(START),
            owner=OWNER,
            balances={self.real(who): Wei(amount) for who, amount in MONEY.items()},
            now=START,
        )
        self.known: list[Known] = []
        self.keys: list[bytes] = []
        self.reporters: list[list[Address]] = []
        """Who was paid a share of each contribution, in order."""
        self.share_was_last: list[bool] = []
        """Whether such a share left nothing."""
        self.feature_indices: list[int] = []
        self.touched: set[int] = set()
        """Contributions that were made or claimed since they were looked at last."""
        self.pushes = 0
        """How many contributions, the first ones, just pushed counters and are not looked at one by one."""
        self.mentioned: set[int] = set()
        """The features of all samples."""
        self.claims: Counter[Path] = Counter()
        self.refusals: Counter[str] = Counter()
        """What has happened, and what has not."""

    def real(self, person: Address) -> Address:
        """The address of a person."""
        return self.wallet.address if person == WALLET else person

    def read(self, signature: str, kinds: str, *arguments: Any) -> Any:
        """One view of the contract."""
        return read(self.chain, self.address, signature, kinds, *arguments)

    def words(self, row: Row) -> tuple[int, ...]:
        """A sample in its packed form."""
        return packed(row, self.case.index_bits, self.case.model.offset)

    def start_words(self, start: ClassStart) -> tuple[int, ...]:
        """How an event tells what a further class starts from: a vector packed, or values by index."""
        if self.case.model.takes_vectors:
            return self.words(tuple(start.values.get(j, 0) for j in range(self.case.max_features)))
        return tuple(index * 2**64 + value for index, value in sorted(start.values.items()))

    def key(self, known: Known) -> bytes:
        """What the contract knows a contribution by."""
        row, label, added, author = known
        kinds = ("uint256[]", "uint64", "uint256", "address")
        return keccak(encoded(kinds, (self.words(row), label, added, author)))

    # After each call

    def same_changes(self) -> None:
        """Time, money, the totals, and the words of what was claimed or contributed since the last time."""
        self.same_money()
        assert self.read("totals()", "uint256") == self.totals_word()
        if self.touched:
            numbers = sorted(self.touched)
            keys, words = [self.keys[n] for n in numbers], [self.ledger_word(n) for n in numbers]
            assert self.read("contributionWords(bytes32[])", "uint256[]", keys) == tuple(words)
            self.touched.clear()

    def same_money(self) -> None:
        """Time, and what everybody owns."""
        local, chain = self.local, self.chain
        assert chain.now == local.now
        everybody = [self.real(person) for person in EVERYBODY]
        assert [chain.balance(person) for person in everybody] == [local.balance(p) for p in everybody]
        assert chain.balance(self.address) == local.held + local.balance(CREDITED)

    def same_state(self) -> None:
        """Time, owner, money, and every word but the model's."""
        self.same_money()
        local = self.local
        assert self.read("owner()", "address") == local.owner.lower()
        credited = self.read("credits(address)", "uint256", self.wallet.address)
        assert credited == local.balance(CREDITED)
        assert local.held == sum(local.ledger.left)
        assert self.read("totals()", "uint256") == self.totals_word()
        everybody = [self.real(person) for person in EVERYBODY]
        accounts = self.read("accountWords(address[])", "uint256[]", everybody)
        assert list(accounts) == [self.account_word(person) for person in everybody]
        for at in range(0, len(self.keys), PAGE):
            page = self.read("contributionWords(bytes32[])", "uint256[]", self.keys[at : at + PAGE])
            assert list(page) == [self.ledger_word(at + i) for i in range(len(page))]

    def totals_word(self) -> int:
        """Last update (40 bits), last change (40), contributions (48), valid ones (48), accounts (32)."""
        terms = self.local.incentive.checkpoint()
        return int(
            terms.last_update
            + (terms.changed << 40)
            + (terms.total_submitted << 80)
            + (terms.total_valid << 128)
            + (len(terms.num_valid) << 176)
        )

    def account_word(self, account: Address) -> int:
        """Valid contributions (48 bits), number (32), validated deposits (176)."""
        terms = self.local.incentive.checkpoint()
        number = self.account_number(account)
        return int(
            terms.num_valid.get(account, 0) + (number << 48) + (terms.valid_deposit.get(account, 0) << 80)
        )

    def account_number(self, account: Address) -> int:
        """From 1 on, in the order of first valid contributions; 0 without any."""
        numbered = list(self.local.incentive.valid_contributions())
        return numbered.index(account) + 1 if account in numbered else 0

    def ledger_word(self, number: int) -> int:
        """Left (96 bits), deposit (96), first reporter (32), claims (29), refunded, closed, exists.

        Instead of a left of 0: the last reporter, if a share of a second one was the last.
        """
        ledger, reporters = self.local.ledger, self.reporters[number]
        left, claims = ledger.left[number], ledger.claims[number]
        low = int(left)
        if self.share_was_last[number] and len(reporters) > 1:
            low = self.account_number(reporters[-1])
        first = self.account_number(reporters[0]) if reporters else 0
        refunded = ledger.has_claimed(number, ledger.author[number])
        flags = refunded + 2 * (claims > 0 and left == 0) + 4
        return low + (ledger.deposit[number] << 96) + (first << 192) + (claims << 224) + (flags << 253)

    def same_opinions(self, row: Row) -> None:
        """Of a sample, or why it is none."""
        mine = self._opinion(lambda: self.local.predict(array(row)))
        if len(row) <= self.case.max_features and in_range(row, -(2**63), 2**63):
            assert self._opinion(lambda: self.read("predict(int64[])", "uint64", row)) == mine
            if self.fits(row):
                words = self.words(row)
                assert self._opinion(lambda: self.read("predictPacked(uint256[])", "uint64", words)) == mine

    def fits(self, row: Row) -> bool:
        """Whether each number has room in its lane."""
        offset, bits = self.case.model.offset, self.case.index_bits
        return in_range(row, -offset, (1 << bits) - offset)

    def is_sample(self, row: Row) -> bool:
        """Whether the twin takes it."""
        return len(row) <= self.case.max_features and isinstance(
            self._opinion(lambda: self.local.predict(array(row))), int
        )

    @staticmethod
    def _opinion(call: Callable[[], int]) -> int | str:
        try:
            return call()
        except Refused as refusal:
            return str(refusal)

    # From time to time

    def same_model(self, whole: bool = False) -> None:
        """The parameters that can have changed, or all of them."""
        self.case.model.compare(self.chain, self.address, self.local.classifier, self.mentioned, whole)

    def same_views(self) -> None:
        """Everything else that the contract can be asked for."""
        local, terms = self.local, self.local.incentive.checkpoint()
        assert self.read("lastUpdateTimeS()", "uint256") == terms.last_update
        assert self.read("totalSubmitted()", "uint256") == terms.total_submitted == len(self.known)
        assert self.read("totalGoodDataCount()", "uint256") == terms.total_valid
        assert self.read("getNextAddDataCost()", "uint256") == local.cost()
        for later in (0, 1, 3600, 10**8):
            cost = local.incentive.add_data_cost(Seconds(local.now + later))
            assert self.read("getNextAddDataCost(uint256)", "uint256", local.now + later) == cost
        if self.case.mechanism == "stakeable, shares by deposit":
            assert self.read("totalValidDeposit()", "uint256") == terms.total_deposit
        for person in map(self.real, EVERYBODY):
            valid = terms.num_valid.get(person, 0)
            assert self.read("addressStats(address)", "uint128,uint128", person) == (valid, 0)
            assert self.read("numValidForAddress(address)", "uint128", person) == valid
        count = self.read("getNumFeatureIndices()", "uint256")
        indices = [self.read("featureIndices(uint256)", "uint32", i) for i in range(count)]
        assert indices == self.feature_indices
        for number in range(self.pushes, len(self.known)):
            self.same_views_of(number, self.known[number])

    def same_views_of(self, number: int, known: Known) -> None:
        """Of one contribution."""
        ledger, kinds = self.local.ledger, "(int64[],uint64,uint256,address)"
        assert self.read(f"getClaimableAmount{kinds}", "uint256", *known) == ledger.left[number]
        assert self.read(f"getInitialDeposit{kinds}", "uint256", *known) == ledger.deposit[number]
        assert self.read(f"getNumClaims{kinds}", "uint256", *known) == ledger.claims[number]
        for person in map(self.real, EVERYBODY):
            claimed = self.read("hasClaimed(int64[],uint64,uint256,address,address)", "bool", *known, person)
            assert claimed == ledger.has_claimed(number, person)

    def same_offers(self) -> None:
        """What our client says that everybody can claim."""
        for person in map(self.real, EVERYBODY):
            assert self.clients[True].claims(person) == self.local.claims(person)

    def same_story(self) -> None:
        """An audit finds that the contract's events tell of what has happened, and lead to where it is."""
        found = audit(self.chain, self.address)
        assert found.holds, found


@lru_cache(maxsize=4096)
def packed(row: Row, bits: int, offset: int) -> tuple[int, ...]:
    """A list of numbers in words: its length, then the numbers, from the highest bits down."""
    size = bits // 8
    numbers = (len(row), *(number + offset for number in row))
    data = b"".join([number.to_bytes(size, "big") for number in numbers])
    data += bytes(-len(data) % 32)
    return tuple(int.from_bytes(data[at : at + 32], "big") for at in range(0, len(data), 32))


def in_range(row: Row, low: int, high: int) -> bool:
    """Whether all numbers are from `low` to below `high`."""
    return not row or (low <= min(row) and max(row) < high)


def array(row: Sequence[int]) -> Features:
    """A sample as the twin in memory takes it."""
    if in_range(tuple(row), -(2**31), 2**31):
        return np.array(row, dtype=np.int32)
    return np.array(row, dtype=np.int64)
