"""A scenario on the real contracts.

The engine is the same and so are all draws; its trainer is the one in memory, which has a contract do whatever it
does (`decai.chain.mirror`). The record of the run is taken from the contract's events.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Literal, Protocol, runtime_checkable

from decai.chain.base import Chain
from decai.chain.compose import MAX_FEATURES_CHOICES, Composition, compose
from decai.chain.evm import EvmChain
from decai.chain.mirror import MirroredTrainer
from decai.classifier import SparsePerceptron
from decai.dataset import Dataset
from decai.errors import ScenarioError
from decai.protocols import IncentiveMechanism
from decai.simulation.build import build_incentive
from decai.simulation.engine import Simulation
from decai.simulation.scenario import Scenario
from decai.trainer import LocalTrainer
from decai.units import Address, Seconds, Wei

__all__ = ["ChainSimulation"]


class ChainSimulation(Simulation):
    trainer: MirroredTrainer

    def __init__(self, scenario: Scenario, dataset: Dataset, seed: int, chain: EvmChain) -> None:
        self._chain = chain
        super().__init__(scenario, dataset, seed)

    def _make_trainer(self, owner: Address, balances: dict[Address, Wei]) -> LocalTrainer:
        incentive = build_incentive(self.scenario.incentive)
        composition = self.compose_contract(incentive)
        for address, amount in balances.items():
            self._chain.set_balance(address, amount)
        return MirroredTrainer(
            self.classifier,
            incentive,
            owner=owner,
            balances=balances,
            composition=composition,
            chain=self._chain,
            names={agent.address: agent.name for agent in self.agents},
        )

    def compose_contract(self, incentive: IncentiveMechanism) -> Composition:
        most = max(map(len, self._features))
        room = next((n for n in MAX_FEATURES_CHOICES if n >= most), None)
        if room is None:
            raise ScenarioError("too many")
        return compose(self.classifier, incentive, max_features=room, index_bits=16)

    def _check_money(self, every_address: bool = False) -> None:
        super()._check_money(every_address)
        if every_address:
            self.trainer.compare()
        else:
            self.trainer.synchronize()

    def _take_series(self, time: int) -> None:
        super()._take_series(time)
        self.trainer.expect_cost(Seconds(time))
