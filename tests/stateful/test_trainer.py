"""Whatever happens in whichever order, a trainer does what a ledger on paper says, in memory and on an EVM.

Money is conserved to the wei, every deposit can always be got out by somebody it is due to, and nobody gets
what is another's.
"""

from hypothesis import HealthCheck, Phase, settings

from tests.stateful.machine import EvmMachine, LocalMachine


class ByCount(LocalMachine):
    """A perceptron, shares by count."""

    model_name, mechanism = "perceptron", "count"


class ByDeposit(LocalMachine):
    """Naive Bayes, shares by deposit."""

    model_name, mechanism = "naive bayes", "deposit"


class ByCountWithFurtherClasses(LocalMachine):
    """Naive Bayes, shares by count."""

    model_name, mechanism = "naive bayes", "count"


class WithoutMoney(LocalMachine):
    """A perceptron, points."""

    model_name, mechanism = "perceptron", "points"


class ContractByCount(EvmMachine):
    """A perceptron, shares by count."""

    model_name, mechanism = "perceptron", "count"


class ContractByDeposit(EvmMachine):
    """Naive Bayes, shares by deposit."""

    model_name, mechanism = "naive bayes", "deposit"
    cost_weights = (7,)


class ContractWithoutMoney(EvmMachine):
    """Naive Bayes, points."""

    model_name, mechanism = "naive bayes", "points"
    cost_weights = (0,)


# To explain a failure takes longer than to shrink it, and says less.
PHASES = (Phase.reuse, Phase.generate, Phase.shrink)
MANY = settings(max_examples=50, stateful_step_count=40, deadline=None, phases=PHASES)
FEW = settings(MANY, max_examples=8, stateful_step_count=30, suppress_health_check=[HealthCheck.too_slow])

TestByCount = ByCount.TestCase
TestByDeposit = ByDeposit.TestCase
TestByCountWithFurtherClasses = ByCountWithFurtherClasses.TestCase
TestWithoutMoney = WithoutMoney.TestCase
TestContractByCount = ContractByCount.TestCase
TestContractByDeposit = ContractByDeposit.TestCase
TestContractWithoutMoney = ContractWithoutMoney.TestCase

TestByCount.settings = TestByDeposit.settings = MANY
TestByCountWithFurtherClasses.settings = TestWithoutMoney.settings = MANY
TestContractByCount.settings = TestContractByDeposit.settings = TestContractWithoutMoney.settings = FEW
