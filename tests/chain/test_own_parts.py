"""A Vyper file of one's own takes the place of a part, and the rest works with it as with ours."""

from pathlib import Path

import pytest

from decai.chain.client import ChainTrainer
from decai.chain.compiler import compile_composition
from decai.chain.compose import compose
from decai.classifier import SparsePerceptron
from decai.errors import ChainError, InputError, Refused
from decai.incentive import Points
from decai.units import Seconds, Wei
from tests.chain.contract import ADA, BO, EVE, RICH, Contract, composition, packed_words
from tests.conformance.twin_state import array

CONTRACTS = Path(__file__).parent / "contracts"
CONTRIBUTE = "addDataPacked(uint256[],uint64)"
REFUND, REPORT = "refund(int64[],uint64,uint256)", "report(int64[],uint64,uint256,address)"


class TestMechanism:
    """With a fixed price."""

    @pytest.fixture
    def contract(self) -> Contract:
        return Contract(composition(own_parts={"incentive": CONTRACTS / "fixed_price.vy"}))

    def test_names_the_price(self, contract: Contract) -> None:
        assert contract.ask("getNextAddDataCost()", "uint256") == 5_000
        contract.refuses(
            ADA, "fixed-price: five thousand wei, please", CONTRIBUTE, packed_words([0]), 1, value=4_999
        )

    def test_decides_who_gets_the_deposit(self, contract: Contract) -> None:
        # Weight 0 is 1000 and weight 1 is -1000: the model agrees with Ada and not with Eve.
        for sender, feature in ((ADA, 0), (EVE, 1)):
            contract.tell(sender, CONTRIBUTE, packed_words([feature]), 1, value=9_000)
            assert contract.chain.balance(sender) == RICH - 5_000
        now = contract.chain.now
        for sentence, sender, call, *known in (
            ("fixed-price: the model sees it otherwise", EVE, REFUND, [1], 1, now),
            ("fixed-price: the model sees it otherwise", BO, REPORT, [0], 1, now, ADA),
            ("data handler: no such contribution", BO, REFUND, [0], 1, now),
        ):
            contract.refuses(sender, sentence, call, *known)
        contract.tell(ADA, REFUND, [0], 1, now)
        contract.tell(BO, REPORT, [1], 1, now, EVE)
        contract.refuses(ADA, "fixed-price: nothing is left", REFUND, [0], 1, now)
        gained = [contract.chain.balance(person) - RICH for person in (ADA, BO, EVE)]
        assert gained == [0, 5_000, -5_000]
        assert contract.chain.balance(contract.address) == 0

    def test_leaves_the_views_of_all_other_parts(self, contract: Contract) -> None:
        contract.tell(ADA, CONTRIBUTE, packed_words([1]), 1, value=5_000)
        known = ([1], 1, contract.chain.now, ADA)
        assert contract.ask("getInitialDeposit(int64[],uint64,uint256,address)", "uint256", *known) == 5_000
        assert contract.ask("weights(uint64)", "int80", 1) == -999
        assert contract.ask("totalSubmitted()", "uint256") == 1

    def test_is_not_taken_for_one_of_ours(self, contract: Contract) -> None:
        assert contract.ask("composition()", "string") == "decai 1: sparse-perceptron, own fixed_price"
        trainer = ChainTrainer(contract.chain, contract.address)
        assert trainer.info.incentive == "own fixed_price"
        assert trainer.predict(array([0])) == 1
        assert not trainer.info.has_twin
        with pytest.raises(ChainError, match="'own fixed_price' has no twin in this version"):
            trainer.claims(ADA)

    @pytest.mark.parametrize("way", [True, False])
    def test_numbers_contributions_by_their_events(self, contract: Contract, way: bool) -> None:
        trainer = ChainTrainer(contract.chain, contract.address, packed=way)
        for number, person in enumerate((ADA, BO, ADA)):
            receipt = trainer.add_data(person, array([number]), 1, Wei(9_000))
            assert receipt == (number, 5_000)
        assert trainer.held == 15_000


def test_classifier_of_ones_own() -> None:
    contract = Contract(composition(own_parts={"classifier": CONTRACTS / "majority.vy"}))
    assert contract.ask("composition()", "string") == "decai 1: own majority, stakeable"
    times = [contract.add(ADA, 5), contract.add(BO, 6), contract.add(EVE, 7, label=0)]
    assert contract.ask("counts()", "uint256[2]") == (1, 2)
    for call, features, label in (
        (CONTRIBUTE, packed_words([5]), 2),
        ("addData(int64[],uint64)", [2**16], 1),
    ):
        with pytest.raises(Refused, match=r"^majority: no such class or feature$"):
            contract.tell(ADA, call, features, label, value=10**6)
    contract.later(20).tell(BO, REFUND, [6], 1, times[1])
    with pytest.raises(Refused, match=r"^stakeable: the model disagrees$"):
        contract.tell(EVE, REFUND, [7], 0, times[2])
    contract.tell(BO, REPORT, [7], 0, times[2], EVE)
    assert contract.chain.balance(BO) == RICH + 600


def test_name_of_a_file_is_part_of_the_contracts_own_words(tmp_path: Path) -> None:
    for name in ('a"b.vy', "a, b.vy", "a\nb.vy", f"{'x' * 65}.vy"):
        path = tmp_path / name
        path.write_text((CONTRACTS / "fixed_price.vy").read_text())
        with pytest.raises(InputError, match="letters, digits"):
            composition(own_parts={"incentive": path})


def test_part_that_does_not_compile_is_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.vy"
    honest = (CONTRACTS / "fixed_price.vy").read_text()
    line = honest.count("\n") + 4
    function = "\n@internal\ndef _more() -> uint256:\n    return what\n"
    for text, where in (
        ("this is no Vyper", f"{broken}, line 1: invalid syntax"),
        ("\nimport nothing_of_that_name\n", f"{broken}, line 2: there is no module nothing_of_that_name"),
        (honest + function, f"{broken}, line {line}: 'what' has not been declared"),
        ("", f"flow.vy, line [0-9]+: {broken} has no member '_quote_add_data'"),
    ):
        broken.write_text(text)
        with pytest.raises(InputError, match=f"^the contract does not compile: {where}$"):
            compile_composition(composition(own_parts={"incentive": broken}))


@pytest.mark.parametrize(("bits", "warm"), [(8, 0), (None, 4)])
def test_choices_of_our_classifiers_do_not_apply_to_another_s(bits: int | None, warm: int) -> None:
    parts = {"classifier": CONTRACTS / "majority.vy"}
    model, terms = SparsePerceptron(("no", "yes"), [1]), Points(Seconds(1))
    with pytest.raises(InputError, match=r"^a classifier of one's own says itself how"):
        compose(model, terms, own_parts=parts, counter_bits=bits, warm=warm)
