"""The dense centroid's contract: worked examples, limits of its ranges, and further classes."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from decai import model_file
from decai.chain.abi import decode_event
from decai.chain.audit import audit
from decai.chain.compiler import CODE_LIMIT, compile_composition
from decai.chain.compose import compose
from decai.chain.current import current_classifier
from decai.chain.kinds import read_parameters
from decai.chain.kinds.dense_centroid import DenseCentroidParameters
from decai.chain.sample_form import VECTORS
from decai.classifier import DenseCentroid
from decai.errors import ChainError, InputError, Refused
from decai.incentive import Points
from decai.protocols import ClassStart
from decai.units import Seconds
from tests.classifier.dense_contract import ADA, OWNER, Pair, each_incentive, exact
from tests.classifier.vectors import F, i64, random_unit

NAMES = ("east", "north")
SUM_LIMIT = 2**63 - 1
U32 = 2**32 - 1
LANE = 2**64
ADD_CLASS = "addClass(int64[],string,uint256)"


def centroid(
    sums: Sequence[Sequence[int]], samples: Sequence[int], classes: Sequence[str] = NAMES
) -> DenseCentroid:
    return DenseCentroid(classes, len(sums[0]), samples=samples, sums=sums)


def small() -> DenseCentroid:
    """East has (1, 0), north (0, 1), of one sample each."""
    return centroid([[F, 0], [0, F]], [1, 1])


def means(pair: Pair, label: int) -> list[int]:
    size = pair.twin.num_features
    one = [pair.ask("centroids(uint256,uint256)", "int64", label, j) for j in range(size)]
    other = [pair.ask("getCentroidValue(uint256,uint256)", "int64", label, j) for j in range(size)]
    assert one == other
    return one


def samples(pair: Pair) -> list[int]:
    labels = range(pair.ask("getNumClassifications()", "uint256"))
    one = [pair.ask("dataCounts(uint256)", "uint256", label) for label in labels]
    assert one == [pair.ask("getNumSamples(uint256)", "uint256", label) for label in labels]
    return one


def page(pair: Pair, view: str, count: int) -> list[int]:
    return list(pair.ask(f"{view}(uint256,uint256)", "uint256[]", 0, count))


@each_incentive
def test_the_example_of_the_rules(incentive: str) -> None:
    pair = Pair(small(), incentive)
    x = [600_000_000, 800_000_000]
    assert pair.predict(x) == 1
    # 2 in the highest bits is the number of classes; each has one sample.
    assert page(pair, "classWords", 2) == [2 << 224 | 1 << 32 | 1, 0]
    assert page(pair, "sumWords", 3) == [0, 0, 0]
    pair.teach(x, 0)
    assert means(pair, 0) == [800_000_000, 400_000_000]
    assert samples(pair) == [2, 1]
    # What S is, XOR what it was: raised by 2^63 or not is the same.
    assert page(pair, "sumWords", 2) == [(1_600_000_000 ^ F) | 800_000_000 * LANE, 0]
    # Squares of distances: 0.2^2 + 0.4^2 = 0.2 to east, 0.6^2 + 0.2^2 = 0.4 to north.
    assert pair.predict(x) == 0
    pair.agree()


def test_means_are_truncated_toward_zero() -> None:
    # 600,000,000 - 800,000,000 = -200,000,000; a third of it is -66,666,666.67.
    pair = Pair(small())
    for row in ([600_000_000, 800_000_000], [-800_000_000, -600_000_000], [0, F]):
        pair.teach(row, 1)
    assert samples(pair) == [1, 4]
    assert means(pair, 1) == [-50_000_000, 550_000_000]
    pair.teach([-F, 0], 1)
    # -1.2 F and 2.2 F of 5; then of 6 with (0, -1): -0.2 F and 0.2 F.
    assert means(pair, 1) == [-240_000_000, 440_000_000]
    pair.teach([0, -F], 1)
    assert means(pair, 1) == [-200_000_000, 200_000_000]
    pair.teach([0, F], 1)
    # -1.2 F of 7 is -171,428,571.4.
    assert means(pair, 1) == [-171_428_571, 314_285_714]


def test_among_equals_the_lowest_class_wins_and_one_without_samples_never() -> None:
    names = ("a", "b", "c", "d")
    # The second is nearest, and its mean the same as the fourth's.
    pair = Pair(centroid([[0, 0, 0], [0, 2 * F, 0], [F, 0, 0], [0, F, 0]], [0, 2, 1, 1], names))
    assert pair.predict([0, F, 0]) == 1
    assert pair.predict([F, 0, 0]) == 2
    assert pair.predict([-F, 0, 0]) == 1
    # The first one begins with its first sample.
    pair.teach([-F, 0, 0], 0)
    assert pair.predict([-F, 0, 0]) == 0
    nobody = Pair(centroid([[0, 0, 0]] * 4, [0] * 4, names))
    assert nobody.predict([0, 0, F]) == 0
    assert means(nobody, 3) == [0, 0, 0]
    nobody.teach([0, 0, F], 3)
    assert nobody.predict([0, 0, -F]) == 3


@each_incentive
def test_what_is_malformed_is_refused_in_the_twin_s_words_and_order(incentive: str) -> None:
    pair = Pair(small(), incentive)
    size = "dense-centroid: the provided data must have 2 values"
    norm = "dense-centroid: the provided data does not have a norm of 1"
    assert pair.refuse([F, 0, 0][:1], 2) == "dense-centroid: no such class"
    assert pair.refuse([F], 1) == pair.refuse([], 0) == pair.refuse([2 * 2**32], 0) == size
    assert (
        pair.refuse([F, F], 1) == pair.refuse([F, 2**32], 1) == pair.refuse([2**63 - 1, -(2**63)], 0) == norm
    )
    for signature, kinds in [
        ("classifications(uint256)", "string"),
        ("dataCounts(uint256)", "uint256"),
        ("getNumSamples(uint256)", "uint256"),
    ]:
        with pytest.raises(Refused, match=r"^dense-centroid: no such class$"):
            pair.ask(signature, kinds, 2)
    for view in ("centroids", "getCentroidValue"):
        with pytest.raises(Refused, match=r"^dense-centroid: no such class$"):
            pair.ask(f"{view}(uint256,uint256)", "int64", 2, 0)
        with pytest.raises(Refused, match=r"^dense-centroid: no such centroid value$"):
            pair.ask(f"{view}(uint256,uint256)", "int64", 1, 2)


@pytest.mark.parametrize("sign", [1, -1])
def test_sums_and_counts_stop_at_their_limits_and_leave_their_neighbours_alone(sign: int) -> None:
    first = [sign * (SUM_LIMIT - F), -sign * SUM_LIMIT, 7, sign * (2**62 - 1), sign * 2**62]
    pair = Pair(centroid([first, [F] * 5], [U32 - 1, U32]))
    twin = pair.twin
    assert isinstance(twin, DenseCentroid)
    # S is kept XOR what it was at deployment, so that nothing is kept now.
    assert not any(page(pair, "sumWords", 4))
    course = [[F, 0, 0, 0, 0], [600_000_000, 800_000_000, 0, 0, 0], [-F, 0, 0, 0, 0], [0, 0, -F, 0, 0]]
    for row in course:
        pair.teach([sign * value for value in row], 0)
    # The first gains F, stops at the limit, and loses F; the second leaves its limit.
    assert twin.sums(0)[:3] == [sign * (SUM_LIMIT - F), sign * (-SUM_LIMIT + 800_000_000), 7 - sign * F]
    assert samples(pair) == [U32, U32]
    for row in ([0, 0, 0, F, 0], [0, 0, 0, 0, F], [0, 0, 0, 600_000_000, -800_000_000], [0, F, 0, 0, 0]):
        pair.teach([sign * value for value in row], 0)
        pair.predict(row)
    pair.agree()
    half = F // 2
    full = Pair(centroid([[SUM_LIMIT, -SUM_LIMIT, SUM_LIMIT, -SUM_LIMIT, 0], [F] * 5], [U32, 1]))
    for row in ([half] * 4 + [0], [-half] * 4 + [0], [half, -half, half, -half, 0], [0, 0, 0, 0, F]):
        full.teach([sign * value for value in row], 0)
        full.predict(row)
    full.agree()


def test_the_largest_sums_and_counts_are_compared_exactly() -> None:
    # Of the same mean but for one unit of S in the last class, which is then the nearer or the farther one.
    for change, expected in [(0, 0), (1, 1), (-1, 0)]:
        sums = [[SUM_LIMIT - 1, 0, 0, 0, 0], [SUM_LIMIT - 1 + change, 0, 0, 0, 0]]
        # Means of about 2.1 F are longer than any sample, so that a longer one is farther.
        assert Pair(centroid(sums, [U32, U32])).predict([-F, 0, 0, 0, 0]) == (1 if change == -1 else 0)
        sums = [[F - 1, 0, 0, 0, 0], [F - 1 + change, 0, 0, 0, 0]]
        assert Pair(centroid(sums, [1, 1])).predict([F, 0, 0, 0, 0]) == expected


def test_exact_sums_survive_deployment_and_export(tmp_path: Path) -> None:
    rng = random.Random(10)
    model = centroid([[rng.randint(-n * F, n * F) for _ in range(5)] for n in (U32, 3)], [U32, 3])
    pair = Pair(model)
    pair.teach(random_unit(rng, 5), 1)
    exported, _ = current_classifier(pair.trainer)
    assert exact(exported) == exact(pair.twin)
    file = tmp_path / "model.json"
    model_file.write_model(exported, file)
    again = model_file.read_model(file)
    assert exact(again) == exact(pair.twin)
    assert isinstance(again, DenseCentroid)
    Pair(again).agree()


class TestAddClass:
    """The owner gives the model a further class."""

    @each_incentive
    def test_it_begins_with_its_samples_and_learns(self, incentive: str) -> None:
        pair = Pair(small(), incentive)
        pair.teach([600_000_000, 800_000_000], 1)
        mined = pair.tell(OWNER, ADD_CLASS, [-600_000_000, 800_000_000], "west", 3)
        assert pair.twin.begin_class("west", ClassStart(3, {0: -600_000_000, 1: 800_000_000})) == 2
        start, added = (decode_event(log.topics, log.data) for log in mined.logs)
        assert start is not None
        assert start.values == {
            "index": 2,
            "samples": 3,
            "values": tuple(VECTORS.packed(i64([-600_000_000, 800_000_000]))),
        }
        assert added is not None
        assert (added.name, added.values) == ("AddClass", {"name": "west", "index": 2})
        # S = 3 * (-0.6, 0.8) F, with nothing at deployment; the count is the third of its word.
        assert page(pair, "sumWords", 3)[2] == -1_800_000_000 % LANE | 2_400_000_000 * LANE
        assert page(pair, "classWords", 1) == [3 << 224 | 3 << 64 | 2 << 32 | 1]
        assert pair.ask("classifications(uint256)", "string", 2) == "west"
        assert means(pair, 2) == [-600_000_000, 800_000_000]
        assert pair.predict([-F, 0]) == 2
        pair.teach([-F, 0], 2)
        # (-2.8, 2.4) F of 4.
        assert means(pair, 2) == [-700_000_000, 600_000_000]
        pair.agree()

    def test_what_a_class_starts_from_can_be_told_from_its_event_alone(self) -> None:
        pair = Pair(small())
        mined = pair.tell(OWNER, ADD_CLASS, [0, -F], "south", U32)
        parameters = read_parameters(pair.chain, pair.trainer.info)
        assert isinstance(parameters, DenseCentroidParameters)
        event = decode_event(mined.logs[0].topics, mined.logs[0].data)
        assert event is not None
        start = parameters.class_start(event.values["samples"], event.values["values"])
        assert start == ClassStart(U32, {1: -F})
        assert parameters.class_call(pair.trainer.info, "south", start) == (
            ADD_CLASS,
            ([0, -F], "south", U32),
        )

    @each_incentive
    def test_an_audit_replays_it(self, incentive: str) -> None:
        pair = Pair(small(), incentive)
        pair.teach([600_000_000, 800_000_000], 1)
        pair.trainer.advance_to(Seconds(pair.chain.now + 600))
        start = ClassStart(2, {0: -F // 2, 1: F // 4})
        assert pair.trainer.begin_class(OWNER, "west", start) == pair.twin.begin_class("west", start) == 2
        pair.teach([-F, 0], 2)
        assert pair.predict([-F, 0]) == 2
        found = audit(pair.chain, pair.address)
        assert found.holds, [check for check in found.checks if not check.holds]
        assert exact(pair.trainer.replica.update().twin.classifier) == exact(pair.twin)
        pair.agree()

    def test_a_tenth_class_has_its_own_words(self) -> None:
        rng = random.Random(12)
        pair = Pair(small())
        for label in range(2, 10):
            row, count = random_unit(rng, 2), rng.choice([0, 1, U32])
            pair.tell(OWNER, ADD_CLASS, row, f"class {label}", count)
            assert pair.twin.begin_class(f"class {label}", ClassStart(count, dict(enumerate(row)))) == label
        for _ in range(100):
            row = random_unit(rng, 2)
            pair.predict(row)
            pair.teach(row, rng.randrange(10))
        # Seven classes to a word.
        assert page(pair, "classWords", 2)[1] >> 96 == 0
        assert samples(pair) == [pair.twin.num_samples(c) for c in range(10)]  # type: ignore[union-attr]
        pair.agree()

    def test_claims_that_ask_the_model_wait_for_the_next_second(self) -> None:
        pair = Pair(small(), "stakeable")
        row = [F, 0]
        pair.teach(row, 0)
        added = pair.chain.now
        pair.tell(OWNER, ADD_CLASS, [0, -F], "south", 1)
        refund = (ADA, i64(row), 0, added)
        with pytest.raises(Refused, match=r"^stakeable: the model was updated in this block$"):
            pair.trainer.refund(*refund)
        pair.trainer.advance_to(Seconds(pair.chain.now + 1)).refund(*refund)

    def test_what_is_wrong_is_refused_in_the_twin_s_words_and_order(self) -> None:
        pair = Pair(small())
        long, short = "dense-centroid: the centroid must have 2 values", [F]
        cases: list[tuple[list[int], str, int, str]] = [
            (short, "", 2**32, "dense-centroid: every class needs a name"),
            (short, "west", 2**32, "dense-centroid: a number of samples is out of range"),
            (short, "west", 2**256 - 1, "dense-centroid: a number of samples is out of range"),
            ([], "west", 1, long),
            ([2 * F], "west", 1, long),
        ]
        far = "dense-centroid: every centroid value must be between -1 and 1"
        cases += [
            ([value, 0], "west", 1, far)
            for value in (F + 1, -F - 1, 2**63 - 1, -(2**63), 2**32, -(2**32) + F)
        ]
        for values, name, count, sentence in cases:
            pair.refuses(OWNER, sentence, ADD_CLASS, values, name, count)
            if values != short and len(values) == 2:
                with pytest.raises(Refused, match=f"^{sentence}$"):
                    pair.twin.begin_class(name, ClassStart(count, dict(enumerate(values))))
        with pytest.raises(Refused, match=f"^{long}$"):
            pair.twin.begin_class("west", ClassStart(1, {2: F}))
        pair.refuses(ADA, "trainer: only the owner may do this", ADD_CLASS, [F, 0], "west", 1)

    @pytest.mark.parametrize(
        ("start", "reason"),
        [
            (ClassStart(-1, {}), "a number of samples is out of range"),
            (ClassStart(2**256, {}), "a number of samples is out of range"),
            (ClassStart(1, {2: 1}), "the centroid must have 2 values"),
            (ClassStart(1, {0: 2**63}), "every centroid value must be between -1 and 1"),
        ],
    )
    def test_what_no_call_can_express_is_refused_in_the_twin_s_words(
        self, start: ClassStart, reason: str
    ) -> None:
        pair = Pair(small())
        for refuse in (
            lambda: DenseCentroidParameters.class_call(pair.trainer.info, "west", start),
            lambda: pair.twin.begin_class("west", start),
        ):
            with pytest.raises(Refused, match=f"^dense-centroid: {reason}$"):
                refuse()
        for refuse in (
            lambda: DenseCentroidParameters.class_call(pair.trainer.info, "", start),
            lambda: pair.twin.begin_class("", start),
        ):
            with pytest.raises(Refused, match=r"^dense-centroid: every class needs a name$"):
                refuse()


def test_a_contract_that_makes_no_sense_is_found_out() -> None:
    pair = Pair(small())
    parameters = read_parameters(pair.chain, pair.trainer.info)
    empty: dict[str, dict[int, int]] = {"sumWords": {}, "classWords": {0: 2 << 224 | 1 << 32 | 1}}
    assert exact(parameters.learned(empty, NAMES)) == exact(pair.twin)
    wrong: list[tuple[dict[int, int], str]] = [
        # A sum beyond the vectors; a sum of -2^63; sums of a class without samples.
        ({0: 1 << 128}, "the contract has more sums than its vectors have values"),
        ({0: 2**63 ^ F}, "every sum must be below 2\\^63 in size, and 0 without samples"),
    ]
    for words, reason in wrong:
        with pytest.raises(ChainError, match=reason):
            parameters.learned({**empty, "sumWords": words}, NAMES)
    with pytest.raises(ChainError, match="and 0 without samples"):
        parameters.learned({**empty, "classWords": {0: 2 << 224 | 1}}, NAMES)


def test_what_does_not_fit_into_the_code_goes_into_data_contracts() -> None:
    rng = random.Random(13)
    size, names = 1_024, ("a", "b", "c", "d")
    model = DenseCentroid(names, size, [random_unit(rng, size) for _ in names], [1, 2, 3, U32])
    composition = compose(model, Points(Seconds(0)))
    # 4 classes of 256 words each, 767 to a contract.
    assert len(composition.data_contracts) == 2
    assert compile_composition(composition).code_size <= CODE_LIMIT
    pair = Pair(model)
    for label in (3, 0, 2):
        row = random_unit(rng, size)
        pair.predict(row)
        pair.teach(row, label)
    pair.agree()


def test_vectors_that_are_too_long_are_refused_in_one_line() -> None:
    with pytest.raises(
        InputError, match=r"^dense-centroid: vectors of 1,025 values are too long for a contract; 1,024 fit$"
    ):
        compose(DenseCentroid(NAMES, 1_025), Points(Seconds(0)))
