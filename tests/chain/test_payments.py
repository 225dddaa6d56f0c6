"""Whoever refuses a payment gets a credit, and whoever calls back gets nothing that is not his."""

from collections.abc import Callable
from typing import Any

import pytest

from decai.chain.abi import Event, call_data
from decai.chain.base import Mined
from decai.chain.deploy import deploy
from decai.chain.rpc import RpcChain
from decai.errors import Refused
from decai.units import Address
from tests.chain.contract import (
    ADA,
    BO,
    EVE,
    OWNER,
    RICH,
    Contract,
    composition,
    events,
    packed_words,
)
from tests.chain.wallets import Manner, Wallet

pytestmark = pytest.mark.usefixtures("either_code")

REFUND, REPORT = "refund(int64[],uint64,uint256)", "report(int64[],uint64,uint256,address)"
CLAIM_MANY = "claimMany((uint256[],uint64,uint256,address)[])"


class Scene:
    """A model with a wallet that has a good, mature contribution, and a bad one of Eve's to report.

    Each cost 600 wei, and the wallet has one of two valid contributions.
    """

    def __init__(self) -> None:
        self.contract = Contract()
        self.wallet = Wallet(self.contract.chain, OWNER)
        self.wallet.grant(RICH)
        self.first, self.second = self.add_by_wallet(), self.add_by_wallet()
        self.ada = self.contract.add(ADA, 0)
        self.bad = self.contract.add(EVE, 1)
        self.contract.later(20)
        self.contract.tell(ADA, REFUND, [0], 1, self.ada)
        self.by_wallet(REFUND, [0], 1, self.first)
        self.contract.later(1)

    def add_by_wallet(self) -> int:
        self.contract.later(3_600)
        self.by_wallet("addData(int64[],uint64)", [0], 1, value=600)
        return self.contract.chain.now

    def by_wallet(self, signature: str, *arguments: Any, value: int = 0) -> Mined:
        return self.wallet.execute(self.contract.address, call_data(signature, *arguments), value)

    def credit(self) -> int:
        return int(self.contract.ask("credits(address)", "uint256", self.wallet.address))

    def owned(self) -> list[int]:
        """By the wallet, the contract, and everybody else; the wallet's driver pays no fees."""
        people = (self.wallet.address, self.contract.address, ADA, BO, EVE, OWNER)
        return [int(self.contract.chain.balance(person)) for person in people]


PAYMENTS: dict[str, tuple[int, Callable[[Scene], Mined]]] = {
    # 36,000 wei // isqrt(21) = 9,000, of 10,000
    "change": (1_000, lambda scene: scene.by_wallet("addData(int64[],uint64)", [0], 1, value=10_000)),
    "change, packed": (
        1_000,
        lambda scene: scene.by_wallet("addDataPacked(uint256[],uint64)", packed_words([0]), 1, value=10_000),
    ),
    "refund": (600, lambda scene: scene.by_wallet(REFUND, [0], 1, scene.second)),
    "refund, packed": (
        600,
        lambda scene: scene.by_wallet(
            "refundPacked(uint256[],uint64,uint256)", packed_words([0]), 1, scene.second
        ),
    ),
    "report": (300, lambda scene: scene.by_wallet(REPORT, [1], 1, scene.bad, EVE)),
    "report, packed": (
        300,
        lambda scene: scene.by_wallet(
            "reportPacked(uint256[],uint64,uint256,address)", packed_words([1]), 1, scene.bad, EVE
        ),
    ),
    # 600, and with then two of three valid contributions 400
    "many claims": (
        1_000,
        lambda scene: scene.by_wallet(
            CLAIM_MANY,
            [
                (packed_words([0]), 1, scene.second, scene.wallet.address),
                (packed_words([1]), 1, scene.bad, EVE),
            ],
        ),
    ),
}


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.mark.parametrize("payment", PAYMENTS)
class TestWallets:
    """Contracts that are paid."""

    def test_are_paid_with_all_the_gas_that_they_need(self, scene: Scene, payment: str) -> None:
        amount, pay = PAYMENTS[payment]
        before = scene.contract.chain.balance(scene.wallet.address)
        sent = 10_000 if "change" in payment else 0
        pay(scene)
        assert scene.contract.chain.balance(scene.wallet.address) == before - sent + amount
        assert scene.credit() == 0

    def test_that_return_a_megabyte_are_paid(self, scene: Scene, payment: str) -> None:
        amount, pay = PAYMENTS[payment]
        scene.wallet.choose(Manner.RETURN_MUCH)
        before = scene.contract.chain.balance(scene.wallet.address)
        sent = 10_000 if "change" in payment else 0
        pay(scene)
        assert scene.contract.chain.balance(scene.wallet.address) == before - sent + amount
        assert scene.credit() == 0

    @pytest.mark.parametrize("manner", [Manner.REFUSE, Manner.BURN, Manner.REVERT_WITH_MUCH])
    def test_that_cannot_be_paid_are_credited_and_withdraw(
        self, scene: Scene, payment: str, manner: Manner
    ) -> None:
        amount, pay = PAYMENTS[payment]
        scene.wallet.choose(manner)
        before, sent = scene.owned(), 10_000 if "change" in payment else 0
        told = events(pay(scene))
        assert told[-1] == Event("Credited", {"amount": amount, "recipient": scene.wallet.address})
        assert scene.credit() == amount
        assert scene.owned() == [before[0] - sent, before[1] + sent, *before[2:]]

        with pytest.raises(Refused, match="payments: the recipient refused"):
            scene.by_wallet("withdraw(address)", scene.wallet.address)
        assert scene.credit() == amount
        told = events(scene.by_wallet("withdraw(address)", BO))
        names = {"account": scene.wallet.address, "recipient": BO}
        assert told == [Event("Withdrawn", {"amount": amount, **names})]
        assert scene.credit() == 0
        assert scene.contract.chain.balance(BO) == RICH + amount
        with pytest.raises(Refused, match="payments: nothing to withdraw"):
            scene.by_wallet("withdraw(address)", BO)


def test_credits_add_up_and_are_the_wallets_own(scene: Scene) -> None:
    scene.wallet.choose(Manner.REFUSE)
    PAYMENTS["refund"][1](scene)
    PAYMENTS["report"][1](scene)
    # 600, and with two of three valid contributions 400
    assert scene.credit() == 1_000
    for person in (ADA, OWNER):
        scene.contract.refuses(person, "payments: nothing to withdraw", "withdraw(address)", person)
    scene.wallet.choose(Manner.ACCEPT)
    scene.by_wallet("withdraw(address)", scene.wallet.address)
    assert scene.credit() == 0


def test_whoever_pays_exactly_is_not_called(scene: Scene) -> None:
    scene.wallet.call_back(scene.contract.address, b"")
    scene.add_by_wallet()
    assert scene.wallet.what_came_of_it()[0] == 0


CALLS_BACK: dict[str, Callable[[Scene], tuple[bytes, int]]] = {
    "addData": lambda scene: (call_data("addData(int64[],uint64)", [2], 0), 10**6),
    "addDataPacked": lambda scene: (
        call_data("addDataPacked(uint256[],uint64)", packed_words([2]), 0),
        10**6,
    ),
    "refund": lambda scene: (call_data(REFUND, [0], 1, scene.second), 0),
    "refundPacked": lambda scene: (
        call_data("refundPacked(uint256[],uint64,uint256)", packed_words([0]), 1, scene.second),
        0,
    ),
    "report": lambda scene: (call_data(REPORT, [1], 1, scene.bad, EVE), 0),
    "reportPacked": lambda scene: (
        call_data("reportPacked(uint256[],uint64,uint256,address)", packed_words([1]), 1, scene.bad, EVE),
        0,
    ),
    "claimMany": lambda scene: (
        call_data(
            CLAIM_MANY,
            [
                (packed_words([0]), 1, scene.second, scene.wallet.address),
                (packed_words([1]), 1, scene.bad, EVE),
            ],
        ),
        0,
    ),
    "claimMany of nothing": lambda scene: (call_data(CLAIM_MANY, []), 0),
    "withdraw": lambda scene: (call_data("withdraw(address)", scene.wallet.address), 0),
}


@pytest.mark.parametrize("called", CALLS_BACK)
@pytest.mark.parametrize("payment", [*PAYMENTS, "withdrawal"])
def test_whoever_calls_back_while_he_is_paid_gets_no_more(payment: str, called: str) -> None:
    honest, scene = Scene(), Scene()
    if payment == "withdrawal":
        for one in (honest, scene):
            one.wallet.choose(Manner.REFUSE)
            one.by_wallet("addData(int64[],uint64)", [0], 1, value=10_000)
            one.wallet.choose(Manner.ACCEPT)
            one.contract.later(1)
    pay: Callable[[Scene], Mined] = (
        (lambda one: one.by_wallet("withdraw(address)", one.wallet.address))
        if payment == "withdrawal"
        else PAYMENTS[payment][1]
    )
    data, value = CALLS_BACK[called](scene)
    scene.wallet.call_back(scene.contract.address, data, value)
    pay(honest)
    pay(scene)
    times, succeeded, _ = scene.wallet.what_came_of_it()
    assert (times, succeeded) == (1, False)
    assert scene.owned() == honest.owned()
    assert scene.contract.state() == honest.contract.state()


class TestGas:
    """On a node, where gas is limited: a sixty-fourth of it stays when a wallet burns what it gets."""

    @pytest.fixture
    def chain(self, anvil: str) -> RpcChain:
        return RpcChain(anvil)

    def test_burnt_by_a_wallet_harms_nobody_but_its_own_call(self, chain: RpcChain) -> None:
        driver, model = chain.accounts[0], deploy(chain, composition(), chain.accounts[0]).contract
        assert model is not None
        wallet = Wallet(chain, driver, Manner.BURN)
        wallet.grant(10**18)
        data = call_data("addData(int64[],uint64)", [0], 1)
        credited = call_data("credits(address)", wallet.address)

        # 1/64 of what is left is not enough to write the credit down: nothing has happened.
        with pytest.raises(Refused):
            wallet.execute(model, data, 10**6, gas=400_000)
        assert chain.balance(wallet.address) == 10**18
        assert int.from_bytes(chain.call(model, credited), "big") == 0

        mined = wallet.execute(model, data, 10**6, gas=6_000_000)
        cost = next(event.values["cost"] for event in events(mined) if event and event.name == "AddData")
        assert int.from_bytes(chain.call(model, credited), "big") == 10**6 - cost
        assert chain.balance(model) == 10**6
        wallet.execute(model, call_data("withdraw(address)", chain.accounts[1]))
        assert chain.balance(model) == cost


class TestCallsThatAreHarmless:
    """What may be called back, since it finds everything written down."""

    def test_the_owner_may_hand_the_model_on(self, scene: Scene) -> None:
        heir = Address("0x" + "9" * 40)
        scene.contract.tell(OWNER, "transferOwnership(address)", scene.wallet.address)
        scene.wallet.call_back(scene.contract.address, call_data("transferOwnership(address)", heir))
        PAYMENTS["refund"][1](scene)
        assert scene.wallet.what_came_of_it()[:2] == (1, True)
        assert scene.contract.ask("owner()", "address") == heir

    @pytest.mark.parametrize(
        "data",
        [call_data("transferOwnership(address)", EVE), call_data("addFeatureIndices(uint32[])", [1])],
    )
    def test_nobody_else_may(self, scene: Scene, data: bytes) -> None:
        scene.wallet.call_back(scene.contract.address, data)
        PAYMENTS["refund"][1](scene)
        times, succeeded, answer = scene.wallet.what_came_of_it()
        assert (times, succeeded) == (1, False)
        assert b"trainer: only the owner may do this" in answer

    @pytest.mark.parametrize(
        ("question", "answered"), [("getClaimableAmount", 0), ("getNumClaims", 1), ("getInitialDeposit", 600)]
    )
    def test_whoever_looks_sees_what_is_true_afterwards(
        self, scene: Scene, question: str, answered: int
    ) -> None:
        known = ([0], 1, scene.second, scene.wallet.address)
        data = call_data(f"{question}(int64[],uint64,uint256,address)", *known)
        scene.wallet.call_back(scene.contract.address, data)
        PAYMENTS["refund"][1](scene)
        times, succeeded, answer = scene.wallet.what_came_of_it()
        assert (times, succeeded, int.from_bytes(answer, "big")) == (1, True, answered)


def claims_of(contract: Contract, count: int) -> list[tuple[list[int], int, int, Address]]:
    """Contributions of Ada, mature."""
    claims = [(packed_words([0]), 1, contract.add(ADA, 0), ADA) for _ in range(count)]
    contract.later(20)
    return claims


class TestManyClaims:
    """Of one transaction."""

    def test_up_to_32_are_paid_at_once(self) -> None:
        contract = Contract()
        claims = claims_of(contract, 33)
        contract.refuses(ADA, "the contract refuses without a word", CLAIM_MANY, claims)
        told = events(contract.tell(ADA, CLAIM_MANY, claims[:32]))
        assert [event.values["amount"] for event in told if event and event.name == "Refund"] == [600] * 32
        assert contract.chain.balance(ADA) == RICH - 600
        assert contract.chain.balance(contract.address) == 600

    def test_none_is_made_if_one_is_refused(self) -> None:
        contract = Contract()
        claims = claims_of(contract, 3)
        words, label, added, author = claims[1]
        for wrong, sentence in (
            ((words, label, added + 1, author), "data handler: no such contribution"),
            ((words, 1 - label, added, author), "data handler: no such contribution"),
            ((words, label, added, BO), "data handler: no such contribution"),
            (claims[0], "stakeable: already claimed"),
        ):
            for at in range(1, 4):
                mixed = [*claims[:at], wrong, *claims[at:]]
                contract.refuses(ADA, sentence, CLAIM_MANY, mixed)
        contract.refuses(BO, "stakeable: the reporter has no valid contributions", CLAIM_MANY, claims)
        contract.tell(ADA, CLAIM_MANY, claims)
        assert contract.chain.balance(ADA) == RICH

    def test_the_same_twice_is_refused_on_every_path(self) -> None:
        contract = Contract()
        mine = (packed_words([0]), 1, contract.add(ADA, 0), ADA)
        bos = (packed_words([0]), 1, contract.add(BO, 0), BO)
        bad = (packed_words([1]), 1, contract.add(EVE, 1), EVE)
        contract.later(20)
        contract.tell(BO, CLAIM_MANY, [bos])
        # Ada's refund makes her a reporter: 600 * 1 // 2 to her, and once only.
        contract.refuses(ADA, "stakeable: already claimed", CLAIM_MANY, [mine, bad, bad])
        contract.refuses(ADA, "stakeable: the reporter has no valid contributions", CLAIM_MANY, [bad, mine])
        contract.tell(ADA, CLAIM_MANY, [mine, bad])
        contract.later(80)
        contract.refuses(OWNER, "stakeable: nothing is left", CLAIM_MANY, [bad, bad])
        contract.tell(OWNER, CLAIM_MANY, [bad])
        assert [contract.chain.balance(person) - RICH for person in (ADA, BO, EVE, OWNER)] == [
            300,
            0,
            -600,
            300,
        ]

    def test_none_at_all_changes_nothing(self) -> None:
        contract = Contract()
        before = contract.state()
        assert events(contract.tell(ADA, CLAIM_MANY, [])) == []
        assert contract.state() == before

    def test_a_later_claim_sees_what_an_earlier_one_did(self) -> None:
        # Ada's second refund raises her share of Eve's 600 wei from 1 // 2 to 2 // 3.
        contract = Contract()
        mine = [(packed_words([0]), 1, contract.add(ADA, 0), ADA) for _ in range(2)]
        bos = (packed_words([0]), 1, contract.add(BO, 0), BO)
        bad = (packed_words([1]), 1, contract.add(EVE, 1), EVE)
        contract.later(20)
        contract.tell(BO, CLAIM_MANY, [bos])
        contract.tell(ADA, CLAIM_MANY, [mine[0]])
        told = events(contract.tell(ADA, CLAIM_MANY, [mine[1], bad]))
        assert told[-1] == Event("Report", {"recipient": ADA, "amount": 400})
