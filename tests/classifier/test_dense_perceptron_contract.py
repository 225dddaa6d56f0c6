"""The dense perceptron's contract: worked examples, and what random operations hardly reach."""

import random

import pytest

from decai.chain.abi import call_data
from decai.chain.audit import audit
from decai.chain.compiler import CODE_LIMIT, compile_composition
from decai.chain.compose import compose
from decai.chain.kinds import read_parameters
from decai.chain.kinds.dense_perceptron import DensePerceptronParameters
from decai.classifier import DensePerceptron
from decai.errors import ChainError, InputError, Refused
from decai.incentive import Points
from decai.units import Seconds
from tests.classifier.dense_contract import ADA, OWNER, Pair, each_incentive, exact
from tests.classifier.vectors import EXACT, F, i64, random_unit

NAMES = ("no", "yes")
SUM_LIMIT = 2**55 - 1
LANE = 2**64


def perceptron(weights: list[int], intercept: int = 0, rate: int = F // 2) -> DensePerceptron:
    return DensePerceptron(NAMES, weights, intercept, rate)


def sum_words(pair: Pair) -> list[int]:
    return list(pair.ask("sumWords(uint256,uint256)", "uint256[]", 0, -(-pair.twin.num_features // 4)))


def weights(pair: Pair) -> list[int]:
    return [pair.ask("weights(uint256)", "int80", j) for j in range(pair.twin.num_features)]


@each_incentive
def test_the_example_of_the_rules(incentive: str) -> None:
    pair = Pair(perceptron([0, 0]), incentive)
    x = [600_000_000, -800_000_000]
    assert pair.predict(x) == 0
    pair.teach(x, 1)
    assert weights(pair) == [300_000_000, -400_000_000]
    assert sum_words(pair) == [600_000_000 + (LANE - 800_000_000) * LANE]
    # 0.3 * 0.6 + 0.4 * 0.8 = 0.5
    assert pair.predict(x) == 1
    # Whoever agrees changes nothing.
    pair.teach(x, 1)
    assert weights(pair) == [300_000_000, -400_000_000]
    # Learned twice, once with each sign, nothing is left.
    pair.teach(x, 0)
    assert sum_words(pair) == [0]
    pair.agree()


def test_a_change_is_truncated_toward_zero() -> None:
    # With a rate of 10^-9 a sum of 1.2 F moves its weight by 1, and one of -1.2 F by -1, not by -2.
    pair = Pair(perceptron([0, -5, 5], -F, rate=1))
    x = [600_000_000, -800_000_000, 0]
    pair.teach(x, 1)
    assert weights(pair) == [0, -5, 5]
    pair.teach(x, 1)
    assert weights(pair) == [1, -6, 5]
    pair.agree()


def test_a_score_above_nothing_decides_and_the_intercept_counts_as_much_as_a_weight() -> None:
    # The score is intercept * F + weight * F.
    for weight, expected in [(7, 0), (8, 1), (6, 0)]:
        assert Pair(perceptron([weight, 0, 0], -7)).predict([F, 0, 0]) == expected


@each_incentive
def test_what_is_malformed_is_refused_in_the_twin_s_words_and_order(incentive: str) -> None:
    pair = Pair(perceptron([1, 2, 3]), incentive)
    label = "dense-perceptron: no such class"
    size = "dense-perceptron: the provided data must have 3 values"
    norm = "dense-perceptron: the provided data does not have a norm of 1"
    assert pair.refuse([F, 0], 2) == label
    assert pair.refuse([F, F], 1) == pair.refuse([], 0) == size
    # Numbers outside of their lanes do not hide how few they are, or that they are none.
    assert pair.refuse([2**32, 3], 0) == pair.refuse([-(2**63)], 0) == pair.refuse([3 * 2**32], 0) == size
    assert pair.refuse([F, 0, 2**32], 1) == pair.refuse([F, 0, -(2**32)], 1) == norm
    assert pair.refuse([F, 2**63 - 1, -(2**63)], 1) == norm
    # Squares that add up to F^2 + 100 F or F^2 - 100 F are just too far off; one unit nearer they are not.
    long, short = [1_000_000_032, 125_024, 142_720], [999_999_936, 13_920, 166_752]
    assert sum(value * value for value in long) == F * F + 100 * F
    assert sum(value * value for value in short) == F * F - 100 * F
    assert pair.refuse(long, 1) == pair.refuse(short, 1) == norm
    pair.predict([*long[:2], long[2] - 1])
    pair.predict([*short[:2], short[2] + 1])
    for signature, sample in [("predict(int64[])", [F, F, 0]), ("predictPacked(uint256[])", [3 << 224])]:
        with pytest.raises(Refused, match=f"^{norm}$"):
            pair.ask(signature, "uint64", sample)
    with pytest.raises(Refused, match=r"^samples: not packed$"):
        pair.ask("predictPacked(uint256[])", "uint64", [4 << 224])


def test_a_client_says_of_what_no_call_can_express_what_the_twin_says() -> None:
    pair = Pair(perceptron([1, 2, 3]))
    for row in ([F, 0, 0, 0], [F], [2**40, 0, 0], [2**40]):
        with pytest.raises(Refused) as mine:
            pair.twin.predict(i64(row))
        with pytest.raises(Refused) as theirs:
            pair.trainer.predict(i64(row))
        assert str(theirs.value) == str(mine.value)
        with pytest.raises(Refused) as theirs:
            pair.trainer.add_data(ADA, i64(row), 1, pair.trainer.cost())
        assert str(theirs.value) == str(mine.value)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_sum_stops_at_its_limit_and_leaves_its_neighbours_alone(sign: int) -> None:
    # No step makes up for these base weights: the model says "no" to every sample, or "yes" (sign -1).
    pair = Pair(perceptron([0] * 5, -sign * 2**62, rate=1))
    slot = sum_slot(pair)
    label = 1 if sign == 1 else 0
    start = [sign * (SUM_LIMIT - F), -sign * SUM_LIMIT, 7, sign * (2**54 - 1), sign * 2**54]
    put(pair, slot, start)
    course = [[F, 0, 0, 0, 0], [600_000_000, 800_000_000, 0, 0, 0], [-F, 0, 0, 0, 0], [0, 0, -F, 0, 0]]
    # Of each course the first sum gains F, stops at the limit, loses F; the second leaves its limit.
    for row in course:
        pair.teach(row, label)
    assert isinstance(pair.twin, DensePerceptron)
    assert pair.twin.sums()[:3] == [sign * (SUM_LIMIT - F), sign * (-SUM_LIMIT + 800_000_000), 7 - sign * F]
    # Beyond half of the limit in the last two, one after the other and at once.
    for row in ([0, 0, 0, F, 0], [0, 0, 0, 0, F], [0, 0, 0, 600_000_000, -800_000_000]):
        pair.teach(row, label)
    pair.agree()
    # All four of a word at their limits.
    put(pair, slot, [SUM_LIMIT, -SUM_LIMIT, SUM_LIMIT, -SUM_LIMIT, 0])
    half = F // 2
    for row in ([half] * 4 + [0], [-half] * 4 + [0], [half, -half, half, -half, 0]):
        pair.teach(row, label)
    pair.agree()


def sum_slot(pair: Pair) -> int:
    """Where the sums begin in storage: a contribution changes the first one as it changes nothing else."""
    label = 1 - pair.twin.predict(i64([F, 0, 0, 0, 0]))
    row = [599_999_999, 800_000_001, 0, 0, 0]
    pair.teach(row, label)
    sign = 1 if label else -1
    wanted = (sign * row[0]) % LANE + (sign * row[1]) % LANE * LANE
    found = [slot for slot in range(64) if pair.chain._evm.storage(pair.address, slot) == wanted]
    assert len(found) == 1
    return found[0]


def put(pair: Pair, slot: int, sums: list[int]) -> None:
    """Make sums what only 36 million contributions could make them."""
    twin = pair.twin
    assert isinstance(twin, DensePerceptron)
    for row, at in enumerate(range(0, len(sums), 4)):
        word = sum(total % LANE * LANE**lane for lane, total in enumerate(sums[at : at + 4]))
        pair.chain._evm.insert_account_storage(pair.address, slot + row, word)
    pair.twin = DensePerceptron(NAMES, base_of(twin), twin.intercept, twin.learning_rate, sums)


def base_of(twin: DensePerceptron) -> list[int]:
    return list(twin.checkpoint().base)


def test_extreme_weights_are_added_up_exactly() -> None:
    pair = Pair(perceptron([2**62, 2**62, -(2**62), 1], -(2**62), rate=2**32 - 1))
    rng = random.Random(4)
    for _ in range(200):
        row = random_unit(rng, 4)
        pair.teach(row, 1 - pair.predict(row))
    assert isinstance(pair.twin, DensePerceptron)
    assert weights(pair) == pair.twin.weights()
    pair.agree()


def test_views() -> None:
    pair = Pair(perceptron([7, -(2**33)], 2**62, rate=2**32 - 1))
    assert weights(pair) == [7, -(2**33)]
    assert pair.ask("intercept()", "int80") == 2**62
    assert pair.ask("learningRate()", "uint32") == 2**32 - 1
    assert pair.ask("getNumClassifications()", "uint256") == 2
    assert [pair.ask("classifications(uint256)", "string", c) for c in (0, 1)] == ["no", "yes"]
    assert pair.ask("maxFeatures()", "uint256") == 2
    # 3^2 + 4^2 = 5^2; 1 + 1 = 2, of which the root is 1.41; each number may be any of 64 bits.
    for row, length in [([3, -4], 5), ([1, 1], 1), ([], 0), ([-(2**63), 0], 2**63)]:
        assert pair.ask("norm(int64[])", "uint256", row) == length
    for signature, sentence in [
        ("classifications(uint256)", "dense-perceptron: no such class"),
        ("weights(uint256)", "dense-perceptron: no such weight"),
    ]:
        with pytest.raises(Refused, match=f"^{sentence}$"):
            pair.ask(signature, "uint256", 2)


def test_a_word_that_the_rules_do_not_give_is_found() -> None:
    pair = Pair(perceptron([0] * 5))
    slot = sum_slot(pair)
    pair.chain._evm.insert_account_storage(pair.address, slot + 1, 1)
    (wrong,) = [check for check in audit(pair.chain, pair.address).checks if not check.holds]
    assert wrong.detail == "word 1 of its sumWords is 0x1; by the rules it is 0x0"
    # Of a sum beyond the vectors no twin can be made.
    pair.chain._evm.insert_account_storage(pair.address, slot + 1, 1 << 64)
    parameters = read_parameters(pair.chain, pair.trainer.info)
    with pytest.raises(ChainError, match=r"the contract has more sums than weights$"):
        parameters.learned(pair.words(), NAMES)


def test_what_a_model_has_learned_becomes_base_weights_when_it_is_deployed() -> None:
    model = perceptron([3, -3, 0], rate=F)
    for row in EXACT:
        model.update(i64(row), 1 - model.predict(i64(row)))
    assert any(model.sums())
    pair = Pair(model)
    assert sum_words(pair) == [0]
    assert weights(pair) == model.weights()
    parameters = read_parameters(pair.chain, pair.trainer.info)
    assert isinstance(parameters, DensePerceptronParameters)
    assert exact(parameters.start) == exact(model)
    assert parameters.start.sums() == [0, 0, 0]


def test_a_model_of_1024_values_fits_into_one_contract_and_learns() -> None:
    rng = random.Random(9)
    model = perceptron([rng.randint(-(2**62), 2**62) for _ in range(1_024)])
    composition = compose(model, Points(Seconds(0)))
    assert compile_composition(composition).code_size <= CODE_LIMIT
    pair = Pair(model)
    row = random_unit(rng, 1_024)
    pair.teach(row, 1 - pair.predict(row))
    pair.predict(row)
    pair.agree()


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (
            perceptron([0] * 1_025),
            "dense-perceptron: vectors of 1,025 values are too long for a contract; 1,024 fit",
        ),
        (
            DensePerceptron(NAMES, [2**62], 0, F, [F]),
            r"dense-perceptron: a weight is out of the range of a base weight, 2\^62 in fixed point",
        ),
    ],
)
def test_what_fits_into_no_contract_is_said_in_one_line(model: DensePerceptron, reason: str) -> None:
    with pytest.raises(InputError, match=f"^{reason}$"):
        compose(model, Points(Seconds(0)))


def test_room_for_lists_is_not_asked_of_vectors() -> None:
    model = perceptron([0] * 9)
    composition = compose(model, Points(Seconds(0)), max_features=9, index_bits=32)
    assert composition.constants["MAX_FEATURES"] == 9
    assert composition.sources == compose(model, Points(Seconds(0))).sources


def test_a_perceptron_takes_no_further_class() -> None:
    pair = Pair(perceptron([0]))
    with pytest.raises(Refused):
        pair.chain.call(pair.address, call_data("addClass(int64[],string,uint256)", [F], "more", 1), OWNER)
