"""Every function that clients of the original framework use is there, and answers what it should."""

import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from decai.chain.abi import Event
from decai.chain.base import Transaction
from decai.chain.compiler import compile_composition
from decai.chain.compose import Texts
from decai.chain.deploy import deploy
from decai.chain.evm import EvmChain
from decai.errors import Refused
from decai.incentive import Points
from decai.units import Address, Seconds, Wei
from tests.chain.contract import ADA, BO, EVE, OWNER, RICH, WAITS, Contract, composition, events, packed_words

pytestmark = pytest.mark.usefixtures("either_code")

ORIGINAL = """
    name() -> string
    description() -> string
    encoder() -> string
    classifier() -> address
    dataHandler() -> address
    incentiveMechanism() -> address
    owner() -> address
    transferOwnership(address)
    addData(int64[],uint64)
    refund(int64[],uint64,uint256)
    report(int64[],uint64,uint256,address)
    predict(int64[]) -> uint64
    norm(int64[]) -> uint256
    toFloat() -> uint32
    classifications(uint256) -> string
    getNumClassifications() -> uint256
    featureIndices(uint256) -> uint32
    getNumFeatureIndices() -> uint256
    addFeatureIndices(uint32[])
    getClaimableAmount(int64[],uint64,uint256,address) -> uint256
    getInitialDeposit(int64[],uint64,uint256,address) -> uint256
    getNumClaims(int64[],uint64,uint256,address) -> uint256
    hasClaimed(int64[],uint64,uint256,address,address) -> bool
    getNextAddDataCost() -> uint256
    getNextAddDataCost(uint256) -> uint256
    refundWaitTimeS() -> uint32
    lastUpdateTimeS() -> uint256
    totalSubmitted() -> uint256
    totalGoodDataCount() -> uint256
    addressStats(address) -> uint128,uint128
    numValidForAddress(address) -> uint128
    weights(uint64) -> int80
    intercept() -> int80
    learningRate() -> uint32
    evaluateBatch(uint24[60][],uint64[]) -> uint256
"""
STAKEABLE = """
    ownerClaimWaitTimeS() -> uint32
    anyAddressClaimWaitTimeS() -> uint32
    costWeight() -> uint256
"""
OURS = """
    addDataPacked(uint256[],uint64)
    refundPacked(uint256[],uint64,uint256)
    reportPacked(uint256[],uint64,uint256,address)
    claimMany((uint256[],uint64,uint256,address)[])
    withdraw(address)
    credits(address) -> uint256
    predictPacked(uint256[]) -> uint64
    contributionWords(bytes32[]) -> uint256[]
    accountWords(address[]) -> uint256[]
    counterWords(uint256,uint256) -> uint256[]
    baseWords(uint256,uint256) -> uint256[]
    contributions(bytes32) -> uint256
    accounts(address) -> uint256
    totals() -> uint256
    maxFeatures() -> uint256
    indexBits() -> uint256
    composition() -> string
"""
EVENTS = """
    AddData(int64[] d,uint64 c,uint256 t,address indexed sender,uint256 cost)
    AddDataPacked(uint256[] d,uint64 c,uint256 t,address indexed sender,uint256 cost)
    Refund(address recipient,uint256 amount)
    Report(address recipient,uint256 amount)
    Claimed(bytes32 indexed key,address indexed claimer,uint8 path,uint256 amount)
    OwnershipTransferred(address indexed previousOwner,address indexed newOwner)
"""
POINTS = """
    addDataMany((uint256[],uint64)[])
"""
MECHANISMS = {"stakeable": (None, STAKEABLE), "points": (Points(WAITS[0]), POINTS)}
SAMPLE = (1, 2, 2)


def lines(text: str) -> set[str]:
    return {line.strip() for line in text.splitlines()} - {""}


def kind(entry: dict[str, Any]) -> str:
    """A type of the ABI, structs written as tuples."""
    if not entry["type"].startswith("tuple"):
        return str(entry["type"])
    return f"({','.join(map(kind, entry['components']))}){entry['type'].removeprefix('tuple')}"


def functions(abi: list[dict[str, Any]]) -> dict[str, str]:
    """Signatures with what they return, and their mutability."""
    found = {}
    for entry in abi:
        if entry["type"] == "function":
            returns = ",".join(map(kind, entry["outputs"]))
            signature = f"{entry['name']}({','.join(map(kind, entry['inputs']))})"
            found[signature + (f" -> {returns}" if returns else "")] = entry["stateMutability"]
    return found


@pytest.mark.parametrize("mechanism", MECHANISMS)
class TestABI:
    """The compiled contract against the list above."""

    @pytest.fixture
    def abi(self, mechanism: str) -> list[dict[str, Any]]:
        return compile_composition(composition(incentive=MECHANISMS[mechanism][0])).abi

    def test_has_every_function_of_the_original_and_ours(
        self, abi: list[dict[str, Any]], mechanism: str
    ) -> None:
        missing = lines(ORIGINAL + MECHANISMS[mechanism][1] + OURS) - set(functions(abi))
        assert not missing

    def test_says_what_pays_what_writes_and_what_only_reads(
        self, abi: list[dict[str, Any]], mechanism: str, either_code: bool
    ) -> None:
        names = {signature.split("(")[0]: how for signature, how in functions(abi).items()}
        payable = {name for name, how in names.items() if how == "payable"}
        writing = {name for name, how in names.items() if how == "nonpayable"}
        # Several at once make sense only where the second one is not dearer than the first.
        batches = {"addDataMany"} if mechanism == "points" else set()
        assert payable == {"addData", "addDataPacked", *batches}
        assert writing == {
            "refund",
            "report",
            "refundPacked",
            "reportPacked",
            "claimMany",
            "withdraw",
            "transferOwnership",
            "addFeatureIndices",
            *({"initialize"} if either_code else ()),
        }

    def test_has_the_events_with_their_topics(self, abi: list[dict[str, Any]], mechanism: str) -> None:
        found = set()
        for entry in abi:
            if entry["type"] == "event":
                fields = [
                    f"{field['type']} {'indexed ' * field['indexed']}{field['name']}"
                    for field in entry["inputs"]
                ]
                found.add(f"{entry['name']}({','.join(fields)})")
        assert lines(EVENTS) <= found
        page = (Path(__file__).parents[2] / "docs" / "mechanism.md").read_text(encoding="utf-8")
        for event in found:
            assert f"`{event.replace(',', ', ')}`" in page

    def test_takes_no_ether_but_with_data(self, mechanism: str) -> None:
        contract = Contract(composition(incentive=MECHANISMS[mechanism][0]))
        for data in (b"", b"\x00", bytes(4), b"ether"):
            with pytest.raises(Refused):
                contract.chain.send(Transaction(ADA, contract.address, data, Wei(5)))
        added = contract.add(ADA, 0)
        contract.later(100)
        before = contract.state()
        for signature, arguments in (
            ("refund(int64[],uint64,uint256)", ([0], 1, added)),
            ("refundPacked(uint256[],uint64,uint256)", (packed_words([0]), 1, added)),
            ("claimMany((uint256[],uint64,uint256,address)[])", ([],)),
            ("withdraw(address)", (ADA,)),
            ("predict(int64[])", ([0],)),
        ):
            with pytest.raises(Refused):
                contract.tell(ADA, signature, *arguments, value=1)
        assert contract.state() == before


@pytest.fixture
def contract() -> Contract:
    return Contract()


class TestWhatItIs:
    """What was fixed at deployment."""

    def test_texts_of_any_alphabet(self) -> None:
        texts = Texts("Grüße, 世界", "Что это? \N{PILE OF POO}" * 20, "MurmurHash3 ∀")
        contract = Contract(composition(texts=texts))
        assert contract.ask("name()", "string") == texts.name
        assert contract.ask("description()", "string") == texts.description
        assert contract.ask("encoder()", "string") == texts.encoder

    def test_texts_of_nothing_and_of_the_greatest_length(self) -> None:
        texts = Texts("", "x" * 1024, "é" * 512)
        contract = Contract(composition(texts=texts))
        assert contract.ask("name()", "string") == ""
        assert contract.ask("description()", "string") == texts.description
        assert contract.ask("encoder()", "string") == texts.encoder

    def test_all_parts_are_at_its_own_address(self, contract: Contract) -> None:
        for part in ("classifier()", "dataHandler()", "incentiveMechanism()"):
            assert contract.ask(part, "address") == contract.address.lower()

    def test_numbers(self) -> None:
        contract = Contract(composition(intercept=-(2**47) + 1, max_features=256, index_bits=32))
        expected = {
            "toFloat": ("uint32", 10**9),
            "intercept": ("int80", -(2**47) + 1),
            "learningRate": ("uint32", 1),
            "getNumClassifications": ("uint256", 2),
            "costWeight": ("uint256", 10),
            "refundWaitTimeS": ("uint32", 20),
            "ownerClaimWaitTimeS": ("uint32", 60),
            "anyAddressClaimWaitTimeS": ("uint32", 100),
            "maxFeatures": ("uint256", 256),
            "indexBits": ("uint256", 32),
        }
        assert {name: contract.ask(f"{name}()", kinds) for name, (kinds, _) in expected.items()} == {
            name: value for name, (_, value) in expected.items()
        }

    def test_names_of_classes(self, contract: Contract) -> None:
        assert [contract.ask("classifications(uint256)", "string", i) for i in (0, 1)] == ["no", "yes"]
        for label in (2, 2**256 - 1):
            contract.refuses(ADA, "sparse-perceptron: no such class", "classifications(uint256)", label)

    def test_says_of_what_it_is_composed(self, contract: Contract) -> None:
        assert contract.ask("composition()", "string") == "decai 1: sparse-perceptron, stakeable"


class TestModel:
    """Weights 1000, -1000, 2, -2 and steps of 1."""

    def test_weights_of_known_learned_and_unknown_features(self, contract: Contract) -> None:
        contract.add(ADA, 1, 9, 9)  # -1000 is below 0: disagrees with 1
        weights = {0: 1_000, 1: -999, 2: 2, 9: 2, 10: 0, 2**16 - 1: 0, 2**16: 0, 2**64 - 1: 0}
        assert {j: contract.ask("weights(uint64)", "int80", j) for j in weights} == weights

    def test_predicts_by_either_form(self, contract: Contract) -> None:
        # 1000, -1000, 2 - 2 = 0, 2 + 2 - 2 = 2, nothing, unknown ones
        rows = {(0,): 1, (1,): 0, (2, 3): 0, (2, 2, 3): 1, (): 0, (99, 2**16 - 1): 0, (0,) * 64: 1}
        for row, label in rows.items():
            assert contract.ask("predict(int64[])", "uint64", row) == label
            assert contract.ask("predictPacked(uint256[])", "uint64", packed_words(row)) == label

    @pytest.mark.parametrize("index", [2**16, 2**32, -1, 2**63 - 1, -(2**63)])
    def test_features_out_of_range_are_refused(self, contract: Contract, index: int) -> None:
        sentence = "sparse-perceptron: a feature index is out of range"
        contract.refuses(ADA, sentence, "predict(int64[])", [0, index])
        contract.refuses(ADA, sentence, "addData(int64[],uint64)", [0, index], 0, value=10**6)

    def test_more_features_than_fit_are_no_call(self, contract: Contract) -> None:
        contract.refuses(ADA, "the contract refuses without a word", "predict(int64[])", [0] * 65)
        contract.refuses(
            ADA, "the contract refuses without a word", "addData(int64[],uint64)", [0] * 65, 0, value=10**6
        )

    def test_lists_have_no_norm(self, contract: Contract) -> None:
        for row in ([], [0, 1]):
            contract.refuses(ADA, "sparse-perceptron: samples are not normalized", "norm(int64[])", row)

    def test_evaluates_a_batch_of_samples_of_60(self, contract: Contract) -> None:
        # 2^24 - 1 has no weight and fills up: 1000, -1000, 2 - 2 = 0, 20 * (2 + 2 - 2) = 40
        no_weight = 2**24 - 1
        batch = [
            [0] + [no_weight] * 59,
            [1] + [no_weight] * 59,
            [2, 3] + [no_weight] * 58,
            [2, 2, 3] * 20,
        ]
        evaluate = "evaluateBatch(uint24[60][],uint64[])"
        assert contract.ask(evaluate, "uint256", batch, [1, 0, 0, 1]) == 4
        assert contract.ask(evaluate, "uint256", batch, [0, 0, 1, 1]) == 2
        assert contract.ask(evaluate, "uint256", batch * 4, [1, 0, 0, 1] * 3 + [7] * 4) == 12
        assert contract.ask(evaluate, "uint256", [], []) == 0
        contract.refuses(
            ADA, "sparse-perceptron: as many labels as samples are needed", evaluate, batch, [1, 0, 0]
        )

    def test_evaluates_what_was_learned_with_the_intercept(self) -> None:
        contract = Contract(composition(intercept=-3))
        contract.add(ADA, 7)  # -3 is not above 0: disagrees. Then 4 * 1 - 3 = 1, 3 * 1 - 3 = 0
        rows = [[7] * 4 + [9] * 56, [7] * 3 + [9] * 57]
        assert contract.ask("evaluateBatch(uint24[60][],uint64[])", "uint256", rows, [1, 0]) == 2


class TestFeatureIndices:
    """Which features of an encoder the model uses."""

    ADD = "addFeatureIndices(uint32[])"

    def indices(self, contract: Contract) -> list[int]:
        count = contract.ask("getNumFeatureIndices()", "uint256")
        return [contract.ask("featureIndices(uint256)", "uint32", i) for i in range(count)]

    def test_follow_one_another_across_words(self, contract: Contract) -> None:
        assert self.indices(contract) == []
        parts = [[7], [], [0, 2**32 - 1, 5, 6, 7, 8, 9], list(range(100, 117)), [0], [1] * 8]
        for part in parts:
            mined = contract.tell(OWNER, self.ADD, part)
            assert events(mined) == [Event("FeatureIndicesAdded", {"indices": tuple(part)})]
        assert self.indices(contract) == [index for part in parts for index in part]

    def test_up_to_512_at_once(self, contract: Contract) -> None:
        contract.tell(OWNER, self.ADD, range(1000, 1512))
        assert self.indices(contract) == list(range(1000, 1512))
        contract.refuses(OWNER, "the contract refuses without a word", self.ADD, [0] * 513)

    def test_are_the_owners_to_add(self, contract: Contract) -> None:
        contract.refuses(ADA, "trainer: only the owner may do this", self.ADD, [1])

    def test_end_where_they_end(self, contract: Contract) -> None:
        contract.tell(OWNER, self.ADD, [3])
        for beyond in (1, 7, 8, 2**256 - 1):
            contract.refuses(ADA, "classifier: no such feature index", "featureIndices(uint256)", beyond)


class TestTerms:
    """Costs, times, counts: one contribution an hour costs 10 * 3600 // isqrt(3600) = 600 wei."""

    def test_cost_now_and_at_a_time(self, contract: Contract) -> None:
        added = contract.add(ADA, 0)
        ask = contract.ask
        assert ask("lastUpdateTimeS()", "uint256") == added
        assert ask("getNextAddDataCost()", "uint256") == 36_000
        ages = {0: 36_000, 1: 36_000, 3: 36_000, 4: 18_000, 3_600: 600, 2**40: 0}
        assert {age: ask("getNextAddDataCost(uint256)", "uint256", added + age) for age in ages} == ages
        contract.later(99)
        assert ask("getNextAddDataCost()", "uint256") == 4_000
        contract.refuses(
            ADA,
            "stakeable: the last update is after this time",
            "getNextAddDataCost(uint256)",
            added - 1,
        )

    def test_no_model_is_deployed_when_40_bits_have_no_room_for_the_time(self) -> None:
        for time, sentence in [(2**40 - 1, None), (2**40, "trainer: time is out of range")]:
            chain = EvmChain({OWNER: Wei(RICH)}, Seconds(time))
            with nullcontext() if sentence is None else pytest.raises(Refused, match=f"^{sentence}$"):
                assert deploy(chain, composition(), OWNER).contract is not None

    def test_cost_of_points_is_nothing_at_any_time(self) -> None:
        contract = Contract(composition(incentive=Points(Seconds(20))))
        contract.add(ADA, 0)
        assert contract.ask("getNextAddDataCost()", "uint256") == 0
        assert contract.ask("getNextAddDataCost(uint256)", "uint256", 0) == 0

    def test_counts(self, contract: Contract) -> None:
        times = [contract.add(ADA, 0), contract.add(ADA, 0), contract.add(BO, 0)]
        contract.later(20)
        for sender, added in zip((ADA, ADA, BO), times, strict=True):
            contract.tell(sender, "refund(int64[],uint64,uint256)", [0], 1, added)
        assert contract.ask("totalSubmitted()", "uint256") == 3
        assert contract.ask("totalGoodDataCount()", "uint256") == 3
        for person, valid in ((ADA, 2), (BO, 1), (EVE, 0)):
            assert contract.ask("addressStats(address)", "uint128,uint128", person) == (valid, 0)
            assert contract.ask("numValidForAddress(address)", "uint128", person) == valid


class TestLedger:
    """The views of a contribution, and its word."""

    KINDS = "(int64[],uint64,uint256,address)"

    def seen(self, contract: Contract, known: tuple[Any, ...], *claimers: Address) -> tuple[Any, ...]:
        names = ("getInitialDeposit", "getClaimableAmount", "getNumClaims")
        has_claimed = "hasClaimed(int64[],uint64,uint256,address,address)"
        return (
            *(contract.ask(f"{name}{self.KINDS}", "uint256", *known) for name in names),
            [contract.ask(has_claimed, "bool", *known, claimer) for claimer in claimers],
        )

    def test_of_one_that_is_refunded(self, contract: Contract) -> None:
        known = (SAMPLE, 0, contract.add(ADA, *SAMPLE, label=0), ADA)
        assert self.seen(contract, known, ADA, BO) == (600, 600, 0, [False, False])
        contract.later(20).tell(ADA, "refund(int64[],uint64,uint256)", *known[:3])
        assert self.seen(contract, known, ADA, BO) == (600, 0, 1, [True, False])

    def test_of_one_that_is_shared_and_taken(self, contract: Contract) -> None:
        goods = [(person, contract.add(person, 0)) for person in (ADA, BO, OWNER)]
        known = ((1,), 1, contract.add(EVE, 1), EVE)
        contract.later(20)
        for person, added in goods:
            contract.tell(person, "refund(int64[],uint64,uint256)", [0], 1, added)
        report = "report(int64[],uint64,uint256,address)"
        contract.tell(ADA, report, *known)  # 600 * 1 // 3
        assert self.seen(contract, known, ADA, BO, EVE) == (600, 400, 1, [True, False, False])
        contract.tell(BO, report, *known)
        assert self.seen(contract, known, ADA, BO, EVE) == (600, 200, 2, [True, True, False])
        contract.later(40).tell(OWNER, report, *known)
        # Who took what was left is told by the event alone.
        assert self.seen(contract, known, ADA, BO, OWNER) == (600, 0, 3, [True, True, False])

    def test_of_one_that_does_not_exist(self, contract: Contract) -> None:
        added = contract.add(ADA, 0, 1)
        real = ([0, 1], 1, added, ADA)
        # The last one would have the same bits in a word.
        others = [
            ([0], 1, added, ADA),
            ([0, 1], 0, added, ADA),
            ([0, 1], 1, added + 1, ADA),
            ([0, 1], 1, added, BO),
            ([0, 2**16], 1, added, ADA),
            ([-1, 1], 1, added, ADA),
        ]
        assert self.seen(contract, real, ADA)[:2] == (600, 600)
        for other in others:
            assert self.seen(contract, other, ADA) == (0, 0, 0, [False])

    def test_word_of_each_stage(self, contract: Contract) -> None:
        exists, closed, refunded, one_claim = 1 << 255, 1 << 254, 1 << 253, 1 << 224
        good, bad = contract.add(ADA, 0), contract.add(EVE, 1)
        deposits = 600 << 96
        assert contract.word([0], 1, good, ADA) == exists + deposits + 600
        contract.later(20).tell(ADA, "refund(int64[],uint64,uint256)", [0], 1, good)
        assert contract.word([0], 1, good, ADA) == exists + closed + refunded + one_claim + deposits
        contract.tell(ADA, "report(int64[],uint64,uint256,address)", [1], 1, bad, EVE)
        ada = 1 << 192
        assert contract.word([1], 1, bad, EVE) == exists + closed + one_claim + ada + deposits
        assert contract.word([2], 1, bad, EVE) == 0


class TestOwner:
    """Who may hand the model on, and what he gets."""

    HAND_ON = "transferOwnership(address)"
    REPORT = "report(int64[],uint64,uint256,address)"

    def test_is_at_first_whoever_deployed_it(self, contract: Contract) -> None:
        assert contract.ask("owner()", "address") == OWNER
        first, *_ = contract.chain.logs(contract.address, 0)
        assert re.fullmatch("0{64}", first.topics[1].hex())
        assert first.topics[2].hex() == OWNER[2:].rjust(64, "0")

    def test_can_be_somebody_else_in_the_middle(self, contract: Contract) -> None:
        bad = contract.add(EVE, 1)
        contract.later(60).tell(OWNER, self.HAND_ON, BO)
        contract.refuses(
            OWNER, "stakeable: the reporter has no valid contributions", self.REPORT, [1], 1, bad, EVE
        )
        contract.refuses(OWNER, "trainer: only the owner may do this", self.HAND_ON, OWNER)
        paid = events(contract.tell(BO, self.REPORT, [1], 1, bad, EVE))[-1]
        assert paid == Event("Report", {"recipient": BO, "amount": 600})

    def test_can_be_nobody_for_ever(self, contract: Contract) -> None:
        bad = contract.add(EVE, 1)
        zero = Address("0x" + "0" * 40)
        contract.tell(OWNER, self.HAND_ON, zero)
        assert contract.ask("owner()", "address") == zero
        for person in (OWNER, ADA):
            contract.refuses(person, "trainer: only the owner may do this", self.HAND_ON, person)
        contract.later(60)
        contract.refuses(
            OWNER, "stakeable: the reporter has no valid contributions", self.REPORT, [1], 1, bad, EVE
        )
        contract.later(40).tell(ADA, self.REPORT, [1], 1, bad, EVE)
        assert contract.chain.balance(contract.address) == 0
