"""All that can be seen of a shared model that exists twice, compared word for word.

What a word holds is written down here once more, from ``docs/mechanism.md`` and the heads of the contracts.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from decai.chain.audit import audit
from decai.chain.client import ChainTrainer
from decai.chain.deploy import deploy
from decai.chain.evm import EvmChain
from decai.chain.model import read
from decai.errors import Refused
from decai.protocols import Path
from decai.samples import Features
from decai.trainer import LocalTrainer
from decai.units import Address, Seconds, Wei
from tests.chain.wallets import Manner, Wallet
from tests.conformance.twin_case import START, Case, Row

__all__ = [
    "ADA",
    "CONTRIBUTORS",
    "CREDITED",
    "DRIVER",
    "EVERYBODY",
    "NOBODY",
    "OWNER",
    "STRANGER",
    "WALLET",
    "Known",
    "Row",
    "TwinState",
    "array",
]

ADA, BO, EVE, OWNER = (Address("0x" + digit * 40) for digit in "1234")
POOR = Address("0x" + "5" * 40)
"""Owns nothing at first."""
STRANGER = Address("0x" + "6" * 40)
"""Contributes nothing, so that nothing is denied to it as an author."""
DRIVER = Address("0x" + "7" * 40)
"""Tells the wallet what to do, and takes part in nothing."""
NOBODY = Address("0x" + "0" * 40)
"""Owns the model once somebody has handed it on to the zero address."""
WALLET = Address("wallet")
"""Stands for a wallet that is a contract and refuses every payment."""
CREDITED = Address("credited to the wallet")
"""Where the twin in memory keeps what the wallet was credited."""
CONTRIBUTORS = (ADA, BO, EVE, OWNER, POOR, WALLET)
EVERYBODY = (*CONTRIBUTORS, STRANGER)
MONEY = {ADA: 2**120, BO: 10**6, EVE: 2**120, OWNER: 2**120, POOR: 0, WALLET: 2**120, STRANGER: 0}
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
        self.chain = EvmChain({who: Wei(m) for who, m in MONEY.items() if who != WALLET}, START)
        contract = deploy(self.chain, case.composition, OWNER).contract
        assert contract is not None
        self.address = contract
        self.wallet = Wallet(self.chain, DRIVER, Manner.REFUSE)
        self.wallet.grant(MONEY[WALLET])
        self.clients = {way: ChainTrainer(self.chain, contract, packed=way) for way in (True, False)}
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
        """A sample in its packed form: its length, then its features, from the highest bits down."""
        bits = self.case.index_bits
        lanes = 256 // bits
        raised = [number + self.case.model.offset for number in row]
        numbers = [len(row), *raised] + [0] * (-(len(row) + 1) % lanes)
        return tuple(
            sum(number << bits * (lanes - 1 - lane) for lane, number in enumerate(numbers[at : at + lanes]))
            for at in range(0, len(numbers), lanes)
        )

    def key(self, known: Known) -> bytes:
        """What the contract knows a contribution by."""
        row, label, added, author = known
        return keccak(
            encode(["uint256[]", "uint64", "uint256", "address"], [self.words(row), label, added, author])
        )

    # After each call

    def same_state(self) -> None:
        """Time, owner, money, and every word but the model's."""
        local, chain = self.local, self.chain
        assert chain.now == local.now
        assert self.read("owner()", "address") == local.owner.lower()
        everybody = [self.real(person) for person in EVERYBODY]
        assert [chain.balance(person) for person in everybody] == [local.balance(p) for p in everybody]
        credited = local.balance(CREDITED)
        assert self.read("credits(address)", "uint256", self.wallet.address) == credited
        assert chain.balance(self.address) == local.held + credited
        assert local.held == sum(local.ledger.left)
        assert self.read("totals()", "uint256") == self.totals_word()
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
        if len(row) <= self.case.max_features and all(-(2**63) <= number < 2**63 for number in row):
            assert self._opinion(lambda: self.read("predict(int64[])", "uint64", row)) == mine
            if self.fits(row):
                packed = self.words(row)
                assert self._opinion(lambda: self.read("predictPacked(uint256[])", "uint64", packed)) == mine

    def fits(self, row: Row) -> bool:
        """Whether each number has room in its lane."""
        offset, bits = self.case.model.offset, self.case.index_bits
        return all(0 <= number + offset < 1 << bits for number in row)

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
            assert self.clients[True].claims(person) == local.claims(person)
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

    def same_in_all(self) -> None:
        """All of it, and what an audit of the contract's events finds."""
        self.same_state()
        self.same_model(whole=True)
        self.same_views()
        found = audit(self.chain, self.address)
        assert found.holds, found


def array(row: Sequence[int]) -> Features:
    """A sample as the twin in memory takes it."""
    if all(-(2**31) <= index < 2**31 for index in row):
        return np.array(row, dtype=np.int32)
    return np.array(row, dtype=np.int64)
