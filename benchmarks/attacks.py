"""What known attacks bring in under the stakeable mechanism, in the reference set-up.

    .venv/bin/python -m benchmarks.attacks

prints the table in ``docs/mechanism.md#known-limits``. Every attacker starts with the same 10 ether in all.
"""

from statistics import mean

from decai import dataset
from decai.samples import Features
from decai.simulation import Agent, Simulation, View, load_scenario
from decai.units import Seconds

__all__ = ["Burster", "Farmer", "main"]

SEEDS = range(1, 6)
BURST = 10


class Farmer(Agent):
    """Says whatever the model says, to have its contributions validated and gain a share of reports."""

    __slots__ = ()

    def choose_label(self, view: View, features: Features, label: int) -> int:
        """The model's own opinion."""
        return view.trainer.predict(features)


class Burster(Agent):
    """Once a day adds wrong labels, one a second, and claims what the turned model then lets it claim."""

    __slots__ = ("_sent",)

    def next_wait(self) -> Seconds:
        """A second within a burst, else the drawn wait."""
        self._sent = (getattr(self, "_sent", 0) + 1) % BURST
        return Seconds(1) if self._sent else super().next_wait()

    def choose_label(self, view: View, features: Features, label: int) -> int:
        """Another class than the true one."""
        return self.wrong(view, label)


def _agent(name: str, **settings: object) -> list[str]:
    return [f"agents.{name}.{key}={value}" for key, value in settings.items()]


def _custom(name: str, strategy: str, balance: str, wait: str) -> list[str]:
    return _agent(
        name,
        kind="custom",
        strategy=f"benchmarks.attacks:{strategy}",
        balance=balance,
        deposit_mean="2 ether" if strategy == "Burster" else "0.1 ether",
        wait_mean=wait,
        wait_stdev="0 s",
    )


ATTACKS: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "wrong labels every hour (the reference)": ([], ("bad",)),
    "wrong labels every hour, shares by deposit": (["incentive.shares=deposit"], ("bad",)),
    "farming: the model's own labels every 10 min": (
        [*_custom("farmer", "Farmer", "10 ether", "10 min"), "agents.bad.balance=0"],
        ("farmer",),
    ),
    "wrong labels, and a second account that farms": (
        [*_custom("farmer", "Farmer", "5 ether", "10 min"), "agents.bad.balance=5 ether"],
        ("farmer", "bad"),
    ),
    "the same, shares by deposit": (
        [
            *_custom("farmer", "Farmer", "5 ether", "10 min"),
            "agents.bad.balance=5 ether",
            "incentive.shares=deposit",
        ],
        ("farmer", "bad"),
    ),
    f"bursts of {BURST} wrong labels, once a day": (
        [*_custom("burster", "Burster", "10 ether", "1 day"), "agents.bad.balance=0"],
        ("burster",),
    ),
    f"bursts of {BURST} beside a second account that farms": (
        [
            *_custom("burster", "Burster", "5 ether", "1 day"),
            *_custom("farmer", "Farmer", "5 ether", "10 min"),
            "agents.bad.balance=0",
        ],
        ("burster", "farmer"),
    ),
}


def main() -> None:
    """Print the table."""
    print(f"| attack ({len(SEEDS)} seeds) | change in accuracy | end of good | end of the attacker |")
    print("|---|---|---|---|")
    for name, (settings, attackers) in ATTACKS.items():
        scenario = load_scenario("imdb-perceptron", settings)
        data = dataset.load(scenario.data.dataset)
        rows = []
        for seed in SEEDS:
            simulation = Simulation(scenario, data, seed)
            record = simulation.run()
            last = record.series_correct[-max(1, len(record.series_correct) // 10) :]
            end = dict(zip(scenario.agents, simulation.money, strict=True))
            change = 100 * (mean(last) - record.series_correct[0]) / len(data.test.labels)
            total = sum(end[agent] for agent in attackers)
            start = sum(scenario.agents[agent].balance for agent in attackers)
            rows.append((change, 100 * end["good"] / scenario.agents["good"].balance, 100 * total / start))
        change, good, attacker = (mean(column) for column in zip(*rows, strict=True))
        print(f"| {name} | {change:+.1f} points | {good:.0f} % | {attacker:.0f} % |", flush=True)


if __name__ == "__main__":
    main()
