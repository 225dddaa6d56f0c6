"""What is chosen for the counters of a model at its deployment: their width, and whether they are filled."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from decai.chain.client import ChainTrainer
from decai.chain.compose import compose
from decai.chain.deploy import deploy
from decai.chain.local_node import ephemeral_anvil
from decai.chain.model import read
from decai.chain.plan import plan_deployment
from decai.chain.rpc import RpcChain
from decai.classifier import SparsePerceptron
from decai.errors import InputError
from decai.incentive import Points
from decai.samples import Features
from decai.units import Address, Seconds, Wei
from tests.chain.commands import SPARSE, Give, giving

SAMPLE: Features = np.array([0, 1, 16, 40, 47], dtype=np.int32)
"""In words 0, 1 and 2 of 16-bit counters."""


@pytest.fixture(scope="module")
def node() -> Iterator[str]:
    with ephemeral_anvil(hardfork="osaka") as url:
        yield url


@pytest.fixture
def chain(node: str) -> RpcChain:
    return RpcChain(node, sandbox=True)


@pytest.fixture
def give(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Give:
    monkeypatch.chdir(tmp_path)
    return giving(capfd)


def model(counter_bits: int = 16) -> SparsePerceptron:
    """One that is not easily convinced of yes."""
    return SparsePerceptron(("no", "yes"), [0] * 48, -1_000, 1, counter_bits=counter_bits)


def costs(chain: RpcChain, warm: int, lessons: int = 3) -> list[int]:
    """Gas of the deployment, and of samples that change the same counters one after the other."""
    owner = chain.accounts[0]
    mined = deploy(chain, compose(model(), Points(Seconds(1)), warm=warm), owner)
    assert mined.contract is not None
    trainer = ChainTrainer(chain, mined.contract, mined.block)
    gas = [mined.gas]
    for _ in range(lessons):
        chain.advance_to(Seconds(chain.now + 10))
        gas.append(trainer.submit(owner, SAMPLE, 1, Wei(0)).gas)
    return gas


def test_whoever_touches_a_filled_word_first_pays_no_more_than_the_next(chain: RpcChain) -> None:
    cold, warm, half = costs(chain, 0), costs(chain, 48), costs(chain, 17)
    # 20,000 for a word that was 0, 2,900 for any other
    assert cold[1] - cold[2] == pytest.approx(3 * 17_100, abs=100)
    assert abs(warm[1] - warm[2]) < 100
    # 17 features fill the words of 32.
    assert half[1] - half[2] == pytest.approx(1 * 17_100, abs=100)
    # Filling one takes 22,100, and what tells filled ones from others costs little.
    assert warm[0] - cold[0] == pytest.approx(3 * 22_100, abs=80_000)
    assert 0 <= warm[2] - cold[2] < 3 * 200


def test_what_filling_takes_is_in_the_plan(chain: RpcChain) -> None:
    plans = [plan_deployment(compose(model(), Points(Seconds(1)), warm=warm)) for warm in (0, 48)]
    assert plans[1].gas - plans[0].gas > 3 * 22_100
    assert costs(chain, 48, lessons=0)[0] <= plans[1].gas


def test_more_than_a_transaction_can_fill_is_refused() -> None:
    # 1,024 words of 22,100
    with pytest.raises(
        InputError, match=r"^the contract takes 2\d,\d{3},\d{3} gas; at most 16,777,216 may be$"
    ):
        plan_deployment(compose(model(), Points(Seconds(1)), warm=2**14))


@pytest.mark.parametrize("warm", [-1, 2**16 + 1])
def test_no_more_counters_are_filled_than_there_are(warm: int) -> None:
    with pytest.raises(InputError, match=r"; indices of 16 bits name at most 65,536$"):
        compose(model(), Points(Seconds(1)), warm=warm)


def test_a_choice_goes_before_what_the_twin_has(chain: RpcChain) -> None:
    for twin, chosen, expected in [(8, None, 8), (8, 32, 32), (16, 8, 8)]:
        mined = deploy(
            chain, compose(model(twin), Points(Seconds(1)), counter_bits=chosen), chain.accounts[0]
        )
        assert mined.contract is not None
        assert read(chain, mined.contract, "counterBits()", "uint256") == expected


def test_commands_deploy_show_export_and_deploy_again(give: Give, chain: RpcChain, node: str) -> None:
    Path("model.json").write_text(json.dumps(SPARSE))
    at = ["--rpc", node]
    options = ["--counter-bits=8", "--warm=40"]
    first = give("deploy", "model.json", *options, *at, "--json").told()["address"]
    assert read(chain, Address(first), "counterBits()", "uint256") == 8
    # 32 counters to a word
    assert read(chain, Address(first), "warmWords()", "uint256") == 2
    give("model", "add-data", first, "--features=1,1", "--label=yes", *at, "--json").told()
    assert give("model", "verify", first, *at).code == 0

    give("model", "export", first, "-o", "exported.json", *at, "--json").told()
    assert json.loads(Path("exported.json").read_text())["decai"]["counterBits"] == 8
    second = give("deploy", "exported.json", *at, "--json").told()["address"]
    assert read(chain, Address(second), "counterBits()", "uint256") == 8
    assert read(chain, Address(second), "warmWords()", "uint256") == 0

    shown = [
        give("contract", "source", *which, "--json").told()["input"]["sources"]["parameters.vy"]["content"]
        for which in (("model.json", *options), (first, *at))
    ]
    assert all("COUNTER_BITS: constant(uint256) = 8\n" in text for text in shown)
    assert all("WARM_WORDS: constant(uint256) = 2\n" in text for text in shown)


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_clones_with_counters_of_one_width_share_code_whatever_their_learning_rates(bits: int) -> None:
    slow, quick = (
        compose(
            SparsePerceptron(("no", "yes"), [0] * 48, -1_000, rate, counter_bits=bits),
            Points(Seconds(1)),
            clone=True,
        )
        for rate in (1, 2**32 - 1)
    )
    assert slow.sources == quick.sources
    assert slow.constants["COUNTER_BITS"] == bits
