"""What a composition puts where: into the contract's own code, or into data contracts before it."""

import random
from pathlib import Path

import pytest

from decai.chain.compiler import CODE_LIMIT, compile_composition
from decai.chain.compose import Composition, Texts, compose
from decai.chain.data_contract import data_codes
from decai.chain.deploy import deploy, init_code
from decai.chain.evm import EvmChain
from decai.chain.kinds import read_parameters
from decai.chain.model import read_info
from decai.chain.recompose import recomposed
from decai.classifier import SparsePerceptron
from decai.errors import InputError
from decai.incentive import Points, Stakeable
from decai.protocols import IncentiveMechanism
from decai.units import Address, Seconds, Wei

OWNER, ELSEWHERE = (Address("0x" + digit * 40) for digit in "12")
WAITS = (Seconds(86_400), Seconds(691_200), Seconds(777_600))


@pytest.fixture(autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One for this module, so that what it compiles is kept."""
    folder = tmp_path_factory.getbasetemp() / "composed"
    monkeypatch.setenv("DECAI_DATA_DIR", str(folder))
    return folder


def composed(
    size: int, incentive: IncentiveMechanism | None = None, start_in_code: bool | None = None
) -> Composition:
    rng = random.Random(1)
    weights = [round(rng.uniform(-(2**35), 2**35 - 1)) for _ in range(size)]
    model = SparsePerceptron(("negative", "positive"), weights, learning_rate=500_000_000)
    texts = Texts("IMDB sentiment", "Whether a review is positive", "IMDB vocabulary")
    incentive = incentive or Stakeable(Wei(10**15), *WAITS)
    return compose(model, incentive, texts, start_in_code=start_in_code)


def test_a_thousand_weights_are_in_the_code() -> None:
    composition = composed(1_000)
    # 7 of 36 bits to a word: 1,000 / 7 = 142.9
    assert composition.constants["BASE_WORDS"] == len(composition.arguments[5]) == 143
    assert composition.data_contracts == ()
    assert composition.is_placed


def test_weights_leave_the_code_when_they_no_longer_fit() -> None:
    small = compile_composition(composed(1_000))
    # 143 words hold the thousand; larger numbers make the code no longer than a word.
    room = (CODE_LIMIT - small.code_size) // 32 + 143
    inside, outside = composed(7 * (room - 1)), composed(7 * (room + 1))
    assert inside.data_contracts == ()
    assert CODE_LIMIT - 64 < compile_composition(inside).code_size <= CODE_LIMIT
    assert len(outside.data_contracts) == 1
    assert compile_composition(outside).code_size < CODE_LIMIT - 32 * (room - 32)
    with pytest.raises(
        InputError,
        match=r"^the contract would have 24,\d{3} bytes of code; at most 24,576 may be; deploy it",
    ):
        compile_composition(composed(7 * (room + 1), start_in_code=True))


def test_a_composition_waits_for_its_data_contracts() -> None:
    composition = composed(7 * 767 + 1)
    assert not composition.is_placed
    assert [len(code) for code in composition.data_contracts] == [24_545, 33]
    with pytest.raises(InputError, match=r"^the data contracts of a composition are deployed before it$"):
        init_code(composition)
    with pytest.raises(InputError, match=r"^2 data contracts need an address each, not 1$"):
        composition.placed([ELSEWHERE])
    placed = composition.placed([ELSEWHERE, OWNER])
    assert placed.is_placed
    assert placed.arguments[5] == (int("2" * 40, 16), int("1" * 40, 16))
    assert placed.sources == composition.sources
    assert bytes.fromhex("2" * 40 + "00" * 12 + "1" * 40) in init_code(placed)


def test_what_is_deployed_is_composed_again() -> None:
    chain = EvmChain({OWNER: Wei(10**24)})
    incentive = Stakeable(Wei(10**15), *WAITS)
    composition = composed(7 * 767 + 1, incentive)
    contract = deploy(chain, composition, OWNER).contract
    assert contract is not None
    info = read_info(chain, contract)
    again = recomposed(chain, info, read_parameters(chain, info), incentive)
    assert again.sources == composition.sources
    assert again.is_placed
    for address, code in zip(again.arguments[5], composition.data_contracts, strict=True):
        # The chain in this process does not tell zeros at the end of a code.
        assert chain.code(Address(f"0x{address:040x}")) == code.rstrip(b"\0")


def test_an_own_choice_of_place_is_kept() -> None:
    model = SparsePerceptron(("no", "yes"), [1, 2, 3])
    composition = compose(model, Points(WAITS[0]), start_in_code=False)
    assert [len(code) for code in composition.data_contracts] == [33]
    in_code = compose(model, Points(WAITS[0]), start_in_code=True)
    assert composition.data_contracts == tuple(data_codes(in_code.arguments[5]))


def test_an_index_of_too_many_bits_is_refused() -> None:
    model = SparsePerceptron(("no", "yes"), {2**16: 1})
    with pytest.raises(
        InputError, match=r"^sparse-perceptron: feature 65536 needs indices of more than 16 bits$"
    ):
        compose(model, Points(WAITS[0]))


def test_a_weight_that_learning_took_out_of_range_is_refused() -> None:
    model = SparsePerceptron(("no", "yes"), {0: 2**47 - 1}, learning_rate=1, counters={0: 1})
    with pytest.raises(InputError, match=r"out of the range of a base weight"):
        compose(model, Points(WAITS[0]))


def test_two_classes_of_one_name_are_refused() -> None:
    model = SparsePerceptron(("yes", "yes"), [1])
    with pytest.raises(InputError, match=r"^two classes have the name 'yes'$"):
        compose(model, Points())
