"""Every trainer passes the one suite in ``trainer.py``."""

from decai.classifier import SparsePerceptron
from decai.incentive import Stakeable
from decai.protocols import Trainer
from decai.trainer import LocalTrainer
from decai.units import Seconds, Wei
from tests.conformance.trainer import Terms, TrainerConformance


class TestLocalTrainer(TrainerConformance):
    """The trainer whose state lives in memory."""

    def deploy(self, terms: Terms) -> Trainer:
        return LocalTrainer(
            SparsePerceptron(("no", "yes"), weights=terms.weights, learning_rate=terms.learning_rate),
            Stakeable(
                Wei(terms.cost_weight),
                Seconds(terms.refund_wait),
                Seconds(terms.owner_wait),
                Seconds(terms.any_wait),
                deployed=Seconds(terms.start),
            ),
            owner=terms.owner,
            balances={address: Wei(amount) for address, amount in terms.balances.items()},
            now=Seconds(terms.start),
        )
