"""A scenario on the real contracts: in this process, or on a node of its own.

The engine is the same, and so is every draw; its trainer is the one in memory, which has a contract do
whatever it does (`decai.chain.mirror`). What is recorded of contributions and claims is what the contract's
events say.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Final, Literal, Protocol

from decai.chain.base import Chain
from decai.chain.compose import MAX_FEATURES_CHOICES, Composition, compose
from decai.chain.mirror import MirroredTrainer
from decai.dataset import Dataset
from decai.errors import MissingError, ScenarioError
from decai.protocols import IncentiveMechanism
from decai.simulation.build import build_incentive
from decai.simulation.engine import Simulation
from decai.simulation.scenario import Scenario
from decai.units import Address, Seconds, Wei

__all__ = ["ChainSimulation", "FreshChain", "fresh_chain"]

_SECOND_0: Final = Seconds(0)


class FreshChain(Chain, Protocol):
    """A chain that nobody has used, and that can be given a start."""

    def set_balance(self, address: Address, balance: Wei, /) -> None:
        """Let an account own this much."""
        ...


@contextmanager
def fresh_chain(on: Literal["evm", "node"]) -> Iterator[FreshChain]:
    """A chain at second 0, where anybody sends without a key and gas costs nothing; gone afterwards.

    Parameters
    ----------
    on
        ``evm`` for one in this process, ``node`` for an anvil.

    Raises
    ------
    MissingError
        If there is no EVM for this Python, or anvil has to be installed first.
    ChainError
        If anvil does not start.
    """
    if on == "evm":
        yield _evm()
        return
    with ExitStack() as nodes:
        yield _node(nodes)


def _evm() -> FreshChain:
    from decai.chain.evm import EvmChain

    try:
        return EvmChain(now=_SECOND_0)
    except MissingError as error:
        raise MissingError(f"{error}: --on node") from None


def _node(nodes: ExitStack) -> FreshChain:
    from decai.chain.local_node import ephemeral_anvil
    from decai.chain.pipeline import PipelinedChain

    free = partial(ephemeral_anvil, timestamp=_SECOND_0, base_fee=0, gas_price=0, accounts=0)
    # With every block anvil hashes the whole state anew, unless it is the fork of another chain, whose
    # state it does not know. So it is forked from an empty one, and a run takes time in proportion to
    # its length, and not to its square.
    empty = nodes.enter_context(free())
    flags = ("--fork-url", empty, "--no-rate-limit", "--no-storage-caching", "--prune-history")
    return PipelinedChain(nodes.enter_context(free(flags=flags)))


class ChainSimulation(Simulation):
    """One run of a scenario on the real contracts.

    Parameters
    ----------
    scenario, dataset, seed
        As of `Simulation`.
    chain
        Where it runs; used for nothing else.

    Raises
    ------
    ScenarioError
        If the data and the scenario do not fit each other, or samples list more features than any
        contract takes.
    InputError
        If a number does not fit into a contract.
    BrokenRulesError
        Here and from `run`, if the contract does not do what the rules in memory say.
    ChainError
        Here and from `run`, if the chain does not answer.
    """

    trainer: MirroredTrainer

    def __init__(self, scenario: Scenario, dataset: Dataset, seed: int, chain: FreshChain) -> None:
        self._chain = chain
        super().__init__(scenario, dataset, seed)

    def _make_trainer(self, owner: Address, balances: dict[Address, Wei]) -> MirroredTrainer:
        incentive = build_incentive(self.scenario.incentive)
        composition = self.composition(incentive)
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

    def composition(self, incentive: IncentiveMechanism) -> Composition:
        """The contract, with room for the samples that there are.

        Raises
        ------
        ScenarioError
            If they list more features than any contract takes.
        InputError
            If a number does not fit.
        """
        if not self.dataset.is_sparse:
            return compose(self.classifier, incentive)
        longest = max(len(features) for features in self._features)
        room = next((choice for choice in MAX_FEATURES_CHOICES if choice >= longest), None)
        if room is None:
            raise ScenarioError(
                f"{self.dataset.name}: a sample lists {longest:,} features, and a contract takes at most "
                f"{MAX_FEATURES_CHOICES[-1]}"
            )
        highest = max(int(features.max(initial=0)) for features in self._features)
        bits = 16 if max(highest, self.dataset.num_features - 1) < 1 << 16 else 32
        return compose(self.classifier, incentive, max_features=room, index_bits=bits)

    def _check_money(self, every_address: bool = False) -> None:
        super()._check_money(every_address)
        if not every_address:
            self.trainer.synchronize()
            return
        self.trainer.compare()
        self._record_events()

    def _take_series(self, time: int) -> None:
        super()._take_series(time)
        self.trainer.compare_cost(Seconds(time))

    def _record_events(self) -> None:
        """Let the record tell of contributions and claims what the contract's events do."""
        told, record = self.trainer.record, self.record
        numbers = {agent.address: number for number, agent in enumerate(self.agents)}
        record.contribution_time = told.contribution_time
        record.contribution_agent = [numbers[sender] for sender in told.contribution_sender]
        record.contribution_label = told.contribution_label
        record.contribution_cost = told.contribution_cost
        record.claim_time = told.claim_time
        record.claim_agent = [numbers[sender] for sender in told.claim_sender]
        record.claim_contribution = told.claim_contribution
        record.claim_path = told.claim_path
        record.claim_amount = told.claim_amount
