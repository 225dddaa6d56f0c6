"""Who takes part: each kind of agent is a small class, and your own can be one too.

An agent is woken at times drawn from its own stream. It then claims what is worth claiming and may
contribute. It sees what a contributor could see (`View`), and never the record of the run.
"""

from collections.abc import Mapping
from typing import Final

from decai.protocols import Offer
from decai.samples import Features
from decai.simulation.draws import Draws
from decai.simulation.scenario import AgentSpec
from decai.simulation.view import View
from decai.units import Address, Seconds, Wei

__all__ = ["KINDS", "Agent", "Caller", "Honest", "Malicious", "Owner"]

OPTIMISM: Final = 0.15
"""An honest agent contributes with the probability of the accuracy it sees plus this."""


class Agent:
    """An agent; override what it should do otherwise.

    Parameters
    ----------
    name
        Unique in the run; its random streams follow from it.
    address
        Where its money is.
    spec
        Its settings in the scenario.
    draws
        Its random streams.
    """

    contributes: bool = True
    """Whether it ever adds data."""
    claims: bool = True
    """Whether it ever claims."""
    pays: bool = False
    """Whether it pays its fee for a prediction at every wake-up."""

    __slots__ = ("address", "draws", "name", "picks_claims", "spec")

    def __init__(self, name: str, address: Address, spec: AgentSpec, draws: Draws) -> None:
        self.name = name
        self.address = address
        self.spec = spec
        self.draws = draws
        self.picks_claims = type(self).wants_claim is not Agent.wants_claim
        """Whether it has to be asked before a claim."""

    def next_wait(self) -> Seconds:
        """Seconds until it wakes next, at least 1."""
        return Seconds(self.draws.wait(self.spec.wait_mean, self.spec.wait_stdev))

    def next_deposit(self) -> Wei:
        """The most that it will pay for its next contribution, in wei."""
        return Wei(self.draws.deposit(self.spec.deposit_mean, self.spec.deposit_stdev))

    def wants_to_contribute(self, view: View) -> bool:
        """Whether it adds data now."""
        return True

    def choose_label(self, view: View, features: Features, label: int) -> int:
        """What it says of a sample whose true class is `label`."""
        return label

    def wants_claim(self, view: View, offer: Offer) -> bool:
        """Whether it makes a claim that is worth more than its threshold and would succeed."""
        return True

    def wrong(self, view: View, label: int) -> int:
        """Some other class than `label`."""
        others = view.num_classes - 1
        shift = 1 if others == 1 else 1 + int(self.draws.chance() * others)
        return (label + shift) % view.num_classes


class Honest(Agent):
    """Says what is true, but for mistakes, as long as the model seems good."""

    __slots__ = ()

    def wants_to_contribute(self, view: View) -> bool:
        """With the probability of the accuracy it sees, plus 0.15."""
        return self.draws.chance() < view.estimate + OPTIMISM

    def choose_label(self, view: View, features: Features, label: int) -> int:
        """The true class, but for an accident."""
        mistake = self.spec.mistake
        return self.wrong(view, label) if mistake and self.draws.chance() < mistake else label


class Malicious(Agent):
    """Always says another class than the true one."""

    __slots__ = ()

    def choose_label(self, view: View, features: Features, label: int) -> int:
        """Another class than the true one."""
        return self.wrong(view, label)


class Owner(Agent):
    """Owns the model and collects what is left after the owner's wait; contributes nothing."""

    contributes = False
    __slots__ = ()


class Caller(Agent):
    """Pays for predictions, which rewards those whose contributions were validated."""

    contributes = False
    claims = False
    pays = True
    __slots__ = ()


KINDS: Final[Mapping[str, type[Agent]]] = {
    "honest": Honest,
    "malicious": Malicious,
    "owner": Owner,
    "caller": Caller,
}
"""The kinds that ship, by their names in scenarios."""
