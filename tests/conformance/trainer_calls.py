"""How every trainer is called: the same words, and the same errors for what is nothing of the kind."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from decai.errors import InputError
from decai.protocols import Offer, Path, Trainer
from decai.units import Seconds, Wei
from tests.conformance.trainer import (
    ADA,
    ANY_WAIT,
    BO,
    EVE,
    OWNER,
    POOR,
    REFUND_WAIT,
    RICH,
    RIGHT,
    START,
    WRONG,
    Terms,
    TrainerConformance,
)


class TrainerCalls(TrainerConformance):
    """The suite of the rules, and what callers may rely on besides."""

    # Claims by their numbers

    def test_claims_by_number_are_what_they_are_by_name(self, trainer: Trainer, contested: Seconds) -> None:
        # 37 hours after the last one: 36,000 // isqrt(133,200) = 98
        later = self.add(trainer, 40, BO, RIGHT)
        trainer.advance_to(Seconds(later + REFUND_WAIT))
        assert trainer.claim(BO, 3, Path.REFUND) == Offer(3, Path.REFUND, Wei(98))
        # Bo has two of three valid contributions now: 600 * 2 // 3
        assert trainer.claim(BO, 2, Path.REPORT) == Offer(2, Path.REPORT, Wei(400))
        assert trainer.balance(BO) == RICH + 400
        trainer.advance_to(Seconds(later + ANY_WAIT))
        # Whatever is no refund is a report, on the path that is open.
        assert trainer.claim(POOR, 2, Path.OWNER) == Offer(2, Path.ANYONE, Wei(200))
        assert trainer.balance(POOR) == 200

    def test_claims_by_number_are_refused_like_those_by_name(
        self, trainer: Trainer, contested: Seconds
    ) -> None:
        nobodys = "data handler: no such contribution"
        for number in (-1, 3, 10**30):
            for path in Path:
                self.refused(trainer, nobodys, partial(trainer.claim, EVE, number, path))
        self.refused(trainer, nobodys, lambda: trainer.claim(ADA, 2, Path.REFUND))
        self.refused(trainer, "stakeable: the model disagrees", lambda: trainer.claim(EVE, 2, Path.REFUND))
        self.refused(trainer, "stakeable: already claimed", lambda: trainer.claim(ADA, 0, Path.REFUND))
        sentence = "stakeable: the author cannot report"
        self.refused(trainer, sentence, lambda: trainer.claim(EVE, 2, Path.REPORT))

    # Claims of at least so much

    def test_claims_are_those_of_at_least_so_much(self, trainer: Trainer, contested: Seconds) -> None:
        offer = Offer(2, Path.REPORT, Wei(300))
        assert list(trainer.claims(ADA, Wei(300))) == list(trainer.claims(ADA, least=Wei(0))) == [offer]
        assert list(trainer.claims(ADA, Wei(301))) == []

    def test_all_claims_are_made_at_once(self, trainer: Trainer) -> None:
        # Ada's refunds make her reports possible: 600 of each of Eve's two
        for hour, person, features in ((1, ADA, RIGHT), (2, EVE, WRONG), (3, ADA, RIGHT), (4, EVE, WRONG)):
            last = self.add(trainer, hour, person, features)
        trainer.advance_to(Seconds(last + REFUND_WAIT))
        made = trainer.claim_all(ADA)
        assert sorted(made) == [
            (0, Path.REFUND, 600),
            (1, Path.REPORT, 600),
            (2, Path.REFUND, 600),
            (3, Path.REPORT, 600),
        ]
        assert trainer.balance(ADA) == RICH + 1_200
        assert trainer.claim_all(ADA) == []
        assert trainer.claim_all(POOR) == []

    def test_of_all_claims_those_are_made_that_are_wanted(self, trainer: Trainer, contested: Seconds) -> None:
        before = self.observed(trainer)
        assert trainer.claim_all(ADA, Wei(301)) == []
        asked: list[Offer] = []

        def wants_none(offer: Offer) -> bool:
            asked.append(offer)
            return False

        assert trainer.claim_all(ADA, wanted=wants_none) == []
        assert asked == [Offer(2, Path.REPORT, Wei(300))]
        assert self.observed(trainer) == before
        assert trainer.claim_all(ADA, Wei(300), lambda offer: offer.contribution == 2) == asked

    # What is an argument

    def test_features_may_be_lists(self, trainer: Trainer) -> None:
        assert [trainer.predict(row) for row in ([0], [1], [2, 2, 3], (0,), [])] == [1, 0, 1, 1, 0]  # type: ignore[arg-type]
        trainer.advance_to(Seconds(START + 3_600))
        receipt = trainer.add_data(ADA, [0], 1, Wei(600))  # type: ignore[arg-type]
        added = trainer.now
        assert receipt.cost == 600
        trainer.advance_to(Seconds(added + REFUND_WAIT))
        # A list, an array, any whole numbers in it: it is the same sample.
        assert trainer.refund(ADA, np.array([0], dtype=np.uint8), 1, added) == 600  # type: ignore[arg-type]

    def test_numbers_may_be_those_of_numpy(self, trainer: Trainer) -> None:
        trainer.advance_to(Seconds(START + 3_600))
        added = np.int64(trainer.now)
        assert trainer.add_data(ADA, RIGHT, np.int64(1), np.int64(600)).cost == 600  # type: ignore[arg-type]
        trainer.advance_to(Seconds(trainer.now + REFUND_WAIT))
        assert trainer.refund(ADA, RIGHT, np.uint8(1), added) == 600  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("features", "shown"),
        [
            ("0", "'0'"),
            (b"0", "b'0'"),
            (None, "None"),
            (7, "7"),
            (np.array(0), "array(0)"),
            ([0.5], "[0.5]"),
            (["0"], "['0']"),
            ([[0]], "[[0]]"),
            ([2**63], "[9223372036854775808]"),
            ({0: 1}, "{0: 1}"),
            ({0}, "{0}"),
        ],
    )
    def test_what_are_no_features_is_an_error_of_input(
        self, trainer: Trainer, features: Any, shown: str
    ) -> None:
        line = f"features: must be an array or a list of whole numbers, not {shown}"
        self.wrong(trainer, line, lambda: trainer.predict(features))
        self.wrong(trainer, line, lambda: trainer.add_data(ADA, features, 1, Wei(10**6)))
        self.wrong(trainer, line, lambda: trainer.refund(ADA, features, 1, Seconds(START)))
        self.wrong(trainer, line, lambda: trainer.report(ADA, features, 1, Seconds(START), BO))

    @pytest.mark.parametrize(
        ("features", "reason"),
        [
            (np.array([0.5]), "the features must be a list of indices"),
            (np.array([[0]]), "the features must be a list of indices"),
            (np.array([True]), "the features must be a list of indices"),
            (np.array([-1]), "a feature index is out of range"),
            (np.array([2**32]), "a feature index is out of range"),
            (np.array([2**64 - 1], dtype=np.uint64), "a feature index is out of range"),
        ],
    )
    def test_arrays_of_anything_else_are_refused(self, trainer: Trainer, features: Any, reason: str) -> None:
        trainer.advance_to(Seconds(START + 3_600))
        sentence = f"sparse-perceptron: {reason}"
        self.refused(trainer, sentence, lambda: trainer.predict(features))
        self.refused(trainer, sentence, lambda: trainer.add_data(ADA, features, 1, Wei(10**6)))

    @pytest.mark.parametrize("number", [1.0, "1", None, [1], np.float64(1)])
    def test_what_is_no_whole_number_is_an_error_of_input(self, trainer: Trainer, number: Any) -> None:
        must = f"must be a whole number, not {number!r}"
        self.wrong(trainer, f"label: {must}", lambda: trainer.add_data(ADA, RIGHT, number, Wei(10**6)))
        self.wrong(trainer, f"value: {must}", lambda: trainer.add_data(ADA, RIGHT, 1, number))
        self.wrong(trainer, f"label: {must}", lambda: trainer.refund(ADA, RIGHT, number, Seconds(START)))
        self.wrong(trainer, f"added: {must}", lambda: trainer.refund(ADA, RIGHT, 1, number))
        self.wrong(trainer, f"added: {must}", lambda: trainer.report(ADA, RIGHT, 1, number, BO))
        self.wrong(trainer, f"contribution: {must}", lambda: trainer.claim(ADA, number, Path.REFUND))

    @pytest.mark.parametrize("address", [None, 5, b"\x11", ["0x"]])
    def test_what_is_no_address_is_an_error_of_input(self, trainer: Trainer, address: Any) -> None:
        must = f"must be an address, not {address!r}"
        calls: dict[str, list[Callable[[], object]]] = {
            "sender": [
                lambda: trainer.add_data(address, RIGHT, 1, Wei(10**6)),
                lambda: trainer.refund(address, RIGHT, 1, Seconds(START)),
                lambda: trainer.report(address, RIGHT, 1, Seconds(START), ADA),
                lambda: trainer.claim(address, 0, Path.REFUND),
            ],
            "author": [lambda: trainer.report(ADA, RIGHT, 1, Seconds(START), address)],
            "claimer": [lambda: trainer.claims(address), lambda: trainer.claim_all(address)],
            "address": [lambda: trainer.balance(address)],
        }
        for what, wrong in calls.items():
            for call in wrong:
                self.wrong(trainer, f"{what}: {must}", call)

    @pytest.mark.parametrize("label", [-1, 2, 2**64, 10**40])
    def test_labels_far_from_any_class_are_refused(self, trainer: Trainer, label: int) -> None:
        trainer.advance_to(Seconds(START + 3_600))
        sentence = "sparse-perceptron: no such class"
        self.refused(trainer, sentence, lambda: trainer.add_data(ADA, RIGHT, label, Wei(10**6)))
        sentence = "data handler: no such contribution"
        self.refused(trainer, sentence, lambda: trainer.refund(ADA, RIGHT, label, Seconds(START)))

    def test_times_far_from_any_are_refused(self, trainer: Trainer) -> None:
        self.add(trainer, 1, ADA, RIGHT)
        for time in (-1, 0, 2**40, 2**256):
            sentence = "data handler: no such contribution"
            self.refused(trainer, sentence, partial(trainer.refund, ADA, RIGHT, 1, Seconds(time)))

    def test_values_below_nothing_are_refused(self, trainer: Trainer) -> None:
        trainer = self.deploy(Terms(cost_weight=0))
        self.refused(
            trainer, "trainer: insufficient funds", lambda: trainer.add_data(OWNER, RIGHT, 1, Wei(-1))
        )

    def wrong(self, trainer: Trainer, line: str, call: Any) -> None:
        """It is an error of input of this line, and changes nothing."""
        before = trainer.now, trainer.balance(ADA)
        with pytest.raises(InputError) as error:
            call()
        assert str(error.value) == line
        assert (trainer.now, trainer.balance(ADA)) == before
