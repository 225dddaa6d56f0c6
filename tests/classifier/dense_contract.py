"""A dense classifier's contract beside its twin, on an EVM in this process."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from decai.chain.abi import call_data
from decai.chain.base import Mined, Transaction
from decai.chain.client import ChainTrainer
from decai.chain.compose import compose
from decai.chain.current import current_classifier
from decai.chain.deploy import deploy
from decai.chain.evm import EvmChain
from decai.chain.kinds import read_parameters
from decai.chain.model import read
from decai.chain.sample_form import VECTORS
from decai.classifier import DenseCentroid, DensePerceptron
from decai.errors import Refused
from decai.incentive import Points, Stakeable
from decai.protocols import IncentiveMechanism
from decai.units import Address, Seconds, Wei
from tests.classifier.vectors import i64

OWNER, ADA = (Address("0x" + digit * 40) for digit in "12")
INCENTIVES: dict[str, Callable[[], IncentiveMechanism]] = {
    "stakeable": lambda: Stakeable(Wei(10), Seconds(20), Seconds(60), Seconds(100)),
    "points": lambda: Points(Seconds(20)),
}
each_incentive = pytest.mark.parametrize("incentive", INCENTIVES)


class Pair:
    """A contract and the twin that it was deployed from, which learn the same."""

    def __init__(
        self,
        twin: DensePerceptron | DenseCentroid,
        incentive: str = "points",
        *,
        start_in_code: bool | None = None,
    ) -> None:
        self.twin = twin
        self.chain = EvmChain({person: Wei(10**24) for person in (OWNER, ADA)}, Seconds(1_700_000_000))
        what = compose(twin, INCENTIVES[incentive](), start_in_code=start_in_code)
        address = deploy(self.chain, what, OWNER).contract
        assert address is not None
        self.address = address
        self.trainer = ChainTrainer(self.chain, address)
        self.lists = ChainTrainer(self.chain, address, packed=False)

    def ask(self, signature: str, kinds: str, *arguments: Any) -> Any:
        """One view."""
        return read(self.chain, self.address, signature, kinds, *arguments)

    def tell(self, sender: Address, signature: str, *arguments: Any) -> Mined:
        """A transaction ten minutes later, with more money than it needs."""
        self.chain.advance_to(Seconds(self.chain.now + 600))
        paid = Wei(10**6 if signature.startswith("addData") else 0)
        return self.chain.send(Transaction(sender, self.address, call_data(signature, *arguments), paid))

    def teach(self, row: Sequence[int], label: int, *, packed: bool = True) -> None:
        """Contribute a sample to both."""
        if packed:
            self.tell(ADA, "addDataPacked(uint256[],uint64)", VECTORS.packed(i64(row)), label)
        else:
            self.tell(ADA, "addData(int64[],uint64)", list(row), label)
        self.twin.update(i64(row), label)

    def predict(self, row: Sequence[int]) -> int:
        """What both say, whichever way the contract is asked."""
        label = self.twin.predict(i64(row))
        assert self.ask("predict(int64[])", "uint64", list(row)) == label
        assert self.ask("predictPacked(uint256[])", "uint64", VECTORS.packed(i64(row))) == label
        return label

    def refuse(self, row: Sequence[int], label: int) -> str:
        """The sentence of both for a contribution; for one that fits into lanes, packed too."""
        features = i64(row)
        before = self.words()
        with pytest.raises(Refused) as refusal:
            self.twin.update(features, label)
        sentence = str(refusal.value)
        attempts = [("addData(int64[],uint64)", list(row))]
        if VECTORS.fits(features):
            attempts.append(("addDataPacked(uint256[],uint64)", VECTORS.packed(features)))
        for signature, sample in attempts:
            with pytest.raises(Refused) as refusal:
                self.tell(ADA, signature, sample, label)
            assert str(refusal.value) == sentence
        assert self.words() == before
        return sentence

    def refuses(self, sender: Address, sentence: str, signature: str, *arguments: Any) -> None:
        """The contract refuses a transaction, and changes nothing."""
        before = self.words()
        with pytest.raises(Refused) as refusal:
            self.tell(sender, signature, *arguments)
        assert str(refusal.value) == sentence
        assert self.words() == before

    def words(self) -> Any:
        """All words of what the model has learned."""
        trainer = ChainTrainer(self.chain, self.address)
        parameters = read_parameters(self.chain, trainer.info)
        return parameters.read_state(self.chain, parameters.places())

    def agree(self) -> None:
        """Every word is as the twin's, and the twin of the words is the twin."""
        trainer = ChainTrainer(self.chain, self.address)
        parameters = read_parameters(self.chain, trainer.info)
        assert self.words() == parameters.state(self.twin)
        assert exact(current_classifier(trainer)[0]) == exact(self.twin)


def exact(model: Any) -> tuple[Any, ...]:
    """All that a twin knows; of a perceptron, whose sums may have become base weights, the weights."""
    if isinstance(model, DensePerceptron):
        return model.classes, model.weights(), model.intercept, model.learning_rate
    labels = range(len(model.classes))
    return model.classes, [model.sums(c) for c in labels], [model.num_samples(c) for c in labels]
