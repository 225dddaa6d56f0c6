"""A packed sample has one form, and whatever is in another is refused or found nowhere."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decai.errors import Refused
from decai.incentive import Points
from decai.units import Seconds
from tests.chain.contract import ADA, BO, EVE, Contract, composition, packed_words

MAX_FEATURES = 64
NOT_PACKED = "samples: not packed"
UNKNOWN = "data handler: no such contribution"
NO_CALL = "the contract refuses without a word"
SILENT = "more words than the longest sample has"
ADD_MANY = "addDataMany((uint256[],uint64)[])"
CLAIM_MANY = "claimMany((uint256[],uint64,uint256,address)[])"


def malformed(bits: int) -> dict[str, list[int]]:
    """Sample (0) and others in a form that is not theirs."""
    lanes = 256 // bits
    top = 256 - bits
    one, full = packed_words([0], bits), packed_words([0] * (lanes - 1), bits)
    longest = packed_words([0] * MAX_FEATURES, bits)
    return {
        "no word at all": [],
        "something behind the last feature": [one[0] | 1],
        "something in the lane after the last feature": [one[0] | 1 << (top - 2 * bits)],
        "something behind the last feature of a second word": [*packed_words([0] * lanes, bits)[:1], 1],
        "nothing, and something behind it": [1],
        "a word too many": [*one, 0],
        "a word too many behind a full one": [*full, 0],
        "a word that is missing": [lanes << top],
        "two words that are missing": [(2 * lanes) << top, 0],
        "more features than its words have": [2**bits - 1 << top],
        "more features than there may be": [(MAX_FEATURES + 1) << top, *longest[1:]],
        SILENT: [*longest, 0],
    }


@pytest.fixture(scope="module", params=[16, 32])
def bits(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def contract(bits: int) -> Contract:
    """With samples of every form that a malformed one could be mistaken for."""
    contract = Contract(composition(max_features=MAX_FEATURES, index_bits=bits))
    lanes = 256 // bits
    for count in (0, 1, lanes - 1, lanes, MAX_FEATURES):
        words = packed_words([0] * count, bits)
        contract.tell(ADA, "addDataPacked(uint256[],uint64)", words, 1, value=10**6)
    contract.later(30)
    return contract


@pytest.fixture(scope="module")
def free(bits: int) -> Contract:
    """With points, which takes batches."""
    return Contract(composition(incentive=Points(Seconds(20)), max_features=MAX_FEATURES, index_bits=bits))


@pytest.mark.parametrize("what", malformed(16))
class TestMalformed:
    """At every entry of packed samples."""

    @pytest.fixture
    def words(self, bits: int, what: str) -> list[int]:
        return malformed(bits)[what]

    def test_is_not_predicted(self, contract: Contract, words: list[int], what: str) -> None:
        sentence = NO_CALL if what == SILENT else NOT_PACKED
        contract.refuses(ADA, sentence, "predictPacked(uint256[])", words)

    def test_is_not_added(self, contract: Contract, words: list[int], what: str) -> None:
        sentence = NO_CALL if what == SILENT else NOT_PACKED
        for label in (0, 1, 2):
            contract.refuses(ADA, sentence, "addDataPacked(uint256[],uint64)", words, label, value=10**6)

    def test_is_not_added_among_others(self, free: Contract, bits: int, words: list[int], what: str) -> None:
        sentence, others = (
            NO_CALL if what == SILENT else NOT_PACKED,
            [packed_words([n], bits) for n in (1, 2)],
        )
        for batch in ([words], [others[0], words], [words, others[0]], [others[0], words, others[1]]):
            free.refuses(ADA, sentence, ADD_MANY, [(each, 1) for each in batch])

    def test_claims_nothing(self, contract: Contract, words: list[int], what: str) -> None:
        sentence, added = NO_CALL if what == SILENT else UNKNOWN, contract.chain.now - 30
        claim = (words, 1, added, ADA)
        contract.refuses(ADA, sentence, "refundPacked(uint256[],uint64,uint256)", *claim[:3])
        for sender in (ADA, BO):
            contract.refuses(sender, sentence, "reportPacked(uint256[],uint64,uint256,address)", *claim)
            contract.refuses(sender, sentence, CLAIM_MANY, [claim])


def test_all_that_was_added_can_still_be_claimed(contract: Contract, bits: int) -> None:
    # What was found nowhere has used up nothing: the same calls with well-formed words succeed.
    lanes, added = 256 // bits, contract.chain.now - 30
    claims = [
        (packed_words([0] * count, bits), 1, added, ADA) for count in (1, lanes - 1, lanes, MAX_FEATURES)
    ]
    contract.tell(ADA, CLAIM_MANY, claims)
    assert contract.ask("totalGoodDataCount()", "uint256") == 4


lanes_of_16 = st.integers(0, 2**16 - 1) | st.sampled_from([0, 1, 15, 16, 63, 64, 65, 2**16 - 1])


@st.composite
def words_of_16(draw: st.DrawFn) -> list[int]:
    """Words that may well be packed, or almost."""
    count = draw(st.integers(0, 66) | lanes_of_16)
    lanes = [count, *draw(st.lists(lanes_of_16, max_size=20)), *[0] * draw(st.integers(0, 16))]
    lanes += [0] * (-len(lanes) % 16)
    words = [
        int.from_bytes(b"".join(lane.to_bytes(2, "big") for lane in lanes[at : at + 16]), "big")
        for at in range(0, len(lanes), 16)
    ]
    return words[: draw(st.integers(0, 5))]


def is_packed(words: Sequence[int]) -> bool:
    """Whether they are the words of a list, by packing that list again."""
    if not words:
        return False
    lanes = [word >> shift & 0xFFFF for word in words for shift in range(240, -1, -16)]
    return lanes[0] <= MAX_FEATURES and packed_words(lanes[1 : 1 + lanes[0]]) == list(words)


@pytest.fixture(scope="module")
def fresh() -> Contract:
    return Contract(composition(max_features=MAX_FEATURES))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(words=words_of_16())
def test_just_the_packed_form_is_taken(fresh: Contract, words: list[int]) -> None:
    answers: list[Any] = []
    for call in (
        lambda: fresh.ask("predictPacked(uint256[])", "uint64", words),
        lambda: fresh.later(1).tell(EVE, "addDataPacked(uint256[],uint64)", words, 1, value=10**6),
    ):
        try:
            answers.append(call())
        except Refused as refusal:
            answers.append(str(refusal))
    if is_packed(words):
        assert NOT_PACKED not in answers
    else:
        assert answers == [NOT_PACKED, NOT_PACKED]
